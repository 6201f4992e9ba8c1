//! One spelling of a text for the detectors: compatibility forms (NFKC), one hyphen, nothing that takes no room.

use unicode_normalization::UnicodeNormalization;

/// The text in that spelling; `out` is space for it.
pub(super) fn spell<'t>(text: &'t str, out: &'t mut String) -> &'t str {
    if text.is_ascii() {
        return text;
    }
    out.clear();
    for c in text.nfkc() {
        match c {
            '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{2043}' => out.push('-'),
            // In 03ー1234 the long vowel stands for a hyphen.
            'ー' if out.ends_with(|c: char| c.is_ascii_digit()) => out.push('-'),
            '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}' | '\u{AD}' => {}
            c if c.is_whitespace() && c != '\n' => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
