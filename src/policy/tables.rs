//! The tables of `config/tables`, read from the copies inside the binary: facts of the standard, and what they mean.

mod kept;

use std::collections::HashMap;

use rustc_hash::FxHashMap;

use super::{Problem, options::ProfileOption, profile::Action};
use crate::dicom::{Tag, modality, uid};

const E1_1: &str = include_str!("../../config/tables/e1-1.csv");
const REQUIRED: &str = include_str!("../../config/tables/required.csv");
const REQUIRED_NESTED: &str = include_str!("../../config/tables/required_nested.csv");
const SOP_CLASS_IOD: &str = include_str!("../../config/tables/sop_class_iod.csv");
const CLASS_MODALITY: &str = include_str!("../../config/tables/class_modality.csv");
const RETIRED: &str = include_str!("../../config/tables/retired.csv");

/// The texts of all tables, for the digest.
pub(super) const TEXTS: [&str; 10] = [
    E1_1,
    REQUIRED,
    REQUIRED_NESTED,
    SOP_CLASS_IOD,
    CLASS_MODALITY,
    RETIRED,
    kept::TEXTS[0],
    kept::TEXTS[1],
    super::safe_private::TEXTS[0],
    super::safe_private::TEXTS[1],
];

/// An action code of PS3.15 Table E.1-1a.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Code {
    /// Dummy value.
    D,
    /// Zero length or dummy.
    Z,
    /// Remove.
    X,
    /// Keep.
    K,
    /// Clean.
    C,
    /// Replace the UID.
    U,
    /// Z, or D where the IOD requires a value.
    ZD,
    /// X, or Z where the IOD requires the attribute.
    XZ,
    /// X, or D where the IOD requires a value.
    XD,
    /// X, Z or D as the IOD requires.
    XZD,
    /// X, Z, or the sequence with its UIDs replaced.
    XZU,
}

/// The Type that an IOD gives an attribute (PS3.5 7.4), as far as it decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Type 1 or 1C: with a value.
    Value,
    /// Type 2 or 2C: may be empty.
    Presence,
    /// Type 3, or not in the IOD.
    Nothing,
    /// The IOD is not known.
    Unknown,
}

impl Need {
    /// From the Type as it is written in PS3.3.
    pub fn parse(text: &str) -> Option<Need> {
        match text {
            "1" | "1C" => Some(Need::Value),
            "2" | "2C" => Some(Need::Presence),
            "3" => Some(Need::Nothing),
            _ => None,
        }
    }
}

impl Code {
    /// From the code as it is written in the table.
    pub fn parse(text: &str) -> Option<Code> {
        Some(match text {
            "D" => Code::D,
            "Z" => Code::Z,
            "X" => Code::X,
            "K" => Code::K,
            "C" => Code::C,
            "U" => Code::U,
            "Z/D" => Code::ZD,
            "X/Z" => Code::XZ,
            "X/D" => Code::XD,
            "X/Z/D" => Code::XZD,
            "X/Z/U*" => Code::XZU,
            _ => return None,
        })
    }

    /// What the code means where the IOD needs this much.
    ///
    /// Of an unknown IOD the code that removes least is taken, so that nothing required is ever missing. Z becomes a
    /// dummy where a value is required, which its definition allows; X/D becomes empty where the IOD says Type 2
    /// (RT Plan Date).
    pub fn resolve(self, need: Need) -> Action {
        use Need::{Nothing, Presence, Unknown, Value};
        match (self, need) {
            (Code::K | Code::C, _) => Action::Keep,
            (Code::U, _) => Action::Uid,
            (Code::D, _) | (Code::Z | Code::XZ, Value) => Action::Dummy,
            (Code::ZD | Code::XD | Code::XZD, Value | Unknown) => Action::Dummy,
            (Code::Z, _) | (Code::ZD, Presence | Nothing) => Action::Empty,
            (Code::XZ, Presence | Unknown) | (Code::XD | Code::XZD | Code::XZU, Presence) => {
                Action::Empty
            }
            (Code::XZU, Value | Unknown) => Action::Keep,
            (Code::X, _) | (Code::XZ | Code::XD | Code::XZD | Code::XZU, Nothing) => Action::Remove,
        }
    }
}

