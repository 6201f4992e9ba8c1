//! Planted values are found in every spelling and encoding; harmless text that looks like them is not.

mod planted;
mod spellings;

use std::sync::LazyLock;

use super::*;
use crate::{
    dicom::{Tag, VR, dataset::DataSet, encode::Writer, syntax::Encoding},
    policy::checks::Checks,
};

fn checks() -> &'static Checks {
    static CHECKS: LazyLock<Checks> =
        LazyLock::new(|| Checks::shipped().unwrap_or_else(|p| panic!("{p:?}")));
    &CHECKS
}

fn echo(elements: &[(Tag, VR, &[u8])]) -> Echo {
    let mut w = Writer::new(Encoding::ExplicitLittle);
    elements.iter().for_each(|(tag, vr, value)| w.element(*tag, *vr, value));
    let parsed = DataSet::parse(w.into_bytes(), Encoding::ExplicitLittle);
    Echo::gather(
        checks(),
        &parsed.unwrap_or_else(|e| panic!("{e}")),
        crate::policy::options::Options::NONE,
    )
}

const NAME: Tag = Tag(0x0010, 0x0010);

/// An original in UTF-8 with the usual identifiers.
fn usual() -> Echo {
    echo(&[
        (Tag(0x0008, 0x0005), VR::CS, b"ISO_IR 192"),
        (Tag(0x0008, 0x0018), VR::UI, b"1.2.392.200036.9999.1.2.3.4567"),
        (Tag(0x0008, 0x0050), VR::SH, b"ACC-77881"),
        (Tag(0x0008, 0x0080), VR::LO, "東都中央病院 ".as_bytes()),
        (Tag(0x0008, 0x0081), VR::ST, "東京都千代田区丸の内一丁目, Example Avenue 12".as_bytes()),
        (Tag(0x0008, 0x0090), VR::PN, "林^真=Hayashi^Makoto".as_bytes()),
        (Tag(0x0008, 0x1070), VR::PN, b"Abe^Jun"),
        (NAME, VR::PN, "Yamada^Tarou=山田^太郎=やまだ^たろう ".as_bytes()),
        (Tag(0x0010, 0x0020), VR::LO, b"ZZ-0000123"),
        (Tag(0x0010, 0x0030), VR::DA, b"19700302"),
        (Tag(0x0010, 0x1000), VR::LO, b"00056789\\12"),
        (Tag(0x0010, 0x2154), VR::SH, b"03-5555-0123"),
    ])
}

pub(super) fn kind(echo: &Echo, text: &str) -> Option<String> {
    echo.search_text(text, String::new).map(|r| r.kind.into_owned())
}

#[test]
fn names_in_every_spelling() {
    let echo = usual();
    for text in [
        "YAMADA",
        "yamada tarou",
        "Dr.Yamada",
        "TAROU_YAMADA",
        "YamadaTarou",
        "Yamada-Tarou",
        "T. YAMADA",
        "Ｙａｍａｄａ",
        "Taro",
        "TAROH",
        "Tarō Yamada",
        "山田",
        "山田 太郎",
        "太郎様",
        "患者：山田太郎",
        "山　田",
        "ﾔﾏﾀﾞ",
        "ヤマダ タロウ",
        "やまだ",
        "ヤマダタロウ",
        "タロー",
        "頭部CT 山田様",
        "yamada3",
        "CT YAMADA^TAROU",
        "林様",
        "林真",
        "林先生 依頼",
        "hayashi",
        "Abe",
        "JUN ABE",
    ] {
        assert!(kind(&echo, text).is_some(), "{text}");
    }
    assert_eq!(kind(&echo, "山田").as_deref(), Some("person's name: family name"));
    assert_eq!(kind(&echo, "Tarou").as_deref(), Some("person's name: given name"));
}

#[test]
fn the_words_of_the_lists_are_in_normal_spelling() {
    for word in checks().contexts.all() {
        let mut normal = String::new();
        crate::inspect::normal::normalise(word, &mut normal);
        assert_eq!(*word, normal);
    }
}

