//! Names by dictionary: which words are surnames and given names, and how they must stand to be one (standards: name matching).

mod japanese;
mod latin;

use std::{
    collections::{HashMap, HashSet},
    ops::{BitOr, BitOrAssign},
};

use serde::Deserialize;

use super::{
    super::super::{Problem, tables::records},
    file::File,
};

const SURNAMES_JA: &str = include_str!("../../../../config/checks/names/surnames_ja.csv");
const GIVEN_JA: &str = include_str!("../../../../config/checks/names/given_ja.csv");
const NAMES_EN: &str = include_str!("../../../../config/checks/names/names_en.csv");

/// How a name stands in a text: the closed vocabulary of `form`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Form {
    /// Surname and given name in kanji: 山田太郎, 山田 太郎.
    Ideographs,
    /// A surname in kanji with an honorific or a role: 山田様, 主治医 佐藤.
    IdeographsHonorific,
    /// Surname and given name in kana.
    Kana,
    /// A name in kana with an honorific.
    KanaHonorific,
    /// Japanese surname and given name in Latin script, in either order.
    Romaji,
    /// Surname and given name, in either order, of which one at least is English.
    English,
    /// The same where the given name may as well be another word.
    EnglishDoubtful,
    /// A known name with a title or a degree.
    Title,
    /// A word that no list knows, with a title.
    TitleDoubtful,
    /// A known name beside `^`.
    Caret,
    /// Two words that no list knows with `^` between them.
    CaretDoubtful,
    /// A Japanese surname, or a Japanese given name in Latin script, as the whole text.
    AloneJapanese,
    /// A Japanese surname in kana as the whole text.
    AloneKana,
    /// Another name as the whole text.
    AloneEnglish,
}

/// The number of forms.
pub(super) const FORMS: usize = Form::AloneEnglish as usize + 1;

/// What a word is known as.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Kinds(u16);

impl Kinds {
    /// In kanji.
    const SURNAME_JA: Kinds = Kinds(1);
    const GIVEN_JA: Kinds = Kinds(1 << 1);
    /// In hiragana.
    const SURNAME_KANA: Kinds = Kinds(1 << 2);
    const GIVEN_KANA: Kinds = Kinds(1 << 3);
    const SURNAME_ROMAJI: Kinds = Kinds(1 << 4);
    const GIVEN_ROMAJI: Kinds = Kinds(1 << 5);
    const SURNAME_EN: Kinds = Kinds(1 << 6);
    const GIVEN_EN: Kinds = Kinds(1 << 7);
    /// A word that takes more to be a name.
    const HARMLESS: Kinds = Kinds(1 << 8);
    const TITLE: Kinds = Kinds(1 << 9);
    const SUFFIX: Kinds = Kinds(1 << 10);
    const HONORIFIC: Kinds = Kinds(1 << 11);
    const ROLE: Kinds = Kinds(1 << 12);
    /// A name that became a term, or a maker's.
    const EPONYM: Kinds = Kinds(1 << 13);

    /// In Latin script.
    const SURNAME: Kinds = Kinds(Self::SURNAME_ROMAJI.0 | Self::SURNAME_EN.0);
    const GIVEN: Kinds = Kinds(Self::GIVEN_ROMAJI.0 | Self::GIVEN_EN.0);
    const ROMAJI: Kinds = Kinds(Self::SURNAME_ROMAJI.0 | Self::GIVEN_ROMAJI.0);

    /// Whether the word is one of these.
    fn is(self, any: Kinds) -> bool {
        self.0 & any.0 != 0
    }
}

impl BitOr for Kinds {
    type Output = Kinds;

    fn bitor(self, other: Kinds) -> Kinds {
        Kinds(self.0 | other.0)
    }
}

impl BitOrAssign for Kinds {
    fn bitor_assign(&mut self, other: Kinds) {
        self.0 |= other.0;
    }
}

/// The dictionary.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Words in lower case, kana as hiragana.
    words: HashMap<Box<str>, Kinds>,
    honorifics: Vec<Box<str>>,
    roles: Vec<Box<str>>,
    given_endings: HashSet<char>,
    given_characters: HashSet<char>,
}

