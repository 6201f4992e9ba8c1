//! The one place where each element's fate is decided and carried out.

use std::{borrow::Cow, fmt::Write as _};

use super::{
    Input, OVERLAY_IN_PIXELS, Part, RULE_NOT_APPLIED, UNDECODABLE, markers,
    value::{self, Dummy},
};
use crate::{
    dicom::{
        Tag, VR,
        dataset::{DataSet, Element, Item, Value, find},
        encode::Writer,
        syntax::Encoding,
        uid,
    },
    policy::{
        Policy,
        profile::{Action, Profile, Rule},
    },
    records::{Reason, batch::BatchKeys},
};

const CHARACTER_SET: Tag = Tag(0x0008, 0x0005);
const PATIENT_ID: Tag = Tag(0x0010, 0x0020);
const PATIENT_ID_ISSUER: Tag = Tag(0x0010, 0x0021);

/// Where the walk is: a level of the data set.
pub(super) struct Place<'a, 'p> {
    /// The item that this level is, unless it is the data set itself: where its sequence stands, which, and which item
    /// of it, from 1.
    item: Option<(&'p Place<'a, 'p>, Tag, usize)>,
    /// The elements of the level.
    elements: &'a [Element],
    /// The value of (0008,0005) that holds here.
    pub charset: &'a [u8],
    /// Whether this lies in a sequence that is replaced by a dummy: what no rule names is then not kept either.
    scrub: bool,
}

impl Place<'_, '_> {
    /// The path of an element here: `(0008,1140)[2](0008,1150)`.
    pub fn path(&self, tag: Tag) -> String {
        let mut path = match self.item {
            Some((parent, sequence, number)) => {
                let mut path = parent.path(sequence);
                let _ = write!(path, "[{number}]"); // writing to a String cannot fail
                path
            }
            None => String::new(),
        };
        let _ = write!(path, "({:04X},{:04X})", tag.group(), tag.element());
        path
    }

    /// The sequence that this is an item of.
    fn sequence(&self) -> Option<Tag> {
        self.item.map(|(_, sequence, _)| sequence)
    }
}

/// What was written for an element.
pub(super) enum Outcome<'a> {
    /// Nothing.
    Removed,
    /// Zero length.
    Emptied,
    /// This text.
    Text(&'a str),
    /// A dummy in bytes.
    Zeros,
    /// What came.
    Kept,
    /// Items of a sequence; what became of them is told next.
    Items,
    /// Nothing yet: the value is streamed by the caller.
    Streamed,
}

/// Is told of every decision.
pub(super) trait Observer {
    /// An element that came, the rule that decided, and what was written. `rule` is `None` for a marker, `element` is
    /// `None` for one that was not there before.
    fn decided(
        &mut self,
        place: &Place<'_, '_>,
        tag: Tag,
        element: Option<&Element>,
        rule: Option<&Rule>,
        outcome: Outcome<'_>,
    );
}

/// Nobody looks.
pub(super) struct Unobserved;

impl Observer for Unobserved {
    #[inline]
    fn decided(
        &mut self,
        _: &Place<'_, '_>,
        _: Tag,
        _: Option<&Element>,
        _: Option<&Rule>,
        _: Outcome<'_>,
    ) {
    }
}

/// De-identifies a part of an object.
pub(super) fn run<O: Observer>(
    policy: &Policy,
    keys: &BatchKeys,
    input: &Input<'_>,
    out: &mut Writer,
    observer: &mut O,
) -> Result<(), Reason> {
    let data = input.data_set;
    let charset = find(&data.elements, CHARACTER_SET).map_or(&[][..], |e| data.value(e));
    let place = Place { item: None, elements: &data.elements, charset, scrub: false };
    let profile = policy.profile(input.sop_class);
    let mut walk = Walk { profile, keys, data, out, observer };
    overlays(data, &place)?;
    match input.part {
        Part::Head => walk.head(&place, policy.digest(), input.recognizable),
        Part::Tail => data.elements.iter().try_for_each(|element| walk.element(&place, element)),
    }
}

/// Overlay bits in the pixels (retired, PS3.5 8.1.2) stay when the overlay's attributes go; they are found by the bit
/// position and the bits allocated that these attributes give.
fn overlays(data: &DataSet, place: &Place<'_, '_>) -> Result<(), Reason> {
    for element in &data.elements {
        let Tag(group, number) = element.tag;
        let value = data.value(element);
        let in_pixels = match (group & 0xFF00, number) {
            (0x6000, 0x0102) => value.iter().any(|b| *b != 0),
            (0x6000, 0x0100) => !matches!(value, [] | [1, 0] | [0, 1]),
            _ => false,
        };
        if in_pixels && group % 2 == 0 {
            return Err(Reason {
                rule: OVERLAY_IN_PIXELS.into(),
                path: place.path(element.tag),
                kind: "overlay bits in the pixel data".into(),
                reference: "PS3.15 E.3.3, PS3.5 8.1.2".into(),
            });
        }
    }
    Ok(())
}

struct Walk<'a, 'o, O> {
    profile: &'a Profile,
    keys: &'a BatchKeys,
    data: &'a DataSet,
    out: &'o mut Writer,
    observer: &'o mut O,
}

impl<'a, O: Observer> Walk<'a, '_, O> {
    /// The data set itself, with the markers in their places.
    fn head(
        &mut self,
        place: &Place<'a, '_>,
        digest: &str,
        recognizable: bool,
    ) -> Result<(), Reason> {
        let mut markers = markers::tags(recognizable);
        for element in place.elements {
            while let [next, rest @ ..] = markers
                && *next <= element.tag
            {
                markers = rest;
                let existing = Some(element).filter(|e| e.tag == *next);
                self.marker(place, *next, existing, digest)?;
            }
            if !markers::tags(recognizable).contains(&element.tag) {
                self.element(place, element)?;
            }
        }
        markers.iter().try_for_each(|next| self.marker(place, *next, None, digest))
    }

