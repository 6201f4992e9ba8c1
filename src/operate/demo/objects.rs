//! Builds made-up DICOM objects from lists of attributes: a data set in Explicit or Implicit VR Little Endian, or a
//! Part 10 file.
//!
//! Everything in them is invented. The builder is plain on purpose and shares nothing with the gateway's own encoder,
//! so that a mistake there cannot hide itself here.

use dicom_core::{
    Tag, VR,
    dictionary::{DataDictionary, DataDictionaryEntry},
};
use dicom_dictionary_std::{StandardDataDictionary, tags};

use crate::dicom::syntax::EXPLICIT_LITTLE;

/// A value to write.
#[derive(Clone)]
pub enum Value {
    /// Text or UIDs, as bytes in the object's character set, padded as the VR asks.
    Text(Vec<u8>),
    /// Bytes as they are, padded with a zero to an even length.
    Bytes(Vec<u8>),
    /// Items of a sequence.
    Items(Vec<Attributes>),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::Text(text.as_bytes().to_vec())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Value::Text(text.into_bytes())
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Value::Text(text.clone().into_bytes())
    }
}

impl From<u16> for Value {
    fn from(number: u16) -> Self {
        Value::Bytes(number.to_le_bytes().to_vec())
    }
}

impl From<f32> for Value {
    fn from(number: f32) -> Self {
        Value::Bytes(number.to_le_bytes().to_vec())
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Value::Bytes(bytes)
    }
}

impl From<Vec<Attributes>> for Value {
    fn from(items: Vec<Attributes>) -> Self {
        Value::Items(items)
    }
}

/// A data set under construction.
#[derive(Clone, Default)]
pub struct Attributes(Vec<(Tag, VR, Value)>);

impl Attributes {
    /// None yet.
    pub fn new() -> Attributes {
        Attributes::default()
    }

    /// Sets an attribute of the dictionary; its VR is the dictionary's.
    pub fn set(&mut self, tag: Tag, value: impl Into<Value>) -> &mut Attributes {
        let vr = StandardDataDictionary.by_tag(tag).map_or(VR::UN, |e| e.vr().relaxed());
        self.set_as(tag, vr, value)
    }

    /// Sets an attribute with a VR of the caller's choice: private attributes, and pixels of 16 bits.
    pub fn set_as(&mut self, tag: Tag, vr: VR, value: impl Into<Value>) -> &mut Attributes {
        self.0.retain(|(t, ..)| *t != tag);
        self.0.push((tag, vr, value.into()));
        self
    }

    /// Sets attributes that all have the same kind of value.
    pub fn set_all(&mut self, list: &[(Tag, &str)]) -> &mut Attributes {
        for (tag, value) in list {
            self.set(*tag, *value);
        }
        self
    }

    /// The value of an attribute.
    pub fn value(&self, tag: Tag) -> Option<&Value> {
        self.0.iter().find(|(t, ..)| *t == tag).map(|(.., value)| value)
    }

    /// The text of an attribute; empty where it is not there.
    pub fn text(&self, tag: Tag) -> String {
        match self.value(tag) {
            Some(Value::Text(bytes)) => String::from_utf8_lossy(bytes).into_owned(),
            _ => String::new(),
        }
    }

    /// The data set in Explicit VR Little Endian.
    pub fn encode(&self) -> Vec<u8> {
        self.encode_with(Vrs::Written)
    }

    /// The data set in Implicit VR Little Endian.
    pub fn encode_implicit(&self) -> Vec<u8> {
        self.encode_with(Vrs::LeftOut)
    }

    fn encode_with(&self, vrs: Vrs) -> Vec<u8> {
        let mut sorted: Vec<_> = self.0.iter().collect();
        sorted.sort_by_key(|(tag, ..)| *tag);
        let mut out = Vec::new();
        for (tag, vr, value) in sorted {
            element(&mut out, *tag, *vr, value, vrs);
        }
        out
    }

