//! The words that a description may keep (PS3.15 E.3.5, Clean Descriptors): `config/vocabulary/`, and a site's own lists
//! in the same form.
//!
//! The lists say what a word is for. A list of `also_names` holds words that are names of persons too, as *Hand* and
//! *Long* are: they stay only where their company shows that they are meant as words.

pub mod letters;
pub mod surnames;

use std::{collections::HashSet, ops::BitOr};

use aho_corasick::{AhoCorasick, MatchKind};
use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Deserializer, de};

use super::{
    source::{Named, Problem, Source},
    tables::parse_tag,
};
use crate::dicom::Tag;
use letters::{Script, normal, units};

/// The files inside the binary.
const SHIPPED: &[(&str, &str)] = &[
    ("config/vocabulary/grammar.yaml", include_str!("../../config/vocabulary/grammar.yaml")),
    ("config/vocabulary/anatomy.yaml", include_str!("../../config/vocabulary/anatomy.yaml")),
    (
        "config/vocabulary/acquisition.yaml",
        include_str!("../../config/vocabulary/acquisition.yaml"),
    ),
    ("config/vocabulary/magnetic.yaml", include_str!("../../config/vocabulary/magnetic.yaml")),
    ("config/vocabulary/findings.yaml", include_str!("../../config/vocabulary/findings.yaml")),
    ("config/vocabulary/japanese.yaml", include_str!("../../config/vocabulary/japanese.yaml")),
    ("config/vocabulary/phrases.yaml", include_str!("../../config/vocabulary/phrases.yaml")),
    ("config/vocabulary/terms.yaml", include_str!("../../config/vocabulary/terms.yaml")),
    ("config/vocabulary/own.yaml", include_str!("../../config/vocabulary/own.yaml")),
];

/// What words are for, as far as the tokeniser treats them differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// A word of the field.
    Word,
    /// A single letter that may stand alone between other words.
    Letter,
    /// A unit: stays with the number before it, and keeps that number.
    Unit,
    /// The name of a parameter: keeps the number behind it.
    Parameter,
    /// The name of a parameter whose numbers have up to five digits.
    WideParameter,
    /// A kind of machine: with a number joined to it, it is one of a hospital's (`CT2`).
    Machine,
    /// A word that only connects: stays between words that stay.
    Connective,
    /// A title of a person. Never stays.
    Title,
    /// The name of a month: with a number beside it, it is a date.
    Month,
}

/// The roles of one word: it may have several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Roles(u16);

impl Roles {
    /// A word of the field that names nobody.
    pub const WORD: Roles = Roles(1);
    /// A word of the field that is a name of persons too.
    pub const NAME: Roles = Roles(2);
    /// [`Role::Letter`]
    pub const LETTER: Roles = Roles(4);
    /// [`Role::Unit`]
    pub const UNIT: Roles = Roles(8);
    /// [`Role::Parameter`]
    pub const PARAMETER: Roles = Roles(16);
    /// [`Role::Connective`]
    pub const CONNECTIVE: Roles = Roles(32);
    /// [`Role::Title`]
    pub const TITLE: Roles = Roles(64);
    /// [`Role::Month`]
    pub const MONTH: Roles = Roles(128);
    /// [`Role::WideParameter`]
    pub const WIDE: Roles = Roles(256);
    /// [`Role::Machine`]
    pub const MACHINE: Roles = Roles(512);
    /// A name that is a word of the field only in a phrase: [`Vocabulary::is_phrase`].
    pub const PHRASE: Roles = Roles(1024);

    /// Whether it has one of these roles.
    pub fn any(self, of: Roles) -> bool {
        self.0 & of.0 != 0
    }

    fn of(role: Role, also_names: bool) -> Roles {
        match role {
            Role::Word if also_names => Roles::NAME,
            Role::Word => Roles::WORD,
            Role::Letter => Roles::LETTER,
            Role::Unit => Roles::UNIT,
            Role::Parameter => Roles::PARAMETER,
            Role::WideParameter => Roles::PARAMETER | Roles::WIDE,
            Role::Machine => Roles::MACHINE,
            Role::Connective => Roles::CONNECTIVE,
            Role::Title => Roles::TITLE,
            Role::Month => Roles::MONTH,
        }
    }
}

