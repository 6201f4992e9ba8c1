//! What a detector file may not hold.

use super::{super::file::File, *};
use crate::policy::{
    Problem,
    checks::{DETECTORS, Source},
};

fn load(text: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    let source = Source::parse("detectors.yaml", text).unwrap_or_else(|p| panic!("{p:?}"));
    let (file, found) = source.read_what_fits::<File>();
    problems.extend(found);
    if let Some(file) = file {
        compile(file, &source, DETECTORS, &mut problems);
    }
    problems
}

/// The shipped file with one more detector.
fn with(detector: &str) -> Vec<Problem> {
    let (head, tail) = DETECTORS.split_once("\ndetectors:\n").unwrap();
    load(&format!("{head}\ndetectors:\n{detector}\n{tail}"))
}

const GOOD: &str = "  - { id: SITE, what: ward, find: { by: words, words: [7-EAST] }, severity: strong, reference: site, examples: [ward 7-East], counter_examples: [7-EASTERN] }";

#[test]
fn a_site_adds_a_detector() {
    assert_eq!(with(GOOD), []);
}

#[test]
fn mistakes_are_found_all_at_once() {
    let cases = [
        (
            "find: { by: words, words: [7-EAST] }",
            "find: { by: pattern, patterns: ['(7-EAST'] }",
            "not a regular expression",
        ),
        (
            "find: { by: words, words: [7-EAST] }",
            r"find: { by: pattern, patterns: ['(?:\p{L}{1,90}){1,90}'] }",
            "too large when compiled",
        ),
        (
            "find: { by: words, words: [7-EAST] }",
            "find: { by: pattern, patterns: ['7{1,500}'] }",
            "more than 100 times",
        ),
        (
            "find: { by: words, words: [7-EAST] }",
            "find: { by: pattern, patterns: ['7*'] }",
            "fits every text",
        ),
        ("find: { by: words, words: [7-EAST] }", "find: { by: words, words: [] }", "none, or more"),
        ("find: { by: words, words: [7-EAST] }", "find: { by: guess }", "unknown word"),
        ("severity: strong", "severity: mild", "unknown word"),
        ("severity: strong", "severity: strong, validate: astrology", "unknown word"),
        ("severity: strong", "severity: strong, colour: red", "unknown key"),
        ("severity: strong", "severity: strong, vrs: [QQ]", "expected VRs"),
        ("[ward 7-East]", "[ward 8]", "does not find this example"),
        ("[7-EASTERN]", "[7-EAST]", "finds this counter-example"),
        ("[7-EASTERN]", "[]", "needs an example and a counter-example"),
    ];
    for (from, to, message) in cases {
        assert!(GOOD.contains(from), "{from}");
        let problems = with(&GOOD.replace(from, to));
        let fits = |p: &Problem| {
            p.message.contains(message) && p.line > 0 && p.key.starts_with("detectors[")
        };
        assert!(problems.iter().any(fits), "{to}: {problems:?}");
        assert!(problems.iter().all(|p| !p.remedy.is_empty()));
    }
    let long = "x".repeat(2001);
    let problems = with(&GOOD.replace("words: [7-EAST]", &format!("words: [{long}]")));
    assert!(problems.iter().any(|p| p.message.contains("longer than 2000")), "{problems:?}");
    let two = with(&GOOD.replace("[ward 7-East]", "[ward 8]").replace("[7-EASTERN]", "[7-EAST]"));
    assert_eq!(two.len(), 2);
}

#[test]
fn too_many_detectors_are_refused() {
    let many: Vec<String> = (0..201).map(|n| GOOD.replace("SITE", &format!("SITE-{n}"))).collect();
    assert!(with(&many.join("\n")).iter().any(|p| p.message.contains("more than 200 detectors")));
}

#[test]
fn a_site_cannot_switch_a_strong_detector_off() {
    // Left out, made weak, or made to look away.
    let ssn = DETECTORS.split("  - id: SSN\n").nth(1).unwrap();
    let ssn = ssn.split("  - id: ").next().unwrap();
    let without = DETECTORS.replace(&format!("  - id: SSN\n{ssn}"), "");
    let weak = DETECTORS.replace(ssn, &ssn.replace("severity: strong", "severity: weak"));
    let blind = DETECTORS.replace(ssn, &ssn.replace("validate: ssn", "validate: vin"));
    for (text, message) in [(without, "SSN"), (weak, "SSN"), (blind, "does not find this example")]
    {
        let problems = load(&text);
        assert!(problems.iter().any(|p| p.message.contains(message)), "{problems:?}");
    }
    // An exception of its own, and a weak one left out, are the site's choice.
    let narrower =
        DETECTORS.replace("    validate: ssn\n", "    validate: ssn\n    except: ['^999']\n");
    assert_eq!(load(&narrower), []);
    let hokenja =
        DETECTORS.split("  - id: HOKENJA\n").nth(1).unwrap().split("  - id: ").next().unwrap();
    assert_eq!(load(&DETECTORS.replace(&format!("  - id: HOKENJA\n{hokenja}"), "")), []);
}
