//! Many byte strings searched for at once, made anew for each object: cheap to build, fast to run.
//!
//! Four bytes near the end of each string stand in a filter. The text is looked at only every `stride` bytes, which is
//! enough because each string has entered the filter with `stride` neighbouring places. Where the filter says yes, the
//! whole string is compared. ASCII letters match in either case.

use std::{
    collections::HashSet,
    ops::Range,
    sync::atomic::{AtomicU64, Ordering},
};

use super::echo::Mark;

const GRAM: usize = 4;
const FILTER_BITS: u32 = 16;
/// The longest string kept; of a longer one the beginning is enough.
pub(super) const LONGEST: usize = 64;
/// Candidates that are compared before a search gives up. A clean object of two gigabytes needs some thousands; one
/// that is made to match everywhere would hold a thread for hours.
const PATIENCE: u64 = 20_000_000;
/// Sets a bit in which upper and lower case differ.
const FOLD: u32 = 0x2020_2020;

/// What may not stand beside a match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bound {
    /// Anything may.
    Free,
    /// No ASCII letter, no digit.
    Word,
    /// No digit and no dot before, no digit behind.
    Uid,
}

struct Needle {
    start: u32,
    length: u8,
    bound: Bound,
    mark: Mark,
}

struct Gram {
    bytes: u32,
    needle: u16,
    offset: u8,
}

/// A set of byte strings.
pub(super) struct Needles {
    bytes: Vec<u8>,
    needles: Vec<Needle>,
    grams: Vec<Gram>,
    filter: Vec<u64>,
    stride: usize,
    seen: HashSet<Box<[u8]>>,
    full: bool,
    spent: AtomicU64,
}

impl Needles {
    /// An empty set; strings shorter than `stride + 3` bytes are not taken.
    pub(super) fn new(stride: usize) -> Needles {
        Needles {
            bytes: Vec::with_capacity(2048),
            needles: Vec::new(),
            grams: Vec::new(),
            filter: Vec::new(),
            stride,
            seen: HashSet::new(),
            full: false,
            spent: AtomicU64::new(0),
        }
    }

    /// Whether not everything was searched for: more strings than fit, or more work than [`PATIENCE`] allows.
    pub(super) fn unfinished(&self) -> bool {
        self.full || self.spent.load(Ordering::Relaxed) > PATIENCE
    }

    /// The number of strings.
    pub(super) fn len(&self) -> usize {
        self.needles.len()
    }

    /// Adds a string.
    pub(super) fn add(&mut self, text: &[u8], bound: Bound, mark: Mark) {
        let text = text.get(..LONGEST).unwrap_or(text);
        let Some(last) = text.len().checked_sub(GRAM) else { return };
        if last + 1 < self.stride || self.seen.contains(text) {
            return;
        }
        let Ok(number) = u16::try_from(self.needles.len()) else {
            self.full = true;
            return;
        };
        self.seen.insert(text.into());
        for offset in last + 1 - self.stride..=last {
            if let Some(bytes) = gram(text.get(offset..).unwrap_or_default()) {
                self.grams.push(Gram { bytes, needle: number, offset: offset as u8 });
            }
        }
        let start = self.bytes.len() as u32;
        self.bytes.extend_from_slice(text);
        self.needles.push(Needle { start, length: text.len() as u8, bound, mark });
    }

    /// Makes it ready to search; nothing is added afterwards.
    pub(super) fn seal(&mut self) {
        self.seen = HashSet::new();
        if self.needles.is_empty() {
            return;
        }
        let mut grams = std::mem::take(&mut self.grams);
        grams.sort_unstable_by_key(|g| (g.bytes, g.offset));
        // A string that was added twice is kept once.
        grams.dedup_by(|a, b| {
            (a.bytes, a.offset) == (b.bytes, b.offset) && self.of(a) == self.of(b)
        });
        self.grams = grams;
        self.filter = vec![0; 1 << (FILTER_BITS - 6)];
        for gram in &self.grams {
            let slot = slot(gram.bytes);
            if let Some(word) = self.filter.get_mut(slot >> 6) {
                *word |= 1 << (slot & 63);
            }
        }
    }

    fn of(&self, gram: &Gram) -> &[u8] {
        self.needles.get(usize::from(gram.needle)).map_or(&[], |needle| self.text(needle))
    }

    fn text(&self, needle: &Needle) -> &[u8] {
        let start = needle.start as usize;
        self.bytes.get(start..start + usize::from(needle.length)).unwrap_or_default()
    }

