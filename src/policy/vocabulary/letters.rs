//! Text as it is compared with the vocabulary: one spelling for width, case and composed letters, each character
//! with the place that it came from.

use unicode_normalization::{UnicodeNormalization, char::compose};

/// One character in its normal spelling.
#[derive(Clone, Copy)]
pub struct Unit {
    /// The character: NFKC, lower case.
    pub c: char,
    /// Whether it was a capital.
    pub capital: bool,
    /// Its script.
    pub script: Script,
    /// Where the characters that it came from begin in the text, in bytes.
    pub start: u32,
    /// Where they end.
    pub end: u32,
}

/// What a character is to the tokeniser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Script {
    /// A letter of a script that divides words by spaces.
    Letter,
    /// A decimal digit.
    Digit,
    /// Kanji, and what may stand for one: characters of a private use area.
    Kanji,
    /// Hiragana.
    Hiragana,
    /// Katakana.
    Katakana,
    /// White space and punctuation.
    Separator,
    /// Anything else: it is no part of a known word.
    Strange,
}

impl Script {
    /// The script of a character in normal spelling.
    pub fn of(c: char) -> Script {
        match c {
            'a'..='z' | 'A'..='Z' => Script::Letter,
            '0'..='9' => Script::Digit,
            '\0'..='\x7E' => Script::Separator,
            'ぁ'..='ゖ' | 'ゝ' | 'ゞ' => Script::Hiragana,
            'ァ'..='ヺ' | 'ー' | 'ヽ' | 'ヾ' => Script::Katakana,
            '々' | '〆' | '〇' | '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' => {
                Script::Kanji
            }
            '\u{20000}'..='\u{3FFFF}' | '\u{E000}'..='\u{F8FF}' => Script::Kanji,
            // Signs of texts about images: ° ± × · – — ‘ ’ “ ” … † → ↑ − ≤ ≥ ～ and Japanese punctuation.
            '°'
            | '±'
            | '×'
            | '·'
            | '§'
            | '«'
            | '»'
            | '\u{2010}'..='\u{2027}'
            | '\u{2190}'..='\u{21FF}' => Script::Separator,
            '−' | '≤' | '≥' | '≦' | '≧' | '≈' | '〜' | '、'..='〃' | '〈'..='】' | '・' | '※' => {
                Script::Separator
            }
            '\u{0300}'..='\u{036F}' => Script::Letter,
            _ if c.is_whitespace() => Script::Separator,
            _ if c.is_alphanumeric() => Script::Letter,
            _ => Script::Strange,
        }
    }

    /// Whether it is written without spaces between words.
    pub fn is_japanese(self) -> bool {
        matches!(self, Script::Kanji | Script::Hiragana | Script::Katakana)
    }
}

/// The text in its normal spelling. Linear in its length.
pub fn units(text: &str) -> Vec<Unit> {
    let mut units = Vec::with_capacity(text.len());
    units_into(text, &mut units);
    units
}

/// As [`units`], in the place of what the list held.
pub fn units_into(text: &str, units: &mut Vec<Unit>) {
    units.clear();
    for (start, c) in text.char_indices() {
        let (start, end) = (start as u32, (start + c.len_utf8()) as u32);
        if c.is_ascii() {
            let capital = c.is_ascii_uppercase();
            let c = c.to_ascii_lowercase();
            units.push(Unit { c, capital, script: Script::of(c), start, end });
            continue;
        }
        let before = units.len();
        for part in std::iter::once(c).nfkd() {
            let capital = part.is_uppercase();
            for c in part.to_lowercase() {
                // An accent, or the mark of a half-width ﾊﾞ, belongs to the letter before it.
                if let Some(last) = units.last_mut()
                    && let Some(whole) = compose(last.c, c)
                {
                    (last.c, last.end, last.script) = (whole, end, Script::of(whole));
                } else {
                    units.push(Unit { c, capital, script: Script::of(c), start, end });
                }
            }
        }
        whole(units.get_mut(before..).unwrap_or_default());
    }
}

/// What one character stands for is not divided: ½ and ㈱ are strange, ㎜ is a word.
fn whole(units: &mut [Unit]) {
    let class = |u: &Unit| match u.script {
        Script::Letter | Script::Digit => 0,
        script if script.is_japanese() => 1,
        _ => 2,
    };
    if !units.windows(2).all(|pair| matches!(pair, [a, b] if class(a) == class(b))) {
        units.iter_mut().for_each(|unit| unit.script = Script::Strange);
    }
}

/// The normal spelling of a word.
pub fn normal(word: &str) -> String {
    units(word).iter().map(|u| u.c).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn width_case_and_marks_are_one() {
        assert_eq!(normal("ＣＴ ﾀﾞｲﾅﾐｯｸ Bäcken"), normal("ct ダイナミック BA\u{308}CKEN"));
        assert_eq!(normal("㎜"), "mm");
    }

    #[test]
    fn each_character_knows_its_place() {
        let text = "Ｔ２ ﾊﾞ";
        let places: Vec<&str> =
            units(text).iter().map(|u| &text[u.start as usize..u.end as usize]).collect();
        assert_eq!(places, ["Ｔ", "２", " ", "ﾊﾞ"]);
        assert!(units("½㈱").iter().all(|u| u.script == Script::Strange));
    }
}
