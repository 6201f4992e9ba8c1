//! Dates, times and ages (standards 2.5): shifting by whole days, what is a valid date at all, ages from true dates.
//!
//! Everything is by the grammar of PS3.5 6.2 and nothing else. What is no valid date (`1998.11.05`, `19981131`,
//! `平成10年`, a range) is nobody's to interpret: the caller takes it away.

use std::{borrow::Cow, fmt::Write as _, ops::RangeInclusive};

use jiff::{SignedDuration, civil::Date};

use crate::{dicom::VR, policy::age::AgeRule};

#[cfg(test)]
mod tests;

/// The years in which an image can have been taken, and a bit. Outside of them a date is what a program writes where it
/// has none (`00010101`, `18581117`, `19000101`, `99991231`).
const YEARS: RangeInclusive<i16> = 1901..=2099;

/// What programs and clocks without a battery write inside of [`YEARS`]: the first moments of the Mac, Unix, DOS and of
/// many devices, and the ends of the range of others.
const PLACEHOLDERS: [(i16, i8, i8); 6] =
    [(1901, 1, 1), (1904, 1, 1), (1970, 1, 1), (1980, 1, 1), (2000, 1, 1), (2099, 12, 31)];

/// The oldest age that is believed.
const OLDEST: u16 = 130;

/// Moves every date of a DA or DT value by `days`, with the same precision and padding; the time of day, a fraction
/// and a UTC offset stay. A TM value stays as it is: a whole day changes no time. A DT without a day or month is moved
/// from the middle of what it names (day 15, month 7).
///
/// `None` where one of the values is no valid date or time, where the result has no four-digit year, for another VR,
/// and for a date that is a program's placeholder: `19000101`, shifted, would tell by how much everything was shifted.
/// A true date that is taken for one (of a study on the first day of 2000) goes the way of the invalid ones, which does
/// no harm.
pub(super) fn shift(vr: VR, value: &[u8], days: i32) -> Option<Cow<'_, [u8]>> {
    match vr {
        VR::DA | VR::DT => {}
        VR::TM => return is_valid(vr, value).then_some(Cow::Borrowed(value)),
        _ => return None,
    }
    let by = SignedDuration::from_hours(i64::from(days) * 24);
    let mut moved = value.to_vec();
    let mut digits = String::with_capacity(8);
    for one in moved.split_mut(|b| *b == b'\\') {
        let text = trimmed_mut(one);
        if text.is_empty() {
            continue;
        }
        let Stamp { date, precision } = Stamp::parse(vr, text)?;
        let date = plausible(date)?.checked_add(by).ok().filter(|date| date.year() >= 1)?;
        digits.clear();
        write!(digits, "{:04}{:02}{:02}", date.year(), date.month(), date.day()).ok()?;
        text.iter_mut().zip(digits.bytes()).take(precision).for_each(|(to, from)| *to = from);
    }
    Some(Cow::Owned(moved))
}

/// Whether each value is a valid DA, DT or TM, or empty. False for other VRs.
pub(super) fn is_valid(vr: VR, value: &[u8]) -> bool {
    value.split(|b| *b == b'\\').map(trimmed).all(|text| match vr {
        _ if text.is_empty() => matches!(vr, VR::DA | VR::DT | VR::TM),
        VR::TM => is_time(text),
        _ => Stamp::parse(vr, text).is_some(),
    })
}

/// The age to write to (0010,1010), always in years: `055Y`. From the true dates of birth and study where both are
/// plausible and lie 0 to 130 years apart; else from the age as stated (`055Y`, `018M`, `003W`, `012D`, and `55Y` or `55`
/// as some write it). `None` where neither says an age.
pub(super) fn age(
    stated: &[u8],
    birth: Option<&[u8]>,
    study: Option<&[u8]>,
    rule: AgeRule,
) -> Option<String> {
    let day =
        |value: &[u8]| Stamp::parse(VR::DA, trimmed(value)).and_then(|stamp| plausible(stamp.date));
    let dates = birth.and_then(day).zip(study.and_then(day));
    let lived = dates.and_then(|(birth, study)| years_between(birth, study));
    let years = lived.or_else(|| stated_years(trimmed(stated)))?;
    Some(format!("{:03}Y", rule.told(years)))
}

