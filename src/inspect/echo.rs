//! The echo check: no value by which this very object identified somebody may be in what leaves (G2-02, G2-06).
//!
//! [`Echo::gather`] reads the original, [`Echo::search_text`] and its sisters look for what was gathered: names in any
//! spelling, order and script, numbers with and without leading zeros and hyphens, the birth date in any calendar,
//! places, telephone numbers, UIDs. Text is compared decoded and in one normal spelling; bytes are searched for the
//! same values in the encodings that are met in Japan.

mod dates;
mod forms;
mod gather;
mod stream;

use std::{borrow::Cow, cell::RefCell, collections::HashMap, sync::Arc};

use super::{
    needles::Needles,
    normal::{Script, normalise, runs, script, sound_key, squeeze},
};
use crate::{
    policy::checks::{Class, Lengths},
    records::Reason,
};

use dates::Day;

pub use stream::StreamSearch;

/// What a match says, without the value: its class, the part of it, its script, and the rule that asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    class: Class,
    form: &'static str,
    reference: u16,
}

impl Default for Mark {
    fn default() -> Self {
        Mark { class: Class::Number, form: "", reference: 0 }
    }
}

/// A sound key's mark; `short` ones need a longer spelling on the other side.
struct Sound {
    mark: Mark,
    short: bool,
}

/// What one original carried as identifiers, ready to be searched for.
///
/// It has no `Debug` or `Display`: it carries the identity of a patient.
pub struct Echo {
    lengths: Lengths,
    references: Vec<String>,
    /// Whole words, numbers and runs of kana, in normal spelling.
    words: HashMap<Box<str>, Mark>,
    /// Sound keys of names.
    sounds: HashMap<Box<str>, Sound>,
    /// Whole values, squeezed.
    wholes: HashMap<Box<str>, Mark>,
    /// UIDs that are too short to be searched for anywhere.
    short_uids: HashMap<Box<[u8]>, Mark>,
    days: Vec<(Day, Mark)>,
    /// Searched for in squeezed text.
    text: Needles,
    /// Full names too short to be searched for without what divides them; in text of normal spelling.
    phrases: Needles,
    /// Searched for in short binary values.
    bytes: Needles,
    /// Searched for in everything.
    stream: Arc<Needles>,
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

    /// Looks for identifiers in a binary value of at most some kilobytes, in any encoding.
    pub fn search_bytes(&self, bytes: &[u8], path: impl FnOnce() -> String) -> Option<Reason> {
        let mark = self.bytes.first(bytes).or_else(|| self.stream.first(bytes));
        mark.map(|mark| self.reason(mark, path()))
    }

