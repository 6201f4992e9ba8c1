//! Words that decide what a match means: titles, labels, words that are names as well, places, makers of devices.

use std::collections::HashSet;

use serde::Deserialize;

use super::{super::Problem, Source};

/// What the words of a list do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    TitleBefore,
    TitleAfter,
    NumberLabel,
    BirthLabel,
    CommonWord,
    Place,
    PlaceEnd,
    Institution,
    InstitutionWord,
    Maker,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    kind: Kind,
    reference: String,
    words: Vec<String>,
}

/// What `contexts.yaml` holds.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    lists: Vec<List>,
}

/// The words, ready for look-ups. All of them in normal spelling: lower case, katakana, common forms of kanji.
#[derive(Debug, Default)]
pub struct Contexts {
    /// What makes the word behind it a name, with its full stop or colon: `dr.`, 患者. The longest first.
    pub titles_before: Vec<String>,
    /// What makes the word in front of it a name: 様. The longest first.
    pub titles_after: Vec<String>,
    /// What makes a short number behind it somebody's. The longest first.
    pub number_labels: Vec<String>,
    /// What makes a date one of a birth.
    pub birth_labels: Vec<String>,
    /// Words that are names as well; as names they need a title, or the rest of the name beside them.
    pub common: HashSet<String>,
    /// Places that are names as well, or too large to tell where somebody lives.
    pub places: HashSet<String>,
    /// What follows the name of a place. The longest first.
    pub place_ends: Vec<String>,
    /// What an institution is: hospital, 病院. The longest first.
    pub institutions: Vec<String>,
    /// Words that many institutions have in their names. The longest first.
    pub institution_words: Vec<String>,
    /// The same, and what institutions are, for look-ups.
    pub generic: HashSet<String>,
    /// Makers of devices and words of their names.
    pub makers: HashSet<String>,
}

impl Contexts {
    pub(super) fn compile(file: File, source: &Source, problems: &mut Vec<Problem>) -> Contexts {
        let mut words = Contexts::default();
        for (at, list) in file.lists.into_iter().enumerate() {
            if list.reference.trim().is_empty() || list.words.iter().any(|w| w.trim().is_empty()) {
                problems.push(source.problem(
                    &format!("lists[{at}]"),
                    "a list without its reference, or with an empty word",
                    "Name the row of the standard that asks for it, and remove what is empty",
                ));
            }
            match list.kind {
                Kind::TitleBefore => words.titles_before.extend(list.words),
                Kind::TitleAfter => words.titles_after.extend(list.words),
                Kind::NumberLabel => words.number_labels.extend(list.words),
                Kind::BirthLabel => words.birth_labels.extend(list.words),
                Kind::CommonWord => words.common.extend(list.words),
                Kind::Place => words.places.extend(list.words),
                Kind::PlaceEnd => words.place_ends.extend(list.words),
                Kind::Institution => {
                    words.generic.extend(list.words.iter().cloned());
                    words.institutions.extend(list.words);
                }
                Kind::InstitutionWord => {
                    words.generic.extend(list.words.iter().cloned());
                    words.institution_words.extend(list.words);
                }
                Kind::Maker => words.makers.extend(list.words),
            }
        }
        for list in [
            &mut words.titles_before,
            &mut words.titles_after,
            &mut words.number_labels,
            &mut words.place_ends,
            &mut words.institutions,
            &mut words.institution_words,
        ] {
            list.sort_unstable_by_key(|word| std::cmp::Reverse(word.len()));
        }
        words
    }

    /// Every word of every list, for tests of their spelling.
    #[cfg(test)]
    pub(crate) fn all(&self) -> impl Iterator<Item = &String> {
        let lists = [&self.titles_before, &self.titles_after, &self.number_labels];
        let more =
            [&self.birth_labels, &self.place_ends, &self.institutions, &self.institution_words];
        let sets = [&self.common, &self.places, &self.makers];
        lists.into_iter().chain(more).flatten().chain(sets.into_iter().flatten())
    }
}