impl BitOr for Roles {
    type Output = Roles;
    fn bitor(self, other: Roles) -> Roles {
        Roles(self.0 | other.0)
    }
}

/// A text and what cleaning must leave of it; the tests and `tokumei check` run them.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// A text as it may come.
    pub text: String,
    /// What must be left.
    pub kept: String,
    /// Where it stands; its id is that of its list.
    #[serde(skip)]
    pub place: Option<Named>,
}

/// How an attribute identifies, for the words that must not stay in a description of the same object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OwnKind {
    /// A person: every word of it. Elements of VR PN are always of this kind.
    Person,
    /// A number or code: the whole value.
    Number,
    /// An institution, a department, a place: the whole value, and each word that is also a name.
    Place,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    lists: Vec<List>,
    #[serde(default)]
    phrases: Vec<Phrase>,
    #[serde(default)]
    terms: Vec<Terms>,
    #[serde(default)]
    own: Vec<Own>,
}

/// A name that stays beside certain words.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Phrase {
    word: String,
    /// The words; `#` is any number of up to three digits.
    beside: Vec<String>,
}

/// Defined terms and enumerated values.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Terms {
    id: String,
    /// Where they are defined, or whose they are.
    reference: String,
    terms: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    id: String,
    #[serde(default)]
    role: Option<Role>,
    /// What the words are, for the reader.
    meaning: String,
    #[serde(default)]
    also_names: bool,
    words: Vec<String>,
    examples: Vec<Example>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Own {
    #[serde(deserialize_with = "tag")]
    tag: Tag,
    /// The attribute's name in PS3.6, for the reader.
    name: String,
    kind: OwnKind,
}

fn tag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Tag, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse_tag(&text).ok_or_else(|| de::Error::custom("expected a tag as (0010,0020)"))
}

/// The words, ready for look-ups.
pub struct Vocabulary {
    words: FxHashMap<Box<str>, Roles>,
    japanese: Option<AhoCorasick>,
    japanese_roles: Vec<Roles>,
    /// The partners of names that are words in a phrase only.
    phrases: FxHashMap<Box<str>, FxHashSet<Box<str>>>,
    /// In capitals.
    terms: FxHashSet<Box<str>>,
    own: FxHashMap<Tag, OwnKind>,
    examples: Vec<Example>,
    added: Vec<Named>,
}

impl Vocabulary {
    /// The vocabulary inside the binary.
    pub fn shipped(problems: &mut Vec<Problem>) -> Vocabulary {
        Vocabulary::compile(&[], problems)
    }

    /// The vocabulary inside the binary with the lists of a site, as pairs of file name and text. All that is wrong
    /// goes to `problems`; with any, what comes back must not be used.
    pub fn compile(site: &[(&str, &str)], problems: &mut Vec<Problem>) -> Vocabulary {
        let mut build = Build::default();
        for (at, (file, text)) in SHIPPED.iter().chain(site).enumerate() {
            build.of_site = at >= SHIPPED.len();
            match Source::parse(file, text) {
                Ok(source) => build.add(&source, problems),
                Err(found) => problems.extend(found),
            }
        }
        build.finish(problems)
    }

    /// The texts that the shipped vocabulary comes from, for the digest of the policy.
    pub fn texts() -> impl Iterator<Item = &'static str> {
        SHIPPED.iter().map(|(_, text)| *text)
    }

    /// The roles of a word in normal spelling; none if it is not in the vocabulary.
    pub fn roles(&self, word: &str) -> Roles {
        self.words.get(word).copied().unwrap_or_default()
    }

    /// The words in a run of Japanese in normal spelling, the leftmost and longest ones: place in bytes, and roles.
    pub fn japanese<'a>(
        &'a self,
        run: &'a str,
    ) -> impl Iterator<Item = (std::ops::Range<usize>, Roles)> + 'a {
        self.japanese.iter().flat_map(move |words| words.find_iter(run)).map(|found| {
            let roles = self.japanese_roles.get(found.pattern().as_usize()).copied();
            (found.range(), roles.unwrap_or_default())
        })
    }

    /// Whether a name, with the role [`Roles::PHRASE`], is a word beside this one; `None` is a number.
    pub fn is_phrase(&self, word: &str, beside: Option<&str>) -> bool {
        self.phrases.get(word).is_some_and(|partners| partners.contains(beside.unwrap_or("#")))
    }

    /// Whether a code string is a defined term or an enumerated value of some attribute, in any case. A term of one
    /// attribute names nobody in another either.
    pub fn is_term(&self, value: &str) -> bool {
        match value.bytes().any(|b| b.is_ascii_lowercase()) {
            false => self.terms.contains(value),
            true => self.terms.contains(value.to_ascii_uppercase().as_str()),
        }
    }

    /// How an attribute identifies, if it does.
    pub fn own(&self, tag: Tag) -> Option<OwnKind> {
        self.own.get(&tag).copied()
    }

    /// The words of the site's own lists that stay in any company, and where they stand.
    pub fn added(&self) -> &[Named] {
        &self.added
    }

    /// What the lists say of whole texts.
    pub fn examples(&self) -> &[Example] {
        &self.examples
    }
}

