//! The echo check: no value by which this very object identified somebody may be in what leaves (G2-02, G2-06).
//!
//! [`Echo::gather`] reads the original, [`Echo::search_text`] and its sisters look for what was gathered: names in any
//! spelling, order and script, numbers with and without leading zeros and hyphens, the birth date in any calendar,
//! places, telephone numbers, UIDs. Text is compared decoded and in one normal spelling; bytes are searched for the
//! same values in the encodings that are met in Japan.

mod bytes;
mod clean;
mod dates;
mod forms;
mod gather;
mod names;
mod numbers;
mod places;
mod stream;
mod words;

use std::{borrow::Cow, cell::RefCell, collections::HashMap, sync::Arc};

use super::{
    needles::Needles,
    normal::{normalise, squeeze},
};
use crate::{
    policy::checks::{Class, Contexts, Lengths},
    records::Reason,
};

use clean::Clean;
use dates::Days;
use names::Mix;
use words::Word;

pub use stream::StreamSearch;

/// What a match says, without the value: its class, the part of it, its script, and the rule that asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    class: Class,
    form: &'static str,
    reference: u16,
    /// What else is needed before it counts.
    needs: Needs,
}

/// What a match needs beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Needs {
    Nothing,
    /// It is a place's name as well: then the place's kind must not follow it.
    NoPlace,
    /// It is a part of an address, of this number: another one of the same address must be there, or the house's number.
    Address(u8),
}

impl Default for Mark {
    fn default() -> Self {
        Mark { class: Class::Number, form: "", reference: 0, needs: Needs::Nothing }
    }
}

/// A sound key's word; `short` ones need a longer spelling on the other side.
struct Sound {
    word: Word,
    short: bool,
}

/// What one original carried as identifiers, ready to be searched for.
///
/// It has no `Debug` or `Display`: it carries the identity of a patient.
pub struct Echo {
    lengths: Lengths,
    contexts: Arc<Contexts>,
    references: Vec<String>,
    /// Words of names and places, and runs of kana, in normal spelling.
    words: HashMap<Box<str>, Word>,
    /// Whether words of kanji are among them: those that need a title.
    titled_kanji: bool,
    /// Sound keys of names.
    sounds: HashMap<Box<str>, Sound>,
    /// Names that can be written half in kanji and half in kana.
    mixes: Vec<Mix>,
    /// Numbers and codes, without what divides them.
    numbers: HashMap<Box<str>, Mark>,
    /// Numbers too short to be searched for without a label in front; and labels of the object's own.
    labelled: HashMap<Box<str>, Mark>,
    labels: Vec<String>,
    /// Whole values, squeezed.
    wholes: HashMap<Box<str>, Mark>,
    /// UIDs that are too short to be searched for anywhere.
    short_uids: HashMap<Box<[u8]>, Mark>,
    days: Days,
    /// Searched for in squeezed text.
    text: Needles,
    /// Sound keys searched for in the keys of runs of kana.
    keys: Needles,
    /// Parts of addresses; in text of normal spelling.
    places: Needles,
    /// Searched for in short binary values.
    bytes: Arc<Needles>,
    /// Searched for in everything.
    stream: Arc<Needles>,
    clean: Clean,
}

thread_local! {
    /// Space for the normal spelling, the squeezed text and the sound key.
    static SCRATCH: RefCell<[String; 3]> = const { RefCell::new([String::new(), String::new(), String::new()]) };
}

impl Echo {
    /// Looks for identifiers in one decoded text value (of a multi-valued attribute: one of its values).
    pub fn search_text(&self, text: &str, path: impl FnOnce() -> String) -> Option<Reason> {
        self.in_text(text).map(|mark| self.reason(mark, path()))
    }

    /// Looks for an identifier that is the whole of a text value.
    pub(super) fn search_whole(&self, text: &str, path: impl FnOnce() -> String) -> Option<Reason> {
        let (mut normal, mut squeezed) = (String::new(), String::new());
        normalise(text, &mut normal);
        squeeze(&normal, &mut squeezed);
        self.whole(&squeezed).map(|mark| self.reason(mark, path()))
    }

    /// Looks for identifiers in a binary value, in any encoding; in one of more than some kilobytes only for those that are not
    /// met there by chance.
    pub fn search_bytes(&self, bytes: &[u8], path: impl FnOnce() -> String) -> Option<Reason> {
        self.in_bytes(bytes).map(|mark| self.reason(mark, path()))
    }

    /// Looks for the longer identifiers and the original UIDs in any bytes; calls back with the position of each.
    pub(super) fn search_all(&self, bytes: &[u8], mut found: impl FnMut(usize, Mark)) {
        self.stream.search(bytes, |at, mark| {
            found(at.start, mark);
            false
        });
    }

    /// Whether a UI value is an original UID, however short.
    pub(super) fn is_original_uid(&self, uid: &[u8]) -> Option<Mark> {
        self.short_uids.get(crate::dicom::uid::trim(uid)).copied()
    }

