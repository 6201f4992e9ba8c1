//! A header in memory: the elements of a data set over one buffer, without a copy per element.

use super::{Tag, VR, syntax::Encoding};

/// A place in the buffer of a [`DataSet`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    /// Offset of the first byte.
    pub start: u32,
    /// Number of bytes.
    pub length: u32,
}

/// A parsed data set, or the part of one before or behind Pixel Data. Values are bytes as they came.
///
/// It has no `Debug` or `Display`: it carries the identity of a patient.
pub struct DataSet {
    /// The bytes that the spans point into.
    pub bytes: Vec<u8>,
    /// The elements in ascending order of their tags.
    pub elements: Vec<Element>,
    /// The layout that it was read from.
    pub encoding: Encoding,
}

/// One data element.
pub struct Element {
    /// Its tag.
    pub tag: Tag,
    /// Its VR: as written, or from the dictionary for Implicit VR (UN where it is unknown).
    pub vr: VR,
    /// What it holds.
    pub value: Value,
}

/// What an element holds.
pub enum Value {
    /// The value's bytes, padding included.
    Bytes(Span),
    /// The items of a sequence.
    Items(Vec<Item>),
    /// The fragments of encapsulated pixel data inside the header (an icon), offset table first.
    Fragments(Vec<Span>),
    /// Bulk data that went past without being buffered: top-level pixel data.
    Streamed,
    /// A long value that the policy removes, not buffered; its length as announced.
    Discarded(u64),
}

/// One item of a sequence.
pub struct Item {
    /// Its elements, in ascending order of their tags.
    pub elements: Vec<Element>,
    /// Whether its content is Implicit VR Little Endian inside an explicit data set (CP-246).
    pub implicit: bool,
}

impl DataSet {
    /// The bytes behind a span.
    pub fn slice(&self, span: Span) -> &[u8] {
        &self.bytes[span.start as usize..][..span.length as usize]
    }

    /// The bytes of an element's value; empty for sequences and for what was not buffered.
    pub fn value(&self, element: &Element) -> &[u8] {
        match element.value {
            Value::Bytes(span) => self.slice(span),
            _ => &[],
        }
    }

    /// Finds a top-level element.
    pub fn find(&self, tag: Tag) -> Option<&Element> {
        find(&self.elements, tag)
    }

    /// The value of a top-level element as trimmed ASCII text: `None` if absent, a sequence, or not ASCII.
    pub fn text(&self, tag: Tag) -> Option<&str> {
        let value = self.value(self.find(tag)?);
        let text = std::str::from_utf8(value).ok().filter(|t| t.is_ascii())?;
        Some(text.trim_matches([' ', '\0']))
    }

    /// Parses a whole encoded data set from memory (not deflated).
    ///
    /// # Errors
    /// As [`super::tokenizer`]: the first violation of the encoding or of a bound.
    pub fn parse(bytes: Vec<u8>, encoding: Encoding) -> Result<DataSet, ParseError> {
        let _ = (bytes, encoding);
        todo!()
    }
}

/// Finds an element by its tag in a list in ascending order.
pub fn find(elements: &[Element], tag: Tag) -> Option<&Element> {
    elements.binary_search_by_key(&tag, |e| e.tag).ok().map(|i| &elements[i])
}

/// Why bytes are not a data set. Holds tags, positions and lengths, never a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind} at byte {position}, tag {tag}")]
pub struct ParseError {
    /// What is wrong.
    pub kind: &'static str,
    /// Offset in the data set.
    pub position: u64,
    /// The element in which it was found.
    pub tag: Tag,
}
