//! The state machine of ISO 2022 code extensions: which set fills which half of the code table, character by character.

use encoding_rs::{EUC_JP, EUC_KR, Encoding, GBK};

use super::terms::{ESCAPES, Half, Set};
use super::{CharacterSet, Kind, TextKind};

/// The byte that starts an escape sequence.
pub(super) const ESC: u8 = 0x1B;

/// One step through a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    /// A character of the lower half, or a control.
    Ascii(u8),
    /// A character by its Unicode scalar.
    Char(char),
    /// One or two bytes of a set that `encoding_rs` knows, in the form it wants.
    Coded(&'static Encoding, [u8; 3], u8),
    /// An escape sequence: no text.
    Escape,
    /// A byte that no designated set explains.
    Bad,
}

pub(super) struct Machine<'s> {
    initial: Set,
    declared: &'s [Set],
    kind: TextKind,
    g0: Set,
    g1: Option<Set>,
    /// Half-width katakana designated to the lower half, which only text libraries do.
    katakana_low: bool,
    /// Whether all escapes were declared and every character was in place.
    pub(super) lawful: bool,
}

impl<'s> Machine<'s> {
    pub(super) fn new(set: &'s CharacterSet, kind: TextKind) -> Machine<'s> {
        let (initial, declared) = match &set.kind {
            Kind::Iso2022 { initial, declared, .. } => (*initial, declared.as_slice()),
            _ => (Set::Ascii, &[][..]),
        };
        let mut machine = Machine {
            initial,
            declared,
            kind,
            g0: Set::Ascii,
            g1: None,
            katakana_low: false,
            lawful: true,
        };
        machine.reset();
        machine
    }

    /// Back to the sets of value 1 (PS3.5 6.1.2.5.3).
    fn reset(&mut self) {
        self.katakana_low = false;
        self.g0 = if self.initial == Set::JisX0201 { Set::JisX0201 } else { Set::Ascii };
        // A two-byte set of the lower half as value 1 is met alone (`ISO 2022 IR 87`): it starts in ASCII.
        self.g1 = match self.initial {
            Set::Ascii | Set::JisX0208 | Set::JisX0212 => None,
            set => Some(set),
        };
    }

    /// Reads one unit from the front of `rest`, which is not empty; returns it with its length, at least 1.
    pub(super) fn step(&mut self, rest: &[u8]) -> (Unit, usize) {
        let Some(&first) = rest.first() else { return (Unit::Bad, 1) };
        match first {
            ESC => self.escape(rest),
            0x21..=0x7E if matches!(self.g0, Set::JisX0208 | Set::JisX0212) => self.double(rest),
            0x00..=0x7F => (self.single(first), 1),
            0xA0..=0xFF => self.upper(rest),
            _ => self.bad(1),
        }
    }

    fn bad(&mut self, length: usize) -> (Unit, usize) {
        self.lawful = false;
        (Unit::Bad, length)
    }

    fn escape(&mut self, rest: &[u8]) -> (Unit, usize) {
        let tail = rest.get(1..).unwrap_or_default();
        let Some((bytes, half, set, lawful)) = ESCAPES.iter().find(|e| tail.starts_with(e.0))
        else {
            return self.bad(1);
        };
        // ASCII may always be returned to where code extensions are in use at all.
        let declared = self.declared.contains(set) || (*set == Set::Ascii && self.extended());
        self.lawful &= *lawful && declared;
        self.katakana_low = *half == Half::G0 && *set == Set::JisX0201 && !lawful;
        match half {
            Half::G0 => self.g0 = *set,
            Half::G1 => self.g1 = Some(*set),
        }
        (Unit::Escape, 1 + bytes.len())
    }

    fn extended(&self) -> bool {
        self.declared.len() > 1 || matches!(self.initial, Set::JisX0208 | Set::JisX0212)
    }

    /// A two-byte character of the lower half.
    fn double(&mut self, rest: &[u8]) -> (Unit, usize) {
        match *rest {
            [a, b @ 0x21..=0x7E, ..] if self.g0 == Set::JisX0208 => (jis_x_0208(a, b), 2),
            [a, b @ 0x21..=0x7E, ..] => (Unit::Coded(EUC_JP, [0x8F, a | 0x80, b | 0x80], 3), 2),
            // Half a character: the way back was forgotten before a separator.
            [a, ..] if self.separates(a) => {
                self.lawful = false;
                self.reset();
                (Unit::Ascii(a), 1)
            }
            _ => self.bad(1),
        }
    }

    /// Whether a `\\`, `^` or `=` has a meaning here.
    fn separates(&self, byte: u8) -> bool {
        match byte {
            b'\\' => self.kind != TextKind::SingleText,
            b'^' | b'=' => self.kind == TextKind::PersonName,
            _ => false,
        }
    }

    /// A control or a one-byte character of the lower half.
    fn single(&mut self, byte: u8) -> Unit {
        if self.katakana_low && (0x21..=0x5F).contains(&byte) {
            return katakana(byte | 0x80);
        }
        if matches!(byte, b'\n' | b'\r' | 0x0C | b'\t') || self.separates(byte) {
            self.reset();
            return Unit::Ascii(byte);
        }
        match byte {
            b'\\' if self.g0 == Set::JisX0201 => Unit::Char('¥'),
            b'~' if self.g0 == Set::JisX0201 => Unit::Char('‾'),
            _ => Unit::Ascii(byte),
        }
    }

    /// A character of the upper half, one or two bytes by its set.
    fn upper(&mut self, rest: &[u8]) -> (Unit, usize) {
        let Some(&byte) = rest.first() else { return (Unit::Bad, 1) };
        let set = self.g1.or_else(|| {
            // The designation was forgotten (often after `^`): the set that was declared for this half is meant.
            self.lawful = false;
            let above = |s: &&Set| !matches!(s, Set::Ascii | Set::JisX0208 | Set::JisX0212);
            self.declared.iter().find(above).copied()
        });
        match (set, rest) {
            (Some(Set::Latin1), _) => (Unit::Char(byte as char), 1),
            (Some(Set::Upper(encoding)), _) => (Unit::Coded(encoding, [byte, 0, 0], 1), 1),
            (Some(Set::JisX0201), [0xA1..=0xDF, ..]) => (katakana(byte), 1),
            // `encoding_rs` knows the supersets UHC and GBK, whose further characters lie outside these ranges.
            (Some(Set::KsX1001), [a @ 0xA1..=0xFE, b @ 0xA1..=0xFE, ..]) => {
                (Unit::Coded(EUC_KR, [*a, *b, 0], 2), 2)
            }
            (Some(Set::Gb2312), [a @ (0xA1..=0xA9 | 0xB0..=0xF7), b @ 0xA1..=0xFE, ..]) => {
                (Unit::Coded(GBK, [*a, *b, 0], 2), 2)
            }
            _ => self.bad(1),
        }
    }
}

/// A character of JIS X 0208. `encoding_rs` reads six signs as Windows does; by JIS X 0221 they are these.
fn jis_x_0208(a: u8, b: u8) -> Unit {
    match (a, b) {
        (0x21, 0x41) => Unit::Char('〜'),
        (0x21, 0x42) => Unit::Char('‖'),
        (0x21, 0x5D) => Unit::Char('−'),
        (0x21, 0x71) => Unit::Char('¢'),
        (0x21, 0x72) => Unit::Char('£'),
        (0x22, 0x4C) => Unit::Char('¬'),
        _ => Unit::Coded(EUC_JP, [a | 0x80, b | 0x80, 0], 2),
    }
}

/// The half-width katakana of JIS X 0201, 0xA1 to 0xDF, stand at U+FF61 in the same order.
fn katakana(byte: u8) -> Unit {
    let scalar = 0xFF61 + u32::from(byte.wrapping_sub(0xA1));
    char::from_u32(scalar).map_or(Unit::Bad, Unit::Char)
}

/// Gathers units into text; characters of one `encoding_rs` set are decoded together.
pub(super) struct Run {
    text: String,
    waiting: Vec<u8>,
    encoding: Option<&'static Encoding>,
    whole: bool,
}

impl Run {
    pub(super) fn with_capacity(bytes: usize) -> Run {
        let text = String::with_capacity(bytes + bytes / 2);
        Run { text, waiting: Vec::new(), encoding: None, whole: true }
    }

    pub(super) fn push(&mut self, unit: Unit) {
        if let Unit::Coded(encoding, bytes, length) = unit {
            if self.encoding != Some(encoding) {
                self.flush();
                self.encoding = Some(encoding);
            }
            self.waiting.extend_from_slice(bytes.get(..usize::from(length)).unwrap_or_default());
            return;
        }
        self.flush();
        match unit {
            Unit::Ascii(byte) => self.text.push(byte as char),
            Unit::Char(c) => self.text.push(c),
            Unit::Bad => {
                self.whole = false;
                self.text.push(char::REPLACEMENT_CHARACTER);
            }
            Unit::Escape | Unit::Coded(..) => {}
        }
    }

    fn flush(&mut self) {
        if let Some(encoding) = self.encoding.take() {
            let (text, errors) = encoding.decode_without_bom_handling(&self.waiting);
            self.text.push_str(&text);
            self.whole &= !errors;
            self.waiting.clear();
        }
    }

    pub(super) fn finish(mut self) -> (String, bool) {
        self.flush();
        (self.text, self.whole)
    }
}
