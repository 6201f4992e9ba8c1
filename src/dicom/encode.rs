//! Writing elements. Sequences and items are written with undefined length: the policy changes their sizes.

use super::{Tag, VR, syntax::Encoding};

/// Encodes elements into memory, in the order in which they are given.
pub struct Writer {
    bytes: Vec<u8>,
    encoding: Encoding,
}

/// Whether the VR has a 32-bit length in Explicit VR (PS3.5 7.1.2).
pub fn has_long_length(vr: VR) -> bool {
    use VR::{OB, OD, OF, OL, OV, OW, SQ, SV, UC, UN, UR, UT, UV};
    matches!(vr, OB | OD | OF | OL | OV | OW | SQ | SV | UC | UN | UR | UT | UV)
}

/// What fills a value up to even length: a space in text, zero in UIDs and binary values (PS3.5 6.2).
pub fn padding(vr: VR) -> u8 {
    use VR::{AE, AS, CS, DA, DS, DT, IS, LO, LT, PN, SH, ST, TM, UC, UR, UT};
    let text =
        matches!(vr, AE | AS | CS | DA | DS | DT | IS | LO | LT | PN | SH | ST | TM | UC | UR | UT);
    if text { b' ' } else { 0 }
}

/// The length that says "until the delimiter".
pub const UNDEFINED: u32 = 0xFFFF_FFFF;

const ITEM: Tag = Tag(0xFFFE, 0xE000);
const ITEM_END: Tag = Tag(0xFFFE, 0xE00D);
const SEQUENCE_END: Tag = Tag(0xFFFE, 0xE0DD);

impl Writer {
    /// A writer for one encoding.
    pub fn new(encoding: Encoding) -> Writer {
        Writer { bytes: Vec::with_capacity(8 * 1024), encoding }
    }

    /// The bytes so far.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Number of bytes so far.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether nothing was written.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The encoding.
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    fn u16(&self, value: u16) -> [u8; 2] {
        match self.encoding {
            Encoding::ExplicitBig => value.to_be_bytes(),
            _ => value.to_le_bytes(),
        }
    }

    fn u32(&self, value: u32) -> [u8; 4] {
        match self.encoding {
            Encoding::ExplicitBig => value.to_be_bytes(),
            _ => value.to_le_bytes(),
        }
    }

    /// A tag and a length, without a VR.
    fn delimiter(&mut self, tag: Tag, length: u32) {
        let ([a, b], [c, d]) = (self.u16(tag.group()), self.u16(tag.element()));
        let [e, f, g, h] = self.u32(length);
        self.bytes.extend_from_slice(&[a, b, c, d, e, f, g, h]);
    }

    /// The header of an element: tag, VR where explicit, and length ([`UNDEFINED`] for sequences and fragments).
    ///
    /// A length that the VR's 16-bit field cannot hold is written as UN (PS3.5 6.2.2 note 3), so nothing is cut.
    pub fn header(&mut self, tag: Tag, vr: VR, length: u32) {
        if self.encoding == Encoding::ImplicitLittle {
            return self.delimiter(tag, length);
        }
        let long = has_long_length(vr) || length > 0xFFFF;
        let vr = if long && !has_long_length(vr) { VR::UN } else { vr };
        let ([a, b], [c, d]) = (self.u16(tag.group()), self.u16(tag.element()));
        let [e, f] = vr.to_bytes();
        if long {
            let [g, h, i, j] = self.u32(length);
            self.bytes.extend_from_slice(&[a, b, c, d, e, f, 0, 0, g, h, i, j]);
        } else {
            let [g, h] = self.u16(length as u16);
            self.bytes.extend_from_slice(&[a, b, c, d, e, f, g, h]);
        }
    }

    /// An element whose value is copied byte for byte. One of odd length, which PS3.5 7.1.1 forbids and some archives
    /// refuse, gets the padding that its writer left out.
    pub fn element(&mut self, tag: Tag, vr: VR, value: &[u8]) {
        let odd = value.len() % 2;
        self.bytes.reserve(12 + value.len() + odd);
        self.header(tag, vr, (value.len() + odd) as u32);
        self.bytes.extend_from_slice(value);
        if odd == 1 {
            self.bytes.push(padding(vr));
        }
    }

    /// An element with a text that we make, padded to even length (NUL for UI, else a space).
    pub fn text(&mut self, tag: Tag, vr: VR, text: &str) {
        self.element(tag, vr, text.as_bytes());
    }

    /// Begins a sequence of undefined length.
    pub fn begin_sequence(&mut self, tag: Tag) {
        self.header(tag, VR::SQ, UNDEFINED);
    }

    /// Begins an item of undefined length.
    pub fn begin_item(&mut self) {
        self.delimiter(ITEM, UNDEFINED);
    }

    /// Ends an item.
    pub fn end_item(&mut self) {
        self.delimiter(ITEM_END, 0);
    }

    /// Ends a sequence, or the fragments of encapsulated pixel data.
    pub fn end_sequence(&mut self) {
        self.delimiter(SEQUENCE_END, 0);
    }

    /// The header of one fragment.
    pub fn fragment(&mut self, length: u32) {
        self.delimiter(ITEM, length);
    }

    /// Bytes as they are, e.g. of a fragment.
    pub fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Puts bytes before those that stand from `at` on.
    pub fn insert(&mut self, at: usize, bytes: &[u8]) {
        let at = at.min(self.bytes.len());
        self.bytes.extend_from_slice(bytes);
        self.bytes[at..].rotate_right(bytes.len());
    }

    /// Takes back everything from `length` on.
    pub fn truncate(&mut self, length: usize) {
        self.bytes.truncate(length);
    }

    /// Takes what was written so far and starts anew.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn explicit_little_element() {
        let mut w = Writer::new(Encoding::ExplicitLittle);
        w.text(Tag(0x0008, 0x0018), VR::UI, "1.2.3");
        assert_eq!(w.into_bytes(), b"\x08\x00\x18\x00UI\x06\x001.2.3\0");
    }

    #[test]
    fn big_endian_sequence() {
        let mut w = Writer::new(Encoding::ExplicitBig);
        w.begin_sequence(Tag(0x0008, 0x1140));
        w.begin_item();
        w.end_item();
        w.end_sequence();
        assert_eq!(
            w.into_bytes(),
            b"\x00\x08\x11\x40SQ\0\0\xff\xff\xff\xff\xff\xfe\xe0\x00\xff\xff\xff\xff\xff\xfe\xe0\x0d\0\0\0\0\xff\xfe\xe0\xdd\0\0\0\0"
        );
    }

    #[test]
    fn a_long_value_of_a_short_vr_becomes_unknown_rather_than_cut() {
        let mut w = Writer::new(Encoding::ExplicitLittle);
        w.element(Tag(0x0028, 0x1201), VR::DS, &vec![b'1'; 70_000]);
        let bytes = w.into_bytes();
        assert_eq!(&bytes[4..6], b"UN");
        assert_eq!(bytes.len(), 12 + 70_000);
    }
}
