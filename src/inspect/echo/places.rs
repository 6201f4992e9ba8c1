//! Institutions and addresses: the whole, their own words, and parts that tell a place only together.

use super::{Echo, Mark, Needs, gather::Gatherer, words::Word};
use crate::inspect::{
    needles::Bound,
    normal::{Script, runs, script, squeeze},
};

/// Levels of an address that are told apart, and addresses of one object.
const LEVELS: u8 = 5;
const ADDRESSES: u8 = 50;

/// The level of the street or the quarter: with the house's number behind, it is enough.
const STREET: u8 = 4;

/// Letters of a word that may be a place's or an institution's own.
const OWN_WORD: usize = 4;

/// Letters from which a part of an address in Latin script counts alone, if it has two words or a number.
const PHRASE: usize = 8;

/// What ends the name of a city and its quarters.
const CITIES: [char; 5] = ['市', '郡', '区', '町', '村'];

/// What stands behind the number of a house or a quarter.
const NUMERALS: [char; 11] = ['一', '二', '三', '四', '五', '六', '七', '八', '九', '十', '壱'];

impl Gatherer<'_> {
    /// Names of places, as wholes.
    pub(super) fn phrase(&mut self, value: &str, mark: Mark) {
        self.normalise(value);
        let squeezed = std::mem::take(&mut self.squeezed);
        let lengths = &self.rules.lengths;
        let ideographs = squeezed.chars().filter(|c| script(*c) == Script::Ideograph).count();
        let length = squeezed.chars().count();
        let (number, anywhere) = (lengths.number, lengths.anywhere);
        if length >= lengths.whole {
            self.echo.wholes.entry(squeezed.as_str().into()).or_insert(mark);
        }
        self.odd_whole(&squeezed, mark);
        if length >= anywhere || ideographs >= 2 {
            self.echo.text.add(squeezed.as_bytes(), Bound::Free, mark);
        } else if length >= number {
            self.echo.words.entry(squeezed.as_str().into()).or_insert(Word::strong(mark));
        }
        self.bytes_of(value, mark);
        self.squeezed = squeezed;
    }

    /// Whether a value names no institution: only makers of devices, or only words that all departments share.
    fn names_nobody(&self) -> bool {
        let contexts = &self.contexts;
        if contexts.generic.contains(self.squeezed.as_str()) {
            return true;
        }
        let mut made = false;
        let mut words = runs(&self.normal).map(|(_, run)| run).peekable();
        words.peek().is_some()
            && words.all(|word| {
                let maker = contexts.makers.contains(word);
                made |= maker;
                let place = contexts.institutions.iter().any(|i| i == word);
                maker || (contexts.generic.contains(word) && !place)
            })
    }

    /// A device's name: whole, unless it says no more than who made the device.
    pub(super) fn station(&mut self, value: &str, mark: Mark) {
        self.normalise(value);
        if !self.names_nobody() && !self.device.contains(&self.squeezed) {
            self.phrase(value, mark);
        }
    }

    /// An institution: whole, and by its own words.
    pub(super) fn institution(&mut self, value: &str, mark: Mark) {
        self.normalise(value);
        if self.names_nobody() {
            return;
        }
        self.phrase(value, mark);
        let own = Mark { form: "its own name", ..mark };
        let squeezed = std::mem::take(&mut self.squeezed);
        let contexts = self.contexts.clone();
        let ends = &contexts.institutions;
        let proper = ends.iter().find_map(|end| squeezed.strip_suffix(end.as_str()));
        if let Some(proper) = proper.filter(|p| !p.is_ascii() && p.chars().count() >= OWN_WORD) {
            self.echo.text.add(proper.as_bytes(), Bound::Free, own);
        }
        let normal = std::mem::take(&mut self.normal);
        for (kind, run) in runs(&normal) {
            match kind {
                Script::Ideograph => self.own_kanji(run, own),
                Script::Letter if run.chars().count() >= OWN_WORD => self.own_word(run, own),
                Script::Kana if run.chars().count() >= OWN_WORD => self.own_word(run, own),
                _ => {}
            }
        }
        (self.squeezed, self.normal) = (squeezed, normal);
    }

    /// A word of an institution's name that others have not. One that is a place, a word of the language or a word of the
    /// device's name counts beside a word of institutions.
    fn own_word(&mut self, word: &str, mark: Mark) {
        let contexts = &self.contexts;
        if contexts.generic.contains(word) || contexts.makers.contains(word) {
            return;
        }
        let weak = contexts.places.contains(word)
            || contexts.common.contains(word)
            || self.device.iter().any(|device| device == word);
        let word_of = Word { mark, weak, family: 0, given: 0 };
        self.echo.words.entry(word.into()).or_insert(word_of);
    }

    /// What stays of an institution's name in kanji without the words that many have: 東都 of 東都中央病院.
    fn own_kanji(&mut self, run: &str, mark: Mark) {
        let contexts = self.contexts.clone();
        // 東 is a part of many proper names.
        let generic = || {
            let words = contexts.institutions.iter().chain(&contexts.institution_words);
            words.filter(|word| word.chars().nth(1).is_some())
        };
        let mut own = run;
        while let Some(rest) = generic().find_map(|word| {
            own.strip_suffix(word.as_str()).or_else(|| own.strip_prefix(word.as_str()))
        }) {
            own = rest;
        }
        let place = own.trim_end_matches(['都', '道', '府', '県', '市', '区', '町', '村', '立']);
        let known = [own, place].iter().any(|w| contexts.places.contains(*w));
        let harmless = known || contexts.common.contains(own) || contexts.makers.contains(own);
        if own.chars().count() >= 2 && !harmless {
            self.echo.text.add(own.as_bytes(), Bound::Free, mark);
        }
    }

    /// An address: whole, its telling parts, and the others as parts that count only together.
    pub(super) fn address(&mut self, value: &str, mark: Mark) {
        self.phrase(value, mark);
        let number = self.addresses.min(ADDRESSES);
        self.addresses += 1;
        let parts = value.split([',', '\r', '\n', '、', '\u{3000}', ';', '^']);
        for (place, part) in parts.map(str::trim).filter(|p| !p.is_empty()).enumerate() {
            self.normalise(part);
            let normal = std::mem::take(&mut self.normal);
            self.postal_code(&normal, mark);
            let words = runs(&normal).filter(|(kind, _)| *kind == Script::Letter).count();
            let house = normal.bytes().any(|b| b.is_ascii_digit());
            let latin = normal.is_ascii();
            if self.squeezed.chars().count() >= PHRASE && (!latin || words > 1 || house) {
                self.phrase(part, mark);
            }
            if latin {
                let level = if house { STREET } else { (place as u8).min(STREET - 1) };
                let all = normal.trim_matches(|c: char| !c.is_ascii_alphabetic());
                self.part(all, number, level, mark);
            } else {
                self.japanese(&normal, number, mark);
            }
            self.normal = normal;
        }
    }

    /// Prefecture, city, quarter of a Japanese address, without spaces.
    fn japanese(&mut self, normal: &str, number: u8, mark: Mark) {
        let mut text = String::new();
        squeeze(normal, &mut text);
        let mut rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
        let prefecture = self.contexts.places.iter().find_map(|place| {
            let behind = rest.strip_prefix(place.as_str())?;
            if place.ends_with('道') {
                return Some(place.len());
            }
            let end = behind.chars().next().filter(|c| matches!(c, '都' | '道' | '府' | '県'))?;
            Some(place.len() + end.len_utf8())
        });
        if let Some(end) = prefecture {
            let (name, behind) = rest.split_at(end);
            self.part(name, number, 0, mark);
            rest = behind;
        }
        // A city and a ward, or a district, a town and a village.
        for level in 1..STREET {
            let mut ends = rest.char_indices().skip(1);
            let Some((at, kind)) = ends.find(|(_, c)| CITIES.contains(c)) else { break };
            // 四日市市, 市川市: the same once more.
            let mut end = at + kind.len_utf8();
            if rest.get(end..).is_some_and(|behind| behind.starts_with(kind)) {
                end += kind.len_utf8();
            }
            if rest.get(..at).is_none_or(|city| {
                city.chars().any(|c| c.is_ascii_digit() || NUMERALS.contains(&c)) && kind == '町'
            }) {
                break;
            }
            let (name, behind) = rest.split_at(end);
            // 港北区日吉本町: in a city, it is a quarter.
            let level = if kind == '町' && level > 1 { STREET } else { level };
            self.part(name, number, level, mark);
            let bare = name.strip_suffix(kind).unwrap_or(name);
            if bare.chars().count() >= 2 {
                self.part(bare, number, level, mark);
            }
            rest = behind;
        }
        let end =
            rest.find(|c: char| c.is_ascii_digit() || NUMERALS.contains(&c)).unwrap_or(rest.len());
        let quarter = rest.get(..end).unwrap_or_default();
        if quarter.chars().count() >= 2 {
            self.part(quarter, number, STREET, mark);
        }
    }

    fn part(&mut self, text: &str, number: u8, level: u8, mark: Mark) {
        let long = if text.is_ascii() { text.len() >= OWN_WORD } else { text.chars().count() >= 2 };
        if long && number < ADDRESSES {
            let needs = Needs::Address(number * LEVELS + level);
            let mark = Mark { needs, form: "parts of it", ..mark };
            let bound = if text.is_ascii() { Bound::Word } else { Bound::Free };
            self.echo.places.add(text.as_bytes(), bound, mark);
        }
    }
}

impl Echo {
    /// Two parts of one address, or the quarter with a number behind.
    pub(super) fn in_places(&self, normal: &str) -> Option<Mark> {
        if self.places.len() == 0 {
            return None;
        }
        let mut first: Option<u8> = None;
        let mut found = None;
        self.places.search(normal.as_bytes(), |at, mark| {
            let Needs::Address(part) = mark.needs else { return false };
            let behind = normal.get(at.end..).unwrap_or_default().trim_start();
            let before = normal.get(..at.start).unwrap_or_default().trim_end();
            let latin = normal.get(at).is_some_and(str::is_ascii);
            let number = |c: char| c.is_ascii_digit() || (!latin && NUMERALS.contains(&c));
            let numbered = part % LEVELS == STREET
                && (behind.starts_with(number) || (latin && before.ends_with(number)));
            let together = first.is_some_and(|other| {
                other / LEVELS == part / LEVELS && other % LEVELS != part % LEVELS
            });
            first = first.or(Some(part));
            if numbered || together {
                found = Some(mark);
            }
            found.is_some()
        });
        found
    }
}
