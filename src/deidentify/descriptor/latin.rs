//! Words of Latin letters and digits. A word stays or goes as a whole, so that no part of an unknown word stays.

use super::{Kind, own::OwnWords};
use crate::policy::vocabulary::{
    Roles, Vocabulary,
    letters::{Script, Unit},
};

/// A word of more pieces than this is none.
const MOST_PIECES: usize = 12;

/// Digits before the point that a number of no known unit may have.
const SMALL: u8 = 3;

/// Digits behind the point that a number may have.
const FRACTION: usize = 6;

/// Digits before the point that a quantity may have.
const QUANTITY: u8 = 5;

/// The largest number of a parameter: a repetition time of twenty seconds.
const LARGEST: u16 = 20_000;

/// How many units the word at the beginning has: letters and digits, points between digits, apostrophes between
/// letters.
pub(super) fn length(units: &[Unit]) -> usize {
    let is = |at: usize, script| units.get(at).is_some_and(|u| u.script == script);
    let mut at = 0;
    while let Some(unit) = units.get(at) {
        let inside = match unit.script {
            Script::Letter | Script::Digit => true,
            _ if at == 0 => false,
            _ if unit.c == '.' => is(at - 1, Script::Digit) && is(at + 1, Script::Digit),
            _ if matches!(unit.c, '\'' | '’') => {
                is(at - 1, Script::Letter) && is(at + 1, Script::Letter)
            }
            _ => false,
        };
        if !inside {
            break;
        }
        at += 1;
    }
    at
}

/// A part of a word: letters or digits alone.
#[derive(Clone, Copy)]
enum Piece {
    Number { digits: u8, value: u16 },
    Letters { roles: Roles, first: char, length: usize },
}

/// What a word is. `behind` is what follows it; `key` is room to write in.
pub(super) fn kind(
    vocabulary: &Vocabulary,
    own: &OwnWords<'_>,
    word: &[Unit],
    behind: &[Unit],
    key: &mut String,
) -> (Kind, Roles) {
    spell(word, key);
    let roles = vocabulary.roles(key);
    if roles != Roles::default() {
        let kind = of_roles(roles, word, behind);
        return (if own.has(key) { Kind::Drop } else { kind }, roles);
    }
    // CT2, MR01: a machine of the hospital; but two phases in CT2相.
    let counted = behind.first().is_some_and(|u| "相回期枚方本分秒".contains(u.c));
    let kind = match unlisted(vocabulary, own, word, counted, key) {
        Some(kind) => {
            spell(word, key);
            let number = matches!(kind, Kind::Number { .. });
            let owned = if number { own.has(key) } else { own.within(key) };
            if owned { Kind::Drop } else { kind }
        }
        None => Kind::Drop,
    };
    (kind, Roles::default())
}

fn spell(word: &[Unit], key: &mut String) {
    key.clear();
    key.extend(word.iter().map(|u| u.c));
}

/// What a listed word is.
fn of_roles(roles: Roles, word: &[Unit], behind: &[Unit]) -> Kind {
    // MR and mr are a modality; Mr and MR. before a word are titles.
    let title = roles.any(Roles::TITLE)
        && (roles == Roles::TITLE || is_capitalised(word) || is_dotted(behind));
    if title {
        Kind::Title
    } else if roles.any(Roles::WORD) {
        Kind::Keep
    } else if roles.any(Roles::NAME) {
        Kind::Weak
    } else if roles.any(Roles::LETTER) {
        Kind::Letter
    } else if roles.any(Roles::CONNECTIVE | Roles::UNIT | Roles::PARAMETER) {
        Kind::Connective
    } else {
        Kind::Drop
    }
}

fn is_capitalised(word: &[Unit]) -> bool {
    matches!(word, [first, rest @ ..] if first.capital && !rest.is_empty() && rest.iter().all(|u| !u.capital))
}

/// Whether a point and another word follow.
fn is_dotted(behind: &[Unit]) -> bool {
    let [point, rest @ ..] = behind else { return false };
    let word = rest.iter().find(|u| u.c != ' ');
    point.c == '.' && word.is_some_and(|u| u.script != Script::Separator)
}

