//! Spellings of a date, and numbers that are none.

use std::sync::LazyLock;

use super::*;
use crate::policy::checks::Checks;

fn found(text: &str, birth: bool) -> bool {
    static CHECKS: LazyLock<Checks> =
        LazyLock::new(|| Checks::shipped().unwrap_or_else(|p| panic!("{p:?}")));
    let mut days = Days::default();
    days.add(Day { year: 1970, month: 3, day: 2 }, Mark::default(), birth);
    let mut normal = String::new();
    normalise(text, &mut normal);
    days.find(&normal, &CHECKS.contexts, true).is_some()
}

const IN_FULL: [&str; 38] = [
    "19700302",
    "19700302101500",
    "DOB 1970-03-02",
    "1970/3/2",
    "1970.03.02",
    "1970 3 2",
    "1970:03:02 10:15:00",
    "1970 0302",
    "1970−03−02",
    "1970年3月2日",
    "１９７０年３月２日",
    "02.03.1970",
    "3/2/1970",
    "2-Mar-1970",
    "02MAR1970",
    "March 2, 1970",
    "March 2nd, 1970",
    "2nd of March 1970",
    "2. März 1970",
    "2 mars 1970",
    "1970 Mar 02",
    "昭和45年3月2日生",
    "昭和４５年３月２日",
    "昭和 45 年 3 月 2 日",
    "昭和四十五年三月二日",
    "昭和四五年三月二日生まれ",
    "一九七〇年三月二日",
    "千九百七十年三月二日",
    "S45.3.2",
    "S.45.3.2",
    "s 45 3 2",
    "S45/03/02",
    "S45−03−02",
    "昭45.3.2",
    "S450302",
    "昭和450302",
    "02031970",
    "㍼45年3月2日",
];

const IN_SHORT: [&str; 18] = [
    "2 3 70",
    "born 2 3 70",
    "2.3.70",
    "3/2/70",
    "70/03/02",
    "70 3 2",
    "70-3-2",
    "700302",
    "ID 700302 CT",
    "020370",
    "030270",
    "450302",
    "2-Mar-70",
    "2 MAR 70",
    "Mar 2 '70",
    "70年3月2日",
    "45年3月2日",
    "生年月日 45.3.2",
];

#[test]
fn spellings_of_a_birth_date() {
    for text in IN_FULL.iter().chain(&IN_SHORT) {
        assert!(found(text, true), "{text}");
    }
}

#[test]
fn another_date_is_found_only_in_full() {
    for text in IN_FULL {
        assert!(found(text, false), "{text}");
    }
    for text in IN_SHORT {
        assert!(!found(text, false), "{text}");
    }
}

#[test]
fn other_dates_and_numbers() {
    for text in [
        "19700303",
        "1.2.3",
        "syngo 4.5.3.2",
        "VB2.3.70",
        "v 1.2.3.70",
        "2 3 70 120",
        "120 2 3 70",
        "2 3 70f",
        "2.3 70",
        "2:3:70",
        "0.700302",
        "700302.5",
        "SN700302",
        "1700302",
        "平成45年3月2日",
        "S46.3.2",
        "45.3.2",
        "120 kV 45 3 2",
        "1970 kg",
        "三次元 二方向 四十五度",
        "三月二日",
        "1970年3月",
        "",
    ] {
        assert!(!found(text, true), "{text}");
    }
}

#[test]
fn a_date_in_words_is_a_date() {
    let day = Day { year: 1970, month: 3, day: 2 };
    for value in ["19700302", "19700302101500.000000+0900", "昭和45年3月2日", "S45.3.2"] {
        assert_eq!(of_value(value), Some(day), "{value}");
    }
    assert_eq!(of_value("2 3 70"), None);
}
