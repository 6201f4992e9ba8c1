//! The push parser for data sets: bytes in, events out, no I/O.
//!
//! It guesses nothing. Descending or repeated tags, a value that ends past its item, a delimiter out of place, an
//! unknown VR and missing bytes are errors; depth and count are bounded before anything is allocated. It holds at
//! most the twelve bytes of one header; values pass through as slices of the input.

use dicom_core::dictionary::VirtualVr;

use super::{
    Tag, VR,
    dataset::ParseError,
    dictionary,
    encode::{UNDEFINED, has_long_length},
    syntax::Encoding,
};

/// Bounds of the structure. Bytes are bounded by whoever keeps them.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Sequences inside sequences.
    pub depth: usize,
    /// Elements and items in all.
    pub elements: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { depth: 32, elements: 1_000_000 }
    }
}

/// What comes next in the data set.
#[derive(Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// An element that is not a sequence. [`Event::Chunk`]s of `length` bytes and [`Event::ValueEnd`] follow.
    Value {
        /// Its tag.
        tag: Tag,
        /// Its VR (from the dictionary for Implicit VR).
        vr: VR,
        /// Length of the value.
        length: u32,
    },
    /// Bytes of the open value or fragment.
    Chunk(&'a [u8]),
    /// The open value or fragment is complete.
    ValueEnd,
    /// A sequence begins: items or [`Event::SequenceEnd`] follow.
    SequenceStart {
        /// Its tag.
        tag: Tag,
    },
    /// An item begins.
    ItemStart {
        /// Whether its content is Implicit VR inside an explicit data set (CP-246).
        implicit: bool,
    },
    /// The open item ends.
    ItemEnd,
    /// The open sequence ends.
    SequenceEnd,
    /// Encapsulated pixel data begins: fragments or [`Event::FragmentsEnd`] follow.
    FragmentsStart {
        /// Its tag.
        tag: Tag,
        /// Its VR.
        vr: VR,
    },
    /// A fragment. Chunks of `length` bytes and [`Event::ValueEnd`] follow.
    Fragment {
        /// Its length.
        length: u32,
    },
    /// The fragments end.
    FragmentsEnd,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Root,
    Item,
    Sequence,
    Fragments,
}

#[derive(Clone, Copy)]
struct Frame {
    kind: Kind,
    /// Where it ends, if its length is defined.
    end: Option<u64>,
    /// Where it must have ended at the latest: the nearest defined end around it.
    limit: u64,
    /// The last tag inside (of an item or the root).
    last: Option<Tag>,
    /// The sequence's own tag, for messages.
    tag: Tag,
    encoding: Encoding,
}

/// The parser. Feed it with [`Tokenizer::next`] until that gives `None`, then with more bytes; at the end ask
/// [`Tokenizer::finish`].
pub struct Tokenizer {
    stack: Vec<Frame>,
    limits: Limits,
    position: u64,
    count: u32,
    head: [u8; 12],
    have: usize,
    /// Bytes of the open value that are still to come; `None` where no value is open.
    remaining: Option<u32>,
}

const PIXEL_DATA: Tag = Tag(0x7FE0, 0x0010);
const ITEM: Tag = Tag(0xFFFE, 0xE000);
const ITEM_END: Tag = Tag(0xFFFE, 0xE00D);
const SEQUENCE_END: Tag = Tag(0xFFFE, 0xE0DD);

impl Tokenizer {
    /// A parser at the start of a data set.
    pub fn new(encoding: Encoding, limits: Limits) -> Tokenizer {
        let root = Frame {
            kind: Kind::Root,
            end: None,
            limit: u64::MAX,
            last: None,
            tag: Tag(0, 0),
            encoding,
        };
        Tokenizer {
            stack: vec![root],
            limits,
            position: 0,
            count: 0,
            head: [0; 12],
            have: 0,
            remaining: None,
        }
    }

    /// Bytes consumed so far.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Sequences that are open: 0 at the top level.
    pub fn depth(&self) -> usize {
        self.stack.iter().filter(|f| matches!(f.kind, Kind::Sequence)).count()
    }

    /// Whether the fragments of encapsulated pixel data are open.
    pub fn in_fragments(&self) -> bool {
        self.top().kind == Kind::Fragments
    }