/// What a word is that is not listed as it stands; `None` if it goes.
fn unlisted(
    vocabulary: &Vocabulary,
    own: &OwnWords<'_>,
    word: &[Unit],
    counted: bool,
    key: &mut String,
) -> Option<Kind> {
    if word.iter().all(|u| u.script == Script::Digit || u.c == '.') {
        return match number(word)? {
            Piece::Number { digits, value } => Some(Kind::Number { digits, value }),
            Piece::Letters { .. } => None,
        };
    }
    if pattern(word, key) && vocabulary.roles(key).any(Roles::WORD) {
        return Some(Kind::Keep);
    }
    let mut pieces = [Piece::Number { digits: 0, value: 0 }; MOST_PIECES];
    let mut count = 0;
    for piece in split(word) {
        if let Some(piece) = word_piece(vocabulary, own, piece, key) {
            *pieces.get_mut(count)? = piece;
            count += 1;
            continue;
        }
        // Letters that are no word may be several: HeadNeck.
        for part in camels(piece) {
            // DrHand, mrLong; MRHead is no title.
            spell(part, key);
            let title = vocabulary.roles(key).any(Roles::TITLE) && part.iter().any(|u| !u.capital);
            if title && part.len() < piece.len() {
                return None;
            }
            *pieces.get_mut(count)? = word_piece(vocabulary, own, part, key)?;
            count += 1;
        }
    }
    judge(pieces.get(..count)?, counted)
}

/// Writes the pattern of a word: # for each small number in it. False where it has none.
fn pattern(word: &[Unit], key: &mut String) -> bool {
    key.clear();
    for piece in split(word) {
        match piece.first().map(|u| u.script) {
            Some(Script::Digit) => match number(piece) {
                Some(Piece::Number { digits, .. }) if digits <= SMALL => key.push('#'),
                _ => return false,
            },
            _ => key.extend(piece.iter().map(|u| u.c)),
        }
    }
    key.contains('#')
}

/// The runs of letters and of digits.
fn split(word: &[Unit]) -> impl Iterator<Item = &[Unit]> {
    word.chunk_by(|a, b| {
        let digit = |u: &Unit| u.script == Script::Digit || u.c == '.';
        digit(a) == digit(b)
    })
}

/// The parts of a run of letters by its capitals: Head|Neck, AA|Scout.
fn camels(letters: &[Unit]) -> impl Iterator<Item = &[Unit]> {
    let mut rest = letters;
    std::iter::from_fn(move || {
        let begins = |at: usize| {
            let capital = |at: usize| rest.get(at).is_some_and(|u| u.capital);
            capital(at) && (!capital(at - 1) || rest.get(at + 1).is_some_and(|u| !u.capital))
        };
        let end = (1..rest.len()).find(|at| begins(*at)).unwrap_or(rest.len());
        let (part, tail) = rest.split_at_checked(end)?;
        rest = tail;
        (!part.is_empty()).then_some(part)
    })
}

/// A number that is small enough to say something of an image; `None` for version numbers, dates and long numbers.
fn number(digits: &[Unit]) -> Option<Piece> {
    let mut parts = digits.split(|u| u.c == '.');
    let (whole, fraction) = (parts.next()?, parts.next());
    if parts.next().is_some() || fraction.is_some_and(|f| f.len() > FRACTION) {
        return None;
    }
    let count = u8::try_from(whole.len()).ok().filter(|count| *count <= QUANTITY)?;
    let value = whole.iter().filter_map(|u| u.c.to_digit(10)).fold(0u32, |sum, d| sum * 10 + d);
    Some(Piece::Number { digits: count, value: u16::try_from(value).unwrap_or(u16::MAX) })
}

fn word_piece(
    vocabulary: &Vocabulary,
    own: &OwnWords<'_>,
    piece: &[Unit],
    key: &mut String,
) -> Option<Piece> {
    let first = piece.first()?;
    if first.script == Script::Digit {
        return number(piece);
    }
    spell(piece, key);
    let roles = vocabulary.roles(key);
    let known =
        roles.any(Roles::WORD | Roles::NAME | Roles::LETTER | Roles::UNIT | Roles::PARAMETER);
    let own = piece.len() > 1 && known && own.has(key);
    (known && !own).then_some(Piece::Letters { roles, first: first.c, length: piece.len() })
}

