//! Reading the identifiers of an original.

use std::{collections::HashMap, sync::Arc};

use super::{
    Echo, Mark, Sound,
    dates::Day,
    forms::{encodings, is_varied},
};
use crate::{
    dicom::{
        VR,
        charset::{TextKind, suspects},
        dataset::{DataSet, Value},
        tokenizer::implicit_vr,
        uid,
    },
    inspect::{
        needles::{Bound, Needles},
        normal::{Script, normalise, runs, script, sound_key, squeeze},
        walk::{Visit, walk},
    },
    policy::{
        checks::{Attribute, Checks, Class, Identifiers},
        options::{Options, ProfileOption},
    },
};

/// UIDs shorter than this are searched for as whole values only.
const UID_ANYWHERE: usize = 12;

/// Stride of the search through everything: strings of `STRIDE + 3` bytes and more.
const STRIDE: usize = 5;

/// Titles that make a one-character family name a name: 林様.
const HONORIFICS: [&str; 7] = ["様", "サン", "殿", "氏", "先生", "医師", "技師"];

/// Endings behind which the proper name of an institution stands.
const INSTITUTIONS: [&str; 7] =
    ["医療センター", "クリニック", "附属病院", "付属病院", "センター", "病院", "医院"];

impl Echo {
    /// Reads every identifier of an original, at any depth, in its own character sets. Private elements and elements of
    /// unknown VR are not read: nobody knows what is in them.
    ///
    /// What stays on purpose, under `options`, is not looked for.
    pub fn gather(checks: &Checks, original: &DataSet, options: Options) -> Echo {
        let rules = &checks.identifiers;
        let mut gatherer = Gatherer::new(rules, options);
        walk(original, &mut |visit| gatherer.element(visit));
        gatherer.finish()
    }
}

struct Gatherer<'r> {
    rules: &'r Identifiers,
    options: Options,
    echo: Echo,
    stream: Needles,
    normal: String,
    squeezed: String,
    key: String,
}

impl<'r> Gatherer<'r> {
    fn new(rules: &'r Identifiers, options: Options) -> Self {
        Gatherer {
            rules,
            options,
            echo: Echo {
                lengths: rules.lengths,
                references: Vec::new(),
                words: HashMap::new(),
                sounds: HashMap::new(),
                wholes: HashMap::new(),
                short_uids: HashMap::new(),
                days: Vec::new(),
                text: Needles::new(1),
                phrases: Needles::new(1),
                bytes: Needles::new(1),
                stream: Arc::new(Needles::new(STRIDE)),
            },
            stream: Needles::new(STRIDE),
            normal: String::new(),
            squeezed: String::new(),
            key: String::new(),
        }
    }

    fn finish(mut self) -> Echo {
        self.echo.text.seal();
        self.echo.phrases.seal();
        self.echo.bytes.seal();
        self.stream.seal();
        self.echo.stream = Arc::new(self.stream);
        self.echo
    }

    fn element(&mut self, visit: &Visit<'_>) {
        let tag = visit.tag();
        let full = self.echo.count() + self.stream.len() > self.rules.lengths.most;
        // A name is a name in a private element too, and under whatever VR a writer gave it.
        let name = visit.element.vr == VR::PN || implicit_vr(tag) == VR::PN;
        if full
            || visit.value.is_empty()
            || (tag.group() % 2 == 1 && !name)
            || !matches!(visit.element.value, Value::Bytes(_))
        {
            return;
        }
        let rules = self.rules;
        match (visit.element.vr, rules.rule(tag, visit.parents())) {
            (VR::UI, _) if rules.is_not_instance(tag) => {}
            (VR::UI, _) if self.options.has(ProfileOption::Uids) => {}
            (VR::UI, _) => self.uids(visit.value),
            (_, rule) if name => {
                let reference = rule.map_or(&rules.person_name_reference, |r| &r.reference);
                self.text(visit, TextKind::PersonName, Class::PersonName, reference);
            }
            (_, Some(Attribute { unless: Some(option), .. })) if self.options.has(*option) => {}
            (vr, Some(rule)) => {
                let kind = TextKind::of(vr).unwrap_or(TextKind::MultiValue);
                self.text(visit, kind, rule.class, &rule.reference);
            }
            _ => {}
        }
    }