    /// Calls back with the place and the mark of each match, until it says that this is enough.
    pub(super) fn search(
        &self,
        haystack: &[u8],
        mut found: impl FnMut(Range<usize>, Mark) -> bool,
    ) {
        let Ok(filter) = <&[u64; 1 << (FILTER_BITS - 6)]>::try_from(self.filter.as_slice()) else {
            return;
        };
        let mut check = |at: usize, bytes: u32| {
            let slot = slot(bytes);
            // The index cannot pass the array: the slot has FILTER_BITS bits.
            filter[slot >> 6] & (1 << (slot & 63)) != 0
                && self.verify(haystack, at, bytes, &mut found)
        };
        let mut at = 0;
        let steps = haystack.chunks_exact(self.stride.max(GRAM));
        if self.stride >= GRAM {
            for step in steps {
                if let Some(bytes) = step.first_chunk::<GRAM>()
                    && check(at, u32::from_le_bytes(*bytes) | FOLD)
                {
                    return;
                }
                at += self.stride;
            }
        }
        while let Some(bytes) = haystack.get(at..).and_then(gram) {
            if check(at, bytes) {
                return;
            }
            at += self.stride;
        }
    }

    /// The first match.
    pub(super) fn first(&self, haystack: &[u8]) -> Option<Mark> {
        let mut first = None;
        self.search(haystack, |_, mark| {
            first = Some(mark);
            true
        });
        first
    }

    #[cold]
    fn verify(
        &self,
        haystack: &[u8],
        at: usize,
        bytes: u32,
        found: &mut impl FnMut(Range<usize>, Mark) -> bool,
    ) -> bool {
        let from = self.grams.partition_point(|g| g.bytes < bytes);
        for gram in self.grams.iter().skip(from).take_while(|g| g.bytes == bytes) {
            if self.spent.fetch_add(1, Ordering::Relaxed) > PATIENCE {
                return true;
            }
            let Some(needle) = self.needles.get(usize::from(gram.needle)) else { continue };
            let Some(start) = at.checked_sub(usize::from(gram.offset)) else { continue };
            let end = start + usize::from(needle.length);
            let hit =
                haystack.get(start..end).is_some_and(|h| h.eq_ignore_ascii_case(self.text(needle)));
            let before = start.checked_sub(1).and_then(|i| haystack.get(i)).copied();
            if hit
                && free(needle.bound, before, haystack.get(end).copied())
                && found(start..end, needle.mark)
            {
                return true;
            }
        }
        false
    }
}

fn free(bound: Bound, before: Option<u8>, behind: Option<u8>) -> bool {
    match bound {
        Bound::Free => true,
        Bound::Word => {
            !before.is_some_and(|b| b.is_ascii_alphanumeric())
                && !behind.is_some_and(|b| b.is_ascii_alphanumeric())
        }
        Bound::Uid => {
            !before.is_some_and(|b| b.is_ascii_digit() || b == b'.')
                && !behind.is_some_and(|b| b.is_ascii_digit())
        }
    }
}

fn gram(text: &[u8]) -> Option<u32> {
    text.first_chunk::<GRAM>().map(|b| u32::from_le_bytes(*b) | FOLD)
}

fn slot(gram: u32) -> usize {
    (gram.wrapping_mul(0x9E37_79B1) >> (32 - FILTER_BITS)) as usize
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn set(stride: usize, texts: &[&[u8]], bound: Bound) -> Needles {
        let mut needles = Needles::new(stride);
        texts.iter().for_each(|t| needles.add(t, bound, Mark::default()));
        needles.seal();
        needles
    }

    #[test]
    fn bounds_and_case() {
        let word = set(1, &[b"yamada"], Bound::Word);
        assert!(word.first(b"Dr. YAMADA!").is_some());
        assert!(word.first(b"yamadaya").is_none() && word.first(b"7yamada").is_none());
        let uid = set(5, &[b"1.2.3.4567.89"], Bound::Uid);
        assert!(uid.first(b"1.2.3.4567.89.1").is_some());
        assert!(uid.first(b"1.2.3.4567.890").is_none() && uid.first(b"1.1.2.3.4567.89").is_none());
        assert!(set(5, &[], Bound::Free).first(b"anything at all").is_none());
    }

    #[test]
    fn what_does_not_fit_or_takes_too_long_is_said() {
        let mut many = Needles::new(1);
        for number in 0..=u32::from(u16::MAX) + 1 {
            many.add(format!("number {number}").as_bytes(), Bound::Free, Mark::default());
        }
        assert!(many.unfinished());

        let mut alike = Needles::new(1);
        for number in 0..3_000 {
            alike.add(format!("{number:06}....").as_bytes(), Bound::Free, Mark::default());
        }
        alike.seal();
        assert!(!alike.unfinished());
        assert!(alike.first(&vec![b'.'; 100_000]).is_none());
        assert!(alike.unfinished());
    }

    proptest! {
        #[test]
        fn finds_what_a_plain_search_finds(
            text in prop::collection::vec(prop_oneof![Just(b'a'), Just(b'b')], 0..120),
            needle in prop::collection::vec(prop_oneof![Just(b'a'), Just(b'b')], 8..12),
            stride in 1_usize..6,
        ) {
            let needles = set(stride, &[&needle], Bound::Free);
            let plain = text.windows(needle.len()).any(|w| w == needle);
            prop_assert_eq!(needles.first(&text).is_some(), plain);
        }
    }
}
