//! G2-01: what a row of Table E.1-1 or a supplementary rule takes away is away, at every depth, or is a value that says
//! nothing. Judged from the output alone.

use super::walk::Visit;
use crate::{
    dicom::{Tag, VR, dataset::Value, uid},
    policy::{
        checks::{May, Row, Rows},
        options::{Options, ProfileOption},
    },
};

/// Attributes that we write ourselves; [`super::claims`] looks at them.
const MARKERS: [Tag; 6] = [
    Tag(0x0012, 0x0062),
    Tag(0x0012, 0x0063),
    Tag(0x0012, 0x0064),
    Tag(0x0018, 0xA001),
    Tag(0x0028, 0x0302),
    Tag(0x0028, 0x0303),
];

/// UID, the value of a content item.
const CONTENT_UID: Tag = Tag(0x0040, 0xA124);

/// What is wrong with an element under the options that hold for the object; `None` for one that may be so.
///
/// `row` is the attribute's, if there is one.
pub(super) fn fault(
    rows: &Rows,
    row: Option<&Row>,
    options: Options,
    visit: &Visit<'_>,
) -> Option<&'static str> {
    let (tag, vr) = (visit.tag(), visit.element.vr);
    let items = match &visit.element.value {
        Value::Items(items) => items.len(),
        Value::Bytes(_) => 0,
        // Pixel data that streams, and fragments; the group has rules of its own.
        _ => return None,
    };
    if items == 0 && visit.value.iter().all(|b| matches!(b, b' ' | 0)) {
        return None;
    }
    let inside = |sequence: &Tag| rows.may(*sequence, VR::SQ, options) == May::BeDummy;
    // Table E.3.4-1 decides by the concept about the UIDs of a content tree, and keeps some with the device or with all UIDs.
    let by_concept = [ProfileOption::Uids, ProfileOption::DeviceIdentity];
    if tag == CONTENT_UID
        && options.has(ProfileOption::StructuredContent)
        && by_concept.into_iter().any(|option| options.has(option))
    {
        return None;
    }
    let may = match row.map_or(May::Be, |row| row.under(vr, options)) {
        _ if MARKERS.contains(&tag) && visit.parents().is_empty() => return None,
        // In the place of a dummy nothing is kept but numbers and codes.
        May::Be if !is_plain(vr) && visit.parents().iter().any(inside) => May::BeDummy,
        may => may,
    };
    let value = visit.value;
    match may {
        May::Be => None,
        May::BeAbsent | May::BeNothing if vr == VR::SQ => {
            Some("items of a sequence that is to be removed")
        }
        May::BeDummy if vr == VR::SQ => {
            (items > 1).then_some("items of a sequence that is to be replaced")
        }
        May::BeAbsent | May::BeNothing | May::BeDummy if vr == VR::UI => {
            (!each(value, is_new_uid)).then_some("UID that is to be removed")
        }
        May::BeAbsent | May::BeNothing | May::BeDummy => {
            (!is_dummy(vr, value)).then_some("value that is to be removed")
        }
        May::BeNewUid => (!each(value, is_new_uid)).then_some("UID that is not of this batch"),
        May::BePublicUid => {
            let known = |uid: &str| rows.is_public(uid) || is_new_uid(uid);
            (!each(value, known)).then_some("UID of a coding scheme that is not public")
        }
        May::BePseudonym => {
            let known = |text: &str| super::echo::is_pseudonym(text);
            let named = each(value, known) || is_dummy(vr, value);
            (!named).then_some("identity that is no pseudonym")
        }
    }
}

/// Whether each of the values fits.
fn each(value: &[u8], fits: impl Fn(&str) -> bool) -> bool {
    value.split(|b| *b == b'\\').all(|one| {
        let one = uid::trim(one);
        one.is_empty() || std::str::from_utf8(one).is_ok_and(&fits)
    })
}

/// Whether a UID has the form of a keyed one: a UUID of version 8 and variant 10 below 2.25 (standards 2.4). Those of the
/// standard itself, whose components are short, are the same for everyone.
pub(super) fn is_new_uid(uid: &str) -> bool {
    let standard = || {
        let parts = uid.strip_prefix("1.2.840.10008.").map(|rest| rest.split('.'));
        parts.is_some_and(|mut p| p.all(|part| (1..=5).contains(&part.len())))
    };
    let keyed = || {
        let number = uid.strip_prefix("2.25.").filter(|n| !n.starts_with(['0', '+']))?;
        let number: u128 = number.parse().ok()?;
        Some((number >> 76) & 0xF == 8 && (number >> 62) & 0b11 == 0b10)
    };
    keyed().unwrap_or_else(standard)
}

/// Whether a VR holds numbers and terms only.
fn is_plain(vr: VR) -> bool {
    use VR::{AT, CS, DS, FD, FL, IS, SL, SQ, SS, SV, UL, US, UV};
    matches!(vr, AT | CS | DS | FD | FL | IS | SL | SQ | SS | SV | UL | US | UV)
}

/// Whether a value is the dummy of its VR (standards 2.1).
fn is_dummy(vr: VR, value: &[u8]) -> bool {
    let text: &[u8] = match vr {
        VR::AE => b"ANON",
        VR::AS => b"000Y",
        VR::CS => b"UNKNOWN",
        VR::DA => b"19000101",
        VR::TM => b"000000",
        VR::DT => b"19000101000000",
        VR::DS | VR::IS => b"0",
        VR::LO | VR::LT | VR::SH | VR::ST | VR::UC | VR::UT => b"ANONYMIZED",
        VR::PN => b"ANONYMIZED^",
        VR::UI | VR::UR | VR::SQ => return false,
        _ => return value.len() <= 8 && value.iter().all(|b| *b == 0),
    };
    uid::trim(value) == text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::batch::BatchKeys;

    #[test]
    fn a_keyed_uid_is_known_by_its_form() {
        let keys = BatchKeys::derive("test", &[7; 32]);
        for n in 0..200 {
            assert!(is_new_uid(&keys.uid(format!("1.2.3.{n}").as_bytes())));
        }
        for uid in [
            "1.2.392.200036.9999.1",
            "2.25.1",
            "2.25.",
            "2.25.0329800735698586629295641978511506172918",
            "2.25.999999999999999999999999999999999999999999",
            "1.2.840.10008.5.1.4.19700302",
            "1.2.840.10008.",
        ] {
            assert!(!is_new_uid(uid), "{uid}");
        }
        assert!(is_new_uid("1.2.840.10008.1.4.1.1"));
    }
}