/// The codes of the options for an attribute, in the order of [`ProfileOption::ALL`]: K or C, or `None` where the option
/// says nothing.
pub type Columns = [Option<Code>; ProfileOption::ALL.len()];

/// A row of Table E.1-1.
#[derive(Clone)]
pub struct Row {
    /// Its tag; `None` for the rows of repeating groups and private attributes.
    pub tag: Option<Tag>,
    /// The tag as it is written in the table.
    pub written: &'static str,
    /// The Basic Profile's code.
    pub basic: Code,
    /// The code as it is written in the table.
    pub written_code: &'static str,
    /// What the options say.
    pub options: Columns,
}

/// A tag as the standard writes it, `(0010,0020)`.
pub fn parse_tag(text: &str) -> Option<Tag> {
    let (group, element) = text.strip_prefix('(')?.strip_suffix(')')?.split_once(',')?;
    let part = |t: &str| {
        (t.len() == 4 && t.bytes().all(|b| b.is_ascii_hexdigit()))
            .then(|| u16::from_str_radix(t, 16).ok())
            .flatten()
    };
    Some(Tag(part(group)?, part(element)?))
}

/// The rows of Table E.1-1.
pub fn e1_1(problems: &mut Vec<Problem>) -> Vec<Row> {
    let mut rows = Vec::with_capacity(660);
    for (line, fields) in records(E1_1) {
        let mut bad = |what: &str| problems.push(problem("e1-1.csv", line, what));
        let &[written, _, _, written_code, ref rest @ ..] = &fields[..] else {
            bad("a row is too short");
            continue;
        };
        let tag = parse_tag(written);
        if tag.is_none() && !PATTERNS.contains(&written) {
            bad("unknown attribute");
        }
        let Some(basic) = Code::parse(written_code) else {
            bad("unknown action code");
            continue;
        };
        let mut options = Columns::default();
        for (option, text) in options.iter_mut().zip(rest) {
            *option = Code::parse(text).filter(|c| matches!(c, Code::K | Code::C));
            if option.is_none() && !text.is_empty() {
                bad("unknown action code of an option");
            }
        }
        rows.push(Row { tag, written, basic, written_code, options });
    }
    rows
}

/// The rows that stand for more than one tag. What they ask for is in the rules for groups.
const PATTERNS: [&str; 4] =
    ["(50XX,XXXX)", "(60XX,3000)", "(60XX,4000)", "(GGGG,EEEE) WHERE GGGG IS ODD"];

/// The public attributes that PS3.6 calls retired.
pub fn retired(problems: &mut Vec<Problem>) -> Vec<Tag> {
    let tags = records(RETIRED).map(|(line, fields)| {
        let tag = fields.first().and_then(|t| parse_tag(t));
        tag.ok_or_else(|| problem("retired.csv", line, "unknown attribute"))
    });
    tags.filter_map(|t| t.map_err(|p| problems.push(p)).ok()).collect()
}

/// The IODs, and what they need of the attributes that a rule may remove.
#[derive(Default)]
pub struct Iods {
    /// Their number.
    pub count: usize,
    /// SOP Class UID to IOD.
    pub of_class: FxHashMap<&'static str, usize>,
    /// SOP Class UID to the modality that its objects have.
    modality: FxHashMap<&'static str, &'static str>,
    /// In the data set itself: IODs and their need.
    top: HashMap<Tag, Vec<(Vec<usize>, Need)>>,
    /// In the items of a sequence, by attribute and sequence: the need, and the IODs that have it; empty for all.
    nested: HashMap<(Tag, Tag), (Vec<usize>, Need)>,
    /// Attributes that no rule names.
    kept: kept::Kept,
}

