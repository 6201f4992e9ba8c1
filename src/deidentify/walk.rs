//! The one place where each element's fate is decided and carried out.

use std::fmt::Write as _;

use super::{
    Done, Input, NO_INSTANCE, OVERLAY_IN_PIXELS, Part, RULE_NOT_APPLIED, UNDECODABLE,
    content::{Places, Plan, Told},
    descriptor::OwnWords,
    markers,
    private::{Kept, PrivateBlocks},
    subject::Patient,
    value,
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
        Policy, Subject,
        codes::Standing,
        options::{Options, ProfileOption},
        profile::{Action, Profile, Rule},
    },
    records::{Reason, batch::BatchKeys},
};

pub(super) const UTF8: &str = "ISO_IR 192";

/// Where the walk is: a level of the data set.
pub(super) struct Place<'a, 'p> {
    /// The item that this level is, unless it is the data set itself: where its sequence stands, which, and which item
    /// of it, from 1.
    item: Option<(&'p Place<'a, 'p>, Tag, usize)>,
    /// The elements of the level.
    pub elements: &'a [Element],
    /// The value of (0008,0005) that holds here.
    pub charset: &'a [u8],
    /// Whether this lies in a sequence that is replaced by a dummy: what no rule names is then not kept either.
    pub scrub: bool,
    /// What becomes of the level as a content item or a code.
    plan: Plan<'a>,
    /// Whether it is below a content item, or one.
    content: bool,
    /// The private elements of the level that stay, ascending.
    private: Vec<Kept>,
}

impl<'a> Place<'a, '_> {
    /// The data set itself.
    fn top(elements: &'a [Element], charset: &'a [u8]) -> Self {
        Place {
            item: None,
            elements,
            charset,
            scrub: false,
            plan: Plan::None,
            content: false,
            private: Vec::new(),
        }
    }

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

    /// Whether this is the data set itself.
    pub fn is_top(&self) -> bool {
        self.item.is_none()
    }

    /// What is done with a private element that stays.
    fn kept(&self, tag: Tag) -> Option<&Kept> {
        let at = self.private.binary_search_by_key(&tag, |kept| kept.tag).ok()?;
        self.private.get(at)
    }

    /// The sequence that this is an item of.
    pub fn sequence(&self) -> Option<Tag> {
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

    /// All that was told is void: the object is written once more, in another character set.
    fn again(&mut self) {}
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
) -> Result<Done, Reason> {
    let data = input.data_set;
    let profile = policy.profile(&Subject::of(data, input.sop_class));
    let charset = find(&data.elements, markers::CHARACTER_SET).map_or(&[][..], |e| data.value(e));
    let mut place = Place::top(&data.elements, charset);
    let safe = profile.options().has(ProfileOption::SafePrivate) && input.part == Part::Head;
    let private = safe.then(|| {
        let trust = policy.terms().trust_declared_safe;
        PrivateBlocks::new(data, policy.safe_private(), profile.options(), trust)
    });
    if let Some(blocks) = &private {
        place.private = blocks.plan(&data.elements);
    }
    overlays(data, &place)?;
    let start = out.len();
    let mut utf8 = false;
    loop {
        let mut walk = Walk {
            profile: &profile,
            keys,
            data,
            private: private.as_ref(),
            out,
            observer,
            patient: Patient::new(data, charset),
            words: OwnWords::gather(profile.vocabulary(), data),
            applied: Options::NONE,
            missed: Options::NONE,
            done: Done::default(),
            places: Places::default(),
            utf8,
            needs_utf8: false,
        };
        (place.plan, place.content) = walk.plan(&place, false)?;
        match input.part {
            Part::Head => walk.head(&place, policy.digest(), input.recognizable)?,
            Part::Tail => data.elements.iter().try_for_each(|e| walk.element(&place, e))?,
        }
        if utf8 || !walk.needs_utf8 {
            return walk.done(input.part);
        }
        utf8 = true;
        out.truncate(start);
        observer.again();
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
            let kind = "overlay bits in the pixel data";
            return Err(Reason::new(OVERLAY_IN_PIXELS, kind, "PS3.15 E.3.3, PS3.5 8.1.2")
                .at(place.path(element.tag)));
        }
    }
    Ok(())
}

