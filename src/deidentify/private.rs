//! Which private elements stay (PS3.15 E.3.10, standards 2.6), and what is done with the value of each. Those that the
//! standard lists are cleaned by their VR; those that only our own list has stay if their value has the form that it gives.
//!
//! An element stays for what it is, never for where it stands: its number names a block, the Private Creator at the same
//! level says whose block that is, and the creator and the element's number in its block are looked up. A kept element
//! keeps its number: software reads private elements by fixed numbers (`dcm2niix` wants (0019,100C)), so to move
//! blocks together would break it, and the number of a block says nothing about anyone.
//!
//! Two blocks of one creator in a group, which PS3.5 7.8.1 forbids, are no reason to drop either: from element to
//! creator there is one way only. Only a declaration inside the object, which names a block by its creator, does not
//! say which of the two it means, and then makes neither safe.

use super::value::can_be;
use crate::{
    dicom::{
        Tag, VR,
        dataset::{DataSet, Element, Item, Value, find},
        syntax::Encoding,
    },
    policy::{
        options::{Options, ProfileOption},
        profile::Action,
        safe_private::{Form, Safe, SafePrivate},
    },
};

mod form;
#[cfg(test)]
mod tests;

/// A private element that stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kept {
    /// Its tag.
    pub tag: Tag,
    /// The VR to write it with.
    pub vr: VR,
    /// What is done with its value. A value that it cannot be done to goes.
    pub action: Action,
    /// Whether it is our own list that calls it safe.
    pub judged: bool,
}

/// Binary values up to this length may stay. A longer one can be a picture, with a name burned in, that no check of
/// pixels looks at (the list has several that are: volumes, frames, codec content).
const MAX_BINARY: usize = 256;

/// Private Creator Reference, in a declaration of private elements.
const CREATOR_REFERENCE: Tag = Tag(0x0008, 0x0302);

/// As many printable characters in a row are text. Shorter runs turn up in numbers all the time.
const MIN_RUN: usize = 6;

/// Decides over the private elements of one object.
pub(super) struct PrivateBlocks<'a> {
    data: &'a DataSet,
    safe: &'a SafePrivate,
    declared: Vec<Declared<'a>>,
    trust_declared: bool,
    /// What is done with dates and times; nothing can be where none may stay.
    dates: Option<Action>,
}

impl<'a> PrivateBlocks<'a> {
    /// For an object, by the list and the options that hold for it. What the object itself declares to be identifying (0008,0306) goes in any case; what
    /// it declares to be safe (0008,0303), (0008,0304) stays only with `trust_declared`: everyone can declare.
    pub fn new(
        data: &'a DataSet,
        safe: &'a SafePrivate,
        options: Options,
        trust_declared: bool,
    ) -> Self {
        let dates = if options.has(ProfileOption::ModifiedDates) {
            Some(Action::ShiftDate)
        } else {
            options.has(ProfileOption::FullDates).then_some(Action::KeepDate)
        };
        PrivateBlocks { data, safe, declared: declarations(data), trust_declared, dates }
    }

    /// The private elements of a level that stay, with the creators of their blocks, ascending. Allocates only where
    /// there are any.
    pub fn plan(&self, level: &[Element]) -> Vec<Kept> {
        let mut plan: Vec<Kept> = Vec::new();
        let mut block: Option<Block<'_>> = None;
        for element in level {
            let Tag(group, number) = element.tag;
            if !may_be_private(group) || number < 0x1000 {
                continue;
            }
            let reserved = Tag(group, number >> 8);
            if block.as_ref().is_none_or(|block| block.reserved != reserved) {
                block = Some(self.block(level, reserved));
            }
            let Some(block) = &mut block else { continue };
            let Some(kept) = self.element(element, block) else { continue };
            if !block.stays {
                block.stays = true;
                let (vr, action, judged) = (VR::LO, Action::Keep, kept.judged);
                plan.push(Kept { tag: reserved, vr, action, judged });
            }
            plan.push(kept);
        }
        // A declaration that is trusted stays, with the creator that it names: without it nobody else could trust it.
        let reference = find(level, CREATOR_REFERENCE).filter(|_| self.trust_declared);
        if let Some(Element { value: Value::Bytes(span), .. }) = reference
            && let Some(creator) = creator_name(self.data.slice(*span))
            && self.declared.iter().any(|d| d.creator == creator)
        {
            let (tag, vr, action) = (CREATOR_REFERENCE, VR::LO, Action::Keep);
            plan.push(Kept { tag, vr, action, judged: false });
        }
        plan.sort_unstable_by_key(|kept| kept.tag);
        plan
    }

