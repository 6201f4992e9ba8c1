//! Values: what a dummy is for each VR, and whether kept text can be read.

use std::borrow::Cow;

use dicom_core::dictionary::VirtualVr;

use crate::dicom::{
    Tag, VR,
    charset::{CharacterSet, TextKind},
    dataset::{DataSet, Element, Value},
    dictionary,
    encode::has_long_length,
    syntax::Encoding,
};

const PIXEL_REPRESENTATION: Tag = Tag(0x0028, 0x0103);

/// A value that says nothing.
pub(super) enum Dummy {
    /// Text, to be padded.
    Text(&'static str),
    /// Bytes.
    Zeros(&'static [u8]),
    /// The keyed replacement of the UID.
    Uid,
    /// Nothing can stand for a value of this VR: the element goes.
    None,
}

/// The dummy value of a VR (standards 2.1). All text is ASCII.
pub(super) fn dummy(vr: VR) -> Dummy {
    const ZEROS: [u8; 8] = [0; 8];
    match vr {
        VR::AE => Dummy::Text("ANON"),
        VR::AS => Dummy::Text("000Y"),
        VR::CS => Dummy::Text("UNKNOWN"),
        VR::DA => Dummy::Text("19000101"),
        VR::TM => Dummy::Text("000000"),
        VR::DT => Dummy::Text("19000101000000"),
        VR::DS | VR::IS => Dummy::Text("0"),
        VR::LO | VR::SH | VR::ST | VR::LT | VR::UT | VR::UC => Dummy::Text("ANONYMIZED"),
        VR::PN => Dummy::Text("ANONYMIZED^"),
        VR::UI => Dummy::Uid,
        VR::UR | VR::SQ => Dummy::None,
        VR::OB | VR::OW | VR::UN | VR::US | VR::SS => Dummy::Zeros(&ZEROS[..2]),
        VR::AT | VR::FL | VR::OF | VR::OL | VR::SL | VR::UL => Dummy::Zeros(&ZEROS[..4]),
        VR::FD | VR::OD | VR::OV | VR::SV | VR::UV => Dummy::Zeros(&ZEROS),
    }
}

/// Whether a value of this VR may stay where a sequence is replaced by a dummy: it is needed for the item to make
/// sense, and holds no text of anyone's own.
pub(super) fn is_plain(vr: VR) -> bool {
    use VR::{AT, CS, DS, FD, FL, IS, SL, SS, SV, UL, US, UV};
    matches!(vr, AT | CS | DS | FD | FL | IS | SL | SS | SV | UL | US | UV)
}

/// The VR with which a new value is written: the attribute's own, or the one it came with where PS3.6 leaves a choice.
pub(super) fn proper_vr(tag: Tag, stated: VR) -> VR {
    dictionary::exact_vr(tag).unwrap_or(stated)
}

/// The VR by which a value is judged and kept. A public attribute that was written as UN has the VR of PS3.6, if that is
/// certain (PS3.5 6.2.2 allows it back): as UN its content could not be checked, and the object would lose what its
/// IOD needs.
pub(super) fn known_vr(data: &DataSet, element: &Element) -> VR {
    if element.vr != VR::UN {
        return element.vr;
    }
    let proper = match dictionary::virtual_vr(element.tag) {
        Some(VirtualVr::Exact(vr)) => vr,
        // A number like the pixels, whose bytes are the same with a sign and without.
        Some(VirtualVr::Xs) => match data.find(PIXEL_REPRESENTATION).map(|e| data.value(e)) {
            Some([1, ..]) => VR::SS,
            _ => VR::US,
        },
        _ => VR::UN,
    };
    if can_be(proper, data.value(element).len(), data.encoding) { proper } else { VR::UN }
}

/// Whether a value that came as UN can be one of a VR. UN is little endian whatever the data set is, so that in big
/// endian only bytes and strings come back; and a value too long for its VR, or of a length that its numbers cannot
/// have, stays UN. Items that were not read as such are no sequence.
pub(super) fn can_be(vr: VR, length: usize, encoding: Encoding) -> bool {
    let ordered = encoding != Encoding::ExplicitBig;
    let same_bytes = ordered || text_kind(vr).is_some() || is_string(vr) || vr == VR::OB;
    let unit = match vr {
        VR::US | VR::SS | VR::OW => 2,
        VR::UL | VR::SL | VR::FL | VR::AT => 4,
        VR::FD | VR::UV | VR::SV => 8,
        _ => 1,
    };
    let has_room = length <= usize::from(u16::MAX) || has_long_length(vr);
    vr != VR::SQ && same_bytes && has_room && length.is_multiple_of(unit)
}

/// How text of this VR is split; `None` for the VRs that the character set does not apply to.
pub(super) fn text_kind(vr: VR) -> Option<TextKind> {
    match vr {
        VR::PN => Some(TextKind::PersonName),
        VR::SH | VR::LO | VR::UC => Some(TextKind::MultiValue),
        VR::ST | VR::LT | VR::UT => Some(TextKind::SingleText),
        _ => None,
    }
}

/// The bytes of a value that is kept: as they came, or in UTF-8 where all text is written so. `None` if the value cannot be
/// read; strings outside the character set's reach must be ASCII.
pub(super) fn readable<'a>(
    vr: VR,
    value: &'a [u8],
    charset: &[u8],
    utf8: bool,
) -> Option<Cow<'a, [u8]>> {
    // A word in the place of a number is nobody's to judge.
    let number = |b: &u8| b.is_ascii_digit() || b"+-.eE\\ \0".contains(b);
    match text_kind(vr) {
        None if matches!(vr, VR::IS | VR::DS) => {
            value.iter().all(number).then_some(Cow::Borrowed(value))
        }
        // ASCII too may be something else: ISO-IR 14 has a yen sign in it.
        Some(kind) if utf8 => CharacterSet::parse(charset).to_utf8(value, kind),
        _ if is_plain_ascii(value) => Some(Cow::Borrowed(value)),
        Some(kind) => {
            let complete = CharacterSet::parse(charset).decode(value, kind).complete;
            complete.then_some(Cow::Borrowed(value))
        }
        None => (!is_string(vr)).then_some(Cow::Borrowed(value)),
    }
}

