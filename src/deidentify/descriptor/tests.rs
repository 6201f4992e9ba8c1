//! Tests of the tokeniser.

mod names;
mod own;
mod properties;

use std::sync::OnceLock;

use super::*;

fn shipped() -> &'static Vocabulary {
    static SHIPPED: OnceLock<Vocabulary> = OnceLock::new();
    SHIPPED.get_or_init(|| {
        let mut problems = Vec::new();
        let vocabulary = Vocabulary::shipped(&mut problems);
        assert_eq!(problems, []);
        vocabulary
    })
}

fn cleaned(text: &str) -> String {
    clean(shipped(), &OwnWords::nobody(), text).into_owned()
}

#[track_caller]
fn check(pairs: &[(&str, &str)]) {
    let wrong: Vec<_> = pairs
        .iter()
        .map(|(text, kept)| (*text, cleaned(text), *kept))
        .filter(|(_, found, kept)| found != kept)
        .collect();
    assert_eq!(wrong, [], "(text, found, expected)");
}

#[track_caller]
fn check_whole(texts: &[&str]) {
    let pairs: Vec<_> = texts.iter().map(|text| (*text, *text)).collect();
    check(&pairs);
}

#[test]
fn the_examples_of_the_vocabulary_hold() {
    let wrong: Vec<_> = failing_examples(shipped())
        .into_iter()
        .map(|e| (e.text.clone(), e.kept.clone(), cleaned(&e.text)))
        .collect();
    assert_eq!(wrong, []);
}

#[test]
fn descriptions_in_english_stay_whole() {
    check_whole(&[
        "CT chest abdomen pelvis",
        "AX T2 FLAIR PROPELLER",
        "t1_mprage_sag_p2_iso",
        "ep2d_diff_3scan_trace_p2",
        "ep2d_diff_b1000_ADC",
        "MR Brain w/o & w/ contrast",
        "AP CHEST PORTABLE",
        "WB_3D_MAC",
        "PET AC 3D BODY",
        "[WB_CTAC] Body",
        "Thorax 1.5 B30f MPR cor",
        "Lung 1.0 Br59d 3",
        "Recon 2: 5mm STANDARD",
        "BRAIN SEQ  4.8  H31s",
        "C-Spine LAT flexion",
        "T12-L5",
        "L5/S1",
        "3-PLANE LOC",
        "T/S/C RF FAST PILOT",
        "b=1000",
        "TE=90",
        "TR 2500 TI 900",
        "2.5 mm x 120kV",
        "512x512",
        "HeadNeck_64",
        "GTV_1",
        "Femoral_Head_R",
        "SpinalCord_PRV05",
        "Ex: 1",
        "(C+) portal venous 70 s",
        "*fl3d1_ns",
        "RCC MLO",
        "SmartScore - Gated 0.5 sec",
        "FDG 18F 60 min",
        "US KIDNEY",
        "1",
        "",
        "^^^^",
        "C",
    ]);
}

#[test]
fn descriptions_in_japanese_stay_whole() {
    check_whole(&[
        "頭部単純",
        "頭部造影MRI",
        "胸部単純CT",
        "胸部　正面（立位）",
        "ｶﾗｰﾄﾞﾌﾟﾗ",
        "右膝関節 2方向",
        "上腹部造影 動脈相 門脈相 平衡相",
        "頭部ＣＴ　５ｍｍ",
        "腰椎 T2強調 矢状断",
        "心電図同期 拡張期",
        "くも膜下出血疑い",
        "ダイナミックスタディ 3相",
        "造影 70秒",
        "骨条件 1mm厚",
        "全身PET/CT",
    ]);
}

#[test]
fn names_ages_and_numbers_are_cut_out() {
    check(&[
        ("CT chest abdomen pelvis - 55F Dr. Smith", "CT chest abdomen pelvis"),
        ("頭部単純 山田様", "頭部単純"),
        ("頭部単純山田様", "頭部単純"),
        ("山田胸子", ""),
        ("t2_tse_suzuki_sag", "t2_tse_sag"),
        ("CT (Yamada) chest", "CT chest"),
        ("CT [chest Yamada] abdomen", "CT chest abdomen"),
        ("Yamada: knee", "knee"),
        ("knee, Yamada, ankle", "knee ankle"),
        ("55歳 男性 胸部CT", "胸部CT"),
        ("95yo chest", "chest"),
        ("chest 55 F", "chest"),
        ("chest F/55", "chest"),
        ("M45 chest", "chest"),
        ("chest #1403", "chest"),
        ("chest 0000123", "chest"),
        ("chest ZZ-0000123", "chest"),
        ("chest 12345 mm2", "chest 12345 mm2"),
        ("tel 03-1234-5678 chest", "chest"),
        ("chest 12-34-56-78", "chest"),
        ("〒123-4567 胸部", "胸部"),
    ]);
}