const NO_TOKEN: (&str, &str) =
    ("the tokeniser never sees such a word", "Give each word for itself, without signs");

fn is_one_token(word: &str) -> bool {
    let inside = |u: &letters::Unit| {
        matches!(u.script, Script::Letter | Script::Digit)
            || u.script.is_japanese()
            || "#'".contains(u.c)
    };
    !word.is_empty() && units(word).iter().all(inside)
}

#[derive(Default)]
struct Build {
    words: FxHashMap<Box<str>, Roles>,
    phrases: FxHashMap<Box<str>, FxHashSet<Box<str>>>,
    terms: FxHashSet<Box<str>>,
    own: FxHashMap<Tag, OwnKind>,
    examples: Vec<Example>,
    added: Vec<Named>,
    of_site: bool,
    ids: HashSet<String>,
}

impl Build {
    fn add(&mut self, source: &Source, problems: &mut Vec<Problem>) {
        let (file, found) = source.read_what_fits::<File>();
        problems.extend(found);
        let Some(file) = file else { return };
        for (at, list) in file.lists.into_iter().enumerate() {
            self.list(&format!("lists[{at}]"), list, source, problems);
        }
        for (at, phrase) in file.phrases.into_iter().enumerate() {
            self.phrase(&format!("phrases[{at}]"), &phrase, source, problems);
        }
        for (at, terms) in file.terms.into_iter().enumerate() {
            self.terms(&format!("terms[{at}]"), terms, source, problems);
        }
        for (at, own) in file.own.into_iter().enumerate() {
            let key = format!("own[{at}]");
            if own.name.is_empty() {
                problems.push(source.problem(
                    &key,
                    "the attribute has no name",
                    "Give its name in PS3.6",
                ));
            }
            if self.own.insert(own.tag, own.kind).is_some() {
                problems.push(source.problem(
                    &key,
                    "this attribute is listed already",
                    "Remove one of the two",
                ));
            }
        }
    }

    fn list(&mut self, key: &str, list: List, source: &Source, problems: &mut Vec<Problem>) {
        let role = list.role.unwrap_or(Role::Word);
        let mut bad = |below: &str, message: &str, remedy: &str| {
            problems.push(source.problem(&format!("{key}{below}"), message, remedy));
        };
        if !self.ids.insert(list.id.clone()) {
            bad(".id", "this id is taken", "Choose another id");
        }
        if list.words.is_empty() || list.meaning.is_empty() {
            bad("", "this list says nothing", "Give it a meaning and words");
        }
        if list.also_names && role != Role::Word {
            bad(".also_names", "only plain words can also be names", "Leave it out");
        }
        let whole = |e: &Example| e.text == e.kept;
        if !list.examples.iter().any(whole) || list.examples.iter().all(whole) {
            let message = "a list needs an example that stays whole and one that loses something";
            bad(".examples", message, "Add the missing one");
        }
        let roles = Roles::of(role, list.also_names);
        for (at, word) in list.words.iter().enumerate() {
            match self.word(word, role, roles) {
                Err((message, remedy)) => bad(&format!(".words[{at}]"), message, remedy),
                Ok(()) if self.of_site && roles == Roles::WORD => {
                    self.added.push(source.named(&format!("{key}.words[{at}]"), word));
                }
                Ok(()) => {}
            }
        }
        let examples = list.examples.into_iter().enumerate().map(|(at, example)| {
            let place = source.named(&format!("{key}.examples[{at}]"), &list.id);
            Example { place: Some(place), ..example }
        });
        self.examples.extend(examples);
    }

