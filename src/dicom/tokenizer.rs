//! The push parser for data sets: bytes in, events out, no I/O.
