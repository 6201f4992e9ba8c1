//! Load, compile, prove and explain the rules, contracts and checks. Rules are data in `config/`; the shipped ones are
//! also inside the binary, so that it runs alone.

pub mod age;
pub mod checks;
pub mod codes;
pub mod content;
pub mod modality;
pub mod options;
pub mod profile;
pub mod safe_private;
pub mod source;
pub mod supplementary;
pub mod tables;
pub mod vocabulary;

#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use rustc_hash::FxHashMap;
use sha2::{Digest, Sha256};

use crate::dicom::{Tag, VR, dictionary};
use age::AgeRule;
use codes::Codes;
use content::Content;
pub use modality::Subject;
use modality::Variant;
use options::{Category, Options, ProfileOption};
use profile::{Action, For, Layer, Profile, Rules, Spec};
use safe_private::SafePrivate;
use source::Named;
pub use source::Problem;
use supplementary::{Doing, Target};
use tables::{Code, Columns, Iods};
use vocabulary::Vocabulary;

/// The confidentiality profile of a route, for all objects: Table E.1-1, the supplementary rules, a site's rules, and
/// what the route's options and the modality-aware policies make of them.
pub struct Policy {
    rules: Arc<Rules>,
    iods: Arc<Iods>,
    variants: Arc<[Variant]>,
    /// For each variant the specs of its rules.
    extras: Arc<[HashMap<Tag, usize>]>,
    safe_private: Arc<SafePrivate>,
    terms: Terms,
    vocabulary: Arc<Vocabulary>,
    profiles: RwLock<FxHashMap<Kind, Arc<Profile>>>,
    digest: String,
    ids: Vec<Named>,
}

/// What a profile is compiled for: an IOD, and as bits the variants that fit.
type Kind = (Option<usize>, u64);

/// What a route asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Terms {
    /// As what the objects are given away.
    pub category: Category,
    /// The options over the Basic Profile.
    pub options: Options,
    /// How ages are told where they are retained.
    pub ages: AgeRule,
    /// Whether private elements stay that the object itself declares to be safe (PS3.15 E.3.10 a): the declaration comes from
    /// outside.
    pub trust_declared_safe: bool,
}

/// Policies for some objects that one configuration may have: the bits of a number.
const MAX_VARIANTS: usize = 64;

impl Policy {
    /// The Basic Profile with the rules inside the binary, no option on.
    ///
    /// # Errors
    /// The tables or rules inside the binary do not agree: a mistake of the build.
    pub fn shipped() -> Result<Policy, Vec<Problem>> {
        Policy::compile(&[], Terms::default())
    }

    /// The profile under the terms of a route: the tables and rules inside the binary, and rule files of the site as
    /// pairs of name and text, of which a later one wins over an earlier one. A site's rule wins over options, options
    /// win over the profile.
    ///
    /// # Errors
    /// Everything that is wrong in tables, rule files and options, all at once.
    pub fn compile(site: &[(&str, &str)], terms: Terms) -> Result<Policy, Vec<Problem>> {
        Policy::of_site(site, &[], terms)
    }

