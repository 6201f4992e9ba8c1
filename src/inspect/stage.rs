//! The stage: from [`Deidentified`] to [`Inspected`].

use super::{
    cautions::Caution,
    echo::{Echo, StreamSearch},
    residual::residuals,
};
use crate::{
    deidentify::Deidentified,
    dicom::meta,
    policy::{Terms, checks::Checks},
    records::Reason,
};

/// An object whose encoded header was looked through; its findings, and what else a person should know.
///
/// Only this module makes one.
///
/// ```compile_fail
/// fn forge(deidentified: tokumei::deidentify::Deidentified, pixels: tokumei::inspect::echo::StreamSearch) {
///     let _ = tokumei::inspect::Inspected { deidentified, meta: vec![], findings: vec![], cautions: vec![], pixels };
/// }
/// ```
pub struct Inspected {
    deidentified: Deidentified,
    meta: Vec<u8>,
    findings: Vec<Reason>,
    cautions: Vec<Caution>,
    pixels: StreamSearch,
}

impl Inspected {
    /// The object.
    pub fn deidentified(&self) -> &Deidentified {
        &self.deidentified
    }

    /// Preamble and file meta information that would leave.
    pub fn meta(&self) -> &[u8] {
        &self.meta
    }

    /// What should not be there; empty for a clean object.
    pub fn findings(&self) -> &[Reason] {
        &self.findings
    }

    /// Image-type warnings.
    pub fn cautions(&self) -> &[Caution] {
        &self.cautions
    }

    /// Looks for identifiers of this object in the next bytes of its pixel data.
    pub fn search_pixels(&mut self, bytes: &[u8]) {
        self.pixels.feed(bytes);
    }

    /// What was found in the pixel data so far.
    pub fn pixel_finding(&self) -> Option<Reason> {
        self.pixels.reason()
    }
}

/// Looks through the encoded header for what the original carried.
///
/// `terms` are the route's, with the options that hold for the object: what they let stay is not looked for.
pub fn inspect(
    checks: &Checks,
    terms: Terms,
    deidentified: Deidentified,
    cautions: Vec<Caution>,
) -> Inspected {
    let original = deidentified.original();
    let announced = original.announced();
    let meta = meta::build(
        &announced.sop_class,
        &deidentified.done().sop_instance,
        announced.transfer_syntax.uid,
    );
    let echo = Echo::gather(checks, original.data_set(), terms.options);
    let encoding = announced.transfer_syntax.encoding;
    let findings = residuals(checks, terms, &echo, deidentified.encoded(), encoding, &meta);
    let pixels = echo.stream();
    Inspected { deidentified, meta, findings, cautions, pixels }
}
