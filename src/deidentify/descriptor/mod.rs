//! Clean Descriptors (113105; PS3.15 E.3.5): a text keeps the words of the vocabulary and loses everything else.
//!
//! An allow-list, not a search for names: a word that nobody listed goes, whoever it may name. Three things make it more
//! than a look-up. Words that are also names stay only in good company (`grammar`). Words of this very object's
//! identifiers never stay ([`OwnWords`]). Numbers stay as quantities or beside words that stay, never as dates, ages or
//! identifiers.

mod grammar;
mod japanese;
mod latin;
mod own;

use std::borrow::Cow;

use crate::policy::vocabulary::{
    Example, Roles, Vocabulary,
    letters::{Script, Unit, units},
};

pub use own::OwnWords;

/// Longer texts are not kept, in bytes. No description is; and the work stays bounded.
const LONGEST: usize = 16 * 1024;

/// Digits of a number that a code string may be: those of template and context group identifiers.
const SHORT: usize = 5;

/// How often a line is looked at again after brackets went.
const ROUNDS: usize = 4;

/// Separators that may join what stood on both sides of a cut. None of them gives numbers another meaning.
const JOINTS: [char; 8] = ['_', '-', '/', '^', ',', ';', '+', '|'];

/// Brackets, which stay in pairs.
const BRACKETS: [(char, char); 8] = [
    ('(', ')'),
    ('[', ']'),
    ('{', '}'),
    ('（', '）'),
    ('「', '」'),
    ('【', '】'),
    ('『', '』'),
    ('［', '］'),
];

/// What is left of a text: the words of the vocabulary in their own spelling, with the separators between them. Empty
/// when nothing is; borrowed when nothing had to go. Values and lines are cleaned each for itself.
///
/// Cleaning what was cleaned changes nothing.
pub fn clean<'t>(vocabulary: &Vocabulary, own: &OwnWords<'_>, text: &'t str) -> Cow<'t, str> {
    if text.len() > LONGEST {
        return Cow::Borrowed("");
    }
    let is_break = |c: char| matches!(c, '\\' | '\r' | '\n' | '\u{C}');
    let mut changed: Option<String> = None;
    let mut at = 0;
    for part in text.split_inclusive(is_break) {
        let line = part.trim_end_matches(is_break);
        let end = &part[line.len()..];
        match (clean_line(vocabulary, own, line), &mut changed) {
            (None, None) => {}
            (None, Some(out)) => out.push_str(part),
            (Some(cleaned), Some(out)) => {
                out.push_str(&cleaned);
                out.push_str(end);
            }
            (Some(cleaned), None) => changed = Some([&text[..at], &cleaned, end].concat()),
        }
        at += part.len();
    }
    let cleaned = match changed {
        None => Cow::Borrowed(text),
        Some(out) if !out.chars().any(char::is_alphanumeric) => Cow::Borrowed(""),
        Some(mut out) => {
            out.truncate(out.trim_end_matches(['\r', '\n', '\u{C}']).len());
            Cow::Owned(out)
        }
    };
    if own.survives_in(&cleaned) { Cow::Borrowed("") } else { cleaned }
}

/// Whether a value of a code string (CS) may stay: it is a defined term, a short number, or consists of words of the
/// vocabulary only.
pub fn is_code(vocabulary: &Vocabulary, own: &OwnWords<'_>, value: &str) -> bool {
    let number = value.len() <= SHORT && value.bytes().all(|b| b.is_ascii_digit());
    number || vocabulary.is_term(value) || *clean(vocabulary, own, value) == *value
}

/// The examples of the vocabulary that do not come out as they say.
pub fn failing_examples(vocabulary: &Vocabulary) -> Vec<&Example> {
    let nobody = OwnWords::nobody();
    let fails = |e: &&Example| clean(vocabulary, &nobody, &e.text) != e.kept.as_str();
    vocabulary.examples().iter().filter(fails).collect()
}

/// What a token is, before its neighbours are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Stays.
    Keep,
    /// A word of the field that is also a name: stays beside a word that stays, or alone.
    Weak,
    /// A number: its digits before the point, and its value if they are few.
    Number { digits: u8, value: u16 },
    /// A letter, also with a number: stays when its neighbours do.
    Letter,
    /// A connective, or a unit or parameter that has no number: stays when its neighbours do.
    Connective,
    /// A title in Latin script: goes, and the word behind it too.
    Title,
    /// Goes.
    Drop,
}

/// A word, a number, or a piece of a Japanese run: units from `start` to `end`.
#[derive(Debug, Clone, Copy)]
struct Token {
    start: usize,
    end: usize,
    kind: Kind,
    roles: Roles,
}

/// One value or line; `None` if it can stay as it is.
fn clean_line(vocabulary: &Vocabulary, own: &OwnWords<'_>, line: &str) -> Option<String> {
    let mut changed: Option<String> = None;
    // A bracket that loses its partner goes, which may bring two tokens together that now are read otherwise.
    for _ in 0..ROUNDS {
        let line = changed.as_deref().unwrap_or(line);
        let units = units(line);
        let mut tokens = tokens(vocabulary, own, &units);
        institutions(own, &units, &mut tokens);
        grammar::settle(vocabulary, &units, &mut tokens);
        if tokens.iter().all(|token| token.kind == Kind::Keep) {
            return changed;
        }
        let (text, settled) = balanced(write(line, &units, &tokens));
        changed = Some(text);
        if settled {
            return changed;
        }
    }
    Some(String::new())
}

