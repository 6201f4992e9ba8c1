//! G2-07 and G2-08: elements that must not leave whatever they hold.

use super::walk::Visit;
use crate::{
    dicom::{Tag, VR, dataset::Value, dictionary},
    policy::options::{Options, ProfileOption},
};

/// Why an element has no place in an output under these options, as rule, kind and reference.
pub(super) fn out_of_place(
    visit: &Visit<'_>,
    options: Options,
) -> Option<(&'static str, &'static str, &'static str)> {
    let tag = visit.tag();
    let private = "PS3.15 E.1.1";
    match (tag.group(), tag.element()) {
        (group, _) if group % 2 == 1 => Some(("G2-07", "private element", private)),
        (0x0000..=0x0007, _) => Some(("G2-07", "element of a command, file or directory", private)),
        (0x5000..=0x50FF, _) => Some(("G2-08", "curve", "PS3.15 Table E.1-1")),
        (0x6000..=0x60FF, _) => Some(("G2-08", "overlay", "PS3.15 Table E.1-1")),
        (0x0088, 0x0200) => Some(("G2-08", "icon image", "PS3.15 Table E.1-1")),
        (0x0010, 0x1100) => Some(("G2-08", "photograph of the patient", "PS3.15 Table E.1-1")),
        (0xFFFA, 0xFFFA) | (0x4FFE, 0x0001) => {
            Some(("G2-08", "digital signature", "PS3.15 Table E.1-1"))
        }
        (
            0x0400,
            0x0310 | 0x0402 | 0x0403 | 0x0404 | 0x0500 | 0x0550 | 0x0551 | 0x0552 | 0x0561,
        ) => Some(("G2-08", "signed, encrypted or original attributes", "PS3.15 E.1.1")),
        (0x0042, 0x0011) if visit.value.len() > 2 => {
            Some(("G2-08", "encapsulated document", "PS3.15 Table E.1-1"))
        }
        (0x0070, 0x0001)
            if !options.has(ProfileOption::Graphics)
                && matches!(&visit.element.value, Value::Items(items) if !items.is_empty()) =>
        {
            Some(("G2-08", "drawings over the image", "PS3.15 E.3.3"))
        }
        (0xFFFC, 0xFFFC) => Some(("G2-08", "trailing padding", "PS3.15 E.1.1")),
        _ if visit.element.vr == VR::UN => Some(("G2-07", "element of unknown VR", private)),
        _ if is_unknown(tag) => Some(("G2-07", "element that is not in the dictionary", private)),
        _ => None,
    }
}

/// Whether the dictionary has no such element of its own (group lengths count as unknown: they are removed).
fn is_unknown(tag: Tag) -> bool {
    tag.element() == 0 || dictionary::attribute(tag).is_none()
}