    fn marker(
        &mut self,
        place: &Place<'a, '_>,
        tag: Tag,
        existing: Option<&'a Element>,
        digest: &str,
    ) -> Result<(), Reason> {
        if let Some(text) = markers::text(tag) {
            self.out.text(tag, VR::CS, text);
            self.observer.decided(place, tag, existing, None, Outcome::Text(text));
        } else if tag == markers::METHOD {
            self.method(place, existing, digest)?;
        } else {
            self.observer.decided(place, tag, existing, None, Outcome::Items);
            self.out.begin_sequence(tag);
            if let Some(Value::Items(items)) = existing.map(|e| &e.value) {
                self.items(place, tag, items, false)?;
            }
            markers::item(tag, self.out);
            self.out.end_sequence();
        }
        Ok(())
    }

    /// (0012,0063): what an earlier de-identification wrote is kept, and ours stands behind it.
    fn method(
        &mut self,
        place: &Place<'a, '_>,
        existing: Option<&'a Element>,
        digest: &str,
    ) -> Result<(), Reason> {
        let ours = markers::method(digest);
        let before = existing.map_or(&[][..], |e| self.data.value(e));
        let end = before.iter().rposition(|b| !matches!(b, 0 | b' ')).map_or(0, |i| i + 1);
        let before = before.get(..end).unwrap_or_default();
        if before.is_empty() {
            self.out.text(markers::METHOD, VR::LO, &ours);
        } else {
            if !value::is_readable(VR::LO, before, place.charset) {
                return Err(undecodable(place, markers::METHOD));
            }
            let mut joined = [before, b"\\", ours.as_bytes()].concat();
            if joined.len() % 2 == 1 {
                joined.push(b' ');
            }
            self.out.element(markers::METHOD, VR::LO, &joined);
        }
        self.observer.decided(place, markers::METHOD, existing, None, Outcome::Text(&ours));
        Ok(())
    }