fn tokens(vocabulary: &Vocabulary, own: &OwnWords<'_>, units: &[Unit]) -> Vec<Token> {
    let mut tokens = Vec::with_capacity(8);
    let mut word = String::with_capacity(16);
    let mut start = 0;
    while let Some(first) = units.get(start) {
        let rest = &units[start..];
        let length = match first.script {
            Script::Separator => {
                start += 1;
                continue;
            }
            Script::Letter | Script::Digit => {
                let length = latin::length(rest);
                let (kind, roles) =
                    latin::kind(vocabulary, own, &rest[..length], &rest[length..], &mut word);
                tokens.push(Token { start, end: start + length, kind, roles });
                length
            }
            Script::Strange => {
                let end = start + 1;
                tokens.push(Token { start, end, kind: Kind::Drop, roles: Roles::default() });
                1
            }
            Script::Kanji | Script::Hiragana | Script::Katakana => {
                let end = rest.iter().position(|u| !u.script.is_japanese());
                let length = end.unwrap_or(rest.len());
                japanese::run(vocabulary, own, &rest[..length], start, &mut tokens);
                length
            }
        };
        start += length;
    }
    tokens
}

/// A word of the object's own institution goes with the one beside it that goes: `Yamada First Hospital`.
fn institutions(own: &OwnWords<'_>, units: &[Unit], tokens: &mut [Token]) {
    let is = |token: &Token| {
        let letters = units.get(token.start..token.end).unwrap_or_default();
        own.is_of_place(&letters.iter().map(|u| u.c).collect::<String>())
    };
    let length = tokens.len();
    let mut take = |at: usize| {
        if let Some([left, right]) = tokens.get_mut(at - 1..=at)
            && (left.kind == Kind::Drop) != (right.kind == Kind::Drop)
            && is(left)
            && is(right)
        {
            (left.kind, right.kind) = (Kind::Drop, Kind::Drop);
        }
    };
    (1..length).for_each(&mut take);
    (1..length).rev().for_each(take);
}

/// The tokens that stay, with what stood between them; where something was cut out, one joint stands.
fn write(line: &str, units: &[Unit], tokens: &[Token]) -> String {
    let place = |token: &Token| {
        let start = units.get(token.start).map_or(0, |u| u.start as usize);
        let end = units.get(token.end - 1).map_or(0, |u| u.end as usize);
        (start, end)
    };
    let mut out = String::with_capacity(line.len());
    // The end of what was written, and of the token before this one; what follows the latter up to a cut.
    let (mut written, mut cut, mut before) = (0, false, 0);
    let mut left = "";
    for token in tokens {
        let (start, end) = place(token);
        let gap = line.get(before..start).unwrap_or_default();
        if token.kind != Kind::Keep {
            if !cut {
                left = gap;
            }
            cut = true;
        } else {
            match (cut, out.is_empty()) {
                (false, _) => out.push_str(gap),
                (true, true) => {}
                (true, false) => join(left, gap, &mut out),
            }
            out.push_str(line.get(start.max(written)..end).unwrap_or_default());
            (written, cut) = (end, false);
        }
        before = end;
    }
    if !cut && !out.is_empty() {
        out.push_str(line.get(before..).unwrap_or_default());
    } else if !out.is_empty() {
        out.push_str(closed(left));
    }
    out
}

/// What stands in place of a cut, given what stood before and behind it: one joint, and the brackets that belong to what
/// stays.
fn join(left: &str, right: &str, out: &mut String) {
    let first = |text: &str| text.chars().find(|c| JOINTS.contains(c));
    let blank = left.contains(char::is_whitespace) || right.contains(char::is_whitespace);
    let joint = if blank { None } else { first(left).or_else(|| first(right)) };
    out.push_str(closed(left));
    out.push(joint.unwrap_or(' '));
    let opened = right.trim_end_matches(|c| BRACKETS.iter().any(|(open, _)| *open == c));
    out.push_str(right.get(opened.len()..).unwrap_or_default());
}

/// The closing brackets at the beginning of a gap.
fn closed(gap: &str) -> &str {
    let rest = gap.trim_start_matches(|c| BRACKETS.iter().any(|(_, close)| *close == c));
    gap.get(..gap.len() - rest.len()).unwrap_or_default()
}

/// The text without brackets that have no partner, and whether there were none.
fn balanced(text: String) -> (String, bool) {
    let partner = |c: char| BRACKETS.iter().find(|(open, close)| *open == c || *close == c);
    if !text.contains(|c| partner(c).is_some()) {
        return (text, true);
    }
    let mut open: Vec<(usize, char)> = Vec::new();
    let mut alone: Vec<usize> = Vec::new();
    for (at, c) in text.char_indices() {
        match partner(c) {
            Some((opening, _)) if *opening == c => open.push((at, c)),
            Some((opening, _)) if open.last().is_some_and(|(_, c)| c == opening) => {
                open.pop();
            }
            Some(_) => alone.push(at),
            None => {}
        }
    }
    if open.is_empty() && alone.is_empty() {
        return (text, true);
    }
    alone.extend(open.iter().map(|(at, _)| *at));
    alone.sort_unstable();
    let mut kept = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        if alone.binary_search(&at).is_err() {
            kept.push(c);
        } else if !kept.ends_with(char::is_whitespace) {
            // What it stood between must not grow together.
            kept.push(' ');
        }
    }
    (kept.trim().to_owned(), false)
}

#[cfg(test)]
mod tests;
