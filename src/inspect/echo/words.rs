//! Words of a text: names by spelling and by sound, and what must stand beside a word that is a name only sometimes.

use super::{Echo, Mark};
use crate::{
    inspect::normal::{Script, first_run, last_run, runs_at, script, sound_key},
    policy::checks::Class,
};

/// A word of a name or of a place.
#[derive(Clone, Copy)]
pub(super) struct Word {
    pub(super) mark: Mark,
    /// It is also another word, or very short: it counts with a title, or with the rest of the name beside it.
    pub(super) weak: bool,
    /// Whose family name it is, and whose given name: a bit for each person.
    pub(super) family: u64,
    pub(super) given: u64,
}

impl Word {
    /// A word that counts alone.
    pub(super) fn strong(mark: Mark) -> Word {
        Word { mark, weak: false, family: 0, given: 0 }
    }

    /// Whether two words are the family and the given name of one person.
    fn completes(self, other: Word) -> bool {
        (self.family & other.given) | (self.given & other.family) != 0
    }
}

/// What may stand between two words of a name.
const BETWEEN: [char; 7] = [' ', ',', '.', '^', '-', '_', '/'];

/// Endings of Japanese that stand behind a name without a space: ヤマダノ.
const PARTICLES: [&str; 7] = ["ノ", "ハ", "ガ", "ヲ", "ニ", "ト", "モ"];

/// The longest letter-spaced text that is put together, in bytes.
const SPELT: usize = 72;

impl Echo {
    /// Words of one script: names by spelling and sound, numbers.
    pub(super) fn in_words(&self, text: &str, key: &mut String) -> Option<Mark> {
        let mut numbers = 0;
        let mut spelt = 0;
        let mut before: Option<(Script, &str, usize)> = None;
        for (at, kind, run) in runs_at(text) {
            let found = match kind {
                Script::Letter | Script::Kana => self.letters(text, at, run, key),
                Script::Ideograph => self.titled(text, at, run),
                Script::Digit => {
                    numbers += 1;
                    self.number(text, at, run)
                }
                Script::Other => None,
            };
            if found.is_some() {
                return found;
            }
            if let Some((last, other, end)) = before
                && end == at
                && !self.mixes.is_empty()
                && let Some(mark) = self.mixed((last, other), (kind, run))
            {
                return Some(mark);
            }
            spelt += usize::from(run.len() == 1 || run.chars().nth(1).is_none());
            before = Some((kind, run, at + run.len()));
        }
        let grouped = if numbers > 1 { self.in_groups(text, key) } else { None };
        grouped.or_else(|| if spelt > 2 { self.in_spelt(text, key) } else { None })
    }

    /// One run of letters or kana.
    fn letters(&self, text: &str, at: usize, run: &str, key: &mut String) -> Option<Mark> {
        let exact = self.words.get(run).copied();
        let found = exact.or_else(|| self.by_sound(run, key));
        if let Some(word) = found
            && self.counts(text, at, run, word)
        {
            return Some(word.mark);
        }
        if run.starts_with(|c| script(c) == Script::Kana) { self.in_kana(run, key) } else { None }
    }

    /// The name that sounds like this word. A word of the language is weak, however the name is spelt.
    fn by_sound(&self, run: &str, key: &mut String) -> Option<Word> {
        if self.sounds.is_empty() || run.len() < self.lengths.exact_word || !sound_key(run, key) {
            return None;
        }
        let sound = self.sounds.get(key.as_str())?;
        let word =
            Word { weak: sound.word.weak || self.contexts.common.contains(run), ..sound.word };
        (!sound.short || run.len() >= self.lengths.word).then_some(word)
    }