/// Names that are words of the field only beside certain others.
#[test]
fn names_that_are_words_in_a_phrase_need_it() {
    check_whole(&[
        "CT kidney stone",
        "large field of view",
        "T1 BLACK BLOOD",
        "Sinus Waters view",
        "white matter",
        "Page 2",
        "PETRA T1",
        "Liver ART",
        "chest wall",
        "RAO 30 CRA 20",
        "SMART MAR",
        "codo izquierdo",
        "LI-RADS",
    ]);
    check(&[
        ("CT CHEST Stone", "CT CHEST"),
        ("CT Chest Field", "CT Chest"),
        ("CHEST WOOD", "CHEST"),
        ("CT CHEST Brown", "CT CHEST"),
        ("Young CT", "CT"),
        ("MR Dixon", "MR"),
        ("White", ""),
        ("Page, Ann 2", ""),
        ("kidney Suzuki stone", "kidney"),
        ("Ma chest", "chest"),
        ("上部 医師", ""),
        ("胸部 医師 上部", "胸部"),
    ]);
}

#[test]
fn titles_and_initials_take_their_names_along() {
    for text in ["DrHand", "drHand", "drYamada", "T.Y.", "Ｔ．Ｙ．", "T・Y", "HandFoot"] {
        assert_eq!(cleaned(text), "", "{text}");
        assert_eq!(cleaned(&format!("CT {text}")), "CT", "{text}");
        assert_eq!(cleaned(&format!("{text} 胸部")), "胸部", "{text}");
    }
    check_whole(&["MRHead", "HeadNeck", "HAND_R"]);
}

/// A number stays as a quantity of its parameter, not behind any word.
#[test]
fn numbers_of_rooms_machines_and_requests_go() {
    check(&[
        ("ACC 45678", ""),
        ("ACC:45678 chest", "chest"),
        ("TR 47113", ""),
        ("chest R305", "chest"),
        ("CT2 chest", "chest"),
        ("MRI2_brain", "brain"),
        ("CT2号機 胸部", "胸部"),
        ("CT55F", ""),
        ("55F_chest", "chest"),
        ("TE 3/4/20", ""),
        ("JJ1017 6015000000000000", ""),
    ]);
    check_whole(&["TR 2530 TE 3.5", "Matrix 1024", "ACC 2", "CT 2 phases", "造影CT3相", "b=2000"]);
}

#[test]
fn addresses_go_as_a_whole() {
    check(&[
        ("tanaka@heart.example.org", ""),
        ("https://example.org/chest CT", "CT"),
        ("75% @ 5mm", "75% @ 5mm"),
    ]);
}

/// The side of the body is not lost to a name beside it.
#[test]
fn sides_stay_beside_words() {
    check(&[
        ("Suzuki L CC magnification", "L CC magnification"),
        ("膝関節 左 山田様", "膝関節 左"),
        ("portal venous phase 5 mm Suzuki", "portal venous phase 5 mm"),
        ("L. Suzuki", ""),
        ("Suzuki COR MPR 3.0", "COR MPR 3.0"),
        ("Bone 0.625 Suzuki", "Bone 0.625"),
        ("chest 12.3 Suzuki", "chest"),
        ("chest p.a. Suzuki", "chest p.a"),
        ("V/Q Suzuki", "V/Q"),
        ("Tc-99m MDP", "Tc-99m MDP"),
    ]);
}

#[test]
fn words_of_the_field_stay_whole() {
    check_whole(&[
        "胃X線",
        "プリモビスト",
        "胸部CT平扫",
        "息止め不良",
        "PI-RADS",
        "BI-RADS 4",
        "VF",
        "SLIDE_CORNER",
        "COSMIC",
        "PROMO",
        "mpMRI",
        "mDIXON Quant",
        "DIXON_in",
        "measured, AC",
        "Radiation Dose Information",
    ]);
}

