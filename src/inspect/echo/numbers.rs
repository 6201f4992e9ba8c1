//! Numbers and codes: with and without leading zeros, prefix, check digit, and whatever divides them; telephone numbers.

use super::{Echo, Mark, gather::Gatherer};
use crate::{
    inspect::{
        needles::Bound,
        normal::{Script, runs, runs_at},
    },
    policy::checks::Class,
};

/// Groups of digits that a number is put together from.
const GROUPS: usize = 5;

/// A part of another number than the patient's is searched for from this length on.
const PART: usize = 6;

/// Of a number without its last digit, the rest must be so long.
const WITHOUT_CHECK_DIGIT: usize = 7;

/// A telephone number without its area code is searched for from this length on; shorter ones with a label.
const LOCAL: usize = 7;

const BARE: &str = "without leading zeros";

const PREFIX: &str = "without its prefix";

/// Whether a match says enough to be looked for among numbers: the whole, or the digits of the patient's ID.
pub(super) fn is_whole(mark: Mark) -> bool {
    matches!(mark.form, "" | BARE) || (mark.class == Class::PatientId && mark.form == PREFIX)
}

impl Gatherer<'_> {
    /// Numbers and codes.
    pub(super) fn number(&mut self, value: &str, mark: Mark) {
        self.normalise(value);
        let squeezed = std::mem::take(&mut self.squeezed);
        let bare = squeezed.trim_start_matches('0');
        let lengths = &self.rules.lengths;
        let digits = is_digits(&squeezed);
        let least = if digits { lengths.digits } else { lengths.number };
        let (whole, anywhere) = (lengths.whole, lengths.anywhere);
        self.odd_whole(&squeezed, mark);
        for (form, words) in [(squeezed.as_str(), ""), (bare, BARE)] {
            let mark = Mark { form: words, ..mark };
            let length = form.chars().count();
            if length >= whole {
                self.echo.wholes.entry(form.into()).or_insert(mark);
            }
            if length >= least {
                self.echo.numbers.entry(form.into()).or_insert(mark);
            }
            if length >= anywhere {
                self.echo.text.add(form.as_bytes(), Bound::Free, mark);
            }
        }
        self.bytes_of(value, mark);
        if squeezed.len() != value.len() {
            self.bytes(squeezed.as_bytes(), !squeezed.is_ascii(), mark);
        }
        if bare.len() != squeezed.len() {
            self.bytes(bare.as_bytes(), !bare.is_ascii(), mark);
        }
        if digits && squeezed.len() > WITHOUT_CHECK_DIGIT {
            let rest = squeezed.get(..squeezed.len() - 1).unwrap_or_default();
            let mark = Mark { form: "without its last digit", ..mark };
            self.echo.numbers.entry(rest.into()).or_insert(mark);
        }
        self.parts(&squeezed, mark);
        self.squeezed = squeezed;
    }

    /// The digits of a number without the letters and signs around them; `self.normal` holds the number.
    fn parts(&mut self, squeezed: &str, mark: Mark) {
        let normal = std::mem::take(&mut self.normal);
        let patient = mark.class == Class::PatientId;
        let least = if patient { self.rules.lengths.digits } else { PART };
        let mut prefix = String::new();
        for (kind, run) in runs(&normal) {
            if kind != Script::Digit {
                prefix = run.to_owned();
                continue;
            }
            let bare = run.trim_start_matches('0');
            let part = run.len() < squeezed.len();
            if part {
                let mark = Mark { form: PREFIX, ..mark };
                for form in [run, bare].into_iter().filter(|form| form.len() >= least) {
                    self.echo.numbers.entry(form.into()).or_insert(mark);
                }
            }
            let short = (2..self.rules.lengths.digits).contains(&bare.len());
            if patient && short {
                self.echo.labelled.entry(bare.into()).or_insert(Mark { form: BARE, ..mark });
                if part && prefix.len() > 1 && !self.echo.labels.contains(&prefix) {
                    self.echo.labels.push(prefix.clone());
                }
            }
            let spelt = format!("{prefix}{bare}");
            if patient && part && !prefix.is_empty() && spelt.len() >= self.rules.lengths.number {
                self.echo.numbers.entry(spelt.into()).or_insert(Mark { form: BARE, ..mark });
            }
        }
        self.normal = normal;
    }

    /// Telephone numbers: in one piece, with and without country and area code.
    pub(super) fn telephone(&mut self, value: &str, mark: Mark) {
        self.number(value, mark);
        self.normalise(value);
        let normal = std::mem::take(&mut self.normal);
        // Behind a letter stands the number inside the house.
        let line = normal.trim_start_matches(|c: char| !c.is_ascii_digit());
        let line = line.find(char::is_alphabetic).and_then(|end| line.get(..end)).unwrap_or(line);
        let groups: Vec<&str> =
            runs(line).filter(|(kind, _)| *kind == Script::Digit).map(|(_, run)| run).collect();
        let all = groups.concat();
        let national = all.strip_prefix("81").filter(|rest| rest.len() >= 9);
        let national = national.map(|rest| format!("0{}", rest.trim_start_matches('0')));
        let national = national.unwrap_or_else(|| all.clone());
        let mut forms: Vec<(String, &'static str)> = vec![(national.clone(), "")];
        if let Some(rest) = national.strip_prefix('0').filter(|rest| rest.len() >= 9) {
            forms.push((format!("81{rest}"), "with its country code"));
            forms.push((rest.to_owned(), "without its trunk prefix"));
        }
        if groups.len() > 1 {
            for first in 1..groups.len() {
                forms.push((
                    groups.get(first..).unwrap_or_default().concat(),
                    "without its area code",
                ));
            }
        } else {
            for digits in [8, 7].into_iter().filter(|digits| national.len() > digits + 1) {
                let local = national.get(national.len() - digits..).unwrap_or_default();
                forms.push((local.to_owned(), "without its area code"));
            }
        }
        for (form, words) in forms.into_iter().filter(|(form, _)| is_digits(form)) {
            let mark = Mark { form: words, ..mark };
            if form.len() >= LOCAL {
                self.echo.numbers.entry(form.into()).or_insert(mark);
            } else if form.len() >= PART {
                self.echo.labelled.entry(form.into()).or_insert(mark);
            }
        }
        self.normal = normal;
    }

    /// A postal code in an address: 100-0005, 〒1000005.
    pub(super) fn postal_code(&mut self, normal: &str, mark: Mark) {
        let mark = Mark { form: "postal code", ..mark };
        let mut last = (0, "");
        for (at, kind, run) in runs_at(normal) {
            if kind == Script::Digit {
                let (end, before) = last;
                let divided = normal.get(end..at).is_some_and(|gap| gap == "-");
                if run.len() == 7 {
                    self.echo.numbers.entry(run.into()).or_insert(mark);
                } else if divided && before.len() == 3 && run.len() == 4 {
                    self.echo.numbers.entry(format!("{before}{run}").into()).or_insert(mark);
                }
                last = (at + run.len(), run);
            }
        }
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

impl Echo {
    /// A run of digits.
    pub(super) fn number(&self, text: &str, at: usize, digits: &str) -> Option<Mark> {
        let bare = digits.trim_start_matches('0');
        let exact = self.numbers.get(digits).or_else(|| self.numbers.get(bare));
        // Zeros in front of a short number make it as telling as a long one.
        let padded = digits.len() > bare.len() && digits.len() >= self.lengths.digits;
        let short = || self.wholes.get(bare).or_else(|| self.labelled.get(bare));
        let exact = exact.or_else(|| if padded { short() } else { None });
        exact
            .or_else(|| {
                let labelled = self.labelled.get(bare)?;
                self.is_labelled(text.get(..at)?).then_some(labelled)
            })
            .copied()
    }

    /// Whether what stands in front of a number says that it is somebody's.
    fn is_labelled(&self, before: &str) -> bool {
        let hash = before.ends_with('#');
        let before = before.trim_end_matches([' ', ':', '=', '.', '-', '_', '(', '#']);
        let ends = |label: &String| {
            before.strip_suffix(label.as_str()).is_some_and(|front| {
                !label.is_ascii() || !front.ends_with(|c: char| c.is_ascii_alphabetic())
            })
        };
        hash || self.contexts.number_labels.iter().any(ends) || self.labels.iter().any(ends)
    }

    /// Groups of digits with a hyphen, a space or brackets between them, put together.
    pub(super) fn in_groups(&self, text: &str, joined: &mut String) -> Option<Mark> {
        if self.numbers.is_empty() {
            return None;
        }
        let mut groups: [&str; GROUPS] = [""; GROUPS];
        let (mut count, mut end) = (0, 0);
        for (at, kind, run) in runs_at(text) {
            if kind != Script::Digit {
                count = 0;
                continue;
            }
            let gap = text.get(end..at).unwrap_or_default();
            let divides = |c: char| matches!(c, ' ' | '-' | '.' | '/' | '(' | ')' | '_');
            if gap.is_empty() || gap.len() > 2 || !gap.chars().all(divides) {
                count = 0;
            }
            groups.rotate_left(1);
            if let Some(last) = groups.last_mut() {
                *last = run;
            }
            count = (count + 1).min(GROUPS);
            end = at + run.len();
            for first in 2..=count {
                joined.clear();
                groups.iter().skip(GROUPS - first).for_each(|group| joined.push_str(group));
                let local = || self.labelled.get(joined.as_str()).filter(|_| gap == "-");
                let found = if joined.len() > self.lengths.digits {
                    self.numbers.get(joined.as_str()).or_else(local)
                } else {
                    None
                };
                if found.is_some() {
                    return found.copied();
                }
            }
        }
        None
    }
}