    fn mark(&mut self, class: Class, reference: &str) -> Mark {
        let known = self.echo.references.iter().position(|r| r == reference);
        let reference = known.unwrap_or_else(|| {
            self.echo.references.push(reference.to_owned());
            self.echo.references.len() - 1
        });
        Mark { class, form: "", reference: reference as u16 }
    }

    fn uids(&mut self, value: &[u8]) {
        let rules = self.rules;
        let mark = self.mark(Class::Uid, &rules.uid_reference);
        for uid in value.split(|b| *b == b'\\').map(uid::trim) {
            if uid.is_empty() || uid.starts_with(rules.standard_root.as_bytes()) {
                continue;
            }
            if uid.len() >= UID_ANYWHERE {
                self.stream.add(uid, Bound::Uid, mark);
            } else {
                self.echo.short_uids.insert(uid.into(), mark);
            }
        }
    }

    /// A text attribute: every reading of it that is possible.
    fn text(&mut self, visit: &Visit<'_>, kind: TextKind, class: Class, reference: &str) {
        let mark = self.mark(class, reference);
        let decoded = visit.charset.decode(visit.value, kind);
        self.values(&decoded.text, kind, mark);
        // Escapes and UTF-8 speak for themselves. Any other bytes may be read otherwise than they were meant.
        let certain = visit.value.is_ascii() || visit.charset.is_utf8();
        if !decoded.complete || !certain {
            if !(decoded.complete && visit.value.contains(&0x1B)) {
                suspects(visit.value).iter().for_each(|reading| self.values(reading, kind, mark));
            }
            self.raw(visit.value, mark);
        }
    }

    /// The bytes as they came, in parts where these are plain to see.
    fn raw(&mut self, value: &[u8], mark: Mark) {
        let parts = value.split(|b| !value.contains(&0x1B) && matches!(b, b'\\' | b'^' | b'='));
        let mark = Mark { form: "in its own bytes", ..mark };
        for part in parts.map(|p| p.trim_ascii()) {
            self.bytes(part, !part.is_ascii(), mark);
        }
    }

    fn values(&mut self, text: &str, kind: TextKind, mark: Mark) {
        let split = kind != TextKind::SingleText;
        for value in text.split(|c| split && c == '\\') {
            let value = value.trim_matches([' ', '\0', '\u{3000}']);
            if value.is_empty() || self.is_generic(value) {
                continue;
            }
            match mark.class {
                Class::PersonName => value.split('=').for_each(|group| self.name(group, mark)),
                Class::BirthDate => self.birth_date(value, mark),
                Class::PatientId | Class::Number | Class::Telephone => self.number(value, mark),
                Class::Institution => self.phrase(value, mark),
                Class::Address => {
                    self.phrase(value, mark);
                    value.split([',', '\r', '\n', '、', '\u{3000}']).for_each(|part| {
                        if part.chars().count() >= self.rules.lengths.anywhere {
                            self.phrase(part, mark);
                        }
                    });
                }
                Class::Uid => {}
            }
        }
    }

    fn is_generic(&self, value: &str) -> bool {
        self.rules.generic.contains(&value.to_lowercase())
    }

    /// Puts the value's normal spelling and squeezed form into the scratch strings.
    fn normalise(&mut self, value: &str) {
        self.normal.clear();
        self.squeezed.clear();
        normalise(value, &mut self.normal);
        squeeze(&self.normal, &mut self.squeezed);
    }

    /// A value in every encoding, for binary values and for everything.
    fn bytes_of(&mut self, text: &str, mark: Mark) {
        let mark = Mark { form: "in bytes", ..mark };
        encodings(text, |bytes, wide| self.bytes(bytes, wide, mark));
    }

