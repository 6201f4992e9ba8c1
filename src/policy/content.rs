//! PS3.15 Table E.3.4-1: what the Clean Structured Content Option (113104) does with a content item, by its concept and
//! Value Type; and by the Value Type alone where the table does not know the concept.

use std::sync::Arc;

use super::{
    Problem,
    codes::{Codes, SNOMED_RT, Standing},
    options::{
        Options,
        ProfileOption::{
            self, Descriptors, DeviceIdentity, FullDates, InstitutionIdentity, ModifiedDates,
            PatientCharacteristics, Uids,
        },
    },
    profile::{Action, Rule},
    tables::{self, Code},
};

const TABLE: &str = include_str!("../../config/tables/structured_content.csv");

/// The texts that this is made of, for the policy's digest.
pub(super) const TEXTS: [&str; 1] = [TABLE];

/// A Value Type (PS3.3 C.17.3.2.1, C.18).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)] // the names are the standard's
pub enum ValueType {
    Text,
    Num,
    Code,
    DateTime,
    Date,
    Time,
    UidRef,
    PName,
    Composite,
    Image,
    Waveform,
    Scoord,
    Scoord3d,
    Tcoord,
    Container,
}

impl ValueType {
    /// All of them, with the defined terms of (0040,A040).
    pub const ALL: [(ValueType, &'static str); 15] = [
        (ValueType::Text, "TEXT"),
        (ValueType::Num, "NUM"),
        (ValueType::Code, "CODE"),
        (ValueType::DateTime, "DATETIME"),
        (ValueType::Date, "DATE"),
        (ValueType::Time, "TIME"),
        (ValueType::UidRef, "UIDREF"),
        (ValueType::PName, "PNAME"),
        (ValueType::Composite, "COMPOSITE"),
        (ValueType::Image, "IMAGE"),
        (ValueType::Waveform, "WAVEFORM"),
        (ValueType::Scoord, "SCOORD"),
        (ValueType::Scoord3d, "SCOORD3D"),
        (ValueType::Tcoord, "TCOORD"),
        (ValueType::Container, "CONTAINER"),
    ];

    /// From the value of (0040,A040), trimmed. The term NUMERIC stands in the items of an acquisition context.
    pub fn parse(text: &str) -> Option<ValueType> {
        if text == "NUMERIC" {
            return Some(ValueType::Num);
        }
        ValueType::ALL.iter().find(|(_, term)| *term == text).map(|(value_type, _)| *value_type)
    }

    /// The defined term.
    pub fn term(self) -> &'static str {
        ValueType::ALL.iter().find(|(t, _)| *t == self).map_or("", |(_, term)| term)
    }

    /// Whether an item of this type needs a Concept Name (PS3.3 Table C.17-5): without one nobody knows what its value
    /// is.
    pub fn needs_concept(self) -> bool {
        use ValueType::{Code, Date, DateTime, Num, PName, Text, Time, UidRef};
        matches!(self, Text | Num | Code | DateTime | Date | Time | UidRef | PName)
    }

    /// What is done with an item of which nothing more is known, and the two options that say otherwise.
    fn default(self) -> (Code, Asked) {
        use Code::{C, D, K};
        use ValueType::{Date, DateTime, PName, Text, Time, UidRef};
        let under = |asked: &[(ProfileOption, Code)]| {
            COLUMNS.map(|column| asked.iter().find(|(o, _)| *o == column).map(|(_, code)| *code))
        };
        match self {
            Text => (D, under(&[(Descriptors, C)])),
            DateTime | Date | Time => (D, under(&[(FullDates, K), (ModifiedDates, C)])),
            UidRef => (D, under(&[(Uids, K)])),
            PName => (D, under(&[])),
            _ => (K, under(&[])),
        }
    }
}

/// The options that have a column in the table, in its order.
const COLUMNS: [ProfileOption; 7] = [
    Uids,
    DeviceIdentity,
    InstitutionIdentity,
    PatientCharacteristics,
    FullDates,
    ModifiedDates,
    Descriptors,
];

/// What the options say of a row, in the order of [`COLUMNS`]; `None` where one says nothing.
type Asked = [Option<Code>; COLUMNS.len()];

/// One row of the table.
struct Row {
    code: &'static str,
    scheme: &'static str,
    snomed_rt: &'static str,
    value_type: ValueType,
    basic: Code,
    written_code: &'static str,
    options: Asked,
}

