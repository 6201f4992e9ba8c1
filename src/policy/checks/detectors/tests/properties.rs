//! Generated identifiers inside harmless text are found; texts of imaging are left alone.

use jiff::{ToSpan, civil::date};
use proptest::prelude::*;

use super::*;
use crate::policy::tables::records;

thread_local! {
    static SHIPPED: Detectors = shipped();
}

fn strong(text: &str) -> bool {
    SHIPPED
        .with(|d| d.search(text, place(VR::LO)).is_some_and(|h| h.severity() == Severity::Strong))
}

fn hit(text: &str) -> bool {
    SHIPPED.with(|d| d.search(text, place(VR::LO)).is_some())
}

/// A text with something in it.
fn with(around: (&str, &str), text: &str) -> String {
    format!("{}{text}{}", around.0, around.1)
}

/// Harmless text with room for something in it.
fn around() -> impl Strategy<Value = (&'static str, &'static str)> {
    prop::sample::select(vec![
        ("", ""),
        ("chest ", " AP"),
        ("AX T2 FLAIR 5mm ", ""),
        ("頭部単純 ", " 5mm"),
        ("造影(", ")"),
        ("胸部、", "、正面"),
        ("", " 1.25mm B31f"),
    ])
}

fn my_number(eleven: &[u32]) -> String {
    let weights = [6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2];
    let rest = eleven.iter().zip(weights).map(|(p, q)| p * q).sum::<u32>() % 11;
    let check = if rest <= 1 { 0 } else { 11 - rest };
    eleven.iter().chain([&check]).map(u32::to_string).collect()
}

/// The first spelling, reading and romaji of each row of a list.
fn list(text: &'static str) -> Vec<[&'static str; 3]> {
    let first = |field: &'static str| field.split(' ').next().unwrap_or_default();
    records(text).map(|(_, f)| [first(f[0]), first(f[1]), first(f[2])]).collect()
}

fn surnames() -> Vec<[&'static str; 3]> {
    list(include_str!("../../../../../config/checks/names/surnames_ja.csv"))
}

fn given() -> Vec<[&'static str; 3]> {
    let rows = list(include_str!("../../../../../config/checks/names/given_ja.csv"));
    rows.into_iter()
        .filter(|r| r.iter().all(|f| !f.is_empty()) && r[0].chars().count() > 1)
        .collect()
}

/// Name, letter, the year before its first, a day in it, and how many days of it follow.
type Era = (&'static str, &'static str, i16, (i16, i8, i8), i64);

const ERAS: [Era; 3] = [
    ("昭和", "S", 1925, (1935, 1, 1), 19_000),
    ("平成", "H", 1988, (1998, 1, 1), 7_600),
    ("令和", "R", 2018, (2019, 5, 1), 2_000),
];

