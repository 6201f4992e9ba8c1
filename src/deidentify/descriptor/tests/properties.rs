//! Properties that hold for all texts.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::shipped;
use crate::{
    deidentify::descriptor::{LONGEST, OwnWords, clean},
    dicom::{Tag, VR, dataset::DataSet, encode::Writer, syntax::Encoding},
};

/// Texts of words, numbers, names and signs as they meet in descriptions.
fn description() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "CT",
        "chest",
        "Hand",
        "hand",
        "Long",
        "MR",
        "Mr",
        "Dr",
        "T2W",
        "t1",
        "B30f",
        "5mm",
        "mm",
        "TE",
        "b",
        "90",
        "3",
        "2000",
        "12345",
        "Yamada",
        "HeadNeck",
        "L",
        "R",
        "F",
        "55",
        "MAR",
        "of",
        "with",
        "S45",
        "2.5",
        "1.2.3",
        "x",
        "512x512",
        "Y",
        "頭部",
        "単純",
        "山田",
        "様",
        "膝",
        "中",
        "の",
        "あり",
        "やまだ",
        "ヤマダ",
        "造影",
        "相",
        "ﾀﾞｲﾅﾐｯｸ",
        "Ｃ",
        "é",
        "\u{301}",
        "½",
        "㎜",
        "😀",
    ]);
    let sign = prop::sample::select(vec![
        "", " ", "_", "-", "/", "^", ".", ",", ": ", "(", ")", " [", "] ", "=", "'", "　", "\\",
        "\r\n", "、", "+",
    ]);
    prop::collection::vec((word, sign), 0..12)
        .prop_map(|parts| parts.into_iter().flat_map(|(word, sign)| [word, sign]).collect())
}

fn is_subsequence(part: &str, whole: &str) -> bool {
    let mut rest = whole.chars();
    part.chars().filter(|c| !c.is_whitespace()).all(|c| rest.any(|w| w == c))
}

fn named(name: &str) -> DataSet {
    let mut w = Writer::new(Encoding::ExplicitLittle);
    w.text(Tag(0x0008, 0x0005), VR::CS, "ISO_IR 192");
    w.text(Tag(0x0010, 0x0010), VR::PN, name);
    DataSet::parse(w.into_bytes(), Encoding::ExplicitLittle).expect("it is well formed")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_text_is_cleaned_once_and_for_all(text in prop_oneof![description(), any::<String>()]) {
        let nobody = OwnWords::nobody();
        let once = clean(shipped(), &nobody, &text);
        prop_assert!(is_subsequence(&once, &text), "{once:?}");
        let twice = clean(shipped(), &nobody, &once);
        prop_assert_eq!(&twice, &once);
    }

    #[test]
    fn no_word_of_the_patient_survives(
        text in description(),
        name in prop::sample::select(vec!["Chest^Hand", "Long^Ct", "HeadNeck", "頭部^単純", "造影^膝"]),
    ) {
        let data = named(name);
        let own = OwnWords::gather(shipped(), &data);
        let cleaned = clean(shipped(), &own, &text).to_lowercase();
        for part in name.to_lowercase().split('^') {
            let words = cleaned.split(|c: char| !c.is_alphanumeric());
            let found = match part.is_ascii() {
                true => words.into_iter().any(|word| word == part),
                false => cleaned.contains(part),
            };
            prop_assert!(!found, "{part} in {cleaned:?}");
        }
    }
}

/// The longest texts that are cleaned at all take no time to speak of, whatever they consist of.
#[test]
fn long_texts_are_cleaned_in_no_time() {
    for word in [
        "CT ", "Hand ", "a", "1", "1.", "頭部", "中", "ア", "頭", "aB", "1-", "(", "x9", "\u{301}",
        "Yamada ",
    ] {
        let text = word.repeat(LONGEST / word.len());
        let begin = Instant::now();
        let cleaned = clean(shipped(), &OwnWords::nobody(), &text).len();
        assert!(begin.elapsed() < Duration::from_secs(5), "{word}: {cleaned}");
    }
}
