//! Part 10 preamble and file meta information, always built new (PS3.15 E.1.1).
