//! Names of persons: their groups, components and words, together and apart, and half in one script, half in another.

use super::{Mark, Needs, Sound, gather::Gatherer, words::Word};
use crate::inspect::{
    needles::Bound,
    normal::{Script, kana_key, runs, script, sound_key, sound_keys},
};

/// Sound keys shorter than this are compared with whole runs of kana only.
const KEY_ANYWHERE: usize = 6;

/// Names of which a half may be written in kana.
const MIXES: usize = 64;

/// A word of a name in kanji, with the sound key of its reading: 山田, `yamada`.
pub(super) struct Mix {
    kanji: String,
    key: String,
    mark: Mark,
}

/// Of whom, and which component of the name it is.
#[derive(Clone, Copy)]
struct Place {
    person: u64,
    family: bool,
    given: bool,
}

impl Place {
    fn word(self, mark: Mark, weak: bool) -> Word {
        let bit = |on| if on { self.person } else { 0 };
        Word { mark, weak, family: bit(self.family), given: bit(self.given) }
    }
}

impl Gatherer<'_> {
    /// One value of PN: its groups, and what they make together.
    pub(super) fn person(&mut self, value: &str, mark: Mark) {
        let person = 1_u64 << (self.persons % 64);
        self.persons += 1;
        value.split('=').for_each(|group| self.name(group, mark, person));
        self.mixes(value, mark);
    }

    /// One group of a name: its components, their words, and all of them together in both orders.
    fn name(&mut self, group: &str, mark: Mark, person: u64) {
        let components: Vec<&str> =
            group.split('^').take(3).map(str::trim).filter(|c| !c.is_empty()).collect();
        let mut words: Vec<String> = Vec::new();
        for (place, component) in components.iter().enumerate() {
            if self.is_generic(component) {
                continue;
            }
            let form =
                ["family name", "given name", "middle name"].get(place).copied().unwrap_or("name");
            // Where all stands in one component, nobody knows which word is which.
            let unknown = components.len() == 1;
            let at = Place { person, family: place == 0, given: place > 0 || unknown };
            for word in component
                .split([' ', '\u{3000}', ',', '.', '・', '-', '_', '\''])
                .filter(|w| !w.is_empty())
            {
                self.normalise(word);
                let normal = std::mem::take(&mut self.squeezed);
                if !normal.is_empty() && !self.is_generic(&normal) {
                    self.word(&normal, word, Mark { form, ..mark }, at);
                    words.push(normal);
                }
            }
        }
        if components.len() == 1 && words.len() == 1 {
            self.undivided(mark, words.first().cloned().unwrap_or_default(), person);
        }
        self.together(&components, &words, Mark { form: "full name", ..mark });
        self.with_initials(&words, Mark { form: "name and initial", ..mark });
    }

    /// A word of a name, in normal spelling and as it came.
    fn word(&mut self, normal: &str, came: &str, mark: Mark, at: Place) {
        let lengths = self.rules.lengths;
        let length = normal.chars().count();
        let common = self.contexts.common.contains(normal);
        match runs(normal).map(|(kind, _)| kind).next() {
            Some(Script::Ideograph) if length < lengths.ideographs || common => {
                self.echo.titled_kanji = true;
                self.add_word(normal, at.word(mark, true));
            }
            Some(Script::Ideograph) => {
                let place = self.contexts.places.contains(normal);
                let needs = if place { Needs::NoPlace } else { Needs::Nothing };
                self.echo.text.add(normal.as_bytes(), Bound::Free, Mark { needs, ..mark });
                self.bytes_of(came, mark);
            }
            Some(Script::Kana) if length >= 2 => {
                self.add_word(normal, at.word(mark, common));
                if length >= lengths.kana {
                    self.echo.text.add(normal.as_bytes(), Bound::Free, mark);
                }
                self.sound(normal, length < 3, at.word(mark, common));
                self.bytes_of(came, mark);
            }
            Some(Script::Letter | Script::Digit) if length >= lengths.exact_word => {
                self.add_word(normal, at.word(mark, common));
                self.initial(normal, mark, at);
                self.sound(normal, length < lengths.word, at.word(mark, common));
                if length >= lengths.word_anywhere && !common {
                    self.echo.text.add(normal.as_bytes(), Bound::Free, mark);
                }
                if let Some(spelt) = german(came) {
                    self.add_word(&spelt, at.word(mark, false));
                }
                if !common {
                    self.bytes_of(came, mark);
                }
            }
            Some(Script::Letter) => {
                self.add_word(normal, at.word(mark, true));
                self.initial(normal, mark, at);
            }
            _ => {}
        }
    }

    fn initial(&mut self, normal: &str, mark: Mark, at: Place) {
        if let Some(first) = normal.get(..1) {
            self.add_word(first, at.word(Mark { form: "initials", ..mark }, true));
        }
    }

    fn add_word(&mut self, text: &str, word: Word) {
        let known = self.echo.words.entry(text.into()).or_insert(word);
        if known.weak && !word.weak {
            (known.mark, known.weak) = (word.mark, false);
        }
        known.family |= word.family;
        known.given |= word.given;
    }

    fn sound(&mut self, normal: &str, short: bool, word: Word) {
        let echo = &mut self.echo;
        sound_keys(normal, &mut self.key, |key| {
            if key.len() >= KEY_ANYWHERE && !word.weak {
                echo.keys.add(key.as_bytes(), Bound::Free, word.mark);
            }
            let sound = echo.sounds.entry(key.into()).or_insert(Sound { word, short });
            sound.short &= short;
            sound.word.weak &= word.weak;
            sound.word.family |= word.family;
            sound.word.given |= word.given;
        });
    }

    /// A kanji name in one piece: where it divides is not written. The usual places are tried.
    fn undivided(&mut self, mark: Mark, name: String, person: u64) {
        let letters: Vec<char> = name.chars().collect();
        if !letters.iter().all(|c| script(*c) == Script::Ideograph) {
            return;
        }
        let places: &[usize] = match letters.len() {
            4 => &[2],
            5 => &[2, 3],
            6 => &[3],
            _ => &[],
        };
        for place in places {
            let (family, given) = letters.split_at(*place);
            for (part, form, is_family) in
                [(family, "family name", true), (given, "given name", false)]
            {
                let part: String = part.iter().collect();
                let at = Place { person, family: is_family, given: !is_family };
                self.word(&part, &part, Mark { form, ..mark }, at);
            }
        }
    }

    /// The words of a name without anything between them, in both orders, and in bytes as a name is usually written.
    fn together(&mut self, components: &[&str], words: &[String], mark: Mark) {
        if words.len() < 2 {
            return;
        }
        let lengths = self.rules.lengths;
        let straight = words.concat();
        let turned: String =
            words.iter().skip(1).chain(words.first()).map(String::as_str).collect();
        let first_two: String = words.iter().take(2).map(String::as_str).collect();
        let three = words.len() > 2;
        for joined in [&straight, &turned].into_iter().chain(Some(&first_two).filter(|_| three)) {
            let length = joined.chars().count();
            let ideographs = joined.chars().all(|c| script(c) == Script::Ideograph);
            if length >= lengths.together || ideographs {
                self.add_word(joined, Word::strong(mark));
                self.sound(joined, false, Word::strong(mark));
            } else if length >= lengths.whole {
                self.echo.wholes.entry(joined.as_str().into()).or_insert(mark);
            }
            if length >= lengths.anywhere || (ideographs && length >= lengths.ideographs) {
                self.echo.text.add(joined.as_bytes(), Bound::Free, mark);
            }
        }
        if let [family, given, ..] = components {
            for between in ["^", " ", ""] {
                self.bytes_of(&format!("{family}{between}{given}"), mark);
            }
            if family.is_ascii() {
                self.bytes_of(&format!("{given} {family}"), mark);
            } else {
                self.bytes_of(&format!("{family}\u{3000}{given}"), mark);
            }
        }
    }

    /// A name and an initial in one word, as in a login: `tyamada`, `yamadat`.
    fn with_initials(&mut self, words: &[String], mark: Mark) {
        let [family, given, ..] = words else { return };
        for (whole, other) in [(family, given), (given, family)] {
            let letters = |word: &str| word.bytes().all(|b| b.is_ascii_lowercase());
            let Some(initial) = other.get(..1).filter(|i| letters(i)) else { continue };
            if whole.len() >= self.rules.lengths.word && letters(whole) {
                self.add_word(&format!("{initial}{whole}"), Word::strong(mark));
                self.add_word(&format!("{whole}{initial}"), Word::strong(mark));
            }
        }
    }

    /// The kanji of each component with the reading that another group gives, in kana or romaji.
    fn mixes(&mut self, value: &str, mark: Mark) {
        let groups: Vec<Vec<&str>> =
            value.split('=').map(|group| group.split('^').take(2).collect()).collect();
        let kanji = |c: &&&str| c.chars().any(|c| script(c) == Script::Ideograph);
        for place in 0..2 {
            let components: Vec<&str> =
                groups.iter().filter_map(|g| g.get(place).copied()).collect();
            let Some(name) = components.iter().find(kanji).copied() else { continue };
            let readings = components.iter().filter(|c| !kanji(c));
            let mut keys: Vec<String> = Vec::new();
            for reading in readings {
                self.normalise(reading);
                if sound_key(&self.squeezed, &mut self.key) && !keys.contains(&self.key) {
                    keys.push(self.key.clone());
                }
            }
            self.normalise(name);
            let all = self.squeezed.chars().all(|c| script(c) == Script::Ideograph);
            for key in keys.into_iter().filter(|_| all && self.squeezed.chars().count() > 1) {
                if self.echo.mixes.len() < MIXES {
                    let form = ["family name", "given name"].get(place).copied().unwrap_or("");
                    let kanji = self.squeezed.clone();
                    self.echo.mixes.push(Mix { kanji, key, mark: Mark { form, ..mark } });
                }
            }
        }
    }
}

