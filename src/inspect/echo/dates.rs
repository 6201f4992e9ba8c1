//! The birth date in free text: 1970-03-02, 2.3.1970, 02-MAR-1970, 昭和45年3月2日, S45.3.2, 450302.

use super::Mark;
use crate::inspect::normal::{Script, runs};

/// A calendar day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

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
        scan(normal, |day| {
            found = Some(day);
            true
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

/// Finds one of the days in a normalised text.
pub(super) fn find(normal: &str, days: &[(Day, Mark)]) -> Option<Mark> {
    if days.is_empty() || normal.bytes().filter(u8::is_ascii_digit).count() < 3 {
        return None;
    }
    let mut found = None;
    scan(normal, |day| {
        found = days.iter().find(|(d, _)| *d == day).map(|(_, mark)| *mark);
        found.is_some()
    });
    found
}

/// A part of a date.
#[derive(Clone, Copy, PartialEq)]
enum Part<'t> {
    Number(&'t str),
    Month(u16),
    /// The first year of an era.
    Era(u16),
    Other,
}

/// Calls back with each day that a text may mean, until it says that this is enough.
fn scan(normal: &str, mut found: impl FnMut(Day) -> bool) {
    let mut last = [Part::Other; 4];
    for (kind, run) in runs(normal) {
        let part = match kind {
            Script::Digit => Part::Number(run),
            Script::Letter => letters(run),
            // 年 and 月 stand between the numbers.
            Script::Ideograph if matches!(run, "年" | "月" | "日") => continue,
            Script::Ideograph if run.ends_with("元年") => {
                last = [last[2], last[3], era(run.trim_end_matches("元年")), Part::Number("1")];
                continue;
            }
            Script::Ideograph => era(run),
            _ => Part::Other,
        };
        last = [last[1], last[2], last[3], part];
        if readings(last).into_iter().flatten().any(&mut found) {
            return;
        }
    }
}

fn letters(run: &str) -> Part<'static> {
    if let Some((first, ..)) = ERAS.iter().find(|e| e.3 == run) {
        return Part::Era(*first);
    }
    let month = MONTHS.iter().position(|m| run.starts_with(m) && run.len() <= 9);
    month.map_or(Part::Other, |m| Part::Month(m as u16 + 1))
}

fn era(run: &str) -> Part<'static> {
    let named = ERAS.iter().find(|e| run.ends_with(e.1) || run == e.2);
    named.map_or(Part::Other, |e| Part::Era(e.0))
}

/// What the last four parts may mean.
fn readings(parts: [Part<'_>; 4]) -> [Option<Day>; 4] {
    let number = |t: &str| t.parse::<u16>().ok().filter(|_| t.len() <= 4);
    let year = |t: &str| number(t).filter(|_| t.len() == 4);
    let [era, a, b, c] = parts;
    match (era, a, b, c) {
        (Part::Era(first), Part::Number(y), Part::Number(m), Part::Number(d)) => {
            let era = number(y)
                .filter(|y| (1..=99).contains(y))
                .and_then(|y| Day::new(first + y - 1, number(m)?, number(d)?));
            [era, plain(a, b, c, year, number), None, None]
        }
        (_, _, Part::Era(first), Part::Number(t)) if t.len() == 6 => {
            let part = |range| t.get(range).and_then(number);
            [
                (|| Day::new(first + part(0..2)?.checked_sub(1)?, part(2..4)?, part(4..6)?))(),
                None,
                None,
                None,
            ]
        }
        (_, _, _, Part::Number(t)) if t.len() == 8 => {
            let part = |range| t.get(range).and_then(|t: &str| t.parse().ok());
            let european = (|| Day::new(part(4..8)?, part(2..4)?, part(0..2)?))();
            let american = (|| Day::new(part(4..8)?, part(0..2)?, part(2..4)?))();
            [Day::of_digits(t), european, american, None]
        }
        (_, Part::Number(x), Part::Month(m), Part::Number(y)) => [
            (|| Day::new(year(y)?, m, number(x)?))(),
            (|| Day::new(year(x)?, m, number(y)?))(),
            None,
            None,
        ],
        (_, Part::Month(m), Part::Number(d), Part::Number(y)) => {
            [(|| Day::new(year(y)?, m, number(d)?))(), None, None, None]
        }
        (_, Part::Number(_), Part::Number(_), Part::Number(_)) => {
            let european = match (a, b, c) {
                (Part::Number(d), Part::Number(m), Part::Number(y)) => {
                    (|| Day::new(year(y)?, number(m)?, number(d)?))()
                }
                _ => None,
            };
            let american = match (a, b, c) {
                (Part::Number(m), Part::Number(d), Part::Number(y)) => {
                    (|| Day::new(year(y)?, number(m)?, number(d)?))()
                }
                _ => None,
            };
            [plain(a, b, c, year, number), european, american, None]
        }
        _ => [None; 4],
    }
}

/// Year, month, day, with a year of four digits.
fn plain(
    a: Part<'_>,
    b: Part<'_>,
    c: Part<'_>,
    year: impl Fn(&str) -> Option<u16>,
    number: impl Fn(&str) -> Option<u16>,
) -> Option<Day> {
    match (a, b, c) {
        (Part::Number(y), Part::Number(m), Part::Number(d)) => {
            Day::new(year(y)?, number(m)?, number(d)?)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::normal::normalise;

    fn found(text: &str) -> bool {
        let day = Day { year: 1970, month: 3, day: 2 };
        let mut normal = String::new();
        normalise(text, &mut normal);
        find(&normal, &[(day, Mark::default())]).is_some()
    }

    #[test]
    fn spellings_of_a_birth_date() {
        for text in [
            "19700302",
            "DOB 1970-03-02",
            "1970/3/2",
            "1970.03.02",
            "1970年3月2日",
            "02.03.1970",
            "3/2/1970",
            "2-Mar-1970",
            "March 2, 1970",
            "1970 Mar 02",
            "昭和45年3月2日生",
            "昭和４５年３月２日",
            "S45.3.2",
            "S45/03/02",
            "昭45.3.2",
            "S450302",
            "02031970",
            "㍼45年3月2日",
        ] {
            assert!(found(text), "{text}");
        }
    }

    #[test]
    fn other_dates_and_numbers() {
        for text in [
            "19700303",
            "1.2.3",
            "syngo 4.5.3.2",
            "平成45年3月2日",
            "S46.3.2",
            "70 3 2",
            "120 kV 45 3 2",
            "1970 kg",
        ] {
            assert!(!found(text), "{text}");
        }
    }
}