    /// What is known of a block.
    fn block(&self, level: &[Element], reserved: Tag) -> Block<'_> {
        let creator = self.creator(level, reserved);
        let key = (reserved.group(), creator.unwrap_or_default());
        let declared = self.declared.binary_search_by_key(&key, |d| (d.group, d.creator));
        let declared = declared.ok().and_then(|at| self.declared.get(at));
        let trusted = declared.is_some() && self.trust_declared && {
            let creators = (0x10..=0xFF).map(|b| self.creator(level, Tag(reserved.group(), b)));
            creators.filter(|other| *other == creator).count() == 1
        };
        Block { reserved, creator, declared, trusted, stays: false }
    }

    /// Who reserved a block of this level, if it is said properly: one value of printable ASCII.
    fn creator(&self, level: &[Element], reserved: Tag) -> Option<&'a str> {
        let element = find(level, reserved)?;
        let Value::Bytes(span) = element.value else { return None };
        matches!(element.vr, VR::LO | VR::UN).then_some(())?;
        creator_name(self.data.slice(span))
    }

    fn element(&self, element: &Element, block: &Block<'_>) -> Option<Kept> {
        let Tag(group, number) = element.tag;
        let [_, low] = number.to_be_bytes();
        if block.declared.is_some_and(|d| d.identifying.has(low)) {
            return None;
        }
        let listed = self.safe.get(group, low, block.creator?);
        let vr = match listed {
            Some(safe) => self.vr(element, safe)?,
            None => {
                let safe = block.trusted && block.declared.is_some_and(|d| d.safe.has(low));
                (safe && element.vr != VR::UN).then_some(element.vr)?
            }
        };
        let form = listed.and_then(|safe| safe.form.as_ref());
        let action = match &element.value {
            Value::Items(_) => (vr == VR::SQ).then_some(Action::Keep)?,
            Value::Bytes(span) => match form {
                Some(form) => self.has(form, vr, self.data.slice(*span)).then_some(Action::Keep)?,
                None => self.action(vr, self.data.slice(*span))?,
            },
            Value::Fragments(_) | Value::Streamed | Value::Discarded(_) => return None,
        };
        Some(Kept { tag: element.tag, vr, action, judged: form.is_some() })
    }

    /// The VR of a listed element: as stated, if the list agrees; the list's, where it came as UN and can be it.
    fn vr(&self, element: &Element, listed: &Safe) -> Option<VR> {
        if listed.vrs.contains(&element.vr) {
            return Some(element.vr);
        }
        match (listed.only_vr(), &element.value) {
            (Some(vr), Value::Bytes(span)) if element.vr == VR::UN => {
                can_be(vr, span.length as usize, self.data.encoding).then_some(vr)
            }
            _ => None,
        }
    }

    fn has(&self, form: &Form, vr: VR, value: &[u8]) -> bool {
        form::fits(form, vr, value, self.data.encoding == Encoding::ExplicitBig)
    }

    /// What is done with a value; `None` where it cannot stay.
    fn action(&self, vr: VR, value: &[u8]) -> Option<Action> {
        use VR::{
            AE, AS, AT, CS, DA, DS, DT, FD, FL, IS, LO, LT, OB, OD, OF, OL, OV, OW, PN, SH, SL, SQ,
            SS, ST, SV, TM, UC, UI, UL, UN, UR, US, UT, UV,
        };
        let keep = |good: bool| good.then_some(Action::Keep);
        match vr {
            UI => Some(Action::Uid),
            DA | DT | TM => self.dates,
            AS => Some(Action::Age),
            CS => keep(each(value, is_code)),
            IS => keep(each(value, is_integer)),
            DS => keep(each(value, is_decimal)),
            LO | SH | ST | LT | UT | UC => Some(Action::CleanText),
            US | SS | UL | SL | FL | FD | SV | UV | AT => keep(!is_run(value.iter())),
            OB | OW | OF | OD | OL | OV => keep(value.len() <= MAX_BINARY && !holds_text(value)),
            // Names, and what nobody can look into.
            PN | AE | UR | UN | SQ => None,
        }
    }
}

/// A block of a level.
struct Block<'a> {
    /// The tag of its creator.
    reserved: Tag,
    creator: Option<&'a str>,
    /// What the object says of the creator's block in this group.
    declared: Option<&'a Declared<'a>>,
    /// Whether that makes elements safe: the route trusts it, and there is one such block only.
    trusted: bool,
    /// Whether something of it stays.
    stays: bool,
}

/// Whether a group may hold private elements (PS3.5 7.8).
fn may_be_private(group: u16) -> bool {
    group % 2 == 1 && (0x0009..0xFFFF).contains(&group)
}

/// A creator without its padding.
fn creator_name(value: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(value).ok()?.trim_matches([' ', '\0']);
    let plain = text.bytes().all(|b| is_printable(b) && b != b'\\');
    (plain && (1..=64).contains(&text.len())).then_some(text)
}

/// Whether each value of a string, without padding, is empty or as it should be.
fn each(value: &[u8], good: impl Fn(&[u8]) -> bool) -> bool {
    value.split(|b| *b == b'\\').all(|one| {
        let end = one.iter().rposition(|b| !matches!(b, b' ' | 0)).map_or(0, |at| at + 1);
        let one = one.get(..end).unwrap_or_default().trim_ascii_start();
        one.is_empty() || good(one)
    })
}

