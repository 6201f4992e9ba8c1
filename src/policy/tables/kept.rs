//! What an IOD needs of the attributes that no rule names. It is asked only where such a value cannot be kept after all,
//! because its text cannot be read or its VR is not the attribute's.

use std::collections::HashMap;

use rustc_hash::FxHashMap;

use super::{Need, Problem, parse_tag, problem, records};
use crate::dicom::Tag;

const KEPT: &str = include_str!("../../../config/tables/kept.csv");
const KEPT_NESTED: &str = include_str!("../../../config/tables/kept_nested.csv");

/// The texts of these tables, for the digest.
pub(in crate::policy) const TEXTS: [&str; 2] = [KEPT, KEPT_NESTED];

/// The needs in the data set itself, by IOD, and in items, by the sequence.
#[derive(Default)]
pub(super) struct Kept {
    top: Needs<usize>,
    nested: Needs<Tag>,
}

/// For each attribute the lists of users that need it, and how much.
struct Needs<User> {
    lists: Vec<Vec<User>>,
    of: FxHashMap<Tag, Vec<(usize, Need)>>,
}

impl<User> Default for Needs<User> {
    fn default() -> Self {
        Needs { lists: Vec::new(), of: FxHashMap::default() }
    }
}

impl<User: PartialEq> Needs<User> {
    /// Reads a table of Type, attributes and users. A word that `user` does not know is a user that does not matter.
    fn read(
        file: &str,
        text: &'static str,
        user: impl Fn(&str) -> Option<User>,
        problems: &mut Vec<Problem>,
    ) -> Needs<User> {
        let mut needs = Needs::default();
        for (line, fields) in records(text) {
            let row = match &fields[..] {
                [need, tags, users] => Need::parse(need).map(|need| (need, tags, users)),
                _ => None,
            };
            let Some((need, tags, users)) = row else {
                problems.push(problem(file, line, "not Type, attributes and users"));
                continue;
            };
            for tag in tags.split(' ') {
                match parse_tag(tag) {
                    Some(tag) => needs.of.entry(tag).or_default().push((needs.lists.len(), need)),
                    None => problems.push(problem(file, line, "unknown attribute")),
                }
            }
            needs.lists.push(users.split(' ').filter_map(&user).collect());
        }
        needs
    }

    fn need(&self, tag: Tag, user: &User) -> Need {
        let rows = self.of.get(&tag).map_or(&[][..], Vec::as_slice);
        let uses = |at: usize| self.lists.get(at).is_some_and(|users| users.contains(user));
        rows.iter().find(|(at, _)| uses(*at)).map_or(Need::Nothing, |(_, need)| *need)
    }
}

impl Kept {
    /// Reads the tables; `names` are the IODs.
    pub(super) fn read(names: &HashMap<&str, usize>, problems: &mut Vec<Problem>) -> Kept {
        Kept {
            top: Needs::read("kept.csv", KEPT, |name| names.get(name).copied(), problems),
            nested: Needs::read("kept_nested.csv", KEPT_NESTED, parse_tag, problems),
        }
    }

    /// What an IOD needs of an attribute that no rule names, in the data set itself or in an item of `sequence`.
    pub(super) fn need(&self, iod: usize, tag: Tag, sequence: Option<Tag>) -> Need {
        match sequence {
            Some(sequence) => self.nested.need(tag, &sequence),
            None => self.top.need(tag, &iod),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::tables::Iods;

    #[test]
    fn types_are_those_of_the_iod() {
        let mut problems = Vec::new();
        let iods = Iods::read(&mut problems);
        assert_eq!(problems, []);
        let ct = iods.of_class.get("1.2.840.10008.5.1.4.1.1.2").copied();
        let enhanced = iods.of_class.get("1.2.840.10008.5.1.4.1.1.2.1").copied();
        let manufacturer = Tag(0x0008, 0x0070);
        let code = Tag(0x0008, 0x0104);
        for (iod, tag, sequence, need) in [
            (ct, manufacturer, None, Need::Presence),
            (enhanced, manufacturer, None, Need::Value),
            (ct, Tag(0x0008, 0x0008), None, Need::Value),
            (ct, Tag(0x0018, 0x1160), None, Need::Nothing),
            (ct, Tag(0x0028, 0x0010), None, Need::Value),
            (ct, code, None, Need::Nothing),
            (ct, code, Some(Tag(0x0008, 0x1032)), Need::Value),
            (ct, manufacturer, Some(Tag(0x0008, 0x1032)), Need::Nothing),
            (None, manufacturer, None, Need::Unknown),
            (None, code, Some(Tag(0x0008, 0x1032)), Need::Unknown),
        ] {
            assert_eq!(iods.kept_need(iod, tag, sequence), need, "{iod:?} {tag} {sequence:?}");
        }
    }
}