impl Iods {
    /// Reads the tables.
    pub fn read(problems: &mut Vec<Problem>) -> Iods {
        let mut iods = Iods::default();
        let mut names: HashMap<&'static str, usize> = HashMap::new();
        for (line, fields) in records(SOP_CLASS_IOD) {
            let &[class, name] = &fields[..] else {
                problems.push(problem("sop_class_iod.csv", line, "not two columns"));
                continue;
            };
            let next = names.len();
            iods.of_class.insert(class, *names.entry(name).or_insert(next));
        }
        for (line, fields) in records(CLASS_MODALITY) {
            match fields[..] {
                [class, term] if uid::is_valid(class) && modality::is_defined(term) => {
                    if iods.modality.insert(class, term).is_some() {
                        problems.push(problem("class_modality.csv", line, "two rows for a class"));
                    }
                }
                _ => problems.push(problem("class_modality.csv", line, "not class and modality")),
            }
        }
        iods.count = names.len();
        iods.kept = kept::Kept::read(&names, problems);
        // IODs without a storage class of their own do not matter here.
        let users = |text: &str| -> Vec<usize> {
            text.split(' ').filter_map(|name| names.get(name).copied()).collect()
        };
        for (line, fields) in records(REQUIRED) {
            match &fields[..] {
                [tag, need, iod]
                    if let Some((tag, need)) = parse_tag(tag).zip(Need::parse(need)) =>
                {
                    iods.top.entry(tag).or_default().push((users(iod), need));
                }
                _ => problems.push(problem("required.csv", line, "not tag, Type and IODs")),
            }
        }
        for (line, fields) in records(REQUIRED_NESTED) {
            match &fields[..] {
                [tag, parent, need, iod]
                    if let (Some(tag), Some(parent), Some(need)) =
                        (parse_tag(tag), parse_tag(parent), Need::parse(need)) =>
                {
                    iods.nested.insert((tag, parent), (users(iod), need));
                }
                _ => {
                    let message = "not tag, sequence, Type and IODs";
                    problems.push(problem("required_nested.csv", line, message));
                }
            }
        }
        iods
    }

    /// The modality that objects of a class have, whatever they say; empty where the class leaves it open.
    pub fn implied_modality(&self, sop_class: &str) -> &'static str {
        self.modality.get(sop_class).copied().unwrap_or_default()
    }

    /// What an IOD needs of an attribute in the data set itself; `None` is an IOD that is not known.
    pub fn need(&self, iod: Option<usize>, tag: Tag) -> Need {
        let Some(iod) = iod else { return Need::Unknown };
        let list = self.top.get(&tag).map_or(&[][..], Vec::as_slice);
        list.iter().find(|(iods, _)| iods.contains(&iod)).map_or(Need::Nothing, |(_, need)| *need)
    }

    /// What an IOD needs of an attribute that no rule names, in the data set itself or in an item of `sequence`; `None`
    /// is an IOD that is not known.
    pub fn kept_need(&self, iod: Option<usize>, tag: Tag, sequence: Option<Tag>) -> Need {
        iod.map_or(Need::Unknown, |iod| self.kept.need(iod, tag, sequence))
    }

    /// Every attribute that is needed inside some sequence, the sequence, and how much an IOD needs it there.
    pub fn nested(&self, iod: Option<usize>) -> impl Iterator<Item = (Tag, Tag, Need)> + '_ {
        self.nested.iter().map(move |((tag, parent), (iods, need))| {
            let need = match iod {
                _ if iods.is_empty() => *need,
                Some(iod) if iods.contains(&iod) => *need,
                Some(_) => Need::Nothing,
                None => Need::Unknown,
            };
            (*tag, *parent, need)
        })
    }

    /// Every attribute that some IOD needs.
    pub fn needed(&self) -> impl Iterator<Item = Tag> + '_ {
        self.top.keys().copied().chain(self.nested.keys().map(|(tag, _)| *tag))
    }
}

