//! What a value may say if (0008,0005) lies about it. For detection only: never written anywhere.

use std::sync::LazyLock;

use encoding_rs::{EUC_JP, EUC_KR, GB18030, SHIFT_JIS, WINDOWS_1252};

use super::machine::ESC;
use super::{CharacterSet, TextKind};

static ANY_ISO_2022: LazyLock<CharacterSet> = LazyLock::new(|| {
    CharacterSet::parse(
        b"ISO 2022 IR 13\\ISO 2022 IR 87\\ISO 2022 IR 159\\ISO 2022 IR 149\\ISO 2022 IR 58",
    )
});

/// The readings of a value under the sets that are met where another is declared: UTF-8, ISO 2022, Shift_JIS,
/// EUC-JP, EUC-KR, GB18030, and the letters of Western Europe. Empty for plain ASCII. A reading may hold U+FFFD: a value may be cut inside a character.
pub fn suspects(value: &[u8]) -> Vec<String> {
    let mut readings = Vec::new();
    let escaped = value.contains(&ESC);
    if value.is_ascii() && !escaped {
        return readings;
    }
    if let Ok(text) = std::str::from_utf8(value)
        && !escaped
    {
        readings.push(text.to_owned());
    }
    if escaped {
        readings.push(ANY_ISO_2022.decode(value, TextKind::SingleText).text.into_owned());
    }
    for encoding in [SHIFT_JIS, EUC_JP, EUC_KR, GB18030] {
        let (text, _) = encoding.decode_without_bom_handling(value);
        if text.chars().any(is_east_asian) {
            readings.push(text.into_owned());
        }
    }
    let (text, _) = WINDOWS_1252.decode_without_bom_handling(value);
    let accented = text.chars().filter(|c| matches!(c, 'À'..='ÿ')).count();
    // Words with an accent here and there, not bytes of another set.
    if accented > 0
        && accented == text.chars().filter(|c| !c.is_ascii()).count()
        && 2 * accented <= value.len()
    {
        readings.push(text.into_owned());
    }
    readings
}

/// Kana (full and half width), kanji, hangul.
fn is_east_asian(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30FF}' | '\u{3400}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7A3}' | '\u{FF66}'..='\u{FF9D}')
}
