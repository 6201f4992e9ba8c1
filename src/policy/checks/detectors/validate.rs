//! What digits must be to count: calendar dates, eras, check digits, telephone plans. The closed vocabulary of `validate`.

use jiff::civil::{Date, date};
use regex::Captures;
use serde::Deserialize;

/// A validator.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Validator {
    /// Anything counts.
    #[default]
    None,
    /// A day of the calendar from 1868 to the end of next year; day and month in either order.
    Date,
    /// A day, month or year that lies in a Japanese era.
    Era,
    /// 90 to 130.
    #[serde(rename = "age_over_89")]
    AgeOver89,
    /// 91 to 130: one over the category of those who are 90 or older.
    #[serde(rename = "age_over_90")]
    AgeOver90,
    /// 個人番号: its check digit (総務省令85号5条).
    MyNumber,
    /// 保険者番号: law, prefecture and check digit.
    Hokenja,
    /// A US social security number that can have been given.
    Ssn,
    /// A British NHS number: its check digit.
    Nhs,
    /// A vehicle's number: its check digit (ISO 3779).
    Vin,
    /// The check digit of payment cards (ISO/IEC 7812).
    Luhn,
    /// A Japanese telephone number: its prefix and length.
    PhoneJp,
    /// A North American one: area and exchange begin with 2 to 9.
    PhoneNanp,
    /// Nine to fifteen digits (E.164).
    PhoneInternational,
    /// An IP address: of a private network, or as the group `value` any.
    Ip,
    /// A hardware address: not digits alone, which may be a time.
    Mac,
}

/// A match, and the named parts of it.
pub(super) struct Parts<'t> {
    whole: &'t str,
    value: Option<&'t str>,
    era: Option<&'t str>,
    year: Option<&'t str>,
    month: Option<&'t str>,
    month_word: Option<&'t str>,
    day: Option<&'t str>,
}

impl<'t> Parts<'t> {
    /// Those of the groups `value`, `era`, `y`, `m`, `mon`, `d`; an expression with branches may number them (`d2`).
    pub(super) fn of(captures: &Captures<'t>) -> Parts<'t> {
        let group =
            |names: &[&str]| names.iter().find_map(|n| captures.name(n)).map(|m| m.as_str());
        Parts {
            whole: captures.get(0).map_or("", |m| m.as_str()),
            value: group(&["value"]),
            era: group(&["era"]),
            year: group(&["y", "y2", "y3"]),
            month: group(&["m", "m2", "m3"]),
            month_word: group(&["mon"]),
            day: group(&["d", "d2", "d3"]),
        }
    }

    fn text(&self) -> &'t str {
        self.value.unwrap_or(self.whole)
    }

    /// The digits of what counts.
    fn digits(&self) -> Vec<u32> {
        self.text().chars().filter_map(|c| c.to_digit(10)).collect()
    }
}

impl Validator {
    /// Whether what was matched counts.
    pub(super) fn holds(self, parts: &Parts<'_>) -> bool {
        match self {
            Validator::None => true,
            Validator::Date => is_date(parts),
            Validator::Era => is_in_era(parts),
            Validator::AgeOver89 => number(parts.text()).is_some_and(|n| (90..=130).contains(&n)),
            Validator::AgeOver90 => number(parts.text()).is_some_and(|n| (91..=130).contains(&n)),
            Validator::MyNumber => is_my_number(&parts.digits()),
            Validator::Hokenja => is_hokenja(&parts.digits()),
            Validator::Ssn => is_ssn(&parts.digits()),
            Validator::Nhs => is_nhs(&parts.digits()),
            Validator::Vin => is_vin(parts.text()),
            Validator::Luhn => sum_of_doubles(&parts.digits()).is_multiple_of(10),
            Validator::PhoneJp => is_phone_jp(parts.text(), &parts.digits()),
            Validator::PhoneNanp => is_phone_nanp(&parts.digits()),
            Validator::PhoneInternational => (9..=15).contains(&parts.digits().len()),
            Validator::Ip => is_ip(parts.text(), parts.value.is_some()),
            Validator::Mac => parts.text().contains(|c: char| c.is_ascii_alphabetic()),
        }
    }
}