    fn element(&mut self, place: &Place<'a, '_>, element: &'a Element) -> Result<(), Reason> {
        let tag = element.tag;
        let vr =
            value::known_vr(tag, element.vr, self.data.value(element).len(), self.data.encoding);
        let rule = self.profile.rule(tag, vr, place.sequence());
        if matches!(element.value, Value::Streamed) && tag.group() == 0x7FE0 && place.item.is_none()
        {
            self.observer.decided(place, tag, Some(element), Some(rule), Outcome::Streamed);
            return Ok(());
        }
        match rule.action {
            Action::Remove => self.tell(place, element, rule, Outcome::Removed),
            Action::Empty => self.empty(place, element, rule),
            Action::Dummy => self.dummy(place, element, rule)?,
            Action::Uid => self.uid(place, element, rule)?,
            Action::KeepUid if place.scrub => self.uid(place, element, rule)?,
            Action::KeepUid => self.keep_uid(place, element, rule)?,
            Action::Pseudonym => self.pseudonym(place, element, rule, "")?,
            Action::PatientName => self.pseudonym(place, element, rule, "^")?,
            Action::Keep if place.scrub && !value::is_plain(vr) => {
                self.dummy(place, element, rule)?;
            }
            Action::Keep => self.keep(place, element, vr, rule)?,
        }
        Ok(())
    }

    fn tell(
        &mut self,
        place: &Place<'a, '_>,
        element: &Element,
        rule: &Rule,
        outcome: Outcome<'_>,
    ) {
        self.observer.decided(place, element.tag, Some(element), Some(rule), outcome);
    }

    fn empty(&mut self, place: &Place<'a, '_>, element: &Element, rule: &Rule) {
        self.out.element(element.tag, value::proper_vr(element.tag, element.vr), &[]);
        self.tell(place, element, rule, Outcome::Emptied);
    }

    fn text(&mut self, place: &Place<'a, '_>, element: &Element, vr: VR, rule: &Rule, text: &str) {
        self.out.text(element.tag, vr, text);
        self.tell(place, element, rule, Outcome::Text(text));
    }

    /// A sequence becomes one item in which nothing is kept that could name anyone.
    fn dummy(
        &mut self,
        place: &Place<'a, '_>,
        element: &'a Element,
        rule: &Rule,
    ) -> Result<(), Reason> {
        let vr = value::proper_vr(element.tag, element.vr);
        match &element.value {
            Value::Items(items) if vr == VR::SQ => {
                self.tell(place, element, rule, Outcome::Items);
                self.out.begin_sequence(element.tag);
                let first = items.get(..1).unwrap_or_default();
                self.items(place, element.tag, first, true)?;
                self.out.end_sequence();
                return Ok(());
            }
            // An empty sequence says nothing.
            Value::Bytes(span) if vr == VR::SQ && span.length == 0 => {
                self.empty(place, element, rule)
            }
            _ => match value::dummy(vr) {
                Dummy::Text(text) => self.text(place, element, vr, rule, text),
                Dummy::Zeros(zeros) => {
                    self.out.element(element.tag, vr, zeros);
                    self.tell(place, element, rule, Outcome::Zeros);
                }
                Dummy::Uid => self.uid(place, element, rule)?,
                Dummy::None if vr == VR::SQ => {
                    return Err(not_applied(place, element, rule, "no items to make a dummy of"));
                }
                Dummy::None => self.tell(place, element, rule, Outcome::Removed),
            },
        }
        Ok(())
    }

    fn uid(&mut self, place: &Place<'a, '_>, element: &Element, rule: &Rule) -> Result<(), Reason> {
        let value = self.bytes(place, element, rule)?;
        let new = match value.contains(&b'\\') {
            false => self.keys.uid(value),
            true => {
                let each: Vec<String> =
                    value.split(|b| *b == b'\\').map(|v| self.keys.uid(v)).collect();
                each.join("\\")
            }
        };
        self.text(place, element, VR::UI, rule, &new);
        Ok(())
    }

    fn keep_uid(
        &mut self,
        place: &Place<'a, '_>,
        element: &Element,
        rule: &Rule,
    ) -> Result<(), Reason> {
        let value = self.bytes(place, element, rule)?;
        let stays = |one: &[u8]| {
            std::str::from_utf8(uid::trim(one)).is_ok_and(|text| {
                let below = rule.keep_under.is_empty()
                    || rule.keep_under.iter().any(|r| text.starts_with(r));
                text.is_empty() || (below && uid::is_valid(text))
            })
        };
        if !value.split(|b| *b == b'\\').all(stays) {
            return self.uid(place, element, rule);
        }
        self.out.element(element.tag, VR::UI, value);
        self.tell(place, element, rule, Outcome::Kept);
        Ok(())
    }

