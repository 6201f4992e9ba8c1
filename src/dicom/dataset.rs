//! A header in memory: the elements of a data set over one buffer, without a copy per element.

use super::{
    Tag, VR,
    syntax::Encoding,
    tokenizer::{Event, Limits, Tokenizer},
};

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
    /// As [`Tokenizer`]: the first violation of the encoding or of a bound.
    pub fn parse(bytes: Vec<u8>, encoding: Encoding) -> Result<DataSet, ParseError> {
        let mut tokenizer = Tokenizer::new(encoding, Limits::default());
        let mut builder = Builder::default();
        let mut input = &bytes[..];
        while let Some(event) = tokenizer.next(&mut input)? {
            builder.take(&event, tokenizer.position() as u32);
        }
        tokenizer.finish()?;
        Ok(builder.build(bytes, encoding))
    }
}

/// Turns the tokenizer's events into the tree of a [`DataSet`].
pub struct Builder {
    root: Vec<Element>,
    open: Vec<Open>,
}

enum Open {
    Sequence { tag: Tag, items: Vec<Item> },
    Item(Item),
    Fragments { tag: Tag, vr: VR, fragments: Vec<Span> },
}

impl Default for Builder {
    fn default() -> Self {
        // The data set itself seldom has more elements.
        Builder { root: Vec::with_capacity(128), open: Vec::new() }
    }
}

impl Builder {
    /// Takes an event; `at` is the place in the buffer where the value, if the event begins one, will stand.
    pub fn take(&mut self, event: &Event<'_>, at: u32) {
        match *event {
            Event::Value { tag, vr, length } => {
                self.push(Element { tag, vr, value: Value::Bytes(Span { start: at, length }) });
            }
            Event::Fragment { length } => {
                if let Some(Open::Fragments { fragments, .. }) = self.open.last_mut() {
                    fragments.push(Span { start: at, length });
                }
            }
            Event::SequenceStart { tag } => {
                self.open.push(Open::Sequence { tag, items: Vec::new() })
            }
            Event::ItemStart { implicit } => {
                self.open.push(Open::Item(Item { elements: Vec::new(), implicit }));
            }
            Event::FragmentsStart { tag, vr } => {
                self.open.push(Open::Fragments { tag, vr, fragments: Vec::new() });
            }
            Event::ItemEnd | Event::SequenceEnd | Event::FragmentsEnd => self.close(),
            Event::Chunk(_) | Event::ValueEnd => {}
        }
    }

    /// An element whose value is not in the buffer.
    pub fn push(&mut self, element: Element) {
        match self.open.last_mut() {
            Some(Open::Item(item)) => item.elements.push(element),
            _ => self.root.push(element),
        }
    }

    fn close(&mut self) {
        match self.open.pop() {
            Some(Open::Sequence { tag, items }) => {
                self.push(Element { tag, vr: VR::SQ, value: Value::Items(items) });
            }
            Some(Open::Fragments { tag, vr, fragments }) => {
                self.push(Element { tag, vr, value: Value::Fragments(fragments) });
            }
            Some(Open::Item(item)) => {
                if let Some(Open::Sequence { items, .. }) = self.open.last_mut() {
                    items.push(item);
                }
            }
            None => {}
        }
    }

    /// The data set over its buffer.
    pub fn build(self, bytes: Vec<u8>, encoding: Encoding) -> DataSet {
        DataSet { bytes, elements: self.root, encoding }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dicom::encode::Writer;

    #[test]
    fn a_nested_data_set_is_read_back() {
        for encoding in [Encoding::ImplicitLittle, Encoding::ExplicitLittle, Encoding::ExplicitBig]
        {
            let mut w = Writer::new(encoding);
            w.text(Tag(0x0008, 0x0060), VR::CS, "CT");
            w.begin_sequence(Tag(0x0008, 0x1140));
            for uid in ["1.2", "1.2.3"] {
                w.begin_item();
                w.text(Tag(0x0008, 0x1155), VR::UI, uid);
                w.end_item();
            }
            w.end_sequence();
            w.text(Tag(0x0010, 0x0020), VR::LO, "ZZ-0000123");
            let set = DataSet::parse(w.into_bytes(), encoding).expect("it is well formed");
            assert_eq!(set.text(Tag(0x0008, 0x0060)), Some("CT"));
            assert_eq!(set.text(Tag(0x0010, 0x0020)), Some("ZZ-0000123"));
            let Value::Items(items) = &set.elements[1].value else {
                panic!("a sequence was written")
            };
            assert_eq!(items.len(), 2);
            assert_eq!(set.value(&items[1].elements[0]), b"1.2.3\0");
        }
    }
}
