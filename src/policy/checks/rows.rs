//! What an output may hold of the attributes that carry identity (G2-01): Table E.1-1, the retired attributes and the
//! supplementary rules, read once more, by their column names, and judged by what is left instead of by what to do. None
//! of this is compiled from the profile: a mistake there is found here.

use std::collections::HashMap;

use serde::Deserialize;

use super::{Source, parse_tag};
use crate::{
    dicom::{Tag, VR, dictionary},
    policy::{
        Problem,
        options::{Options, ProfileOption},
        tables,
    },
};

const TABLE: &str = include_str!("../../../config/tables/e1-1.csv");
const RETIRED: &str = include_str!("../../../config/tables/retired.csv");
const RULES: (&str, &str) =
    ("config/rules/supplementary.yaml", include_str!("../../../config/rules/supplementary.yaml"));

/// The columns of Table E.1-1 and their options.
const COLUMNS: [(&str, ProfileOption); 10] = [
    ("rtnSafePrivOpt", ProfileOption::SafePrivate),
    ("rtnUIDsOpt", ProfileOption::Uids),
    ("rtnDevIdOpt", ProfileOption::DeviceIdentity),
    ("rtnInstIdOpt", ProfileOption::InstitutionIdentity),
    ("rtnPatCharsOpt", ProfileOption::PatientCharacteristics),
    ("rtnLongFullDatesOpt", ProfileOption::FullDates),
    ("rtnLongModifDatesOpt", ProfileOption::ModifiedDates),
    ("cleanDescOpt", ProfileOption::Descriptors),
    ("cleanStructContOpt", ProfileOption::StructuredContent),
    ("cleanGraphOpt", ProfileOption::Graphics),
];

/// What an output may hold of an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum May {
    /// Anything that the other checks let pass.
    Be,
    /// It is to be removed, whatever the IOD needs. No value and a dummy say as little as its absence.
    BeAbsent,
    /// No value, or a dummy of its VR; a sequence no items.
    BeNothing,
    /// As before; but a sequence may have one item of dummies.
    BeDummy,
    /// UIDs that were made for this batch, and those of the standard itself.
    BeNewUid,
    /// The same, and the UID of a public coding scheme.
    BePublicUid,
    /// A pseudonym, or nothing.
    BePseudonym,
}

/// What is said of an attribute: what it may be without options, and which options keep or clean it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    may: May,
    keep: Options,
    clean: Options,
}

/// The rows, by attribute and by VR.
#[derive(Debug, Default)]
pub struct Rows {
    tags: HashMap<Tag, Row>,
    vrs: Vec<(VR, Row)>,
    /// The roots of public coding schemes.
    public: Vec<String>,
}

#[derive(Deserialize)]
struct File {
    rules: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    action: String,
    #[serde(default)]
    keep_under: Vec<String>,
    under: Option<Vec<Under>>,
    #[serde(default)]
    attributes: Vec<Attribute>,
    #[serde(default)]
    vr: Vec<String>,
}

#[derive(Deserialize)]
struct Under {
    option: String,
    action: String,
}

#[derive(Deserialize)]
struct Attribute {
    tag: String,
}

impl Rows {
    /// Reads the tables.
    pub(super) fn read(problems: &mut Vec<Problem>) -> Rows {
        let mut rows = Rows::default();
        for (line, fields) in tables::records(RETIRED) {
            match fields.first().and_then(|t| parse_tag(t)) {
                Some(tag) => drop(rows.tags.insert(tag, Row::plain(May::BeAbsent))),
                None => problems.push(tables::problem("retired.csv", line, "unknown attribute")),
            }
        }
        rows.table(problems);
        rows.rules(problems);
        rows
    }

    fn table(&mut self, problems: &mut Vec<Problem>) {
        let mut bad = |line, message| problems.push(tables::problem("e1-1.csv", line, message));
        let head = TABLE.lines().find(|line| !line.starts_with('#')).unwrap_or_default();
        let column = |name: &str| head.split(',').position(|h| h == name);
        let (Some(tags), Some(basic)) = (column("tag"), column("basic")) else {
            return bad(0, "no columns for tag and code");
        };
        let places: Vec<_> = COLUMNS.iter().map(|(name, o)| (column(name), *o)).collect();
        if places.iter().any(|(at, _)| at.is_none()) {
            return bad(0, "an option has no column");
        }
        for (line, fields) in tables::records(TABLE) {
            // Repeating groups and private attributes have checks of their own.
            let Some(tag) = fields.get(tags).and_then(|t| parse_tag(t)) else { continue };
            let Some(may) = fields.get(basic).and_then(|code| may(code, dictionary::exact_vr(tag)))
            else {
                bad(line, "unknown action code");
                continue;
            };
            let mut row = Row::plain(may);
            for (at, option) in &places {
                match at.and_then(|at| fields.get(at)).copied() {
                    Some("K") => row.keep.insert(*option),
                    Some("C") => row.clean.insert(*option),
                    _ => {}
                }
            }
            self.tags.insert(tag, row);
        }
    }

