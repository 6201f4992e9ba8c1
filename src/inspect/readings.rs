//! What a person could read in a binary value: texts among other bytes, in the encodings that are met in Japan. For
//! detection only.

use encoding_rs::{EUC_JP, Encoding, SHIFT_JIS};

/// Characters that a text has at least. Less is met in numbers by chance.
const LEAST: usize = 4;

/// Longer values are not read: in so many numbers texts are met by chance.
const LONGEST: usize = 4096;

/// Kanji and kana in a row that a text in an encoding of two bytes has at least: of random bytes many make one.
const ROW: usize = 3;

/// Calls back with each text that stands in the bytes: ASCII and UTF-8, Shift_JIS, EUC-JP, the two-byte sets of ISO 2022,
/// UTF-16 in both orders, at every alignment.
///
/// Of random bytes hardly any make a text: all characters must be of JIS X 0208, half-width kana or letters with accents,
/// some kanji or kana must stand together, and characters that only ascend (a lookup table) are none.
pub(super) fn texts(value: &[u8], mut each: impl FnMut(&str)) {
    if !(LEAST..=LONGEST).contains(&value.len()) {
        return;
    }
    let mut run = String::new();
    for chunk in value.utf8_chunks() {
        read(chunk.valid().chars(), 0, &mut run, &mut each);
    }
    if value.windows(2).any(|pair| pair.iter().all(|b| *b >= 0x80)) {
        for bytes in value.split(|b| *b < 0x20).filter(|b| b.len() >= LEAST) {
            for start in [bytes.get(1..).unwrap_or_default(), bytes] {
                decoded(SHIFT_JIS, start, &mut run, &mut each);
                decoded(EUC_JP, start, &mut run, &mut each);
            }
        }
    }
    if value.windows(2).any(|pair| pair == b"\x1B$") {
        escaped(value, &mut run, &mut each);
    }
    for bytes in [value, value.get(1..).unwrap_or_default()] {
        for unit in [u16::from_le_bytes, u16::from_be_bytes] {
            let units = bytes.chunks_exact(2).map(|pair| match *pair {
                [a, b] => unit([a, b]),
                _ => 0,
            });
            let chars = units.map(|u| char::from_u32(u32::from(u)).unwrap_or('\0'));
            read(chars.clone(), ROW, &mut run, &mut each);
            read(chars.map(|c| if c.is_ascii() { c } else { '\0' }), 0, &mut run, &mut each);
        }
    }
}

/// Texts of two bytes a character; what is ASCII alone was read before.
fn decoded(
    encoding: &'static Encoding,
    bytes: &[u8],
    run: &mut String,
    each: &mut impl FnMut(&str),
) {
    if bytes.is_sorted() {
        return;
    }
    let (text, _) = encoding.decode_without_bom_handling(bytes);
    read(text.chars(), ROW, run, each);
}

/// Texts with escapes of ISO 2022: what follows `ESC $ B` has two bytes a character, until another escape.
fn escaped(value: &[u8], run: &mut String, each: &mut impl FnMut(&str)) {
    let mut bytes = Vec::with_capacity(value.len());
    let (mut rest, mut wide) = (value, false);
    loop {
        rest = match rest {
            [0x1B, b'$', b'(' | b')' | b'-', _, rest @ ..] | [0x1B, b'$', _, rest @ ..] => {
                wide = true;
                rest
            }
            [0x1B, b'(' | b')' | b'-', _, rest @ ..] => {
                wide = false;
                rest
            }
            // JIS X 0208 is EUC-JP without the high bits.
            [a @ 0x21..=0x7E, b @ 0x21..=0x7E, rest @ ..] if wide => {
                bytes.extend([a | 0x80, b | 0x80]);
                rest
            }
            [byte, rest @ ..] => {
                bytes.push(*byte);
                rest
            }
            [] => break,
        };
    }
    // The escapes alone say much: two kanji of a name are a text.
    let (text, _) = EUC_JP.decode_without_bom_handling(&bytes);
    read(text.chars(), 2, run, each);
}

