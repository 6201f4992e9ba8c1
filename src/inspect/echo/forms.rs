//! The forms in which a text may stand in bytes.

use encoding_rs::{EUC_JP, EUC_KR, SHIFT_JIS};

/// Calls back with the bytes of a text in each encoding that is met: UTF-8 (and ASCII), Shift_JIS, EUC-JP, the
/// two-byte characters of ISO 2022 without their escapes, EUC-KR, UTF-16. The flag says that characters have two
/// bytes or more.
pub(super) fn encodings(text: &str, mut each: impl FnMut(&[u8], bool)) {
    each(text.as_bytes(), !text.is_ascii());
    if !text.is_ascii() {
        let (bytes, _, failed) = SHIFT_JIS.encode(text);
        if !failed {
            each(&bytes, true);
        }
        let (bytes, _, failed) = EUC_JP.encode(text);
        if !failed {
            each(&bytes, true);
            // JIS X 0208 is EUC-JP without the high bits; half-width kana and JIS X 0212 have their own marks.
            if bytes.iter().all(|b| (0xA1..=0xFE).contains(b)) {
                each(&bytes.iter().map(|b| b & 0x7F).collect::<Vec<u8>>(), true);
            }
        }
        if text.chars().any(|c| matches!(c, '\u{AC00}'..='\u{D7A3}')) {
            let (bytes, _, failed) = EUC_KR.encode(text);
            if !failed {
                each(&bytes, true);
            }
        }
    }
    each(&text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>(), !text.is_ascii());
    if !text.is_ascii() {
        each(&text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<u8>>(), true);
    }
}

/// Whether bytes differ enough from one another not to be met in a smooth image.
pub(super) fn is_varied(bytes: &[u8]) -> bool {
    let mut seen = [false; 256];
    let mut differences = [false; 256];
    let (mut values, mut steps) = (0, 0);
    for pair in bytes.windows(2) {
        let &[a, b] = pair else { continue };
        for (table, index, count) in
            [(&mut seen, a, &mut values), (&mut differences, b.wrapping_sub(a), &mut steps)]
        {
            if let Some(slot) = table.get_mut(usize::from(index)).filter(|s| !**s) {
                *slot = true;
                *count += 1;
            }
        }
    }
    values >= 4 && steps >= 3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_in_every_encoding() {
        let mut found = Vec::new();
        encodings("山田", |b, _| found.push(b.to_vec()));
        for bytes in [
            &b"\xE5\xB1\xB1\xE7\x94\xB0"[..],
            b"\x8E\x52\x93\x63",
            b"\xBB\xB3\xC5\xC4",
            b"\x3B\x33\x45\x44",
            b"\x71\x5C\x30\x75",
        ] {
            assert!(found.iter().any(|f| f == bytes), "{bytes:?}");
        }
    }

    #[test]
    fn ramps_and_runs_are_not_varied() {
        assert!(!is_varied(b"12345678") && !is_varied(b"aaaaaaaa") && !is_varied(b"1.1.1.1.1."));
        assert!(is_varied(b"yamada^tarou") && is_varied(b"ZZ-0000123"));
    }
}
