//! The words of an object's own identifiers, which stay in none of its descriptions.

use std::{cell::OnceCell, collections::HashSet};

use super::super::value;
use crate::{
    dicom::{
        Tag, VR,
        charset::{CharacterSet, TextKind, suspects},
        dataset::{DataSet, Element, Value, find},
    },
    policy::vocabulary::{
        OwnKind, Roles, Vocabulary,
        letters::{Script, Unit, units},
    },
};

const CHARACTER_SET: Tag = Tag(0x0008, 0x0005);

/// The shortest number that is looked for, in characters.
const NUMBER: usize = 3;

/// The shortest institution that is looked for, in characters.
const PLACE: usize = 4;

/// The shortest value that is looked for across separators, in characters.
const WHOLE: usize = 5;

/// Words, longer ones are cut off: an object cannot make the list grow without bound.
const MOST: usize = 10_000;

/// The identifiers of one object, read from it when a word of a description asks for them the first time.
///
/// It has no `Debug`: it carries the identity of a patient.
pub struct OwnWords<'a> {
    source: Option<(&'a Vocabulary, &'a DataSet)>,
    words: OnceCell<Words>,
}

#[derive(Default)]
struct Words {
    /// Words of Latin letters and digits.
    latin: HashSet<String>,
    /// Words of more than one Japanese character.
    japanese: HashSet<String>,
    /// Names of one kanji.
    singles: Vec<char>,
    /// Values of several words, each of which could stay: without what is between them.
    wholes: Vec<String>,
}

impl<'a> OwnWords<'a> {
    /// Those of an object: every name in it, at any depth, its numbers and codes, its institutions and places. Nothing is
    /// read before it is asked for.
    pub fn gather(vocabulary: &'a Vocabulary, data: &'a DataSet) -> OwnWords<'a> {
        OwnWords { source: Some((vocabulary, data)), words: OnceCell::new() }
    }

    /// Those of a text that belongs to no object.
    pub fn nobody() -> OwnWords<'static> {
        OwnWords { source: None, words: OnceCell::new() }
    }

    fn words(&self) -> &Words {
        self.words.get_or_init(|| {
            let Some((vocabulary, data)) = self.source else { return Words::default() };
            let mut gatherer = Gatherer { vocabulary, data, words: Words::default() };
            gatherer.level(&data.elements, &[]);
            gatherer.words
        })
    }

    /// Whether a word in normal spelling is one of them.
    pub(super) fn has(&self, word: &str) -> bool {
        let words = &self.words().latin;
        !words.is_empty() && words.contains(word)
    }

    /// Whether one of them stands anywhere in a word of several pieces.
    pub(super) fn within(&self, word: &str) -> bool {
        let words = &self.words().latin;
        words.contains(word)
            || words.iter().any(|own| own.len() >= NUMBER && word.contains(own.as_str()))
    }

    /// Whether a kanji is one of them by itself.
    pub(super) fn has_single(&self, kanji: char) -> bool {
        self.words().singles.contains(&kanji)
    }

    /// Calls back with every place, in bytes, where one of them stands in a run of Japanese.
    pub(super) fn japanese_in(&self, run: &str, mut found: impl FnMut(usize, usize)) {
        for word in &self.words().japanese {
            run.match_indices(word.as_str()).for_each(|(at, word)| found(at, at + word.len()));
        }
    }

    /// Whether a value of several words stands in a cleaned text, whatever is between them.
    pub(super) fn survives_in(&self, cleaned: &str) -> bool {
        if cleaned.is_empty() || self.words().wholes.is_empty() {
            return false;
        }
        let squeezed = squeeze(&units(cleaned));
        self.words().wholes.iter().any(|whole| squeezed.contains(whole.as_str()))
    }
}

/// Letters and digits without what is between them.
fn squeeze(units: &[Unit]) -> String {
    let inside = |u: &&Unit| !matches!(u.script, Script::Separator | Script::Strange);
    units.iter().filter(inside).map(|u| u.c).collect()
}

struct Gatherer<'a> {
    vocabulary: &'a Vocabulary,
    data: &'a DataSet,
    words: Words,
}