    fn bytes(&mut self, bytes: &[u8], wide: bool, mark: Mark) {
        let lengths = &self.rules.lengths;
        let digits = !wide && !bytes.iter().any(u8::is_ascii_alphabetic);
        // UTF-16 of ASCII: in sixteen-bit pixels, letters are grey values like any others.
        let spaced = !wide && bytes.contains(&0);
        let bound = if wide || spaced { Bound::Free } else { Bound::Word };
        let stream = if digits { lengths.stream_digits } else { lengths.stream };
        let short = match (wide, spaced) {
            (true, _) => lengths.encoded_bytes,
            (_, true) => 2 * lengths.bytes,
            _ => lengths.bytes,
        };
        if bytes.len() >= stream && !spaced && is_varied(bytes) {
            // So long a value is no accident, whatever stands beside it.
            self.stream.add(bytes, Bound::Free, mark);
        } else if bytes.len() >= short {
            self.echo.bytes.add(bytes, bound, mark);
        }
    }

    fn birth_date(&mut self, value: &str, mark: Mark) {
        self.normalise(value);
        // Of a DT the first eight digits are the day.
        let digits = value.get(..8).unwrap_or(value);
        let Some(day) = Day::of_digits(digits).or_else(|| Day::of_text(&self.normal)) else {
            return self.number(value, mark);
        };
        self.echo.days.push((day, mark));
        for spelling in day.spellings() {
            self.bytes(spelling.as_bytes(), false, Mark { form: "in bytes", ..mark });
        }
    }

    /// Numbers and codes.
    fn number(&mut self, value: &str, mark: Mark) {
        self.normalise(value);
        let squeezed = std::mem::take(&mut self.squeezed);
        let bare = squeezed.trim_start_matches('0');
        let lengths = &self.rules.lengths;
        let digits = squeezed.bytes().all(|b| b.is_ascii_digit());
        let least = if digits { lengths.digits } else { lengths.number };
        let (whole, anywhere) = (lengths.whole, lengths.anywhere);
        self.odd_whole(&squeezed, mark);
        for (form, words) in [(squeezed.as_str(), ""), (bare, "without leading zeros")] {
            let mark = Mark { form: words, ..mark };
            let length = form.chars().count();
            if length >= whole {
                self.echo.wholes.entry(form.into()).or_insert(mark);
            }
            if length >= least {
                self.echo.words.entry(form.into()).or_insert(mark);
            }
            if length >= anywhere {
                self.echo.text.add(form.as_bytes(), Bound::Free, mark);
            }
        }
        self.bytes_of(value, mark);
        if squeezed.len() != value.len() {
            self.bytes(squeezed.as_bytes(), !squeezed.is_ascii(), mark);
        }
        if bare.len() != squeezed.len() {
            self.bytes(bare.as_bytes(), !bare.is_ascii(), mark);
        }
        self.squeezed = squeezed;
    }

    /// A value of which little is left without its punctuation is searched for as it stands.
    fn odd_whole(&mut self, squeezed: &str, mark: Mark) {
        let whole = self.rules.lengths.whole;
        if squeezed.chars().count() < whole && self.normal.chars().count() >= whole {
            self.echo.wholes.entry(self.normal.as_str().into()).or_insert(mark);
        }
    }

