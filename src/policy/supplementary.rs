//! Rule files: `config/rules/*.yaml`, and a site's own in the same form.

use dicom_core::dictionary::{DataDictionaryEntry, TagRange, VirtualVr};
use serde::Deserialize;

use super::{
    Problem,
    modality::{self, Variant},
    options::ProfileOption,
    profile::Action,
    source::{Named, Source},
    tables::{Code, Columns, Need, parse_tag},
};
use crate::dicom::{Tag, VR, dictionary};

/// The rule files inside the binary.
pub(super) const SHIPPED: [(&str, &str); 2] = [
    ("config/rules/supplementary.yaml", include_str!("../../config/rules/supplementary.yaml")),
    ("config/rules/modalities.yaml", include_str!("../../config/rules/modalities.yaml")),
];

/// What a rule does: a code of the table, or one of the actions that the table has no code for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doing {
    /// A code, resolved by what the IOD needs.
    Code(Code),
    /// Always the same.
    Always(Action),
}

impl Doing {
    fn parse(text: &str) -> Option<Doing> {
        Some(match text {
            "K" => Doing::Always(Action::KeepUid),
            "recurse" | "keep" => Doing::Always(Action::Keep),
            "pseudonym" => Doing::Always(Action::Pseudonym),
            "patient-name" => Doing::Always(Action::PatientName),
            // Cleaning needs a method of its own, which a rule file cannot give.
            "C" => return None,
            code => Doing::Code(Code::parse(code)?),
        })
    }

    /// The action where the IOD needs this much.
    pub fn resolve(self, need: Need) -> Action {
        match self {
            Doing::Code(code) => code.resolve(need),
            Doing::Always(action) => action,
        }
    }
}

/// A rule file, understood.
#[derive(Default)]
pub struct RuleFile {
    /// Its rules for all objects.
    pub rules: Vec<Rule>,
    /// Its policies for some objects.
    pub variants: Vec<Variant>,
    /// The ids of all of them, and where each stands.
    pub ids: Vec<Named>,
}

/// A rule of a file, understood.
pub struct Rule {
    /// Its id, for reasons and reports.
    pub id: String,
    /// What it does.
    pub doing: Doing,
    /// The row of the standard or the guide that asks for it.
    pub reference: String,
    /// For `K`: the roots below which a UID is kept; empty for all.
    pub keep_under: Vec<String>,
    /// What options make of it; `None`: what they make of the table's row.
    pub under: Option<Columns>,
    /// What it is for.
    pub targets: Vec<Target>,
}

/// What a rule is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// One attribute.
    Tag(Tag),
    /// Every attribute of the VR that nothing else names.
    Vr(VR),
    /// A repeating group, by its first: 5000 or 6000.
    Groups(u16),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