    fn rules(&mut self, problems: &mut Vec<Problem>) {
        let source = match Source::parse(RULES.0, RULES.1) {
            Ok(source) => source,
            Err(found) => return problems.extend(found),
        };
        let (file, found) = source.read_what_fits::<File>();
        problems.extend(found);
        for (at, entry) in file.map_or_else(Vec::new, |f| f.rules).into_iter().enumerate() {
            if entry.action == "keep" {
                // What nothing else names, and what the rule of its VR would take away.
                for tag in entry.attributes.iter().filter_map(|a| parse_tag(&a.tag)) {
                    self.tags.entry(tag).or_insert(Row::plain(May::Be));
                }
                continue;
            }
            let known = match entry.action.as_str() {
                "recurse" => Some(May::Be),
                "K" if entry.keep_under.is_empty() => Some(May::Be),
                "K" => Some(May::BePublicUid),
                "pseudonym" | "patient-name" => Some(May::BePseudonym),
                code => may(code, None),
            };
            let Some(basic) = known else {
                let key = format!("rules[{at}].action");
                problems.push(source.problem(&key, "unknown action", "Use one of the list above"));
                continue;
            };
            self.public.extend(entry.keep_under.iter().cloned());
            let own = entry.under.as_ref().map(|under| {
                let mut row = Row::plain(basic);
                for Under { option, action } in under {
                    let list = if action == "K" { &mut row.keep } else { &mut row.clean };
                    ProfileOption::parse(option).into_iter().for_each(|o| list.insert(o));
                }
                row
            });
            for tag in entry.attributes.iter().filter_map(|a| parse_tag(&a.tag)) {
                let inherited = self.tags.get(&tag).map(|below| Row { may: basic, ..*below });
                let row = own.or(inherited).unwrap_or(Row::plain(basic));
                self.tags.insert(tag, row);
            }
            for vr in entry.vr.iter().filter_map(|vr| vr.parse().ok()) {
                self.vrs.push((vr, own.unwrap_or(Row::plain(basic))));
            }
        }
    }

    /// What is said of an attribute; `None` where nothing is.
    pub fn row(&self, tag: Tag, vr: VR) -> Option<&Row> {
        let of_vr = || self.vrs.iter().find(|(v, _)| *v == vr).map(|(_, row)| row);
        self.tags.get(&tag).or_else(of_vr)
    }

    /// What an output may hold of an attribute under the options that hold for the object.
    pub fn may(&self, tag: Tag, vr: VR, options: Options) -> May {
        self.row(tag, vr).map_or(May::Be, |row| row.under(vr, options))
    }

    /// Whether a UID is below the root of a public coding scheme.
    pub fn is_public(&self, uid: &str) -> bool {
        self.public.iter().any(|root| uid.starts_with(root.as_str()))
    }
}

impl Row {
    const fn plain(may: May) -> Row {
        Row { may, keep: Options::NONE, clean: Options::NONE }
    }

    /// The options that keep or clean it.
    pub fn options(&self) -> Options {
        self.keep.and(self.clean)
    }

    /// Whether one of these options keeps it as it came.
    pub fn keeps(&self, vr: VR, options: Options) -> bool {
        options.without(self.keep) != options && self.under(vr, options) == May::Be
    }

    /// What options make of it. Where two say different things the standard sets none above the other, and the profile
    /// holds; the dates of a device are shifted with nobody's (they would tell by how much).
    pub fn under(&self, vr: VR, options: Options) -> May {
        let named = |set: Options| options.without(options.without(set));
        let (keep, mut clean) = (named(self.keep), named(self.clean));
        let date = matches!(vr, VR::DA | VR::DT | VR::TM);
        if self.options().has(ProfileOption::DeviceIdentity) {
            if date && options.has(ProfileOption::ModifiedDates) {
                return self.may;
            }
            clean = clean.without([ProfileOption::ModifiedDates].into_iter().collect());
        }
        match (keep.is_empty(), clean.is_empty()) {
            (true, true) | (false, false) => self.may,
            (false, true) => May::Be,
            (true, false) if can_be_cleaned(vr, clean) => May::Be,
            (true, false) => self.may,
        }
    }
}

