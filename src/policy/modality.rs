//! Modality-aware policies (TR-0047 Table 6.1): for the objects of some modalities, SOP classes, makers or image types,
//! other options than the route's, and rules of their own.

use serde::Deserialize;

use super::{
    Problem,
    options::{Category, Options, ProfileOption, contradictions},
    source::{Named, Source},
    supplementary::{self, Rule, Target},
};
use crate::dicom::{Tag, dataset::DataSet, modality, uid};

/// What a policy can go by, before anything was removed.
#[derive(Debug, Clone, Copy, Default)]
pub struct Subject<'a> {
    /// SOP Class UID.
    pub sop_class: &'a str,
    /// Modality (0008,0060).
    pub modality: &'a str,
    /// Manufacturer (0008,0070).
    pub manufacturer: &'a str,
    /// Image Type (0008,0008), all values.
    pub image_type: &'a str,
}

impl<'a> Subject<'a> {
    /// An object of which nothing but its class is known.
    pub fn of_class(sop_class: &'a str) -> Subject<'a> {
        Subject { sop_class, ..Subject::default() }
    }

    /// An object by its header.
    pub fn of(header: &'a DataSet, sop_class: &'a str) -> Subject<'a> {
        let text = |tag| header.text(tag).unwrap_or_default();
        Subject {
            sop_class,
            modality: text(Tag(0x0008, 0x0060)),
            manufacturer: text(Tag(0x0008, 0x0070)),
            image_type: text(Tag(0x0008, 0x0008)),
        }
    }
}

/// A policy for some objects.
pub struct Variant {
    /// Its id.
    pub id: String,
    when: When,
    /// Options that are added to the route's.
    pub with: Options,
    /// Options that are taken from the route's. They win over those that another policy adds.
    pub without: Options,
    /// Its rules.
    pub rules: Vec<Rule>,
}

/// For which objects: each list that is given must have the object in it.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct When {
    /// Values of Modality, as the object states it or its class implies it.
    modalities: Vec<String>,
    /// SOP Class UIDs; one that ends in `.*` names all below it.
    sop_classes: Vec<String>,
    /// Words in Manufacturer, in any case.
    manufacturers: Vec<String>,
    /// Values of Image Type.
    image_types: Vec<String>,
}

/// A policy as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    id: String,
    why: String,
    reference: String,
    when: When,
    #[serde(default)]
    with: Vec<String>,
    #[serde(default)]
    without: Vec<String>,
    #[serde(default)]
    rules: Vec<supplementary::Entry>,
}

impl When {
    fn fits(&self, subject: &Subject<'_>, implied: &str) -> bool {
        let among = |list: &[String], test: &dyn Fn(&str) -> bool| {
            list.is_empty() || list.iter().any(|entry| test(entry))
        };
        let maker = |word: &str| {
            let (text, word) = (subject.manufacturer.as_bytes(), word.as_bytes());
            text.windows(word.len().max(1)).any(|w| w.eq_ignore_ascii_case(word))
        };
        let values = |text: &'_ str, wanted: &str| {
            text.split('\\').any(|v| v.trim().eq_ignore_ascii_case(wanted))
        };
        among(&self.modalities, &|m| values(subject.modality, m) || implied == m)
            && among(&self.sop_classes, &|p| uid::matches(p, subject.sop_class))
            && among(&self.manufacturers, &maker)
            && among(&self.image_types, &|t| values(subject.image_type, t))
    }

    /// Whether no object can fit both.
    fn excludes(&self, other: &When) -> bool {
        let apart = |one: &[String], two: &[String], same: &dyn Fn(&str, &str) -> bool| {
            !one.is_empty()
                && !two.is_empty()
                && !one.iter().any(|a| two.iter().any(|b| same(a, b) || same(b, a)))
        };
        apart(&self.modalities, &other.modalities, &|a, b| a == b)
            || apart(&self.sop_classes, &other.sop_classes, &uid::matches)
    }
}

