//! Judges a canary by the bytes that would leave: is something of the invented patient in them?
//!
//! The list is written by hand, every spelling in full. It shares nothing with the checks of `inspect`, which gather
//! what they search for from the object: a mistake there is not made here once more.

use std::collections::BTreeSet;

use crate::{
    dicom::{
        dataset::{DataSet, Value},
        syntax::Encoding,
    },
    inspect::walk::walk,
    operate::{
        demo::studies::{HOSPITAL, STATION},
        search::Search,
    },
    pipeline::trial::Leaving,
    policy::options::{Options, ProfileOption},
};

/// Something by which the invented patient is known.
pub(super) struct Planted {
    /// What it is, in words for an operator.
    pub what: &'static str,
    /// The identifier as it would be found.
    pub text: &'static str,
    /// It may leave where this option is on: it is kept on purpose.
    pub unless: Option<ProfileOption>,
}

const fn never(what: &'static str, text: &'static str) -> Planted {
    Planted { what, text, unless: None }
}

const fn but(what: &'static str, text: &'static str, option: ProfileOption) -> Planted {
    Planted { what, text, unless: Some(option) }
}

/// The day on which all made-up studies were made.
pub(super) const STUDY_DATE: &str = "20251103";

/// What no canary may let out. Upper and lower case do not matter; each is looked for in UTF-8, UTF-16, Shift_JIS,
/// EUC-JP and ISO 2022.
pub(super) const PLANTED: &[Planted] = &[
    never("family name", "Yamada"),
    never("given name", "Tarou"),
    never("family name, kanji", "山田"),
    never("given name, kanji", "太郎"),
    never("given name, rare kanji", "侊太郎"),
    never("family name, hiragana", "やまだ"),
    never("given name, hiragana", "たろう"),
    never("family name, katakana", "ヤマダ"),
    never("given name, katakana", "タロウ"),
    never("family name, half-width katakana", "ﾔﾏﾀﾞ"),
    never("given name, half-width katakana", "ﾀﾛｳ"),
    never("patient ID", "ZZ-0000123"),
    never("patient ID", "ZZ0000123"),
    never("patient ID, full width", "ＺＺ−００００１２３"),
    never("patient ID without its letters", "0000123"),
    never("birth date", "19700302"),
    never("birth date", "1970-03-02"),
    never("birth date", "1970/03/02"),
    never("birth date", "1970.03.02"),
    never("birth date", "1970/3/2"),
    never("birth date", "02-MAR-1970"),
    never("birth date", "March 2, 1970"),
    never("birth date", "03/02/1970"),
    never("birth date, Japanese", "1970年3月2日"),
    never("birth date, Japanese calendar", "昭和45年3月2日"),
    never("birth date, Japanese calendar", "S45.3.2"),
    never("birth date, Japanese calendar", "S45.03.02"),
    never("patient ID, in digits", "70464901"),
    never("address", "見本町1-2-3"),
    never("address", "東京都架空区"),
    never("address", "架空区"),
    never("telephone number", "03-0000-4649"),
    never("telephone number", "0300004649"),
    never("accession number", "ZZACC4649"),
    never("staff", "Kasou"),
    never("staff, kanji", "一郎"),
    never("staff, kanji", "次郎"),
    never("mother's name", "Hanayo"),
    but("institution", HOSPITAL, ProfileOption::InstitutionIdentity),
    but("institution, kanji", "架空見本病院", ProfileOption::InstitutionIdentity),
    but("station", STATION, ProfileOption::DeviceIdentity),
    but("serial number", "ZZSN4649", ProfileOption::DeviceIdentity),
    but("study date", STUDY_DATE, ProfileOption::FullDates),
    but("original UID", "2.25.70207", ProfileOption::Uids),
    but("original UID", "1.2.392.99999.4649", ProfileOption::Uids),
];

/// What would have left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// What it is.
    pub what: &'static str,
    /// Where it would have stood; empty where no attribute holds it.
    pub path: String,
}

/// The list, ready to be searched for.
pub(super) struct Judge {
    planted: Vec<&'static Planted>,
    search: Search,
}

impl Judge {
    /// For a route with these options.
    ///
    /// # Errors
    /// The search cannot be built.
    pub fn new(options: Options) -> anyhow::Result<Judge> {
        let kept = |p: &&Planted| p.unless.is_none_or(|option| !options.has(option));
        let mut planted: Vec<&Planted> = PLANTED.iter().filter(kept).collect();
        // In the order of the set, so that the search's numbers are places here.
        planted.sort_unstable_by_key(|p| p.text);
        let texts: BTreeSet<String> = planted.iter().map(|p| p.text.to_owned()).collect();
        Ok(Judge { planted, search: Search::new(&texts)? })
    }

    /// What of the patient is in bytes, first of all, and where they hold it.
    pub fn find(&self, bytes: &[u8]) -> Option<(&'static str, usize)> {
        let (number, at) = self.search.first(bytes)?;
        self.planted.get(number).map(|p| (p.what, at))
    }

    /// What of the patient would leave.
    pub fn look(&self, leaving: &Leaving) -> Option<Found> {
        if let Some((what, _)) = self.find(&leaving.meta) {
            return Some(Found { what, path: "file meta information".to_owned() });
        }
        let (what, at) = self.find(&leaving.data_set)?;
        Some(Found { what, path: place(&leaving.data_set, leaving.encoding, at) })
    }
}

/// The path of the element that holds a position.
fn place(bytes: &[u8], encoding: Encoding, at: usize) -> String {
    let Ok(parsed) = DataSet::parse(bytes.to_vec(), encoding) else { return String::new() };
    let mut path = String::new();
    walk(&parsed, &mut |visit| {
        let holds = |start: u32, length: u32| {
            let start = start as usize;
            (start..start + length as usize).contains(&at)
        };
        let here = match &visit.element.value {
            Value::Bytes(span) => holds(span.start, span.length),
            Value::Fragments(spans) => spans.iter().any(|s| holds(s.start, s.length)),
            _ => false,
        };
        if here {
            path = visit.path();
        }
    });
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_of_the_search_are_places_in_the_list() {
        let judge = Judge::new(Options::NONE).unwrap();
        for planted in PLANTED {
            let found = judge.find(planted.text.as_bytes()).map(|(what, _)| what);
            assert!(found.is_some(), "{}", planted.text);
        }
        assert_eq!(judge.find(b"x 1970-03-02 y"), Some(("birth date", 2)));
        assert_eq!(judge.find(b"\x1b$BBg;3EDCf"), None, "other kanji");
        assert_eq!(judge.find(b"2.25.333460226448659562865692861853306624586"), None);
    }

    #[test]
    fn what_an_option_keeps_on_purpose_is_not_looked_for() {
        let all = Judge::new(ProfileOption::ALL.into_iter().collect()).unwrap();
        for planted in PLANTED.iter().filter(|p| p.unless.is_some()) {
            assert_eq!(all.find(planted.text.as_bytes()), None, "{}", planted.text);
        }
        assert!(all.find(b"YAMADA").is_some());
    }
}