/// Whether there is a way to clean values of a VR: words, items, shifted dates, banded ages.
fn can_be_cleaned(vr: VR, options: Options) -> bool {
    use VR::{AS, DA, DT, LO, LT, SH, SQ, ST, TM, UC, UT};
    let only_dates =
        options.without([ProfileOption::ModifiedDates].into_iter().collect()).is_empty();
    match vr {
        SQ => true,
        DA | DT | TM => options.has(ProfileOption::ModifiedDates),
        AS => options.has(ProfileOption::PatientCharacteristics),
        LO | LT | SH | ST | UC | UT => !only_dates,
        _ => false,
    }
}

/// What a code of Table E.1-1a leaves. Codes that depend on the IOD leave at most what the weakest of them leaves.
fn may(code: &str, vr: Option<VR>) -> Option<May> {
    Some(match code {
        "X" => May::BeAbsent,
        "Z" | "X/Z" => May::BeNothing,
        "D" | "Z/D" | "X/D" | "X/Z/D" if vr == Some(VR::UI) => May::BeNewUid,
        "D" | "Z/D" | "X/D" | "X/Z/D" => May::BeDummy,
        "U" => May::BeNewUid,
        // The items stay, each under the profile.
        "X/Z/U*" => May::Be,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Rows {
        let mut problems = Vec::new();
        let rows = Rows::read(&mut problems);
        assert_eq!(problems, []);
        rows
    }

    fn options<const N: usize>(options: [ProfileOption; N]) -> Options {
        options.into_iter().collect()
    }

    #[test]
    fn the_rows_say_what_may_be_left() {
        let rows = rows();
        assert!(rows.tags.len() > 1000, "{}", rows.tags.len());
        for (tag, vr, may) in [
            (Tag(0x0008, 0x0080), VR::LO, May::BeDummy), // InstitutionName X/Z/D
            (Tag(0x0010, 0x1040), VR::LO, May::BeAbsent), // Patient's Address X
            (Tag(0x0010, 0x0030), VR::DA, May::BeNothing), // birth date Z
            (Tag(0x0008, 0x0018), VR::UI, May::BeNewUid),
            (Tag(0x0008, 0x0016), VR::UI, May::Be),
            (Tag(0x0008, 0x010C), VR::UI, May::BePublicUid),
            (Tag(0x0008, 0x1140), VR::SQ, May::Be),
            (Tag(0x0010, 0x0020), VR::LO, May::BePseudonym),
            (Tag(0x0010, 0x0010), VR::PN, May::BePseudonym),
            (Tag(0x0010, 0x0033), VR::LO, May::BeAbsent), // supplementary
            (Tag(0x0008, 0x0070), VR::LO, May::Be),
            (Tag(0x0018, 0x1063), VR::DS, May::Be),
            (Tag(0x0028, 0x1201), VR::OW, May::Be), // kept, unlike others of its VR
            (Tag(0x0070, 0x1B03), VR::OB, May::BeDummy),
            (Tag(0x0070, 0x0084), VR::PN, May::BeDummy), // Z/D
            (Tag(0x0072, 0x0061), VR::DA, May::BeDummy), // by its VR
        ] {
            assert_eq!(rows.may(tag, vr, Options::NONE), may, "{tag}");
        }
    }

    #[test]
    fn options_keep_what_they_name() {
        use ProfileOption::{
            Descriptors, DeviceIdentity, FullDates, ModifiedDates, PatientCharacteristics,
        };
        let rows = rows();
        let study_date = |o| rows.may(Tag(0x0008, 0x0020), VR::DA, o);
        assert_eq!(study_date(options([ModifiedDates])), May::Be);
        assert_eq!(study_date(options([FullDates])), May::Be);
        assert_ne!(study_date(options([Descriptors])), May::Be);
        // Its row names no option.
        assert_eq!(
            rows.may(Tag(0x0010, 0x0030), VR::DA, options([ModifiedDates, FullDates])),
            May::BeNothing
        );
        let sex = |o| rows.may(Tag(0x0010, 0x0040), VR::CS, o);
        assert_eq!(sex(options([PatientCharacteristics])), May::Be);
        assert_eq!(sex(Options::NONE), May::BeNothing);
        let series = |o| rows.may(Tag(0x0008, 0x103E), VR::LO, o);
        assert_eq!(series(options([Descriptors])), May::Be);
        assert_eq!(series(options([ModifiedDates])), May::BeAbsent);
        // A device's date is kept with the device, and never shifted.
        let calibrated = |o| rows.may(Tag(0x0018, 0x1200), VR::DA, o);
        assert_eq!(calibrated(options([DeviceIdentity])), May::Be);
        assert_ne!(calibrated(options([ModifiedDates])), May::Be);
        assert_ne!(calibrated(options([DeviceIdentity, ModifiedDates])), May::Be);
        // A zone is no date to be shifted.
        assert_ne!(rows.may(Tag(0x0008, 0x0201), VR::SH, options([ModifiedDates])), May::Be);
    }
}
