//! Reading the detectors: bounds, expressions, examples, and what a site may not switch off.

use std::collections::HashMap;

use regex::{Regex, RegexBuilder, RegexSetBuilder};

use super::{
    super::{super::Problem, Source},
    Detector, Detectors,
    file::{Edges, File, Find, Rule},
    names::{FORMS, Names},
    pattern::Matcher,
};
use crate::records::Severity;

/// Detectors of a file at the most.
const MOST_DETECTORS: usize = 200;

/// Expressions of a detector, words of a list at the most.
const MOST_ENTRIES: usize = 2000;

/// Characters of an expression at the most.
const LONGEST: usize = 2000;

/// Times that a part of an expression may be asked for, `{…}`. More makes it large, not better.
const MOST_REPEATS: usize = 100;

/// Compiled size of an expression, bytes. The search takes time in proportion to the text; this bounds the proportion.
const LARGEST: usize = 1 << 20;

/// Compiled size of all expressions together, and the room for what the search remembers of them, bytes.
const LARGEST_SET: usize = 32 << 20;
const REMEMBERED: usize = 8 << 20;

/// Compiles a file and runs its examples. `shipped` is the text of the file inside the program: what its strong detectors
/// find, those of a site must find too.
pub(in crate::policy::checks) fn compile(
    file: File,
    source: &Source,
    shipped: &str,
    problems: &mut Vec<Problem>,
) -> Option<Detectors> {
    let before = problems.len();
    let names = Names::new(&file, problems);
    if file.detectors.len() > MOST_DETECTORS {
        let message = format!("more than {MOST_DETECTORS} detectors");
        problems.push(source.problem("detectors", message, "Join some of them"));
    }
    let mut detectors = Vec::with_capacity(file.detectors.len());
    for (i, rule) in file.detectors.into_iter().enumerate() {
        let key = format!("detectors[{i}]");
        if rule.examples.is_empty() || rule.counter_examples.is_empty() {
            let message = "a detector needs an example and a counter-example";
            problems.push(source.problem(&key, message, "Add the missing one"));
        }
        let patterns = matchers(&rule, &key, source, problems);
        detectors.push(Detector { rule, patterns });
    }
    let built = assemble(detectors, names, source, problems)?;
    // Examples of what did not compile would only say so again.
    if problems.len() == before {
        examples(&built, source, problems);
    }
    if problems.len() == before {
        switched_off(&built, source, shipped, problems);
    }
    Some(built)
}

fn assemble(
    detectors: Vec<Detector>,
    names: Names,
    source: &Source,
    problems: &mut Vec<Problem>,
) -> Option<Detectors> {
    let mut by_form = vec![Vec::new(); FORMS];
    let (mut all, mut owners) = (Vec::new(), Vec::new());
    for (at, detector) in detectors.iter().enumerate() {
        if let Find::Names { form } = detector.rule.find
            && let Some(of_form) = by_form.get_mut(form as usize)
        {
            of_form.push(at);
        }
        for (own, matcher) in detector.patterns.iter().enumerate() {
            all.push(matcher.pattern.as_str());
            owners.push((at, own));
        }
    }
    let any = RegexSetBuilder::new(&all).size_limit(LARGEST_SET).dfa_size_limit(REMEMBERED).build();
    match any {
        Ok(any) => Some(Detectors { detectors, any, owners, names, by_form }),
        Err(_) => {
            let message = "the expressions together are too large";
            problems.push(source.problem("detectors", message, "Shorten or leave out some"));
            None
        }
    }
}

/// The expressions of a detector.
fn matchers(rule: &Rule, key: &str, source: &Source, problems: &mut Vec<Problem>) -> Vec<Matcher> {
    let (what, texts, edges) = match &rule.find {
        Find::Pattern { patterns } => ("find.patterns", patterns.clone(), rule.edges),
        Find::Words { words } => {
            ("find.words", words.iter().map(|w| word(w)).collect(), Edges::Word)
        }
        Find::Names { .. } => return Vec::new(),
    };
    if texts.is_empty() || texts.len() > MOST_ENTRIES {
        let message = format!("none, or more than {MOST_ENTRIES}");
        problems.push(source.problem(&format!("{key}.{what}"), message, "Give some"));
    }
    let mut read = |what: &str, texts: &[String]| -> Vec<Regex> {
        let texts = texts.iter().enumerate();
        let read = texts.filter_map(|(i, text)| {
            let wrong = |(message, remedy): (String, &str)| {
                problems.push(source.problem(&format!("{key}.{what}[{i}]"), message, remedy));
            };
            expression(text).map_err(wrong).ok()
        });
        read.collect()
    };
    let except = read("except", &rule.except);
    let beside: Vec<String> = rule.beside.iter().map(|w| w.to_lowercase()).collect();
    let patterns = read(what, &texts).into_iter();
    patterns
        .map(|pattern| Matcher { pattern, except: except.clone(), beside: beside.clone(), edges })
        .collect()
}

