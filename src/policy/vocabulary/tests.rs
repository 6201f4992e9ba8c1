//! Tests of the vocabulary.

use super::*;

fn shipped() -> Vocabulary {
    let mut problems = Vec::new();
    let vocabulary = Vocabulary::shipped(&mut problems);
    assert_eq!(problems, []);
    vocabulary
}

fn problems(site: &str) -> Vec<String> {
    let mut problems = Vec::new();
    Vocabulary::compile(&[("site.yaml", site)], &mut problems);
    problems.into_iter().map(|p| format!("{}: {}", p.key, p.message)).collect()
}

#[test]
fn words_have_their_roles() {
    let vocabulary = shipped();
    for (word, roles) in [
        ("chest", Roles::WORD),
        ("頭部", Roles::WORD),
        ("hand", Roles::NAME),
        ("mm", Roles::UNIT),
        ("mr", Roles::WORD | Roles::TITLE | Roles::MACHINE),
        ("様", Roles::TITLE),
        ("smith", Roles::default()),
    ] {
        assert_eq!(vocabulary.roles(word), roles, "{word}");
    }
    assert!(vocabulary.is_phrase("stone", Some("kidney")) && vocabulary.is_phrase("page", None));
    assert!(!vocabulary.is_phrase("stone", Some("chest")) && !vocabulary.is_phrase("chest", None));
    assert!(vocabulary.is_term("AXIAL") && vocabulary.is_term("axial"));
    assert!(!vocabulary.is_term("SAITOU") && !vocabulary.is_term("stone"));
    let found: Vec<_> = vocabulary.japanese("頭部単純山田").map(|(range, _)| range).collect();
    assert_eq!(found, [0..6, 6..12]);
}

#[test]
fn own_attributes_are_those_that_ps3_6_names() {
    use dicom_core::dictionary::{DataDictionary, DataDictionaryEntry};
    let vocabulary = shipped();
    assert_eq!(vocabulary.own(Tag(0x0010, 0x0020)), Some(OwnKind::Number));
    assert_eq!(vocabulary.own(Tag(0x0008, 0x103E)), None);
    for tag in vocabulary.own.keys() {
        let known = dicom_dictionary_std::StandardDataDictionary.by_tag(*tag).map(|e| e.alias());
        assert!(known.is_some(), "{tag}");
    }
}

const LIST: &str = "lists:\n  - id: SITE\n    meaning: ours\n    words: [ZZPROTOCOL]\n    examples:\n      \
                    - { text: ZZPROTOCOL, kept: ZZPROTOCOL }\n      - { text: Yamada, kept: \"\" }\n";

#[test]
fn a_site_adds_words() {
    let mut found = Vec::new();
    let vocabulary = Vocabulary::compile(&[("site.yaml", LIST)], &mut found);
    assert_eq!(found, []);
    assert_eq!(vocabulary.roles("zzprotocol"), Roles::WORD);
    let added: Vec<_> = vocabulary.added().iter().map(|n| (n.id.as_str(), n.line)).collect();
    assert_eq!(added, [("ZZPROTOCOL", 4)]);
    assert!(shipped().added().is_empty());
    assert_eq!(vocabulary.roles("chest"), Roles::WORD);
    assert_eq!(shipped().roles("zzprotocol"), Roles::default());
}

#[test]
fn what_is_wrong_is_said_all_at_once() {
    let words = LIST.replace("[ZZPROTOCOL]", "[chest, \"a b\", \"123\", \"x\", \"b#1\", hand]");
    let words = words.replace("kept: \"\"", "kept: Yamada");
    assert_eq!(
        problems(&words),
        [
            "lists[0].examples: a list needs an example that stays whole and one that loses something",
            "lists[0].words[0]: this word is there already",
            "lists[0].words[1]: the tokeniser never sees such a word",
            "lists[0].words[2]: a number is no word",
            "lists[0].words[3]: a single letter is no word",
            "lists[0].words[4]: a pattern has # for each of its numbers",
            "lists[0].words[5]: this word stands also in a list with another also_names",
        ]
    );
    let other =
        LIST.replace("meaning: ours", "meaning: ours\n    role: title\n    also_names: true");
    assert_eq!(problems(&other), ["lists[0].also_names: only plain words can also be names"]);
    assert_eq!(problems(&LIST.replace("SITE", "UNITS")), ["lists[0].id: this id is taken"]);
    assert_eq!(problems("lists: []\nwords: []").len(), 1);
    let phrases = "phrases:\n  - { word: chest, beside: [] }\n  - { word: zzfield, beside: [lung, Lung, \"a b\"] }\n";
    assert_eq!(
        problems(phrases),
        [
            "phrases[0].word: this word stands also in a list with another also_names",
            "phrases[0].beside: a name beside nothing",
            "phrases[1].beside[1]: this word is there already",
            "phrases[1].beside[2]: the tokeniser never sees such a word",
        ]
    );
    let terms = "terms:\n  - { id: STANDARD, reference: \"\", terms: [AXIAL, zz, ZZ-1] }\n";
    assert_eq!(
        problems(terms),
        [
            "terms[0].id: this id is taken",
            "terms[0]: this list says nothing",
            "terms[0].terms[0]: this term is there already",
            "terms[0].terms[1]: this is no code string",
            "terms[0].terms[2]: this is no code string",
        ]
    );
}
