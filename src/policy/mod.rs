//! Load, compile, prove and explain the rules, contracts and checks. Rules are data in `config/`; the shipped ones are
//! also inside the binary, so that it runs alone.

pub mod checks;
pub mod profile;
pub mod source;
pub mod supplementary;
pub mod tables;

use std::sync::{Arc, OnceLock};

use dicom_core::dictionary::{DataDictionary, DataDictionaryEntry, VirtualVr};
use dicom_dictionary_std::StandardDataDictionary;
use sha2::{Digest, Sha256};

use crate::dicom::Tag;
use profile::{Action, Profile, Rules, Spec};
pub use source::Problem;
use supplementary::{Doing, Target};
use tables::{Code, Iods};

/// The confidentiality profile of a gateway, for all IODs: Table E.1-1, the supplementary rules, a site's rules.
pub struct Policy {
    rules: Rules,
    tags: Arc<[Tag]>,
    iods: Iods,
    profiles: Vec<OnceLock<Profile>>,
    fallback: OnceLock<Profile>,
    digest: String,
}

impl Policy {
    /// The Basic Profile with the rules inside the binary.
    ///
    /// # Errors
    /// The tables or rules inside the binary do not agree: a mistake of the build.
    pub fn shipped() -> Result<Policy, Vec<Problem>> {
        Policy::compile(&[], &[])
    }

    /// The Basic Profile, the rules inside the binary, and rule files of the site as pairs of name and text, of which
    /// a later one wins over an earlier one. `options` are codes of CID 7050; none can be switched on yet.
    ///
    /// # Errors
    /// Everything that is wrong in tables, rule files and options, all at once.
    pub fn compile(site: &[(&str, &str)], options: &[&str]) -> Result<Policy, Vec<Problem>> {
        let mut problems = refused_options(options);
        let mut rules = Rules::default();
        let retired = rules.add(profile::retired());
        rules.tags.extend(tables::retired(&mut problems).into_iter().map(|tag| (tag, retired)));
        for row in tables::e1_1(&mut problems) {
            let Some(tag) = row.tag else { continue };
            let reference = format!("PS3.15 Table E.1-1 2026c, {}", row.written_code);
            let spec = match rules.specs.iter().position(|s| *s.reference == *reference) {
                Some(spec) => spec,
                None => rules.add(Spec::new("E1-1", &reference, Doing::Code(row.basic))),
            };
            if rules.tags.insert(tag, spec).is_some_and(|before| before != retired) {
                problems.push(conflict("config/tables/e1-1.csv", row.written));
            }
        }
        let shipped = ("config/rules/supplementary.yaml", supplementary::SHIPPED);
        let mut hash = Sha256::new();
        for text in tables::TEXTS {
            hash_text(&mut hash, text);
        }
        for (file, text) in std::iter::once(&shipped).chain(site) {
            hash_text(&mut hash, text);
            add_layer(&mut rules, file, text, &mut problems);
        }
        let iods = Iods::read(&mut problems);
        if !problems.is_empty() {
            return Err(problems);
        }
        name_needed(&mut rules, &iods);
        let mut tags: Vec<Tag> = rules.tags.keys().copied().collect();
        tags.sort_unstable();
        let digest = hash.finalize().iter().take(8).map(|b| format!("{b:02x}")).collect();
        let profiles = std::iter::repeat_with(OnceLock::new).take(iods.count).collect();
        let fallback = OnceLock::new();
        Ok(Policy { rules, tags: tags.into(), iods, profiles, fallback, digest })
    }

    /// The rules for the objects of a SOP class; of a class whose IOD is not known, those that remove least, so that
    /// nothing that the IOD requires is missing (what they keep, they replace).
    pub fn profile(&self, sop_class: &str) -> &Profile {
        let iod = self.iods.of_class.get(sop_class).copied();
        let cell = iod.and_then(|iod| self.profiles.get(iod)).unwrap_or(&self.fallback);
        cell.get_or_init(|| Profile::compile(&self.rules, &self.tags, &self.iods, iod))
    }

    /// The first 16 hexadecimal digits of the SHA-256 of all rule data: names the policy in objects and records.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Whether a long value of this attribute need not be read in: it is removed whatever else the object is, and no
    /// check wants to know what it held. That is private elements, curves, overlays, signatures and padding; attributes
    /// of the standard are read although they are removed, because they may hold what must not be found elsewhere.
    pub fn discards(&self, tag: Tag) -> bool {
        let group = tag.group();
        let private = group % 2 == 1 && tag.element() > 0x00FF;
        private || matches!(group, 0x5000..=0x50FF | 0x6000..=0x60FF | 0xFFFA | 0xFFFC)
    }
}

/// No option can be switched on yet; says of each what is wrong with it.
fn refused_options(options: &[&str]) -> Vec<Problem> {
    let problem = |at: usize, message: &str, remedy: &str| Problem {
        file: "policy".to_owned(),
        line: 0,
        key: format!("options[{at}]"),
        message: message.to_owned(),
        remedy: remedy.to_owned(),
    };
    let mut problems = Vec::new();
    for (at, option) in options.iter().enumerate() {
        problems.push(if tables::OPTIONS.contains(option) {
            problem(
                at,
                "this option of PS3.15 E.3 is not built yet",
                "Leave it out: the Basic Profile applies",
            )
        } else {
            problem(at, "unknown option", "Use a code of PS3.16 CID 7050")
        });
        if *option == "113107" && options.contains(&"113106") {
            let message = "full and modified dates (113106, 113107) exclude each other";
            problems.push(problem(at, message, "Leave one of them out"));
        }
    }
    problems
}

