//! Binary values: identifiers in any encoding, texts in ASCII among the bytes, and texts that escapes divide.

use std::ops::Range;

use super::{Echo, Mark, SCRATCH};
use crate::inspect::normal::normalise;

/// Values longer than this are not looked through for texts that escapes of ISO 2022 divide.
const ESCAPED: usize = 65_536;

/// In longer values, short identifiers turn up by chance.
const SHORT_VALUE: usize = 4096;

/// What is searched for in longer values, in bytes: by chance, one of these is met once in some hundred thousand values of a
/// megabyte.
const IN_LONG: usize = 6;

/// Runs of printable bytes in longer values that are read as texts.
const TEXT_IN_LONG: usize = 16;

/// Whether a match at a place counts in a value of that length.
pub(super) fn counts(at: &Range<usize>, length: usize) -> bool {
    length <= SHORT_VALUE || at.len() >= IN_LONG
}

impl Echo {
    pub(super) fn in_bytes(&self, bytes: &[u8]) -> Option<Mark> {
        let short = |bytes: &[u8]| {
            let mut first = None;
            self.bytes.search(bytes, |at, mark| {
                first = Some(mark).filter(|_| counts(&at, bytes.len()));
                first.is_some()
            });
            first
        };
        let plain = |bytes: &[u8]| short(bytes).or_else(|| self.stream.first(bytes));
        plain(bytes)
            .or_else(|| without_escapes(bytes).and_then(|bare| plain(&bare)))
            .or_else(|| self.in_printable(bytes))
    }

    /// Runs of printable ASCII, read as texts.
    fn in_printable(&self, bytes: &[u8]) -> Option<Mark> {
        let printable = |b: &u8| matches!(b, 0x20..=0x7E);
        let long = bytes.len() > SHORT_VALUE;
        let least = if long { TEXT_IN_LONG } else { self.lengths.bytes };
        let mut runs = bytes.split(|b| !printable(b)).filter(|r| r.len() >= least);
        runs.find_map(|run| {
            let text = std::str::from_utf8(run).ok()?.trim();
            SCRATCH.with_borrow_mut(|[normal, _, key]| {
                normal.clear();
                normalise(text, normal);
                self.in_words(normal, key)
                    .or_else(|| self.in_joined(normal, key))
                    .or_else(|| self.days.find(normal, &self.contexts, false))
            })
        })
    }
}

/// The bytes without the escapes of ISO 2022, if there are any: a name may go on behind one.
fn without_escapes(bytes: &[u8]) -> Option<Vec<u8>> {
    let escaped = |pair: &[u8]| matches!(pair, [0x1B, b'$' | b'(' | b')']);
    if bytes.len() > ESCAPED || !bytes.windows(2).any(escaped) {
        return None;
    }
    let mut bare = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    loop {
        rest = match rest {
            [0x1B, b'$', b'(' | b')' | b'-', _, rest @ ..] => rest,
            [0x1B, b'$' | b'(' | b')' | b'-', _, rest @ ..] => rest,
            [byte, rest @ ..] => {
                bare.push(*byte);
                rest
            }
            [] => return Some(bare),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_go_and_nothing_else() {
        assert_eq!(without_escapes(b"plain"), None);
        let split = b"a\x1B$B;3\x1B(B\x1B$B\x45\x44\x1B(Bz\x1B$(D\x30\x30\x1B)I\xD4";
        assert_eq!(without_escapes(split).as_deref(), Some(&b"a;3EDz00\xD4"[..]));
        assert_eq!(without_escapes(b"\x1B$B\x1B").as_deref(), Some(&b"\x1B"[..]));
    }
}