impl Variant {
    /// Whether the policy is for an object; `implied` is the modality that its SOP class implies, whatever it says, or
    /// empty.
    pub fn fits(&self, subject: &Subject<'_>, implied: &str) -> bool {
        self.when.fits(subject, implied)
    }
}

/// The options for an object: the route's, and what the policies that fit add and take.
pub fn options_for<'v>(
    route: Options,
    fitting: impl Iterator<Item = &'v Variant> + Clone,
) -> Options {
    let with = fitting.clone().fold(route, |sum, v| sum.and(v.with));
    fitting.fold(with, |rest, v| rest.without(v.without))
}

/// Policies that make contradictory options of a route's, each alone or together with another that fits the same
/// object.
pub fn contradicting(
    variants: &[Variant],
    route: Options,
    category: Category,
) -> Vec<(&str, String)> {
    let mut found: Vec<(&str, String)> = Vec::new();
    for (at, one) in variants.iter().enumerate() {
        for other in variants.iter().skip(at).filter(|o| !o.when.excludes(&one.when)) {
            let options = options_for(route, [one, other].into_iter());
            for (option, message, _) in contradictions(options, category) {
                let known = contradictions(route, category).iter().any(|(_, m, _)| *m == message);
                let adds = [one, other].into_iter().find(|v| v.with.has(option)).unwrap_or(one);
                if !known && !found.contains(&(adds.id.as_str(), message.clone())) {
                    found.push((&adds.id, message));
                }
            }
        }
    }
    found
}

