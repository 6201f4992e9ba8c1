//! Every day that a text may mean.

use super::{Day, ERAS};
use crate::inspect::normal::{Script, script};

/// How sure it is that a text means a day.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Means {
    /// The year is written in full, or in an era.
    Certainly,
    /// Three numbers of which one may be a year without its century.
    Perhaps,
    /// A year of an era that is not named: only beside a word that speaks of birth.
    WithLabel,
}

/// Beginnings of the months' names in English, German, French, Spanish and Italian.
const MONTHS: [&[&str]; 12] = [
    &["jan", "ene", "gen"],
    &["feb", "fev"],
    &["mar", "mrz", "mae"],
    &["apr", "avr", "abr"],
    &["may", "mai", "mag"],
    &["jun", "juin", "giu"],
    &["jul", "juil", "lug"],
    &["aug", "aou", "ago"],
    &["sep", "set"],
    &["oct", "okt", "ott"],
    &["nov"],
    &["dec", "dez", "dic"],
];

/// What may stand between the parts of a date and says nothing.
const FILLERS: [&str; 10] = ["st", "nd", "rd", "th", "of", "de", "the", "den", "le", "el"];

/// A part of a date.
#[derive(Clone, Copy)]
enum What<'t> {
    /// Digits.
    Number(&'t str),
    /// A number in kanji in front of 年, 月 or 日.
    Kanji(u16),
    Month(u16),
    /// The first year of an era.
    Era(u16),
    Letters,
    Other,
}

#[derive(Clone, Copy)]
struct Part<'t> {
    what: What<'t>,
    /// The sign between it and the part before: none, one sign, `~` for more.
    gap: char,
}

const NONE: Part<'static> = Part { what: What::Other, gap: '~' };

impl Part<'_> {
    fn number(self) -> Option<u16> {
        match self.what {
            What::Number(digits) if digits.len() <= 2 => digits.parse().ok(),
            What::Kanji(number) => Some(number),
            _ => None,
        }
    }

    /// A year with its century.
    fn year(self) -> Option<u16> {
        match self.what {
            What::Number(digits) if digits.len() == 4 => digits.parse().ok(),
            What::Kanji(number) if number > 1000 => Some(number),
            _ => None,
        }
    }

    /// A year without: exactly two digits.
    fn short_year(self) -> Option<u16> {
        match self.what {
            What::Number(digits) if digits.len() == 2 => digits.parse().ok(),
            _ => None,
        }
    }

    fn is_number(self) -> bool {
        matches!(self.what, What::Number(_) | What::Kanji(_))
    }
}

/// Calls back with each day that a normalised text may mean, until it says that this is enough.
pub(super) fn scan(normal: &str, mut found: impl FnMut(Day, Means) -> bool) {
    // The part before, the three or four that may be a date, and the one behind.
    let mut window = [NONE; 5];
    let parts = Parts { rest: normal, behind_number: false };
    for part in parts.chain(std::iter::repeat_n(NONE, 4)) {
        window.rotate_left(1);
        if let Some(last) = window.last_mut() {
            *last = part;
        }
        if readings(window, &mut found) {
            return;
        }
    }
}

/// The parts of a text.
struct Parts<'t> {
    rest: &'t str,
    behind_number: bool,
}

impl<'t> Parts<'t> {
    /// Takes the front of the text, as long as `inside` says.
    fn take(&mut self, inside: impl Fn(char) -> bool) -> &'t str {
        let end = self.rest.find(|c| !inside(c)).unwrap_or(self.rest.len());
        let (run, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, ""));
        self.rest = rest;
        run
    }

    fn letters(&mut self) -> What<'t> {
        let run = self.take(is_latin);
        if let Some((first, ..)) = ERAS.iter().find(|e| e.3 == run) {
            return What::Era(*first);
        }
        let named = |names: &&[&str]| names.iter().any(|name| run.starts_with(name));
        let month = MONTHS.iter().position(|names| named(names) && run.len() <= 10);
        month.map_or(What::Letters, |m| What::Month(m as u16 + 1))
    }

    fn ideographs(&mut self) -> What<'t> {
        let full = ERAS.iter().find(|e| self.rest.starts_with(e.1));
        if let Some((first, name, ..)) = full {
            self.rest = self.rest.get(name.len()..).unwrap_or_default();
            return What::Era(*first);
        }
        let number = self.take(|c| numeral(c).is_some());
        if !number.is_empty() {
            let counted = self.rest.starts_with(['年', '月', '日']);
            return value(number).filter(|_| counted).map_or(What::Other, What::Kanji);
        }
        let mut chars = self.rest.chars();
        let first = chars.next();
        let numbered = chars.next().is_some_and(|c| c.is_ascii_digit() || numeral(c).is_some());
        let short = ERAS.iter().find(|e| e.2.chars().next() == first && numbered);
        self.rest = chars_behind(self.rest);
        short.map_or(What::Other, |e| What::Era(e.0))
    }
}

