//! Specific Character Set (0008,0005): decoding with ISO 2022 code extensions, on top of `encoding_rs`.
//!
//! Decoding is for matching and for text that is written anew; bytes that are kept are never transcoded.
//! The rules are PS3.3 C.12.1.1.2 and PS3.5 6.1.2: what a value starts with, which escapes may follow, and where the
//! state falls back to the start. Where a file breaks them, as much text as possible comes out, marked incomplete.

mod machine;
mod rewrite;
mod suspects;
mod terms;

use std::borrow::Cow;

use encoding_rs::{Encoding, GB18030, GBK};

use machine::{Machine, Run, Unit};
use terms::{Set, Term};

pub use suspects::suspects;

/// The character sets that a (0008,0005) value declares (PS3.3 C.12.1.1.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CharacterSet {
    kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    /// ISO_IR 192: one value, no escapes.
    Utf8,
    /// GB18030 or GBK: one value, no escapes, a second byte may be 0x5C.
    Gb(&'static Encoding),
    /// One-byte sets and code extensions: the set of value 1, and all that are declared.
    Iso2022 {
        initial: Set,
        declared: Vec<Set>,
        /// Some term was not understood: nothing but ASCII is certain.
        unknown: bool,
    },
}

/// What a text VR means for splitting and for resets of the code extension state (PS3.5 6.1.2.5.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextKind {
    /// PN: `\`, `^` and `=` reset.
    PersonName,
    /// SH, LO, UC: `\` separates values and resets.
    MultiValue,
    /// ST, LT, UT: one value; CR, LF, FF and TAB reset.
    SingleText,
}

impl TextKind {
    /// The kind of a VR to which (0008,0005) applies; `None` for every other VR (PS3.5 6.1.2.3).
    pub fn of(vr: super::VR) -> Option<TextKind> {
        use super::VR;
        match vr {
            VR::PN => Some(TextKind::PersonName),
            VR::SH | VR::LO | VR::UC => Some(TextKind::MultiValue),
            VR::ST | VR::LT | VR::UT => Some(TextKind::SingleText),
            _ => None,
        }
    }
}

/// Decoded text, and whether the declared sets were enough.
pub struct Decoded<'a> {
    /// The text, padding included; bytes that no set explains are U+FFFD.
    pub text: Cow<'a, str>,
    /// False where some byte could not be decoded under the declared sets.
    pub complete: bool,
}

impl Default for CharacterSet {
    /// The default repertoire: ASCII.
    fn default() -> Self {
        CharacterSet::iso2022(Set::Ascii, Vec::new())
    }
}

impl CharacterSet {
    /// From the raw value of (0008,0005); empty means the default repertoire.
    /// Misspelt terms that are met in practice are understood; an unknown term makes every non-ASCII
    /// decode incomplete.
    pub fn parse(value: &[u8]) -> CharacterSet {
        let mut declared = Vec::new();
        let mut unknown = false;
        for (i, raw) in value.split(|b| *b == b'\\').enumerate() {
            match terms::term(raw) {
                // One of these stands alone; in a list only the first value can say it.
                Some(Term::Utf8) if i == 0 => return CharacterSet { kind: Kind::Utf8 },
                Some(Term::Gb18030) if i == 0 => return CharacterSet { kind: Kind::Gb(GB18030) },
                Some(Term::Gbk) if i == 0 => return CharacterSet { kind: Kind::Gb(GBK) },
                Some(Term::Set(set)) => declared.push(set),
                Some(_) => {}
                None => {
                    unknown = true;
                    declared.push(Set::Ascii);
                }
            }
        }
        let initial = declared.first().copied().unwrap_or(Set::Ascii);
        CharacterSet { kind: Kind::Iso2022 { initial, declared, unknown } }
    }

    fn iso2022(initial: Set, declared: Vec<Set>) -> CharacterSet {
        CharacterSet { kind: Kind::Iso2022 { initial, declared, unknown: false } }
    }

    /// Whether all of its terms are.
    pub fn is_known(&self) -> bool {
        !matches!(self.kind, Kind::Iso2022 { unknown: true, .. })
    }

    /// Whether this is ISO_IR 192.
    pub fn is_utf8(&self) -> bool {
        self.kind == Kind::Utf8
    }

