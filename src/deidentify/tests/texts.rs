//! Kept text: its bytes stay, under the character set that it declares, or the object is kept back.

use super::*;
use crate::deidentify::UNDECODABLE;

/// 東芝 in ISO 2022 IR 87.
const TOSHIBA: &[u8] = b"\x1b$BEl<G\x1b(B";
const MANUFACTURER: Tag = Tag(0x0008, 0x0070);

fn charset(value: &str) -> Made {
    text(0x0008, 0x0005, VR::CS, value)
}

#[test]
fn kept_text_keeps_its_bytes_and_its_character_set() {
    let set = run(&[charset("\\ISO 2022 IR 87"), bytes(MANUFACTURER, VR::LO, TOSHIBA)], CT);
    assert_eq!(set.text(Tag(0x0008, 0x0005)), Some("\\ISO 2022 IR 87"));
    let kept = set.find(MANUFACTURER).map(|e| set.value(e)).expect("it is kept");
    assert!(kept.starts_with(TOSHIBA));
}

#[test]
fn what_cannot_be_read_is_kept_back() {
    let utf8 = bytes(MANUFACTURER, VR::LO, "東芝".as_bytes());
    let reason = refused(std::slice::from_ref(&utf8));
    assert_eq!((reason.rule.as_ref(), reason.path.as_str()), (UNDECODABLE, "(0008,0070)"));
    run(&[charset("ISO_IR 192"), utf8.clone()], CT);
    let nested = [
        charset("ISO_IR 192"),
        items(KEPT_SEQUENCE, vec![vec![], vec![charset("ISO_IR 6"), utf8]]),
    ];
    assert_eq!(refused(&nested).path, "(0028,3010)[2](0008,0070)");
    let code_string = bytes(Tag(0x0018, 0x0015), VR::CS, "頭".as_bytes());
    assert_eq!(refused(&[charset("ISO_IR 192"), code_string]).rule, UNDECODABLE);
}

#[test]
fn what_cannot_be_read_may_still_go() {
    let name = bytes(Tag(0x0010, 0x0010), VR::PN, b"\xfa\xfb\xfc");
    let comment = bytes(Tag(0x0010, 0x4000), VR::LT, b"\xfa\xfb\xfc");
    let set = run(&[name, comment], CT);
    assert!(!contains(&set.bytes, b"\xfa\xfb"));
}

#[test]
fn identifiers_that_cannot_be_read_stay_apart() {
    let pseudonym = |id: &[u8]| {
        let set = run(&[bytes(Tag(0x0010, 0x0020), VR::LO, id)], CT);
        set.text(Tag(0x0010, 0x0020)).map(str::to_owned)
    };
    assert_ne!(pseudonym(b"\xff\xfe"), pseudonym(b"\xff\xfd"));
    assert_eq!(pseudonym(b"ZZ-1"), pseudonym(b"ZZ-1  "));
}