/// A text without its first character.
fn chars_behind(text: &str) -> &str {
    let mut chars = text.chars();
    chars.next();
    chars.as_str()
}

fn is_latin(c: char) -> bool {
    script(c) == Script::Letter
}

impl<'t> Iterator for Parts<'t> {
    type Item = Part<'t>;

    fn next(&mut self) -> Option<Part<'t>> {
        let mut gap = '\0';
        loop {
            let c = self.rest.chars().next()?;
            let what = match c {
                '0'..='9' => What::Number(self.take(|c| c.is_ascii_digit())),
                '年' | '月' | '日' if self.behind_number => {
                    self.rest = chars_behind(self.rest);
                    gap = c;
                    continue;
                }
                ' ' | '.' | '/' | '-' | ',' | ':' | '_' => {
                    self.rest = chars_behind(self.rest);
                    gap = match (gap, c) {
                        ('\0' | ' ', _) => c,
                        (_, ' ') => gap,
                        _ => '~',
                    };
                    continue;
                }
                _ if is_latin(c) => {
                    let filler = FILLERS.iter().find(|f| {
                        let behind = self.rest.strip_prefix(**f);
                        behind.is_some_and(|behind| !behind.starts_with(is_latin))
                    });
                    if let Some(filler) = filler.filter(|_| self.behind_number) {
                        self.rest = self.rest.get(filler.len()..).unwrap_or_default();
                        continue;
                    }
                    self.letters()
                }
                _ if script(c) == Script::Ideograph => self.ideographs(),
                _ => {
                    self.rest = chars_behind(self.rest);
                    What::Other
                }
            };
            let part = Part { what, gap };
            // March 2nd of 1970: a filler stands behind a number or a month.
            self.behind_number = part.is_number() || matches!(what, What::Month(_));
            return Some(part);
        }
    }
}

fn numeral(c: char) -> Option<u32> {
    Some(match c {
        '零' => 0,
        '一' | '壱' | '元' => 1,
        '二' | '弐' => 2,
        '三' | '参' => 3,
        '四' => 4,
        '五' => 5,
        '六' => 6,
        '七' => 7,
        '八' => 8,
        '九' => 9,
        '十' => 10,
        '廿' => 20,
        '卅' => 30,
        '百' => 100,
        '千' => 1000,
        _ => return None,
    })
}

/// 四十五, 四五, 千九百七十, 一九七零.
fn value(kanji: &str) -> Option<u16> {
    let (mut total, mut last) = (0_u32, 0_u32);
    for c in kanji.chars().take(9) {
        match numeral(c)? {
            digit @ 0..=9 => last = last.checked_mul(10)?.checked_add(digit)?,
            ten @ (20 | 30) => total += ten,
            unit => {
                total = total.checked_add(last.max(1).checked_mul(unit)?)?;
                last = 0;
            }
        }
    }
    u16::try_from(total.checked_add(last)?).ok()
}

/// Calls back with what the parts may mean; whether that is enough.
fn readings(window: [Part<'_>; 5], found: &mut impl FnMut(Day, Means) -> bool) -> bool {
    let [before, a, b, c, next] = window;
    let day = |y: Option<u16>, m: Option<u16>, d: Option<u16>| Day::new(y?, m?, d?);
    let mut certainly = |day: Option<Day>| day.is_some_and(|day| found(day, Means::Certainly));
    if let What::Era(first) = a.what {
        let year = |y: u16| (1..=99).contains(&y).then(|| first + y - 1);
        if let What::Number(digits) = b.what
            && let Some([y, m, d]) = six(digits)
        {
            return certainly(day(year(y), Some(m), Some(d)));
        }
        return certainly(day(b.number().and_then(year), c.number(), next.number()));
    }
    if let What::Number(digits) = a.what {
        if matches!(digits.len(), 12 | 14) {
            return certainly(digits.get(..8).and_then(Day::of_digits));
        }
        if digits.len() == 8 {
            let part = |range| digits.get(range).and_then(|t: &str| t.parse().ok());
            return certainly(Day::of_digits(digits))
                || certainly(day(part(4..8), part(2..4), part(0..2)))
                || certainly(day(part(4..8), part(0..2), part(2..4)));
        }
        if digits.len() == 6 {
            return alone(before, a, b) && six(digits).is_some_and(|part| short(part, found));
        }
        if let What::Number(rest) = b.what
            && digits.len() == 4
            && rest.len() == 4
        {
            let part = |range| rest.get(range).and_then(|t: &str| t.parse().ok());
            return certainly(day(a.year(), part(0..2), part(2..4)));
        }
    }
    let month = |part: Part<'_>| match part.what {
        What::Month(month) => Some(month),
        _ => None,
    };
    if let Some((d, m, y)) = match (month(a), month(b)) {
        (_, Some(month)) => Some((a, month, c)),
        (Some(month), _) => Some((b, month, c)),
        _ => None,
    } {
        return certainly(day(y.year(), Some(m), d.number()))
            || certainly(day(d.year(), Some(m), y.number()))
            || centuries(y.short_year(), Some(m), d.number(), found);
    }
    certainly(day(a.year(), b.number(), c.number()))
        || certainly(day(c.year(), b.number(), a.number()))
        || certainly(day(c.year(), a.number(), b.number()))
        || three(window, found)
}