    /// The raw values of a multi-valued text element, split on `\` by the rules of PS3.5 6.1.2.5
    /// (a 0x5C inside a two-byte character is not a separator).
    pub fn split<'a>(&self, value: &'a [u8], kind: TextKind) -> Vec<&'a [u8]> {
        if kind == TextKind::SingleText {
            return vec![value];
        }
        let mut parts = Vec::new();
        let mut start = 0;
        self.each_separator(value, kind, |at| {
            parts.push(value.get(start..at).unwrap_or_default());
            start = at + 1;
        });
        parts.push(value.get(start..).unwrap_or_default());
        parts
    }

    /// Calls back with the position of each `\` that separates values.
    fn each_separator(&self, value: &[u8], kind: TextKind, mut found: impl FnMut(usize)) {
        let mut at = 0;
        match &self.kind {
            Kind::Utf8 => {
                value.iter().enumerate().filter(|(_, b)| **b == b'\\').for_each(|(i, _)| found(i));
            }
            Kind::Gb(_) => {
                while let Some(rest) = value.get(at..).filter(|r| !r.is_empty()) {
                    if rest.first() == Some(&b'\\') {
                        found(at);
                    }
                    at += gb_length(rest);
                }
            }
            Kind::Iso2022 { .. } => {
                let mut machine = Machine::new(self, kind);
                while let Some(rest) = value.get(at..).filter(|r| !r.is_empty()) {
                    let (unit, length) = machine.step(rest);
                    if matches!(unit, Unit::Ascii(b'\\')) {
                        found(at);
                    }
                    at += length;
                }
            }
        }
    }

    /// Decodes a whole element value.
    pub fn decode<'a>(&self, value: &'a [u8], kind: TextKind) -> Decoded<'a> {
        if let Some(text) = plain(value)
            && !self.is_romaji(text, kind)
        {
            return Decoded { text: Cow::Borrowed(text), complete: true };
        }
        match &self.kind {
            Kind::Utf8 => Decoded {
                text: String::from_utf8_lossy(value),
                complete: std::str::from_utf8(value).is_ok() && !value.contains(&machine::ESC),
            },
            Kind::Gb(encoding) => {
                let (text, errors) = encoding.decode_without_bom_handling(value);
                Decoded { text, complete: !errors && !value.contains(&machine::ESC) }
            }
            Kind::Iso2022 { unknown, .. } => {
                let mut decoded = self.run(value, kind);
                decoded.complete &= !unknown;
                decoded
            }
        }
    }

    /// Whether this ASCII is no ASCII: ISO-IR 14 has a yen sign and an overline in the places of `\\` and `~`.
    fn is_romaji(&self, text: &str, kind: TextKind) -> bool {
        let initial = matches!(self.kind, Kind::Iso2022 { initial: Set::JisX0201, .. });
        let yen = kind == TextKind::SingleText;
        initial && text.bytes().any(|b| b == b'~' || (yen && b == b'\\'))
    }

    fn run<'a>(&self, value: &'a [u8], kind: TextKind) -> Decoded<'a> {
        let mut machine = Machine::new(self, kind);
        let mut run = Run::with_capacity(value.len());
        let mut at = 0;
        while let Some(rest) = value.get(at..).filter(|r| !r.is_empty()) {
            let (unit, length) = machine.step(rest);
            run.push(unit);
            at += length;
        }
        let (text, whole) = run.finish();
        Decoded { text: Cow::Owned(text), complete: whole && machine.lawful }
    }
}

/// The value as it stands if it is ASCII without escapes, which reads the same in every set but one.
fn plain(value: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(value).ok()?;
    (text.is_ascii() && !value.contains(&machine::ESC)).then_some(text)
}

/// The bytes of the next GB18030 character.
fn gb_length(rest: &[u8]) -> usize {
    match rest {
        [0x81..=0xFE, 0x40..=0x7E | 0x80..=0xFE, ..] => 2,
        [0x81..=0xFE, b'0'..=b'9', 0x81..=0xFE, b'0'..=b'9', ..] => 4,
        _ => 1,
    }
}

#[cfg(test)]
mod tests;
