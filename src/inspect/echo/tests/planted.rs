//! Made-up names in spellings made up by chance, planted in harmless texts and bytes; and harmless texts alone.

use proptest::prelude::*;

use super::*;

/// Syllables: katakana, Hepburn, Kunrei.
const SYLLABLES: [(&str, &str, &str); 40] = [
    ("ア", "a", "a"),
    ("イ", "i", "i"),
    ("オ", "o", "o"),
    ("カ", "ka", "ka"),
    ("キ", "ki", "ki"),
    ("ク", "ku", "ku"),
    ("コ", "ko", "ko"),
    ("サ", "sa", "sa"),
    ("シ", "shi", "si"),
    ("ショ", "sho", "syo"),
    ("ス", "su", "su"),
    ("タ", "ta", "ta"),
    ("チ", "chi", "ti"),
    ("チャ", "cha", "tya"),
    ("ツ", "tsu", "tu"),
    ("ト", "to", "to"),
    ("トウ", "tou", "tou"),
    ("ナ", "na", "na"),
    ("ニ", "ni", "ni"),
    ("ノ", "no", "no"),
    ("ハ", "ha", "ha"),
    ("ヒ", "hi", "hi"),
    ("フ", "fu", "hu"),
    ("ホ", "ho", "ho"),
    ("マ", "ma", "ma"),
    ("ミ", "mi", "mi"),
    ("ムラ", "mura", "mura"),
    ("モト", "moto", "moto"),
    ("ヤ", "ya", "ya"),
    ("ユウ", "yuu", "yuu"),
    ("ヨ", "yo", "yo"),
    ("ラ", "ra", "ra"),
    ("リ", "ri", "ri"),
    ("リョウ", "ryou", "ryou"),
    ("ロウ", "rou", "rou"),
    ("ワ", "wa", "wa"),
    ("ガ", "ga", "ga"),
    ("ジ", "ji", "zi"),
    ("ダ", "da", "da"),
    ("ブ", "bu", "bu"),
];

const KANJI: [&str; 24] = [
    "山田",
    "佐藤",
    "髙橋",
    "渡邉",
    "伊藤",
    "齋藤",
    "濵田",
    "長谷川",
    "佐々木",
    "櫻井",
    "小澤",
    "廣瀬",
    "太郎",
    "花子",
    "一郎",
    "健二",
    "美咲",
    "國男",
    "眞一",
    "恵子",
    "德次",
    "千尋",
    "直樹",
    "由美",
];

const HARMLESS: [&str; 34] = [
    "CT THORAX W/O CONTRAST",
    "t1_se_tra_p2_320",
    "Lung 1.0 B70f",
    "頭部単純 5mm",
    "造影 動脈相 1.0mm",
    "胸部 正面 立位",
    "AX T2 FLAIR FS",
    "ORIGINAL\\PRIMARY\\AXIAL",
    "Head Neck Angio 0.75 Bv40 3",
    "3 Plane Loc SSFSE",
    "PET AC 3DWB",
    "Whole body FDG 60 min",
    "SAG PDW TSE",
    "L CC MLO",
    "Dose Report 1.25",
    "ボリュームレンダリング",
    "アーチファクト低減",
    "骨条件 水平断",
    "右膝関節 側面",
    "腹部ルーチン 平衡相",
    "syngo CT VB20A 2.3.70",
    "512 512 0.9765625",
    "Recon 2: THIN LUNG",
    "BRAIN MRA TOF 3D",
    "DWI b1000 ADC",
    "coronal oblique MPR 2.0 mm",
    "ABDOMEN ROUTINE 120 kV 200 mAs",
    "Scout Lateral",
    "HFS FFS",
    "MONOCHROME2",
    "心電図同期 拡張期",
    "コントラスト シリンジ",
    "上腹部 単純 + 造影",
    "Series 3 of 5",
];

#[derive(Debug, Clone)]
struct Name {
    kana: String,
    hepburn: String,
    kunrei: String,
}

fn name() -> impl Strategy<Value = Name> {
    let syllable = prop::sample::select(&SYLLABLES[..]);
    prop::collection::vec(syllable, 2..5).prop_map(|parts| Name {
        kana: parts.iter().map(|p| p.0).collect(),
        hepburn: parts.iter().map(|p| p.1).collect(),
        kunrei: parts.iter().map(|p| p.2).collect(),
    })
}

/// One way to write a name.
fn spelt(name: &Name, way: u8) -> String {
    let hiragana = |kana: &str| -> String {
        let small = |c: char| char::from_u32(u32::from(c) - 0x60).unwrap_or(c);
        kana.chars().map(|c| if ('ァ'..='ヶ').contains(&c) { small(c) } else { c }).collect()
    };
    let wide = |text: &str| -> String {
        let wide = |c: char| char::from_u32(u32::from(c) + 0xFEE0).unwrap_or(c);
        text.chars().map(|c| if c.is_ascii_graphic() { wide(c) } else { c }).collect()
    };
    let apart = |text: &str, sign: &str| -> String {
        text.chars().map(|c| format!("{c}{sign}")).collect::<String>().trim_end_matches(sign).into()
    };
    match way % 14 {
        0 => name.hepburn.clone(),
        1 => name.kunrei.clone(),
        2 => name.hepburn.to_uppercase(),
        3 => name.hepburn.replace("ou", "o").replace("uu", "u"),
        4 => name.hepburn.replace("ou", "ō").replace("uu", "ū"),
        5 if name.hepburn.ends_with("ou") => name.hepburn.trim_end_matches('u').to_owned() + "h",
        6 => wide(&name.hepburn),
        7 => name.kana.clone(),
        8 => hiragana(&name.kana),
        9 => apart(&name.hepburn, " "),
        10 => apart(&name.kana, "・"),
        11 => name.kana.replace('ウ', "ー"),
        12 => format!("{}さん", hiragana(&name.kana)),
        _ => name.kunrei.to_uppercase(),
    }
}

