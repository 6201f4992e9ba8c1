//! Whether a value is what our own list says that a private attribute holds.

use super::{each, is_decimal};
use crate::{
    dicom::VR,
    policy::safe_private::{Form, Kind},
};

/// Whether each value of an element has the form, and there are no more than it allows; `big` is the byte order.
pub(super) fn fits(form: &Form, vr: VR, value: &[u8], big: bool) -> bool {
    match (&form.kind, width(vr)) {
        (Kind::Items, _) => value.is_empty(),
        (Kind::Between(from, to), Some(width)) => {
            let numbers = value.chunks(width).map(|bytes| number(vr, bytes, big));
            value.len() / width <= form.most && all_between(numbers, *from, *to)
        }
        (Kind::Between(from, to), None) => {
            let good = |text: &[u8]| is_decimal(text) && all_between([decimal(text)], *from, *to);
            count(value) <= form.most && each(value, good)
        }
        (Kind::Words(_), Some(_)) => false,
        (Kind::Words(words), None) => {
            let good = |text: &[u8]| words.iter().any(|word| is_word(word.as_bytes(), text));
            count(value) <= form.most && each(value, good)
        }
    }
}

/// Bytes of one number, if the VR is one of numbers.
fn width(vr: VR) -> Option<usize> {
    match vr {
        VR::US | VR::SS => Some(2),
        VR::UL | VR::SL | VR::FL => Some(4),
        VR::UV | VR::SV | VR::FD => Some(8),
        _ => None,
    }
}

fn count(value: &[u8]) -> usize {
    value.iter().filter(|b| **b == b'\\').count() + 1
}

fn all_between(numbers: impl IntoIterator<Item = Option<f64>>, from: f64, to: f64) -> bool {
    numbers.into_iter().all(|number| number.is_some_and(|n| n >= from && n <= to))
}

/// The number of a binary VR; `None` where the bytes are too few. Whole numbers beyond the precision of a float are far
/// beyond every range, too.
fn number(vr: VR, bytes: &[u8], big: bool) -> Option<f64> {
    let mut low = [0; 8];
    let width = bytes.len();
    let place = low.get_mut(..width)?;
    place.copy_from_slice(bytes);
    if big {
        place.reverse();
    }
    let [a, b, c, d, ..] = low;
    Some(match (vr, width) {
        (VR::US, 2) => f64::from(u16::from_le_bytes([a, b])),
        (VR::SS, 2) => f64::from(i16::from_le_bytes([a, b])),
        (VR::UL, 4) => f64::from(u32::from_le_bytes([a, b, c, d])),
        (VR::SL, 4) => f64::from(i32::from_le_bytes([a, b, c, d])),
        (VR::FL, 4) => f64::from(f32::from_le_bytes([a, b, c, d])),
        (VR::UV, 8) => u64::from_le_bytes(low) as f64,
        (VR::SV, 8) => i64::from_le_bytes(low) as f64,
        (VR::FD, 8) => f64::from_le_bytes(low),
        _ => return None,
    })
}

fn decimal(text: &[u8]) -> Option<f64> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// Whether a text is a word of the list, its `#` filled in with numbers.
fn is_word(mut word: &[u8], mut text: &[u8]) -> bool {
    while let Some((first, rest)) = word.split_first() {
        let taken = match first {
            b'#' => match number_length(text) {
                Some(length) => length,
                None => return false,
            },
            plain if text.first() == Some(plain) => 1,
            _ => return false,
        };
        word = rest;
        text = text.get(taken..).unwrap_or_default();
    }
    text.is_empty()
}

/// How many bytes at the start are a number as `#` has it.
fn number_length(text: &[u8]) -> Option<usize> {
    let digits = |from: usize| {
        let rest = text.get(from..).unwrap_or_default().iter();
        rest.take_while(|b| b.is_ascii_digit()).count()
    };
    let sign = usize::from(matches!(text.first(), Some(b'+' | b'-')));
    let whole = digits(sign);
    let end = (1..=4).contains(&whole).then_some(sign + whole)?;
    match (text.get(end), digits(end + 1)) {
        (Some(b'.'), fraction @ 1..=4) => Some(end + 1 + fraction),
        (Some(b'.'), 5..) => None,
        _ => Some(end),
    }
}
