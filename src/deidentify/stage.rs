//! The stage: from [`Received`] to [`Deidentified`].

#[cfg(feature = "pass-through")]
use super::pass_through::encode;
use super::{Done, Input, Part, RULE_NOT_APPLIED, apply};
use crate::{
    dicom::{dataset::DataSet, encode::Writer},
    policy::Policy,
    receive::collect::Received,
    records::{Reason, batch::BatchKeys},
};

/// A header under the confidentiality profile, encoded, with the header that it came from.
///
/// Only this module makes one.
///
/// ```compile_fail
/// fn forge(original: tokumei::receive::collect::Received, done: tokumei::deidentify::Done) {
///     let _ = tokumei::deidentify::Deidentified { original, encoded: vec![], done };
/// }
/// ```
pub struct Deidentified {
    original: Received,
    encoded: Vec<u8>,
    done: Done,
}

impl Deidentified {
    /// The header as it came.
    pub fn original(&self) -> &Received {
        &self.original
    }

    /// The encoded header that would leave.
    pub fn encoded(&self) -> &[u8] {
        &self.encoded
    }

    /// What was done: the new identifiers.
    pub fn done(&self) -> &Done {
        &self.done
    }
}

/// Applies the profile to a header.
///
/// # Errors
/// The reason for which the object must be kept back: a rule that could not be applied, text that cannot be decoded.
pub fn deidentify(
    policy: &Policy,
    keys: &BatchKeys,
    received: Received,
    recognizable: bool,
) -> Result<Deidentified, Reason> {
    let (encoded, done) = encode(policy, keys, &received, recognizable)?;
    Ok(Deidentified { original: received, encoded, done })
}

#[cfg(not(feature = "pass-through"))]
fn encode(
    policy: &Policy,
    keys: &BatchKeys,
    received: &Received,
    recognizable: bool,
) -> Result<(Vec<u8>, Done), Reason> {
    let data_set = received.data_set();
    let mut writer = Writer::new(data_set.encoding);
    let sop_class = &received.announced().sop_class;
    let input = Input { data_set, sop_class, part: Part::Head, recognizable };
    let done = apply(policy, keys, input, &mut writer)?;
    Ok((writer.into_bytes(), done))
}

/// Applies the profile to the elements behind Pixel Data. Nothing may be left of them: the standard puts only padding
/// and signatures there.
///
/// # Errors
/// Something would stay, or a rule could not be applied.
pub fn nothing_behind(
    policy: &Policy,
    keys: &BatchKeys,
    sop_class: &str,
    tail: &DataSet,
) -> Result<(), Reason> {
    let mut writer = Writer::new(tail.encoding);
    let input = Input { data_set: tail, sop_class, part: Part::Tail, recognizable: false };
    apply(policy, keys, input, &mut writer)?;
    if writer.is_empty() {
        return Ok(());
    }
    Err(Reason::new(RULE_NOT_APPLIED, "element behind the pixel data", "PS3.15 E.1.1"))
}
