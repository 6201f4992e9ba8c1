//! The stage: from [`Deidentified`] to [`Inspected`].

use super::{
    cautions::Caution,
    echo::{Echo, StreamSearch},
    links::links,
    pixels::PixelWatch,
    residual::{Case, Residuals, residuals},
};
use crate::{
    deidentify::Deidentified,
    dicom::meta,
    policy::{
        Terms,
        checks::{CautionClass, Checks},
    },
    records::{Reason, batch::BatchKeys, link::Link},
};

/// An object whose encoded header was looked through; its findings, and what else a person should know.
///
/// Only this module makes one.
///
/// ```compile_fail
/// fn forge(inspected: tokumei::inspect::Inspected, deidentified: tokumei::deidentify::Deidentified) {
///     let _ = tokumei::inspect::Inspected { deidentified, findings: vec![], ..inspected };
/// }
/// ```
pub struct Inspected {
    deidentified: Deidentified,
    meta: Vec<u8>,
    findings: Vec<Reason>,
    cautions: Vec<Caution>,
    pixels: StreamSearch,
    watch: PixelWatch,
    pseudonym: String,
    offset: Option<i64>,
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
        self.watch.feed(bytes);
    }

    /// What was found in the pixel data so far.
    pub fn pixel_finding(&self) -> Option<Reason> {
        self.pixels.reason()
    }

    /// What is wrong with the pixel data now that it is complete.
    pub fn pixel_fault(&self) -> Option<Reason> {
        self.watch.fault()
    }

    /// What must be so in every object of the batch that leaves.
    pub fn links(&self, keys: &BatchKeys) -> Vec<Link> {
        let original = self.deidentified.original().data_set();
        links(keys, original, &self.pseudonym, self.offset)
    }

    /// What a person should know of the pixel data although it may leave.
    pub fn pixel_warning(&self) -> Option<Reason> {
        self.watch.warning()
    }
}

/// Looks through the encoded header for what the original carried.
///
/// `terms` are the route's, with the options that hold for the object: what they let stay is not looked for. `policy` is
/// the digest that the object must name.
pub fn inspect(
    checks: &Checks,
    terms: Terms,
    policy: &str,
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
    let case = Case {
        checks,
        terms,
        original: original.data_set(),
        sop_class: &announced.sop_class,
        echo: &echo,
        carried_out: deidentified.done().carried_out,
        policy,
        recognizable: cautions.iter().any(|c| c.class != CautionClass::BurnedIn),
    };
    let Residuals { findings, offset, pseudonym } =
        residuals(&case, deidentified.encoded(), encoding, &meta);
    let pixels = echo.stream();
    let watch = PixelWatch::new(original.data_set(), !announced.transfer_syntax.encapsulated);
    Inspected { deidentified, meta, findings, cautions, pixels, watch, pseudonym, offset }
}
