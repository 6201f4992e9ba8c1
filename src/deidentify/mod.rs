//! Apply the confidentiality profile to one header: actions, dates, UIDs, text, private blocks, markers.
//!
//! [`apply`] is pure: a data set and the batch's keys in, encoded bytes out. What happens to each element is decided in
//! one place (`walk`), which tells an observer; [`explain`] is such an observer, so that it cannot say anything else
//! than what happens.

mod actions;
mod content;
mod date;
pub mod descriptor;
mod explain;
mod head;
mod markers;
#[cfg(feature = "pass-through")]
mod pass_through;
mod private;
mod stage;
mod subject;
mod value;
mod walk;

#[cfg(test)]
mod tests;

use crate::{
    dicom::{Tag, dataset::DataSet, encode::Writer},
    policy::{Policy, options::Options},
    records::{Reason, batch::BatchKeys},
};

pub use stage::{Deidentified, deidentify, nothing_behind};

pub use explain::{Explained, Explanation, Sensitive, explain};

/// A rule could not be applied to an element: the object is kept back.
pub const RULE_NOT_APPLIED: &str = "RULE_NOT_APPLIED";

/// Text that would be kept cannot be read under the character set that it claims (standards G2-14).
pub const UNDECODABLE: &str = "UNDECODABLE";

/// Overlay bits lie among the bits of the pixels, which no rule of this version changes.
pub const OVERLAY_IN_PIXELS: &str = "OVERLAY-IN-PIXELS";

/// Whether this is the test build that does not de-identify (cargo feature `pass-through`).
pub const PASS_THROUGH: bool = cfg!(feature = "pass-through");

/// The object has no SOP Instance UID.
pub const NO_INSTANCE: &str = "NO-SOP-INSTANCE-UID";

/// Which part of an object a data set is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Everything up to Pixel Data, or the whole object if it has none: gets the markers.
    Head,
    /// What follows Pixel Data.
    Tail,
}

/// What is de-identified.
pub struct Input<'a> {
    /// The elements.
    pub data_set: &'a DataSet,
    /// The object's SOP Class UID: decides by which IOD compound codes are resolved.
    pub sop_class: &'a str,
    /// Which part it is.
    pub part: Part,
    /// Whether a check found that a person may be recognised in the image: (0028,0302) then says so.
    pub recognizable: bool,
}

/// What came of it: the object's new identity, and what may be claimed. All are empty for [`Part::Tail`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Done {
    /// The new SOP Instance UID.
    pub sop_instance: String,
    /// The new Series Instance UID; empty where the object has none.
    pub series: String,
    /// The new Study Instance UID; empty where the object has none.
    pub study: String,
    /// The options that were carried out on this object: those that it claims.
    pub carried_out: Options,
}

impl Done {
    /// The place for what the object itself has at a tag.
    fn name(&mut self, tag: Tag) -> Option<&mut String> {
        match tag {
            Tag(0x0008, 0x0018) => Some(&mut self.sop_instance),
            Tag(0x0020, 0x000D) => Some(&mut self.study),
            Tag(0x0020, 0x000E) => Some(&mut self.series),
            _ => None,
        }
    }
}

/// De-identifies a part of an object into `out`, whose encoding must be the data set's.
///
/// Top-level Pixel Data that is not in memory is passed over: the caller streams it behind what is written here.
///
/// # Errors
/// The reason to keep the object back: a rule that cannot be applied, kept text that cannot be decoded, overlay bits
/// in the pixels. What `out` then holds is of no use.
pub fn apply(
    policy: &Policy,
    keys: &BatchKeys,
    input: Input<'_>,
    out: &mut Writer,
) -> Result<Done, Reason> {
    walk::run(policy, keys, &input, out, &mut walk::Unobserved)
}