impl Gatherer<'_> {
    /// Reads a level under the character set of the one around it.
    fn level(&mut self, elements: &[Element], outer: &[u8]) {
        let charset =
            find(elements, CHARACTER_SET).map_or(outer, |e| self.data.value(e)).to_owned();
        for element in elements {
            match &element.value {
                Value::Items(items) => {
                    items.iter().for_each(|item| self.level(&item.elements, &charset));
                }
                Value::Bytes(_) => self.element(element, &charset),
                _ => {}
            }
        }
    }

    fn element(&mut self, element: &Element, charset: &[u8]) {
        let bytes = self.data.value(element);
        let vr = value::known_vr(self.data, element);
        let kind =
            if vr == VR::PN { Some(OwnKind::Person) } else { self.vocabulary.own(element.tag) };
        let full = self.words.latin.len() + self.words.japanese.len() > MOST;
        let Some(kind) = kind.filter(|_| !bytes.is_empty() && !full) else { return };
        let text = TextKind::of(vr).unwrap_or(TextKind::MultiValue);
        let decoded = CharacterSet::parse(charset).decode(bytes, text);
        self.values(&decoded.text, kind);
        if !decoded.complete {
            suspects(bytes).iter().for_each(|reading| self.values(reading, kind));
        }
    }

    fn values(&mut self, text: &str, kind: OwnKind) {
        let is_end = |c: char| match kind {
            OwnKind::Person => matches!(c, '\\' | '='),
            _ => matches!(c, '\\' | '\r' | '\n'),
        };
        for value in text.split(is_end) {
            let units = units(value);
            self.parts(&units, kind);
            self.whole(&units, kind);
        }
    }

    /// The words of a value.
    fn parts(&mut self, units: &[Unit], kind: OwnKind) {
        let class = |u: &Unit| match u.script {
            Script::Letter | Script::Digit => 0,
            script if script.is_japanese() => 1,
            _ => 2,
        };
        for part in units.chunk_by(|a, b| class(a) == class(b)) {
            let word: String = part.iter().map(|u| u.c).collect();
            let roles = self.vocabulary.roles(&word);
            match (part.first().map(class), kind) {
                // Titles stand among the parts of names: Smith^John^^Dr.
                (Some(0 | 1), OwnKind::Person) if roles.any(Roles::TITLE) => {}
                (Some(0), OwnKind::Person) if part.len() > 1 => self.latin(word),
                (Some(0), OwnKind::Number) => {
                    let digits = part.iter().any(|u| u.script == Script::Digit);
                    if digits && part.len() > NUMBER {
                        self.latin(word);
                    }
                }
                (Some(0), OwnKind::Place) if roles.any(Roles::NAME) => self.latin(word),
                (Some(1), OwnKind::Person) if part.len() == 1 => {
                    self.words.singles.extend(part.first().map(|u| u.c));
                }
                (Some(1), _)
                    if part.len() > 1 && (kind == OwnKind::Person || roles == Roles::default()) =>
                {
                    self.words.japanese.insert(word);
                }
                _ => {}
            }
        }
    }

    /// The value as a whole, if it could stay.
    fn whole(&mut self, units: &[Unit], kind: OwnKind) {
        let whole = squeeze(units);
        let length = whole.chars().count();
        let least = if kind == OwnKind::Place { PLACE } else { NUMBER };
        if length < least || length > usize::from(u8::MAX) {
            return;
        }
        if kind != OwnKind::Person && whole.is_ascii() {
            let bare = whole.trim_start_matches('0');
            if bare.len() >= NUMBER && bare.len() < whole.len() {
                self.latin(bare.to_owned());
            }
            self.latin(whole.clone());
        }
        let class = |u: &Unit| match u.script {
            Script::Separator | Script::Strange => None,
            script => Some(script.is_japanese()),
        };
        let words = units.chunk_by(|a, b| class(a) == class(b));
        let could_stay = |part: &[Unit]| {
            let word: String = part.iter().map(|u| u.c).collect();
            let small = part.len() <= NUMBER && part.iter().all(|u| u.script == Script::Digit);
            small || self.vocabulary.roles(&word) != Roles::default()
        };
        let digits = whole.bytes().all(|b| b.is_ascii_digit());
        let words = words.filter(|part| part.first().is_some_and(|u| class(u).is_some()));
        let words: Vec<bool> = words.map(could_stay).collect();
        if length >= WHOLE && (digits || (words.len() > 1 && words.iter().all(|stays| *stays))) {
            self.words.wholes.push(whole);
        }
    }

    fn latin(&mut self, word: String) {
        self.words.latin.insert(word);
    }
}