/// Hands on the runs of characters that a text can have, with as many kanji and kana in a row as asked for.
fn read(
    chars: impl Iterator<Item = char>,
    least_row: usize,
    run: &mut String,
    each: &mut impl FnMut(&str),
) {
    let mut seen = Run::default();
    run.clear();
    for c in chars.chain(['\0']) {
        if is_written(c) {
            seen.take(c);
            run.push(c);
            continue;
        }
        if seen.count >= LEAST && seen.longest >= least_row && seen.falls {
            each(run);
        }
        run.clear();
        seen = Run::default();
    }
}

/// What is known of a run of characters.
#[derive(Default)]
struct Run {
    count: usize,
    /// Kanji and kana in a row: now, and at most.
    row: usize,
    longest: usize,
    /// Whether some character is lower than the one before it.
    falls: bool,
    last: char,
}

impl Run {
    fn take(&mut self, c: char) {
        self.falls |= c < self.last;
        self.row = if ('\u{3005}'..='\u{9FFF}').contains(&c) { self.row + 1 } else { 0 };
        self.longest = self.longest.max(self.row);
        (self.last, self.count) = (c, self.count + 1);
    }
}

/// A character of ASCII, of Western Europe, of JIS X 0208, or a half-width kana.
fn is_written(c: char) -> bool {
    match c {
        ' '..='~' | 'À'..='ÿ' | '\u{3000}'..='\u{30FF}' | '\u{FF01}'..='\u{FF9F}' => true,
        // What EUC-JP writes in two bytes.
        '\u{4E00}'..='\u{9FFF}' => {
            let mut text = [0; 4];
            let (bytes, _, failed) = EUC_JP.encode(c.encode_utf8(&mut text));
            !failed && bytes.len() == 2
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_in(value: &[u8]) -> Vec<String> {
        let mut found = Vec::new();
        texts(value, |text| found.push(text.to_owned()));
        found
    }

    #[test]
    fn a_text_is_read_in_every_encoding() {
        let text = "患者名:山田太郎";
        let utf16 = |turn: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(turn).collect();
        let jis = b"\x1B$B4\x1B(B";
        assert!(read_in(jis).is_empty());
        let encoded: [Vec<u8>; 5] = [
            text.as_bytes().to_vec(),
            SHIFT_JIS.encode(text).0.into_owned(),
            EUC_JP.encode(text).0.into_owned(),
            utf16(u16::to_le_bytes),
            utf16(u16::to_be_bytes),
        ];
        for bytes in encoded {
            for before in [&b""[..], b"\0", b"\0\0\x01", b"\xFF\x80\x01\0\x80", b"\x8F"] {
                let value = [before, &bytes, b"\0\x03\x80"].concat();
                let found = read_in(&value);
                assert!(found.iter().any(|t| t.contains("山田太郎")), "{before:?} {found:?}");
            }
        }
        let escaped = b"\x00name:\x1B$B;3ED\x1B(B \x1B$BB@O:\x1B(B\0";
        assert!(read_in(escaped).iter().any(|t| t == "name:山田 太郎"));
        assert!(read_in(b"\0\x01Yamada^Tarou\0").contains(&"Yamada^Tarou".to_owned()));
    }

    #[test]
    fn tables_and_noise_are_no_texts() {
        let bytes: Vec<u8> = (0..=255).collect();
        let words: Vec<u8> = (0..2048_u16).flat_map(u16::to_le_bytes).collect();
        for value in [bytes, words, vec![0x20; 4096], vec![0x88; 4096]] {
            assert_eq!(read_in(&value).len(), 0);
        }
        // A generator of Lehmer: numbers without a pattern.
        let mut state = 1_u64;
        let noise = std::iter::repeat_with(|| {
            state = state * 48_271 % 0x7FFF_FFFF;
            (state >> 8) as u8
        });
        let found = read_in(&noise.take(4096).collect::<Vec<u8>>());
        let wide = found.iter().filter(|t| !t.is_ascii()).count();
        assert!(found.len() < 80 && wide < 40, "{} texts, {wide} with kanji", found.len());
    }
}
