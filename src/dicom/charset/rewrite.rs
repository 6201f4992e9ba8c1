//! Text written anew in ISO_IR 192, for an object that is rewritten as a whole.

use std::borrow::Cow;

use super::{CharacterSet, Kind, TextKind, machine::Machine, machine::Unit};

impl CharacterSet {
    /// The value in UTF-8, for an object that declares ISO_IR 192 at every level; `None` where it cannot be read for
    /// certain, so that nothing is written that was not there.
    ///
    /// What comes out has the same values, name groups and components as what went in: no character of another set
    /// becomes a `\`, `^` or `=`, and none of these is lost. It holds no U+FFFD, no escape sequence, and no control
    /// character that the VR does not allow (PS3.5 6.2): such a one is a space. NULs at the end, which some writers
    /// pad with, go.
    pub fn to_utf8<'a>(&self, value: &'a [u8], kind: TextKind) -> Option<Cow<'a, [u8]>> {
        let end = value.iter().rposition(|b| *b != 0).map_or(0, |last| last + 1);
        let value = value.get(..end)?;
        let decoded = self.decode(value, kind);
        let lost = |c: char| c == char::REPLACEMENT_CHARACTER;
        if !decoded.complete || decoded.text.contains(lost) {
            return None;
        }
        if !matches!(decoded.text, Cow::Borrowed(_))
            && !self.keeps_ascii(value, kind, &decoded.text)
        {
            return None;
        }
        let line_end = |c: char| kind == TextKind::SingleText && "\r\n\x0C\t".contains(c);
        let barred = |c: char| c.is_control() && !line_end(c);
        Some(match decoded.text {
            text if text.contains(barred) => Cow::Owned(text.replace(barred, " ").into_bytes()),
            Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
            Cow::Owned(text) => Cow::Owned(text.into_bytes()),
        })
    }

    /// Whether the ASCII characters of the text are those that stand in the value as such, in their order: a character
    /// of another set that decodes to one could be taken for a separator.
    fn keeps_ascii(&self, value: &[u8], kind: TextKind, text: &str) -> bool {
        let mut theirs = text.bytes().filter(u8::is_ascii);
        let mut same = true;
        self.each_ascii(value, kind, |byte| same &= theirs.next() == Some(byte));
        same && theirs.next().is_none()
    }

    fn each_ascii(&self, value: &[u8], kind: TextKind, mut found: impl FnMut(u8)) {
        let mut machine = match self.kind {
            Kind::Iso2022 { .. } => Some(Machine::new(self, kind)),
            Kind::Gb(_) | Kind::Utf8 => None,
        };
        let mut rest = value;
        while let Some(&first) = rest.first() {
            let (unit, length) = match (&mut machine, &self.kind) {
                (Some(machine), _) => machine.step(rest),
                (None, Kind::Gb(_)) => (Unit::Ascii(first), super::gb_length(rest)),
                (None, _) => (Unit::Ascii(first), 1),
            };
            if let Unit::Ascii(byte) = unit
                && byte.is_ascii()
            {
                found(byte);
            }
            rest = rest.get(length..).unwrap_or_default();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn utf8(charset: &str, value: &[u8], kind: TextKind) -> Option<String> {
        let set = CharacterSet::parse(charset.as_bytes());
        let bytes = set.to_utf8(value, kind)?.into_owned();
        Some(String::from_utf8(bytes).expect("it is UTF-8"))
    }

    #[test]
    fn values_stay_apart_and_together() {
        // 顎 is 33 5C, 誠 in GBK D5 5C: no separators. The yen sign of ISO-IR 14 is one between values, text elsewhere.
        let jis = b"\x1b$B3\\\x1b(B\\B";
        assert_eq!(utf8("\\ISO 2022 IR 87", jis, TextKind::MultiValue).as_deref(), Some("顎\\B"));
        let gbk = b"\xD5\x5C\\B";
        assert_eq!(utf8("GBK", gbk, TextKind::MultiValue).as_deref(), Some("誠\\B"));
        assert_eq!(utf8("ISO_IR 13", b"\xB1\\B", TextKind::MultiValue).as_deref(), Some("ｱ\\B"));
        assert_eq!(utf8("ISO_IR 13", b"\xB1\\B~", TextKind::SingleText).as_deref(), Some("ｱ¥B‾"));
        assert_eq!(utf8("ISO_IR 13", b"A\\B", TextKind::SingleText).as_deref(), Some("A¥B"));
        assert_eq!(utf8("ISO_IR 13", b"A\\B", TextKind::MultiValue).as_deref(), Some("A\\B"));
        // Two-byte forms of the separators stay two-byte forms.
        let wide = b"\x1b$B!@!0!a\x1b(B";
        assert_eq!(utf8("\\ISO 2022 IR 87", wide, TextKind::PersonName).as_deref(), Some("＼＾＝"));
        assert_eq!(
            utf8("\\ISO 2022 IR 159", b"\x1b$(D\"7\x1b(B", TextKind::MultiValue).as_deref(),
            Some("～")
        );
    }

    #[test]
    fn nothing_lost_is_written() {
        assert_eq!(utf8("", b"\xE9", TextKind::MultiValue), None);
        assert_eq!(utf8("ISO_IR 100", b"\x8E", TextKind::MultiValue), None);
        assert_eq!(utf8("ISO_IR 192", "a\u{FFFD}".as_bytes(), TextKind::MultiValue), None);
        assert_eq!(utf8("ISO_IR 192", b"a\x1b(B", TextKind::MultiValue), None);
        assert_eq!(utf8("GB18030", b"\x84\x31\xA4\x37", TextKind::MultiValue), None);
        assert_eq!(utf8("ISO_IR 87", b"\x1b$B3", TextKind::MultiValue), None);
    }

    #[test]
    fn control_characters_stay_where_the_vr_allows_them() {
        for (kind, expected) in [
            (TextKind::SingleText, "é\r\n\tx y"),
            (TextKind::MultiValue, "é   x y"),
            (TextKind::PersonName, "é   x y"),
        ] {
            assert_eq!(utf8("ISO_IR 100", b"\xE9\r\n\tx\x07y\0", kind).as_deref(), Some(expected));
        }
        assert_eq!(utf8("", b"x\x7Fy\0\0", TextKind::MultiValue).as_deref(), Some("x y"));
        let next_line = "a\u{85}b".as_bytes();
        assert_eq!(utf8("ISO_IR 192", next_line, TextKind::SingleText).as_deref(), Some("a b"));
        assert!(matches!(
            CharacterSet::default().to_utf8(b"plain ", TextKind::MultiValue),
            Some(Cow::Borrowed(b"plain "))
        ));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

        #[test]
        fn the_structure_is_the_same(
            charset in prop::sample::select(super::super::tests::CHARSETS),
            value in super::super::tests::hostile(),
        ) {
            let set = CharacterSet::parse(charset.as_bytes());
            for kind in [TextKind::PersonName, TextKind::MultiValue, TextKind::SingleText] {
                let Some(bytes) = set.to_utf8(&value, kind) else { continue };
                let text = std::str::from_utf8(&bytes).expect("it is UTF-8");
                let lost = ['\u{FFFD}', '\x1b', '\0', '\u{80}'];
                prop_assert!(!text.contains(lost));
                let utf8 = CharacterSet::parse(b"ISO_IR 192");
                let (before, after) = (set.split(&value, kind), utf8.split(&bytes, kind));
                prop_assert_eq!(before.len(), after.len());
                prop_assert!(utf8.decode(&bytes, kind).complete);
                // Rewriting is done once: what is in UTF-8 stays as it is.
                let again = utf8.to_utf8(&bytes, kind);
                prop_assert_eq!(again.as_deref(), Some(&bytes[..]));
                if kind == TextKind::PersonName {
                    for (before, after) in before.iter().zip(after) {
                        let groups = |c: u8, bytes: &[u8]| bytes.iter().filter(|b| **b == c).count();
                        prop_assert!(groups(b'^', after) <= groups(b'^', before));
                        prop_assert!(groups(b'=', after) <= groups(b'=', before));
                    }
                }
            }
        }
    }
}
