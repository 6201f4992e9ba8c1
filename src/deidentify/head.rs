//! The top of an object: its elements with the markers in their places.

use std::borrow::Cow;

use super::{
    descriptor, markers, value,
    walk::{Observer, Outcome, Place, UTF8, Walk, undecodable},
};
use crate::{
    dicom::{
        Tag, VR,
        charset::{CharacterSet, TextKind},
        dataset::{Element, Item, Value, find},
        encode::Writer,
    },
    records::Reason,
};

impl<'a, O: Observer> Walk<'a, '_, O> {
    /// The data set itself, with the markers in their places. What two of them say is known at the end only, and is put
    /// into its place then.
    pub fn head(
        &mut self,
        place: &Place<'a, '_>,
        digest: &str,
        recognizable: bool,
    ) -> Result<(), Reason> {
        let all = markers::tags(recognizable);
        let all = if self.utf8 { all } else { all.get(1..).unwrap_or_default() };
        let mut markers = all;
        let (mut codes_at, mut temporal_at) = (0, 0);
        let mut mark = |walk: &mut Self, tag, existing| {
            match tag {
                markers::TEMPORAL => temporal_at = walk.out.len(),
                markers::METHOD_CODES => codes_at = walk.codes(place, existing)?,
                _ => walk.marker(place, tag, existing, digest)?,
            }
            Ok(())
        };
        for element in place.elements {
            while let [next, rest @ ..] = markers
                && *next <= element.tag
            {
                markers = rest;
                mark(self, *next, Some(element).filter(|e| e.tag == *next))?;
            }
            if !all.contains(&element.tag) {
                self.element(place, element)?;
            }
        }
        markers.iter().try_for_each(|next| mark(self, *next, None))?;
        let done = self.carried_out();
        let temporal = markers::temporal(done);
        let existing = find(place.elements, markers::TEMPORAL);
        self.observer.decided(place, markers::TEMPORAL, existing, None, Outcome::Text(temporal));
        let mut late = Writer::new(self.out.encoding());
        late.text(markers::TEMPORAL, VR::CS, temporal);
        self.out.insert(temporal_at, &late.take());
        markers::claims(done, &mut late);
        self.out.insert(codes_at, &late.take());
        Ok(())
    }

    /// (0012,0064): the items of an earlier de-identification stay, but for those that say what was retained: that may be
    /// gone now, and is claimed anew if it is not. Gives the place for ours.
    fn codes(
        &mut self,
        place: &Place<'a, '_>,
        existing: Option<&'a Element>,
    ) -> Result<usize, Reason> {
        self.observer.decided(place, markers::METHOD_CODES, existing, None, Outcome::Items);
        self.out.begin_sequence(markers::METHOD_CODES);
        if let Some(Value::Items(items)) = existing.map(|e| &e.value) {
            let retains = |item: &Item| {
                let value = find(&item.elements, Tag(0x0008, 0x0100)).map(|e| self.data.value(e));
                value.is_some_and(markers::is_retention)
            };
            for (at, item) in items.iter().enumerate().filter(|(_, item)| !retains(item)) {
                self.item(place, markers::METHOD_CODES, (at, item), false)?;
            }
        }
        let at = self.out.len();
        self.out.end_sequence();
        Ok(at)
    }

    fn marker(
        &mut self,
        place: &Place<'a, '_>,
        tag: Tag,
        existing: Option<&'a Element>,
        digest: &str,
    ) -> Result<(), Reason> {
        match tag {
            markers::CHARACTER_SET | markers::IDENTITY_REMOVED | markers::RECOGNIZABLE => {
                let text = if tag == markers::CHARACTER_SET { UTF8 } else { "YES" };
                self.out.text(tag, VR::CS, text);
                self.observer.decided(place, tag, existing, None, Outcome::Text(text));
            }
            markers::METHOD => self.method(place, existing, digest)?,
            _ => {
                self.observer.decided(place, tag, existing, None, Outcome::Items);
                self.out.begin_sequence(tag);
                if let Some(Value::Items(items)) = existing.map(|e| &e.value) {
                    self.items(place, tag, items, false)?;
                }
                markers::equipment(self.out);
                self.out.end_sequence();
            }
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
            let before = self.earlier_method(place, before)?;
            let joint = if before.is_empty() { &b""[..] } else { b"\\" };
            let mut joined = [&before, joint, ours.as_bytes()].concat();
            if joined.len() % 2 == 1 {
                joined.push(b' ');
            }
            self.out.element(markers::METHOD, VR::LO, &joined);
        }
        self.observer.decided(place, markers::METHOD, existing, None, Outcome::Text(&ours));
        Ok(())
    }

    /// What stays of the method of an earlier de-identification, which is free text.
    fn earlier_method(
        &self,
        place: &Place<'a, '_>,
        before: &'a [u8],
    ) -> Result<Cow<'a, [u8]>, Reason> {
        if self.profile.cleans() {
            let decoded = CharacterSet::parse(place.charset).decode(before, TextKind::MultiValue);
            let cleaned = descriptor::clean(self.profile.vocabulary(), &self.words, &decoded.text);
            let kept = decoded.complete && cleaned.is_ascii();
            let words = cleaned.split('\\').filter(|value| kept && !value.trim().is_empty());
            return Ok(Cow::Owned(words.collect::<Vec<_>>().join("\\").into_bytes()));
        }
        value::readable(VR::LO, before, place.charset, self.utf8)
            .ok_or_else(|| undecodable(place, markers::METHOD))
    }
}