/// The table and the Value Types under a set of options, and the codes that stay.
pub struct Content {
    rules: Vec<Rule>,
    /// Value Type, scheme, code, and the place of the rule; ascending.
    concepts: Vec<(ValueType, &'static str, &'static str, usize)>,
    /// The places of the rules of the Value Types, in the order of [`ValueType::ALL`].
    defaults: [usize; ValueType::ALL.len()],
    fixed: Fixed,
    codes: &'static Codes,
    options: Options,
    described: bool,
}

/// The rules that the table cannot have.
struct Fixed {
    local_number: Rule,
    too_old: Rule,
    local_scheme: Rule,
    code: Rule,
    described: Rule,
    reference: Rule,
}

impl Fixed {
    fn new(active: Options) -> Fixed {
        let option = active.has(Descriptors).then_some(Descriptors);
        let cleaned = (Action::CleanText, option);
        let described = "PS3.15 E.3.5, the meaning of a code that nobody published";
        let described = rule(cleaned, Action::Dummy, "E3.5-CODE", described);
        let rule = |action, id, reference: &str| rule((action, None), action, id, reference);
        let remove = |id, reference| rule(Action::Remove, id, reference);
        Fixed {
            local_number: remove("E3.4-LOCAL", "PS3.15 E.3.4, a number of a local concept"),
            too_old: remove("E3.4-AGE", "PS3.15 E.3.7, an age above 89 years"),
            local_scheme: remove("E3.4-SCHEME", "PS3.15 E.3.4, words on a coding scheme"),
            code: rule(Action::Dummy, "E3.4-CODE", "PS3.15 E.3.4, E.3.5, PS3.16 8"),
            described,
            reference: rule(Action::Keep, "E3.4-REFERENCE", "PS3.3 C.17.3.2.5"),
        }
    }
}

fn rule(
    (action, option): (Action, Option<ProfileOption>),
    fallback: Action,
    id: &str,
    reference: &str,
) -> Rule {
    Rule {
        action,
        fallback,
        option,
        id: id.into(),
        reference: reference.into(),
        keep_under: Arc::from([]),
    }
}

impl Content {
    /// Resolves the table inside the binary for a set of options. With `described`, codes outside of content trees are
    /// cleaned too.
    pub fn compile(active: Options, described: bool, problems: &mut Vec<Problem>) -> Content {
        let mut content = Content {
            rules: Vec::with_capacity(224),
            concepts: Vec::with_capacity(224),
            defaults: [0; ValueType::ALL.len()],
            fixed: Fixed::new(active),
            codes: Codes::shipped(problems),
            options: active,
            described,
        };
        for row in rows(problems) {
            let term = row.value_type.term();
            let Row { code, scheme, written_code, .. } = row;
            let reference =
                format!("PS3.15 Table E.3.4-1 2020b, {code} {scheme} {term}, {written_code}");
            let place =
                content.add(row.value_type, row.basic, &row.options, active, "E3.4-1", &reference);
            let scheme = content.codes.canonical(scheme);
            content.concepts.push((row.value_type, scheme, code, place));
            if !row.snomed_rt.is_empty() {
                content.concepts.push((row.value_type, SNOMED_RT, row.snomed_rt, place));
            }
        }
        content.concepts.sort_unstable();
        content.defaults = ValueType::ALL.map(|(value_type, term)| {
            let (basic, options) = value_type.default();
            let reference = format!("PS3.15 E.3.4, Value Type {term}");
            content.add(value_type, basic, &options, active, "E3.4", &reference)
        });
        content
    }

    fn add(
        &mut self,
        value_type: ValueType,
        basic: Code,
        asked: &Asked,
        active: Options,
        id: &str,
        reference: &str,
    ) -> usize {
        let done = resolve(value_type, basic, asked, active);
        // An item that stays needs a value: where the option's action cannot be carried out, one that says nothing.
        let fallback = match (done, action(value_type, basic)) {
            ((Action::Remove, _), _) => Action::Remove,
            (_, Action::Remove) => action(value_type, Code::D),
            (_, basic) => basic,
        };
        self.rules.push(rule(done, fallback, id, reference));
        self.rules.len() - 1
    }

    /// The rule for a content item by its Value Type and concept, scheme and code trimmed; `None` where it has no
    /// concept name. Of [`Action::Remove`] the item goes, with everything below it; any other is for its value.
    ///
    /// A number of which nobody knows what it counts could be anyone's: it goes.
    pub fn rule(&self, value_type: ValueType, concept: Option<(&str, &str)>) -> &Rule {
        if let Some((scheme, code)) = concept {
            let key = (value_type, self.codes.canonical(scheme), code);
            let found = self.concepts.binary_search_by_key(&key, |(t, s, c, _)| (*t, *s, *c));
            let rule = found.ok().and_then(|at| self.concepts.get(at));
            if let Some(rule) = rule.and_then(|(_, _, _, place)| self.rules.get(*place)) {
                return rule;
            }
            let local = self.codes.standing(scheme, code, "") == Standing::Local;
            if value_type == ValueType::Num && local {
                return &self.fixed.local_number;
            }
        }
        let place = self.defaults.get(value_type as usize);
        place.and_then(|at| self.rules.get(*at)).unwrap_or(&self.fixed.local_number)
    }

