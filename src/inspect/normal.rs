//! One spelling for texts that say the same: width, case, kana, variant kanji, accents; and a sound key for Japanese
//! names, so that Satō, Satou, Satoh and サトウ meet (standards: name matching).

use unicode_normalization::UnicodeNormalization;

use crate::policy::checks::kanji;

/// Appends the text in its normal spelling. Spaces and punctuation stay; apostrophes and what is not seen go.
pub(super) fn normalise(text: &str, out: &mut String) {
    if text.is_ascii() {
        out.extend(text.chars().filter(|c| *c != '\'').map(|c| c.to_ascii_lowercase()));
        return;
    }
    // Accents go while they stand apart; the marks of ガ and パ stay and are put back together.
    let mut last = '\0';
    for c in text.nfkd().filter(|c| !is_silent(*c)).nfc() {
        for c in c.to_lowercase() {
            match c {
                'ß' => out.push_str("ss"),
                'æ' => out.push_str("ae"),
                'œ' => out.push_str("oe"),
                _ => {
                    last = folded(c, last);
                    out.push(last);
                }
            }
        }
    }
}

/// What says nothing: accents, apostrophes, and characters that are not seen (variation selectors, joiners).
fn is_silent(c: char) -> bool {
    matches!(c, '\'' | '\u{0300}'..='\u{036F}' | '\u{2018}'..='\u{201B}' | '\u{02BC}' | '\u{00AD}' | '\u{180E}'
        | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2064}' | '\u{FE00}'..='\u{FE0F}'
        | '\u{FEFF}' | '\u{E0100}'..='\u{E01EF}')
}

/// Hiragana to katakana, letters with strokes to plain ones, variant kanji to the common form, one dash, one wave;
/// 佐々木 to 佐佐木. `last` is the character before.
fn folded(c: char, last: char) -> char {
    match c {
        'ぁ'..='ゔ' => char::from_u32(u32::from(c) + 0x60).unwrap_or(c),
        'ヶ' | 'ゖ' => 'ケ',
        'ヵ' | 'ゕ' => 'カ',
        'ø' => 'o',
        'ł' => 'l',
        'đ' | 'ð' => 'd',
        'ı' => 'i',
        '〇' => '零',
        '々' | '〻' if script(last) == Script::Ideograph => last,
        // A long mark lengthens a kana; elsewhere it stands for a dash: 03ー5555ー0123.
        'ー' if script(last) != Script::Kana => '-',
        '\u{2010}'..='\u{2015}'
        | '\u{2043}'
        | '\u{2212}'
        | '\u{2500}'
        | '\u{30A0}'
        | '\u{FE58}' => '-',
        '〜' | '〰' | '\u{223C}' | '\u{223E}' | '\u{2053}' => '~',
        _ => kanji::common_form(c),
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
    runs_at(text).map(|(_, kind, run)| (kind, run))
}

/// The same, with where each begins.
pub(super) fn runs_at(text: &str) -> impl Iterator<Item = (usize, Script, &str)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = text.get(at..)?;
        let begin = rest.find(|c| script(c) != Script::Other)?;
        let rest = rest.get(begin..)?;
        let kind = script(rest.chars().next()?);
        let end = rest.find(|c| script(c) != kind).unwrap_or(rest.len());
        let start = at + begin;
        at = start + end;
        Some((start, kind, rest.get(..end)?))
    })
}

/// The first run of a text, and what stands in front of it.
pub(super) fn first_run(text: &str) -> Option<(&str, &str)> {
    let (at, _, run) = runs_at(text).next()?;
    Some((text.get(..at)?, run))
}

/// The last run of a text, and what stands behind it.
pub(super) fn last_run(text: &str) -> Option<(&str, &str)> {
    let ending = text.trim_end_matches(|c| script(c) == Script::Other);
    let kind = script(ending.chars().next_back()?);
    let front = ending.trim_end_matches(|c| script(c) == kind);
    Some((text.get(ending.len()..)?, ending.get(front.len()..)?))
}

/// Appends the letters, digits and ideographs of a normalised text without anything between them.
pub(super) fn squeeze(text: &str, out: &mut String) {
    out.extend(text.chars().filter(|c| script(*c) != Script::Other));
}

/// The sound key of a word in romaji or kana, if it can be read so: Kunrei spelling, long vowels and doubled
/// consonants made short, キヨ like キョ. Two spellings of a name have one key.
pub(super) fn sound_key(word: &str, out: &mut String) -> bool {
    let read = read(word, out);
    if read {
        shorten(out);
    }
    read && out.len() >= 3
}

/// The sound key of a part of a word in kana, however short.
pub(super) fn kana_key(kana: &str, out: &mut String) -> bool {
    let is_kana = kana.starts_with(|c| script(c) == Script::Kana);
    let read = is_kana && read(kana, out);
    if read {
        shorten(out);
    }
    read
}