/// A word as an expression.
fn word(word: &str) -> String {
    format!("(?i){}", regex::escape(word))
}

/// Compiles an expression within its bounds; else says what is wrong and what to do.
fn expression(text: &str) -> Result<Regex, (String, &'static str)> {
    if text.chars().count() > LONGEST {
        return Err((format!("longer than {LONGEST} characters"), "Divide it"));
    }
    if repeats(text) > MOST_REPEATS {
        let message = format!("asks for something more than {MOST_REPEATS} times");
        return Err((message, "Ask for less, or use + or *"));
    }
    let compiled = RegexBuilder::new(text).size_limit(LARGEST).build();
    let compiled = compiled.map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => {
            ("too large when compiled".to_owned(), "Divide it, or ask for fewer repetitions")
        }
        _ => (
            "not a regular expression".to_owned(),
            "See https://docs.rs/regex for what one may hold",
        ),
    })?;
    if compiled.is_match("") {
        return Err((
            "fits every text, an empty one too".to_owned(),
            "Ask for a character at least",
        ));
    }
    Ok(compiled)
}

/// The largest count in braces: 8 of `a{2,8}`. Counts inside counts are bounded by the compiled size.
fn repeats(text: &str) -> usize {
    let counts = text.split('{').skip(1).filter_map(|part| {
        let (inside, _) = part.split_once('}')?;
        inside.split(',').filter_map(|n| n.trim().parse::<usize>().ok()).max()
    });
    counts.max().unwrap_or(0)
}

/// Runs the examples.
fn examples(built: &Detectors, source: &Source, problems: &mut Vec<Problem>) {
    for (at, detector) in built.detectors.iter().enumerate() {
        let rule = &detector.rule;
        let place = rule.example_place();
        for (what, texts, wanted, message) in [
            ("examples", &rule.examples, true, "the detector does not find this example"),
            (
                "counter_examples",
                &rule.counter_examples,
                false,
                "the detector finds this counter-example",
            ),
        ] {
            for (i, text) in texts.iter().enumerate() {
                if built.finds(at, text, place) != wanted {
                    let key = format!("detectors[{at}].{what}[{i}]");
                    let remedy = "Mend the detector, or the example";
                    problems.push(source.problem(&key, message, remedy));
                }
            }
        }
    }
}

/// Finds what the shipped strong detectors find and those of the file do not. A site may word a detector anew, add to it or give
/// it exceptions; what the shipped examples show must still keep an object back.
fn switched_off(built: &Detectors, source: &Source, shipped: &str, problems: &mut Vec<Problem>) {
    let Ok(shipped) = Source::parse("", shipped) else { return };
    let Ok(shipped) = shipped.read::<File>() else { return };
    let at: HashMap<&str, usize> =
        built.detectors.iter().enumerate().map(|(at, d)| (d.rule.id.as_str(), at)).collect();
    for rule in shipped.detectors.iter().filter(|r| r.is_strong()) {
        let place = rule.example_place();
        let strong = |text: &&String| {
            built.search(text, place).is_some_and(|hit| hit.severity() == Severity::Strong)
        };
        let Some(missed) = rule.examples.iter().position(|text| !strong(&text)) else { continue };
        let key = at
            .get(rule.id.as_str())
            .map_or("detectors".to_owned(), |at| format!("detectors[{at}]"));
        let message = format!("lets pass what {} finds: example {}", rule.id, missed + 1);
        problems.push(source.problem(
            &key,
            message,
            "Keep the shipped detector, with more exceptions at most",
        ));
    }
}