#[test]
fn code_strings_are_terms_or_words() {
    let stays = |value: &str| is_code(shipped(), &OwnWords::nobody(), value);
    for value in ["", "M", "male", "AXIAL", "CT_SOM5 SPI", "PFP", "1410", "Z MODULATION", "THORAX"]
    {
        assert!(stays(value), "{value}");
    }
    for value in ["SAITOU", "YAMADA TARO", "山田", "CT_YAMADA", "STONE", "ZZ0000123", "19700302"]
    {
        assert!(!stays(value), "{value}");
    }
}

/// What is left must not say the opposite.
#[test]
fn negations_stay() {
    check(&[
        ("Miller w/o contrast", "w/o contrast"),
        ("Miller without contrast", "without contrast"),
        ("Miller no fracture", "no fracture"),
        ("Miller r/o fracture", "r/o fracture"),
        ("Miller sans injection", "sans injection"),
        ("山田 造影なし", "造影なし"),
        ("not seen by Miller, fracture", "not fracture"),
    ]);
}

#[test]
fn dates_go_in_every_layout() {
    let dates = [
        "2020-01-02",
        "2020/1/2",
        "20200102",
        "2020.01.02",
        "02.01.20",
        "1/2/20",
        "12-31-99",
        "99/12/31",
        "2020年1月2日",
        "令和2年1月2日",
        "R2.1.2",
        "S45.3.2",
        "S45/3/2",
        "昭和45年3月2日",
        "昭45.3.2",
        "12-MAR-20",
        "Mar 12 2020",
        "12 MAR 2020",
        "2 January 2020",
        "1985",
        "Oct-3",
        "b 1985",
        "２０２０年１月２日",
    ];
    for date in dates {
        assert_eq!(cleaned(date), "", "{date}");
        assert_eq!(cleaned(&format!("CT {date}")), "CT", "{date}");
        assert_eq!(cleaned(&format!("{date} 胸部")), "胸部", "{date}");
    }
    check_whole(&["b2000", "TR=2000", "OCT macula", "MAR 3D T1", "5/8", "#3 chest", "1/2 chest"]);
}

#[test]
fn words_that_are_names_need_company() {
    check(&[
        ("Hand", "Hand"),
        ("XR Hand", "XR Hand"),
        ("right hand PA", "right hand PA"),
        ("HAND_R", "HAND_R"),
        ("Hand, John", ""),
        ("Dr. Hand", ""),
        ("Dr. Hand MRI", "MRI"),
        ("for Prof. Long", ""),
        ("CT A. Long", "CT"),
        ("Art Long", ""),
        ("CT Art Long", "CT"),
        ("Long 3 Suzuki CT", "CT"),
        ("Mr Foot", ""),
        ("Hand先生", ""),
        ("林様 胸部", "胸部"),
        ("膝 MRI", "膝 MRI"),
        ("中内 MRI", "MRI"),
        ("頭部中内", "頭部"),
    ]);
}

#[test]
fn values_and_lines_are_cleaned_each_for_itself() {
    check(&[
        ("CT\\Yamada\\Hand", "CT\\\\Hand"),
        ("CHEST\r\nYamada Tarou\r\nABDOMEN\r\n", "CHEST\r\n\r\nABDOMEN"),
        ("CHEST\r\nYamada Tarou", "CHEST"),
        ("Yamada\\Tarou", ""),
        ("CHEST\\ABDOMEN", "CHEST\\ABDOMEN"),
    ]);
}

#[test]
fn what_stays_keeps_its_spelling() {
    check(&[
        ("Ｃｈｅｓｔ　ＣＴ　山田", "Ｃｈｅｓｔ　ＣＴ"),
        ("ﾀﾞｲﾅﾐｯｸ ﾔﾏﾀﾞ", "ﾀﾞｲﾅﾐｯｸ"),
        ("BÄCKEN FRONTAL", "BÄCKEN FRONTAL"),
        ("BA\u{308}CKEN Müller", "BA\u{308}CKEN"),
    ]);
    assert!(matches!(clean(shipped(), &OwnWords::nobody(), "CT chest"), Cow::Borrowed("CT chest")));
}

#[test]
fn a_text_past_the_bound_is_not_kept() {
    let text = "CT ".repeat(LONGEST / 3);
    assert_eq!(cleaned(&text), text);
    assert_eq!(cleaned(&format!("{text} CT")), "");
}
