//! Names in Latin script: pairs of words, titles, `^`, and values that are one word.

use unicode_normalization::char::decompose_canonical;

use super::{Form, Kinds, Names};

/// The longest word that any list has.
const LONGEST: usize = 24;

/// The shortest name that counts when it is the whole value.
const ALONE: usize = 4;

/// The shortest word that may be surname and given name written together.
const TOGETHER: usize = 7;

/// A word of letters.
#[derive(Clone, Copy)]
struct Word {
    start: usize,
    end: usize,
    length: usize,
    /// The first letter is a capital.
    capital: bool,
    /// All letters are.
    capitals: bool,
    kinds: Kinds,
}

impl Word {
    fn is(&self, kinds: Kinds) -> bool {
        self.kinds.is(kinds)
    }

    /// A name that may as well be no name.
    fn harmless(&self) -> bool {
        self.is(Kinds::HARMLESS | Kinds::EPONYM)
    }

    fn known(&self) -> bool {
        self.is(Kinds::SURNAME | Kinds::GIVEN)
    }
}

impl Names {
    pub(super) fn search_latin(&self, text: &str, found: &mut impl FnMut(Form)) {
        let mut last: Option<Word> = None;
        let mut from = 0;
        while let Some(word) = self.next_word(text, from, found) {
            from = word.end;
            if let Some(before) = last {
                let between = text.get(before.end..word.start).unwrap_or_default();
                pair(before, word, between, text, found);
            }
            beside_caret(word, text, found);
            if word.start == 0 && word.end == text.len() {
                alone(word, found);
            }
            last = Some(word);
        }
    }

    /// The next word of letters from a position on. Calls if it is a whole name written together.
    fn next_word(&self, text: &str, from: usize, found: &mut impl FnMut(Form)) -> Option<Word> {
        let rest = text.get(from..)?;
        let start = from + rest.find(is_latin)?;
        let mut key = [0_u8; LONGEST];
        let (mut used, mut fits) = (0, true);
        let (mut length, mut capitals, mut capital) = (0, true, false);
        let mut end = text.len();
        for (at, c) in text.get(start..)?.char_indices() {
            if c == '\'' && length > 0 {
                continue;
            }
            if !is_latin(c) {
                end = start + at;
                break;
            }
            capital |= length == 0 && c.is_uppercase();
            capitals &= c.is_uppercase();
            length += 1;
            let mut base = '?';
            decompose_canonical(c, |part| base = if part.is_ascii() { part } else { base });
            match key.get_mut(used) {
                Some(byte) => *byte = base.to_ascii_lowercase() as u8,
                None => fits = false,
            }
            used += 1;
        }
        let key = key.get(..used).filter(|_| fits).and_then(|k| std::str::from_utf8(k).ok());
        let kinds = key.map(|k| self.kinds(k)).unwrap_or_default();
        if let Some(key) = key.filter(|k| k.len() >= TOGETHER && kinds == Kinds::default())
            && self.is_joined(key)
        {
            found(Form::Romaji);
        }
        Some(Word { start, end, length, capital, capitals, kinds })
    }

    /// Whether a word is a Japanese surname and given name, in either order, without anything between.
    fn is_joined(&self, word: &str) -> bool {
        let japanese = |b: u8| !matches!(b, b'l' | b'q' | b'v' | b'x');
        if !word.ends_with(['a', 'i', 'u', 'e', 'o', 'n']) || !word.bytes().all(japanese) {
            return false;
        }
        (3..=word.len() - 3).any(|at| {
            let Some((a, b)) = word.split_at_checked(at) else { return false };
            let a = self.kinds(a);
            a.is(Kinds::ROMAJI) && {
                let b = self.kinds(b);
                let ordered = a.is(Kinds::SURNAME_ROMAJI) && b.is(Kinds::GIVEN_ROMAJI);
                let reversed = a.is(Kinds::GIVEN_ROMAJI) && b.is(Kinds::SURNAME_ROMAJI);
                (ordered || reversed) && !(a.is(Kinds::HARMLESS) || b.is(Kinds::HARMLESS))
            }
        })
    }
}

