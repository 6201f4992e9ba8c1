//! Regular expressions with what must hold around a match: edges, words beside it, words that make it harmless.

use regex::{Captures, Regex};

use super::{
    file::{Edges, Rule},
    names::Names,
    validate::Parts,
};

/// How far from a match a word still stands beside it, in characters.
const BESIDE: usize = 20;

/// Matches of one expression that are looked at in one text; past them it counts as found, since nobody looked.
const MOST: usize = 10_000;

/// What a match is worth.
enum Judgement {
    Counts,
    /// Its edges, its digits or what stands beside it are not as asked.
    Wrong,
    /// It is what it looks like, and harmless.
    Excepted,
}

/// One expression of a detector.
#[derive(Debug)]
pub(super) struct Matcher {
    pub(super) pattern: Regex,
    /// The exceptions of its detector.
    pub(super) except: Vec<Regex>,
    /// The words beside it, in lower case.
    pub(super) beside: Vec<String>,
    pub(super) edges: Edges,
}

impl Matcher {
    /// Whether the expression fits somewhere with all that its detector asks for.
    pub(super) fn finds(&self, text: &str, rule: &Rule, names: &Names) -> bool {
        let mut from = 0;
        for _ in 0..MOST {
            let Some(captures) = self.pattern.captures_at(text, from) else { return false };
            let Some(whole) = captures.get(0) else { return false };
            from = match self.judge(text, &captures, rule, names) {
                Judgement::Counts => return true,
                Judgement::Excepted => whole.end(),
                // What is wrong here may be right a character further on.
                Judgement::Wrong => {
                    let step = text.get(whole.start()..).and_then(|t| t.chars().next());
                    whole.start() + step.map_or(1, char::len_utf8)
                }
            };
            if from > text.len() {
                return false;
            }
        }
        true
    }

    fn judge(&self, text: &str, captures: &Captures<'_>, rule: &Rule, names: &Names) -> Judgement {
        let Some(whole) = captures.get(0) else { return Judgement::Wrong };
        let before = text.get(..whole.start()).unwrap_or_default();
        let behind = text.get(whole.end()..).unwrap_or_default();
        if !edges(before, whole.as_str(), behind, self.edges)
            || !rule.validate.holds(&Parts::of(captures))
            || !(self.beside.is_empty() || self.is_beside(before, behind))
        {
            Judgement::Wrong
        } else if self.except.iter().any(|e| e.is_match(whole.as_str()))
            || (rule.unless_imaging && names.only_imaging(before, behind))
        {
            Judgement::Excepted
        } else {
            Judgement::Counts
        }
    }

    fn is_beside(&self, before: &str, behind: &str) -> bool {
        let begin = before.char_indices().rev().nth(BESIDE - 1).map_or(0, |(at, _)| at);
        let end = behind.char_indices().nth(BESIDE).map_or(behind.len(), |(at, _)| at);
        let near = format!(
            "{} {}",
            before.get(begin..).unwrap_or_default(),
            behind.get(..end).unwrap_or_default()
        )
        .to_lowercase();
        self.beside.iter().any(|word| has_word(&near, word))
    }
}

/// Whether a text holds a word; one in Latin script not inside another.
fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let before = text.get(..at).unwrap_or_default();
        edges(before, word, text.get(at + word.len()..).unwrap_or_default(), Edges::Word)
    })
}

/// Whether a match may stand between what stands before and behind it.
fn edges(before: &str, found: &str, behind: &str, edges: Edges) -> bool {
    let latin = |c: char| c.is_ascii_alphanumeric();
    let joined = |a: Option<char>, b: Option<char>| a.is_some_and(latin) && b.is_some_and(latin);
    let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    if edges == Edges::Open {
        return true;
    }
    let (mut backwards, mut forwards) = (before.chars().rev(), behind.chars());
    let (last, next) = (backwards.next(), forwards.next());
    if joined(last, found.chars().next()) || joined(found.chars().next_back(), next) {
        return false;
    }
    let pointed = |c: Option<char>, further: Option<char>| c == Some('.') && digit(further);
    edges == Edges::Word || !(pointed(last, backwards.next()) || pointed(next, forwards.next()))
}