/// Whether an element holds nothing: no bytes, padding only, no items.
pub(super) fn is_blank(data: &DataSet, element: &Element) -> bool {
    match &element.value {
        Value::Bytes(span) => data.slice(*span).iter().all(|b| matches!(b, b' ' | 0)),
        Value::Items(items) => items.is_empty(),
        _ => false,
    }
}

/// Whether the VR is a string to which the character set does not apply.
pub(super) fn is_string(vr: VR) -> bool {
    use VR::{AE, AS, CS, DA, DS, DT, IS, TM, UI, UR};
    matches!(vr, AE | AS | CS | DA | DS | DT | IS | TM | UI | UR)
}

fn is_plain_ascii(value: &[u8]) -> bool {
    value.is_ascii() && !value.contains(&0x1B)
}

/// The text of a value, trimmed, for keyed functions: the same bytes under the same character set always give the
/// same text. Bytes that cannot be decoded are each taken as one character, so that different values stay different.
pub(super) fn key_text<'a>(vr: VR, value: &'a [u8], charset: &[u8]) -> Cow<'a, str> {
    let padding = [' ', '\0'];
    if is_plain_ascii(value)
        && let Ok(text) = std::str::from_utf8(value)
    {
        return Cow::Borrowed(text.trim_matches(padding));
    }
    let kind = text_kind(vr).unwrap_or(TextKind::MultiValue);
    let decoded = CharacterSet::parse(charset).decode(value, kind);
    let text = match decoded.complete {
        true => decoded.text,
        false => value.iter().map(|b| char::from(*b)).collect(),
    };
    Cow::Owned(text.trim_matches(padding).to_owned())
}