fn is_latin(c: char) -> bool {
    c.is_ascii_alphabetic() || (('\u{C0}'..='\u{24F}').contains(&c) && c.is_alphabetic())
}

/// Two words that follow each other.
fn pair(a: Word, b: Word, between: &str, text: &str, found: &mut impl FnMut(Form)) {
    if between.is_empty() || between.len() > 3 {
        return;
    }
    if between.chars().all(|c| " ,^_.=".contains(c)) {
        full(a, b, found);
    }
    if between == "^" && ![a, b].iter().any(|w| w.harmless() || w.known() || w.length < 2) {
        found(Form::CaretDoubtful);
    }
    if a.is(Kinds::TITLE) && between.chars().all(|c| c == ' ' || c == '.') {
        titled(a, b, between, text, found);
    }
    if b.is(Kinds::SUFFIX)
        && between.chars().all(|c| " ,.-".contains(c))
        && a.is(Kinds::SURNAME)
        && !a.harmless()
        && (b.capital || a.is(Kinds::SURNAME_ROMAJI))
    {
        found(Form::Title);
    }
}

/// Surname and given name, in either order.
fn full(a: Word, b: Word, found: &mut impl FnMut(Form)) {
    let (short, long) = (a.length.min(b.length), a.length.max(b.length));
    let romaji = |s: Word, g: Word| s.is(Kinds::SURNAME_ROMAJI) && g.is(Kinds::GIVEN_ROMAJI);
    let names = |s: Word, g: Word| s.is(Kinds::SURNAME) && g.is(Kinds::GIVEN);
    if short < 2 || long < 4 {
        return;
    }
    if (romaji(a, b) || romaji(b, a)) && short > 2 {
        if !(a.harmless() && b.harmless()) {
            found(Form::Romaji);
        }
        return;
    }
    let best = [(a, b), (b, a)].into_iter().filter(|(s, g)| names(*s, *g)).filter_map(weigh);
    if let Some(strong) = best.max() {
        found(if strong { Form::English } else { Form::EnglishDoubtful });
    }
}

/// What a surname and a given name are worth together: certain, doubtful, or nothing where both are other words too.
fn weigh((surname, given): (Word, Word)) -> Option<bool> {
    let word = |w: Word| w.is(Kinds::HARMLESS);
    let term = |w: Word| w.is(Kinds::EPONYM);
    match (word(given), word(surname)) {
        (true, true) => None,
        (true, false) => (!term(surname)).then_some(false),
        // Wolff Parkinson White; a doctor's name beside a name is a name.
        (false, other) => Some(!term(given) || !(other || term(surname))),
    }
}

/// A title and a word. DR and MR in capitals without a point are modalities.
fn titled(a: Word, b: Word, between: &str, text: &str, found: &mut impl FnMut(Form)) {
    let title = text.get(a.start..a.end).unwrap_or_default().to_lowercase();
    let pointed = between.contains('.');
    let modality = matches!(title.as_str(), "dr" | "mr" | "ms" | "miss");
    let explicit = b.capital && (pointed || !modality || (a.capital && !a.capitals));
    if b.known() {
        if b.length > 1 && (explicit || !b.harmless()) {
            found(Form::Title);
        }
    } else if explicit
        && b.length > 2
        && !b.harmless()
        && (pointed || title != "mr" && title != "ms")
    {
        found(Form::TitleDoubtful);
    }
}

/// A known name with `^` before or behind it.
fn beside_caret(word: Word, text: &str, found: &mut impl FnMut(Form)) {
    if word.length < 3 || word.harmless() || !word.known() {
        return;
    }
    let before = text.get(..word.start).is_some_and(|t| t.ends_with('^'));
    let behind = text.get(word.end..).is_some_and(|t| t.starts_with('^'));
    if before || behind {
        found(Form::Caret);
    }
}

fn alone(word: Word, found: &mut impl FnMut(Form)) {
    if word.length < ALONE || word.harmless() {
        return;
    }
    if word.is(Kinds::ROMAJI) {
        found(Form::AloneJapanese);
    } else if word.known() {
        found(Form::AloneEnglish);
    }
}
