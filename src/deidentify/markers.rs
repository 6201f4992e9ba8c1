//! The attributes that say what was done (PS3.15 E.1.1, standards 2.3). They follow from what was done, never from a
//! claim that came in: no `NO` is ever written to (0028,0301) or (0028,0302).

use crate::{
    dicom::{Tag, VR, encode::Writer},
    policy::options::{Options, ProfileOption},
};

pub(super) const CHARACTER_SET: Tag = Tag(0x0008, 0x0005);
pub(super) const IDENTITY_REMOVED: Tag = Tag(0x0012, 0x0062);
pub(super) const METHOD: Tag = Tag(0x0012, 0x0063);
pub(super) const METHOD_CODES: Tag = Tag(0x0012, 0x0064);
pub(super) const EQUIPMENT: Tag = Tag(0x0018, 0xA001);
pub(super) const RECOGNIZABLE: Tag = Tag(0x0028, 0x0302);
pub(super) const TEMPORAL: Tag = Tag(0x0028, 0x0303);

/// The product, as Contributing Equipment names it.
const PRODUCT: &str = "Tokumei";
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The markers in ascending order of their tags. The first, the character set, is one only where the text is written
/// anew. Without `recognizable`, (0028,0302) stays as it came.
pub(super) fn tags(recognizable: bool) -> &'static [Tag] {
    const ALL: [Tag; 7] =
        [CHARACTER_SET, IDENTITY_REMOVED, METHOD, METHOD_CODES, EQUIPMENT, RECOGNIZABLE, TEMPORAL];
    const CLAIMLESS: [Tag; 6] =
        [CHARACTER_SET, IDENTITY_REMOVED, METHOD, METHOD_CODES, EQUIPMENT, TEMPORAL];
    if recognizable { &ALL } else { &CLAIMLESS }
}

/// The value of (0012,0063) for a policy: at most 64 characters.
pub(super) fn method(policy_digest: &str) -> String {
    format!("{PRODUCT} {VERSION}; PS3.15 2026c; policy {policy_digest}")
}

/// The value of (0028,0303) for the options that were carried out.
pub(super) fn temporal(done: Options) -> &'static str {
    if done.has(ProfileOption::ModifiedDates) {
        "MODIFIED"
    } else if done.has(ProfileOption::FullDates) {
        "UNMODIFIED"
    } else {
        "REMOVED"
    }
}

/// Whether a code is that of an option that retains something (113106 to 113112).
pub(super) fn is_retention(code: &[u8]) -> bool {
    let code = std::str::from_utf8(code.trim_ascii_end()).unwrap_or_default();
    ("113106".."113113").contains(&code)
}

/// Writes our items of (0012,0064): the profile, and the options that were carried out.
pub(super) fn claims(done: Options, out: &mut Writer) {
    code(out, "113100", "Basic Application Confidentiality Profile");
    done.iter().for_each(|option| code(out, option.code(), option.meaning()));
}

/// Writes our item of (0018,A001). There is no model, no software version, and the maker does not begin with the name:
/// converters that read attributes wherever they meet them (dcm2niix) would take ours for the scanner's.
pub(super) fn equipment(out: &mut Writer) {
    out.begin_item();
    out.text(Tag(0x0008, 0x0070), VR::LO, &format!("Open source: {PRODUCT} {VERSION}"));
    out.begin_sequence(Tag(0x0040, 0xA170));
    code(out, "109104", "De-identifying Equipment");
    out.end_sequence();
    out.end_item();
}

/// One item of a code sequence of scheme DCM.
fn code(out: &mut Writer, value: &str, meaning: &str) {
    out.begin_item();
    out.text(Tag(0x0008, 0x0100), VR::SH, value);
    out.text(Tag(0x0008, 0x0102), VR::SH, "DCM");
    out.text(Tag(0x0008, 0x0104), VR::LO, meaning);
    out.end_item();
}
