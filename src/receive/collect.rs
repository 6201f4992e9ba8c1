//! Collects one object: header in memory under bounds, pixel bytes passed on.