#[test]
fn numbers_dates_places() {
    let echo = usual();
    for text in [
        "ZZ-0000123",
        "zz0000123",
        "ID:ZZ-0000123.",
        "ACC-77881",
        "ACC77881 CT",
        "acc_77881",
        "00056789",
        "56789",
        "ID 056789",
        "1970/03/02",
        "S45.3.2",
        "昭和45年3月2日",
        "東都中央病院",
        "東都中央 放射線科",
        "東京都千代田区丸の内一丁目",
        "EXAMPLE AVENUE 12",
        "03-5555-0123",
        "0355550123",
        "tel 03(5555)0123",
    ] {
        assert!(kind(&echo, text).is_some(), "{text}");
    }
    assert_eq!(kind(&echo, "56789").as_deref(), Some("patient ID: without leading zeros"));
    assert_eq!(echo.is_birth_date(b"19700302").map(|m| m.class), Some(Class::BirthDate));
    assert_eq!(echo.is_birth_date(b"19700303"), None);
    assert!(echo.is_number(b"56789 ").is_some());
}

#[test]
fn harmless_text() {
    let echo = usual();
    for text in [
        "頭部単純",
        "造影 森林 森",
        "林",
        "Chest 1.0 B40f",
        "SIEMENS",
        "12",
        "123",
        "1970",
        "A3K7QW2MZPT",
        "A3K7QWABEPT^",
        "Jung",
        "Abel",
        "syngo CT 2012B",
        "ORIGINAL",
        "tarantula",
        "CT",
        "アベレージ",
        "2.25.1234567890123",
        "山",
        "田",
        "東京",
    ] {
        assert_eq!(kind(&echo, text), None, "{text}");
    }
    // A name that is a common word is found only as that word.
    let treacherous = echo_of_name(b"Ho^An");
    for text in ["Phantom", "An axial ho", "hoan1", "thorax"] {
        assert_eq!(kind(&treacherous, text), None, "{text}");
    }
    for text in ["HO^AN", "CT of An Ho", "Hoan"] {
        assert!(kind(&treacherous, text).is_some(), "{text}");
    }
    for name in [&b"Anonymous"[..], b"UNKNOWN^", b"^", b"CT^1", b"ANON"] {
        let none = echo_of_name(name);
        for text in ["Anonymous", "unknown", "CT", "1"] {
            assert_eq!(kind(&none, text), None, "{text}");
        }
    }
}

fn echo_of_name(name: &[u8]) -> Echo {
    let mut value = name.to_vec();
    value.resize(name.len().next_multiple_of(2), b' ');
    echo(&[(NAME, VR::PN, &value)])
}

#[test]
fn names_whose_character_set_lies() {
    for (charset, bytes) in [
        (&b"ISO_IR 100"[..], &b"\x8E\x52\x93\x63^\x91\xBE\x98\x59\x20"[..]),
        (b"", b"\xBB\xB3\xC5\xC4^\xC2\xC0\xCF\xBA "),
        (b"ISO_IR 100", b"\x1B$B;3ED\x1B(B^\x1B$BB@O:\x1B(B "),
        (b"ISO_IR 100", b"\xE5\xB1\xB1\xE7\x94\xB0^\xE5\xA4\xAA\xE9\x83\x8E "),
        (b"ISO_IR 13 ", b"\x8E\x52\x93\x63^\x91\xBE\x98\x59\x20"),
        (b"ISO_IR 13 ", b"\xBB\xB3\xC5\xC4^\xC2\xC0\xCF\xBA "),
        (b"ISO 2022 IR 13\\ISO 2022 IR 87 ", b"\x8E\x52\x93\x63^\x91\xBE\x98\x59\x20"),
        (b"\\ISO 2022 IR 87 ", b"\x1B$B;3ED\x1B(B^\x1B$BB@O:\x1B(B "),
    ] {
        let echo = echo(&[(Tag(0x0008, 0x0005), VR::CS, charset), (NAME, VR::PN, bytes)]);
        assert!(kind(&echo, "山田").is_some(), "{charset:?}");
        assert!(kind(&echo, "太郎").is_some(), "{charset:?}");
    }
    // A name without a mark of where it divides.
    let whole = echo_of_name("山田太郎".as_bytes());
    assert!(kind(&whole, "山田").is_some() && kind(&whole, "太郎").is_some());
}

