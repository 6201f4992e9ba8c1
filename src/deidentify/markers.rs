//! The attributes that say what was done (PS3.15 E.1.1, standards 2.3). They follow from what was done, never from a
//! claim that came in: no `NO` is ever written to (0028,0301) or (0028,0302).

use crate::dicom::{Tag, VR, encode::Writer};

pub(super) const IDENTITY_REMOVED: Tag = Tag(0x0012, 0x0062);
pub(super) const METHOD: Tag = Tag(0x0012, 0x0063);
pub(super) const METHOD_CODES: Tag = Tag(0x0012, 0x0064);
pub(super) const EQUIPMENT: Tag = Tag(0x0018, 0xA001);
pub(super) const RECOGNIZABLE: Tag = Tag(0x0028, 0x0302);
pub(super) const TEMPORAL: Tag = Tag(0x0028, 0x0303);

/// The product, as Contributing Equipment names it.
const PRODUCT: &str = "Tokumei";
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The markers in ascending order of their tags. Without `recognizable`, (0028,0302) stays as it came.
pub(super) fn tags(recognizable: bool) -> &'static [Tag] {
    const ALL: [Tag; 6] =
        [IDENTITY_REMOVED, METHOD, METHOD_CODES, EQUIPMENT, RECOGNIZABLE, TEMPORAL];
    const CLAIMLESS: [Tag; 5] = [IDENTITY_REMOVED, METHOD, METHOD_CODES, EQUIPMENT, TEMPORAL];
    if recognizable { &ALL } else { &CLAIMLESS }
}

/// The value of (0012,0063) for a policy: at most 64 characters.
pub(super) fn method(policy_digest: &str) -> String {
    format!("{PRODUCT} {VERSION}; PS3.15 2026c; policy {policy_digest}")
}

/// The value of a marker that holds text and replaces what came; `None` for the others.
pub(super) fn text(tag: Tag) -> Option<&'static str> {
    match tag {
        IDENTITY_REMOVED | RECOGNIZABLE => Some("YES"),
        TEMPORAL => Some("REMOVED"),
        _ => None,
    }
}

/// Writes our item of a marker that is a sequence.
pub(super) fn item(tag: Tag, out: &mut Writer) {
    if tag == METHOD_CODES {
        code(out, "113100", "Basic Application Confidentiality Profile");
    } else if tag == EQUIPMENT {
        out.begin_item();
        out.text(Tag(0x0008, 0x0070), VR::LO, PRODUCT);
        out.text(Tag(0x0008, 0x1090), VR::LO, PRODUCT);
        out.text(Tag(0x0018, 0x1020), VR::LO, VERSION);
        out.begin_sequence(Tag(0x0040, 0xA170));
        code(out, "109104", "De-identifying Equipment");
        out.end_sequence();
        out.end_item();
    }
}

fn code(out: &mut Writer, value: &str, meaning: &str) {
    out.begin_item();
    out.text(Tag(0x0008, 0x0100), VR::SH, value);
    out.text(Tag(0x0008, 0x0102), VR::SH, "DCM");
    out.text(Tag(0x0008, 0x0104), VR::LO, meaning);
    out.end_item();
}