impl Names {
    /// The shipped lists, and what a file says stands beside names, or is none.
    pub(super) fn new(file: &File, problems: &mut Vec<Problem>) -> Names {
        let beside = &file.names;
        let mut names = Names::default();
        names.read_japanese(
            "surnames_ja.csv",
            SURNAMES_JA,
            [Kinds::SURNAME_JA, Kinds::SURNAME_KANA, Kinds::SURNAME_ROMAJI],
            problems,
        );
        names.read_japanese(
            "given_ja.csv",
            GIVEN_JA,
            [Kinds::GIVEN_JA, Kinds::GIVEN_KANA, Kinds::GIVEN_ROMAJI],
            problems,
        );
        for (line, fields) in records(NAMES_EN) {
            match fields[..] {
                ["surname", name] => names.learn(name, Kinds::SURNAME_EN),
                ["given", name] => names.learn(name, Kinds::GIVEN_EN),
                _ => problems.push(unread("names_en.csv", line)),
            }
        }
        for (words, kind) in [
            (&beside.honorifics, Kinds::HONORIFIC),
            (&beside.roles, Kinds::ROLE),
            (&beside.titles, Kinds::TITLE),
            (&beside.suffixes, Kinds::SUFFIX),
        ] {
            words.iter().for_each(|word| names.learn(word, kind));
        }
        for (words, kind) in [(&file.harmless, Kinds::HARMLESS), (&file.eponyms, Kinds::EPONYM)] {
            words.iter().flatten().for_each(|word| names.learn(word, kind));
        }
        let boxed = |words: &[String]| words.iter().map(|w| w.as_str().into()).collect();
        names.honorifics = boxed(&beside.honorifics);
        names.roles = boxed(&beside.roles);
        // 准教授 before 教授.
        names.honorifics.sort_by_key(|w| std::cmp::Reverse(w.len()));
        names.roles.sort_by_key(|w| std::cmp::Reverse(w.len()));
        names.given_endings = beside.given_endings.iter().flat_map(|w| w.chars()).collect();
        names
    }

    /// Reads a list of spellings, reading and romaji.
    fn read_japanese(
        &mut self,
        file: &str,
        text: &'static str,
        [kanji, kana, romaji]: [Kinds; 3],
        problems: &mut Vec<Problem>,
    ) {
        for (line, fields) in records(text) {
            let [spellings, reading, latin] = fields[..] else {
                problems.push(unread(file, line));
                continue;
            };
            for spelling in spellings.split(' ').filter(|s| !s.is_empty()) {
                // トメ and さくら are written as they are read.
                let is_kana = spelling.chars().all(japanese::is_kana);
                self.learn(spelling, if is_kana { kana } else { kanji });
                if kanji == Kinds::GIVEN_JA && !is_kana {
                    self.given_characters.extend(spelling.chars());
                }
            }
            reading.split(' ').filter(|r| !r.is_empty()).for_each(|r| self.learn(r, kana));
            latin.split(' ').filter(|r| !r.is_empty()).for_each(|r| self.learn(r, romaji));
        }
    }

    fn learn(&mut self, word: &str, kind: Kinds) {
        // ノ in 一ノ瀬 is part of a name in kanji.
        let kana = word.chars().all(japanese::is_kana);
        let fold = |c| if kana { japanese::to_hiragana(c) } else { c };
        let key: String = word.to_lowercase().chars().map(fold).collect();
        *self.words.entry(key.into()).or_default() |= kind;
    }

    fn kinds(&self, word: &str) -> Kinds {
        self.words.get(word).copied().unwrap_or_default()
    }

    /// Looks for names in a text; calls with the form of each.
    pub(super) fn search(&self, text: &str, found: &mut impl FnMut(Form)) {
        self.search_latin(text, found);
        if !text.is_ascii() {
            self.search_japanese(text, found);
        }
    }

    /// Whether every word of a text around a match is one of imaging, and there is one.
    pub(super) fn only_imaging(&self, before: &str, behind: &str) -> bool {
        let words = || {
            let parts = before.split(|c: char| !c.is_alphanumeric());
            parts.chain(behind.split(|c: char| !c.is_alphanumeric())).filter(|w| !w.is_empty())
        };
        let known = |word: &str| {
            self.kinds(&word.to_lowercase()).is(Kinds::HARMLESS)
                || self.kinds(word.trim_matches(|c: char| c.is_ascii_digit())).is(Kinds::HARMLESS)
        };
        let digits = |word: &str| word.bytes().all(|b| b.is_ascii_digit());
        words().any(|w| !digits(w)) && words().all(|w| digits(w) || known(w))
    }
}

fn unread(file: &str, line: usize) -> Problem {
    Problem {
        file: format!("config/checks/names/{file}"),
        line,
        key: String::new(),
        message: "a row that cannot be read".to_owned(),
        remedy: "Make the list again with config/checks/names/generate.py".to_owned(),
    }
}
