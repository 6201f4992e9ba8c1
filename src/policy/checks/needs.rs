//! Which attributes an IOD needs (G2-12): the published Types, read for the checks alone.

use std::collections::HashMap;

use super::parse_tag;
use crate::{
    dicom::Tag,
    policy::{Problem, tables},
};

const CLASSES: &str = include_str!("../../../config/tables/sop_class_iod.csv");
/// Tag, Type, IODs.
const REQUIRED: &str = include_str!("../../../config/tables/required.csv");
/// Type, tags, IODs.
const KEPT: &str = include_str!("../../../config/tables/kept.csv");
/// Tag, sequence, Type, IODs (none: all).
const REQUIRED_NESTED: &str = include_str!("../../../config/tables/required_nested.csv");
/// Type, tags, sequences.
const KEPT_NESTED: &str = include_str!("../../../config/tables/kept_nested.csv");

/// How much an attribute is needed where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needed {
    /// Type 1 or 1C: with a value.
    Value,
    /// Type 2 or 2C: present.
    Presence,
}

/// What IODs need, by name.
#[derive(Debug, Default)]
pub struct Needs {
    /// SOP Class UID to IOD.
    classes: HashMap<&'static str, &'static str>,
    /// Lists of IODs and of sequences, as they stand in the tables.
    top: HashMap<Tag, Vec<(Needed, &'static str)>>,
    /// By attribute and sequence.
    nested: HashMap<(Tag, Tag), (Needed, &'static str)>,
}

impl Needs {
    /// Reads the tables.
    pub(super) fn read(problems: &mut Vec<Problem>) -> Needs {
        let mut needs = Needs::default();
        let mut bad = |file: &str, line| {
            problems.push(tables::problem(file, line, "a row that cannot be understood"));
        };
        for (line, fields) in tables::records(CLASSES) {
            match fields[..] {
                [class, iod] => drop(needs.classes.insert(class, iod)),
                _ => bad("sop_class_iod.csv", line),
            }
        }
        for (line, fields) in tables::records(REQUIRED) {
            match fields[..] {
                [tag, kind, iods] if let (Some(tag), Some(n)) = (parse_tag(tag), needed(kind)) => {
                    needs.top.entry(tag).or_default().push((n, iods));
                }
                _ => bad("required.csv", line),
            }
        }
        for (line, fields) in tables::records(KEPT) {
            match fields[..] {
                [kind, tags, iods] if let Some(n) = needed(kind) => {
                    for tag in tags.split(' ').filter_map(parse_tag) {
                        needs.top.entry(tag).or_default().push((n, iods));
                    }
                }
                _ => bad("kept.csv", line),
            }
        }
        for (line, fields) in tables::records(REQUIRED_NESTED) {
            match fields[..] {
                [tag, sequence, kind, iods]
                    if let (Some(tag), Some(sequence), Some(n)) =
                        (parse_tag(tag), parse_tag(sequence), needed(kind)) =>
                {
                    needs.nested.insert((tag, sequence), (n, iods));
                }
                _ => bad("required_nested.csv", line),
            }
        }
        for (line, fields) in tables::records(KEPT_NESTED) {
            let [kind, tags, sequences] = fields[..] else {
                bad("kept_nested.csv", line);
                continue;
            };
            let Some(n) = needed(kind) else { continue };
            for tag in tags.split(' ').filter_map(parse_tag) {
                for sequence in sequences.split(' ').filter_map(parse_tag) {
                    needs.nested.entry((tag, sequence)).or_insert((n, ""));
                }
            }
        }
        needs
    }

    /// The IOD of a class; `None` where it is not known.
    pub fn iod(&self, sop_class: &str) -> Option<&'static str> {
        self.classes.get(sop_class).copied()
    }

    /// How much an IOD needs an attribute in the data set itself, or in an item of a sequence.
    pub fn of(&self, iod: &str, tag: Tag, sequence: Option<Tag>) -> Option<Needed> {
        let named = |iods: &str| iods.split(' ').any(|name| name == iod);
        match sequence {
            None => {
                let list = self.top.get(&tag)?;
                list.iter().find(|(_, iods)| named(iods)).map(|(needed, _)| *needed)
            }
            Some(sequence) => {
                let (needed, iods) = self.nested.get(&(tag, sequence))?;
                (iods.is_empty() || named(iods)).then_some(*needed)
            }
        }
    }
}

fn needed(kind: &str) -> Option<Needed> {
    match kind {
        "1" | "1C" => Some(Needed::Value),
        "2" | "2C" => Some(Needed::Presence),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_those_of_the_iod() {
        let mut problems = Vec::new();
        let needs = Needs::read(&mut problems);
        assert_eq!(problems, []);
        let ct = needs.iod("1.2.840.10008.5.1.4.1.1.2").unwrap_or_default();
        for (tag, sequence, needed) in [
            (Tag(0x0028, 0x0010), None, Some(Needed::Value)),
            (Tag(0x0008, 0x0070), None, Some(Needed::Presence)),
            (Tag(0x0018, 0x1160), None, None),
            (Tag(0x0008, 0x0104), Some(Tag(0x0008, 0x1032)), Some(Needed::Value)),
            (Tag(0x0008, 0x0104), None, None),
        ] {
            assert_eq!(needs.of(ct, tag, sequence), needed, "{tag}");
        }
        assert_eq!(needs.iod("1.2.3"), None);
    }
}