    /// Whether a rule retains a number that is an age: the only one that 113108 has a column for.
    pub fn is_age(&self, rule: &Rule) -> bool {
        rule.option == Some(PatientCharacteristics)
    }

    /// The rule for an age that would be retained, and is too high for that.
    pub fn too_old(&self) -> &Rule {
        &self.fixed.too_old
    }

    /// The rule for the description of a local coding scheme (0008,0110).
    pub fn local_scheme(&self) -> &Rule {
        &self.fixed.local_scheme
    }

    /// The rule for the elements of a code that is local, or whose meaning is not the published one.
    pub fn code(&self) -> &Rule {
        &self.fixed.code
    }

    /// Whether content trees are cleaned at all (113104).
    pub fn of_trees(&self) -> bool {
        self.options.has(ProfileOption::StructuredContent)
    }

    /// The rule for the meaning of a code that nobody published, outside of content trees (113105).
    pub fn described(&self) -> Option<&Rule> {
        self.described.then_some(&self.fixed.described)
    }

    /// The rule for a relationship by reference.
    pub fn reference(&self) -> &Rule {
        &self.fixed.reference
    }

    /// The codes that stay.
    pub fn codes(&self) -> &'static Codes {
        self.codes
    }
}

/// What a row means under the active options: their code, or the Basic Profile's where none has one or two disagree.
fn resolve(
    value_type: ValueType,
    basic: Code,
    asked: &Asked,
    active: Options,
) -> (Action, Option<ProfileOption>) {
    let votes = COLUMNS.into_iter().zip(asked).filter(|(column, _)| active.has(*column));
    let mut votes = votes.filter_map(|(column, code)| Some((column, (*code)?)));
    if let Some((column, code)) = votes.next()
        && votes.all(|(_, other)| other == code)
    {
        return (action(value_type, code), Some(column));
    }
    (action(value_type, basic), None)
}

/// What a code means for a value. Of X/D, D is taken: a template may require the item, and a dummy says as little as
/// nothing.
fn action(value_type: ValueType, code: Code) -> Action {
    use ValueType::{Composite, Date, DateTime, Image, PName, Text, Time, UidRef, Waveform};
    match (code, value_type) {
        (Code::X, _) => Action::Remove,
        (Code::K, Date | DateTime | Time) => Action::KeepDate,
        (Code::C, Date | DateTime | Time) => Action::ShiftDate,
        (Code::K, UidRef) => Action::KeepUid,
        (Code::K, _) => Action::Keep,
        (Code::C, Text) => Action::CleanText,
        (_, UidRef) => Action::Uid,
        // The references inside are mapped by the rules of their own attributes.
        (_, Image | Composite | Waveform) => Action::Keep,
        (_, Text | PName | Date | DateTime | Time) => Action::Dummy,
        // No row asks this of the others; a dummy would be a false measurement or finding.
        _ => Action::Remove,
    }
}

fn rows(problems: &mut Vec<Problem>) -> Vec<Row> {
    let mut rows = Vec::with_capacity(206);
    for (line, fields) in tables::records(TABLE) {
        let mut bad = |what: &str| {
            problems.push(tables::problem("structured_content.csv", line, what));
        };
        let &[_, code, scheme, snomed_rt, value_type, _, _, written_code, ref rest @ ..] =
            &fields[..]
        else {
            bad("a row is too short");
            continue;
        };
        let (Some(value_type), Some(basic)) =
            (ValueType::parse(value_type), Code::parse(written_code))
        else {
            bad("unknown Value Type or action code");
            continue;
        };
        let mut options: Asked = [None; COLUMNS.len()];
        for (option, text) in options.iter_mut().zip(rest) {
            *option = Code::parse(text).filter(|c| matches!(c, Code::K | Code::C));
            if option.is_none() && !text.is_empty() {
                bad("unknown action code of an option");
            }
        }
        if rest.len() != COLUMNS.len() {
            bad("not one column for each option");
        }
        rows.push(Row { code, scheme, snomed_rt, value_type, basic, written_code, options });
    }
    rows
}

#[cfg(test)]
mod tests;
