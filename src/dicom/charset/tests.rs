//! Vectors of PS3.5 annexes H, I, J, K; misspelt terms; splitting; and that no bytes can panic.

use proptest::prelude::*;

use super::*;

/// Declarations of every kind, right and wrong.
pub(super) const CHARSETS: &[&str] = &[
    "",
    "ISO_IR 13",
    "ISO_IR 100",
    "ISO_IR 126",
    "ISO_IR 166",
    "ISO_IR 192",
    "GB18030",
    "GBK",
    "ISO 2022 IR 13\\ISO 2022 IR 87\\ISO 2022 IR 159",
    "\\ISO 2022 IR 87",
    "\\ISO 2022 IR 149\\ISO 2022 IR 58",
    "ISO 2022 IR 149",
    "ISO 2022 IR 100\\ISO 2022 IR 126\\ISO 2022 IR 144",
    "KLINGON",
];

/// Bytes in which escapes, separators and leads of two-byte characters are frequent.
pub(super) fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let escapes: Vec<Vec<u8>> =
        terms::ESCAPES.iter().map(|e| [&[machine::ESC], e.0].concat()).collect();
    let piece = prop_oneof![
        2 => prop::collection::vec(any::<u8>(), 1..3),
        2 => prop::sample::select(escapes),
        3 => prop::sample::select(&b"\\^=~\x1b$( \r\n\t\0"[..]).prop_map(|b| vec![b]),
        2 => (0x81..=0xFEu8, 0x30..=0xFEu8).prop_map(|(a, b)| vec![a, b]),
        1 => any::<char>().prop_map(|c| c.to_string().into_bytes()),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

fn hex(text: &str) -> Vec<u8> {
    text.split_whitespace().filter_map(|h| u8::from_str_radix(h, 16).ok()).collect()
}

fn decode(charset: &str, value: &[u8], kind: TextKind) -> (String, bool) {
    let set = CharacterSet::parse(charset.as_bytes());
    let decoded = set.decode(value, kind);
    (decoded.text.into_owned(), decoded.complete)
}

fn name(charset: &str, bytes: &str) -> String {
    let (text, complete) = decode(charset, &hex(bytes), TextKind::PersonName);
    assert!(complete, "{charset}");
    text
}

const H_3_1: &str = "59 61 6D 61 64 61 5E 54 61 72 6F 75 3D 1B 24 42 3B 33 45 44 1B 28 42 5E 1B 24 42 42 40 4F 3A \
    1B 28 42 3D 1B 24 42 24 64 24 5E 24 40 1B 28 42 5E 1B 24 42 24 3F 24 6D 24 26 1B 28 42";
const H_3_2: &str = "D4 CF C0 DE 5E C0 DB B3 3D 1B 24 42 3B 33 45 44 1B 28 4A 5E 1B 24 42 42 40 4F 3A 1B 28 4A 3D \
    1B 24 42 24 64 24 5E 24 40 1B 28 4A 5E 1B 24 42 24 3F 24 6D 24 26 1B 28 4A";

#[test]
fn names_of_the_standard() {
    assert_eq!(name("\\ISO 2022 IR 87", H_3_1), "Yamada^Tarou=山田^太郎=やまだ^たろう");
    assert_eq!(name("ISO 2022 IR 13\\ISO 2022 IR 87", H_3_2), "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう");
    // I.2: Korean. K.2: Chinese with GB 2312. J.3: UTF-8 and GB18030.
    let korean = "48 6F 6E 67 5E 47 69 6C 64 6F 6E 67 3D 1B 24 29 43 FB F3 5E 1B 24 29 43 D1 CE D4 D7 3D \
        1B 24 29 43 C8 AB 5E 1B 24 29 43 B1 E6 B5 BF";
    assert_eq!(name("\\ISO 2022 IR 149", korean), "Hong^Gildong=洪^吉洞=홍^길동");
    let chinese = "5A 68 61 6E 67 5E 58 69 61 6F 44 6F 6E 67 3D 1B 24 29 41 D5 C5 5E 1B 24 29 41 D0 A1 B6 AB 3D";
    assert_eq!(name("\\ISO 2022 IR 58", chinese), "Zhang^XiaoDong=张^小东=");
    let utf8 = "Wang^XiaoDong=王^小東=";
    let gb = "57 61 6E 67 5E 58 69 61 6F 44 6F 6E 67 3D CD F5 5E D0 A1 96 7C 3D";
    assert_eq!(decode("ISO_IR 192", utf8.as_bytes(), TextKind::PersonName), (utf8.into(), true));
    assert_eq!(name("GB18030", gb), utf8);
    // JIS X 0212: 丂 is its first kanji.
    assert_eq!(name("\\ISO 2022 IR 159", "1B 24 28 44 30 21 1B 28 42"), "丂");
}

#[test]
fn one_byte_sets() {
    let cases: &[(&str, &[u8], &str)] = &[
        ("ISO_IR 100", b"Buc^J\xE9r\xF4me", "Buc^Jérôme"),
        ("ISO_IR 101", b"W\xB1\xB3", "Wął"),
        ("ISO_IR 109", b"\xA1", "Ħ"),
        ("ISO_IR 110", b"\xA2", "ĸ"),
        ("ISO_IR 144", b"\xBB\xEE\xDA\xE1\xD5\xDC\xD1\xE3\xE0\xD3", "Люксембург"),
        ("ISO_IR 127", b"\xE2\xC8\xC7\xE6\xEA", "قباني"),
        ("ISO_IR 126", b"\xC4\xE9\xEF\xED\xF5\xF3\xE9\xEF\xF2", "Διονυσιος"),
        ("ISO_IR 138", b"\xF9\xF8\xE5\xEF", "שרון"),
        ("ISO_IR 148", b"\xC7avu\xFEo\xF0lu", "Çavuşoğlu"),
        ("ISO_IR 203", b"\xA4", "€"),
        ("ISO_IR 166", b"\xB9\xD2\xC1", "นาม"),
        ("ISO_IR 13", b"\xD4\xCF\xC0\xDE", "ﾔﾏﾀﾞ"),
    ];
    for (charset, bytes, text) in cases {
        let (decoded, complete) = decode(charset, bytes, TextKind::MultiValue);
        assert!(complete, "{charset}");
        assert_eq!(decoded, *text, "{charset}");
    }
    // Two sets in one value.
    let two = b"Dionysios \x1B-F\xC4\xE9\x1B-A\xE9";
    let (decoded, complete) = decode("ISO 2022 IR 100\\ISO 2022 IR 126", two, TextKind::MultiValue);
    assert_eq!((decoded.as_str(), complete), ("Dionysios Διé", true));
}

#[test]
fn misspelt_terms_are_understood() {
    for term in
        ["ISO-IR 100", "ISO IR 100", "iso_ir_100", "ISO_IR100", "ISO_IR 100 ", "ISO 2022 IR 100"]
    {
        assert_eq!(decode(term, b"\xE9", TextKind::MultiValue), ("é".into(), true), "{term}");
    }
    for term in [
        "\\ISO_2022_IR_87",
        "\\ISO_IR 87",
        "\\ISO_IR 2022 IR 87",
        "ISO 2022 IR 87",
        "ISO_IR 6\\ISO-2022-IR 87",
    ] {
        assert_eq!(name(term, H_3_1), "Yamada^Tarou=山田^太郎=やまだ^たろう", "{term}");
    }
    assert_eq!(decode("ISO_8859-7", b"\xC4", TextKind::MultiValue), ("Δ".into(), true));
    assert!(CharacterSet::parse(b"UTF-8").is_utf8());
    assert!(CharacterSet::parse(b"ISO_IR 192\\ISO 2022 IR 87").is_utf8());
}

#[test]
fn what_is_not_declared_is_incomplete_but_read() {
    assert_eq!(decode("", b"\xE9", TextKind::MultiValue), ("\u{FFFD}".into(), false));
    assert!(!decode("KLINGON", b"\xE9", TextKind::MultiValue).1);
    assert!(decode("KLINGON", b"plain", TextKind::MultiValue).1);
    let (text, complete) = decode("ISO_IR 100", &hex(H_3_1), TextKind::PersonName);
    assert_eq!((text.as_str(), complete), ("Yamada^Tarou=山田^太郎=やまだ^たろう", false));
    // Shift_JIS under ISO_IR 100: bytes of the C1 range show it.
    assert!(!decode("ISO_IR 100", b"\x8ER\x93c", TextKind::MultiValue).1);
    // A forgotten designation behind `^` still reads, as incomplete.
    let forgotten = b"\x1B$)C\xFB\xF3^\xD1\xCE\xD4\xD7";
    let (text, complete) = decode("\\ISO 2022 IR 149", forgotten, TextKind::PersonName);
    assert_eq!((text.as_str(), complete), ("洪^吉洞", false));
}

#[test]
fn a_backslash_inside_a_character_does_not_split() {
    // 顎 is 33 5C in JIS X 0208, 誠 is D5 5C in GBK.
    let jis = CharacterSet::parse(b"\\ISO 2022 IR 87");
    let value = b"\x1B$B3\\\x1B(B\\B";
    assert_eq!(jis.split(value, TextKind::MultiValue), [&b"\x1B$B3\\\x1B(B"[..], b"B"]);
    assert_eq!(jis.decode(value, TextKind::MultiValue).text, "顎\\B");
    assert_eq!(jis.split(value, TextKind::SingleText).len(), 1);
    let gbk = CharacterSet::parse(b"GBK");
    assert_eq!(gbk.split(b"\xD5\x5C\\B", TextKind::MultiValue), [&b"\xD5\x5C"[..], b"B"]);
    let utf8 = CharacterSet::parse(b"ISO_IR 192");
    assert_eq!(utf8.split("山\\田".as_bytes(), TextKind::MultiValue).len(), 2);
}

#[test]
fn the_state_falls_back_at_line_ends() {
    let set = CharacterSet::parse(b"ISO 2022 IR 100\\ISO 2022 IR 126");
    let text = set.decode(b"\x1B-F\xC4\r\n\xC4", TextKind::SingleText);
    assert_eq!((text.text.as_ref(), text.complete), ("Δ\r\nÄ", true));
    // In the romaji set 0x5C is a yen sign where it does not separate.
    let romaji = CharacterSet::parse(b"ISO_IR 13");
    assert_eq!(romaji.decode(b"\xB1\\", TextKind::SingleText).text, "ｱ¥");
}

#[test]
fn liars_are_suspected() {
    for bytes in ["8E 52 93 63", "BB B3 C5 C4", "E5 B1 B1 E7 94 B0", "1B 24 42 3B 33 45 44"] {
        assert!(suspects(&hex(bytes)).iter().any(|t| t.contains("山田")), "{bytes}");
    }
    assert!(suspects(b"M\xFCller^R\xE9mi").contains(&"Müller^Rémi".to_owned()));
    assert!(suspects(b"\xCD\xF5^\xD0\xA1\xB6\xAB").iter().any(|t| t == "王^小东"));
    assert!(suspects(b"plain").is_empty());
}

#[test]
fn signs_are_those_of_jis() {
    let signs = b"\x1b$B!A!B!]!q!r\"L\x1b(B";
    assert_eq!(decode("\\ISO 2022 IR 87", signs, TextKind::MultiValue), ("〜‖−¢£¬".into(), true));
}

#[test]
fn a_way_back_forgotten_before_a_separator_is_seen() {
    let value = b"\x1b$B;3ED^\x1b$BB@O:\x1b(B";
    let (text, complete) = decode("\\ISO 2022 IR 87", value, TextKind::PersonName);
    assert_eq!((text.as_str(), complete), ("山田^太郎", false));
}

#[test]
fn supersets_are_not_the_sets() {
    // A0 A1 is hangul in UHC, AA A1 a private character in GBK.
    assert!(!decode("\\ISO 2022 IR 149", b"\x1b$)C\xA0\xA1", TextKind::MultiValue).1);
    assert!(!decode("\\ISO 2022 IR 58", b"\x1b$)A\xAA\xA1", TextKind::MultiValue).1);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

    #[test]
    fn no_bytes_panic_and_none_is_lost_in_splitting(
        charset in prop_oneof![
            prop::sample::select(CHARSETS).prop_map(str::to_owned),
            ".{0,40}",
        ],
        value in hostile(),
    ) {
        let set = CharacterSet::parse(charset.as_bytes());
        for kind in [TextKind::PersonName, TextKind::MultiValue, TextKind::SingleText] {
            let parts = set.split(&value, kind);
            prop_assert_eq!(parts.join(&b'\\'), value.clone());
            let whole = set.decode(&value, kind);
            // Each value decodes alone as it does in the whole: the state falls back between them. (Not the other way: a way
            // back that was forgotten before a separator is not missed by the value alone.)
            if whole.complete {
                let alone: Vec<_> = parts.iter().map(|p| set.decode(p, kind)).collect();
                prop_assert!(alone.iter().all(|d| d.complete));
                let alone: Vec<_> = alone.iter().map(|d| d.text.as_ref()).collect();
                prop_assert_eq!(alone.join("\\"), whole.text);
            }
        }
        let _ = suspects(&value);
    }
}
