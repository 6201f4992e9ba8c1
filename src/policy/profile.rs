//! The confidentiality profile: PS3.15 Table E.1-1 and the supplementary rules, compiled for one IOD.

use std::{collections::HashMap, sync::Arc};

use dicom_core::dictionary::{DataDictionaryEntry, TagRange, VirtualVr};
use rustc_hash::FxHashMap;

use super::{
    age::AgeRule,
    content::Content,
    options::{Options, ProfileOption},
    supplementary::Doing,
    tables::{Code, Columns, Iods, Need},
    vocabulary::Vocabulary,
};
use crate::dicom::{Tag, VR, dictionary};

/// What happens to an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Stays as it is; a sequence is cleaned item by item.
    Keep,
    /// Goes, with all its items.
    Remove,
    /// Stays with zero length.
    Empty,
    /// Gets a value that says nothing; a sequence one item of such values.
    Dummy,
    /// Gets the UID that the batch maps it to.
    Uid,
    /// Stays if it is a UID (below [`Rule::keep_under`], if that names roots); else as [`Action::Uid`].
    KeepUid,
    /// Gets the patient's pseudonym.
    Pseudonym,
    /// Gets the pseudonym of the Patient ID beside it, as a name.
    PatientName,
    /// A date or time that is one stays.
    KeepDate,
    /// A date is shifted by the patient's offset; a time of day that is one stays.
    ShiftDate,
    /// Of a text what the vocabulary knows stays.
    CleanText,
    /// An age is banded.
    Age,
    /// Nothing can be done with it: the object is kept back.
    Refuse,
}

impl Action {
    /// One word for a person.
    pub fn word(self) -> &'static str {
        match self {
            Action::Keep => "keep",
            Action::Remove => "remove",
            Action::Empty => "empty",
            Action::Dummy => "dummy",
            Action::Uid => "new UID",
            Action::KeepUid => "keep UID",
            Action::Pseudonym => "pseudonym",
            Action::PatientName => "pseudonym as name",
            Action::KeepDate => "keep date",
            Action::ShiftDate => "shift date",
            Action::CleanText => "clean text",
            Action::Age => "band age",
            Action::Refuse => "keep the object back",
        }
    }
}

/// An action and who asks for it.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// What happens.
    pub action: Action,
    /// What happens where that cannot be carried out: what the profile asks for without options.
    pub fallback: Action,
    /// The option that asks for the action.
    pub option: Option<ProfileOption>,
    /// The rule's id: `E1-1` for a row of the table, the id in a rule file, or one of the names in this module.
    pub id: Arc<str>,
    /// The row of the standard or the guide.
    pub reference: Arc<str>,
    /// For [`Action::KeepUid`]: the roots below which a UID stays; empty for every root.
    pub keep_under: Arc<[String]>,
}

/// What a policy says of an attribute before the IOD is known.
pub(super) struct Spec {
    pub id: Arc<str>,
    pub reference: Arc<str>,
    pub doing: Doing,
    pub keep_under: Arc<[String]>,
    /// What options make of it.
    pub options: Columns,
    /// Which layer it is of. A rule of a higher one is not replaced by one of a lower.
    pub layer: Layer,
}

/// The layers of rules, of which a later one wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Layer {
    /// The tables of the standard.
    Table,
    /// The rules inside the binary.
    Shipped,
    /// Those of the site. No option changes them.
    Site,
}

impl Spec {
    pub(super) fn new(id: &str, reference: &str, doing: Doing) -> Spec {
        Spec {
            id: id.into(),
            reference: reference.into(),
            doing,
            keep_under: Arc::from([]),
            options: Columns::default(),
            layer: Layer::Table,
        }
    }

    /// What the active options make of it for an attribute of this VR. Options that disagree leave it to the profile:
    /// the standard sets none above another.
    fn under(&self, options: Options, vr: Option<VR>) -> Option<(Action, Code, ProfileOption)> {
        // The date of a device is the same for all its patients: shifted by two offsets it would tell their difference.
        let of_device = self.options[ProfileOption::DeviceIdentity as usize].is_some();
        let mut active = options.iter().filter_map(|o| {
            let code = self.options.get(o as usize).copied().flatten()?;
            (o != ProfileOption::ModifiedDates || !of_device).then_some((o, code))
        });
        if of_device && options.has(ProfileOption::ModifiedDates) && is_date(vr) {
            return None;
        }
        let (option, code) = active.next()?;
        if active.any(|(_, other)| other != code) {
            return None;
        }
        Some((option_action(code, option, vr?)?, code, option))
    }
}