    /// A name in front of a title or a particle that is written in kana as well, or inside a long run of kana.
    fn in_kana(&self, run: &str, key: &mut String) -> Option<Mark> {
        let titles = self.contexts.titles_after.iter().filter_map(|t| run.strip_suffix(t.as_str()));
        let titled = titles.filter(|stem| !stem.is_empty()).find_map(|stem| self.stem(stem, key));
        // Behind so short a name, a particle may be a part of another word.
        let particles = PARTICLES.iter().filter_map(|p| run.strip_suffix(p));
        titled
            .or_else(|| {
                let mut stems = particles.filter(|stem| stem.chars().nth(2).is_some());
                stems.find_map(|stem| self.stem(stem, key))
            })
            .or_else(|| {
                let long = run.chars().nth(self.lengths.kana).is_some();
                let read = long && self.keys.len() > 0 && sound_key(run, key);
                if read { self.keys.first(key.as_bytes()) } else { None }
            })
    }

    fn stem(&self, stem: &str, key: &mut String) -> Option<Mark> {
        let exact = self.words.get(stem).copied();
        exact.or_else(|| self.by_sound(stem, key)).map(|word| word.mark)
    }

    /// Whether a word that was found counts, where it stands.
    fn counts(&self, text: &str, at: usize, run: &str, word: Word) -> bool {
        if !word.weak {
            return true;
        }
        let before = text.get(..at).unwrap_or_default();
        let behind = text.get(at + run.len()..).unwrap_or_default();
        let initial = run.len() == 1;
        if word.mark.class == Class::Institution {
            let generic = |run: Option<(&str, &str)>| {
                run.is_some_and(|(_, run)| self.contexts.generic.contains(run))
            };
            return generic(first_run(behind)) || generic(last_run(before));
        }
        if initial {
            return self.initials(before, behind, word);
        }
        let as_pn = behind.starts_with('^') || before.ends_with('^');
        as_pn || self.has_title(before, behind) || self.is_completed(before, behind, word)
    }

    fn has_title(&self, before: &str, behind: &str) -> bool {
        self.title_before(before) || self.title_behind(behind)
    }

    fn title_before(&self, before: &str) -> bool {
        let before = before.trim_end();
        self.contexts.titles_before.iter().any(|title| {
            let front = before.strip_suffix(title.as_str());
            front.is_some_and(|front| !touches(front, title))
        })
    }

    fn title_behind(&self, behind: &str) -> bool {
        let behind = behind.strip_prefix([' ', '.', ',']).unwrap_or(behind).trim_start();
        self.contexts.titles_after.iter().any(|title| {
            let rest = behind.strip_prefix(title.as_str());
            rest.is_some_and(|rest| {
                !title.is_ascii() || !rest.starts_with(|c: char| c.is_ascii_alphanumeric())
            })
        })
    }

    /// Whether the rest of the name stands beside it, if only as an initial with its full stop.
    fn is_completed(&self, before: &str, behind: &str, word: Word) -> bool {
        let near = |gap: &str| gap.len() <= 2 && gap.chars().all(|c| BETWEEN.contains(&c));
        let completes = |gap: &str, run: &str, dotted: bool| {
            let other = self.words.get(run).filter(|_| near(gap));
            let telling = run.len() > 1 || dotted || gap.contains([',', '^', '.']);
            telling && other.is_some_and(|other| word.completes(*other))
        };
        let next = first_run(behind).is_some_and(|(gap, run)| {
            let rest = behind.get(gap.len() + run.len()..).unwrap_or_default();
            completes(gap, run, rest.starts_with('.'))
        });
        next || last_run(before).is_some_and(|(gap, run)| completes(gap, run, false))
    }

    /// Initials alone: `Y.T.`, as a whole value or with a title.
    fn initials(&self, before: &str, behind: &str, word: Word) -> bool {
        let Some((gap, run)) = first_run(behind) else { return false };
        let Some(rest) = behind.get(gap.len() + run.len()..) else { return false };
        let Some(rest) = rest.strip_prefix('.') else { return false };
        let pair = run.len() == 1 && gap.starts_with('.') && gap.len() <= 2;
        let other = self.words.get(run).filter(|_| pair);
        let alone = before.trim().is_empty() && rest.trim().is_empty();
        other.is_some_and(|other| word.completes(*other)) && (alone || self.has_title(before, rest))
    }

