//! G2-05: no DA and no DT of an output is a date of the original.

use crate::dicom::uid;

/// 1 January 1900, the dummy of a date (standards 2.1), in days since 1 January 1970.
pub(super) const DUMMY: i64 = -25_567;

/// The day of a DA or DT value, in days since 1 January 1970; `None` for what is none, or not a whole one.
pub(super) fn day(value: &[u8]) -> Option<i64> {
    let digits = uid::trim(value).get(..8)?;
    let number = |range| {
        let text: &[u8] = digits.get(range)?;
        text.iter()
            .try_fold(0_i64, |sum, b| b.is_ascii_digit().then(|| sum * 10 + i64::from(b - b'0')))
    };
    let (year, month, day) = (number(0..4)?, number(4..6)?, number(6..8)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // Years that begin in March, so that the leap day is the last.
    let year = if month <= 2 { year - 1 } else { year };
    let month = (month + 9) % 12;
    let of_year = (153 * month + 2) / 5 + day - 1;
    Some(365 * year + year / 4 - year / 100 + year / 400 + of_year - 719_468)
}

/// The dates of an original, ascending.
pub(super) struct Days(Vec<i64>);

impl Days {
    pub(super) fn of(mut days: Vec<i64>) -> Days {
        days.sort_unstable();
        days.dedup();
        Days(days)
    }

    fn has(&self, day: i64) -> bool {
        self.0.binary_search(&day).is_ok()
    }

    /// Whether a value holds a date of the original. One on which another date of the original falls when all have moved
    /// by `offset` days is there by chance.
    pub(super) fn has_one_of(&self, value: &[u8], offset: Option<i64>) -> bool {
        let moved = |day| offset.is_some_and(|offset| offset != 0 && self.has(day - offset));
        let days = value.split(|b| *b == b'\\').filter_map(day);
        days.into_iter().any(|day| day != DUMMY && self.has(day) && !moved(day))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted() {
        for (text, expected) in [
            (&b"19700101"[..], Some(0)),
            (b"19700302", Some(60)),
            (b"20000229", Some(11_016)),
            (b"20260228235959.5+0900", Some(20_512)),
            (b"19000101", Some(DUMMY)),
            (b"1970", None),
            (b"19701301", None),
            (b"1970.3.2", None),
            (b"", None),
        ] {
            assert_eq!(day(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_date_is_known_again_and_a_moved_one_is_not() {
        let of = |text: &[u8]| day(text).unwrap_or_default();
        let days = Days::of(vec![of(b"20260105"), of(b"20250106")]);
        assert!(days.has_one_of(b"20260105", Some(-728)));
        assert!(days.has_one_of(b"19990101\\20250106120000", None));
        assert!(!days.has_one_of(b"20250106", Some(-364)));
        assert!(days.has_one_of(b"20250106", Some(0)));
        assert!(!days.has_one_of(b"19000101", None) && !days.has_one_of(b"20250107", None));
    }
}
