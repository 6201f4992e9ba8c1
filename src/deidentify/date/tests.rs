//! Made-up dates. No year of birth here is anyone's.

use proptest::prelude::*;

use super::*;

fn shifted(vr: VR, value: &str, days: i32) -> Option<String> {
    let moved = shift(vr, value.as_bytes(), days)?;
    Some(String::from_utf8(moved.into_owned()).expect("digits"))
}

fn told(stated: &str, birth: &str, study: &str, rule: AgeRule) -> Option<String> {
    let some = |text: &'static str| Some(text.as_bytes()).filter(|t| !t.is_empty());
    age(stated.as_bytes(), some(leak(birth)), some(leak(study)), rule)
}

fn leak(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}

#[test]
fn dates_move_over_the_ends_of_months_and_years() {
    for (value, days, expected) in [
        ("19981105", -7, "19981029"),
        ("19990101", -1, "19981231"),
        ("20240301", -1, "20240229"),
        ("20230301", -1, "20230228"),
        ("19120301", -366, "19110301"),
        ("20000228", 1, "20000229"),
        ("20981231", 1, "20990101"),
        ("20260704", -3640, "20160716"),
        ("20260704", 0, "20260704"),
    ] {
        assert_eq!(shifted(VR::DA, value, days).as_deref(), Some(expected), "{value} {days}");
    }
}

#[test]
fn precision_time_fraction_offset_and_padding_stay() {
    for (value, expected) in [
        ("1998", "1998"),
        ("199801", "199801"),
        ("19980105", "19971229"),
        ("1998010509", "1997122909"),
        ("199801050930", "199712290930"),
        ("19980105093060", "19971229093060"),
        ("19980105093012.5", "19971229093012.5"),
        ("19980105093012.123456+0900", "19971229093012.123456+0900"),
        ("19980105-0500", "19971229-0500"),
        ("1998+1400 ", "1998+1400 "),
        ("19980105\\\\199803 ", "19971229\\\\199803 "),
        ("19980105 \0", "19971229 \0"),
    ] {
        assert_eq!(shifted(VR::DT, value, -7).as_deref(), Some(expected), "{value}");
    }
    // The year moves from the middle of July, the month from its 15th.
    assert_eq!(shifted(VR::DT, "1998", -364).as_deref(), Some("1997"));
    assert_eq!(shifted(VR::DT, "1998", 168).as_deref(), Some("1998"));
    assert_eq!(shifted(VR::DT, "199803", -14).as_deref(), Some("199803"));
    assert_eq!(shifted(VR::DT, "199803", -21).as_deref(), Some("199802"));
    assert_eq!(
        shifted(VR::DA, "20240105\\\\20240112", -7).as_deref(),
        Some("20231229\\\\20240105")
    );
    for nothing in ["", "  ", "\0\0", "\\", " \\ "] {
        assert_eq!(shifted(VR::DA, nothing, -7).as_deref(), Some(nothing));
    }
}

#[test]
fn what_is_no_date_is_not_interpreted() {
    let dates = [
        "1998.11.05",
        "19981131",
        "20230229",
        "19981301",
        "19980001",
        "19980100",
        "平成10年",
        "H10.11.5",
        "98-1-2",
        "1998-11-05",
        "1998",
        "199811",
        "1998110",
        "199811055",
        "19980101-19990101",
        "-19990101",
        "1998 105",
        "+9981105",
        "００００",
        "00000101",
        "19981105\\19981131",
        "19981105120000",
        "1998\u{0}105",
    ];
    for value in dates {
        assert_eq!(shifted(VR::DA, value, -7), None, "{value}");
        assert!(!is_valid(VR::DA, value.as_bytes()), "{value}");
    }
    let times = [
        "1998-",
        "19981",
        "1998110",
        "199811050",
        "1998110524",
        "199811051260",
        "19981105120061",
        "19981105120000.",
        "19981105120000.1234567",
        "199811051200.5",
        "19981105.5",
        "19981105+1401",
        "19981105+0960",
        "19981105-1201",
        "19981105+09",
        "19981105+09:00",
        "19981105Z",
        "1998-1999",
        "19980101-19990101",
        "1998.11.05",
        "19981105 120000",
    ];
    for value in times {
        assert_eq!(shifted(VR::DT, value, -7), None, "{value}");
        assert!(!is_valid(VR::DT, value.as_bytes()), "{value}");
    }
    for vr in [VR::LO, VR::UN, VR::PN, VR::AS] {
        assert_eq!(shifted(vr, "19981105", -7), None);
        assert!(!is_valid(vr, b"19981105") && !is_valid(vr, b""));
    }
}