    /// Looks for the longer identifiers and the original UIDs in any bytes; calls back with the position of each.
    pub(super) fn search_all(&self, bytes: &[u8], mut found: impl FnMut(usize, Mark)) {
        self.stream.search(bytes, |at, mark| {
            found(at, mark);
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
        if bare.len() < self.lengths.digits { None } else { self.words.get(bare).copied() }
    }

    /// Whether a DA or DT value is the birth date.
    pub(super) fn is_birth_date(&self, value: &[u8]) -> Option<Mark> {
        let text = std::str::from_utf8(value.get(..8)?).ok()?;
        let day = Day::of_digits(text)?;
        self.days.iter().find(|(d, _)| *d == day).map(|(_, mark)| *mark)
    }

    /// Whether the search was not exhaustive: more identifiers than the bound, or text made to match everywhere. The
    /// object must then be kept back.
    pub fn unfinished(&self) -> Option<Reason> {
        let needles = [&self.text, &self.phrases, &self.bytes, &*self.stream];
        let stopped = self.count() > self.lengths.most || needles.iter().any(|n| n.unfinished());
        stopped.then(|| unfinished(String::new()))
    }

    /// The number of strings that are searched for.
    fn count(&self) -> usize {
        let words =
            self.words.len() + self.sounds.len() + self.wholes.len() + self.short_uids.len();
        words
            + self.days.len()
            + self.text.len()
            + self.phrases.len()
            + self.bytes.len()
            + self.stream.len()
    }

    /// A search through pixel data that comes in pieces.
    pub fn stream(&self) -> StreamSearch {
        StreamSearch::new(Arc::clone(&self.stream), self.references.clone())
    }

    /// The reason that a match gives at a place.
    pub(super) fn reason(&self, mark: Mark, path: String) -> Reason {
        reason(&self.references, mark, path)
    }

    fn in_text(&self, text: &str) -> Option<Mark> {
        let text = text.trim_matches([' ', '\0']);
        if text.len() < 2 {
            return None;
        }
        SCRATCH.with_borrow_mut(|[normal, squeezed, key]| {
            normal.clear();
            squeezed.clear();
            normalise(text, normal);
            squeeze(normal, squeezed);
            self.whole(squeezed)
                .or_else(|| self.wholes.get(normal.as_str()).copied())
                .or_else(|| self.in_words(normal, key))
                .or_else(|| self.in_joined(normal, key))
                .or_else(|| self.text.first(squeezed.as_bytes()))
                .or_else(|| self.phrases.first(normal.as_bytes()))
                .or_else(|| dates::find(normal, &self.days))
        })
    }

    fn whole(&self, squeezed: &str) -> Option<Mark> {
        let bare = squeezed.trim_start_matches('0');
        self.wholes.get(squeezed).or_else(|| self.wholes.get(bare)).copied()
    }

    /// Words of one script: names by spelling and sound, numbers.
    fn in_words(&self, normal: &str, key: &mut String) -> Option<Mark> {
        runs(normal).find_map(|(kind, run)| match kind {
            Script::Letter | Script::Kana => {
                let exact = self.words.get(run).copied();
                exact.or_else(|| self.by_sound(run, key))
            }
            Script::Digit => self.number(run),
            _ => None,
        })
    }

    fn number(&self, digits: &str) -> Option<Mark> {
        let bare = digits.trim_start_matches('0');
        let exact = self.words.get(digits).or_else(|| self.words.get(bare));
        // Zeros in front of a short number make it as telling as a long one.
        let padded = digits.len() > bare.len() && digits.len() >= self.lengths.digits;
        exact.or_else(|| if padded { self.wholes.get(bare) } else { None }).copied()
    }

    fn by_sound(&self, run: &str, key: &mut String) -> Option<Mark> {
        if self.sounds.is_empty() || run.len() < self.lengths.exact_word || !sound_key(run, key) {
            return None;
        }
        let sound = self.sounds.get(key.as_str())?;
        (!sound.short || run.len() >= self.lengths.word).then_some(sound.mark)
    }

    /// Words of letters and digits mixed, and words joined by hyphens, dots and underscores.
    fn in_joined(&self, normal: &str, key: &mut String) -> Option<Mark> {
        let inside = |c: char| {
            matches!(script(c), Script::Letter | Script::Digit | Script::Kana) || "-_.".contains(c)
        };
        normal.split(|c| !inside(c)).find_map(|piece| {
            let piece = piece.trim_matches(['-', '_', '.']);
            let mixed =
                piece.contains(['-', '_', '.']) || piece.bytes().any(|b| b.is_ascii_digit());
            if piece.len() < self.lengths.number || !mixed {
                return None;
            }
            // Without what joins it, and each part between the joints.
            let parts = piece.split(['-', '_', '.']).filter(|p| p.len() < piece.len());
            let in_part = parts
                .filter(|p| p.len() >= self.lengths.number)
                .find_map(|p| self.words.get(p).copied());
            in_part.or_else(|| {
                key.clear();
                squeeze(piece, key);
                self.words.get(key.as_str()).copied()
            })
        })
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
    let rule = if mark.class == Class::Uid { "G2-06" } else { "G2-02" };
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
