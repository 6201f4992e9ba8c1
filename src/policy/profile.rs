//! The confidentiality profile: PS3.15 Table E.1-1 and the supplementary rules, compiled for one SOP class.