    /// Whether a number (IS) is one of the identifying ones, as a whole.
    pub(super) fn is_number(&self, value: &[u8]) -> Option<Mark> {
        let text = std::str::from_utf8(value).ok()?.trim_matches([' ', '\0']);
        let bare = text.trim_start_matches('0');
        if bare.len() < self.lengths.digits {
            return None;
        }
        self.numbers.get(bare).copied().filter(|mark| numbers::is_whole(*mark))
    }

    /// Whether a DA or DT value is the birth date.
    pub(super) fn is_birth_date(&self, value: &[u8]) -> Option<Mark> {
        self.days.birth(std::str::from_utf8(value.get(..8)?).ok()?)
    }

    /// Whether the search was not exhaustive: more identifiers than the bound, or text made to match everywhere. The
    /// object must then be kept back.
    pub fn unfinished(&self) -> Option<Reason> {
        let needles = [&self.text, &self.keys, &self.places, &*self.bytes, &*self.stream];
        let stopped = self.count() > self.lengths.most || needles.iter().any(|n| n.unfinished());
        stopped.then(|| unfinished(String::new()))
    }

    /// The number of strings that are searched for.
    fn count(&self) -> usize {
        let maps = [self.words.len(), self.sounds.len(), self.numbers.len(), self.labelled.len()];
        let wholes = [self.wholes.len(), self.short_uids.len(), self.days.len(), self.mixes.len()];
        let needles = [&self.text, &self.keys, &self.places, &*self.bytes, &*self.stream];
        maps.iter().chain(&wholes).sum::<usize>() + needles.iter().map(|n| n.len()).sum::<usize>()
    }

    /// A search through pixel data that comes in pieces.
    pub fn stream(&self) -> StreamSearch {
        StreamSearch::new(
            Arc::clone(&self.stream),
            Arc::clone(&self.bytes),
            self.references.clone(),
        )
    }

    /// The reason that a match gives at a place.
    pub(super) fn reason(&self, mark: Mark, path: String) -> Reason {
        reason(&self.references, mark, path)
    }

    fn in_text(&self, text: &str) -> Option<Mark> {
        let text = text.trim_matches([' ', '\0']);
        if text.len() < 2 || self.clean.has(text) {
            return None;
        }
        let found = SCRATCH.with_borrow_mut(|[normal, squeezed, key]| {
            normal.clear();
            squeezed.clear();
            normalise(text, normal);
            squeeze(normal, squeezed);
            self.whole(squeezed)
                .or_else(|| self.wholes.get(normal.as_str()).copied())
                .or_else(|| self.in_words(normal, key))
                .or_else(|| self.in_joined(normal, key))
                .or_else(|| self.anywhere(squeezed))
                .or_else(|| self.in_places(normal))
                .or_else(|| self.days.find(normal, &self.contexts, true))
        });
        if found.is_none() {
            self.clean.add(text);
        }
        found
    }

    fn whole(&self, squeezed: &str) -> Option<Mark> {
        let bare = squeezed.trim_start_matches('0');
        self.wholes.get(squeezed).or_else(|| self.wholes.get(bare)).copied()
    }

    /// What is long enough to be looked for without boundaries.
    fn anywhere(&self, squeezed: &str) -> Option<Mark> {
        let mut found = None;
        self.text.search(squeezed.as_bytes(), |at, mark| {
            let behind = squeezed.get(at.end..).unwrap_or_default();
            let place = mark.needs == Needs::NoPlace
                && self.contexts.place_ends.iter().any(|end| behind.starts_with(end.as_str()));
            if !place {
                found = Some(mark);
            }
            !place
        });
        found
    }
}

fn unfinished(path: String) -> Reason {
    let kind = "too many identifiers to search for within the bound";
    Reason::new("CHECK_UNFINISHED", kind, "TR-0047 5.1.6(2)").at(path)
}

fn reason(references: &[String], mark: Mark, path: String) -> Reason {
    let words = mark.class.words();
    let kind = match mark.form {
        "" => Cow::Borrowed(words),
        form => Cow::Owned(format!("{words}: {form}")),
    };
    let reference = references.get(usize::from(mark.reference)).cloned().unwrap_or_default();
    let rule = match mark.class {
        Class::Uid => "G2-06",
        Class::Date => "G2-05",
        _ => "G2-02",
    };
    Reason::new(rule, kind, reference).at(path)
}

/// Whether a value has the form of a pseudonym of ours: `A` and ten characters of base 32, in a PN with `^`.
pub(super) fn is_pseudonym(value: &str) -> bool {
    let bare = value.strip_suffix('^').unwrap_or(value);
    let base32 = |b: u8| b.is_ascii_uppercase() || (b'2'..=b'7').contains(&b);
    bare.len() == 11 && bare.starts_with('A') && bare.bytes().all(base32)
}

#[cfg(test)]
mod tests;
