//! The private attributes that are known to be safe: PS3.15 Table E.3.10-1 (E.3.10 b), and our own list (E.3.10 c).

use super::{
    Problem,
    tables::{parse_tag, problem_in, records},
};
use crate::dicom::{Tag, VR};

#[cfg(test)]
mod tests;

/// The texts of the two lists, for the digest: the standard's, and ours.
pub(super) const TEXTS: [&str; 2] = [
    include_str!("../../config/tables/safe_private.csv"),
    include_str!("../../config/tables/judged_private.csv"),
];

/// Five rows of the standard's table give no VR: two times and three vectors. They are numbers, written in whatever way.
const NUMBERS: &[VR] =
    &[VR::DS, VR::FD, VR::FL, VR::IS, VR::SL, VR::SS, VR::SV, VR::UL, VR::US, VR::UV];

/// The lists, by group, the element's number in its block, and the private creator.
#[derive(Debug, Default)]
pub struct SafePrivate {
    /// Ascending by the key.
    rows: Vec<(Key, Safe)>,
}

/// Group, element number in the block, private creator.
type Key = (u16, u8, &'static str);

/// What is known of a safe attribute.
#[derive(Debug, PartialEq)]
pub struct Safe {
    /// The VRs that it may have.
    pub vrs: &'static [VR],
    /// What its value must look like to be what the attribute is for. The standard's list does not say.
    pub form: Option<Form>,
}

/// What all values of an attribute must look like. An empty value looks like anything.
#[derive(Debug, PartialEq)]
pub struct Form {
    /// So many values at most; of items as many as there are.
    pub most: usize,
    /// Each of them.
    pub kind: Kind,
}

/// What one value must look like.
#[derive(Debug, PartialEq)]
pub enum Kind {
    /// A number between two ends, both included; written in digits if the VR is one of text.
    Between(f64, f64),
    /// One of these words, in which `#` stands for a number: a sign or none, one to four digits, then a point with one to
    /// four digits or nothing.
    Words(Vec<&'static str>),
    /// Items, which are cleaned like all others.
    Items,
}

impl Safe {
    /// The VR of a value that came without one, where the rows leave no choice that matters.
    pub fn only_vr(&self) -> Option<VR> {
        let first = self.vrs.first().copied();
        first.filter(|_| self.vrs.len() == 1 || self.form.is_some())
    }
}

impl SafePrivate {
    /// Reads both lists; what is wrong with them goes to `problems`.
    pub fn read(problems: &mut Vec<Problem>) -> SafePrivate {
        SafePrivate::from(TEXTS, problems)
    }

    fn from([standard, ours]: [&'static str; 2], problems: &mut Vec<Problem>) -> SafePrivate {
        let mut rows = Vec::with_capacity(640);
        for (line, fields) in records(standard) {
            match &fields[..] {
                &[tag, creator, vr, _] => row(tag, creator, vr).map(|(key, vrs)| {
                    rows.push((key, Safe { vrs, form: None }));
                }),
                _ => Err("not tag, private creator, VR and meaning"),
            }
            .unwrap_or_else(|what| problems.push(problem("safe_private.csv", line, what)));
        }
        for (line, fields) in records(ours) {
            match &fields[..] {
                &[tag, creator, vr, count, form, ref about @ ..]
                    if about.len() == 3 && about.iter().all(|text| !text.is_empty()) =>
                {
                    row(tag, creator, vr).and_then(|(key, vrs)| {
                        let form = form_of(count, form, vrs).ok_or("a form that no value has")?;
                        rows.push((key, Safe { vrs, form: Some(form) }));
                        Ok(())
                    })
                }
                _ => Err("not tag, private creator, VR, count, form, meaning, why and source"),
            }
            .unwrap_or_else(|what| problems.push(problem("judged_private.csv", line, what)));
        }
        rows.sort_unstable_by_key(|(key, _)| *key);
        if rows.windows(2).any(|pair| matches!(pair, [(one, _), (two, _)] if one == two)) {
            problems.push(problem("judged_private.csv", 0, "two rows for one attribute"));
        }
        SafePrivate { rows }
    }

    /// What is known of an attribute, if it is safe: by its group, the lower byte of its element number, and the creator
    /// of its block (without padding; upper and lower case differ).
    pub fn get(&self, group: u16, element: u8, creator: &str) -> Option<&Safe> {
        let key = (group, element, creator);
        let at = self.rows.binary_search_by(|(row, _)| row.cmp(&key)).ok()?;
        self.rows.get(at).map(|(_, safe)| safe)
    }

    /// Whether a creator has any safe attribute in a group.
    pub fn knows(&self, group: u16, creator: &str) -> bool {
        let from = self.rows.partition_point(|((g, ..), _)| *g < group);
        let rows = self.rows.get(from..).unwrap_or_default().iter();
        rows.take_while(|((g, ..), _)| *g == group).any(|((.., c), _)| *c == creator)
    }
}

fn problem(file: &str, line: usize, what: &str) -> Problem {
    let remedy = match file {
        "judged_private.csv" => "Write it as the head of the file says",
        _ => "Make the table again with config/tables/generate.py",
    };
    problem_in(file, line, what, remedy)
}

/// What a row of either list is about.
fn row(tag: &str, creator: &'static str, vr: &str) -> Result<(Key, &'static [VR]), &'static str> {
    let (group, element) = block_tag(tag).ok_or("not a private attribute (gggg,xxee)")?;
    if !is_creator(creator) {
        return Err("not a private creator");
    }
    Ok(((group, element, creator), vrs(vr).ok_or("unknown VR")?))
}

/// How the values of our list look, as it is written there. A range takes a VR of numbers or of text, words one of text.
fn form_of(count: &str, text: &'static str, vrs: &[VR]) -> Option<Form> {
    if text == "items" || vrs == [VR::SQ] {
        let good = text == "items" && vrs == [VR::SQ] && count.is_empty();
        return good.then_some(Form { most: 0, kind: Kind::Items });
    }
    let most = count.parse().ok().filter(|most| (1..=65_535).contains(most))?;
    let kind = match text.split_once("..") {
        Some((from, to)) => {
            let (from, to): (f64, f64) = (from.parse().ok()?, to.parse().ok()?);
            (from.is_finite() && to.is_finite() && from < to).then_some(Kind::Between(from, to))?
        }
        None => {
            let words: Vec<&str> = text.split('|').collect();
            let good = |w: &&str| !w.is_empty() && w.trim() == *w && !w.contains("##");
            let strings = vrs.iter().all(|vr| matches!(*vr, VR::CS | VR::SH | VR::LO));
            (strings && words.iter().all(good)).then_some(Kind::Words(words))?
        }
    };
    Some(Form { most, kind })
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
        "SH/LO" => &[VR::SH, VR::LO],
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
