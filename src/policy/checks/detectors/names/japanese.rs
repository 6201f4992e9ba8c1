//! Names in kanji and kana. There are no spaces between words: a name must fill its run of one script, stand beside what
//! only stands beside names, or be long enough that it is no other word.

use super::{Form, Kinds, Names};

/// A script that words do not leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Script {
    Kanji,
    Katakana,
    Hiragana,
}

fn script(c: char) -> Option<Script> {
    match c {
        '々'
        | '〆'
        | '\u{3400}'..='\u{9FFF}'
        | '\u{F900}'..='\u{FAFF}'
        | '\u{20000}'..='\u{3FFFF}' => Some(Script::Kanji),
        'ァ'..='ヺ' | 'ー' | 'ヽ' | 'ヾ' => Some(Script::Katakana),
        'ぁ'..='ゖ' | 'ゝ' | 'ゞ' => Some(Script::Hiragana),
        _ => None,
    }
}

/// Whether a character is one of kana.
pub(super) fn is_kana(c: char) -> bool {
    matches!(script(c), Some(Script::Katakana | Script::Hiragana))
}

/// Katakana to hiragana.
pub(super) fn to_hiragana(c: char) -> char {
    match c {
        'ァ'..='ヶ' => char::from_u32(u32::from(c) - 0x60).unwrap_or(c),
        _ => c,
    }
}

/// A run of one script in a text.
#[derive(Clone, Copy)]
struct Run<'t> {
    script: Script,
    start: usize,
    text: &'t str,
}

impl Run<'_> {
    fn end(&self) -> usize {
        self.start + self.text.len()
    }
}

/// The runs of a text. ヶ and ノ inside a name in kanji (関ヶ原, 井ノ口) belong to it.
fn runs(text: &str) -> impl Iterator<Item = Run<'_>> {
    let mut from = 0;
    std::iter::from_fn(move || {
        let rest = text.get(from..)?;
        let begin = rest.find(|c| script(c).is_some())?;
        let rest = rest.get(begin..)?;
        let kind = script(rest.chars().next()?)?;
        let mut end = rest.len();
        let mut chars = rest.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            let next = chars.peek().and_then(|(_, c)| script(*c));
            let linked = kind == Script::Kanji && matches!(c, 'ヶ' | 'ケ' | 'ノ' | 'ヵ');
            if script(c) != Some(kind) && !(linked && next == Some(Script::Kanji)) {
                end = at;
                break;
            }
        }
        let run = Run { script: kind, start: from + begin, text: rest.get(..end)? };
        from = run.end();
        Some(run)
    })
}

/// The places between the characters of a text, its ends left out.
fn inner(text: &str) -> impl Iterator<Item = usize> + '_ {
    text.char_indices().skip(1).map(|(at, _)| at)
}

/// At most `most` characters and no fewer than `least`.
fn has_length(text: &str, least: usize, most: usize) -> bool {
    let length = text.chars().take(most + 1).count();
    (least..=most).contains(&length)
}

impl Names {
    pub(super) fn search_japanese(&self, text: &str, found: &mut impl FnMut(Form)) {
        let mut last: Option<Run<'_>> = None;
        for run in runs(text) {
            match run.script {
                Script::Kanji => self.kanji(run, text, found),
                Script::Katakana | Script::Hiragana => self.kana(run, text, found),
            }
            if let Some(before) = last {
                let between = text.get(before.end()..run.start).unwrap_or_default();
                if between.len() <= 3 {
                    self.neighbours(before, run, between, found);
                }
            }
            last = Some(run);
        }
    }

    fn is(&self, word: &str, kinds: Kinds) -> bool {
        self.kinds(word).is(kinds)
    }

    fn is_surname(&self, word: &str) -> bool {
        has_length(word, 1, 4) && self.is(word, Kinds::SURNAME_JA)
    }

    /// A given name of the lists, or one made of their characters that ends as they do.
    fn is_given(&self, word: &str) -> bool {
        self.is(word, Kinds::GIVEN_JA)
            || (has_length(word, 2, 3)
                && word.chars().next_back().is_some_and(|c| self.given_endings.contains(&c))
                && word.chars().all(|c| self.given_characters.contains(&c)))
    }