/// Whether a name is long enough in every spelling, and no word of the language.
fn telling(name: &Name) -> bool {
    let short = name.hepburn.replace("ou", "o").replace("uu", "u");
    let common = &checks().contexts.common;
    let words = [name.hepburn.as_str(), name.kunrei.as_str(), short.as_str(), name.kana.as_str()];
    short.len() > 5
        && name.kunrei.len() > 5
        && name.kana.chars().count() > 2
        && !words.iter().any(|w| common.contains(*w))
}

fn original(family: &Name, given: &Name, kanji: [&str; 2], groups: u8) -> String {
    let alphabetic = match groups % 2 {
        0 => format!("{}^{}", family.hepburn, given.hepburn),
        _ => format!("{}^{}", family.kunrei, given.kunrei).to_uppercase(),
    };
    match groups % 4 {
        0 | 1 => format!("{alphabetic}={}^{}", kanji[0], kanji[1]),
        2 => format!("{alphabetic}={}^{}={}^{}", kanji[0], kanji[1], family.kana, given.kana),
        _ => alphabetic,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(150) })]

    #[test]
    fn a_name_is_found_in_any_spelling(
        family in name().prop_filter("long enough", telling),
        given in name().prop_filter("long enough", telling),
        kanji in [prop::sample::select(&KANJI[..]), prop::sample::select(&KANJI[..])],
        groups in any::<u8>(),
        harmless in prop::sample::select(&HARMLESS[..]),
    ) {
        let echo = echo(&[
            (Tag(0x0008, 0x0005), VR::CS, b"ISO_IR 192"),
            (NAME, VR::PN, original(&family, &given, kanji, groups).as_bytes()),
        ]);
        for way in 0..14 {
            for part in [&family, &given] {
                let planted = format!("{harmless} {}", spelt(part, way));
                prop_assert!(kind(&echo, &planted).is_some(), "{} of {}", planted, original(&family, &given, kanji, groups));
            }
        }
        if groups % 4 != 3 {
            for part in kanji {
                for planted in [format!("{harmless}{part}"), format!("{part}様 {harmless}")] {
                    prop_assert!(kind(&echo, &planted).is_some(), "{}", planted);
                }
            }
        }
    }

    #[test]
    fn a_name_is_found_in_bytes_of_any_character_set(
        family in prop::sample::select(&KANJI[..]),
        given in prop::sample::select(&KANJI[..]),
        before in prop::collection::vec(0_u8..0x20, 0..40),
        way in 0_usize..5,
    ) {
        prop_assume!(family != given);
        let echo = echo(&[
            (Tag(0x0008, 0x0005), VR::CS, b"ISO_IR 192"),
            (NAME, VR::PN, format!("Aa^Bb={family}^{given}").as_bytes()),
        ]);
        let text = format!("{family}^{given}");
        let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let (shift_jis, _, unknown) = encoding_rs::SHIFT_JIS.encode(&text);
        let (euc, _, _) = encoding_rs::EUC_JP.encode(&text);
        let (iso, _, _) = encoding_rs::ISO_2022_JP.encode(&text);
        let planted: &[u8] = match way {
            1 if !unknown => &shift_jis,
            2 if !unknown => &euc,
            3 if !unknown => &iso,
            4 => &utf16,
            _ => text.as_bytes(),
        };
        let mut bytes = before;
        bytes.extend_from_slice(planted);
        prop_assert!(echo.search_bytes(&bytes, String::new).is_some(), "{} {}", text, way);
    }

    #[test]
    fn harmless_texts_are_not_found(
        family in name().prop_filter("long enough", telling),
        given in name().prop_filter("long enough", telling),
        kanji in [prop::sample::select(&KANJI[..]), prop::sample::select(&KANJI[..])],
        groups in any::<u8>(),
        number in 10_000_u32..100_000_000,
        year in 1930_u16..2000,
        month in 1_u8..13,
        day in 1_u8..29,
    ) {
        let birth = format!("{year:04}{month:02}{day:02}");
        // Versions such as 2.3.70 are a date of these years.
        prop_assume!(year != 1970);
        let echo = echo(&[
            (Tag(0x0008, 0x0005), VR::CS, b"ISO_IR 192"),
            (Tag(0x0008, 0x0080), VR::LO, "東都中央病院".as_bytes()),
            (NAME, VR::PN, original(&family, &given, kanji, groups).as_bytes()),
            (Tag(0x0010, 0x0020), VR::LO, format!("ZZ-{number:08}").as_bytes()),
            (Tag(0x0010, 0x0030), VR::DA, birth.as_bytes()),
        ]);
        for text in HARMLESS {
            prop_assert_eq!(kind(&echo, text), None, "{} of {} {} {}", text, original(&family, &given, kanji, groups), number, birth);
        }
    }
}