/// The state of one walk.
pub(super) struct Walk<'a, 'o, O> {
    pub profile: &'a Profile,
    pub keys: &'a BatchKeys,
    pub data: &'a DataSet,
    /// Decides over private elements, if any may stay.
    private: Option<&'a PrivateBlocks<'a>>,
    pub out: &'o mut Writer,
    pub observer: &'o mut O,
    pub patient: Patient<'a>,
    /// The words of the object's own identifiers.
    pub words: OwnWords<'a>,
    /// Options whose action was carried out on a value.
    applied: Options,
    /// Options that ask to retain a value that could not be retained.
    missed: Options,
    /// The object's new names, as they were written.
    done: Done,
    /// Where content items that are referred to have gone.
    places: Places,
    /// Whether all text is written in ISO_IR 192.
    pub utf8: bool,
    /// Whether text was written that only ISO_IR 192 can hold together with the rest.
    pub needs_utf8: bool,
}

impl<'a, O: Observer> Walk<'a, '_, O> {
    /// The options that the object may claim.
    pub fn carried_out(&self) -> Options {
        self.applied.without(self.missed)
    }

    /// What came of the part. An object without a name cannot leave.
    fn done(self, part: Part) -> Result<Done, Reason> {
        if part == Part::Tail {
            return Ok(Done::default());
        }
        if self.done.sop_instance.is_empty() {
            return Err(Reason::new(NO_INSTANCE, "missing", "PS3.3 C.12.1").at("(0008,0018)"));
        }
        Ok(Done { carried_out: self.carried_out(), ..self.done })
    }

    /// Decides about an element, and carries it out.
    pub fn element(&mut self, place: &Place<'a, '_>, element: &'a Element) -> Result<(), Reason> {
        let tag = element.tag;
        if self.utf8 && tag == markers::CHARACTER_SET {
            self.out.text(tag, VR::CS, UTF8);
            self.observer.decided(place, tag, Some(element), None, Outcome::Text(UTF8));
            return Ok(());
        }
        let mut vr = value::known_vr(self.data, element);
        let rule = match (place.kept(tag), place.plan.told(self.data, element)) {
            (Some(kept), _) => {
                vr = kept.vr;
                self.profile.safe_private(kept.action, kept.judged)
            }
            (None, Some(told)) => match self.told(place, element, told) {
                Some(rule) => rule,
                None => return Ok(()),
            },
            (None, None) => self.profile.rule(tag, vr, place.sequence()),
        };
        if matches!(element.value, Value::Streamed) && tag.group() == 0x7FE0 && place.item.is_none()
        {
            self.tell(place, element, rule, Outcome::Streamed);
            return Ok(());
        }
        let Some(option) = rule.option else {
            // Nothing in the place of a dummy is cleaned.
            let scrubbed = place.scrub && rule.action == Action::CleanText;
            if scrubbed || !self.carry_out(place, element, vr, rule, rule.action)? {
                self.carry_out(place, element, vr, rule, rule.fallback)?;
            }
            return Ok(());
        };
        // Nothing in the place of a dummy is retained or cleaned.
        if !place.scrub && self.carry_out(place, element, vr, rule, rule.action)? {
            // A time of day is not shifted, so that nothing was done for it.
            let idle = rule.action == Action::ShiftDate && vr == VR::TM;
            if !idle && !value::is_blank(self.data, element) {
                self.applied.insert(option);
            }
            return Ok(());
        }
        // To drop a private element is part of retaining safe ones only.
        let retains = matches!(rule.action, Action::Keep | Action::KeepUid | Action::KeepDate)
            && option != ProfileOption::SafePrivate;
        if retains && !place.scrub {
            self.missed.insert(option);
        }
        self.carry_out(place, element, vr, rule, rule.fallback)?;
        Ok(())
    }

    /// What becomes of an item as a content item or a code, and whether what is below it is looked at.
    fn plan(&mut self, place: &Place<'a, '_>, inside: bool) -> Result<(Plan<'a>, bool), Reason> {
        let Some(content) = self.profile.content().filter(|_| !place.scrub) else {
            return Ok((Plan::None, false));
        };
        let sequence = place.sequence();
        let refused = |kind: &'static str| {
            Reason::new(RULE_NOT_APPLIED, kind, "PS3.15 E.3.4, PS3.3 C.17.3")
                .at(place.path(Tag(0x0040, 0xA040)))
        };
        let plan = Plan::of(content, self.data, sequence, place.elements, inside, &mut self.places)
            .map_err(refused)?;
        if matches!(plan, Plan::Remove(_)) && sequence.is_none() {
            return Err(refused("the document itself would go"));
        }
        // Codes outside of a tree are descriptors, and no part of any.
        let outside = !inside && matches!(plan, Plan::Code(..) | Plan::Scheme);
        match &plan {
            Plan::None | Plan::Code(Standing::Published, Some(_)) => {}
            Plan::Code(..) | Plan::Scheme if outside => {
                let option = ProfileOption::Descriptors;
                if self.profile.options().has(option) {
                    self.applied.insert(option);
                }
            }
            _ if sequence.is_some() => self.applied.insert(ProfileOption::StructuredContent),
            _ => {}
        }
        let inside = inside || !(outside || matches!(plan, Plan::None));
        Ok((plan, inside))
    }

    /// Writes what the plan of an item says of an element; gives the rule where it is a rule.
    fn told<'p>(
        &mut self,
        place: &Place<'a, '_>,
        element: &Element,
        told: Told<'p>,
    ) -> Option<&'p Rule>
    where
        'a: 'p,
    {
        let content = self.profile.content()?;
        let vr = value::proper_vr(element.tag, element.vr);
        match told {
            Told::Value(rule) => return Some(rule),
            Told::Text(text) => {
                self.out.text(element.tag, vr, text);
                self.tell(place, element, content.code(), Outcome::Text(text));
            }
            Told::Bytes(bytes) => {
                self.out.element(element.tag, vr, bytes);
                self.tell(place, element, content.reference(), Outcome::Kept);
            }
            Told::Removed => self.tell(place, element, content.code(), Outcome::Removed),
        }
        None
    }

    pub fn tell(
        &mut self,
        place: &Place<'a, '_>,
        element: &Element,
        rule: &Rule,
        outcome: Outcome<'_>,
    ) {
        if place.is_top()
            && let Some(name) = self.done.name(element.tag)
        {
            let kept = || std::str::from_utf8(uid::trim(self.data.value(element)));
            *name = match outcome {
                Outcome::Text(new) => new.to_owned(),
                Outcome::Kept => kept().unwrap_or_default().to_owned(),
                _ => String::new(),
            };
        }
        self.observer.decided(place, element.tag, Some(element), Some(rule), outcome);
    }

    pub fn items(
        &mut self,
        place: &Place<'a, '_>,
        sequence: Tag,
        items: &'a [Item],
        scrub: bool,
    ) -> Result<(), Reason> {
        items.iter().enumerate().try_for_each(|item| self.item(place, sequence, item, scrub))
    }

    pub fn item(
        &mut self,
        place: &Place<'a, '_>,
        sequence: Tag,
        (at, item): (usize, &'a Item),
        scrub: bool,
    ) -> Result<(), Reason> {
        let own = find(&item.elements, markers::CHARACTER_SET).map(|e| self.data.value(e));
        let scrub = scrub || place.scrub;
        let private = self.private.filter(|_| !scrub);
        let mut inside = Place {
            item: Some((place, sequence, at + 1)),
            elements: &item.elements,
            charset: own.unwrap_or(place.charset),
            scrub,
            plan: Plan::None,
            content: false,
            private: private.map_or_else(Vec::new, |blocks| blocks.plan(&item.elements)),
        };
        (inside.plan, inside.content) = self.plan(&inside, place.content)?;
        if item.implicit && self.out.encoding() == Encoding::ExplicitBig {
            let kind = "little endian items in a big endian data set";
            return Err(Reason::new(RULE_NOT_APPLIED, kind, "PS3.5 6.2.2").at(place.path(sequence)));
        }
        if let Plan::Remove(rule) = inside.plan {
            item.elements.iter().for_each(|e| self.tell(&inside, e, rule, Outcome::Removed));
            return Ok(());
        }
        self.out.begin_item();
        for element in &item.elements {
            self.element(&inside, element)?;
        }
        self.out.end_item();
        Ok(())
    }

    /// The bytes of a value that a rule must look at.
    pub fn bytes(
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

pub(super) fn not_applied(
    place: &Place<'_, '_>,
    element: &Element,
    rule: &Rule,
    kind: &'static str,
) -> Reason {
    Reason::new(RULE_NOT_APPLIED, kind, rule.reference.to_string()).at(place.path(element.tag))
}

pub(super) fn undecodable(place: &Place<'_, '_>, tag: Tag) -> Reason {
    let reference = "PS3.5 6.1.2, TR-0047 5.1.6(2)";
    Reason::new(UNDECODABLE, "text outside its character set", reference).at(place.path(tag))
}
