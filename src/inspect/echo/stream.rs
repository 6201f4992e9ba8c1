//! Searching pixel data as it goes past.

use std::sync::Arc;

use crate::records::Reason;

use super::{
    super::needles::{LONGEST, Needles},
    Mark,
    bytes::counts,
    reason, unfinished,
};

/// Of each fragment, this much is also searched for shorter identifiers: there stand the comments of JPEG.
const BEGINNING: usize = 2048;

/// A search through bytes that come in pieces. It remembers the end of each piece, so a value across two is found.
pub struct StreamSearch {
    needles: Arc<Needles>,
    /// Shorter ones, looked for where a fragment begins.
    short: Arc<Needles>,
    /// Bytes left of a fragment's beginning.
    beginning: usize,
    references: Vec<String>,
    carried: Vec<u8>,
    found: Option<Mark>,
}

impl StreamSearch {
    pub(super) fn new(
        needles: Arc<Needles>,
        short: Arc<Needles>,
        references: Vec<String>,
    ) -> StreamSearch {
        let carried = Vec::with_capacity(2 * LONGEST);
        StreamSearch { needles, short, beginning: 0, references, carried, found: None }
    }

    /// Looks through the next piece; true from the first match on, or when the search has to give up.
    ///
    /// The header of an item, which is always a piece of its own, is passed over: a value may go on in the next fragment
    /// (PS3.5 A.4).
    pub fn feed(&mut self, piece: &[u8]) -> bool {
        if self.found.is_some() || self.unfinished() {
            return true;
        }
        if let [0xFE, 0xFF, 0x00, 0xE0, _, _, _, _] = piece {
            self.beginning = BEGINNING;
            return false;
        }
        if self.beginning > 0 {
            let beginning = piece.get(..self.beginning).unwrap_or(piece);
            self.beginning -= beginning.len();
            self.short.search(beginning, |at, mark| {
                if counts(&at, usize::MAX) {
                    self.found = Some(mark);
                }
                self.found.is_some()
            });
        }
        let overlap = LONGEST - 1;
        if !self.carried.is_empty() {
            let kept = self.carried.len();
            self.carried.extend_from_slice(piece.get(..overlap).unwrap_or(piece));
            self.found = self.needles.first(&self.carried);
            self.carried.truncate(kept);
        }
        if self.found.is_none() {
            self.found = self.needles.first(piece);
        }
        if let Some(end) = piece.len().checked_sub(overlap) {
            self.carried.clear();
            self.carried.extend_from_slice(piece.get(end..).unwrap_or_default());
        } else {
            self.carried.extend_from_slice(piece);
            let surplus = self.carried.len().saturating_sub(overlap);
            self.carried.drain(..surplus);
        }
        self.found.is_some() || self.unfinished()
    }

    fn unfinished(&self) -> bool {
        self.needles.unfinished() || self.short.unfinished()
    }

    /// What was found, as a reason to keep the object back.
    pub fn reason(&self) -> Option<Reason> {
        let path = "(7FE0,0010)".to_owned();
        match self.found {
            Some(mark) => Some(reason(&self.references, mark, path)),
            None => self.unfinished().then(|| unfinished(path)),
        }
    }
}