/// A number in digits or kanji up to 99: 45, 四十五, 元.
fn number(text: &str) -> Option<i16> {
    if text == "元" {
        return Some(1);
    }
    if let Ok(number) = text.parse() {
        return Some(number);
    }
    let digit = |c: char| "〇一二三四五六七八九".chars().position(|k| k == c);
    let digit = |c: char| digit(c).and_then(|d| i16::try_from(d).ok());
    match text.split_once('十') {
        Some((tens, ones)) => {
            let one = |text: &str, none: i16| match text.chars().next() {
                None => Some(none),
                Some(c) => digit(c),
            };
            Some(one(tens, 1)? * 10 + one(ones, 0)?)
        }
        None => text.chars().try_fold(0_i16, |n, c| n.checked_mul(10)?.checked_add(digit(c)?)),
    }
}

fn day_of(year: i16, month: i16, day: i16) -> Option<Date> {
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

fn this_year() -> i16 {
    jiff::Zoned::now().year()
}

fn is_date(parts: &Parts<'_>) -> bool {
    let read = || {
        let year = number(parts.year?)?;
        let day = number(parts.day?)?;
        let month = match parts.month_word {
            Some(word) => month_of(word)?,
            None => number(parts.month?)?,
        };
        let either = day_of(year, month, day);
        // Day and month change places only where the year comes last.
        let last = parts.month_word.is_none() && parts.whole.ends_with(parts.year?);
        let either = either.or_else(|| if last { day_of(year, day, month) } else { None })?;
        Some(either >= date(1868, 1, 25) && year <= this_year() + 1)
    };
    read().unwrap_or(false)
}

fn month_of(word: &str) -> Option<i16> {
    const MONTHS: [&str; 12] =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let at = MONTHS.iter().position(|m| m.eq_ignore_ascii_case(word))?;
    i16::try_from(at + 1).ok()
}

/// The eras with their first and last days. A day on which one gave way to the next lies in both.
const ERAS: [(&[&str], Date, Option<Date>); 5] = [
    (&["明治", "明", "M"], date(1868, 1, 25), Some(date(1912, 7, 30))),
    (&["大正", "大", "T"], date(1912, 7, 30), Some(date(1926, 12, 25))),
    (&["昭和", "昭", "S"], date(1926, 12, 25), Some(date(1989, 1, 8))),
    (&["平成", "平", "H"], date(1989, 1, 8), Some(date(2019, 5, 1))),
    (&["令和", "令", "R"], date(2019, 5, 1), None),
];

fn is_in_era(parts: &Parts<'_>) -> bool {
    let read = || {
        let word = parts.era?;
        let (_, first, last) =
            ERAS.iter().find(|(names, ..)| names.iter().any(|n| n.eq_ignore_ascii_case(word)))?;
        let year = number(parts.year?)?;
        if year < 1 {
            return None;
        }
        let year = first.year() + year - 1;
        if year > last.map_or(this_year() + 1, Date::year) {
            return None;
        }
        let Some(month) = parts.month else { return Some(()) };
        let month = number(month)?;
        let Some(day) = parts.day else { return (1..=12).contains(&month).then_some(()) };
        let day = day_of(year, month, number(day)?)?;
        (day >= *first && last.is_none_or(|last| day <= last)).then_some(())
    };
    read().is_some()
}

/// Twelve digits of which the last is 11 − Σ PₙQₙ mod 11, or 0 where that remainder is at most 1. P counts from the right of
/// the first eleven; Q is n + 1 up to the sixth, n − 5 from the seventh on.
fn is_my_number(digits: &[u32]) -> bool {
    let Some((check, rest)) = digits.split_last() else { return false };
    if rest.len() != 11 || digits.iter().all(|d| d == check) {
        return false;
    }
    let weights = [2, 3, 4, 5, 6, 7, 2, 3, 4, 5, 6];
    let sum: u32 = rest.iter().rev().zip(weights).map(|(p, q)| p * q).sum();
    *check == if sum % 11 <= 1 { 0 } else { 11 - sum % 11 }
}

/// Laws by which an insurer or a public payer has a number (法別番号).
const LAWS: [u32; 37] = [
    1, 2, 3, 4, 6, 7, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 28, 29, 30,
    31, 32, 33, 34, 39, 51, 52, 53, 54, 63, 67, 72,
];

/// Eight digits: law, prefecture, insurer, check digit; six without the law (国民健康保険).
fn is_hokenja(digits: &[u32]) -> bool {
    let (law, rest) = match digits {
        [a, b, rest @ ..] if rest.len() == 6 => (Some(a * 10 + b), rest),
        rest => (None, rest),
    };
    let [a, b, _, _, _, check] = rest else { return false };
    let law_holds = law.is_none_or(|l| LAWS.contains(&l) || (73..=75).contains(&l));
    let before = digits.split_last().map_or(&[][..], |(_, before)| before);
    law_holds && (1..=47).contains(&(a * 10 + b)) && *check == (10 - doubled(before) % 10) % 10
}

/// The sum of the digits with every other one doubled, from the last on, and the digits of the products added.
fn doubled(digits: &[u32]) -> u32 {
    let weighted = digits.iter().rev().zip([2, 1].into_iter().cycle());
    weighted.map(|(d, w)| d * w).map(|p| p / 10 + p % 10).sum()
}

fn sum_of_doubles(digits: &[u32]) -> u32 {
    match digits.split_last() {
        Some((check, rest)) if digits.iter().any(|d| *d != 0) => doubled(rest) + check,
        _ => 1,
    }
}

fn is_ssn(digits: &[u32]) -> bool {
    let value = |part: &[u32]| part.iter().fold(0, |n, d| n * 10 + d);
    let [area @ .., g1, g2, s1, s2, s3, s4] = digits else { return false };
    let area_holds = area.len() == 3 && ![0, 666].contains(&value(area)) && value(area) < 900;
    area_holds && value(&[*g1, *g2]) > 0 && value(&[*s1, *s2, *s3, *s4]) > 0
}

fn is_nhs(digits: &[u32]) -> bool {
    let Some((check, rest)) = digits.split_last().filter(|(_, rest)| rest.len() == 9) else {
        return false;
    };
    let sum: u32 = rest.iter().zip((2..=10).rev()).map(|(d, w)| d * w).sum();
    *check == (11 - sum % 11) % 11
}

fn is_vin(text: &str) -> bool {
    const WEIGHTS: [u32; 17] = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];
    let value = |c: char| match c.to_ascii_uppercase() {
        c @ '0'..='9' => c.to_digit(10),
        c @ 'A'..='H' => Some(u32::from(c) - u32::from('A') + 1),
        c @ ('J'..='N' | 'P' | 'R') => Some(u32::from(c) - u32::from('J') + 1),
        c @ 'S'..='Z' => Some(u32::from(c) - u32::from('S') + 2),
        _ => None,
    };
    let values: Option<Vec<u32>> = text.chars().map(value).collect();
    let Some(values) = values.filter(|v| v.len() == WEIGHTS.len()) else { return false };
    let rest = values.iter().zip(WEIGHTS).map(|(v, w)| v * w).sum::<u32>() % 11;
    let check = text.chars().nth(8).map(|c| c.to_ascii_uppercase());
    check == if rest == 10 { Some('X') } else { char::from_digit(rest, 10) }
}