    /// The same with the words that a site adds to the vocabulary, as pairs of name and text.
    ///
    /// # Errors
    /// As [`Policy::compile`], and everything that is wrong in the vocabulary.
    pub fn of_site(
        site: &[(&str, &str)],
        words: &[(&str, &str)],
        terms: Terms,
    ) -> Result<Policy, Vec<Problem>> {
        let mut problems = contradicted(terms);
        let mut rules = Rules::default();
        let retired = rules.add(profile::retired());
        rules.tags.extend(tables::retired(&mut problems).into_iter().map(|tag| (tag, retired)));
        add_table(&mut rules, retired, &mut problems);
        let mut hash = Sha256::new();
        for text in tables::TEXTS.iter().chain(&content::TEXTS) {
            hash_text(&mut hash, text);
        }
        // Proven here; compiled with the profiles that ask for it.
        hash_text(&mut hash, Codes::shipped(&mut problems).digest());
        Content::compile(Options::NONE, false, &mut problems);
        let mut files = Vec::new();
        let shipped = supplementary::SHIPPED.iter().map(|file| (Layer::Shipped, file));
        for (layer, (file, text)) in shipped.chain(site.iter().map(|file| (Layer::Site, file))) {
            hash_text(&mut hash, text);
            files.push((layer, *file, supplementary::read(file, text, &mut problems)));
        }
        let mut variants = Vec::new();
        let mut ids = Vec::new();
        for (layer, file, content) in files {
            ids.extend(content.ids);
            add_layer(&mut rules, layer, file, content.rules, &mut problems);
            variants.extend(content.variants.into_iter().map(|v| (layer, file, v)));
        }
        let mut extras = Vec::new();
        for (layer, file, variant) in &mut variants {
            let own = std::mem::take(&mut variant.rules);
            extras.push(add_variant(&mut rules, *layer, file, own, &mut problems));
        }
        let variants: Vec<Variant> = variants.into_iter().map(|(.., v)| v).collect();
        problems.extend(source::several(ids.iter()));
        problems.extend(unfit(&variants, terms));
        let iods = Arc::new(Iods::read(&mut problems));
        let vocabulary = Arc::new(Vocabulary::compile(words, &mut problems));
        Vocabulary::texts().for_each(|text| hash_text(&mut hash, text));
        words.iter().for_each(|(_, text)| hash_text(&mut hash, text));
        let safe_private = SafePrivate::read(&mut problems);
        if !problems.is_empty() {
            return Err(problems);
        }
        name_needed(&mut rules, &iods);
        hash_text(&mut hash, terms.category.word());
        terms.options.iter().for_each(|option| hash_text(&mut hash, option.word()));
        hash_text(&mut hash, &format!("{:?} {}", terms.ages, terms.trust_declared_safe));
        let digest = hash.finalize().iter().take(8).map(|b| format!("{b:02x}")).collect();
        let profiles = RwLock::default();
        Ok(Policy {
            rules: rules.into(),
            iods,
            variants: variants.into(),
            extras: extras.into(),
            safe_private: safe_private.into(),
            terms,
            vocabulary,
            profiles,
            digest,
            ids,
        })
    }

    /// The same rules under other terms, which are not proven.
    #[cfg(test)]
    pub fn under(&self, terms: Terms) -> Policy {
        Policy {
            rules: self.rules.clone(),
            iods: self.iods.clone(),
            variants: self.variants.clone(),
            extras: self.extras.clone(),
            safe_private: self.safe_private.clone(),
            terms,
            vocabulary: self.vocabulary.clone(),
            profiles: RwLock::default(),
            digest: self.digest.clone(),
            ids: self.ids.clone(),
        }
    }

    /// The rules for an object. For a class whose IOD is not known they are those that remove least, so that nothing
    /// that the IOD requires is missing (what they keep, they replace).
    pub fn profile(&self, subject: &Subject<'_>) -> Arc<Profile> {
        let iod = self.iods.of_class.get(subject.sop_class).copied();
        let implied = self.iods.implied_modality(subject.sop_class);
        let fitting = |(at, v): (usize, &Variant)| v.fits(subject, implied).then_some(1_u64 << at);
        let key = (iod, self.variants.iter().enumerate().filter_map(fitting).sum());
        // A panic under the lock leaves the map as good as it was.
        let known = self.profiles.read().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        known.unwrap_or_else(|| {
            let made = Arc::new(self.compiled(iod, key.1));
            let mut profiles = self.profiles.write().unwrap_or_else(PoisonError::into_inner);
            profiles.entry(key).or_insert(made).clone()
        })
    }

    /// What the route asks for, with the options that hold for an object.
    pub fn terms_for(&self, subject: &Subject<'_>) -> Terms {
        let implied = self.iods.implied_modality(subject.sop_class);
        let fitting = self.variants.iter().filter(|v| v.fits(subject, implied));
        Terms { options: modality::options_for(self.terms.options, fitting), ..self.terms }
    }

    fn compiled(&self, iod: Option<usize>, fitting: u64) -> Profile {
        let fits = |at: &usize| fitting & (1 << at) != 0;
        let places: Vec<usize> = (0..self.variants.len()).filter(fits).collect();
        let variants = places.iter().filter_map(|at| self.variants.get(*at));
        let options = modality::options_for(self.terms.options, variants);
        let mut extra: HashMap<Tag, usize> = HashMap::new();
        for (tag, spec) in places.iter().filter_map(|at| self.extras.get(*at)).flatten() {
            let layer = |at: &usize| self.rules.specs.get(*at).map(|s| s.layer);
            let below = extra.get(tag).or_else(|| self.rules.tags.get(tag)).and_then(layer);
            if below <= layer(spec) {
                extra.insert(*tag, *spec);
            }
        }
        let (ages, vocabulary) = (self.terms.ages, &self.vocabulary);
        // Not what a policy leaves of them for these objects: see `For::cleans`.
        let cleans = options.has(ProfileOption::Descriptors)
            || self.terms.options.has(ProfileOption::Descriptors);
        let what = For { iod, options, cleans, ages, vocabulary, extra: &extra };
        Profile::compile(&self.rules, &self.iods, what)
    }