fn conflict(file: &str, what: &str) -> Problem {
    Problem {
        file: file.to_owned(),
        line: 0,
        key: what.to_owned(),
        message: "two rules in one file for one attribute".to_owned(),
        remedy: "Leave one of them".to_owned(),
    }
}

/// Adds the rules of a file over those that are there. None may keep what a rule below it takes away.
fn add_layer(rules: &mut Rules, file: &str, text: &str, problems: &mut Vec<Problem>) {
    for rule in supplementary::read(file, text, problems) {
        let place = rules.specs.len();
        for target in &rule.targets {
            match *target {
                Target::Tag(tag) => {
                    let below = rules.tags.insert(tag, place).and_then(|at| rules.specs.get(at));
                    if below.is_some_and(|below| weakens(rule.doing, below.doing)) {
                        problems.push(Problem {
                            file: file.to_owned(),
                            line: 0,
                            key: rule.id.clone(),
                            message: format!("keeps {tag}, which a rule below takes away"),
                            remedy: "Leave the attribute out".to_owned(),
                        });
                    }
                }
                Target::Vr(vr) => {
                    rules.vrs.retain(|(v, _)| *v != vr);
                    rules.vrs.push((vr, place));
                }
                Target::Groups(group) => {
                    rules.groups.retain(|(g, _)| *g != group);
                    rules.groups.push((group, place));
                }
            }
        }
        let spec = Spec::new(&rule.id, &rule.reference, rule.doing);
        rules.add(Spec { keep_under: rule.keep_under.into(), ..spec });
    }
}

/// Whether a rule keeps what the one below it does not. The items of a sequence may be cleaned instead of replaced, not
/// instead of removed.
fn weakens(doing: Doing, below: Doing) -> bool {
    match doing {
        Doing::Always(Action::KeepUid) | Doing::Code(Code::K) => doing != below,
        Doing::Always(Action::Keep) => doing != below && below != Doing::Code(Code::D),
        _ => false,
    }
}

/// Gives every attribute that falls under a VR's rule, and that some IOD needs, an entry of its own, so that the need
/// is found.
fn name_needed(rules: &mut Rules, iods: &Iods) {
    for tag in iods.needed() {
        if rules.tags.contains_key(&tag) {
            continue;
        }
        let vr = StandardDataDictionary.by_tag(tag).map(|e| e.vr());
        if let Some(VirtualVr::Exact(vr)) = vr
            && let Some(spec) = rules.of_vr(vr)
        {
            rules.tags.insert(tag, spec);
        }
    }
}

fn hash_text(hash: &mut Sha256, text: &str) {
    hash.update((text.len() as u64).to_be_bytes());
    hash.update(text);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dicom::VR;

    fn messages(site: &str, options: &[&str]) -> Vec<String> {
        match Policy::compile(&[("site.yaml", site)], options) {
            Ok(_) => Vec::new(),
            Err(problems) => problems.into_iter().map(|p| p.message).collect(),
        }
    }

    const NOTHING: &str = "rules: []";

    #[test]
    fn options_are_refused_with_the_reason() {
        assert_eq!(messages(NOTHING, &[]), [] as [&str; 0]);
        let found = messages(NOTHING, &["113107", "113106", "999"]);
        assert!(found.iter().any(|m| m.contains("exclude each other")), "{found:?}");
        assert!(found.iter().any(|m| m == "unknown option"), "{found:?}");
        assert_eq!(found.len(), 4);
    }

    #[test]
    fn a_site_adds_rules_but_keeps_nothing() {
        let rule = |action: &str, tag: &str, name: &str| {
            format!(
                "rules:\n  - id: SITE\n    action: {action}\n    why: it says who\n    reference: ours\n    \
                 attributes:\n      - {{ tag: \"{tag}\", name: {name} }}\n"
            )
        };
        let add = rule("X", "(0008,0070)", "Manufacturer");
        let policy =
            Policy::compile(&[("site.yaml", &add)], &[]).unwrap_or_else(|p| panic!("{p:?}"));
        let ct = "1.2.840.10008.5.1.4.1.1.2";
        let found = policy.profile(ct).rule(Tag(0x0008, 0x0070), VR::LO, None);
        assert_eq!((found.action, &*found.id), (Action::Remove, "SITE"));
        let shipped = Policy::shipped().unwrap_or_else(|p| panic!("{p:?}"));
        assert_eq!(
            shipped.profile(ct).rule(Tag(0x0008, 0x0070), VR::LO, None).action,
            Action::Keep
        );
        assert_eq!(shipped.digest().len(), 16);
        assert_ne!(shipped.digest(), policy.digest());
        for action in ["K", "recurse"] {
            let found = messages(&rule(action, "(0008,0014)", "InstanceCreatorUID"), &[]);
            assert!(!found.is_empty(), "{action}");
        }
    }
}