struct File {
    rules: Vec<Entry>,
    policies: Vec<modality::Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    id: String,
    action: String,
    why: String,
    reference: String,
    #[serde(default)]
    keep_under: Vec<String>,
    under: Option<Vec<Under>>,
    #[serde(default)]
    attributes: Vec<Attribute>,
    #[serde(default)]
    vr: Vec<String>,
    #[serde(default)]
    groups: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Under {
    option: String,
    action: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Attribute {
    tag: String,
    name: String,
}

/// Reads a rule file, and reports everything that is wrong in it: unknown attributes, names that are not the tag's,
/// unknown actions and options, two rules for one attribute.
pub fn read(file: &str, text: &str, problems: &mut Vec<Problem>) -> RuleFile {
    let source = match Source::parse(file, text) {
        Ok(source) => source,
        Err(found) => {
            problems.extend(found);
            return RuleFile::default();
        }
    };
    let (content, found) = source.read_what_fits::<File>();
    problems.extend(found);
    let File { rules, policies } = content.unwrap_or_default();
    let mut ids = Vec::new();
    let rules = list(rules, "rules", &source, &mut ids, problems);
    let variants = modality::read(policies, &source, &mut ids, problems);
    RuleFile { rules, variants, ids }
}

/// Reads a list of rules that stands at `place` in the file.
pub(super) fn list(
    entries: Vec<Entry>,
    place: &str,
    source: &Source,
    ids: &mut Vec<Named>,
    problems: &mut Vec<Problem>,
) -> Vec<Rule> {
    let mut rules: Vec<Rule> = Vec::new();
    for (at, entry) in entries.into_iter().enumerate() {
        let key = format!("{place}[{at}]");
        ids.push(source.named(&format!("{key}.id"), &entry.id));
        let mut bad = |below: &str, message: &str, remedy: &str| {
            problems.push(source.problem(&format!("{key}{below}"), message, remedy));
        };
        if entry.why.trim().is_empty() || entry.reference.trim().is_empty() {
            bad("", "a rule without a reason", "Say why, and which text asks for it");
        }
        let targets = targets(&entry, &mut bad);
        for target in &targets {
            let taken = rules.iter().any(|r| r.targets.contains(target));
            if taken || targets.iter().filter(|t| *t == target).count() > 1 {
                bad("", "two rules in one file for one attribute", "Leave one of them");
            }
        }
        let under = entry.under.as_deref().map(|under| columns(under, &mut bad));
        let Some(doing) = Doing::parse(&entry.action) else {
            bad(
                ".action",
                "unknown action",
                "Use an action of the list at the top of config/rules/supplementary.yaml",
            );
            continue;
        };
        if entry.action != "keep" && !fits(doing, &targets) {
            bad(
                ".action",
                "the action does not fit the VR",
                "K and U are for UI, recurse for SQ, pseudonym for LO, patient-name for PN",
            );
        }
        let Entry { id, reference, keep_under, .. } = entry;
        rules.push(Rule { id, doing, reference, keep_under, under, targets });
    }
    rules
}

/// What a rule says that options make of it.
fn columns(under: &[Under], bad: &mut impl FnMut(&str, &str, &str)) -> Columns {
    let mut columns = Columns::default();
    for (at, Under { option, action }) in under.iter().enumerate() {
        let place = ProfileOption::parse(option).and_then(|o| columns.get_mut(o as usize));
        let code = Code::parse(action).filter(|c| matches!(c, Code::K | Code::C));
        match (place, code) {
            (None, _) => {
                bad(&format!(".under[{at}].option"), "unknown option", "Name an option of a route");
            }
            (_, None) => bad(&format!(".under[{at}].action"), "unknown action", "Write K or C"),
            (Some(Some(_)), _) => bad(&format!(".under[{at}]"), "named twice", "Leave one of them"),
            (Some(place), code) => *place = code,
        }
    }
    columns
}

/// Whether an action that is for UIDs or for sequences is used for nothing else.
fn fits(doing: Doing, targets: &[Target]) -> bool {
    let wanted = match doing {
        Doing::Always(Action::KeepUid) | Doing::Code(Code::U) => VR::UI,
        Doing::Always(Action::Keep) | Doing::Code(Code::XZU) => VR::SQ,
        Doing::Always(Action::PatientName) => VR::PN,
        Doing::Always(Action::Pseudonym) => VR::LO,
        _ => return true,
    };
    targets.iter().all(|target| match *target {
        Target::Tag(tag) => {
            let vr = dictionary::virtual_vr(tag);
            vr == Some(VirtualVr::Exact(wanted))
        }
        Target::Vr(vr) => vr == wanted,
        Target::Groups(_) => false,
    })
}

fn targets(entry: &Entry, bad: &mut impl FnMut(&str, &str, &str)) -> Vec<Target> {
    let mut targets = Vec::new();
    for (at, attribute) in entry.attributes.iter().enumerate() {
        let below = format!(".attributes[{at}]");
        let tag = parse_tag(&attribute.tag);
        let known = tag.and_then(dictionary::attribute);
        match (tag, known) {
            (Some(tag), Some(entry)) if entry.tag_range() == TagRange::Single(tag) => {
                if entry.alias() == attribute.name {
                    targets.push(Target::Tag(tag));
                } else {
                    bad(&below, "the name is not this tag's", "Write the keyword of PS3.6");
                }
            }
            _ => bad(&below, "unknown attribute", "Write a public tag of PS3.6 as (gggg,eeee)"),
        }
    }
    for vr in &entry.vr {
        match vr.parse::<VR>() {
            Ok(vr) => targets.push(Target::Vr(vr)),
            Err(_) => bad(".vr", "unknown VR", "Write two letters of PS3.5 6.2"),
        }
    }
    for groups in &entry.groups {
        match groups.as_str() {
            "50XX" => targets.push(Target::Groups(0x5000)),
            "60XX" => targets.push(Target::Groups(0x6000)),
            _ => bad(".groups", "unknown repeating group", "Write 50XX or 60XX"),
        }
    }
    if targets.is_empty() {
        bad("", "a rule for nothing", "Name attributes, a VR or a repeating group");
    }
    targets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_rules_are_sound() {
        let mut problems = Vec::new();
        let counts = SHIPPED.map(|(name, text)| {
            let file = read(name, text, &mut problems);
            (file.rules.len(), file.variants.len())
        });
        assert_eq!(problems, []);
        assert!(counts[0].0 > 20 && counts[1].1 > 5, "{counts:?}");
    }

    #[test]
    fn everything_wrong_is_reported_at_once() {
        let text = r#"
rules:
  - id: A
    action: X
    why: because
    reference: PS3.15
    attributes:
      - { tag: "(0010,0033)", name: PatientBirthDate }
      - { tag: "(0010,9999)", name: Nothing }
      - { tag: "(0010,0034)", name: PatientDeathDateInAlternativeCalendar }
  - id: B
    action: C
    why: because
    reference: PS3.15
    attributes:
      - { tag: "(0010,0034)", name: PatientDeathDateInAlternativeCalendar }
  - id: C
    action: X
    why: because
    reference: PS3.15
    vr: [ZZ]
    groups: [70XX]
"#;
        let mut problems = Vec::new();
        read("site.yaml", text, &mut problems);
        let messages: Vec<&str> = problems.iter().map(|p| p.message.as_str()).collect();
        assert_eq!(
            messages,
            [
                "the name is not this tag's",
                "unknown attribute",
                "two rules in one file for one attribute",
                "unknown action",
                "unknown VR",
                "unknown repeating group",
                "a rule for nothing",
            ]
        );
        assert!(problems.iter().all(|p| p.line > 1 && p.file == "site.yaml"), "{problems:?}");
    }
}