/// Ten digits behind a 0 that no other 0 follows; eleven for mobile, IP and data numbers.
fn is_phone_jp(text: &str, digits: &[u32]) -> bool {
    let abroad = text.starts_with('+');
    let national = match digits {
        [8, 1, 0, rest @ ..] | [8, 1, rest @ ..] if abroad => rest,
        [0, rest @ ..] => rest,
        _ => return false,
    };
    match national {
        [0, ..] => false,
        [2 | 5..=9, 0, ..] if national.len() == 10 => true,
        [7..=9, 0, ..] => false,
        _ => national.len() == 9,
    }
}

fn is_phone_nanp(digits: &[u32]) -> bool {
    let digits = match digits {
        [1, rest @ ..] if rest.len() == 10 => rest,
        rest => rest,
    };
    matches!(digits, [2..=9, _, _, 2..=9, _, _, _, _, _, _])
}

fn is_ip(text: &str, labelled: bool) -> bool {
    if text.contains(':') {
        return text.parse::<std::net::Ipv6Addr>().is_ok();
    }
    let parse = |part: &str| part.parse::<u8>().ok();
    let octets: Option<Vec<u8>> = text.split('.').map(parse).collect();
    match octets.as_deref() {
        Some([a, b, _, _]) => {
            labelled || matches!((a, b), (10 | 127, _) | (172, 16..=31) | (192, 168))
        }
        _ => false,
    }
}