/// Each with each, so that the words that are something else as a whole are known by name.
#[test]
fn names_with_an_honorific_are_found() {
    let mut missed = Vec::new();
    for surname in surnames() {
        for honorific in ["様", "さん", "先生", "医師", "技師"] {
            let text = format!("{}{honorific}", surname[0]);
            if !strong(&text) || !strong(&format!("頭部 {text} 5mm")) {
                missed.push(text);
            }
            // Shorter names in kana are other words too.
            if surname[1].chars().count() > 2 && honorific != "さん" {
                let text = format!("{}{honorific}", katakana(surname[1]));
                assert!(strong(&text), "{text}");
            }
        }
    }
    missed.dedup();
    assert_eq!(missed, ["奥様", "奥さん", "今様", "神様"]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn my_numbers_are_found(digits in prop::collection::vec(0_u32..10, 11), around in around(), joint in 0..3) {
        prop_assume!(digits.iter().any(|d| *d != digits[0]));
        let number = my_number(&digits);
        let (a, b, c) = (&number[..4], &number[4..8], &number[8..]);
        let number = match joint { 0 => number.clone(), 1 => format!("{a}-{b}-{c}"), _ => format!("{a} {b} {c}") };
        prop_assert!(strong(&with(around, &number)), "my number");
        let wide: String = number.chars().map(|c| char::from_u32(u32::from(c) + 0xFEE0).filter(|_| c.is_ascii_digit()).unwrap_or(c)).collect();
        prop_assert!(strong(&wide));
    }

    #[test]
    fn era_dates_are_found(era in 0..3_usize, offset in 0_i64..1, day in 0.0..1.0_f64, style in 0..5, around in around()) {
        let (kanji, letter, before, (y, m, d), span) = ERAS[era];
        let day = date(y, m, d) + (offset + (day * span as f64) as i64).days();
        let year = day.year() - before;
        let (m, d) = (day.month(), day.day());
        let text = match style {
            0 => format!("{kanji}{year}年{m}月{d}日"),
            1 => format!("{letter}{year:02}.{m}.{d}"),
            2 => format!("{letter}{year:02}{m:02}{d:02}"),
            3 => format!("{letter}{year:02}/{m:02}/{d:02}"),
            _ => format!("{}", day.strftime("%Y-%m-%d")),
        };
        let text = format!("YT {}", with(around, &text));
        prop_assert!(strong(&text), "{}", text);
    }

    #[test]
    fn telephones_are_found(area in prop::sample::select(vec!["03", "06", "045", "011", "0467", "090", "080", "050"]),
                            digits in prop::collection::vec(0..10, 8), style in 0..3, around in around()) {
        let length = if area.ends_with('0') && area.len() == 3 { 11 } else { 10 };
        let rest: String = digits.iter().map(ToString::to_string).take(length - area.len()).collect();
        prop_assume!(rest.len() == length - area.len());
        let (local, line) = rest.split_at(rest.len() - 4);
        let text = match style {
            0 => format!("{area}-{local}-{line}"),
            1 => format!("{area}({local}){line}"),
            _ => format!("（{area}）{local}-{line}"),
        };
        prop_assert!(strong(&with(around, &text)), "{}", text);
    }

    #[test]
    fn addresses_are_found(prefecture in prop::sample::select(vec!["東京都", "神奈川県", "大阪府", "北海道", "愛知県"]),
                           town in prop::sample::select(vec!["千代田区", "横浜市", "中央区", "名古屋市", "伊達市"]),
                           number in 1..99, around in around()) {
        for text in [format!("{prefecture}{town}"), format!("{town}丸の内{number}-2-3"), format!("{town}本町{number}丁目")] {
            prop_assert!(strong(&with(around, &text)), "{}", text);
        }
    }

    #[test]
    fn full_names_are_found(surname in prop::sample::select(surnames()), given in prop::sample::select(given()), around in around()) {
        for divider in [" ", "　", "^", ""] {
            let text = with(around, &[surname[0], given[0]].join(divider));
            prop_assert!(strong(&text), "{}", text);
        }
        if surname[1].chars().count() > 1 {
            let text = with(around, &[katakana(surname[1]), katakana(given[1])].join(" "));
            prop_assert!(strong(&text), "{}", text);
        }
        if surname[2].len() > 3 && given[2].len() > 3 {
            for text in [format!("{} {}", surname[2], given[2]), format!("{}^{}", surname[2].to_uppercase(), given[2])] {
                prop_assert!(hit(&with(around, &text)), "{}", text);
            }
        }
    }

    #[test]
    fn no_text_stops_the_search(text in any::<String>(), vr in prop::sample::select(vec![VR::LO, VR::CS, VR::LT, VR::UR])) {
        SHIPPED.with(|d| d.search(&text, place(vr)).map(|h| h.id().len()));
    }

    #[test]
    fn imaging_numbers_are_harmless(a in 0.1..400.0_f64, n in 1..2000, kernel in 10..90, kv in 70..150) {
        for text in [
            format!("{a:.1} B{kernel}f"), format!("{a:.2}mm"), format!("{kv}kV {n}mA"), format!("AX T2 FLAIR {n}mm"),
            format!("{n}\\{kv}\\{kernel}"), format!("TE {n} TR {kv}"), format!("SP {a:.4}"), format!("slice {n}/{kv}"),
            format!("{a:.1}x{a:.1}x{a:.1}"), format!("FOV {n}x{kv}"), format!("b{n}"), format!("頭部単純 {n}mm"), format!("L{} S{}", n % 5, n % 5),
        ] {
            prop_assert!(!hit(&text), "{}", text);
        }
    }
}

fn katakana(hiragana: &str) -> String {
    let up = |c: char| match c {
        'ぁ'..='ゖ' => char::from_u32(u32::from(c) + 0x60).unwrap_or(c),
        _ => c,
    };
    hiragana.chars().map(up).collect()
}

#[test]
fn imaging_texts_are_harmless() {
    for text in [
        "T1 S3.2.1",
        "2.0 B31f",
        "1-2-3",
        "120kV 200mA",
        "AX T2 FLAIR 5mm",
        "頭部単純 5mm",
        "5.0\\2.5\\1.25",
        "5/5/1.25",
        "syngo CT 2012B",
        "VB20P",
        "R5.3.1 AX T2",
        "2.6.3.4",
        "1.2.840.10008.5.1.4.1.1.2",
        "V4.10",
        "JJ1017-16M",
        "1000000000000000",
        "2202100700000000",
        "4002000600000102",
        "10000000000000000000000000000000",
        "T-D3000",
        "R-404FA",
        "51185008",
        "SRT",
        "99SITE",
        "L4/5",
        "C3-C7",
        "Th12-L3",
        "HEAD FIRST-SUPINE",
        "FFS",
        "W:400 L:40",
        "kVp 120, mAs 250",
        "Chest w/o contrast",
        "CT ABD/PEL W CONTRAST",
        "3D MPRAGE SAG ISO 1.0",
        "ep2d_diff_3scan_trace_p2",
        "t2_tse_tra_320",
        "DWI b1000",
        "[WB_CT] Thorax",
        "RAO 30 CAU 20",
        "ML ToF",
        "LCC",
        "R MLO",
        "Water equivalent",
        "AC CT",
        "LUNG 1.0 Br59",
        "Body 1.0 CE",
        "胸部CT 単純",
        "造影 動脈相",
        "右膝関節 正面 側面",
        "腹部エコー",
        "頭部MRA",
        "骨シンチ 正面",
        "ﾄｳﾌﾞ ﾀﾝｼﾞｭﾝ",
        "ｷｮｳﾌﾞ ｼｮｳﾒﾝ",
        "結節様の影あり",
        "多発性硬化症の疑い",
        "術後3日目",
        "PHILIPS-Achieva",
        "SIEMENS",
        "GE MEDICAL SYSTEMS",
        "Toshiba Aquilion ONE",
        "FUJIFILM Corporation",
        "SHIMADZU",
        "Carl Zeiss Meditec",
        "Left",
        "Right hand",
        "Head and Neck",
    ] {
        assert!(
            !hit(text),
            "{text}: {:?}",
            SHIPPED.with(|d| d.search(text, place(VR::LO)).map(|h| h.id().to_owned()))
        );
    }
}

/// Breeds that are named as persons are.
const ANIMALS: [&str; 4] = [
    "Kerry Hill sheep",
    "Oxford sandy block pig",
    "Jack Russell terrier dog breed",
    "Chester white pig",
];

#[test]
fn the_meanings_of_the_standard_are_harmless() {
    let mut hits = Vec::new();
    let mut count = 0;
    for (_, fields) in records(include_str!("../../../../../config/tables/concepts.csv")) {
        let Some(meaning) = fields.last() else { continue };
        count += 1;
        SHIPPED.with(|d| {
            if let Some(hit) =
                d.search(meaning, Place { tag: Tag(0x0008, 0x0104), ..place(VR::LO) })
                && hit.severity() == Severity::Strong
                && !ANIMALS.contains(meaning)
            {
                hits.push(format!("{}: {meaning}", hit.id()));
            }
        });
    }
    assert!(count > 10_000);
    assert!(hits.is_empty(), "{} {hits:#?}", hits.len());
}
