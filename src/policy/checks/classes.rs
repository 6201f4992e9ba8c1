//! SOP classes that are kept back as such (standards: PS3.15 E.3.4, E.1; TR-0047 5.1.2).

use serde::Deserialize;

use super::{
    super::{
        Problem,
        options::{Options, ProfileOption::StructuredContent},
    },
    Source,
};
use crate::{
    dicom::uid::{is_valid, matches},
    records::Reason,
};

/// What happens to the objects of a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Disposition {
    /// They may pass, if every check lets them.
    Pass,
    /// They may pass if the items of their content were cleaned one by one (PS3.15 E.3.4); else they are kept back.
    StructuredContent,
    /// They are kept back until a person decides.
    Quarantine,
}

/// One rule. The first rule that names a class decides.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassRule {
    /// The rule's id, for the ledger.
    pub id: String,
    /// What the classes are, in words for an operator.
    pub what: String,
    /// SOP Class UIDs; one that ends in `.*` names all below it.
    pub uids: Vec<String>,
    /// What happens to them.
    pub disposition: Disposition,
    /// The row of the standard or the guide.
    pub reference: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    classes: Vec<ClassRule>,
}

pub(super) fn compile(file: File, source: &Source, problems: &mut Vec<Problem>) -> Vec<ClassRule> {
    let mut seen: Vec<&str> = Vec::new();
    for (i, rule) in file.classes.iter().enumerate() {
        for (j, uid) in rule.uids.iter().enumerate() {
            let key = format!("classes[{i}].uids[{j}]");
            if !is_valid(uid.strip_suffix(".*").unwrap_or(uid)) {
                problems.push(source.problem(
                    &key,
                    "not a UID",
                    "Write digits and dots, and .* at most at the end",
                ));
            } else if let Some(earlier) = seen.iter().find(|earlier| matches(earlier, uid)) {
                let message = format!("never reached: {earlier} stands above it");
                problems.push(source.problem(&key, message, "Move it up, or remove it"));
            }
            seen.push(uid);
        }
    }
    file.classes
}

pub(super) fn disposition(rules: &[ClassRule], sop_class: &str, done: Options) -> Option<Reason> {
    let reason = |id: &str, kind: &str, reference: &str| {
        Reason::new(id.to_owned(), kind.to_owned(), reference.to_owned()).at("(0008,0016)")
    };
    let rule = rules.iter().find(|r| r.uids.iter().any(|p| matches(p, sop_class)));
    match rule.map(|rule| (rule, rule.disposition)) {
        Some((_, Disposition::Pass)) => None,
        Some((_, Disposition::StructuredContent)) if done.has(StructuredContent) => None,
        Some((rule, _)) => Some(reason(&rule.id, &rule.what, &rule.reference)),
        None => Some(reason("G2-07", "unknown or private SOP class", "PS3.15 E.1.1")),
    }
}
