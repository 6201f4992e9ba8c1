//! The output beside the original, element by element: what the IOD needs is still there (G2-12), what describes the
//! pixels is what it was, and dates have moved by one number of days (G2-05).
//!
//! Only what differs from the original is a fault: an object that was not valid when it came is not kept back for it.

use super::days::{self, Days};
use crate::{
    dicom::{
        Tag, VR,
        dataset::{DataSet, Element, Value},
        uid,
    },
    policy::checks::{Checks, May, Needed},
    policy::options::Options,
    records::Reason,
};

const VALID: &str = "PS3.5 7.4, PS3.15 E.1.1";

/// The requirement that an output is what it claims to be.
const AS_CLAIMED: &str = "R-5.1.3";

/// Coding Scheme Version: Type 1C, needed only where the scheme alone does not say which code it is.
const SCHEME_VERSION: Tag = Tag(0x0008, 0x0103);

/// What the comparison gives.
pub(super) struct Compared {
    /// What is wrong.
    pub(super) found: Vec<Reason>,
    /// By how many days the dates have moved.
    pub(super) offset: Option<i64>,
    /// Elements looked at.
    pub(super) elements: usize,
}

/// Compares an output with its original under the options that hold for the object.
pub(super) fn compare(
    checks: &Checks,
    options: Options,
    sop_class: &str,
    original: &DataSet,
    output: &DataSet,
) -> Compared {
    let iod = checks.needs.iod(sop_class);
    let result = Compared { found: Vec::new(), offset: None, elements: 0 };
    let mut comparison =
        Comparison { checks, options, iod, original, output, steps: Vec::new(), result };
    comparison.level(&original.elements, &output.elements);
    comparison.result
}

struct Comparison<'a> {
    checks: &'a Checks,
    options: Options,
    iod: Option<&'static str>,
    original: &'a DataSet,
    output: &'a DataSet,
    steps: Vec<(Tag, usize)>,
    result: Compared,
}

