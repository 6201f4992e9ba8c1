//! The words of an object's own identifiers, which stay in none of its descriptions.

use std::{cell::OnceCell, collections::BTreeSet};

use super::super::value;
use crate::{
    dicom::{
        Tag, VR,
        charset::{CharacterSet, TextKind, suspects},
        dataset::{DataSet, Element, Value, find},
    },
    policy::vocabulary::{
        OwnKind, Roles, Vocabulary,
        letters::{Script, Unit, units, units_into},
    },
};

const CHARACTER_SET: Tag = Tag(0x0008, 0x0005);

/// The shortest number that is looked for, in characters.
const NUMBER: usize = 3;

/// The shortest institution that is looked for, in characters.
const PLACE: usize = 4;

/// The shortest name of one word that is looked for across separators, in characters.
const JOINED: usize = 8;

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
    latin: BTreeSet<String>,
    /// Words of more than one Japanese character.
    japanese: BTreeSet<String>,
    /// Names of one kanji.
    singles: Vec<char>,
    /// The words of institutions and places of several words.
    places: BTreeSet<String>,
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
            let (units, word) = (Vec::with_capacity(64), String::with_capacity(64));
            let mut gatherer = Gatherer { vocabulary, data, words: Words::default(), units, word };
            gatherer.level(&data.elements, &CharacterSet::default());
            gatherer.words
        })
    }

    /// Whether a word in normal spelling is one of them.
    pub(super) fn has(&self, word: &str) -> bool {
        let words = &self.words().latin;
        !words.is_empty() && words.contains(word)
    }

    /// Whether a word in normal spelling is one of an institution's or a place's.
    pub(super) fn is_of_place(&self, word: &str) -> bool {
        let places = &self.words().places;
        !places.is_empty() && places.contains(word)
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
    /// Room for the value that is looked at.
    units: Vec<Unit>,
    /// Room for a word of it.
    word: String,
}

impl Gatherer<'_> {
    /// Reads a level under the character set of the one around it.
    fn level(&mut self, elements: &[Element], outer: &CharacterSet) {
        let own = find(elements, CHARACTER_SET).map(|e| CharacterSet::parse(self.data.value(e)));
        let charset = own.as_ref().unwrap_or(outer);
        for element in elements {
            match &element.value {
                Value::Items(items) => {
                    items.iter().for_each(|item| self.level(&item.elements, charset));
                }
                Value::Bytes(_) => self.element(element, charset),
                _ => {}
            }
        }
    }

    fn element(&mut self, element: &Element, charset: &CharacterSet) {
        let bytes = self.data.value(element);
        let vr = value::known_vr(self.data, element);
        let kind =
            if vr == VR::PN { Some(OwnKind::Person) } else { self.vocabulary.own(element.tag) };
        let full = self.words.latin.len() + self.words.japanese.len() > MOST;
        let Some(kind) = kind.filter(|_| !bytes.is_empty() && !full) else { return };
        let text = TextKind::of(vr).unwrap_or(TextKind::MultiValue);
        let decoded = charset.decode(bytes, text);
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
        let mut units = std::mem::take(&mut self.units);
        for value in text.split(is_end) {
            units_into(value, &mut units);
            self.parts(&units, kind);
            self.whole(&units, kind);
        }
        self.units = units;
    }

    /// Puts a word into its place, and gives its roles.
    fn roles(&mut self, part: &[Unit]) -> Roles {
        self.word.clear();
        self.word.extend(part.iter().map(|u| u.c));
        self.vocabulary.roles(&self.word)
    }

    /// The words of a value.
    fn parts(&mut self, units: &[Unit], kind: OwnKind) {
        let class = |u: &Unit| match u.script {
            Script::Letter | Script::Digit => 0,
            script if script.is_japanese() => 1,
            _ => 2,
        };
        for part in units.chunk_by(|a, b| class(a) == class(b)) {
            let roles = self.roles(part);
            if kind == OwnKind::Place
                && part.len() < units.len()
                && part.first().map(class) == Some(0)
            {
                self.words.places.insert(self.word.clone());
            }
            match (part.first().map(class), kind) {
                // Titles stand among the parts of names: Smith^John^^Dr.
                (Some(0 | 1), OwnKind::Person) if roles.any(Roles::TITLE) => {}
                (Some(0), OwnKind::Person) if part.len() > 1 => {
                    // `Pixel Spacing` says PixelSpacing too.
                    if part.len() >= JOINED {
                        self.words.wholes.push(self.word.clone());
                    }
                    self.latin();
                }
                (Some(0), OwnKind::Number) => {
                    let digits = part.iter().any(|u| u.script == Script::Digit);
                    if digits && part.len() > NUMBER {
                        self.latin();
                    }
                }
                (Some(0), OwnKind::Place) if roles.any(Roles::NAME) => self.latin(),
                (Some(1), OwnKind::Person) if part.len() == 1 => {
                    self.words.singles.extend(part.first().map(|u| u.c));
                }
                (Some(1), _)
                    if part.len() > 1 && (kind == OwnKind::Person || roles == Roles::default()) =>
                {
                    self.words.japanese.insert(self.word.clone());
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
                self.words.latin.insert(bare.to_owned());
            }
            self.words.latin.insert(whole.clone());
        }
        if length < WHOLE {
            return;
        }
        let class = |u: &Unit| match u.script {
            Script::Separator | Script::Strange => None,
            script => Some(script.is_japanese()),
        };
        let words = units.chunk_by(|a, b| class(a) == class(b));
        let mut words = words.filter(|part| part.first().is_some_and(|u| class(u).is_some()));
        let mut could_stay = |part: &[Unit]| {
            let small = part.len() <= NUMBER && part.iter().all(|u| u.script == Script::Digit);
            small || self.roles(part) != Roles::default()
        };
        let digits = whole.bytes().all(|b| b.is_ascii_digit());
        let several = words.clone().nth(1).is_some();
        if digits || (several && words.all(&mut could_stay)) {
            self.words.wholes.push(whole);
        }
    }

    /// Takes the word at hand.
    fn latin(&mut self) {
        if !self.words.latin.contains(&self.word) {
            self.words.latin.insert(self.word.clone());
        }
    }
}
