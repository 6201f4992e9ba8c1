//! What happens to each attribute of an object, by which rule and why: told by the walk itself.

use super::{
    Input, Part, value,
    walk::{self, Observer, Outcome, Place},
};
use crate::{
    dicom::{
        Tag, VR,
        charset::CharacterSet,
        dataset::{DataSet, Element, Value},
        dictionary,
        encode::Writer,
    },
    policy::{
        Policy, Subject,
        options::Options,
        profile::{Action, Rule},
    },
    records::{Reason, batch::BatchKeys},
};

/// The longest text of a value that is shown.
const MAX_SHOWN: usize = 80;

/// A value of a patient, or one that may be. It has no `Debug` or `Display`: who shows it must ask for it.
#[derive(Clone, PartialEq, Eq)]
pub struct Sensitive {
    text: String,
    /// What may be said of it without showing it.
    outline: String,
}

impl Sensitive {
    fn text(text: String) -> Sensitive {
        let outline = match text.chars().count() {
            0 => "empty".to_owned(),
            1 => "1 character".to_owned(),
            many => format!("{many} characters"),
        };
        let mut text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        if let Some((end, _)) = text.char_indices().nth(MAX_SHOWN) {
            text.truncate(end);
            text.push('…');
        }
        Sensitive { text, outline }
    }

    fn outline(outline: String) -> Sensitive {
        Sensitive { text: outline.clone(), outline }
    }

    /// How much there is, never what: `11 characters`, `2 items`, `64 bytes`.
    pub fn masked(&self) -> &str {
        &self.outline
    }

    /// The value itself, cut to a length that fits a line.
    pub fn reveal(&self) -> &str {
        &self.text
    }
}

/// What happens to one attribute.
pub struct Explained {
    /// Its path: `(0008,1140)[2](0008,1150)`. Items have the numbers with which they came, those of what is added the
    /// numbers with which they are written.
    pub path: String,
    /// Its VR as it came, or as it is written where it is new.
    pub vr: VR,
    /// Its keyword in PS3.6; empty where it has none.
    pub keyword: &'static str,
    /// What came; `None` where the attribute is added.
    pub before: Option<Sensitive>,
    /// What was done: the word of an [`Action`], or `marker`.
    pub action: &'static str,
    /// The rule's id.
    pub rule: String,
    /// The row of the standard or the guide that asks for it.
    pub reference: String,
    /// What is written; `None` where the attribute goes. For a kept value it is the value that came.
    pub after: Option<Sensitive>,
}

/// What happens to an object.
pub struct Explanation {
    /// Each attribute, in the order of the data set; those of items behind their sequence.
    pub rows: Vec<Explained>,
    /// The options that the object claims.
    pub claims: Options,
    /// Why the object would be kept back by de-identification alone; the rows then end there.
    pub refused: Option<Reason>,
}

/// Explains what [`super::apply`] does to an object up to Pixel Data; `recognizable` as in [`Input`].
pub fn explain(
    policy: &Policy,
    keys: &BatchKeys,
    data_set: &DataSet,
    sop_class: &str,
    recognizable: bool,
) -> Explanation {
    let input = Input { data_set, sop_class, part: Part::Head, recognizable };
    let mut out = Writer::new(data_set.encoding);
    let mut log = Log { data: data_set, rows: Vec::new() };
    let done = walk::run(policy, keys, &input, &mut out, &mut log);
    // What is known at the end only is told last; it has its place all the same. Paths begin with the tag at the top.
    let mut rows = log.rows;
    rows.sort_by(|a, b| a.path.get(..11).cmp(&b.path.get(..11)));
    match done {
        Ok(done) => Explanation { rows, claims: done.carried_out, refused: None },
        Err(reason) => Explanation { rows, claims: Options::NONE, refused: Some(reason) },
    }
}

impl Explanation {
    /// Adds what [`explain`] does not see: what happens to Pixel Data, of which tag, VR and length are enough, and to
    /// the elements behind it.
    pub fn add_rest(
        &mut self,
        policy: &Policy,
        keys: &BatchKeys,
        (head, sop_class): (&DataSet, &str),
        pixels: Option<(Tag, VR, u64)>,
        tail: Option<&DataSet>,
    ) {
        if self.refused.is_some() {
            return;
        }
        if let Some((tag, vr, bytes)) = pixels {
            let profile = policy.profile(&Subject::of(head, sop_class));
            let rule = profile.rule(tag, vr, None);
            let value = Some(Sensitive::outline(format!("{bytes} bytes")));
            self.rows.push(Explained {
                path: tag.to_string(),
                vr,
                keyword: keyword(tag),
                before: value.clone(),
                action: rule.action.word(),
                rule: rule.id.to_string(),
                reference: rule.reference.to_string(),
                after: value,
            });
        }
        if let Some(tail) = tail {
            let part = Part::Tail;
            let input = Input { data_set: tail, sop_class, part, recognizable: false };
            let mut log = Log { data: tail, rows: Vec::new() };
            let mut out = Writer::new(tail.encoding);
            self.refused = walk::run(policy, keys, &input, &mut out, &mut log).err();
            self.rows.extend(log.rows);
        }
    }
}