pub(super) fn problem(file: &str, line: usize, message: &str) -> Problem {
    problem_in(file, line, message, "Make the table again with config/tables/generate.py")
}

/// As [`problem`], of a table that is not made by the generator.
pub(super) fn problem_in(file: &str, line: usize, message: &str, remedy: &str) -> Problem {
    Problem {
        file: format!("config/tables/{file}"),
        line,
        key: String::new(),
        message: message.to_owned(),
        remedy: remedy.to_owned(),
    }
}

/// The records of a CSV file behind its comments and its header, with their line numbers. A field may stand in
/// quotes; none of ours holds a quote.
pub(super) fn records(text: &'static str) -> impl Iterator<Item = (usize, Vec<&'static str>)> {
    let lines = text.lines().enumerate().filter(|(_, l)| !l.starts_with('#'));
    lines.skip(1).map(|(at, line)| (at + 1, fields(line)))
}

fn fields(mut line: &'static str) -> Vec<&'static str> {
    let mut fields = Vec::with_capacity(16);
    loop {
        let (field, rest) = match line.strip_prefix('"').and_then(|l| l.split_once('"')) {
            Some((field, rest)) => (field, rest.strip_prefix(',')),
            None => line.split_once(',').map_or((line, None), |(field, rest)| (field, Some(rest))),
        };
        fields.push(field);
        match rest {
            Some(rest) => line = rest,
            None => return fields,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMPOUND: &str = include_str!("../../config/tables/compound.csv");

    #[test]
    fn all_rows_of_the_table_are_understood() {
        let mut problems = Vec::new();
        let rows = e1_1(&mut problems);
        assert_eq!(problems, []);
        assert_eq!(rows.len(), 656);
        assert_eq!(rows.iter().filter(|r| r.tag.is_none()).count(), 4);
        let counted = |code| rows.iter().filter(|r| r.basic == code).count();
        assert_eq!((counted(Code::X), counted(Code::D), counted(Code::U)), (416, 93, 55));
        // Full and modified dates name the same attributes.
        let dates =
            |column: usize| rows.iter().filter(move |r| r.options[column].is_some()).count();
        assert_eq!((dates(5), dates(6)), (169, 169));
    }

    /// Every IOD's compound codes come out as the standard's tables resolve them, with one difference on purpose:
    /// X/D that the IOD calls Type 2 becomes empty, not missing.
    #[test]
    fn compound_codes_resolve_as_published() {
        let mut problems = Vec::new();
        let iods = Iods::read(&mut problems);
        assert_eq!(problems, []);
        let names: HashMap<&str, usize> =
            records(SOP_CLASS_IOD).map(|(_, f)| (f[1], iods.of_class[f[0]])).collect();
        let mut seen = 0;
        for (line, fields) in records(COMPOUND) {
            let [tag, code, kind, resolved, users] = fields[..] else { panic!("line {line}") };
            let (tag, code) = (parse_tag(tag).expect("a tag"), Code::parse(code).expect("a code"));
            let expected = match (code, kind, resolved) {
                (Code::XD, "2", "X") => Action::Empty,
                (_, _, "X") => Action::Remove,
                (_, _, "Z") => Action::Empty,
                (_, _, "D") => Action::Dummy,
                (_, _, "U*") => Action::Keep,
                _ => panic!("line {line}: {resolved}"),
            };
            for iod in users.split(' ').filter_map(|n| names.get(n)) {
                let need = iods.need(Some(*iod), tag);
                assert_eq!(code.resolve(need), expected, "{tag} {code:?} {kind} {need:?}");
                seen += 1;
            }
        }
        assert!(seen > 3000, "{seen}");
    }

    #[test]
    fn quoted_fields_may_hold_commas() {
        assert_eq!(fields("\"(0008,0012)\",a b,,\"c,d\","), ["(0008,0012)", "a b", "", "c,d", ""]);
    }
}
