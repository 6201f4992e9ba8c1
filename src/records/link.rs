//! What must be the same in all objects of a batch (G2-15): who goes with which pseudonym, and by how much a patient's
//! dates move. Remembered as keyed digests of the batch, which say nothing without its key.

use super::{Reason, batch::Digest};

/// Two things that belong together for the whole of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// What it is about.
    pub bond: Bond,
    /// The keyed digest of the one.
    pub one: Digest,
    /// The keyed digest of the only other that may go with it.
    pub other: Digest,
}

/// What a [`Link`] is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bond {
    /// A patient has one pseudonym.
    Pseudonym,
    /// A pseudonym is of one patient.
    Patient,
    /// The dates of a patient move by one number of days.
    Offset,
}

/// The rule that a second value breaks: nothing is forwarded while an object is kept back by it.
pub const INCONSISTENT: &str = "G2-15";

impl Bond {
    /// Why an object is kept back that contradicts what left before.
    pub fn broken(self) -> Reason {
        let (path, kind) = match self {
            Bond::Pseudonym => ("(0010,0020)", "a patient with a second pseudonym"),
            Bond::Patient => ("(0010,0020)", "a pseudonym of a second patient"),
            Bond::Offset => ("", "a patient whose dates moved by other days before"),
        };
        Reason::new(INCONSISTENT, kind, "PS3.15 E.1.1, E.3.6").at(path).serves("R-5.1.3")
    }
}
