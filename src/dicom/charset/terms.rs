//! The defined terms of (0008,0005), their escape sequences, and the misspellings that are met.

use encoding_rs::{
    Encoding, ISO_8859_2, ISO_8859_3, ISO_8859_4, ISO_8859_5, ISO_8859_6, ISO_8859_7, ISO_8859_8,
    ISO_8859_15, WINDOWS_874, WINDOWS_1254,
};

/// A graphic character set that code extensions can switch to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Set {
    /// ISO-IR 6.
    Ascii,
    /// JIS X 0201: romaji below, half-width katakana above.
    JisX0201,
    /// ISO-IR 87.
    JisX0208,
    /// ISO-IR 159.
    JisX0212,
    /// ISO-IR 149.
    KsX1001,
    /// ISO-IR 58.
    Gb2312,
    /// ISO-IR 100.
    Latin1,
    /// Another one-byte set, in the upper half.
    Upper(&'static Encoding),
}

/// What a term stands for.
pub(super) enum Term {
    Set(Set),
    Utf8,
    Gb18030,
    Gbk,
}

/// Which half of the code table an escape fills.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Half {
    G0,
    G1,
}

/// Letters and digits of the longest term that is understood, and more.
const LONGEST: usize = 32;

/// Reads one term. Case, blanks, hyphens and underscores are not looked at: `ISO-IR 100`, `ISO_2022_IR_87` and
/// `ISO_IR 2022 IR 13` are all met. Empty is the default repertoire.
pub(super) fn term(raw: &[u8]) -> Option<Term> {
    let mut room = [0; LONGEST];
    let mut length = 0;
    for byte in raw.iter().filter(|b| b.is_ascii_alphanumeric()) {
        *room.get_mut(length)? = byte.to_ascii_uppercase();
        length += 1;
    }
    let name = std::str::from_utf8(room.get(..length)?).ok()?;
    match name {
        "" if raw.iter().all(|b| matches!(b, b' ' | 0)) => return Some(Term::Set(Set::Ascii)),
        "UTF8" | "ISOUTF8" => return Some(Term::Utf8),
        "GB18030" | "ISO2022GB18030" => return Some(Term::Gb18030),
        "GBK" | "ISO2022GBK" | "GB2312" => return Some(Term::Gbk),
        "ASCII" | "USASCII" => return Some(Term::Set(Set::Ascii)),
        "LATIN1" => return Some(Term::Set(Set::Latin1)),
        _ => {}
    }
    let mut number = name.strip_prefix("ISO")?;
    while let Some(rest) = number.strip_prefix("2022").or_else(|| number.strip_prefix("IR")) {
        number = rest;
    }
    if let Some(part) = number.strip_prefix("8859") {
        return Some(Term::Set(iso_8859(part)?));
    }
    Some(Term::Set(match number {
        "6" => Set::Ascii,
        "13" | "14" => Set::JisX0201,
        "87" => Set::JisX0208,
        "159" => Set::JisX0212,
        "149" => Set::KsX1001,
        "58" => Set::Gb2312,
        "100" => Set::Latin1,
        "101" => Set::Upper(ISO_8859_2),
        "109" => Set::Upper(ISO_8859_3),
        "110" => Set::Upper(ISO_8859_4),
        "144" => Set::Upper(ISO_8859_5),
        "127" => Set::Upper(ISO_8859_6),
        "126" => Set::Upper(ISO_8859_7),
        "138" => Set::Upper(ISO_8859_8),
        "148" => Set::Upper(WINDOWS_1254),
        "203" => Set::Upper(ISO_8859_15),
        "166" => Set::Upper(WINDOWS_874),
        "192" => return Some(Term::Utf8),
        _ => return None,
    }))
}

/// A part of ISO 8859, which some writers name instead of its registration.
fn iso_8859(part: &str) -> Option<Set> {
    Some(match part {
        "1" => Set::Latin1,
        "2" => Set::Upper(ISO_8859_2),
        "3" => Set::Upper(ISO_8859_3),
        "4" => Set::Upper(ISO_8859_4),
        "5" => Set::Upper(ISO_8859_5),
        "6" => Set::Upper(ISO_8859_6),
        "7" => Set::Upper(ISO_8859_7),
        "8" => Set::Upper(ISO_8859_8),
        "9" => Set::Upper(WINDOWS_1254),
        "11" => Set::Upper(WINDOWS_874),
        "15" => Set::Upper(ISO_8859_15),
        _ => return None,
    })
}

/// The escape sequences of PS3.3 C.12.1.1.2 (without the ESC itself). The last three are not DICOM's, but are
/// written by text libraries for ISO-2022-JP; they decode, as unlawful.
pub(super) const ESCAPES: &[(&[u8], Half, Set, bool)] = &[
    (b"(B", Half::G0, Set::Ascii, true),
    (b"(J", Half::G0, Set::JisX0201, true),
    (b")I", Half::G1, Set::JisX0201, true),
    (b"$B", Half::G0, Set::JisX0208, true),
    (b"$(D", Half::G0, Set::JisX0212, true),
    (b"$)C", Half::G1, Set::KsX1001, true),
    (b"$)A", Half::G1, Set::Gb2312, true),
    (b"-A", Half::G1, Set::Latin1, true),
    (b"-B", Half::G1, Set::Upper(ISO_8859_2), true),
    (b"-C", Half::G1, Set::Upper(ISO_8859_3), true),
    (b"-D", Half::G1, Set::Upper(ISO_8859_4), true),
    (b"-L", Half::G1, Set::Upper(ISO_8859_5), true),
    (b"-G", Half::G1, Set::Upper(ISO_8859_6), true),
    (b"-F", Half::G1, Set::Upper(ISO_8859_7), true),
    (b"-H", Half::G1, Set::Upper(ISO_8859_8), true),
    (b"-M", Half::G1, Set::Upper(WINDOWS_1254), true),
    (b"-b", Half::G1, Set::Upper(ISO_8859_15), true),
    (b"-T", Half::G1, Set::Upper(WINDOWS_874), true),
    (b"$@", Half::G0, Set::JisX0208, false),
    (b"$(B", Half::G0, Set::JisX0208, false),
    (b"(I", Half::G0, Set::JisX0201, false),
];