    /// The next event; consumes what it needs from `input`. `None` where `input` is used up.
    ///
    /// # Errors
    /// The first violation. The parser is then of no further use.
    #[inline] // the event goes back in registers
    pub fn next<'a>(&mut self, input: &mut &'a [u8]) -> Result<Option<Event<'a>>, ParseError> {
        if let Some(remaining) = self.remaining {
            return Ok(self.value(remaining, input));
        }
        if self.have == 0
            && let Some(event) = self.close_defined()
        {
            return Ok(Some(event));
        }
        match self.top().kind {
            Kind::Root | Kind::Item => self.element(input),
            Kind::Sequence => self.item(input),
            Kind::Fragments => self.fragment(input),
        }
    }

    /// The open value or fragment in one piece, if all of it is still to come and stands in `input`: its
    /// [`Event::Chunk`] and [`Event::ValueEnd`] without two events.
    pub fn whole_value<'a>(&mut self, input: &mut &'a [u8]) -> Option<&'a [u8]> {
        let (value, rest) = input.split_at_checked(self.remaining? as usize)?;
        *input = rest;
        self.position += value.len() as u64;
        self.remaining = None;
        Some(value)
    }

    /// Declares the end of the data.
    ///
    /// # Errors
    /// Something is still open: the data set is short.
    pub fn finish(&mut self) -> Result<(), ParseError> {
        if self.have > 0 || self.remaining.is_some() || self.stack.len() > 1 {
            return Err(self.error("data set ends inside an element"));
        }
        Ok(())
    }

    fn top(&self) -> Frame {
        self.stack[self.stack.len() - 1]
    }

    fn error(&self, kind: &'static str) -> ParseError {
        let tag = self.stack.iter().rev().find_map(|f| f.last).unwrap_or(Tag(0, 0));
        ParseError { kind, position: self.position, tag }
    }

    #[inline]
    fn value<'a>(&mut self, remaining: u32, input: &mut &'a [u8]) -> Option<Event<'a>> {
        if remaining == 0 {
            self.remaining = None;
            return Some(Event::ValueEnd);
        }
        if input.is_empty() {
            return None;
        }
        let take = input.len().min(remaining as usize);
        let (chunk, rest) = input.split_at(take);
        *input = rest;
        self.position += take as u64;
        self.remaining = Some(remaining - take as u32);
        Some(Event::Chunk(chunk))
    }

    /// Ends the innermost frame if its defined length is used up.
    fn close_defined(&mut self) -> Option<Event<'static>> {
        let top = self.top();
        if top.end != Some(self.position) {
            return None;
        }
        self.stack.pop();
        Some(if top.kind == Kind::Item { Event::ItemEnd } else { Event::SequenceEnd })
    }

    /// Gathers the first `n` bytes of a header; false where the input ends first.
    fn gather(&mut self, n: usize, input: &mut &[u8]) -> bool {
        if self.have < n {
            let take = (n - self.have).min(input.len());
            self.head[self.have..self.have + take].copy_from_slice(&input[..take]);
            *input = &input[take..];
            self.have += take;
            self.position += take as u64;
        }
        self.have >= n
    }

    fn u16_at(&self, at: usize) -> u16 {
        let b = [self.head[at], self.head[at + 1]];
        if self.top().encoding == Encoding::ExplicitBig {
            u16::from_be_bytes(b)
        } else {
            u16::from_le_bytes(b)
        }
    }

    fn u32_at(&self, at: usize) -> u32 {
        let b = [self.head[at], self.head[at + 1], self.head[at + 2], self.head[at + 3]];
        if self.top().encoding == Encoding::ExplicitBig {
            u32::from_be_bytes(b)
        } else {
            u32::from_le_bytes(b)
        }
    }

    fn tag(&self) -> Tag {
        Tag(self.u16_at(0), self.u16_at(2))
    }

    fn count(&mut self) -> Result<(), ParseError> {
        self.count += 1;
        if self.count > self.limits.elements {
            return Err(self.error("more elements than the bound"));
        }
        Ok(())
    }

    /// The end of something of `length` bytes that begins here, inside its surroundings.
    fn end_of(&self, length: u32) -> Result<u64, ParseError> {
        let end = self.position + u64::from(length);
        if end > self.top().limit {
            return Err(self.error("length reaches past the enclosing item or sequence"));
        }
        Ok(end)
    }

    fn push(
        &mut self,
        kind: Kind,
        tag: Tag,
        length: u32,
        encoding: Encoding,
    ) -> Result<(), ParseError> {
        let limit = self.top().limit;
        let end = if length == UNDEFINED { None } else { Some(self.end_of(length)?) };
        if kind == Kind::Sequence && self.depth() >= self.limits.depth {
            return Err(self.error("sequences are nested deeper than the bound"));
        }
        self.stack.push(Frame {
            kind,
            end,
            limit: end.unwrap_or(limit),
            last: None,
            tag,
            encoding,
        });
        Ok(())
    }

    #[inline]
    fn element(&mut self, input: &mut &[u8]) -> Result<Option<Event<'static>>, ParseError> {
        if !self.gather(8, input) {
            return Ok(None);
        }
        let tag = self.tag();
        if tag.group() == 0xFFFE {
            return self.end_of_item(tag).map(Some);
        }
        let top = self.top();
        if top.last.is_some_and(|last| last >= tag) {
            return Err(self.error("tags are not in ascending order"));
        }
        let (vr, length) = if top.encoding == Encoding::ImplicitLittle {
            (implicit_vr(tag), self.u32_at(4))
        } else {
            let Some(vr) = dictionary::vr([self.head[4], self.head[5]]) else {
                return Err(self.error("unknown VR"));
            };
            if has_long_length(vr) {
                if !self.gather(12, input) {
                    return Ok(None);
                }
                (vr, self.u32_at(8))
            } else {
                (vr, u32::from(self.u16_at(6)))
            }
        };
        self.have = 0;
        self.count()?;
        let depth = self.stack.len() - 1;
        self.stack[depth].last = Some(tag);
        self.begin(tag, vr, length).map(Some)
    }

    fn begin(&mut self, tag: Tag, vr: VR, length: u32) -> Result<Event<'static>, ParseError> {
        let encoding = self.top().encoding;
        if vr == VR::SQ {
            self.push(Kind::Sequence, tag, length, encoding)?;
            return Ok(Event::SequenceStart { tag });
        }
        if length != UNDEFINED {
            self.end_of(length)?;
            if vr == VR::UN && length > 0 && implicit_vr(tag) == VR::SQ {
                // PS3.5 6.2.2: a sequence of the standard that a writer did not know; its items are Implicit VR, too.
                self.push(Kind::Sequence, tag, length, Encoding::ImplicitLittle)?;
                return Ok(Event::SequenceStart { tag });
            }
            self.remaining = Some(length);
            return Ok(Event::Value { tag, vr, length });
        }
        if vr == VR::UN {
            // CP-246 (PS3.5 6.2.2): a sequence of unknown kind, its items in Implicit VR Little Endian.
            self.push(Kind::Sequence, tag, length, Encoding::ImplicitLittle)?;
            return Ok(Event::SequenceStart { tag });
        }
        if tag == PIXEL_DATA
            && matches!(vr, VR::OB | VR::OW)
            && encoding != Encoding::ImplicitLittle
        {
            self.push(Kind::Fragments, tag, length, encoding)?;
            return Ok(Event::FragmentsStart { tag, vr });
        }
        Err(self.error("undefined length where none is allowed"))
    }

    fn end_of_item(&mut self, tag: Tag) -> Result<Event<'static>, ParseError> {
        let top = self.top();
        if tag != ITEM_END || top.kind != Kind::Item || top.end.is_some() || self.u32_at(4) != 0 {
            return Err(self.error("delimiter out of place"));
        }
        self.have = 0;
        self.stack.pop();
        Ok(Event::ItemEnd)
    }

    /// Inside a sequence: an item, or the delimiter.
    fn item(&mut self, input: &mut &[u8]) -> Result<Option<Event<'static>>, ParseError> {
        if !self.gather(8, input) {
            return Ok(None);
        }
        let (tag, length, top) = (self.tag(), self.u32_at(4), self.top());
        self.have = 0;
        if tag == SEQUENCE_END && length == 0 && top.end.is_none() {
            self.stack.pop();
            return Ok(Some(Event::SequenceEnd));
        }
        if tag != ITEM {
            return Err(self.error("something else than an item in a sequence"));
        }
        self.count()?;
        self.push(Kind::Item, top.tag, length, top.encoding)?;
        let implicit = top.encoding == Encoding::ImplicitLittle
            && self.stack[0].encoding != Encoding::ImplicitLittle;
        Ok(Some(Event::ItemStart { implicit }))
    }

    /// Inside encapsulated pixel data: a fragment, or the delimiter.
    fn fragment(&mut self, input: &mut &[u8]) -> Result<Option<Event<'static>>, ParseError> {
        if !self.gather(8, input) {
            return Ok(None);
        }
        let (tag, length) = (self.tag(), self.u32_at(4));
        self.have = 0;
        match tag {
            SEQUENCE_END if length == 0 => {
                self.stack.pop();
                Ok(Some(Event::FragmentsEnd))
            }
            ITEM if length != UNDEFINED => {
                self.end_of(length)?;
                self.remaining = Some(length);
                Ok(Some(Event::Fragment { length }))
            }
            _ => Err(self.error("something else than a fragment in encapsulated pixel data")),
        }
    }
}

/// The VR that Implicit VR leaves to the dictionary; UN for what is private or unknown (PS3.5 6.2.2).
pub fn implicit_vr(tag: Tag) -> VR {
    if tag.element() == 0 {
        return VR::UL;
    }
    if tag.group() % 2 == 1 {
        return if (0x0010..=0x00FF).contains(&tag.element()) { VR::LO } else { VR::UN };
    }
    dictionary::virtual_vr(tag).map_or(VR::UN, VirtualVr::relaxed)
}

#[cfg(test)]
mod tests;
