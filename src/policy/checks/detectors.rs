//! Detectors: what an identifier looks like, whoever it belongs to (standards: residual check G2-03, TR-0047 5.1.6(2), HIPAA
//! 164.514(b)(2)(i)). They are data, `config/checks/detectors.yaml`, with examples that are run whenever the file is read.

mod file;
mod found;
mod load;
mod names;
mod pattern;
mod spell;
mod validate;

use std::cell::RefCell;

use regex::RegexSet;

use super::super::options::Options;
use crate::{
    dicom::{Tag, VR},
    records::Severity,
};

use file::Rule;
use found::Found;
pub use found::Hit;
pub(super) use load::compile;
use names::Names;
use pattern::Matcher;

/// Where a text stands.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// The VR of its element.
    pub vr: VR,
    /// Its element.
    pub tag: Tag,
    /// The options that hold for the object: what one lets stay on purpose is not looked for.
    pub options: Options,
}

/// The detectors of a file, ready to search.
#[derive(Debug)]
pub struct Detectors {
    detectors: Vec<Detector>,
    /// All expressions at once: an ordinary text fits none of them.
    any: RegexSet,
    /// The detector of each expression of `any`, and which of its own it is.
    owners: Vec<(usize, usize)>,
    names: Names,
    /// The detectors by names, for each form.
    by_form: Vec<Vec<usize>>,
}

/// One detector.
#[derive(Debug)]
struct Detector {
    rule: Rule,
    patterns: Vec<Matcher>,
}

thread_local! {
    /// Space for the text in one spelling.
    static SCRATCH: RefCell<String> = const { RefCell::new(String::new()) };
}

impl Detectors {
    /// Looks for identifiers in one decoded text value; gives what weighs most.
    pub fn search(&self, text: &str, place: Place) -> Option<Hit<'_>> {
        let text = text.trim_matches([' ', '\0']);
        if text.len() < 2 {
            return None;
        }
        let mut found = Found::default();
        self.each(text, place, &mut |detector| found.add(&detector.rule));
        found.heaviest()
    }

    /// The detectors' ids, in the order of the file.
    pub(super) fn ids(&self) -> impl Iterator<Item = &str> {
        self.detectors.iter().map(|d| d.rule.id.as_str())
    }

    /// Whether a certain detector finds something in a text.
    fn finds(&self, at: usize, text: &str, place: Place) -> bool {
        let mut hit = false;
        let Some(asked) = self.detectors.get(at) else { return false };
        self.each(text, place, &mut |detector| hit |= detector.rule.id == asked.rule.id);
        hit
    }

    /// Calls with each detector that finds something.
    fn each<'d>(&'d self, text: &str, place: Place, hit: &mut impl FnMut(&'d Detector)) {
        SCRATCH.with_borrow_mut(|scratch| {
            let text = spell::spell(text, scratch);
            if self.any.is_match(text) {
                for fitting in &self.any.matches(text) {
                    let Some(&(at, own)) = self.owners.get(fitting) else { continue };
                    let Some(detector) = self.detectors.get(at) else { continue };
                    let matcher = detector.patterns.get(own);
                    if detector.rule.applies(place)
                        && matcher.is_some_and(|m| m.finds(text, &detector.rule, &self.names))
                    {
                        hit(detector);
                    }
                }
            }
            self.names.search(text, &mut |form| {
                let detectors = self.by_form.get(form as usize).into_iter().flatten();
                for detector in detectors.filter_map(|at| self.detectors.get(*at)) {
                    if detector.rule.applies(place) {
                        hit(detector);
                    }
                }
            });
        });
    }
}

impl Rule {
    fn applies(&self, place: Place) -> bool {
        (self.vrs.is_empty() || self.vrs.contains(&place.vr))
            && !self.not_in.contains(&place.tag)
            && !self.unless.is_some_and(|option| place.options.has(option))
    }

    /// Where the examples of the detector stand.
    fn example_place(&self) -> Place {
        let vr = self.vrs.first().copied().unwrap_or(VR::LO);
        Place { vr, tag: Tag(0x0008, 0x103E), options: Options::NONE }
    }

    fn is_strong(&self) -> bool {
        self.severity == Severity::Strong
    }
}

#[cfg(test)]
mod tests;