    /// A Part 10 file: preamble, file meta information, data set.
    pub fn part10(&self) -> Vec<u8> {
        let mut meta = Attributes::new();
        meta.set(tags::FILE_META_INFORMATION_VERSION, vec![0u8, 1])
            .set(tags::MEDIA_STORAGE_SOP_CLASS_UID, self.text(tags::SOP_CLASS_UID))
            .set(tags::MEDIA_STORAGE_SOP_INSTANCE_UID, self.text(tags::SOP_INSTANCE_UID))
            .set(tags::TRANSFER_SYNTAX_UID, EXPLICIT_LITTLE)
            .set(tags::IMPLEMENTATION_CLASS_UID, "2.25.1")
            .set(tags::SOURCE_APPLICATION_ENTITY_TITLE, "MADE_UP");
        let meta = meta.encode();
        let mut out = vec![0; 128];
        out.extend_from_slice(b"DICM");
        let length = u32::try_from(meta.len()).unwrap_or(u32::MAX);
        element(
            &mut out,
            tags::FILE_META_INFORMATION_GROUP_LENGTH,
            VR::UL,
            &Value::Bytes(length.to_le_bytes().to_vec()),
            Vrs::Written,
        );
        out.extend_from_slice(&meta);
        out.extend_from_slice(&self.encode());
        out
    }
}

/// Whether a data set says the VR of each element.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Vrs {
    Written,
    LeftOut,
}

fn element(out: &mut Vec<u8>, tag: Tag, vr: VR, value: &Value, vrs: Vrs) {
    let body = match value {
        Value::Text(bytes) => {
            let pad = if vr == VR::UI { 0 } else { b' ' };
            padded(bytes.clone(), pad)
        }
        Value::Bytes(bytes) => padded(bytes.clone(), 0),
        Value::Items(items) => items.iter().flat_map(|i| item(i, vrs)).collect(),
    };
    out.extend_from_slice(&tag.group().to_le_bytes());
    out.extend_from_slice(&tag.element().to_le_bytes());
    let length = u32::try_from(body.len()).unwrap_or(u32::MAX);
    if vrs == Vrs::LeftOut {
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(&body);
        return;
    }
    out.extend_from_slice(vr.to_string().as_bytes());
    match u16::try_from(length) {
        Ok(short) if !has_long_form(vr) => out.extend_from_slice(&short.to_le_bytes()),
        _ => {
            out.extend_from_slice(&[0, 0]);
            out.extend_from_slice(&length.to_le_bytes());
        }
    }
    out.extend_from_slice(&body);
}

fn item(attributes: &Attributes, vrs: Vrs) -> Vec<u8> {
    let body = attributes.encode_with(vrs);
    let mut out = vec![0xfe, 0xff, 0x00, 0xe0];
    out.extend_from_slice(&u32::try_from(body.len()).unwrap_or(u32::MAX).to_le_bytes());
    out.extend_from_slice(&body);
    out
}

fn padded(mut bytes: Vec<u8>, pad: u8) -> Vec<u8> {
    if bytes.len() % 2 == 1 {
        bytes.push(pad);
    }
    bytes
}

fn has_long_form(vr: VR) -> bool {
    use VR::*;
    matches!(vr, OB | OD | OF | OL | OV | OW | SQ | SV | UC | UN | UR | UT | UV)
}

/// An item of a code sequence (PS3.3 8.8).
pub fn code(value: &str, scheme: &str, meaning: &str) -> Attributes {
    let mut item = Attributes::new();
    item.set_all(&[
        (tags::CODE_VALUE, value),
        (tags::CODING_SCHEME_DESIGNATOR, scheme),
        (tags::CODE_MEANING, meaning),
    ]);
    item
}

/// The character sets in which Japanese objects write names (PS3.5 Annex H).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charset {
    /// `\ISO 2022 IR 87`: ASCII, kanji by escape.
    Ir87,
    /// `ISO 2022 IR 13\ISO 2022 IR 87`: half-width katakana, kanji by escape.
    Ir13Ir87,
    /// `ISO_IR 192`: UTF-8.
    Utf8,
}

