//! Dates written out in texts: 1970-03-02, 2.3.1970, 02-MAR-1970, 昭和45年3月2日, 昭和四十五年三月二日, S45.3.2, 2 3 70, 700302.

mod scan;

use std::collections::HashMap;

use super::Mark;
use crate::{inspect::normal::normalise, policy::checks::Contexts};

use scan::{Means, scan};

/// A calendar day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Day {
    year: u16,
    month: u8,
    day: u8,
}

/// The first year of an era, and how it is written in normal spelling.
const ERAS: [(u16, &str, &str, &str); 5] = [
    (1868, "明治", "明", "m"),
    (1912, "大正", "大", "t"),
    (1926, "昭和", "昭", "s"),
    (1989, "平成", "平", "h"),
    (2019, "令和", "令", "r"),
];

impl Day {
    fn new(year: u16, month: u16, day: u16) -> Option<Day> {
        let possible =
            (1850..=2200).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
        possible.then_some(Day { year, month: month as u8, day: day as u8 })
    }

    /// From `YYYYMMDD`.
    pub(super) fn of_digits(text: &str) -> Option<Day> {
        if text.len() != 8 || !text.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let number = |range| text.get(range).and_then(|t: &str| t.parse().ok());
        Day::new(number(0..4)?, number(4..6)?, number(6..8)?)
    }

    /// From the first date in a normalised text.
    pub(super) fn of_text(normal: &str) -> Option<Day> {
        let mut found = None;
        scan(normal, |day, means| {
            found = found.or(Some(day).filter(|_| means == Means::Certainly));
            found.is_some()
        });
        found
    }

    /// The spellings that are searched for in bytes.
    pub(super) fn spellings(self) -> [String; 6] {
        let Day { year: y, month: m, day: d } = self;
        [
            format!("{y:04}{m:02}{d:02}"),
            format!("{y:04}-{m:02}-{d:02}"),
            format!("{y:04}/{m:02}/{d:02}"),
            format!("{y:04}.{m:02}.{d:02}"),
            format!("{d:02}.{m:02}.{y:04}"),
            format!("{m:02}/{d:02}/{y:04}"),
        ]
    }
}

/// The dates of an original.
#[derive(Default)]
pub(super) struct Days {
    days: HashMap<Day, (Mark, bool)>,
}

impl Days {
    pub(super) fn len(&self) -> usize {
        self.days.len()
    }

    /// Adds a date; a birth date is also found where the century is not said.
    pub(super) fn add(&mut self, day: Day, mark: Mark, birth: bool) {
        let known = self.days.entry(day).or_insert((mark, birth));
        if birth && !known.1 {
            *known = (mark, true);
        }
    }

    /// Whether eight digits are a birth date.
    pub(super) fn birth(&self, digits: &str) -> Option<Mark> {
        if self.days.is_empty() {
            return None;
        }
        let (mark, birth) = self.days.get(&Day::of_digits(digits)?)?;
        birth.then_some(*mark)
    }

    /// Finds one of the dates in a normalised text; with `loose`, also birth dates that could be three numbers of
    /// something else.
    pub(super) fn find(&self, normal: &str, contexts: &Contexts, loose: bool) -> Option<Mark> {
        let digits = || normal.bytes().filter(u8::is_ascii_digit).take(3).count() == 3;
        if self.days.is_empty() || !(digits() || (!normal.is_ascii() && normal.contains('月'))) {
            return None;
        }
        let mut found = None;
        scan(normal, |day, means| {
            let known = self.days.get(&day);
            let counts = known.is_some_and(|(_, birth)| match means {
                Means::Certainly => true,
                Means::Perhaps => *birth && loose,
                Means::WithLabel => *birth && is_birth(normal, contexts),
            });
            found = known.map(|(mark, _)| *mark).filter(|_| counts);
            found.is_some()
        });
        found
    }
}

fn is_birth(normal: &str, contexts: &Contexts) -> bool {
    contexts.birth_labels.iter().any(|label| normal.contains(label.as_str()))
}

/// From a value of DA or DT, or from one that says a date in words.
pub(super) fn of_value(value: &str) -> Option<Day> {
    // Of a DT the first eight digits are the day.
    Day::of_digits(value.get(..8).unwrap_or(value)).or_else(|| {
        let mut normal = String::new();
        normalise(value, &mut normal);
        Day::of_text(&normal)
    })
}

#[cfg(test)]
mod tests;
