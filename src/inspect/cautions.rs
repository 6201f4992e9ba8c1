//! Image types that need care, recognised by the header of the original (TR-0047 Table 6.1; PS3.15 E.3.1).

use super::{
    normal::{normalise, runs},
    walk::{Visit, walk},
};
use crate::{
    dicom::{
        Tag, VR,
        charset::TextKind,
        dataset::{DataSet, Value},
        encode::Writer,
        syntax::Encoding,
    },
    policy::{
        Problem,
        checks::{CautionRule, Checks, Example, Find, Unless, Words},
    },
    records::{Reason, Severity},
};

pub use crate::policy::checks::CautionClass;

/// A warning about the kind of image. What follows is the route's decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caution {
    /// What it warns of.
    pub class: CautionClass,
    /// By which rule, where.
    pub reason: Reason,
}

const MODALITY: Tag = Tag(0x0008, 0x0060);
const BITS_STORED: Tag = Tag(0x0028, 0x0101);
const CODE_VALUES: [Tag; 3] = [Tag(0x0008, 0x0100), Tag(0x0008, 0x0119), Tag(0x0008, 0x0120)];

/// The cautions for an object, at most one for each rule. `original` is the header as it came: descriptions are read
/// before they are removed.
pub fn cautions(checks: &Checks, original: &DataSet, sop_class: &str) -> Vec<Caution> {
    checks.cautions.iter().filter_map(|rule| caution(rule, original, sop_class)).collect()
}

fn caution(rule: &CautionRule, original: &DataSet, sop_class: &str) -> Option<Caution> {
    if !in_scope(rule, original, sop_class) {
        return None;
    }
    let path = match &rule.find {
        Find::Scope {} => "(0008,0016)".to_owned(),
        Find::Value { tags, values } => first(original, |visit| {
            tags.contains(&visit.tag())
                && plain_values(visit).any(|v| values.iter().any(|w| same(v, w)))
        })?,
        Find::Words { tags, words } => with_words(original, tags, words)?,
        Find::Code { tags, codes } => first(original, |visit| is_code(visit, tags, codes))?,
        Find::Present { tags } => first(original, |visit| {
            tags.contains(&visit.tag()) && plain_values(visit).any(|v| !v.is_empty())
        })?,
        Find::UnknownPart { tags, known, sequences } => {
            let said = first(original, |visit| {
                let part = tags.contains(&visit.tag())
                    && plain_values(visit).any(|v| known.iter().any(|w| same(v, w)));
                part || is_any_code(visit, sequences)
            });
            if said.is_some() {
                return None;
            }
            tags.first().map(ToString::to_string).unwrap_or_default()
        }
    };
    if rule.unless.as_ref().is_some_and(|unless| is_excused(unless, original)) {
        return None;
    }
    Some(Caution {
        class: rule.class,
        // The header says what kind of picture it is, not what can be seen in it.
        reason: Reason::new(
            format!("CAUTION-{}", rule.id),
            rule.kind.clone(),
            rule.reference.clone(),
        )
        .at(path)
        .severity(Severity::Weak),
    })
}

fn in_scope(rule: &CautionRule, original: &DataSet, sop_class: &str) -> bool {
    if rule.sop_classes.is_empty() && rule.modalities.is_empty() {
        return true;
    }
    let class = rule.sop_classes.iter().any(|pattern| match pattern.strip_suffix('*') {
        Some(root) => sop_class.starts_with(root),
        None => pattern == sop_class,
    });
    let modality = original.text(MODALITY).unwrap_or_default();
    class || modality.split('\\').any(|m| rule.modalities.iter().any(|r| same(m.as_bytes(), r)))
}

/// Whether the object has what makes the alarm a false one.
fn is_excused(unless: &Unless, original: &DataSet) -> bool {
    let has = |tag: &Tag| first(original, |v| v.tag() == *tag && !v.value.is_empty()).is_some();
    // A US in either byte order; no depth is 256 or more.
    let deep = |v: &Visit<'_>| match v.value {
        [bits, 0] | [0, bits] => *bits > unless.bits_over,
        _ => false,
    };
    unless.present.iter().all(has)
        && first(original, |v| v.parents().is_empty() && v.tag() == BITS_STORED && deep(v))
            .is_some()
}

/// The path of the first element that fits.
fn first(original: &DataSet, mut fits: impl FnMut(&Visit<'_>) -> bool) -> Option<String> {
    let mut found = None;
    walk(original, &mut |visit| {
        if found.is_none() && fits(visit) {
            found = Some(visit.path());
        }
    });
    found
}

/// The values of an element whose VR has only ASCII, trimmed.
fn plain_values<'a>(visit: &Visit<'a>) -> impl Iterator<Item = &'a [u8]> {
    visit.value.split(|b| *b == b'\\').map(crate::dicom::uid::trim)
}