impl Charset {
    /// The value of (0008,0005).
    pub fn term(self) -> &'static str {
        match self {
            Charset::Ir87 => "\\ISO 2022 IR 87",
            Charset::Ir13Ir87 => "ISO 2022 IR 13\\ISO 2022 IR 87",
            Charset::Utf8 => "ISO_IR 192",
        }
    }

    /// Text in this character set; escapes return to the first set before `^` and `=` and at the end.
    pub fn encode(self, text: &str) -> Value {
        if self == Charset::Utf8 {
            return text.into();
        }
        let single: &[u8] = if self == Charset::Ir87 { b"\x1b(B" } else { b"\x1b(J" };
        let mut out = Vec::new();
        let mut in_kanji = false;
        for c in text.chars() {
            let half_width = matches!(c, '\u{ff61}'..='\u{ff9f}');
            if c.is_ascii() || half_width {
                if std::mem::take(&mut in_kanji) {
                    out.extend_from_slice(single);
                }
                // JIS X 0201 puts half-width katakana at A1 to DF, in the order of Unicode.
                let byte = if half_width { u32::from(c) - 0xff61 + 0xa1 } else { u32::from(c) };
                out.extend(u8::try_from(byte));
            } else {
                if !std::mem::replace(&mut in_kanji, true) {
                    out.extend_from_slice(b"\x1b$B");
                }
                // EUC-JP is JIS X 0208 with the high bits set.
                let mut buffer = [0; 4];
                let (euc, ..) = encoding_rs::EUC_JP.encode(c.encode_utf8(&mut buffer));
                out.extend(euc.iter().map(|b| b & 0x7f));
            }
        }
        if in_kanji {
            out.extend_from_slice(single);
        }
        Value::Text(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(value: Value) -> Vec<u8> {
        match value {
            Value::Text(bytes) => bytes,
            _ => Vec::new(),
        }
    }

    /// PS3.5 H.3.1 and H.3.2.
    #[test]
    fn names_are_written_as_in_the_standard() {
        let one =
            b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B";
        assert_eq!(
            bytes(Charset::Ir87.encode("Yamada^Tarou=山田^太郎=やまだ^たろう")),
            one.to_vec()
        );
        let two = b"\xd4\xcf\xc0\xde^\xc0\xdb\xb3=\x1b$B;3ED\x1b(J^\x1b$BB@O:\x1b(J=\x1b$B$d$^$@\x1b(J^\x1b$B$?$m$&\x1b(J";
        assert_eq!(
            bytes(Charset::Ir13Ir87.encode("ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう")),
            two.to_vec()
        );
    }

    #[test]
    fn a_data_set_is_in_order_and_padded() {
        let mut set = Attributes::new();
        set.set(tags::PATIENT_ID, "ZZ1")
            .set(tags::SOP_INSTANCE_UID, "2.25.1")
            .set(tags::ROWS, 2u16);
        set.set(tags::REFERENCED_IMAGE_SEQUENCE, vec![code("1", "DCM", "x")]);
        let expected =
            b"\x08\0\x18\0UI\x06\x002.25.1\x08\0\x40\x11SQ\0\0\x28\0\0\0\xfe\xff\0\xe0\x20\0\0\0\
            \x08\0\0\x01SH\x02\x001 \x08\0\x02\x01SH\x04\0DCM \x08\0\x04\x01LO\x02\0x \
            \x10\0\x20\0LO\x04\0ZZ1 \x28\0\x10\0US\x02\0\x02\0";
        assert_eq!(set.encode(), expected.to_vec());
        let expected =
            b"\x08\0\x18\0\x06\0\0\x002.25.1\x08\0\x40\x11\x28\0\0\0\xfe\xff\0\xe0\x20\0\0\0\
            \x08\0\0\x01\x02\0\0\x001 \x08\0\x02\x01\x04\0\0\0DCM \x08\0\x04\x01\x02\0\0\0x \
            \x10\0\x20\0\x04\0\0\0ZZ1 \x28\0\x10\0\x02\0\0\0\x02\0";
        assert_eq!(set.encode_implicit(), expected.to_vec());
    }
}