/// Whether it is a VR of free text.
pub(super) fn is_text(vr: VR) -> bool {
    matches!(vr, VR::LO | VR::LT | VR::SH | VR::ST | VR::UC | VR::UT)
}

/// Whether it is a VR of bytes or words that say nothing of what they are.
fn is_binary(vr: VR) -> bool {
    matches!(vr, VR::OB | VR::OD | VR::OF | VR::OL | VR::OV | VR::OW)
}

/// Whether values of it are numbers in binary.
fn is_number(vr: VirtualVr) -> bool {
    use VR::{AT, FD, FL, SL, SS, SV, UL, US, UV};
    let vr = vr.relaxed();
    is_binary(vr) || matches!(vr, AT | FD | FL | SL | SS | SV | UL | US | UV)
}

fn is_date(vr: Option<VR>) -> bool {
    matches!(vr, Some(VR::DA | VR::DT | VR::TM))
}

/// How an option's code is carried out on a VR; `None` where there is no way.
fn option_action(code: Code, option: ProfileOption, vr: VR) -> Option<Action> {
    use VR::{AS, DA, DT, LO, LT, SH, SQ, ST, TM, UC, UI, UT};
    Some(match (code, vr) {
        // Items are cleaned one by one, whatever the code (Table E.1-1a, K and C).
        (_, SQ) => Action::Keep,
        (Code::K, DA | DT | TM) => Action::KeepDate,
        (Code::K | Code::C, AS) if option == ProfileOption::PatientCharacteristics => Action::Age,
        (Code::K, UI) => Action::KeepUid,
        (Code::K, _) => Action::Keep,
        (Code::C, DA | DT | TM) if option == ProfileOption::ModifiedDates => Action::ShiftDate,
        // A zone in a text is no date that could be shifted (PS3.15 E.3.6).
        (Code::C, _) if option == ProfileOption::ModifiedDates => return None,
        (Code::C, LO | LT | SH | ST | UC | UT) => Action::CleanText,
        _ => return None,
    })
}

/// The rules of a policy, by what they are for. The numbers are places in `specs`.
#[derive(Default)]
pub(super) struct Rules {
    pub specs: Vec<Spec>,
    pub tags: HashMap<Tag, usize>,
    pub vrs: Vec<(VR, usize)>,
    pub groups: Vec<(u16, usize)>,
    /// Unlisted texts that no option cleans.
    pub technical: Vec<Tag>,
    /// Attributes of a binary VR that hold numbers by their nature.
    pub numbers: Vec<Tag>,
}

/// What else a profile is compiled for.
#[derive(Clone, Copy)]
pub(super) struct For<'a> {
    /// The IOD; `None` for one that is not known.
    pub iod: Option<usize>,
    /// The options that are on.
    pub options: Options,
    /// Whether the route cleans texts (113105). A policy that takes the option away from some objects asks for less text to
    /// stay: what no row lists is cleaned there all the same.
    pub cleans: bool,
    /// How ages are told.
    pub ages: AgeRule,
    /// What is known of texts.
    pub vocabulary: &'a Arc<Vocabulary>,
    /// The rules of modality-aware policies: attributes and specs.
    pub extra: &'a HashMap<Tag, usize>,
}

impl Rules {
    /// Adds a spec, and gives its place.
    pub fn add(&mut self, spec: Spec) -> usize {
        self.specs.push(spec);
        self.specs.len() - 1
    }

    /// The rule of a VR.
    pub fn of_vr(&self, vr: VR) -> Option<usize> {
        self.vrs.iter().find(|(v, _)| *v == vr).map(|(_, spec)| *spec)
    }
}

/// The rules that no file can change, by what an element is.
struct Fixed {
    keep: Rule,
    private: Rule,
    unknown: Rule,
    /// What has another VR than its own, by what the IOD needs: nothing, presence, a value.
    unlisted_text: [Rule; 3],
    /// The same where a policy took Clean Descriptors away: nothing is claimed for it.
    plain_text: [Rule; 3],
    /// A code string that is no term, by what the IOD needs, and one of several.
    foreign: [Rule; 4],
    mismatch: [Rule; 3],
    /// What would be kept and cannot be read, where the IOD needs nothing, or presence.
    unreadable: [Rule; 2],
    group_length: Rule,
    low_group: Rule,
    nested_pixels: Rule,
    /// For private elements that stay, by their action.
    safe_private: [Rule; 6],
    /// For those that our own list calls safe.
    judged_private: Rule,
}