    /// Names of places.
    fn phrase(&mut self, value: &str, mark: Mark) {
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
            self.echo.words.entry(squeezed.as_str().into()).or_insert(mark);
        }
        let proper = INSTITUTIONS.iter().find_map(|end| squeezed.strip_suffix(end));
        if let Some(proper) = proper.filter(|p| p.chars().count() >= 4) {
            self.echo.text.add(
                proper.as_bytes(),
                Bound::Free,
                Mark { form: "its proper name", ..mark },
            );
        }
        self.bytes_of(value, mark);
        self.squeezed = squeezed;
    }

    /// One group of a name: its components, their words, and all of them together in both orders.
    fn name(&mut self, group: &str, mark: Mark) {
        let components: Vec<&str> =
            group.split('^').take(3).map(str::trim).filter(|c| !c.is_empty()).collect();
        let mut words: Vec<String> = Vec::new();
        for (place, component) in components.iter().enumerate() {
            if self.is_generic(component) {
                continue;
            }
            let form =
                ["family name", "given name", "middle name"].get(place).copied().unwrap_or("name");
            for word in component
                .split([' ', '\u{3000}', ',', '.', '・', '-', '_', '\''])
                .filter(|w| !w.is_empty())
            {
                self.normalise(word);
                let normal = std::mem::take(&mut self.squeezed);
                if !normal.is_empty() && !self.is_generic(&normal) {
                    self.word(&normal, word, Mark { form, ..mark });
                    words.push(normal);
                }
            }
        }
        if components.len() == 1 && words.len() == 1 {
            self.undivided(mark, words.first().cloned().unwrap_or_default());
        }
        self.together(&components, &words, Mark { form: "full name", ..mark });
    }

    /// A word of a name, in normal spelling and as it came.
    fn word(&mut self, normal: &str, came: &str, mark: Mark) {
        let lengths = self.rules.lengths;
        let length = normal.chars().count();
        let mut scripts = runs(normal).map(|(kind, _)| kind);
        match scripts.next() {
            Some(Script::Ideograph) if length == 1 => {
                for title in HONORIFICS {
                    self.echo.text.add(format!("{normal}{title}").as_bytes(), Bound::Free, mark);
                }
            }
            Some(Script::Ideograph) if length >= lengths.ideographs => {
                self.echo.text.add(normal.as_bytes(), Bound::Free, mark);
                self.bytes_of(came, mark);
            }
            Some(Script::Kana) if length >= 2 => {
                self.echo.words.entry(normal.into()).or_insert(mark);
                if length >= lengths.kana {
                    self.echo.text.add(normal.as_bytes(), Bound::Free, mark);
                }
                self.sound(normal, length < 3, mark);
                self.bytes_of(came, mark);
            }
            Some(Script::Letter | Script::Digit) if length >= lengths.exact_word => {
                self.echo.words.entry(normal.into()).or_insert(mark);
                self.sound(normal, length < lengths.word, mark);
                if length >= lengths.word_anywhere {
                    self.echo.text.add(normal.as_bytes(), Bound::Free, mark);
                }
                if let Some(spelt) = german(came) {
                    self.echo.words.entry(spelt.into()).or_insert(mark);
                }
                self.bytes_of(came, mark);
            }
            _ => {}
        }
    }

    fn sound(&mut self, normal: &str, short: bool, mark: Mark) {
        if sound_key(normal, &mut self.key) {
            let entry = self.echo.sounds.entry(self.key.as_str().into());
            let sound = entry.or_insert(Sound { mark, short });
            sound.short &= short;
        }
    }

    /// A kanji name in one piece: where it divides is not written. The usual places are tried.
    fn undivided(&mut self, mark: Mark, name: String) {
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
            for (part, form) in [(family, "family name"), (given, "given name")] {
                let part: String = part.iter().collect();
                self.word(&part, &part, Mark { form, ..mark });
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
        for joined in [&straight, &turned, &first_two] {
            let length = joined.chars().count();
            let ideographs = joined.chars().all(|c| script(c) == Script::Ideograph);
            if length >= lengths.together || ideographs {
                self.echo.words.entry(joined.as_str().into()).or_insert(mark);
                self.sound(joined, false, mark);
            } else if length >= lengths.whole {
                self.echo.wholes.entry(joined.as_str().into()).or_insert(mark);
            }
            if length >= lengths.anywhere || (ideographs && length >= lengths.ideographs) {
                self.echo.text.add(joined.as_bytes(), Bound::Free, mark);
            }
        }
        if let [first, second, ..] = words
            && straight.len() < lengths.together
        {
            for between in ["^", " ", ", "] {
                for (a, b) in [(first, second), (second, first)] {
                    let phrase = format!("{a}{between}{b}");
                    self.echo.phrases.add(phrase.as_bytes(), Bound::Word, mark);
                }
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
}

/// A German name with its umlauts spelt out: Mueller.
fn german(word: &str) -> Option<String> {
    let lower = word.to_lowercase();
    let spelt = lower.replace('ä', "ae").replace('ö', "oe").replace('ü', "ue").replace('ß', "ss");
    (spelt != lower).then_some(spelt)
}