impl Comparison<'_> {
    /// Goes through two lists of elements in ascending order.
    fn level(&mut self, before: &[Element], after: &[Element]) {
        let mut after = after.iter().peekable();
        self.result.elements += before.len();
        for old in before {
            while after.next_if(|new| new.tag < old.tag).is_some() {}
            match after.next_if(|new| new.tag == old.tag) {
                Some(new) => self.pair(old, new),
                None => self.missing(old, false),
            }
        }
    }

    fn pair(&mut self, old: &Element, new: &Element) {
        if let (Value::Items(old_items), Value::Items(new_items)) = (&old.value, &new.value) {
            if new_items.is_empty() {
                self.missing(old, true);
            }
            // Where items went or came, nobody can tell which is which.
            if old_items.len() == new_items.len() {
                for (at, (old_item, new_item)) in old_items.iter().zip(new_items).enumerate() {
                    self.steps.push((old.tag, at));
                    self.level(&old_item.elements, &new_item.elements);
                    self.steps.pop();
                }
            }
            return;
        }
        let (before, after) = (self.original.value(old), self.output.value(new));
        if after.iter().all(|b| matches!(b, b' ' | 0)) && matches!(new.value, Value::Bytes(_)) {
            if !after.is_empty() && before == after {
                return;
            }
            return self.missing(old, true);
        }
        if before == after {
            return;
        }
        match new.vr {
            VR::DA | VR::DT => self.date(old, before, after),
            _ => self.changed(old, new, before, after),
        }
    }

    /// An element of the original that is gone, or has no value any more.
    fn missing(&mut self, old: &Element, present: bool) {
        let Some(iod) = self.iod.filter(|_| old.tag != SCHEME_VERSION) else { return };
        let sequence = self.steps.last().map(|(tag, _)| *tag);
        let Some(needed) = self.checks.needs.of(iod, old.tag, sequence) else { return };
        let had = match &old.value {
            Value::Items(items) => !items.is_empty(),
            Value::Bytes(span) => !uid::trim(self.original.slice(*span)).is_empty(),
            _ => true,
        };
        let kind = match needed {
            Needed::Value if had => "a value that the IOD needs is gone",
            Needed::Presence if !present => "an attribute that the IOD needs is gone",
            _ => return,
        };
        // What the standard has removed from every object is nobody's fault.
        if self.checks.rows.may(old.tag, old.vr, self.options) != May::BeAbsent {
            self.add(old.tag, kind);
        }
    }

    fn date(&mut self, old: &Element, before: &[u8], after: &[u8]) {
        for (before, after) in before.split(|b| *b == b'\\').zip(after.split(|b| *b == b'\\')) {
            let (Some(from), Some(to)) = (days::day(before), days::day(after)) else { continue };
            if to == days::DUMMY {
                continue;
            }
            let moved = to - from;
            if *self.result.offset.get_or_insert(moved) != moved {
                let kind = "date that moved by other days than the rest";
                let reason = Reason::new("G2-05", kind, "PS3.15 E.3.6").at(self.path(old.tag));
                self.result.found.push(reason);
            }
        }
    }

    /// A value that is another than in the original.
    fn changed(&mut self, old: &Element, new: &Element, before: &[u8], after: &[u8]) {
        let pixels = self.steps.is_empty()
            && (matches!(old.tag, Tag(0x0028, 0x0002..=0x0011 | 0x0100..=0x0103))
                || old.tag == Tag(0x0008, 0x0016));
        // A term that PS3.3 does not know says nothing of the pixels, and was replaced by the dummy.
        let foreign = old.vr == VR::CS && uid::trim(after) == b"UNKNOWN";
        if pixels && !foreign && uid::trim(before) != uid::trim(after) {
            return self.add(old.tag, "what describes the pixels, or the class, was changed");
        }
        let count = |value: &[u8]| value.iter().filter(|b| **b == b'\\').count();
        let several = matches!(
            new.vr,
            VR::AE | VR::AS | VR::CS | VR::DS | VR::IS | VR::LO | VR::SH | VR::TM | VR::UI
        );
        if several && !is_marker(old.tag) && old.vr == new.vr && count(after) > count(before) {
            self.add(old.tag, "more values than the attribute had");
        }
        if let Some(bound) = bound(new.vr)
            && longest(after) > bound
            && longest(before) <= bound
        {
            self.add(old.tag, "a value that is longer than its VR allows");
        }
    }

    fn path(&self, tag: Tag) -> String {
        let steps = self.steps.iter().map(|(tag, item)| format!("{tag}[{}]", item + 1));
        steps.chain([tag.to_string()]).collect()
    }

    fn add(&mut self, tag: Tag, kind: &'static str) {
        let reason = Reason::new("G2-12", kind, VALID).at(self.path(tag)).serves(AS_CLAIMED);
        self.result.found.push(reason);
    }
}

/// (0012,0063), to which we add a value.
fn is_marker(tag: Tag) -> bool {
    tag == Tag(0x0012, 0x0063)
}

/// The longest value of a VR, in characters (PS3.5 Table 6.2-1).
fn bound(vr: VR) -> Option<usize> {
    match vr {
        VR::AE | VR::CS | VR::DS | VR::SH => Some(16),
        VR::AS => Some(4),
        VR::IS => Some(12),
        VR::LO | VR::UI => Some(64),
        _ => None,
    }
}

/// The characters of the longest value. Bytes that are no UTF-8 are counted two for one: most such characters have two.
fn longest(value: &[u8]) -> usize {
    let characters = |one: &[u8]| match std::str::from_utf8(one) {
        Ok(text) => text.trim_end_matches([' ', '\0']).chars().count(),
        Err(_) => one.len() / 2,
    };
    value.split(|b| *b == b'\\').map(characters).max().unwrap_or_default()
}

/// The dates of an original.
pub(super) fn dates(original: &DataSet) -> Days {
    fn gather(data: &DataSet, elements: &[Element], days: &mut Vec<i64>) {
        for element in elements {
            match &element.value {
                Value::Items(items) => {
                    items.iter().for_each(|item| gather(data, &item.elements, days));
                }
                Value::Bytes(span) if matches!(element.vr, VR::DA | VR::DT) => {
                    let values = data.slice(*span).split(|b| *b == b'\\');
                    days.extend(values.filter_map(days::day).filter(|day| *day != days::DUMMY));
                }
                _ => {}
            }
        }
    }
    let mut days = Vec::new();
    gather(original, &original.elements, &mut days);
    Days::of(days)
}