impl Fixed {
    fn new() -> Fixed {
        let rule = |action, id: &str, reference: &str| Rule {
            action,
            fallback: action,
            option: None,
            id: id.into(),
            reference: reference.into(),
            keep_under: Arc::from([]),
        };
        let remove = |id, reference| rule(Action::Remove, id, reference);
        let mismatch =
            |action| rule(action, "VR-MISMATCH", "PS3.5 6.2, the VR is not the attribute's");
        let unreadable =
            |action| rule(action, "UNREADABLE", "PS3.5 6.1.2, text outside its character set");
        let safe = |action, id, reference| Rule {
            fallback: Action::Remove,
            option: Some(ProfileOption::SafePrivate),
            ..rule(action, id, reference)
        };
        let private = |action| safe(action, "SAFE-PRIVATE", "PS3.15 E.3.10");
        let judged = "PS3.15 E.3.10 c, config/tables/judged_private.csv";
        use Action::{Age, CleanText, Keep, KeepDate, ShiftDate, Uid};
        let unlisted_text = |option| {
            [Action::Remove, Action::Empty, Action::Dummy].map(|fallback| Rule {
                action: CleanText,
                fallback,
                option,
                id: "UNLISTED-TEXT".into(),
                reference: "PS3.15 E.3.5, text that no row of Table E.1-1 names".into(),
                keep_under: Arc::from([]),
            })
        };
        let foreign = |action| rule(action, "FOREIGN-CODE", "PS3.15 E.3.5, no term of PS3.3");
        Fixed {
            keep: rule(Action::Keep, "NOT-LISTED", "PS3.15 E.1.1"),
            private: remove("PRIVATE", "PS3.15 Table E.1-1, private attributes: X"),
            unknown: remove("UNKNOWN", "PS3.15 E.1.1, not in PS3.6"),
            unlisted_text: unlisted_text(Some(ProfileOption::Descriptors)),
            plain_text: unlisted_text(None),
            foreign: [Action::Remove, Action::Empty, Action::Dummy, CleanText].map(foreign),
            mismatch: [Action::Remove, Action::Empty, Action::Refuse].map(mismatch),
            unreadable: [Action::Remove, Action::Empty].map(unreadable),
            group_length: remove("GROUP-LENGTH", "PS3.5 7.2, retired"),
            low_group: remove("NOT-DATA-SET", "PS3.5 7.1, groups below 0008"),
            nested_pixels: remove("NESTED-PIXELS", "PS3.15 E.3.1, pixels inside items"),
            safe_private: [Keep, Uid, ShiftDate, KeepDate, Age, CleanText].map(private),
            judged_private: safe(Keep, "JUDGED-PRIVATE", judged),
        }
    }
}

/// The rules for the objects of one IOD.
pub struct Profile {
    /// The attributes that have a rule of their own: the place of the rule in the data set itself, and in an item that does
    /// not need the attribute.
    places: FxHashMap<Tag, [u16; 2]>,
    /// Attribute and sequence, where the items of the sequence need it.
    nested: FxHashMap<(Tag, Tag), u16>,
    rules: Vec<Rule>,
    vrs: Vec<(VR, u16)>,
    groups: Vec<(u16, u16)>,
    fixed: Fixed,
    options: Options,
    cleans: bool,
    ages: AgeRule,
    vocabulary: Arc<Vocabulary>,
    technical: Vec<Tag>,
    numbers: Vec<Tag>,
    content: Option<Content>,
    iods: Arc<Iods>,
    iod: Option<usize>,
}

impl Profile {
    /// Compiles the rules for an IOD, options and policies.
    pub(super) fn compile(rules: &Rules, iods: &Arc<Iods>, what: For<'_>) -> Profile {
        let For { iod, options, cleans, ages, vocabulary, extra } = what;
        let (vocabulary, technical) = (vocabulary.clone(), rules.technical.clone());
        let numbers = rules.numbers.clone();
        let mut made = Made { options, ..Made::default() };
        let unneeded = iod.map_or(Need::Unknown, |_| Need::Nothing);
        let spec = |tag: Tag| extra.get(&tag).or_else(|| rules.tags.get(&tag)).copied();
        let mut place = |tag: Tag, need: Need| {
            spec(tag).map_or(u16::MAX, |at| made.place(rules, at, need, dictionary::exact_vr(tag)))
        };
        let tags = rules.tags.keys().chain(extra.keys());
        let places = tags
            .map(|tag| (*tag, [place(*tag, iods.need(iod, *tag)), place(*tag, unneeded)]))
            .collect();
        let nested = iods.nested(iod).map(|(tag, parent, need)| {
            let doing = spec(tag).and_then(|at| rules.specs.get(at)).map(|s| s.doing);
            ((tag, parent), place(tag, in_item(doing, need)))
        });
        let nested = nested.collect();
        let mut general = |spec: usize, vr| made.place(rules, spec, unneeded, vr);
        let vrs = rules.vrs.iter().map(|(vr, spec)| (*vr, general(*spec, Some(*vr)))).collect();
        let groups = rules.groups.iter().map(|(g, spec)| (*g, general(*spec, None))).collect();
        let (rules, fixed) = (made.rules, Fixed::new());
        // Its table was proven with the policy.
        let coded = cleans || options.has(ProfileOption::StructuredContent);
        let content = coded.then(|| Content::compile(options, cleans, &mut Vec::new()));
        let iods = iods.clone();
        Profile {
            places,
            nested,
            rules,
            vrs,
            groups,
            fixed,
            options,
            cleans,
            ages,
            vocabulary,
            technical,
            numbers,
            content,
            iods,
            iod,
        }
    }