    /// The private attributes that are safe.
    pub fn safe_private(&self) -> &SafePrivate {
        &self.safe_private
    }

    /// The words that a cleaned text may keep.
    pub fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    /// The ids of all rules and policies of the rule files, and where each stands.
    pub fn ids(&self) -> &[Named] {
        &self.ids
    }

    /// What the route asks for.
    pub fn terms(&self) -> Terms {
        self.terms
    }

    /// The first 16 hexadecimal digits of the SHA-256 of all rule data and of the route's terms: names the policy in
    /// objects and records.
    pub fn digest(&self) -> &str {
        &self.digest
    }
}

/// Whether a long value of this attribute need not be read in: it is removed whatever else the object is, and no check
/// wants to know what it held. That is private elements, curves, overlays, signatures and padding; attributes of the
/// standard are read although they are removed, because they may hold what must not be found elsewhere.
pub fn discards(tag: Tag) -> bool {
    let group = tag.group();
    let private = group % 2 == 1 && tag.element() > 0x00FF;
    private || matches!(group, 0x5000..=0x50FF | 0x6000..=0x60FF | 0xFFFA | 0xFFFC)
}

/// What is wrong with a route's terms.
fn contradicted(terms: Terms) -> Vec<Problem> {
    let found = options::contradictions(terms.options, terms.category).into_iter();
    found
        .map(|(option, message, remedy)| problem("routes", option.word(), message, remedy))
        .collect()
}

/// What is wrong with policies under a route's terms.
fn unfit(variants: &[Variant], terms: Terms) -> Vec<Problem> {
    let remedy = "Change `with` or `without` of the policy, or the route's options";
    let found = modality::contradicting(variants, terms.options, terms.category).into_iter();
    let mut problems: Vec<Problem> =
        found.map(|(id, message)| problem("policies", id, message, remedy)).collect();
    if variants.len() > MAX_VARIANTS {
        let message = format!("more than {MAX_VARIANTS} policies");
        problems.push(problem("policies", "", message, "Join some of them"));
    }
    problems
}

fn problem(file: &str, key: &str, message: impl Into<String>, remedy: &str) -> Problem {
    Problem {
        file: file.to_owned(),
        line: 0,
        key: key.to_owned(),
        message: message.into(),
        remedy: remedy.to_owned(),
    }
}

/// The rows of Table E.1-1, over the retired attributes. Rows that say the same share a spec.
fn add_table(rules: &mut Rules, retired: usize, problems: &mut Vec<Problem>) {
    let mut known: HashMap<(&str, Columns), usize> = HashMap::new();
    for row in tables::e1_1(problems) {
        let Some(tag) = row.tag else { continue };
        let spec = *known.entry((row.written_code, row.options)).or_insert_with(|| {
            let reference = format!("PS3.15 Table E.1-1 2026c, {}", row.written_code);
            let spec = Spec::new("E1-1", &reference, Doing::Code(row.basic));
            rules.add(Spec { options: row.options, ..spec })
        });
        if rules.tags.insert(tag, spec).is_some_and(|before| before != retired) {
            let message = "two rules in one file for one attribute";
            problems.push(problem("config/tables/e1-1.csv", row.written, message, "Leave one"));
        }
    }
}

/// Adds the rules of a file over those that are there. None may keep what a rule below it takes away.
fn add_layer(
    rules: &mut Rules,
    layer: Layer,
    file: &str,
    own: Vec<supplementary::Rule>,
    problems: &mut Vec<Problem>,
) {
    for rule in own {
        for target in &rule.targets {
            let below = match *target {
                Target::Tag(tag) => rules.tags.get(&tag).copied(),
                Target::Vr(vr) => rules.of_vr(vr),
                Target::Groups(_) => None,
            };
            if layer == Layer::Site {
                let below = below.and_then(|at| rules.specs.get(at));
                let message = unfit_for_a_site(&rule, *target, below);
                problems.extend(message.map(|(m, remedy)| problem(file, &rule.id, m, remedy)));
            }
            // What stays as it is follows the rules of its VR all the same.
            if let Target::Tag(tag) = *target
                && rule.doing == Doing::Always(Action::Keep)
                && dictionary::exact_vr(tag) != Some(VR::SQ)
            {
                let text = dictionary::exact_vr(tag).is_some_and(profile::is_text);
                let list = if text { &mut rules.technical } else { &mut rules.numbers };
                list.push(tag);
                continue;
            }
            let spec = spec_over(rules, layer, file, &rule, below, problems);
            match *target {
                Target::Tag(tag) => {
                    rules.tags.insert(tag, spec);
                }
                Target::Vr(vr) => {
                    rules.vrs.retain(|(v, _)| *v != vr);
                    rules.vrs.push((vr, spec));
                }
                Target::Groups(group) => {
                    rules.groups.retain(|(g, _)| *g != group);
                    rules.groups.push((group, spec));
                }
            }
        }
    }
}