impl super::Echo {
    /// Kanji and kana side by side: 山だ, ヤマ田. The kanji are the beginning or the end of the name, and the kana sound as
    /// the rest does.
    pub(super) fn mixed(
        &self,
        (kind, run): (Script, &str),
        (next_kind, next): (Script, &str),
    ) -> Option<Mark> {
        match (kind, next_kind) {
            (Script::Ideograph, Script::Kana) => self.mixes.iter().find_map(|mix| {
                let mut parts = mix.kanji.char_indices().skip(1);
                parts.find_map(|(at, _)| {
                    let front = mix.kanji.get(..at)?;
                    let reads =
                        |kana| self.reads(kana, |key| mix.key.ends_with(key) && mix.key != key);
                    (run.ends_with(front) && reads(next)).then_some(mix.mark)
                })
            }),
            (Script::Kana, Script::Ideograph) => self.mixes.iter().find_map(|mix| {
                let mut parts = mix.kanji.char_indices().skip(1);
                parts.find_map(|(at, _)| {
                    let end = mix.kanji.get(at..)?;
                    let mut key = String::new();
                    let reads = kana_key(run, &mut key) && key.len() > 1;
                    let fits = reads && mix.key.starts_with(&key) && mix.key != key;
                    (fits && next.starts_with(end)).then_some(mix.mark)
                })
            }),
            _ => None,
        }
    }

    /// Whether kana, with or without a title behind them, have a key that fits.
    fn reads(&self, kana: &str, fits: impl Fn(&str) -> bool) -> bool {
        let mut key = String::new();
        let titles =
            self.contexts.titles_after.iter().filter_map(|t| kana.strip_suffix(t.as_str()));
        [kana]
            .into_iter()
            .chain(titles)
            .any(|stem| kana_key(stem, &mut key) && key.len() > 1 && fits(&key))
    }
}

/// A German name with its umlauts spelt out: Mueller.
fn german(word: &str) -> Option<String> {
    let lower = word.to_lowercase();
    let spelt = lower.replace('ä', "ae").replace('ö', "oe").replace('ü', "ue").replace('ß', "ss");
    (spelt != lower).then_some(spelt)
}
