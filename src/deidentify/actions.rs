//! The actions: how each is carried out on one element.

use std::borrow::Cow;

use super::{
    content, date, descriptor, markers,
    value::{self, Dummy},
    walk::{Observer, Outcome, Place, Walk, not_applied, undecodable},
};
use crate::{
    dicom::{
        Tag, VR,
        charset::CharacterSet,
        dataset::{Element, Value, find},
        uid,
    },
    policy::profile::{Action, Rule},
    records::Reason,
};

const PATIENT_ID: Tag = Tag(0x0010, 0x0020);
/// The dummy of a code string.
const UNKNOWN: &str = "UNKNOWN";
const PATIENT_ID_ISSUER: Tag = Tag(0x0010, 0x0021);

impl<'a, O: Observer> Walk<'a, '_, O> {
    /// Carries an action out. False where it cannot be: nothing was written then, and the fallback stands in. Only actions
    /// that options ask for can fail so.
    pub fn carry_out(
        &mut self,
        place: &Place<'a, '_>,
        element: &'a Element,
        vr: VR,
        rule: &Rule,
        action: Action,
    ) -> Result<bool, Reason> {
        match action {
            Action::Remove => self.tell(place, element, rule, Outcome::Removed),
            Action::Empty => self.empty(place, element, rule),
            Action::Dummy => self.dummy(place, element, rule)?,
            Action::Uid => self.uid(place, element, rule)?,
            Action::KeepUid if place.scrub => self.uid(place, element, rule)?,
            Action::KeepUid => return self.keep_uid(place, element, rule),
            Action::Pseudonym => self.pseudonym(place, element, rule, "")?,
            Action::PatientName => self.pseudonym(place, element, rule, "^")?,
            Action::Keep if place.scrub && !value::is_plain(vr) => {
                self.dummy(place, element, rule)?;
            }
            Action::Keep => return self.keep(place, element, vr, rule),
            Action::KeepDate => return Ok(self.keep_date(place, element, vr, rule)),
            Action::ShiftDate => return Ok(self.shift_date(place, element, vr, rule)),
            Action::CleanText => return self.clean_text(place, element, vr, rule),
            Action::Age => return Ok(self.age(place, element, rule)),
            Action::Refuse => {
                return Err(not_applied(place, element, rule, "a needed value of another VR"));
            }
        }
        Ok(true)
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

    /// Keeps UIDs; what is none is mapped, and was then not kept.
    fn keep_uid(
        &mut self,
        place: &Place<'a, '_>,
        element: &Element,
        rule: &Rule,
    ) -> Result<bool, Reason> {
        let value = self.bytes(place, element, rule)?;
        let stays = |one: &[u8]| {
            std::str::from_utf8(uid::trim(one)).is_ok_and(|text| {
                let below = rule.keep_under.is_empty()
                    || rule.keep_under.iter().any(|r| text.starts_with(r));
                text.is_empty() || (below && uid::is_valid(text))
            })
        };
        if value.split(|b| *b == b'\\').all(stays) {
            self.out.element(element.tag, VR::UI, value);
            self.tell(place, element, rule, Outcome::Kept);
            return Ok(true);
        }
        if rule.option.is_none() {
            self.uid(place, element, rule)?;
        }
        Ok(rule.option.is_none())
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
    ) -> Result<bool, Reason> {
        if let Value::Items(items) = &element.value {
            // What only an option keeps is not worth an object: such items go as the profile says.
            if rule.option.is_some() && !content::can_be(element.tag, items) {
                return Ok(false);
            }
            self.tell(place, element, rule, Outcome::Items);
            let before = self.out.len();
            self.out.begin_sequence(element.tag);
            let inside = self.out.len();
            self.items(place, element.tag, items, place.scrub)?;
            let nothing = !items.is_empty() && self.out.len() == inside;
            match nothing && content::may_go(element.tag) {
                true => self.out.truncate(before),
                false => self.out.end_sequence(),
            }
            return Ok(true);
        }
        let value = self.bytes(place, element, rule)?;
        // A sequence that was not read as one cannot be cleaned.
        if !value.is_empty() && value::proper_vr(element.tag, element.vr) == VR::SQ {
            return Err(not_applied(place, element, rule, "a sequence that cannot be read"));
        }
        if vr == VR::CS && self.profile.cleans() && !self.is_term(element.tag, value) {
            return Ok(self.foreign(place, element, rule, value));
        }
        let Some(readable) = value::readable(vr, value, place.charset, self.utf8) else {
            return self.unreadable(place, element, rule);
        };
        self.out.element(element.tag, vr, &readable);
        self.tell(place, element, rule, Outcome::Kept);
        Ok(true)
    }

    /// Whether each value of a code string says what it says by a definition, or in words of the vocabulary.
    fn is_term(&self, tag: Tag, value: &[u8]) -> bool {
        if tag == markers::CHARACTER_SET {
            return CharacterSet::parse(value).is_known();
        }
        let values = value.split(|b| *b == b'\\');
        values.into_iter().all(|one| self.is_code(one))
    }

    fn is_code(&self, one: &[u8]) -> bool {
        let text = std::str::from_utf8(one).map(|text| text.trim_matches([' ', '\0']));
        text.is_ok_and(|t| descriptor::is_code(self.profile.vocabulary(), &self.words, t))
    }

    /// A code string that is somebody's own text: what nobody knows of it goes. False where an option wanted to keep it, and
    /// the profile decides.
    fn foreign(
        &mut self,
        place: &Place<'a, '_>,
        element: &Element,
        rule: &Rule,
        value: &[u8],
    ) -> bool {
        let several = element.tag != markers::CHARACTER_SET;
        let known = |one: &&[u8]| several && self.is_code(one);
        let values: Vec<&[u8]> = value.split(|b| *b == b'\\').collect();
        let left: Vec<&[u8]> =
            values.iter().map(|one| if known(one) { *one } else { b"" }).collect();
        let last = left.iter().rposition(|one| !one.trim_ascii().is_empty());
        if last.is_none() && rule.option.is_some() {
            return false;
        }
        let profile = self.profile;
        let rule = profile.foreign(element.tag, place.sequence(), last.is_none());
        let left = left.get(..last.map_or(0, |at| at + 1)).unwrap_or_default().join(&b'\\');
        match (rule.action, std::str::from_utf8(&left)) {
            (Action::CleanText, Ok(text)) => self.text(place, element, VR::CS, rule, text),
            (Action::Dummy, _) => self.text(place, element, VR::CS, rule, UNKNOWN),
            (Action::Empty, _) => self.empty(place, element, rule),
            _ => self.tell(place, element, rule, Outcome::Removed),
        }
        true
    }

    /// What becomes of a value that would be kept and cannot be read: what the profile says without the option that keeps
    /// it, or what the IOD allows.
    fn unreadable(
        &mut self,
        place: &Place<'a, '_>,
        element: &'a Element,
        rule: &Rule,
    ) -> Result<bool, Reason> {
        if rule.option.is_some() && rule.fallback != Action::Keep {
            return Ok(false);
        }
        let profile = self.profile;
        match profile.unreadable(element.tag, place.sequence()) {
            Some(rule) if rule.action == Action::Empty => self.empty(place, element, rule),
            Some(rule) => self.tell(place, element, rule, Outcome::Removed),
            None => return Err(undecodable(place, element.tag)),
        }
        Ok(true)
    }

    /// The value of an element that an option wants to keep or clean, unless it is not in memory.
    fn held(&self, element: &Element) -> Option<&'a [u8]> {
        match element.value {
            Value::Bytes(span) => Some(self.data.slice(span)),
            _ => None,
        }
    }

    fn keep_date(&mut self, place: &Place<'a, '_>, element: &Element, vr: VR, rule: &Rule) -> bool {
        let Some(value) = self.held(element).filter(|v| date::is_valid(vr, v)) else {
            return false;
        };
        self.out.element(element.tag, vr, value);
        self.tell(place, element, rule, Outcome::Kept);
        true
    }

    fn shift_date(
        &mut self,
        place: &Place<'a, '_>,
        element: &Element,
        vr: VR,
        rule: &Rule,
    ) -> bool {
        let Some(days) = self.patient.offset(self.keys) else { return false };
        let Some(new) = self.held(element).and_then(|value| date::shift(vr, value, days)) else {
            return false;
        };
        self.out.element(element.tag, vr, &new);
        let outcome = match (&new, std::str::from_utf8(&new)) {
            (Cow::Owned(_), Ok(text)) => Outcome::Text(text),
            _ => Outcome::Kept,
        };
        self.tell(place, element, rule, outcome);
        true
    }

    /// Keeps what the vocabulary knows of a text. A text of which nothing is left was not cleaned but removed.
    fn clean_text(
        &mut self,
        place: &Place<'a, '_>,
        element: &'a Element,
        vr: VR,
        rule: &Rule,
    ) -> Result<bool, Reason> {
        let (Some(kind), Some(value)) = (value::text_kind(vr), self.held(element)) else {
            return Ok(false);
        };
        if value::is_blank(self.data, element) {
            self.out.element(element.tag, vr, &[]);
            self.tell(place, element, rule, Outcome::Emptied);
            return Ok(true);
        }
        let set = CharacterSet::parse(place.charset);
        let decoded = set.decode(value, kind);
        if !decoded.complete {
            return Ok(false);
        }
        let text = decoded.text.trim_matches([' ', '\0']);
        let cleaned = descriptor::clean(self.profile.vocabulary(), &self.words, text);
        if cleaned.is_empty() {
            return Ok(false);
        }
        if *cleaned == *text {
            return self.keep(place, element, vr, rule);
        }
        self.needs_utf8 |= !cleaned.is_ascii() && !set.is_utf8();
        self.text(place, element, vr, rule, &cleaned);
        Ok(true)
    }

    fn age(&mut self, place: &Place<'a, '_>, element: &Element, rule: &Rule) -> bool {
        let Some(stated) = self.held(element) else { return false };
        let (birth, study) = match place.is_top() {
            true => self.patient.age_dates(),
            false => (None, None),
        };
        let Some(age) = date::age(stated, birth, study, self.profile.ages()) else { return false };
        self.text(place, element, VR::AS, rule, &age);
        true
    }
}
