//! Reading the identifiers of an original.

use std::{collections::HashMap, hash::BuildHasher, sync::Arc};

use super::{
    Echo, Mark, Needs,
    clean::Clean,
    dates::{self, Days},
    forms::{encodings, is_varied},
};
use crate::{
    dicom::{
        Tag, VR,
        charset::{TextKind, suspects},
        dataset::{DataSet, Value, find},
        tokenizer::implicit_vr,
        uid,
    },
    inspect::{
        needles::{Bound, Needles},
        normal::{normalise, runs, squeeze},
        walk::{Visit, walk},
    },
    policy::{
        checks::{Attribute, Checks, Class, Contexts, Identifiers},
        options::{Options, ProfileOption},
    },
};

/// UIDs shorter than this are searched for as whole values only.
const UID_ANYWHERE: usize = 12;

/// Stride of the search through everything: strings of `STRIDE + 3` bytes and more.
const STRIDE: usize = 5;

/// Which device it is. Who made it is no help: a hospital's word in the maker's place is what is looked for there.
const MODEL: Tag = Tag(0x0008, 0x1090);

impl Echo {
    /// Reads every identifier of an original, at any depth, in its own character sets. Private elements and elements of
    /// unknown VR are not read: nobody knows what is in them.
    ///
    /// What stays on purpose, under `options`, is not looked for.
    pub fn gather(checks: &Checks, original: &DataSet, options: Options) -> Echo {
        let mut gatherer = Gatherer::new(checks, options);
        gatherer.device(original);
        walk(original, &mut |visit| gatherer.element(visit));
        gatherer.finish()
    }
}

pub(super) struct Gatherer<'r> {
    pub(super) rules: &'r Identifiers,
    pub(super) contexts: Arc<Contexts>,
    options: Options,
    pub(super) echo: Echo,
    short: Needles,
    stream: Needles,
    /// Values that were read already, as numbers under a key of this one object.
    seen: HashMap<u64, ()>,
    /// Names of persons and addresses so far.
    pub(super) persons: u32,
    pub(super) addresses: u8,
    /// The model of the device, squeezed, and its words.
    pub(super) device: Vec<String>,
    pub(super) normal: String,
    pub(super) squeezed: String,
    pub(super) key: String,
}

impl<'r> Gatherer<'r> {
    fn new(checks: &'r Checks, options: Options) -> Self {
        let rules = &checks.identifiers;
        Gatherer {
            rules,
            contexts: Arc::clone(&checks.contexts),
            options,
            echo: Echo {
                lengths: rules.lengths,
                contexts: Arc::clone(&checks.contexts),
                references: Vec::new(),
                words: HashMap::with_capacity(64),
                titled_kanji: false,
                sounds: HashMap::with_capacity(32),
                mixes: Vec::new(),
                numbers: HashMap::new(),
                labelled: HashMap::new(),
                labels: Vec::new(),
                wholes: HashMap::with_capacity(32),
                short_uids: HashMap::new(),
                days: Days::default(),
                text: Needles::new(1),
                keys: Needles::new(1),
                places: Needles::new(1),
                bytes: Arc::new(Needles::new(1)),
                stream: Arc::new(Needles::new(STRIDE)),
                clean: Clean::default(),
            },
            short: Needles::new(1),
            stream: Needles::new(STRIDE),
            seen: HashMap::new(),
            persons: 0,
            addresses: 0,
            device: Vec::new(),
            normal: String::new(),
            squeezed: String::new(),
            key: String::new(),
        }
    }

    /// What the device is called by its maker.
    fn device(&mut self, original: &DataSet) {
        if let Some(element) = find(&original.elements, MODEL) {
            self.normalise(&String::from_utf8_lossy(original.value(element)));
            self.device.push(self.squeezed.clone());
            self.device.extend(runs(&self.normal).map(|(_, word)| word.to_owned()));
        }
    }

    fn finish(mut self) -> Echo {
        self.echo.text.seal();
        self.echo.keys.seal();
        self.echo.places.seal();
        self.short.seal();
        self.stream.seal();
        self.echo.bytes = Arc::new(self.short);
        self.echo.stream = Arc::new(self.stream);
        self.echo
    }

    fn element(&mut self, visit: &Visit<'_>) {
        let tag = visit.tag();
        let full =
            self.echo.count() + self.short.len() + self.stream.len() > self.rules.lengths.most;
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
            (VR::DA | VR::DT, None) => self.date(tag, visit.value),
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
        Mark { class, form: "", reference: reference as u16, needs: Needs::Nothing }
    }

    /// A date of the examination, unless the route keeps dates.
    fn date(&mut self, tag: Tag, value: &[u8]) {
        let rules = self.rules;
        if self.options.has(ProfileOption::FullDates) || rules.is_published(tag) {
            return;
        }
        let mark = self.mark(Class::Date, &rules.date_reference);
        for one in value.split(|b| *b == b'\\') {
            let day = std::str::from_utf8(one).ok().map(|t| t.trim_matches([' ', '\0']));
            if let Some(text) = day.filter(|t| !t.is_empty() && !self.is_generic(t))
                && let Some(day) = dates::of_value(text)
            {
                self.echo.days.add(day, mark, false);
            }
        }
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
        // The same name stands in many items.
        let plain = visit.value.is_ascii() && !visit.value.contains(&0x1B);
        if (plain || visit.charset.is_utf8())
            && self.seen.insert(self.seen.hasher().hash_one((class, visit.value)), ()).is_some()
        {
            return;
        }
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
                Class::PersonName => self.person(value, mark),
                Class::BirthDate => self.birth_date(value, mark),
                Class::PatientId | Class::Number => self.number(value, mark),
                Class::Telephone => self.telephone(value, mark),
                Class::Institution => self.institution(value, mark),
                Class::Station => self.station(value, mark),
                Class::Address => self.address(value, mark),
                Class::Date | Class::Uid => {}
            }
        }
    }

    pub(super) fn is_generic(&self, value: &str) -> bool {
        self.rules.generic.contains(&value.to_lowercase())
    }

    /// Puts the value's normal spelling and squeezed form into the scratch strings.
    pub(super) fn normalise(&mut self, value: &str) {
        self.normal.clear();
        self.squeezed.clear();
        normalise(value, &mut self.normal);
        squeeze(&self.normal, &mut self.squeezed);
    }

    /// A value in every encoding, for binary values and for everything.
    pub(super) fn bytes_of(&mut self, text: &str, mark: Mark) {
        let mark = Mark { form: "in bytes", ..mark };
        encodings(text, |bytes, wide| self.bytes(bytes, wide, mark));
    }

    pub(super) fn bytes(&mut self, bytes: &[u8], wide: bool, mark: Mark) {
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
            self.short.add(bytes, bound, mark);
        }
    }

    fn birth_date(&mut self, value: &str, mark: Mark) {
        let Some(day) = dates::of_value(value) else { return self.number(value, mark) };
        self.echo.days.add(day, mark, true);
        for spelling in day.spellings() {
            self.bytes(spelling.as_bytes(), false, Mark { form: "in bytes", ..mark });
        }
    }

    /// A value of which little is left without its punctuation is searched for as it stands.
    pub(super) fn odd_whole(&mut self, squeezed: &str, mark: Mark) {
        let whole = self.rules.lengths.whole;
        if squeezed.chars().count() < whole && self.normal.chars().count() >= whole {
            self.echo.wholes.entry(self.normal.as_str().into()).or_insert(mark);
        }
    }
}
