//! G2-07 for private elements: which of them may be in an output (standards 2.6). Judged from the output alone: what it
//! claims, who reserved the block, what the standard's list says of the element, or ours of it and its value.

use super::walk::Visit;
use crate::{
    dicom::{
        Tag, VR,
        dataset::{DataSet, Element, Item, Value, find},
        syntax::Encoding,
    },
    policy::{Terms, options::ProfileOption, safe_private::SafePrivate},
};

mod form;
#[cfg(test)]
mod tests;

/// A binary value longer than this cannot be looked through for what a person would see in it.
const MAX_BINARY: usize = 1024;

/// Declarations that are gone through for each element. An object has a few; with more none counts.
const MAX_DECLARED: usize = 256;

/// What may stay in one output.
pub(super) struct PrivateCheck<'a> {
    output: &'a DataSet,
    safe: &'a SafePrivate,
    /// Whether any may: the route wants it, and the object says so.
    any: bool,
    /// The items of (0008,0300), if the route trusts them.
    declared: &'a [Item],
}

impl<'a> PrivateCheck<'a> {
    pub(super) fn new(output: &'a DataSet, safe: &'a SafePrivate, terms: Terms) -> Self {
        let code = |item: &Item| {
            let value = find(&item.elements, Tag(0x0008, 0x0100)).map(|e| output.value(e));
            value.is_some_and(|v| v.trim_ascii() == ProfileOption::SafePrivate.code().as_bytes())
        };
        let claimed = items(output, Tag(0x0012, 0x0064)).iter().any(code);
        let trusted = terms.trust_declared_safe.then(|| items(output, Tag(0x0008, 0x0300)));
        let declared = trusted.filter(|items| items.len() <= MAX_DECLARED).unwrap_or_default();
        let any = claimed && terms.options.has(ProfileOption::SafePrivate);
        PrivateCheck { output, safe, any, declared }
    }

    /// The VR by which the value of a private element is checked, if the element may be there at all. `None` for all
    /// others.
    pub(super) fn vr(&self, visit: &Visit<'_>) -> Option<VR> {
        let Tag(group, number) = visit.tag();
        if !self.any || group % 2 == 0 || !(0x0009..0xFFFF).contains(&group) {
            return None;
        }
        match number {
            0x0010..=0x00FF => {
                let creator = self.creator(visit.level(), visit.tag())?;
                let known = self.safe.knows(group, creator) || self.declares(group, creator, None);
                known.then_some(VR::LO)
            }
            0x1000.. => {
                let creator = self.creator(visit.level(), Tag(group, number >> 8))?;
                let vr = self.element(visit, group, number.to_be_bytes()[1], creator)?;
                let room = !is_bulk(vr) || visit.value.len() <= MAX_BINARY;
                let names = matches!(vr, VR::PN | VR::AE | VR::UR | VR::UN);
                (room && !names).then_some(vr)
            }
            _ => None,
        }
    }

    fn element(&self, visit: &Visit<'_>, group: u16, low: u8, creator: &str) -> Option<VR> {
        let stated = visit.element.vr;
        let Some(listed) = self.safe.get(group, low, creator) else {
            return self.declares(group, creator, Some(low)).then_some(stated);
        };
        // Implicit VR does not say it.
        let implicit = stated == VR::UN && self.output.encoding == Encoding::ImplicitLittle;
        let vr = if implicit { listed.only_vr() } else { Some(stated) };
        let big = self.output.encoding == Encoding::ExplicitBig;
        vr.filter(|vr| {
            let form = listed.form.as_ref();
            listed.vrs.contains(vr)
                && form.is_none_or(|form| form::is_kept(form, *vr, visit.value, big))
        })
    }

    /// Who reserved a block of a level.
    fn creator(&self, level: &[Element], tag: Tag) -> Option<&'a str> {
        let element = find(level, tag).filter(|e| e.vr == VR::LO)?;
        match element.value {
            Value::Bytes(span) => text(self.output.slice(span)),
            _ => None,
        }
    }

    /// Whether a trusted declaration calls an element of a block safe, or anything of the block.
    fn declares(&self, group: u16, creator: &str, low: Option<u8>) -> bool {
        let big = self.output.encoding == Encoding::ExplicitBig;
        self.declared.iter().any(|item| {
            let value = |number| {
                let found = find(&item.elements, Tag(0x0008, number));
                found.map_or(&[][..], |e| self.output.value(e))
            };
            let number =
                |wanted: u16| if big { wanted.to_be_bytes() } else { wanted.to_le_bytes() };
            let listed =
                |low: u8| value(0x0304).chunks_exact(2).any(|pair| pair == number(u16::from(low)));
            value(0x0301) == number(group)
                && text(value(0x0302)) == Some(creator)
                && match text(value(0x0303)) {
                    Some("SAFE") => true,
                    Some("MIXED") => low.is_none_or(listed),
                    _ => false,
                }
        })
    }
}

fn is_bulk(vr: VR) -> bool {
    matches!(vr, VR::OB | VR::OW | VR::OF | VR::OD | VR::OL | VR::OV)
}

fn text(value: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(value).ok().filter(|t| t.is_ascii())?;
    Some(text.trim_matches([' ', '\0']))
}

fn items(data: &DataSet, sequence: Tag) -> &[Item] {
    match data.find(sequence).map(|e| &e.value) {
        Some(Value::Items(items)) => items,
        _ => &[],
    }
}