fn keyword(tag: Tag) -> &'static str {
    dictionary::attribute(tag).map_or("", |entry| entry.alias)
}

struct Log<'a> {
    data: &'a DataSet,
    rows: Vec<Explained>,
}

impl Observer for Log<'_> {
    fn again(&mut self) {
        self.rows.clear();
    }

    fn decided(
        &mut self,
        place: &Place<'_, '_>,
        tag: Tag,
        element: Option<&Element>,
        rule: Option<&Rule>,
        outcome: Outcome<'_>,
    ) {
        let before = element.map(|e| before(self.data, e, place.charset));
        let vr = element.map_or_else(|| value::proper_vr(tag, VR::UN), |e| e.vr);
        let dummy = match (&outcome, value::dummy(value::proper_vr(tag, vr))) {
            (Outcome::Text(text), value::Dummy::Text(dummy)) => *text == dummy,
            _ => false,
        };
        let word =
            if dummy && rule.is_some() { Action::Dummy.word() } else { action(rule, &outcome) };
        let after = match outcome {
            Outcome::Removed => None,
            Outcome::Emptied => Some(Sensitive::text(String::new())),
            Outcome::Text(text) => Some(Sensitive::text(text.to_owned())),
            Outcome::Zeros => Some(Sensitive::outline("zeros".to_owned())),
            Outcome::Kept | Outcome::Streamed => before.clone(),
            Outcome::Items => Some(Sensitive::outline("items".to_owned())),
        };
        self.rows.push(Explained {
            path: place.path(tag),
            vr,
            keyword: keyword(tag),
            before,
            action: word,
            rule: rule.map_or_else(|| "MARKER".to_owned(), |r| r.id.to_string()),
            reference: rule.map_or_else(|| "PS3.15 E.1.1".to_owned(), |r| r.reference.to_string()),
            after,
        });
    }
}

/// The word for what was done, where it is not what the rule asks for at first.
fn action(rule: Option<&Rule>, outcome: &Outcome<'_>) -> &'static str {
    let Some(rule) = rule else { return "marker" };
    match (rule.action, outcome) {
        (_, Outcome::Removed) => Action::Remove.word(),
        (_, Outcome::Emptied) => Action::Empty.word(),
        (_, Outcome::Zeros) => Action::Dummy.word(),
        (Action::KeepUid, Outcome::Text(_)) => Action::Uid.word(),
        (Action::Keep | Action::KeepDate, Outcome::Text(_)) => Action::Dummy.word(),
        (Action::Keep, Outcome::Items) => "clean items",
        (action, _) => action.word(),
    }
}

fn before(data: &DataSet, element: &Element, charset: &[u8]) -> Sensitive {
    match &element.value {
        Value::Items(items) => Sensitive::outline(format!("{} items", items.len())),
        Value::Fragments(fragments) => Sensitive::outline(format!("{} fragments", fragments.len())),
        Value::Streamed => Sensitive::outline("pixels".to_owned()),
        Value::Discarded(length) => Sensitive::outline(format!("{length} bytes")),
        Value::Bytes(span) => {
            let bytes = data.slice(*span);
            if let Some(kind) = value::text_kind(element.vr) {
                let text = CharacterSet::parse(charset).decode(bytes, kind).text;
                return Sensitive::text(text.trim_end_matches([' ', '\0']).to_owned());
            }
            match value::is_string(element.vr) {
                true => Sensitive::text(
                    String::from_utf8_lossy(bytes).trim_end_matches([' ', '\0']).to_owned(),
                ),
                false => binary(bytes),
            }
        }
    }
}

/// Bytes in hexadecimal, as far as they fit.
fn binary(bytes: &[u8]) -> Sensitive {
    let mut text: String = bytes.iter().take(16).map(|b| format!("{b:02x} ")).collect();
    if bytes.len() > 16 {
        text.push('…');
    }
    Sensitive { text, outline: format!("{} bytes", bytes.len()) }
}