/// Reads the policies of a rule file.
pub(super) fn read(
    entries: Vec<Entry>,
    source: &Source,
    ids: &mut Vec<Named>,
    problems: &mut Vec<Problem>,
) -> Vec<Variant> {
    let mut variants: Vec<Variant> = Vec::new();
    for (at, entry) in entries.into_iter().enumerate() {
        let key = format!("policies[{at}]");
        ids.push(source.named(&format!("{key}.id"), &entry.id));
        let place = format!("{key}.rules");
        let rules = supplementary::list(entry.rules, &place, source, ids, problems);
        let mut bad = |below: &str, message: &str, remedy: &str| {
            problems.push(source.problem(&format!("{key}{below}"), message, remedy));
        };
        if entry.why.trim().is_empty() || entry.reference.trim().is_empty() {
            bad("", "a policy without a reason", "Say why, and which text asks for it");
        }
        let when = entry.when;
        let lists = [&when.modalities, &when.sop_classes, &when.manufacturers, &when.image_types];
        if lists.iter().all(|l| l.is_empty())
            || lists.iter().any(|l| l.iter().any(String::is_empty))
        {
            bad(".when", "a policy for nothing in particular", "Name what it is for");
        }
        if when.modalities.iter().any(|m| !modality::is_defined(m)) {
            bad(".when.modalities", "unknown modality", "Use a defined term of (0008,0060)");
        }
        if when.sop_classes.iter().any(|c| !uid::is_valid(c.strip_suffix(".*").unwrap_or(c))) {
            bad(
                ".when.sop_classes",
                "not a UID",
                "Write digits and dots, and .* at most at the end",
            );
        }
        let options = |words: &[String]| -> Option<Options> {
            words.iter().map(|w| ProfileOption::parse(w)).collect()
        };
        let (with, without) = (options(&entry.with), options(&entry.without));
        if with.is_none() || without.is_none() {
            bad("", "unknown option", "Name an option that a route can have");
        }
        if with.is_some_and(|w| w.has(ProfileOption::DeviceIdentity)) {
            let remedy = "Choose it for a route, with why_device_identity";
            bad(".with", "device_identity without a reason", remedy);
        }
        for other in variants.iter().filter(|v| !v.when.excludes(&when)) {
            let targets = |v: &[Rule]| -> Vec<Target> {
                v.iter().flat_map(|r| r.targets.iter().copied()).collect()
            };
            let theirs = targets(&other.rules);
            if targets(&rules).iter().any(|t| theirs.contains(t)) {
                let message = format!("two rules for one attribute: {} has one too", other.id);
                bad(".rules", &message, "Leave one of them, or let no object fit both policies");
            }
        }
        let (with, without) = (with.unwrap_or_default(), without.unwrap_or_default());
        variants.push(Variant { id: entry.id, when, with, without, rules });
    }
    variants
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variants(text: &str) -> (Vec<Variant>, Vec<String>) {
        let mut problems = Vec::new();
        let file = supplementary::read("site.yaml", text, &mut problems);
        (file.variants, problems.into_iter().map(|p| p.message).collect())
    }

    const TWO: &str = r#"
policies:
  - id: A
    why: it is so
    reference: TR-0047 T6-4
    when: { modalities: [US, IVUS], manufacturers: [acme] }
    without: [safe_private]
  - id: B
    why: it is so
    reference: TR-0047 T6-2
    when: { sop_classes: ["1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.2.*"], image_types: [LOCALIZER] }
    with: [full_dates]
    rules:
      - { id: B-1, action: X, why: it is so, reference: ours, attributes: [{ tag: "(0008,0070)", name: Manufacturer }] }
"#;

    #[test]
    fn a_policy_is_for_what_it_names() {
        let (variants, problems) = variants(TWO);
        assert_eq!(problems, [] as [&str; 0]);
        let fits = |subject: Subject<'_>| -> Vec<bool> {
            variants.iter().map(|v| v.fits(&subject, "")).collect()
        };
        let us = Subject { modality: "US", manufacturer: "The ACME Company", ..Subject::default() };
        assert_eq!(fits(us), [true, false]);
        assert_eq!(fits(Subject { manufacturer: "AC", ..us }), [false, false]);
        let ct = "1.2.840.10008.5.1.4.1.1.2.1";
        let ct = Subject { sop_class: ct, image_type: "ORIGINAL\\PRIMARY\\LOCALIZER ", ..us };
        assert_eq!(fits(ct), [true, true]);
        assert_eq!(fits(Subject { image_type: "", ..ct }), [true, false]);
        // What the class implies counts as if it were stated, and beside what is stated.
        let acme = Subject { modality: "", ..us };
        let with = |implied| variants.iter().map(|v| v.fits(&acme, implied)).collect::<Vec<_>>();
        assert_eq!(
            (with("US"), with(""), with("CT")),
            (vec![true, false], vec![false; 2], vec![false; 2])
        );
        assert!(variants.iter().any(|v| v.fits(&Subject { modality: "CT", ..us }, "US")));
    }

    #[test]
    fn options_are_added_and_taken() {
        let (variants, _) = variants(TWO);
        let route: Options =
            [ProfileOption::SafePrivate, ProfileOption::ModifiedDates].into_iter().collect();
        let options = options_for(route, variants.iter());
        assert!(!options.has(ProfileOption::SafePrivate) && options.has(ProfileOption::FullDates));
        let found = contradicting(&variants, route, Category::Anonymized);
        assert!(found.iter().any(|(id, m)| *id == "B" && m.contains("exclude")), "{found:?}");
        assert!(found.iter().any(|(id, m)| *id == "B" && m.contains("forbidden")), "{found:?}");
        assert!(contradicting(&variants, Options::NONE, Category::Personal).is_empty());
    }

    #[test]
    fn what_is_wrong_is_said() {
        let text =
            TWO.replace("[US, IVUS]", "[ULTRASOUND]").replace("[full_dates]", "[everything]");
        let (_, problems) = variants(&text);
        for part in ["unknown modality", "unknown option"] {
            assert!(problems.iter().any(|m| m.contains(part)), "{part}: {problems:?}");
        }
        let twice = format!(
            "{TWO}{}",
            TWO.split_once("policies:").map_or("", |(_, t)| t).replace("id: ", "id: C")
        );
        let (_, problems) = variants(&twice);
        assert!(problems.iter().any(|m| m.contains("two rules for one attribute")), "{problems:?}");
    }
}