    /// Surname and given name and nothing else, of three characters or more: 平均 is none.
    fn is_full(&self, word: &str) -> bool {
        has_length(word, 3, 7)
            && inner(word).any(|at| {
                let (surname, given) = word.split_at(at);
                self.is_surname(surname) && self.is_given(given)
            })
    }

    /// A run without the role before it: 担当医.
    fn without_role<'t>(&self, run: &'t str) -> &'t str {
        self.roles.iter().find_map(|role| run.strip_prefix(&**role)).unwrap_or(run)
    }

    /// A run without the honorific behind it, if it has one.
    fn without_honorific<'t>(&self, run: &'t str) -> Option<&'t str> {
        self.honorifics.iter().find_map(|h| run.strip_suffix(&**h)).filter(|rest| !rest.is_empty())
    }

    /// What one run of kanji holds.
    fn kanji(&self, run: Run<'_>, text: &str, found: &mut impl FnMut(Form)) {
        let word = run.text;
        if self.is(word, Kinds::HARMLESS) {
            return;
        }
        let bare = self.without_role(word);
        if self.is_full(word) || self.is_full(bare) || self.has_long(word) {
            found(Form::Ideographs);
        }
        if let Some(named) = self.without_honorific(word) {
            let bare = self.without_role(named);
            if self.is_full(bare) {
                found(Form::Ideographs);
            }
            if self.is_surname(bare) || self.ends_in_surname(named) || self.is_full(bare) {
                found(Form::IdeographsHonorific);
            }
        } else if bare.len() < word.len() && has_length(bare, 2, 4) && self.is_surname(bare) {
            found(Form::IdeographsHonorific);
        }
        let caret = text.get(..run.start).is_some_and(|t| t.ends_with('^'))
            || text.get(run.end()..).is_some_and(|t| t.starts_with('^'));
        if caret && self.is(word, Kinds::SURNAME_JA | Kinds::GIVEN_JA) {
            found(Form::Caret);
        }
        if word.len() == text.len() && has_length(word, 2, 4) && self.is_surname(word) {
            found(Form::AloneJapanese);
        }
    }

    /// Surname and given name of the lists, two characters or more each, anywhere in a run: 頭部中村健太.
    fn has_long(&self, run: &str) -> bool {
        let at: Vec<usize> = run.char_indices().map(|(at, _)| at).chain([run.len()]).collect();
        (0..at.len()).any(|first| {
            let part = |from: usize, to: usize| run.get(*at.get(from)?..*at.get(to)?);
            (2..=3).any(|surname| {
                let behind = first + surname;
                part(first, behind).is_some_and(|s| self.is(s, Kinds::SURNAME_JA))
                    && (2..=3).any(|given| {
                        part(behind, behind + given).is_some_and(|g| self.is(g, Kinds::GIVEN_JA))
                    })
            })
        })
    }

    /// A run that ends in a surname of two characters or more: 担当山田.
    fn ends_in_surname(&self, run: &str) -> bool {
        inner(run).any(|at| {
            let surname = run.get(at..).unwrap_or_default();
            has_length(surname, 2, 4) && self.is(surname, Kinds::SURNAME_JA)
        })
    }

    /// What one run of kana holds.
    fn kana(&self, run: Run<'_>, text: &str, found: &mut impl FnMut(Form)) {
        if run.text.len() > 60 {
            return;
        }
        let word: String = run.text.chars().map(to_hiragana).collect();
        let whole = run.text.len() == text.len();
        if self.is(&word, Kinds::HARMLESS) {
            return;
        }
        // Hiragana is also what sentences are written in.
        if (run.script == Script::Katakana || whole) && self.is_full_kana(&word) {
            found(Form::Kana);
        }
        if run.script == Script::Hiragana
            && let Some(named) = self.without_honorific(&word)
            && has_length(named, 3, 10)
            && (self.is(named, Kinds::SURNAME_KANA) || self.is_full_kana(named))
        {
            found(Form::KanaHonorific);
        }
        if whole && has_length(&word, 3, 6) && self.is(&word, Kinds::SURNAME_KANA) {
            found(Form::AloneKana);
        }
    }

    /// Surname and given name in kana without anything between, of five or more.
    fn is_full_kana(&self, word: &str) -> bool {
        has_length(word, 5, 12)
            && inner(word).any(|at| {
                let (surname, given) = word.split_at(at);
                self.is(surname, Kinds::SURNAME_KANA) && self.is(given, Kinds::GIVEN_KANA)
            })
    }

    /// What two runs say that follow each other.
    fn neighbours(&self, a: Run<'_>, b: Run<'_>, between: &str, found: &mut impl FnMut(Form)) {
        let divided = !between.is_empty() && between.chars().all(|c| " ^・,、_=".contains(c));
        let close = between.is_empty() || between == " ";
        match (a.script, b.script) {
            (Script::Kanji, Script::Kanji) => {
                self.two_kanji(a.text, b.text, between, divided, found)
            }
            (Script::Kanji, _) => {
                let surname = self.without_role(a.text);
                let honoured = close && self.begins_with_honorific(b.text);
                if honoured
                    && (self.is_surname(surname) || self.is_full(surname))
                    && !self.is_phrase(a.text, b.text)
                {
                    found(Form::IdeographsHonorific);
                }
                let given: String = b.text.chars().map(to_hiragana).collect();
                let long = has_length(surname, 2, 4) && has_length(&given, 3, 6);
                if (divided || b.script == Script::Katakana || long)
                    && self.is_surname(surname)
                    && has_length(&given, 2, 6)
                    && self.is(&given, Kinds::GIVEN_KANA)
                {
                    found(Form::Ideographs);
                }
            }
            (_, Script::Kanji)
                if close && self.is(b.text, Kinds::HONORIFIC) && self.is_kana_name(a.text) =>
            {
                found(Form::KanaHonorific);
            }
            (Script::Katakana, Script::Hiragana)
                if close && self.begins_with_honorific(b.text) && self.is_kana_name(a.text) =>
            {
                found(Form::KanaHonorific);
            }
            _ if divided && a.script == b.script => self.two_kana(a.text, b.text, found),
            _ => {}
        }
    }

    fn two_kanji(
        &self,
        a: &str,
        b: &str,
        between: &str,
        divided: bool,
        found: &mut impl FnMut(Form),
    ) {
        let surname = self.without_role(a);
        let given = self.without_honorific(b).unwrap_or(b);
        if divided && self.is_surname(surname) && (self.is_given(b) || self.is_given(given)) {
            found(Form::Ideographs);
        }
        if between == "^" && ![a, b].iter().any(|w| self.is(w, Kinds::HARMLESS)) {
            found(Form::CaretDoubtful);
        }
        if between == " "
            && self.is(b, Kinds::HONORIFIC)
            && !self.is_phrase(a, b)
            && (self.is_surname(surname) || self.is_full(surname))
        {
            found(Form::IdeographsHonorific);
        }
        if self.is(a, Kinds::ROLE) && (self.is_surname(b) || self.is_full(b)) {
            found(Form::IdeographsHonorific);
        }
    }

    fn two_kana(&self, a: &str, b: &str, found: &mut impl FnMut(Form)) {
        let [a, b] = [a, b].map(|run| run.chars().map(to_hiragana).collect::<String>());
        let long = a.chars().count() + b.chars().count() >= 4;
        let surname = has_length(&a, 2, 8) && self.is(&a, Kinds::SURNAME_KANA);
        if long && surname && has_length(&b, 2, 8) && self.is(&b, Kinds::GIVEN_KANA) {
            found(Form::Kana);
        }
    }

    fn begins_with_honorific(&self, run: &str) -> bool {
        self.honorifics.iter().any(|h| run.starts_with(&**h) && h.chars().all(is_kana))
    }

    /// Whether a run and what follows it are a phrase of which the run alone is a name: 奥さん.
    fn is_phrase(&self, run: &str, behind: &str) -> bool {
        self.honorifics
            .iter()
            .any(|h| behind.starts_with(&**h) && self.is(&format!("{run}{h}"), Kinds::HARMLESS))
    }

    fn is_kana_name(&self, run: &str) -> bool {
        let word: String = run.chars().take(16).map(to_hiragana).collect();
        let known = self.kinds(&word);
        let name = known.is(Kinds::SURNAME_KANA)
            || (known.is(Kinds::GIVEN_KANA) && has_length(&word, 3, 8));
        !known.is(Kinds::HARMLESS) && has_length(&word, 2, 12) && (name || self.is_full_kana(&word))
    }
}