/// What a site's rule must not be, as message and remedy.
fn unfit_for_a_site(
    rule: &supplementary::Rule,
    target: Target,
    below: Option<&Spec>,
) -> Option<(&'static str, &'static str)> {
    // The identity of the object, its character sets, and how its pixels are read.
    let part_of_every_object = |tag: Tag| {
        matches!(
            tag,
            Tag(0x0008, 0x0005 | 0x0016 | 0x0018)
                | Tag(0x0020, 0x000D | 0x000E)
                | Tag(0x0028, 0x0002..=0x0011 | 0x0100..=0x0103)
                | Tag(0x7FE0, _)
        )
    };
    let keeps = rule.doing == Doing::Always(Action::Keep);
    match target {
        _ if rule.under.is_some() => {
            Some(("`under` in a rule of the site: no option changes such a rule", "Leave it out"))
        }
        _ if below.is_some_and(|b| b.layer == Layer::Site && *b.id != *rule.id) => {
            Some(("two rules of the site for one attribute", "Leave one of them"))
        }
        Target::Tag(tag) if part_of_every_object(tag) => {
            Some(("without this attribute the object would be none", "Leave the attribute out"))
        }
        Target::Tag(tag) if keeps && dictionary::exact_vr(tag) != Some(VR::SQ) => {
            Some(("keeps what a rule below it may take away", "Leave the attribute out"))
        }
        Target::Vr(_) if keeps => {
            Some(("keeps what a rule below it may take away", "Name a code that takes away"))
        }
        _ => None,
    }
}

/// The specs of the rules of a policy for some objects.
fn add_variant(
    rules: &mut Rules,
    layer: Layer,
    file: &str,
    own: Vec<supplementary::Rule>,
    problems: &mut Vec<Problem>,
) -> HashMap<Tag, usize> {
    let mut extra = HashMap::new();
    for rule in own {
        for target in &rule.targets {
            let Target::Tag(tag) = *target else {
                let message = "a policy for some objects has rules for attributes only";
                problems.push(problem(file, &rule.id, message, "Name the attributes"));
                continue;
            };
            if layer == Layer::Site {
                let message = unfit_for_a_site(&rule, *target, None);
                problems.extend(message.map(|(m, remedy)| problem(file, &rule.id, m, remedy)));
            }
            let below = rules.tags.get(&tag).copied();
            extra.insert(tag, spec_over(rules, layer, file, &rule, below, problems));
        }
    }
    extra
}

/// The spec of a rule for an attribute that has another one below it. What options make of the row below it holds for a
/// shipped rule too, unless that says it by itself.
fn spec_over(
    rules: &mut Rules,
    layer: Layer,
    file: &str,
    rule: &supplementary::Rule,
    below: Option<usize>,
    problems: &mut Vec<Problem>,
) -> usize {
    let below = below.and_then(|at| rules.specs.get(at));
    if below.is_some_and(|below| weakens(rule.doing, below.doing)) {
        problems.push(problem(
            file,
            &rule.id,
            "keeps what a rule below it takes away",
            "Leave the attribute out",
        ));
    }
    let inherited = below.map_or(Columns::default(), |b| b.options);
    let options = match layer {
        Layer::Site => Columns::default(),
        _ => rule.under.unwrap_or(inherited),
    };
    let same = |s: &Spec| {
        *s.id == *rule.id && s.options == options && s.doing == rule.doing && s.layer == layer
    };
    if let Some(at) = rules.specs.iter().rposition(same) {
        return at;
    }
    let keep_under = rule.keep_under.clone().into();
    let spec = Spec::new(&rule.id, &rule.reference, rule.doing);
    rules.add(Spec { keep_under, options, layer, ..spec })
}

/// Whether a rule keeps what the one below it does not. The items of a sequence may be cleaned instead of replaced, not
/// instead of removed; and references may stay, their UIDs mapped, where the table lets them (X/Z/U*).
fn weakens(doing: Doing, below: Doing) -> bool {
    match doing {
        Doing::Always(Action::KeepUid) | Doing::Code(Code::K) => doing != below,
        Doing::Always(Action::Keep) => {
            doing != below && !matches!(below, Doing::Code(Code::D | Code::XZU))
        }
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
        if let Some(vr) = dictionary::exact_vr(tag)
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
