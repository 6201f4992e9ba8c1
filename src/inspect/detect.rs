//! G2-03: what looks like an identifier, whoever it belongs to. The detectors are data; this says where their texts stand.

use super::walk::Visit;
use crate::{
    policy::{
        Terms,
        checks::{Checks, Place},
    },
    records::Reason,
};

/// What the detectors say of one decoded text value of an element (of a multi-valued one: one of its values).
pub(super) fn detect(
    checks: &Checks,
    terms: Terms,
    text: &str,
    visit: &Visit<'_>,
) -> Option<Reason> {
    let place = Place { vr: visit.element.vr, tag: visit.tag(), options: terms.options };
    let hit = checks.detectors.search(text, place)?;
    Some(hit.reason().at(visit.path()))
}

#[cfg(test)]
mod tests;