/// The birthdays from one date to another.
fn years_between(birth: Date, study: Date) -> Option<u16> {
    let before_birthday = (study.month(), study.day()) < (birth.month(), birth.day());
    let years = study.year() - birth.year() - i16::from(before_birthday);
    u16::try_from(years).ok().filter(|years| *years <= OLDEST)
}

fn stated_years(text: &[u8]) -> Option<u16> {
    let (number, unit) = match text {
        [number @ .., unit] if unit.is_ascii_alphabetic() => (number, unit.to_ascii_uppercase()),
        number => (number, b'Y'),
    };
    if !(1..=3).contains(&number.len()) {
        return None;
    }
    let number = number_of(number)?;
    let years = match unit {
        b'Y' => number,
        b'M' => number / 12,
        b'W' => number / 52,
        b'D' => number / 365,
        _ => return None,
    };
    Some(years).filter(|years| *years <= OLDEST)
}

fn plausible(date: Date) -> Option<Date> {
    let placeholder = PLACEHOLDERS.contains(&(date.year(), date.month(), date.day()));
    (YEARS.contains(&date.year()) && !placeholder).then_some(date)
}

/// The date in a DA or DT.
struct Stamp {
    date: Date,
    /// The digits that the date is written with: 4, 6 or 8.
    precision: usize,
}

impl Stamp {
    fn parse(vr: VR, text: &[u8]) -> Option<Stamp> {
        let text = match vr {
            VR::DA if text.len() == 8 => text,
            VR::DT => without_offset(text)?,
            _ => return None,
        };
        let (digits, time) = text.split_at_checked(text.len().min(8))?;
        if !matches!(digits.len(), 4 | 6 | 8) || !(time.is_empty() || is_time(time)) {
            return None;
        }
        let mut full = *b"00000715";
        full.iter_mut().zip(digits).for_each(|(to, from)| *to = *from);
        let [year @ .., m1, m2, d1, d2] = full;
        let (year, month, day) = (number_of(&year)?, number_of(&[m1, m2])?, number_of(&[d1, d2])?);
        let date = Date::new(year as i16, month as i8, day as i8).ok()?;
        (year > 0).then_some(Stamp { date, precision: digits.len() })
    }
}

/// A DT without its UTC offset `&ZZXX`; `None` where that is none of the world's (-1200 to +1400).
fn without_offset(text: &[u8]) -> Option<&[u8]> {
    let Some(at) = text.iter().position(|b| matches!(b, b'+' | b'-')) else { return Some(text) };
    let (text, offset) = text.split_at_checked(at)?;
    let (sign, digits) = offset.split_first()?;
    let latest = if *sign == b'+' { 1400 } else { 1200 };
    let offset = if digits.len() == 4 { number_of(digits)? } else { return None };
    (offset <= latest && offset % 100 < 60).then_some(text)
}

/// A TM, or the time in a DT: `HH`, `HHMM`, `HHMMSS`, `HHMMSS.F` with up to six digits. 60 is a leap second.
fn is_time(text: &[u8]) -> bool {
    let mut parts = text.splitn(2, |b| *b == b'.');
    let clock = parts.next().unwrap_or_default();
    let fits = match parts.next() {
        Some(fraction) => {
            let digits = fraction.iter().all(u8::is_ascii_digit);
            clock.len() == 6 && (1..=6).contains(&fraction.len()) && digits
        }
        None => matches!(clock.len(), 2 | 4 | 6),
    };
    let within = |part: (&[u8], u16)| number_of(part.0).is_some_and(|number| number <= part.1);
    fits && clock.chunks(2).zip([23, 59, 60]).all(within)
}

/// Up to four digits as a number.
fn number_of(digits: &[u8]) -> Option<u16> {
    digits.iter().try_fold(0_u16, |number, b| {
        let digit = b.is_ascii_digit().then(|| u16::from(b - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    })
}

fn is_padding(byte: &u8) -> bool {
    matches!(byte, b' ' | 0)
}

fn trimmed(text: &[u8]) -> &[u8] {
    let end = text.iter().rposition(|b| !is_padding(b)).map_or(0, |at| at + 1);
    let start = text.iter().position(|b| !is_padding(b)).unwrap_or(end);
    text.get(start..end).unwrap_or_default()
}

fn trimmed_mut(text: &mut [u8]) -> &mut [u8] {
    let end = text.iter().rposition(|b| !is_padding(b)).map_or(0, |at| at + 1);
    let start = text.iter().position(|b| !is_padding(b)).unwrap_or(end);
    text.get_mut(start..end).unwrap_or_default()
}
