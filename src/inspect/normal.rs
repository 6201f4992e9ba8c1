//! One spelling for texts that say the same: width, case, kana, variant kanji, accents; and a sound key for Japanese
//! names, so that Satō, Satou, Satoh and サトウ meet (standards: name matching).

use std::fmt::Write as _;

use unicode_normalization::UnicodeNormalization;

/// Appends the text in its normal spelling. Spaces and punctuation stay; apostrophes go.
pub(super) fn normalise(text: &str, out: &mut String) {
    if text.is_ascii() {
        out.extend(text.chars().filter(|c| *c != '\'').map(|c| c.to_ascii_lowercase()));
        return;
    }
    // Accents go while they stand apart; the marks of ガ and パ stay and are put back together.
    let bare = text.nfkd().filter(|c| !matches!(c, '\u{0300}'..='\u{036F}' | '\'' | '’'));
    for c in bare.nfc() {
        for c in c.to_lowercase() {
            match c {
                'ß' => out.push_str("ss"),
                'æ' => out.push_str("ae"),
                'œ' => out.push_str("oe"),
                _ => out.push(fold(c)),
            }
        }
    }
}

/// Hiragana to katakana, letters with strokes to plain ones, variant kanji to the common form.
fn fold(c: char) -> char {
    match c {
        'ぁ'..='ゖ' => char::from_u32(u32::from(c) + 0x60).unwrap_or(c),
        'ø' => 'o',
        'ł' => 'l',
        'đ' | 'ð' => 'd',
        'ı' => 'i',
        '髙' => '高',
        '﨑' | '嵜' | '碕' => '崎',
        '邉' | '邊' => '辺',
        '齋' | '齊' | '斎' => '斉',
        '濵' | '濱' => '浜',
        '德' => '徳',
        '廣' => '広',
        '澤' => '沢',
        '櫻' => '桜',
        '國' => '国',
        '眞' => '真',
        '嶋' | '嶌' => '島',
        '條' => '条',
        '龍' => '竜',
        '瀧' => '滝',
        '冨' => '富',
        '圓' => '円',
        '惠' => '恵',
        '榮' => '栄',
        '與' => '与',
        '壽' => '寿',
        '實' => '実',
        '黑' => '黒',
        '靜' => '静',
        '淵' => '渕',
        '𠮷' => '吉',
        '曾' => '曽',
        '藪' => '薮',
        '籠' => '篭',
        '檜' => '桧',
        '萬' => '万',
        '佛' => '仏',
        '會' => '会',
        '學' => '学',
        '傳' => '伝',
        '豐' => '豊',
        '穗' => '穂',
        '橫' => '横',
        '增' => '増',
        '鹽' => '塩',
        '關' => '関',
        '寬' => '寛',
        _ => c,
    }
}

/// A script, as far as it matters for where a word ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Script {
    /// Letters that spaces divide into words.
    Letter,
    /// Digits.
    Digit,
    /// Katakana (hiragana after normalising).
    Kana,
    /// Kanji and hangul: no spaces between words.
    Ideograph,
    /// Everything else.
    Other,
}

pub(super) fn script(c: char) -> Script {
    match c {
        'a'..='z' => Script::Letter,
        '0'..='9' => Script::Digit,
        '\0'..='\x7F' => Script::Other,
        'ヶ' | '々' | '〆' => Script::Ideograph,
        'ァ'..='ヺ' | 'ー' | 'ヽ' | 'ヾ' | 'ぁ'..='ゖ' => Script::Kana,
        '\u{3400}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7A3}' => Script::Ideograph,
        '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}' => Script::Ideograph,
        _ if c.is_alphabetic() => Script::Letter,
        _ if c.is_numeric() => Script::Digit,
        _ => Script::Other,
    }
}

/// The runs of one script in a normalised text, without what is between them.
pub(super) fn runs(text: &str) -> impl Iterator<Item = (Script, &str)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let begin = rest.find(|c| script(c) != Script::Other)?;
        rest = rest.get(begin..)?;
        let kind = script(rest.chars().next()?);
        let end = rest.find(|c| script(c) != kind).unwrap_or(rest.len());
        let (run, tail) = rest.split_at_checked(end)?;
        rest = tail;
        Some((kind, run))
    })
}