    /// How ages are told.
    pub fn ages(&self) -> AgeRule {
        self.ages
    }

    /// What happens to content items and codes; `None` without an option that cleans them.
    pub fn content(&self) -> Option<&Content> {
        self.content.as_ref()
    }

    /// The words that a cleaned text may keep.
    pub fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    /// The options that are on for these objects.
    pub fn options(&self) -> Options {
        self.options
    }

    /// Whether texts that no row lists, codes and code strings are cleaned.
    pub fn cleans(&self) -> bool {
        self.cleans
    }

    /// The rule for a code string that is no term: none of its values, or not all of them.
    pub fn foreign(&self, tag: Tag, sequence: Option<Tag>, all: bool) -> &Rule {
        let [remove, empty, dummy, clean] = &self.fixed.foreign;
        match self.need(tag, sequence) {
            _ if !all => clean,
            // Without the name of a character set everything is ASCII.
            _ if tag == Tag(0x0008, 0x0005) => remove,
            Need::Nothing => remove,
            Need::Presence => empty,
            Need::Value | Need::Unknown => dummy,
        }
    }

    /// What the IOD needs of an attribute that no rule names, in the data set itself or in an item of `sequence`.
    pub fn need(&self, tag: Tag, sequence: Option<Tag>) -> Need {
        self.iods.kept_need(self.iod, tag, sequence)
    }

    /// The rule for a value that would be kept and cannot be read; `None` where the object must be kept back for it,
    /// because its IOD needs the value, or is not known.
    pub fn unreadable(&self, tag: Tag, sequence: Option<Tag>) -> Option<&Rule> {
        let [remove, empty] = &self.fixed.unreadable;
        match self.need(tag, sequence) {
            Need::Nothing => Some(remove),
            Need::Presence => Some(empty),
            Need::Value | Need::Unknown => None,
        }
    }

    /// The rule for an element, by its tag, its VR as it came, and the sequence in an item of which it stands.
    ///
    /// An attribute that nothing names is kept if PS3.6 knows it and its VR is the one it should have.
    pub fn rule(&self, tag: Tag, vr: VR, sequence: Option<Tag>) -> &Rule {
        let Tag(group, element) = tag;
        if group % 2 == 1 {
            return &self.fixed.private;
        }
        if element == 0 {
            return &self.fixed.group_length;
        }
        if group < 0x0008 {
            return &self.fixed.low_group;
        }
        if sequence.is_some() && group == 0x7FE0 {
            return &self.fixed.nested_pixels;
        }
        if let Some([top, nested]) = self.places.get(&tag) {
            let place = sequence.map_or(*top, |sequence| {
                self.nested.get(&(tag, sequence)).copied().unwrap_or(*nested)
            });
            return self.at(place);
        }
        if let Some((_, place)) = self.groups.iter().find(|(g, _)| *g == group & 0xFF00) {
            return self.at(*place);
        }
        self.by_vr(tag, vr, sequence)
    }

    /// The rule for a private element that Retain Safe Private lets stay if this is done with its value; `judged` if it is
    /// our own list that calls it safe.
    pub fn safe_private(&self, action: Action, judged: bool) -> &Rule {
        if judged {
            return &self.fixed.judged_private;
        }
        let rule = self.fixed.safe_private.iter().find(|rule| rule.action == action);
        rule.unwrap_or(&self.fixed.private)
    }