/// What a word of several known pieces is.
fn judge(pieces: &[Piece], counted: bool) -> Option<Kind> {
    let unit =
        |piece: &Piece| matches!(piece, Piece::Letters { roles, .. } if roles.any(Roles::UNIT));
    let single = |piece: &Piece, letters: &[char]| matches!(piece, Piece::Letters { first, length: 1, .. } if letters.contains(first));
    match pieces {
        // 55F, M45, 045Y, 010D: ages and sexes.
        [Piece::Number { .. }, age] if single(age, &['f', 'm', 'y']) => return None,
        [Piece::Number { digits: 3, .. }, age] if single(age, &['w', 'd']) => return None,
        [sex, Piece::Number { value: 10.., .. }] if single(sex, &['f', 'm']) => return None,
        [.., Piece::Number { value: 10.., .. }, sex] if single(sex, &['f', 'm', 'y']) => {
            return None;
        }
        [Piece::Letters { roles, .. }, Piece::Number { .. }]
            if roles.any(Roles::MACHINE) && !counted =>
        {
            return None;
        }
        [Piece::Number { .. }, last] if unit(last) => return Some(Kind::Keep),
        [Piece::Letters { roles, .. }, Piece::Number { digits, value }, rest @ ..]
            if roles.any(Roles::PARAMETER)
                && rest.iter().all(|piece| unit(piece) || single(piece, &['t', 'x', 'y', 'z']))
                && is_quantity(*roles, *digits, *value, true) =>
        {
            return Some(Kind::Keep);
        }
        _ => {}
    }
    // 256x256, 1x1x1mm
    let mut size = pieces.chunks(2);
    let is_size = |pair: &[Piece]| match pair {
        [Piece::Number { digits: ..=4, .. }, by] => single(by, &['x']) || unit(by),
        [Piece::Number { digits: ..=4, .. }] => true,
        _ => false,
    };
    if pieces.len() > 2 && size.all(is_size) {
        return Some(if pieces.last().is_some_and(unit) { Kind::Keep } else { Kind::Letter });
    }
    together(pieces)
}

/// What known pieces without a form of their own are together. A word that is also a name, written together with another
/// word, is meant as a word: HeadNeck.
fn together(pieces: &[Piece]) -> Option<Kind> {
    let numbered = pieces.iter().any(|piece| matches!(piece, Piece::Number { .. }));
    let (mut word, mut name, mut surely) = (false, false, false);
    // R305: a room.
    if let [Piece::Letters { length: 1, .. }, Piece::Number { digits: 3.., .. }] = pieces {
        return None;
    }
    let is_name = |p: &&Piece| matches!(p, Piece::Letters { roles, .. } if roles.any(Roles::NAME));
    if pieces.iter().filter(is_name).count() > 1 {
        return None;
    }
    for piece in pieces {
        match *piece {
            Piece::Number { digits, .. } if digits > SMALL => return None,
            Piece::Number { .. } => {}
            Piece::Letters { roles, .. } if numbered && roles.any(Roles::MONTH) => return None,
            Piece::Letters { roles, .. } if roles.any(Roles::NAME) => name = true,
            Piece::Letters { roles, length, .. } if length > 1 && roles.any(Roles::WORD) => {
                word = true;
                surely |= length > 2;
            }
            Piece::Letters { .. } => {}
        }
    }
    Some(match (word, name, surely) {
        (_, true, false) => Kind::Weak,
        (true, _, _) => Kind::Keep,
        _ => Kind::Letter,
    })
}

/// Whether the number of a parameter may stay. One of more than three digits must be of a parameter that has such, round
/// or a power of two, and no year but for the 2000 of `b2000`.
pub(super) fn is_quantity(parameter: Roles, digits: u8, value: u16, close: bool) -> bool {
    let round = value.is_multiple_of(10) || value.is_power_of_two();
    let year = (1900..2100).contains(&value) && !(close && value == 2000);
    digits <= SMALL
        || (parameter.any(Roles::WIDE) && digits <= QUANTITY && value <= LARGEST && round && !year)
}