    /// Writes the pseudonym of the Patient ID at this level; without one the element is empty.
    fn pseudonym(
        &mut self,
        place: &Place<'a, '_>,
        element: &Element,
        rule: &Rule,
        suffix: &str,
    ) -> Result<(), Reason> {
        let text = |tag: Tag| -> Result<Cow<'a, str>, Reason> {
            match find(place.elements, tag) {
                Some(e) => Ok(value::key_text(VR::LO, self.bytes(place, e, rule)?, place.charset)),
                None => Ok(Cow::Borrowed("")),
            }
        };
        let id = text(PATIENT_ID)?;
        if id.is_empty() {
            self.empty(place, element, rule);
            return Ok(());
        }
        let mut pseudonym = self.keys.pseudonym(&text(PATIENT_ID_ISSUER)?, &id);
        pseudonym.push_str(suffix);
        let vr = value::proper_vr(element.tag, element.vr);
        self.text(place, element, vr, rule, &pseudonym);
        Ok(())
    }

    fn keep(
        &mut self,
        place: &Place<'a, '_>,
        element: &'a Element,
        vr: VR,
        rule: &Rule,
    ) -> Result<(), Reason> {
        if let Value::Items(items) = &element.value {
            self.tell(place, element, rule, Outcome::Items);
            self.out.begin_sequence(element.tag);
            self.items(place, element.tag, items, place.scrub)?;
            self.out.end_sequence();
            return Ok(());
        }
        let value = self.bytes(place, element, rule)?;
        // A sequence that was not read as one cannot be cleaned.
        if !value.is_empty() && value::proper_vr(element.tag, element.vr) == VR::SQ {
            return Err(not_applied(place, element, rule, "a sequence that cannot be read"));
        }
        if !value::is_readable(vr, value, place.charset) {
            return Err(undecodable(place, element.tag));
        }
        self.out.element(element.tag, vr, value);
        self.tell(place, element, rule, Outcome::Kept);
        Ok(())
    }

    fn items(
        &mut self,
        place: &Place<'a, '_>,
        sequence: Tag,
        items: &'a [Item],
        scrub: bool,
    ) -> Result<(), Reason> {
        for (at, item) in items.iter().enumerate() {
            let own = find(&item.elements, CHARACTER_SET).map(|e| self.data.value(e));
            let inside = Place {
                item: Some((place, sequence, at + 1)),
                elements: &item.elements,
                charset: own.unwrap_or(place.charset),
                scrub: scrub || place.scrub,
            };
            if item.implicit && self.out.encoding() == Encoding::ExplicitBig {
                return Err(Reason {
                    rule: RULE_NOT_APPLIED.into(),
                    path: place.path(sequence),
                    kind: "little endian items in a big endian data set".into(),
                    reference: "PS3.5 6.2.2".into(),
                });
            }
            self.out.begin_item();
            for element in &item.elements {
                self.element(&inside, element)?;
            }
            self.out.end_item();
        }
        Ok(())
    }

    /// The bytes of a value that a rule must look at.
    fn bytes(
        &self,
        place: &Place<'_, '_>,
        element: &Element,
        rule: &Rule,
    ) -> Result<&'a [u8], Reason> {
        match &element.value {
            Value::Bytes(span) => Ok(self.data.slice(*span)),
            Value::Items(_) => {
                Err(not_applied(place, element, rule, "a sequence where a value belongs"))
            }
            Value::Fragments(_) => {
                Err(not_applied(place, element, rule, "pixel fragments in the header"))
            }
            Value::Streamed => {
                Err(not_applied(place, element, rule, "bulk data outside the pixels"))
            }
            Value::Discarded(_) => {
                Err(not_applied(place, element, rule, "a value longer than the bound"))
            }
        }
    }
}

fn not_applied(
    place: &Place<'_, '_>,
    element: &Element,
    rule: &Rule,
    kind: &'static str,
) -> Reason {
    Reason {
        rule: RULE_NOT_APPLIED.into(),
        path: place.path(element.tag),
        kind: kind.into(),
        reference: rule.reference.to_string().into(),
    }
}

fn undecodable(place: &Place<'_, '_>, tag: Tag) -> Reason {
    Reason {
        rule: UNDECODABLE.into(),
        path: place.path(tag),
        kind: "text outside its character set".into(),
        reference: "PS3.5 6.1.2, TR-0047 5.1.6(2)".into(),
    }
}
