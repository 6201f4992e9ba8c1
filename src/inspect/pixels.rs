//! G2-12 for pixel data that goes past: as many bytes as its header says, and as the image's attributes say.

use crate::{
    dicom::{
        Tag,
        dataset::DataSet,
        encode::{UNDEFINED, has_long_length},
        syntax::Encoding,
    },
    records::{Reason, Severity},
};

const PATH: &str = "(7FE0,0010)";
const REFERENCE: &str = "PS3.3 C.7.6.3.1, PS3.5 8.1.1";

/// Counts the bytes of the pixel data element, its header included.
pub(super) struct PixelWatch {
    encoding: Encoding,
    /// What the attributes of the image say, where the pixels are not compressed.
    expected: Option<u64>,
    /// The beginning of the element: as much as its header may be long.
    head: Vec<u8>,
    seen: u64,
}

/// The header of an element in Explicit VR with a long length: tag, VR, two zeros, length.
const LONGEST_HEADER: usize = 12;

impl PixelWatch {
    /// Watches over the pixels of an image.
    pub(super) fn new(image: &DataSet, native: bool) -> PixelWatch {
        let expected = if native { length(image) } else { None };
        PixelWatch { encoding: image.encoding, expected, head: Vec::new(), seen: 0 }
    }

    /// Takes the next bytes.
    pub(super) fn feed(&mut self, bytes: &[u8]) {
        let missing = LONGEST_HEADER.saturating_sub(self.head.len());
        self.head.extend_from_slice(bytes.get(..missing).unwrap_or(bytes));
        self.seen += bytes.len() as u64;
    }

    /// Why what was written cannot be the pixel data that its header announces.
    pub(super) fn fault(&self) -> Option<Reason> {
        let (header, length) = self.announced()?;
        let whole = header + length + length % 2;
        let kind = "pixel data is not as long as it says";
        (self.seen < whole)
            .then(|| Reason::new("G2-12", kind, REFERENCE).at(PATH).serves("R-5.1.3"))
    }

    /// What a person should know: the object came with less or more pixel data than its attributes say. They leave as they
    /// came, so that the object is no worse than it was.
    pub(super) fn warning(&self) -> Option<Reason> {
        let (_, length) = self.announced()?;
        let expected = self.expected?;
        let kind = "came with pixel data that is not as long as rows, columns and frames say";
        (length != expected && length != expected + expected % 2).then(|| {
            Reason::new("G2-12", kind, REFERENCE)
                .at(PATH)
                .serves("R-5.1.3")
                .severity(Severity::Weak)
        })
    }

    /// The lengths of header and value; `None` before there is an element, and for encapsulated pixels.
    fn announced(&self) -> Option<(u64, u64)> {
        let at = |place: usize| self.head.get(place..place + 4)?.first_chunk::<4>().copied();
        let number = |bytes: [u8; 4]| match self.encoding {
            Encoding::ExplicitBig => u32::from_be_bytes(bytes),
            _ => u32::from_le_bytes(bytes),
        };
        let (header, length) = match self.encoding {
            Encoding::ImplicitLittle => (8, number(at(4)?)),
            _ => {
                let vr = std::str::from_utf8(self.head.get(4..6)?).ok()?.parse().ok()?;
                match has_long_length(vr) {
                    true => (12, number(at(8)?)),
                    false => return None,
                }
            }
        };
        (length != UNDEFINED).then_some((header, u64::from(length)))
    }
}

/// The bytes of an uncompressed image by its attributes; `None` where they do not say.
fn length(image: &DataSet) -> Option<u64> {
    let number = |tag| {
        let value = image.value(image.find(tag)?).first_chunk::<2>()?;
        Some(u64::from(match image.encoding {
            Encoding::ExplicitBig => u16::from_be_bytes(*value),
            _ => u16::from_le_bytes(*value),
        }))
    };
    let rows = number(Tag(0x0028, 0x0010))?;
    let columns = number(Tag(0x0028, 0x0011))?;
    let samples = number(Tag(0x0028, 0x0002))?;
    let bits = number(Tag(0x0028, 0x0100))?;
    let frames = match image.text(Tag(0x0028, 0x0008)) {
        Some(text) if !text.is_empty() => text.parse::<u32>().ok()?,
        _ => 1,
    };
    // In YBR_FULL_422 two pixels share their colour (PS3.3 C.7.6.3.1.2).
    let colour = image.text(Tag(0x0028, 0x0004)).unwrap_or_default();
    let samples = if colour.ends_with("_422") { samples.min(2) } else { samples };
    let pixels = rows.checked_mul(columns)?.checked_mul(samples)?;
    Some(pixels.checked_mul(u64::from(frames))?.checked_mul(bits)?.div_ceil(8))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dicom::{VR, encode::Writer};

    fn image(encoding: Encoding) -> DataSet {
        let number = |n: u16| match encoding {
            Encoding::ExplicitBig => n.to_be_bytes(),
            _ => n.to_le_bytes(),
        };
        let mut w = Writer::new(encoding);
        w.element(Tag(0x0028, 0x0002), VR::US, &number(1));
        w.text(Tag(0x0028, 0x0008), VR::IS, "3");
        w.element(Tag(0x0028, 0x0010), VR::US, &number(5));
        w.element(Tag(0x0028, 0x0011), VR::US, &number(7));
        w.element(Tag(0x0028, 0x0100), VR::US, &number(8));
        DataSet::parse(w.into_bytes(), encoding).unwrap_or_else(|e| panic!("{e}"))
    }

    fn watch(encoding: Encoding, pixels: usize, cut: usize) -> (bool, bool) {
        let mut w = Writer::new(encoding);
        w.element(Tag(0x7FE0, 0x0010), VR::OB, &vec![1; pixels]);
        let bytes = w.into_bytes();
        let mut watch = PixelWatch::new(&image(encoding), true);
        bytes[..bytes.len() - cut].chunks(5).for_each(|piece| watch.feed(piece));
        (watch.fault().is_some(), watch.warning().is_some())
    }

    #[test]
    fn lengths_are_compared() {
        for encoding in [Encoding::ImplicitLittle, Encoding::ExplicitLittle, Encoding::ExplicitBig]
        {
            assert_eq!(watch(encoding, 105, 0), (false, false));
            // The sender's fault: the object leaves, and somebody is told.
            assert_eq!(watch(encoding, 104, 0), (false, true));
            assert_eq!(watch(encoding, 108, 0), (false, true));
            // Ours.
            assert_eq!(watch(encoding, 105, 2), (true, false));
        }
    }

    #[test]
    fn what_is_not_known_is_no_fault() {
        let image = image(Encoding::ExplicitLittle);
        let mut nothing = PixelWatch::new(&image, true);
        assert!(nothing.fault().is_none() && nothing.warning().is_none());
        nothing.feed(b"\xE0\x7F\x10\0OB\0\0\xFF\xFF\xFF\xFF\xFE\xFF\0\xE0");
        assert!(nothing.fault().is_none() && nothing.warning().is_none());
        let mut compressed = PixelWatch::new(&image, false);
        compressed.feed(b"\xE0\x7F\x10\0OB\0\0\x02\0\0\0ab");
        assert!(compressed.fault().is_none() && compressed.warning().is_none());
    }
}
