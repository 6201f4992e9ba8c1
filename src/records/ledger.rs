//! The ledger's rows: append-only, each with the hash of the one before. Pure; [`crate::store`] keeps them.