/// Calls back with every key of a name: a long o before a vowel is also spelt with an h (Ohishi, オオイシ), ッ also as ツ.
pub(super) fn sound_keys(word: &str, scratch: &mut String, mut each: impl FnMut(&str)) {
    let mut raw = String::new();
    if !read(word, &mut raw) {
        return;
    }
    let mut say = |text: &str| {
        scratch.clear();
        scratch.push_str(text);
        shorten(scratch);
        if scratch.len() >= 3 {
            each(scratch);
        }
    };
    say(&raw);
    if raw.contains('q') {
        say(&raw.replace('q', "tu"));
    }
    let long = [("oh", "o"), ("oo", "oh"), ("ou", "oh")];
    for (from, to) in long.into_iter().filter(|(from, _)| raw.contains(from)) {
        for vowel in ["a", "i", "u", "e", "o"] {
            let spelt = format!("{from}{vowel}");
            if raw.contains(&spelt) {
                say(&raw.replace(&spelt, &format!("{to}{vowel}")));
            }
        }
    }
}

/// Reads a word in kana or romaji into Kunrei, with `q` for a doubled consonant.
fn read(word: &str, out: &mut String) -> bool {
    out.clear();
    match word.bytes().next() {
        Some(b'a'..=b'z') => word.is_ascii() && read_romaji(word, out),
        Some(0x80..) => word.chars().all(|c| script(c) == Script::Kana) && read_kana(word, out),
        _ => false,
    }
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
            [b'f', v, ..] if VOWELS.contains(v) => ("hu", 1),
            [b'j', b'i', ..] => ("zi", 2),
            [b'j', b'y', v, ..] if VOWELS.contains(v) => ("zy", 2),
            [b'j', v, ..] if VOWELS.contains(v) => ("zy", 1),
            [b'd', b'z', b'u', ..] => ("zu", 3),
            // ヂ and ヅ sound as ジ and ズ.
            [b'd', b'i', ..] => ("zi", 2),
            [b'd', b'u', ..] => ("zu", 2),
            [b'w', b'o', ..] => ("o", 2),
            // The first of a doubled consonant, also as tch.
            [b't', b'c', b'h', ..] => ("q", 1),
            [a, b, ..] if a == b && b"kstpc".contains(a) => ("q", 1),
            [a, b, ..] if a == b && b"gzdbhrf".contains(a) => ("", 1),
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
            [c, b'y', v, ..] if b"knhmrgbpzdts".contains(c) && VOWELS.contains(v) => {
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
        match c {
            'ー' | 'ヽ' | 'ヾ' => continue,
            'ッ' => {
                out.push('q');
                continue;
            }
            _ => {}
        }
        if let Some(vowel) = small(c) {
            // キョ: the i of the syllable before gives way.
            let gives_way = out.ends_with('i') && (vowel.starts_with('y') || vowel == "e");
            if gives_way {
                out.pop();
            }
            // シェ is spelt as she.
            out.push_str(if gives_way && vowel == "e" { "ye" } else { vowel });
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
        'ヰ' => "i",
        'ヱ' => "e",
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

/// Makes long vowels short, ou to o among them; キヨ to キョ, as forms without small kana have it.
fn shorten(key: &mut String) {
    let mut last = '\0';
    key.retain(|c| {
        let long = (last == c && "aiueo".contains(c)) || (last == 'o' && c == 'u');
        let keep = !long && c != 'q';
        if keep {
            last = c;
        }
        keep
    });
    if key.contains("iy") {
        *key = key.replace("iy", "y");
    }
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
        assert_eq!(normal("03ー5555−0123‐4〜5～6"), "03-5555-0123-4~5~6");
        assert_eq!(normal("サトー サトｰ"), "サトー サトー");
        assert_eq!(normal("佐々木 葛\u{E0100}城 や\u{200B}まだ"), "佐佐木 葛城 ヤマダ");
        assert_eq!(normal("鎌ヶ谷 鎌ケ谷"), "鎌ケ谷 鎌ケ谷");
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
            &["Homma", "Honma", "ホンマ"],
            &["Shouta", "Syota", "ショウタ", "ｼﾖｳﾀ", "しょーた"],
            &["Niiyama", "ニイヤマ"],
            &["Kaduo", "Kazuo", "カヅオ"],
        ] {
            let keys: Vec<String> = words.iter().map(|w| key(w)).collect();
            assert!(
                !keys[0].is_empty() && keys.iter().all(|k| *k == keys[0]),
                "{words:?} {keys:?}"
            );
        }
        let others = |word: &str| {
            let mut keys = Vec::new();
            sound_keys(&normal(word), &mut String::new(), |key| keys.push(key.to_owned()));
            keys
        };
        assert!(others("オオイシ").contains(&key("Ohishi")));
        assert!(others("Ohishi").contains(&key("オオイシ")));
        assert!(others("Ooishi").contains(&key("Ohishi")));
        assert!(others("ハットリ").contains(&key("ﾊﾂﾄﾘ")));
        assert!(others("Hattori").contains(&key("ハツトリ")));
        assert_eq!(others("Yamada"), ["yamada"]);
        assert!(others("Smith").is_empty());
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