#[test]
fn bytes_in_every_encoding() {
    let echo = usual();
    for bytes in [
        &b"\0\0Yamada\0"[..],
        b"name=YAMADA TAROU;",
        b"\x01\x8E\x52\x93\x63\x02",
        b"\xBB\xB3\xC5\xC4",
        b"\x1B$B;3ED\x1B(B",
        "xx山田xx".as_bytes(),
        b"\x71\x5C\x30\x75",
        b"Y\0a\0m\0a\0d\0a\0",
        b"zz-0000123",
        b"19700302",
        b"1.2.392.200036.9999.1.2.3.4567",
        "やまだ".as_bytes(),
    ] {
        assert!(echo.search_bytes(bytes, String::new).is_some(), "{bytes:?}");
    }
    for bytes in [
        &b"Yamadas"[..],
        b"\0\x01\x02\x03",
        b"119700302",
        b"1.2.392.200036.9999.1.2.3.45678",
        b"tarou",
    ] {
        assert!(echo.search_bytes(bytes, String::new).is_none(), "{bytes:?}");
    }
}

#[test]
fn pixel_bytes_in_pieces() {
    let echo = usual();
    let mut pixels = vec![7_u8; 300];
    pixels.extend_from_slice(b"YAMADA^TAROU");
    pixels.extend(std::iter::repeat_n(9, 300));
    for size in [1, 2, 5, 7, 63, 64, 65, 200, 304, 612] {
        let mut search = echo.stream();
        let found = pixels.chunks(size).fold(false, |_, piece| search.feed(piece));
        assert!(found, "{size}");
    }
    let mut search = echo.stream();
    assert!(!search.feed(&[0; 1000]) && !search.feed(&[0x31; 1000]));
    let ramp: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    assert!(!search.feed(&ramp));
    // A name over two fragments.
    let mut search = echo.stream();
    search.feed(b"\xFE\xFF\x00\xE0\x06\0\0\0");
    search.feed(b"YAMADA");
    search.feed(b"\xFE\xFF\x00\xE0\x06\0\0\0");
    assert!(search.feed(b"^TAROU"));
    // A short name is found where a fragment begins.
    for (bytes, expected) in
        [(&b"\xFF\xFE\0\x08Yamada\0"[..], true), (b"\xFF\xFE\0\x08\x8E\x52\x93\x63", false)]
    {
        let mut search = echo.stream();
        search.feed(b"\xFE\xFF\x00\xE0\x06\0\0\0");
        assert_eq!(search.feed(bytes), expected);
        assert!(!echo.stream().feed(bytes));
    }
    // What is found in the pixels has a reason with a place.
    let mut search = echo.stream();
    search.feed("山田太郎".as_bytes());
    assert_eq!(search.reason().map(|r| r.path), Some("(7FE0,0010)".to_owned()));
}

#[test]
fn nested_names_in_their_own_character_set() {
    let mut w = Writer::new(Encoding::ExplicitLittle);
    w.text(Tag(0x0008, 0x0005), VR::CS, "ISO_IR 100");
    w.begin_sequence(Tag(0x0008, 0x1111));
    w.begin_item();
    w.text(Tag(0x0008, 0x0005), VR::CS, "\\ISO 2022 IR 87");
    w.element(NAME, VR::PN, b"\x1B$B;3ED\x1B(B^\x1B$BB@O:\x1B(B ");
    w.end_item();
    w.end_sequence();
    w.begin_sequence(Tag(0x0040, 0x1101));
    w.begin_item();
    w.text(Tag(0x0008, 0x0100), VR::SH, "EMP-4711");
    w.end_item();
    w.end_sequence();
    let parsed = DataSet::parse(w.into_bytes(), Encoding::ExplicitLittle);
    let echo = Echo::gather(
        checks(),
        &parsed.unwrap_or_else(|e| panic!("{e}")),
        crate::policy::options::Options::NONE,
    );
    assert!(kind(&echo, "山田").is_some());
    assert!(kind(&echo, "EMP4711").is_some());
}

#[test]
fn reasons_hold_no_value() {
    let echo = usual();
    let reason = echo.search_text("Yamada ZZ-0000123", || "(0008,103E)".to_owned());
    let said = format!("{reason:?}");
    assert!(said.contains("G2-02") && said.contains("(0008,103E)"), "{said}");
    assert!(!said.to_lowercase().contains("yamada") && !said.contains("0123"), "{said}");
}
