//! Ledger, batches and their keys: what happened, said without a value of a patient.

pub mod batch;
pub mod keyring;
pub mod ledger;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// Why an object was kept back, or what a person should know of one that was not.
///
/// Says where and by which rule; never the value that was found, nor a hash of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// The rule's id, e.g. `G2-02`, `CAUTION-HEAD`, `RULE_NOT_APPLIED`.
    pub rule: Cow<'static, str>,
    /// The attribute, as a path of tags: `(0008,1140)[2](0008,1150)`; empty where the object as a whole is meant.
    pub path: String,
    /// The kind of match, in words for an operator: `family name, kanji`.
    pub kind: Cow<'static, str>,
    /// The row of the standard or the guide that asks for it: `TR-0047 5.1.6(2)`, `PS3.15 E.1.1`.
    pub reference: Cow<'static, str>,
}

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