/// They stay as they are where true dates are kept; shifted, a well-known value would give away the offset.
#[test]
fn placeholders_are_valid_but_never_shifted() {
    for value in [
        "00010101", "16010101", "17530101", "18581117", "18991230", "19000101", "19010101",
        "19700101", "19800101", "20000101", "20991231", "99991231", "11111111",
    ] {
        assert!(is_valid(VR::DA, value.as_bytes()), "{value}");
        assert_eq!(shifted(VR::DA, value, -7), None, "{value}");
        assert_eq!(shifted(VR::DT, &format!("{value}000000"), -7), None, "{value}");
    }
    assert_eq!(shifted(VR::DT, "1900", -7), None);
}

#[test]
fn no_result_outside_of_four_digit_years() {
    assert_eq!(shifted(VR::DA, "19980101", -729_388).as_deref(), Some("00010102"));
    for days in [-729_390, i32::MIN, 3_000_000, i32::MAX] {
        assert_eq!(shifted(VR::DA, "19980101", days), None, "{days}");
    }
    assert_eq!(shifted(VR::DA, "19980101", 2_922_000).as_deref(), Some("99980302"));
}

#[test]
fn times_stay() {
    for value in ["09", "0930", "093012", "093060", "235959.999999", "093012.1 ", "", "09\\0930"] {
        assert_eq!(shifted(VR::TM, value, -7).as_deref(), Some(value));
        assert!(is_valid(VR::TM, value.as_bytes()));
    }
    for value in
        ["24", "9", "093", "0960", "093061", "09:30:12", "0930.5", "093012.", "0900-1000", "午前"]
    {
        assert_eq!(shifted(VR::TM, value, -7), None, "{value}");
        assert!(!is_valid(VR::TM, value.as_bytes()), "{value}");
    }
}

#[test]
fn ages_come_from_the_true_dates() {
    let rule = AgeRule::default();
    for (birth, study, expected) in [
        ("19700303", "20260302", "055Y"),
        ("19700303", "20260303 ", "056Y"),
        ("20240229", "20250228", "000Y"),
        ("20240229", "20250301", "001Y"),
        ("19360304", "20260303", "089Y"),
        ("19360303", "20260303", "090Y"),
        ("19100101", "20260303", "090Y"),
        ("20260303", "20260303", "000Y"),
    ] {
        assert_eq!(told("033Y", birth, study, rule).as_deref(), Some(expected), "{birth} {study}");
    }
    // Dates that cannot be true, or that say nothing.
    for (birth, study) in [
        ("20260304", "20260303"),
        ("19010102", "20600303"),
        ("19000101", "20260303"),
        ("19700101", "20260303"),
        ("平成10年", "20260303"),
        ("1970", "20260303"),
        ("19700303", ""),
        ("", "20260303"),
    ] {
        assert_eq!(told("033Y", birth, study, rule).as_deref(), Some("033Y"), "{birth} {study}");
        assert_eq!(told("", birth, study, rule), None, "{birth} {study}");
    }
}

