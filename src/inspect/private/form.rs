//! A value of a private attribute of our own list against the form that the list gives it, by a reading of its own.

use crate::{
    dicom::VR,
    policy::safe_private::{Form, Kind},
};

/// Whether a form lets this value stand. Nothing stands in every form.
pub(super) fn is_kept(form: &Form, vr: VR, value: &[u8], big: bool) -> bool {
    if value.is_empty() {
        return true;
    }
    match &form.kind {
        Kind::Items => false,
        Kind::Words(words) => {
            let known = |text: &str| words.iter().any(|word| reads(word, text));
            texts(vr, value, form.most).is_some_and(|mut texts| texts.all(known))
        }
        Kind::Between(low, high) => {
            let within = |number: f64| (*low..=*high).contains(&number);
            let plain = |c: char| c.is_ascii_digit() || "+-.eE".contains(c);
            let written = |text: &str| text.chars().all(plain) && text.parse().is_ok_and(within);
            match texts(vr, value, form.most) {
                Some(mut texts) => texts.all(written),
                None => numbers(vr, value, form.most, big, within),
            }
        }
    }
}

/// The values of a text that say something, if it is one and has no more values than that.
fn texts(vr: VR, value: &[u8], most: usize) -> Option<impl Iterator<Item = &str>> {
    let text = matches!(vr, VR::IS | VR::DS | VR::CS | VR::SH | VR::LO).then_some(value)?;
    let text = std::str::from_utf8(text).ok().filter(|text| text.is_ascii());
    let text = text.filter(|text| text.split('\\').count() <= most);
    // What is not ASCII is one value, and no number or word.
    let values = text.unwrap_or("?").split('\\').map(|one| one.trim_matches([' ', '\0']));
    Some(values.filter(|one| !one.is_empty()))
}

/// Whether a value of a binary VR is whole numbers of bytes, not too many, and each as it should be.
fn numbers(vr: VR, value: &[u8], most: usize, big: bool, good: impl Fn(f64) -> bool) -> bool {
    fn all<const N: usize>(
        (value, most, big): (&[u8], usize, bool),
        good: impl Fn([u8; N]) -> bool,
    ) -> bool {
        let (parts, rest) = value.as_chunks::<N>();
        let turned = |part: &[u8; N]| {
            let mut part = *part;
            if big {
                part.reverse();
            }
            part
        };
        rest.is_empty() && parts.len() <= most && parts.iter().map(turned).all(good)
    }
    let of = (value, most, big);
    match vr {
        VR::US => all(of, |b| good(u16::from_le_bytes(b).into())),
        VR::SS => all(of, |b| good(i16::from_le_bytes(b).into())),
        VR::UL => all(of, |b| good(u32::from_le_bytes(b).into())),
        VR::SL => all(of, |b| good(i32::from_le_bytes(b).into())),
        VR::FL => all(of, |b| good(f32::from_le_bytes(b).into())),
        VR::FD => all(of, |b| good(f64::from_le_bytes(b))),
        _ => false,
    }
}

/// Whether a text reads as a word of the list: what lies between its fixed parts must be short numbers.
fn reads(word: &str, text: &str) -> bool {
    let mut parts = word.split('#');
    let Some(mut rest) = parts.next().and_then(|start| text.strip_prefix(start)) else {
        return false;
    };
    for part in parts {
        let end = rest.find(|c: char| !c.is_ascii_digit() && !"+-.".contains(c));
        let (number, behind) = rest.split_at(end.unwrap_or(rest.len()));
        let Some(behind) = behind.strip_prefix(part).filter(|_| short_number(number)) else {
            return false;
        };
        rest = behind;
    }
    rest.is_empty()
}

fn short_number(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    [whole, fraction]
        .iter()
        .all(|part| (1..=4).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit()))
}