/// Appends the letters, digits and ideographs of a normalised text without anything between them.
pub(super) fn squeeze(text: &str, out: &mut String) {
    out.extend(text.chars().filter(|c| script(*c) != Script::Other));
}

/// The sound key of a word in romaji or kana, if it can be read so: Kunrei spelling, long vowels and doubled
/// consonants made short. Two spellings of a name have one key.
pub(super) fn sound_key(word: &str, out: &mut String) -> bool {
    out.clear();
    let kana = word.chars().all(|c| script(c) == Script::Kana);
    let read = if kana { read_kana(word, out) } else { word.is_ascii() && read_romaji(word, out) };
    if read {
        shorten(out);
    }
    read && out.len() >= 3
}

const VOWELS: &[u8] = b"aiueo";

/// Reads Hepburn, Kunrei and their mixtures into Kunrei; false if the word has a syllable that Japanese has not.
fn read_romaji(word: &str, out: &mut String) -> bool {
    let mut rest = word.as_bytes();
    while let Some(&first) = rest.first() {
        let (spelt, length) = match rest {
            [b's', b'h', b'i', ..] => ("si", 3),
            [b's', b'h', v, ..] if VOWELS.contains(v) => ("sy", 2),
            [b'c', b'h', b'i', ..] => ("ti", 3),
            [b'c', b'h', v, ..] if VOWELS.contains(v) => ("ty", 2),
            [b't', b's', b'u', ..] => ("tu", 3),
            [b'f', b'u', ..] => ("hu", 2),
            [b'j', b'i', ..] => ("zi", 2),
            [b'j', b'y', v, ..] if VOWELS.contains(v) => ("zy", 2),
            [b'j', v, ..] if VOWELS.contains(v) => ("zy", 1),
            [b'd', b'z', b'u', ..] => ("zu", 3),
            // The first of a doubled consonant, also as tch; it is made short.
            [b't', b'c', b'h', ..] => ("", 1),
            [a, b, ..] if a == b && b"kstpgzdbhmrcf".contains(a) => ("", 1),
            [b'm', b'b' | b'm' | b'p', ..] => ("n", 1),
            [b'n', ..] if !rest.get(1).is_some_and(|c| VOWELS.contains(c) || *c == b'y') => {
                ("n", 1)
            }
            // Satoh, Ohno: a lengthened o.
            [b'h', ..]
                if out.ends_with('o')
                    && !rest.get(1).is_some_and(|c| VOWELS.contains(c) || *c == b'y') =>
            {
                ("", 1)
            }
            [c, b'y', v, ..] if b"knhmrgbpzdt".contains(c) && VOWELS.contains(v) => {
                out.push(*c as char);
                ("y", 2)
            }
            [c, v, ..] if b"kstnhmyrwgzdbpv".contains(c) && VOWELS.contains(v) => {
                out.push(*c as char);
                ("", 1)
            }
            _ if VOWELS.contains(&first) => {
                out.push(first as char);
                ("", 1)
            }
            _ => return false,
        };
        out.push_str(spelt);
        rest = rest.get(length..).unwrap_or_default();
    }
    true
}

const KANA: [(&str, &str); 5] = [
    ("アイウエオ", ""),
    ("カキクケコガギグゲゴ", "kg"),
    ("サシスセソザジズゼゾ", "sz"),
    ("タチツテトダヂヅデド", "td"),
    ("ハヒフヘホバビブベボ", "hb"),
];

/// Reads katakana into Kunrei.
fn read_kana(word: &str, out: &mut String) -> bool {
    for c in word.chars() {
        if c == 'ー' || c == 'ッ' || c == 'ヽ' || c == 'ヾ' {
            continue;
        }
        if let Some(vowel) = small(c) {
            // キョ: the i of the syllable before gives way.
            if vowel.starts_with('y') && out.ends_with('i') {
                out.pop();
            }
            out.push_str(vowel);
        } else if plain(c, out).is_none() {
            return false;
        }
    }
    true
}