/// A code string (PS3.5 6.2).
fn is_code(text: &[u8]) -> bool {
    text.len() <= 16 && text.iter().all(|b| matches!(b, b'A'..=b'Z' | b'0'..=b'9' | b'_' | b' '))
}

fn is_integer(text: &[u8]) -> bool {
    text.len() <= 12 && std::str::from_utf8(text).is_ok_and(|t| t.parse::<i32>().is_ok())
}

fn is_decimal(text: &[u8]) -> bool {
    let plain = |b: &u8| matches!(b, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E');
    let parses = || std::str::from_utf8(text).is_ok_and(|t| t.parse::<f64>().is_ok());
    text.len() <= 16 && text.iter().all(plain) && parses()
}

/// Whether bytes hold text: a run of printable characters, one or two bytes each (UTF-16).
fn holds_text(bytes: &[u8]) -> bool {
    let wide = |from| is_run(bytes.iter().skip(from).step_by(2));
    is_run(bytes.iter()) || wide(0) || wide(1)
}

/// Whether enough printable characters stand in a row. Small numbers of two bytes each are no text in UTF-16, so that
/// numbers are looked at byte by byte only.
fn is_run<'b>(mut bytes: impl Iterator<Item = &'b u8>) -> bool {
    let mut run = 0;
    bytes.any(|b| {
        run = if is_printable(*b) { run + 1 } else { 0 };
        run >= MIN_RUN
    })
}

fn is_printable(byte: u8) -> bool {
    (b' '..=b'~').contains(&byte)
}

/// What an object says of a creator's block in a group, in items of Private Data Element Characteristics Sequence
/// (PS3.3 C.12.1).
struct Declared<'a> {
    group: u16,
    creator: &'a str,
    /// All elements if (0008,0303) is SAFE, those of (0008,0304) if it is MIXED.
    safe: Numbers,
    /// The elements of (0008,0306).
    identifying: Numbers,
}

/// A set of elements of a block, by the lower byte of their numbers.
#[derive(Clone, Copy, Default)]
struct Numbers([u64; 4]);

impl Numbers {
    const ALL: Numbers = Numbers([u64::MAX; 4]);

    fn has(self, element: u8) -> bool {
        self.0.get(usize::from(element / 64)).is_some_and(|word| word >> (element % 64) & 1 == 1)
    }

    /// With the values of a US. A value that is no element's number says nothing.
    fn with(mut self, values: &[u8], big: bool) -> Numbers {
        for value in values.chunks_exact(2).filter_map(|pair| number(pair, big)) {
            if let Some(word) = self.0.get_mut(usize::from(value / 64)) {
                *word |= 1 << (value % 64);
            }
        }
        self
    }

    fn and(self, other: Numbers) -> Numbers {
        let mut words = self.0;
        words.iter_mut().zip(other.0).for_each(|(word, other)| *word |= other);
        Numbers(words)
    }
}

/// The declarations of an object, ascending by group and creator, those about the same block as one. One that cannot be
/// read says nothing.
fn declarations(data: &DataSet) -> Vec<Declared<'_>> {
    let mut found: Vec<Declared<'_>> = Vec::new();
    for item in items(&data.elements, Tag(0x0008, 0x0300)) {
        let big = data.encoding == Encoding::ExplicitBig && !item.implicit;
        let value = |level: &[Element], number| {
            find(level, Tag(0x0008, number)).map_or(&[][..], |e| data.value(e))
        };
        let group = number(value(&item.elements, 0x0301), big);
        let Some((group, creator)) = group.zip(creator_name(value(&item.elements, 0x0302))) else {
            continue;
        };
        let safe = match value(&item.elements, 0x0303).trim_ascii() {
            b"SAFE" => Numbers::ALL,
            b"MIXED" => Numbers::default().with(value(&item.elements, 0x0304), big),
            _ => Numbers::default(),
        };
        let actions = items(&item.elements, Tag(0x0008, 0x0305)).iter();
        let identifying = actions.fold(Numbers::default(), |numbers, action| {
            numbers.with(value(&action.elements, 0x0306), big)
        });
        found.push(Declared { group, creator, safe, identifying });
    }
    found.sort_unstable_by_key(|d| (d.group, d.creator));
    found.dedup_by(|later, first| {
        let same = (later.group, later.creator) == (first.group, first.creator);
        if same {
            first.safe = first.safe.and(later.safe);
            first.identifying = first.identifying.and(later.identifying);
        }
        same
    });
    found
}

fn items(level: &[Element], sequence: Tag) -> &[Item] {
    match find(level, sequence).map(|e| &e.value) {
        Some(Value::Items(items)) => items,
        _ => &[],
    }
}

/// The value of a US.
fn number(value: &[u8], big: bool) -> Option<u16> {
    let pair = <[u8; 2]>::try_from(value).ok()?;
    Some(if big { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) })
}