    /// A name of kanji that is also a word: only at the beginning of a run, with a title before or behind.
    fn titled(&self, text: &str, at: usize, run: &str) -> Option<Mark> {
        if !self.titled_kanji {
            return None;
        }
        let titles = self.contexts.titles_before.iter();
        let label =
            titles.filter(|t| run.len() > t.len() && run.starts_with(t.as_str())).map(String::len);
        let skipped = label.max().unwrap_or(0);
        let name = run.get(skipped..)?;
        let begin = at + skipped;
        name.char_indices().take(3).find_map(|(place, c)| {
            let end = place + c.len_utf8();
            let word = self.words.get(name.get(..end)?)?;
            let before = text.get(..begin)?;
            let behind = text.get(begin + end..)?;
            let whole = end == name.len();
            let counts = self.title_behind(behind)
                || (whole && (skipped > 0 || self.title_before(before)))
                || (whole && (behind.starts_with('^') || before.ends_with('^')))
                || (whole && self.is_completed(before, behind, *word));
            counts.then_some(word.mark)
        })
    }

    /// Letters with something between each two: `Y a m a d a`, サ・ト・ウ.
    fn in_spelt(&self, text: &str, key: &mut String) -> Option<Mark> {
        let mut word = String::new();
        let mut last: Option<(Script, usize)> = None;
        let end = (text.len() + 2, Script::Other, "");
        for (at, kind, run) in runs_at(text).chain([end]) {
            let single = matches!(kind, Script::Letter | Script::Kana) && run.chars().count() == 1;
            let follows = last.is_some_and(|(script, end)| {
                script == kind && text.get(end..at).is_some_and(|gap| gap.chars().count() == 1)
            });
            if !(single && follows) {
                let found = self.spelt(&word, key);
                if found.is_some() {
                    return found;
                }
                word.clear();
            }
            if single && word.len() < SPELT {
                word.push_str(run);
            }
            last = single.then_some((kind, at + run.len()));
        }
        None
    }

    /// A name in letters that stood apart; other single letters may be at both ends.
    fn spelt(&self, letters: &str, key: &mut String) -> Option<Mark> {
        let bounds: Vec<usize> =
            letters.char_indices().map(|(at, _)| at).chain([letters.len()]).collect();
        bounds.iter().enumerate().find_map(|(first, from)| {
            bounds.iter().skip(first + 3).rev().find_map(|to| {
                let word = letters.get(*from..*to)?;
                let whole = word.len() == letters.len();
                if !whole && word.len() < self.lengths.word {
                    return None;
                }
                let found = self.words.get(word).copied();
                found.or_else(|| self.by_sound(word, key)).map(|word| word.mark)
            })
        })
    }

    /// Words of letters and digits mixed, and words joined by hyphens, dots and underscores.
    pub(super) fn in_joined(&self, normal: &str, key: &mut String) -> Option<Mark> {
        let inside = |c: char| {
            matches!(script(c), Script::Letter | Script::Digit | Script::Kana) || "-_.".contains(c)
        };
        normal.split(|c| !inside(c)).find_map(|piece| {
            let piece = piece.trim_matches(['-', '_', '.']);
            let joints = piece.contains(['-', '_', '.']);
            if piece.len() < self.lengths.number
                || !(joints || piece.bytes().any(|b| b.is_ascii_digit()))
            {
                return None;
            }
            // Without what joins it, and each part between the joints.
            let parts = piece.split(['-', '_', '.']).filter(|p| p.len() < piece.len());
            let long = |part: &&str| part.len() >= self.lengths.number;
            let in_part = parts.filter(long).find_map(|part| self.joined(part));
            in_part.or_else(|| {
                key.clear();
                crate::inspect::normal::squeeze(piece, key);
                self.joined(key)
            })
        })
    }

    fn joined(&self, piece: &str) -> Option<Mark> {
        let word = self.words.get(piece).filter(|word| !word.weak).map(|word| word.mark);
        word.or_else(|| self.numbers.get(piece).copied())
    }
}

/// Whether a title is the end of a longer word.
fn touches(front: &str, title: &str) -> bool {
    let kind = |c: Option<char>| c.map_or(Script::Other, script);
    let (last, first) = (kind(front.chars().last()), kind(title.chars().next()));
    first == Script::Letter && last == first
}
