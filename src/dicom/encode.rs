//! Writing elements.