    fn by_vr(&self, tag: Tag, stated: VR, sequence: Option<Tag>) -> &Rule {
        // All repeating groups but the two above are retired.
        let Some(entry) =
            dictionary::attribute(tag).filter(|e| e.tag_range() == TagRange::Single(tag))
        else {
            return &self.fixed.unknown;
        };
        let of = |vr: VR| {
            let rule = self.vrs.iter().find(|(v, _)| *v == vr);
            let rule = rule.filter(|_| !(is_binary(vr) && self.numbers.contains(&tag)));
            rule.map(|(_, place)| self.at(*place))
        };
        let listed = match entry.vr() {
            VirtualVr::Exact(vr) if vr == stated => {
                return of(vr).unwrap_or_else(|| self.unlisted(tag, vr, sequence));
            }
            VirtualVr::Exact(VR::SQ) => return self.mismatch(tag, sequence),
            VirtualVr::Exact(vr) => of(vr),
            _ => None,
        };
        // A rule by the VR that the attribute should have wins; a VR that it should not have, and that has a rule,
        // would let text pass as something else.
        match (listed, of(stated)) {
            (Some(rule), _) => rule,
            (None, Some(_)) => self.mismatch(tag, sequence),
            (None, None) if stated == VR::SQ || is_text(stated) && is_number(entry.vr()) => {
                self.mismatch(tag, sequence)
            }
            (None, None) => self.unlisted(tag, stated, sequence),
        }
    }

    /// The rule for an attribute that nothing names. Under Clean Descriptors its text is cleaned as every other: what an
    /// object claims holds for all of it.
    fn unlisted(&self, tag: Tag, vr: VR, sequence: Option<Tag>) -> &Rule {
        let cleaned = self.cleans && !self.technical.contains(&tag);
        if !is_text(vr) || !cleaned {
            return &self.fixed.keep;
        }
        let [remove, empty, dummy] = match self.options.has(ProfileOption::Descriptors) {
            true => &self.fixed.unlisted_text,
            false => &self.fixed.plain_text,
        };
        match self.need(tag, sequence) {
            Need::Nothing => remove,
            Need::Presence => empty,
            Need::Value | Need::Unknown => dummy,
        }
    }

    fn mismatch(&self, tag: Tag, sequence: Option<Tag>) -> &Rule {
        let [remove, empty, refuse] = &self.fixed.mismatch;
        match self.need(tag, sequence) {
            Need::Nothing | Need::Unknown => remove,
            Need::Presence => empty,
            Need::Value => refuse,
        }
    }

    fn at(&self, place: u16) -> &Rule {
        self.rules.get(usize::from(place)).unwrap_or(&self.fixed.unknown)
    }
}

/// In an item, references that may be empty stay, with their UIDs mapped: the Common Instance Reference module of the
/// same object lists what they refer to, and one without the other would contradict it (segmentations).
fn in_item(doing: Option<Doing>, need: Need) -> Need {
    match (doing, need) {
        (Some(Doing::Code(Code::XZU)), Need::Presence) => Need::Value,
        _ => need,
    }
}

/// The rules of a profile while it is compiled, each once.
#[derive(Default)]
struct Made {
    rules: Vec<Rule>,
    known: HashMap<(usize, Action, Action, Option<ProfileOption>), u16>,
    options: Options,
}

impl Made {
    fn place(&mut self, rules: &Rules, at: usize, need: Need, vr: Option<VR>) -> u16 {
        let Some(spec) = rules.specs.get(at) else { return u16::MAX };
        let fallback = spec.doing.resolve(need);
        let under = spec.under(self.options, vr);
        let (action, option) = match under {
            // What the profile keeps anyway is not the option's doing.
            Some((Action::Keep | Action::KeepUid, ..)) | None
                if matches!(fallback, Action::Keep | Action::KeepUid) =>
            {
                (fallback, None)
            }
            Some((action, _, option)) => (action, Some(option)),
            None => (fallback, None),
        };
        let made = &mut self.rules;
        *self.known.entry((at, action, fallback, option)).or_insert_with(|| {
            let reference = match under.filter(|_| option.is_some()) {
                Some((_, code, option)) => {
                    format!("{}; {code:?} under {}", spec.reference, option.code()).into()
                }
                None => spec.reference.clone(),
            };
            let (id, keep_under) = (spec.id.clone(), spec.keep_under.clone());
            made.push(Rule { action, fallback, option, id, reference, keep_under });
            // Rules are hundreds; should they ever not fit, the place is none's and the element is removed.
            u16::try_from(made.len() - 1).unwrap_or(u16::MAX)
        })
    }
}

/// The spec of an attribute that PS3.6 calls retired: nothing reads it, and nobody reviews what is in it.
pub(super) fn retired() -> Spec {
    Spec::new("RETIRED", "PS3.15 E.1.1, retired in PS3.6", Doing::Code(Code::X))
}
