//! Any declaration, any value: decoding never panics, splitting loses no byte, and what is written in UTF-8 has the same
//! values.
//!
//! Input: the length of (0008,0005) in one byte, its value, then the value to be read.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tokumei::dicom::charset::{CharacterSet, TextKind, suspects};

fuzz_target!(|input: &[u8]| {
    let Some((length, rest)) = input.split_first() else { return };
    let (declared, value) = rest.split_at(usize::from(*length).min(rest.len()));
    let set = CharacterSet::parse(declared);
    let utf8 = CharacterSet::parse(b"ISO_IR 192");
    for kind in [TextKind::PersonName, TextKind::MultiValue, TextKind::SingleText] {
        let parts = set.split(value, kind);
        assert_eq!(parts.join(&b'\\'), value);
        let whole = set.decode(value, kind);
        assert!(!whole.complete || !whole.text.contains('\x1b'));
        // Where the whole is certain, so is each value by itself.
        let alone = parts.iter().all(|part| set.decode(part, kind).complete);
        assert!(!whole.complete || alone);
        let Some(written) = set.to_utf8(value, kind) else { continue };
        let text = std::str::from_utf8(&written).expect("it is UTF-8");
        let barred = |c: char| {
            let line = kind == TextKind::SingleText && "\r\n\x0C\t".contains(c);
            c == '\u{FFFD}' || (c.is_control() && !line)
        };
        assert!(!text.contains(barred));
        assert_eq!(utf8.split(&written, kind).len(), parts.len());
        assert_eq!(utf8.to_utf8(&written, kind).as_deref(), Some(&*written));
    }
    for reading in suspects(value) {
        assert!(!reading.is_ascii() || value.contains(&0x1b));
    }
});