/// A year without its century, in both that are possible.
fn centuries(
    year: Option<u16>,
    month: Option<u16>,
    day: Option<u16>,
    found: &mut impl FnMut(Day, Means) -> bool,
) -> bool {
    let (Some(year), Some(month), Some(day)) = (year, month, day) else { return false };
    [1900, 2000].into_iter().any(|century| {
        Day::new(century + year, month, day).is_some_and(|day| found(day, Means::Perhaps))
    })
}

/// Six digits in three pairs.
fn six(digits: &str) -> Option<[u16; 3]> {
    let part = |range| digits.get(range).and_then(|t: &str| t.parse().ok());
    (digits.len() == 6).then_some([part(0..2)?, part(2..4)?, part(4..6)?])
}

/// Six digits as year, month and day in the usual orders, the year also of any era.
fn short([a, b, c]: [u16; 3], found: &mut impl FnMut(Day, Means) -> bool) -> bool {
    centuries(Some(a), Some(b), Some(c), found)
        || centuries(Some(c), Some(b), Some(a), found)
        || centuries(Some(c), Some(a), Some(b), found)
        || in_eras(a, b, c, Means::Perhaps, found)
}

fn in_eras(
    year: u16,
    month: u16,
    day: u16,
    means: Means,
    found: &mut impl FnMut(Day, Means) -> bool,
) -> bool {
    ERAS.iter().filter(|_| (1..=99).contains(&year)).any(|(first, ..)| {
        Day::new(first + year - 1, month, day).is_some_and(|day| found(day, means))
    })
}

/// Whether a number is no part of a longer one: no letter beside it, no decimal point.
fn alone(before: Part<'_>, number: Part<'_>, next: Part<'_>) -> bool {
    let letter =
        |part: Part<'_>| matches!(part.what, What::Letters | What::Month(_) | What::Era(_));
    let joined = number.gap == '\0' && letter(before) || next.gap == '\0' && letter(next);
    let point = number.gap == '.' && before.is_number() || next.gap == '.' && next.is_number();
    !joined && !point
}

/// Three numbers of two digits at most, with the same sign between them and no fourth: 2 3 70, 70/3/2, 45年3月2日.
fn three(window: [Part<'_>; 5], found: &mut impl FnMut(Day, Means) -> bool) -> bool {
    let [before, a, b, c, next] = window;
    let (Some(x), Some(y), Some(z)) = (a.number(), b.number(), c.number()) else { return false };
    if matches!(before.what, What::Era(_)) {
        return false;
    }
    if (b.gap, c.gap) == ('年', '月') {
        return centuries(Some(x), Some(y), Some(z), found)
            || in_eras(x, y, z, Means::Perhaps, found);
    }
    let fourth = before.is_number() && a.gap == b.gap || next.is_number() && next.gap == c.gap;
    let divided = b.gap == c.gap && matches!(b.gap, ' ' | '.' | '/' | '-');
    let letter = |part: Part<'_>| matches!(part.what, What::Letters);
    let joined = a.gap == '\0' && letter(before) || next.gap == '\0' && letter(next);
    if fourth || !divided || joined {
        return false;
    }
    centuries(a.short_year(), Some(y), Some(z), found)
        || centuries(c.short_year(), Some(y), Some(x), found)
        || centuries(c.short_year(), Some(x), Some(y), found)
        || in_eras(x, y, z, Means::WithLabel, found)
}
