//! PS3.15 Table E.3.10-1: the private attributes that the standard knows to be safe.

use super::{
    Problem,
    tables::{parse_tag, problem, records},
};
use crate::dicom::{Tag, VR};

/// The table's text, for the digest.
pub(super) const TEXT: &str = include_str!("../../config/tables/safe_private.csv");

/// Five rows of the table give no VR: two times and three vectors. They are numbers, written in whatever way.
const NUMBERS: &[VR] =
    &[VR::DS, VR::FD, VR::FL, VR::IS, VR::SL, VR::SS, VR::SV, VR::UL, VR::US, VR::UV];

/// The table, by group, the element's number in its block, and the private creator.
#[derive(Debug, Default)]
pub struct SafePrivate {
    /// Ascending by the key.
    rows: Vec<(Key, &'static [VR])>,
}

/// Group, element number in the block, private creator.
type Key = (u16, u8, &'static str);

impl SafePrivate {
    /// Reads the table; what is wrong with it goes to `problems`.
    pub fn read(problems: &mut Vec<Problem>) -> SafePrivate {
        SafePrivate::from(TEXT, problems)
    }

    fn from(text: &'static str, problems: &mut Vec<Problem>) -> SafePrivate {
        let mut rows = Vec::with_capacity(480);
        for (line, fields) in records(text) {
            let mut bad = |what: &str| problems.push(problem("safe_private.csv", line, what));
            let &[tag, creator, vr, _] = &fields[..] else {
                bad("not tag, private creator, VR and meaning");
                continue;
            };
            match (block_tag(tag), is_creator(creator), vrs(vr)) {
                (None, _, _) => bad("not a private attribute (gggg,xxee)"),
                (_, false, _) => bad("not a private creator"),
                (_, _, None) => bad("unknown VR"),
                (Some((group, element)), true, Some(vrs)) => {
                    rows.push(((group, element, creator), vrs));
                }
            }
        }
        rows.sort_unstable_by_key(|(key, _)| *key);
        if rows.windows(2).any(|pair| matches!(pair, [(one, _), (two, _)] if one == two)) {
            problems.push(problem("safe_private.csv", 0, "two rows for one attribute"));
        }
        SafePrivate { rows }
    }

    /// The VRs that an attribute may have, if it is safe: by its group, the lower byte of its element number, and the
    /// creator of its block (without padding; upper and lower case differ).
    pub fn get(&self, group: u16, element: u8, creator: &str) -> Option<&'static [VR]> {
        let key = (group, element, creator);
        let at = self.rows.binary_search_by(|(row, _)| row.cmp(&key)).ok()?;
        self.rows.get(at).map(|(_, vrs)| *vrs)
    }

    /// Whether a creator has any safe attribute in a group.
    pub fn knows(&self, group: u16, creator: &str) -> bool {
        let from = self.rows.partition_point(|((g, ..), _)| *g < group);
        let rows = self.rows.get(from..).unwrap_or_default().iter();
        rows.take_while(|((g, ..), _)| *g == group).any(|((.., c), _)| *c == creator)
    }
}

/// `(gggg,xxee)` of an odd group that may hold private elements (PS3.5 7.8).
fn block_tag(text: &str) -> Option<(u16, u8)> {
    let Tag(group, element) = parse_tag(&text.replacen(",xx", ",00", 1))?;
    let private = group % 2 == 1 && (0x0009..0xFFFF).contains(&group) && text.contains(",xx");
    private.then_some((group, element.to_be_bytes()[1]))
}

fn is_creator(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 64
        && text.trim() == text
        && text.bytes().all(|b| (b' '..=b'~').contains(&b) && b != b'\\')
}

/// The VRs of the list, as they are written there.
fn vrs(text: &str) -> Option<&'static [VR]> {
    Some(match text {
        "" => NUMBERS,
        "AT" => &[VR::AT],
        "CS" => &[VR::CS],
        "DS" => &[VR::DS],
        "FD" => &[VR::FD],
        "FL" => &[VR::FL],
        "IS" => &[VR::IS],
        "LO" => &[VR::LO],
        "LT" => &[VR::LT],
        "OB" => &[VR::OB],
        "OW" => &[VR::OW],
        "OW/OB" => &[VR::OW, VR::OB],
        "SH" => &[VR::SH],
        "SL" => &[VR::SL],
        "SQ" => &[VR::SQ],
        "SS" => &[VR::SS],
        "ST" => &[VR::ST],
        "UI" => &[VR::UI],
        "UL" => &[VR::UL],
        "US" => &[VR::US],
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeSet, HashSet};

    use super::*;

    fn shipped() -> SafePrivate {
        let mut problems = Vec::new();
        let safe = SafePrivate::read(&mut problems);
        assert_eq!(problems, []);
        safe
    }

    #[test]
    fn every_row_is_found_under_its_creator_alone() {
        let safe = shipped();
        assert_eq!(safe.rows.len(), 479);
        let creators: BTreeSet<&str> = safe.rows.iter().map(|((_, _, c), _)| *c).collect();
        assert_eq!(creators.len(), 20);
        for (line, fields) in records(TEXT) {
            let (group, element) = block_tag(fields[0]).expect("checked");
            assert_eq!(safe.get(group, element, fields[1]), vrs(fields[2]), "line {line}");
            assert_eq!(safe.get(group, element, "ZZ MADE UP"), None);
            assert_eq!(safe.get(group ^ 0x1000, element, fields[1]), None);
        }
        let of = |group, element, creator| safe.get(group, element, creator);
        assert_eq!(of(0x0019, 0x0C, "SIEMENS MR HEADER"), Some(&[VR::IS][..]));
        assert_eq!(of(0x0043, 0x39, "GEMS_PARM_01"), Some(&[VR::IS][..]));
        assert_eq!(of(0x7053, 0x00, "Philips PET Private Group"), Some(&[VR::DS][..]));
        assert_eq!(of(0x2005, 0x0E, "Philips MR Imaging DD 001"), Some(&[VR::FL][..]));
        assert_eq!(of(0x7E01, 0x12, "HOLOGIC, Inc."), Some(&[VR::OB][..]));
        assert_eq!(of(0x2001, 0x7D, "Philips Imaging DD 001"), Some(&[VR::OW, VR::OB][..]));
        assert!(safe.knows(0x0019, "SIEMENS MR HEADER") && safe.knows(0x0019, "GEMS_ACQU_01"));
        assert!(!safe.knows(0x0029, "SIEMENS MR HEADER") && !safe.knows(0x0019, "NQLeft"));
        // Which of the blocks an element is in decides: the same number is other things for other creators.
        assert_eq!(of(0x2001, 0x01, "Philips Imaging DD 001"), Some(&[VR::FL][..]));
        assert_eq!(of(0x2001, 0x01, "Philips Imaging DD 002"), Some(&[VR::US][..]));
        assert_eq!(of(0x0029, 0x10, "SIEMENS CSA HEADER"), None);
        assert_eq!(of(0x0019, 0x0C, "Siemens MR Header"), None);
        assert_eq!(of(0x0019, 0x0C, "SIEMENS MR HEADER "), None);
    }

    /// What the table is like, so that another edition is read with open eyes.
    #[test]
    fn the_odd_rows_are_known() {
        let safe = shipped();
        let without = safe.rows.iter().filter(|(_, vrs)| *vrs == NUMBERS);
        let without: Vec<(u16, u8)> = without.map(|((g, e, _), _)| (*g, *e)).collect();
        let expected = [(0x119, 0x11), (0x119, 0x12), (0x129, 3), (0x129, 4), (0x129, 5)];
        assert_eq!(without, expected);
        // No creator stands there in two spellings.
        let folded = safe.rows.iter().map(|((_, _, c), _)| c.to_uppercase());
        assert_eq!(folded.collect::<HashSet<_>>().len(), 20);
        // Nothing that names people or holds dates.
        for vr in [VR::PN, VR::DA, VR::DT, VR::TM, VR::AS, VR::AE, VR::UN, VR::UT] {
            assert!(safe.rows.iter().all(|(_, vrs)| !vrs.contains(&vr)), "{vr}");
        }
    }

    #[test]
    fn a_wrong_table_is_not_read() {
        for (text, expected) in [
            ("h\n\"(0019,xx0C)\",X,IS\n", "not tag, private creator, VR and meaning"),
            ("h\n\"(0019,100C)\",X,IS,b\n", "not a private attribute (gggg,xxee)"),
            ("h\n\"(0018,xx0C)\",X,IS,b\n", "not a private attribute (gggg,xxee)"),
            ("h\n\"(0007,xx0C)\",X,IS,b\n", "not a private attribute (gggg,xxee)"),
            ("h\n\"(FFFF,xx0C)\",X,IS,b\n", "not a private attribute (gggg,xxee)"),
            ("h\n\"(0019,xx0C)\",X ,IS,b\n", "not a private creator"),
            ("h\n\"(0019,xx0C)\",,IS,b\n", "not a private creator"),
            ("h\n\"(0019,xx0C)\",X,US or SS,b\n", "unknown VR"),
            ("h\n\"(0019,xx0C)\",X,IS,b\n\"(0019,xx0C)\",X,DS,b\n", "two rows for one attribute"),
        ] {
            let mut problems = Vec::new();
            SafePrivate::from(text, &mut problems);
            let messages: Vec<&str> = problems.iter().map(|p| p.message.as_str()).collect();
            assert_eq!(messages, [expected]);
        }
    }
}