    fn phrase(&mut self, key: &str, phrase: &Phrase, source: &Source, problems: &mut Vec<Problem>) {
        let mut bad = |below: &str, (message, remedy): (&str, &str)| {
            problems.push(source.problem(&format!("{key}{below}"), message, remedy));
        };
        if let Err(problem) = self.word(&phrase.word, Role::Word, Roles::NAME | Roles::PHRASE) {
            bad(".word", problem);
        }
        if phrase.beside.is_empty() {
            bad(".beside", ("a name beside nothing", "Name the words that it stays beside"));
        }
        let beside = self.phrases.entry(normal(&phrase.word).into()).or_default();
        for (at, word) in phrase.beside.iter().enumerate() {
            let number = word == "#";
            if !number && !is_one_token(word) {
                bad(&format!(".beside[{at}]"), NO_TOKEN);
            }
            if !beside.insert(normal(word).into()) {
                bad(&format!(".beside[{at}]"), ("this word is there already", "Remove one"));
            }
        }
    }

    fn terms(&mut self, key: &str, terms: Terms, source: &Source, problems: &mut Vec<Problem>) {
        let mut bad = |below: &str, message: &str, remedy: &str| {
            problems.push(source.problem(&format!("{key}{below}"), message, remedy));
        };
        if !self.ids.insert(terms.id) {
            bad(".id", "this id is taken", "Choose another id");
        }
        if terms.reference.is_empty() || terms.terms.is_empty() {
            bad("", "this list says nothing", "Give it a reference and terms");
        }
        for (at, term) in terms.terms.iter().enumerate() {
            let plain = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b"_ ".contains(&b);
            if !(1..=16).contains(&term.len()) || !term.bytes().all(plain) || term.trim() != term {
                let remedy = "Up to 16 of A to Z, 0 to 9, _ and space (PS3.5 6.2)";
                bad(&format!(".terms[{at}]"), "this is no code string", remedy);
            }
            if !self.terms.insert(term.as_str().into()) {
                bad(
                    &format!(".terms[{at}]"),
                    "this term is there already",
                    "Remove one of the two",
                );
            }
        }
    }

    fn word(
        &mut self,
        word: &str,
        role: Role,
        roles: Roles,
    ) -> Result<(), (&'static str, &'static str)> {
        let letters = units(word);
        if !is_one_token(word) {
            return Err(NO_TOKEN);
        }
        if letters.iter().all(|u| u.script == Script::Digit) {
            return Err(("a number is no word", "Remove it"));
        }
        if word.contains('#') && letters.iter().any(|u| u.script == Script::Digit) {
            return Err((
                "a pattern has # for each of its numbers",
                "Put # in place of the digits",
            ));
        }
        let single = letters.len() == 1 && letters.iter().all(|u| u.script == Script::Letter);
        if single && matches!(role, Role::Word | Role::Connective) {
            return Err(("a single letter is no word", "Put it into a list of letters"));
        }
        let before = self.words.entry(normal(word).into()).or_default();
        if before.any(roles) {
            return Err(("this word is there already", "Remove one of the two"));
        }
        *before = *before | roles;
        if before.any(Roles::NAME) && before.any(Roles::WORD) {
            return Err((
                "this word stands also in a list with another also_names",
                "Remove one of the two",
            ));
        }
        Ok(())
    }

    fn finish(self, problems: &mut Vec<Problem>) -> Vocabulary {
        let is_japanese = |word: &&str| word.chars().any(|c| Script::of(c).is_japanese());
        let mut japanese: Vec<&str> = self.words.keys().map(|w| &**w).filter(is_japanese).collect();
        japanese.sort_unstable();
        let roles = japanese.iter().filter_map(|word| self.words.get(*word).copied()).collect();
        let built = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&japanese);
        if built.is_err() {
            problems.push(Problem {
                file: "config/vocabulary".to_owned(),
                line: 0,
                key: String::new(),
                message: "there are too many Japanese words".to_owned(),
                remedy: "Leave some out".to_owned(),
            });
        }
        Vocabulary {
            japanese: built.ok(),
            japanese_roles: roles,
            words: self.words,
            phrases: self.phrases,
            terms: self.terms,
            own: self.own,
            examples: self.examples,
            added: self.added,
        }
    }
}

#[cfg(test)]
mod tests;
