//! Which words are common names of families: a site that adds one to the vocabulary is warned (`tokumei check`).

use std::{collections::HashSet, sync::LazyLock};

use super::{super::tables::records, letters::normal};

const JAPANESE: &str = include_str!("../../../config/checks/names/surnames_ja.csv");
const ENGLISH: &str = include_str!("../../../config/checks/names/names_en.csv");

static SURNAMES: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let japanese = records(JAPANESE).flat_map(|(_, fields)| {
        let spellings = fields.into_iter().flat_map(|field| field.split(' '));
        spellings.map(normal).collect::<Vec<_>>()
    });
    let english = records(ENGLISH).filter_map(|(_, fields)| match &fields[..] {
        ["surname", name] => Some(normal(name)),
        _ => None,
    });
    japanese.chain(english).filter(|name| !name.is_empty()).collect()
});

/// Whether a word is one of the common surnames of Japan, in kanji, kana or Latin script, or of the United States.
pub fn is_common(word: &str) -> bool {
    SURNAMES.contains(&normal(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_surnames_are_known_in_each_script() {
        for word in ["Smith", "SATOH", "山田", "さとう"] {
            assert!(is_common(word), "{word}");
        }
        for word in ["mprage", "頭部", "zzprotocol", ""] {
            assert!(!is_common(word), "{word}");
        }
    }
}