#[test]
fn stated_ages_come_in_years() {
    let rule = AgeRule::default();
    for (stated, expected) in [
        ("055Y", "055Y"),
        ("55Y ", "055Y"),
        ("55", "055Y"),
        ("055", "055Y"),
        ("055y", "055Y"),
        ("018M", "001Y"),
        ("023M", "001Y"),
        ("024M", "002Y"),
        ("003W", "000Y"),
        ("104W", "002Y"),
        ("012D", "000Y"),
        ("400D", "001Y"),
        ("089Y", "089Y"),
        ("090Y", "090Y"),
        ("120Y", "090Y"),
        ("000Y", "000Y"),
    ] {
        assert_eq!(told(stated, "", "", rule).as_deref(), Some(expected), "{stated}");
    }
    for stated in
        ["", "Y", "999Y", "131Y", "0055Y", "55X", "5 5Y", "-5Y", "55歳", "055Y\\056Y", "1e1"]
    {
        assert_eq!(told(stated, "", "", rule), None, "{stated}");
    }
    let bands = AgeRule::new(5, 85).expect("a good rule");
    assert_eq!(told("058Y", "", "", bands).as_deref(), Some("055Y"));
    assert_eq!(told("018M", "", "", bands).as_deref(), Some("000Y"));
    assert_eq!(told("001Y", "19400303", "20260303", bands).as_deref(), Some("085Y"));
}

fn a_date() -> impl Strategy<Value = Date> {
    (1930_i16..2070, 1_i8..=12, 2_i8..=28).prop_map(|(y, m, d)| Date::constant(y, m, d))
}

fn written(date: Date) -> String {
    format!("{:04}{:02}{:02}", date.year(), date.month(), date.day())
}

fn read(text: &str) -> Date {
    Stamp::parse(VR::DA, text.as_bytes()).expect("a date").date
}

proptest! {
    #[test]
    fn back_and_forth_is_where_it_was(date in a_date(), days in -9000_i32..9000) {
        let value = written(date);
        let there = shifted(VR::DA, &value, days).expect("it has a place");
        prop_assume!(plausible(read(&there)).is_some());
        prop_assert_eq!(shifted(VR::DA, &there, -days), Some(value));
    }

    #[test]
    fn weeks_keep_the_weekday(date in a_date(), weeks in -520_i32..=520) {
        let there = read(&shifted(VR::DA, &written(date), 7 * weeks).expect("it has a place"));
        prop_assert_eq!(there.weekday(), date.weekday());
    }

    #[test]
    fn intervals_are_exact(one in a_date(), two in a_date(), days in -9000_i32..9000) {
        let moved = |date| read(&shifted(VR::DA, &written(date), days).expect("it has a place"));
        let between = |a: Date, b: Date| a.duration_until(b).as_hours() / 24;
        prop_assert_eq!(between(moved(one), moved(two)), between(one, two));
        prop_assert_eq!(between(one, moved(one)), i64::from(days));
    }

    #[test]
    fn a_value_keeps_its_form(
        date in a_date(),
        precision in prop::sample::select(vec![4_usize, 6, 8]),
        time in prop::option::of((0_u8..24, 0_u8..60, 0_u8..=60, 0_u32..1_000_000)),
        offset in prop::sample::select(vec!["", "+0900", "-0330"]),
        days in -9000_i32..9000,
    ) {
        let mut value = written(date)[..precision].to_owned();
        let clock = time.filter(|_| precision == 8);
        let clock = clock.map(|(h, m, s, f)| format!("{h:02}{m:02}{s:02}.{f:06}"));
        value += &(clock.unwrap_or_default() + offset);
        let moved = shifted(VR::DT, &value, days).expect("a valid value");
        prop_assert_eq!(&moved[precision..], &value[precision..]);
        prop_assert!(is_valid(VR::DT, moved.as_bytes()));
    }

    #[test]
    fn no_bytes_are_too_strange(
        value in prop::collection::vec(any::<u8>(), 0..40),
        digits in "[0-9+.\\\\ -]{0,30}",
        days in any::<i32>(),
    ) {
        for value in [&value[..], digits.as_bytes()] {
            for vr in [VR::DA, VR::DT, VR::TM, VR::LO] {
                let moved = shift(vr, value, days);
                // What is shifted was valid, and has the same form.
                if let Some(moved) = moved {
                    prop_assert!(is_valid(vr, value) && is_valid(vr, &moved));
                    prop_assert_eq!(moved.len(), value.len());
                }
            }
            let told = age(value, Some(value), Some(b"20260303"), AgeRule::default());
            prop_assert!(told.is_none_or(|t| t.len() == 4 && t.as_str() <= "090Y"));
        }
    }
}