/// Whether two terms are the same but for case, blanks and underscores.
fn same(value: &[u8], term: &str) -> bool {
    let skip = |b: &u8| !matches!(b, b' ' | b'_' | b'-');
    let left = value.iter().copied().filter(skip).map(|b| b.to_ascii_uppercase());
    left.eq(term.bytes().filter(skip).map(|b| b.to_ascii_uppercase()))
}

fn is_code(visit: &Visit<'_>, sequences: &[Tag], codes: &[String]) -> bool {
    CODE_VALUES.contains(&visit.tag())
        && visit.parents().last().is_some_and(|p| sequences.contains(p))
        && plain_values(visit).any(|v| codes.iter().any(|c| c.as_bytes() == v))
}

fn is_any_code(visit: &Visit<'_>, sequences: &[Tag]) -> bool {
    CODE_VALUES.contains(&visit.tag())
        && visit.parents().last().is_some_and(|p| sequences.contains(p))
        && plain_values(visit).any(|v| !v.is_empty())
}

/// The first of the texts (or texts inside the sequences) that has one of the words.
fn with_words(original: &DataSet, tags: &[Tag], words: &Words) -> Option<String> {
    let (mut text, mut line) = (String::new(), String::new());
    first(original, |visit| {
        let meant = tags.contains(&visit.tag()) || visit.parents().iter().any(|p| tags.contains(p));
        if !meant || !matches!(visit.element.value, Value::Bytes(_)) {
            return false;
        }
        let kind = TextKind::of(visit.element.vr);
        if kind.is_none() && !matches!(visit.element.vr, VR::CS | VR::UN) {
            return false;
        }
        let decoded = visit.charset.decode(visit.value, kind.unwrap_or(TextKind::MultiValue));
        let has = |reading: &str, text: &mut String, line: &mut String| {
            text.clear();
            normalise(reading, text);
            spell_out(text, line);
            words.any_in(line)
        };
        has(&decoded.text, &mut text, &mut line)
            || (!decoded.complete
                && crate::dicom::charset::suspects(visit.value)
                    .iter()
                    .any(|reading| has(reading, &mut text, &mut line)))
    })
}

/// The words of a normalised text between single spaces, with one before and behind.
fn spell_out(text: &str, line: &mut String) {
    line.clear();
    line.push(' ');
    for (_, run) in runs(text) {
        line.push_str(run);
        line.push(' ');
    }
}

/// Runs the examples of every rule; the ones that a rule judges otherwise are problems.
pub fn prove(checks: &Checks) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (i, rule) in checks.cautions.iter().enumerate() {
        for (j, example) in rule.examples.iter().enumerate() {
            let warned = example_data_set(example)
                .map(|data_set| caution(rule, &data_set, &example.sop_class).is_some());
            if warned != Some(example.warns) {
                problems.push(Problem {
                    file: "cautions.yaml".to_owned(),
                    line: 0,
                    key: format!("cautions[{i}].examples[{j}]"),
                    message: format!("rule {} judges its example otherwise", rule.id),
                    remedy: "Correct the rule or the example".to_owned(),
                });
            }
        }
    }
    problems
}

/// The header that an example describes; `None` if its attributes are not a data set (out of order, no number of bits).
fn example_data_set(example: &Example) -> Option<DataSet> {
    let mut w = Writer::new(Encoding::ExplicitLittle);
    w.text(Tag(0x0008, 0x0005), VR::CS, "ISO_IR 192");
    for element in &example.elements {
        if element.tag == BITS_STORED {
            w.element(element.tag, VR::US, &element.value.parse::<u16>().ok()?.to_le_bytes());
        } else if element.code.is_empty() {
            let vr = match element.tag.group() {
                0x0008 if element.tag.element() >= 0x1000 => VR::LO,
                0x0018 if element.tag.element() >= 0x1000 => VR::LO,
                _ if element.value.is_ascii() => VR::CS,
                _ => VR::LO,
            };
            w.text(element.tag, vr, &element.value);
        } else {
            w.begin_sequence(element.tag);
            w.begin_item();
            w.text(Tag(0x0008, 0x0100), VR::SH, &element.code);
            w.end_item();
            w.end_sequence();
        }
    }
    DataSet::parse(w.into_bytes(), Encoding::ExplicitLittle).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rules_judge_their_examples_as_they_say() {
        let checks = Checks::shipped().unwrap_or_else(|p| panic!("{p:?}"));
        assert_eq!(prove(&checks), []);
    }

    #[test]
    fn words_have_boundaries() {
        let mut line = String::new();
        let mut has = |text: &str, word: &str| {
            spell_out(text, &mut line);
            Words::from(vec![word.to_owned()]).any_in(&line)
        };
        assert!(has("t1_brain2 whole-body", "Brain") && has("t1_brain2 whole-body", "whole body"));
        assert!(has("c-spine", "C-Spine") && has("cspine 頭部単純", "頭部"));
        assert!(
            !has("t1_brain2", "rain")
                && !has("whole-body", "body whole")
                && !has("cspine", "spine")
        );
    }
}