fn small(c: char) -> Option<&'static str> {
    Some(match c {
        'ャ' => "ya",
        'ュ' => "yu",
        'ョ' => "yo",
        'ァ' => "a",
        'ィ' => "i",
        'ゥ' => "u",
        'ェ' => "e",
        'ォ' => "o",
        _ => return None,
    })
}

fn plain(c: char, out: &mut String) -> Option<()> {
    for (row, consonants) in KANA {
        if let Some(place) = row.chars().position(|k| k == c) {
            let vowel = VOWELS.get(place % 5)?;
            if let Some(consonant) = consonants.as_bytes().get(place / 5) {
                out.push(match (*consonant, place % 5) {
                    // ヂ and ヅ sound and are spelt as ジ and ズ.
                    (b'd', 1 | 2) => 'z',
                    (consonant, _) => consonant as char,
                });
            }
            out.push(*vowel as char);
            return Some(());
        }
    }
    const OTHERS: &str = "ナニヌネノマミムメモラリルレロパピプペポ";
    if let Some(place) = OTHERS.chars().position(|k| k == c) {
        out.push(*b"nmrp".get(place / 5)? as char);
        out.push(*VOWELS.get(place % 5)? as char);
        return Some(());
    }
    out.push_str(match c {
        'ヤ' => "ya",
        'ユ' => "yu",
        'ヨ' => "yo",
        'ワ' => "wa",
        'ヲ' => "o",
        'ン' => "n",
        'ヴ' => "vu",
        _ => return None,
    });
    Some(())
}

/// Makes long vowels short: ou and oo to o, uu to u; and writes zu, zi for du, di.
fn shorten(key: &mut String) {
    let mut last = '\0';
    let mut short = String::with_capacity(key.len());
    for c in key.chars() {
        let long = (last == 'o' && (c == 'u' || c == 'o')) || (last == 'u' && c == 'u');
        if !long {
            short.push(c);
            last = c;
        }
    }
    key.clear();
    let _ = write!(key, "{short}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normal(text: &str) -> String {
        let mut out = String::new();
        normalise(text, &mut out);
        out
    }

    fn key(word: &str) -> String {
        let mut out = String::new();
        let read = sound_key(&normal(word), &mut out);
        if read { out } else { String::new() }
    }

    #[test]
    fn spellings_meet() {
        assert_eq!(normal("ﾔﾏﾀﾞ ＴＡＲＯＵ"), "ヤマダ tarou");
        assert_eq!(normal("やまだ"), "ヤマダ");
        assert_eq!(normal("髙﨑 邉"), "高崎 辺");
        assert_eq!(normal("Jérôme O'Brien Weiß"), "jerome obrien weiss");
        assert_eq!(normal("㍼"), "昭和");
    }

    #[test]
    fn sounds_meet() {
        for words in [
            &["Sato", "Satō", "Satou", "Satoh", "サトウ", "さとう", "ｻﾄｳ", "サトー"][..],
            &["Ono", "Ōno", "Oono", "Ohno", "オオノ"],
            &["Shimbashi", "Shinbashi", "Sinbasi", "シンバシ"],
            &["Chuujou", "Tyuzyo", "チュウジョウ"],
            &["Hattori", "ハットリ"],
            &["Tsuzuki", "Tuzuki", "ツヅキ"],
            &["Junji", "Zyunzi", "ジュンジ"],
            &["Kyouko", "Kyoko", "キョウコ"],
            &["Yamada", "ヤマダ"],
            &["Kenichi", "Ken'ichi", "ケンイチ"],
        ] {
            let keys: Vec<String> = words.iter().map(|w| key(w)).collect();
            assert!(
                !keys[0].is_empty() && keys.iter().all(|k| *k == keys[0]),
                "{words:?} {keys:?}"
            );
        }
        for word in ["Phantom", "Smith", "Thorax", "axial", "Ito1"] {
            assert_eq!(key(word), "", "{word}");
        }
    }

    #[test]
    fn runs_are_of_one_script() {
        let text = normal("山田Tarou-01 ヤマダ様");
        let found: Vec<&str> = runs(&text).map(|(_, run)| run).collect();
        assert_eq!(found, ["山田", "tarou", "01", "ヤマダ", "様"]);
    }
}
