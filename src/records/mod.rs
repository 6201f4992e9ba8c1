//! Ledger, batches and their keys: what happened, said without a value of a patient.

pub mod batch;
pub mod keyring;
pub mod ledger;
pub mod link;
mod reason;

pub use reason::{Length, Reason, Severity};
use serde::{Deserialize, Serialize};

/// What became of an object. Each acknowledged object has exactly one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// De-identified, checked, in the outgoing queue.
    Released,
    /// Kept, sealed, until pixels or the whole series were looked at.
    Held,
    /// Kept, sealed, until a person decides.
    Quarantined,
}

/// Where an object came from.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Origin {
    /// The association's number in this process; 0 for files.
    pub association: u64,
    /// The calling AE title; empty for files.
    pub calling_ae: String,
    /// The peer's address; empty for files.
    pub address: String,
}
