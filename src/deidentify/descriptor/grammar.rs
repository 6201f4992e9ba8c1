//! What a token's neighbours make of it: quantities, dates, titles, and words that are also names.

use super::{Kind, Token, latin::is_quantity};
use crate::policy::vocabulary::{
    Roles, Vocabulary,
    letters::{Script, Unit},
};

/// Digits that several numbers in a row may have together before they look like a telephone number.
const ROW: u32 = 7;

/// Decides of every token whether it stays ([`Kind::Keep`]) or goes ([`Kind::Drop`]).
pub(super) fn settle(vocabulary: &Vocabulary, units: &[Unit], tokens: &mut [Token]) {
    addresses(units, tokens);
    if tokens.iter().all(|token| token.kind == Kind::Keep) {
        return;
    }
    titles(tokens);
    each(tokens, |rest| dates(units, rest));
    x_rays(units, tokens);
    quantities(units, tokens);
    shorthands(units, tokens);
    phrases(vocabulary, units, tokens);
    each(tokens, |rest| {
        ages(units, rest);
        months(units, rest);
    });
    rows(units, tokens);
    initials(units, tokens);
    for token in tokens.iter_mut() {
        if matches!(token.kind, Kind::Title | Kind::Number { digits: 4.., .. }) {
            token.kind = Kind::Drop;
        }
    }
    sides(units, tokens);
    company(tokens);
}

/// Does it for the tokens from each on.
fn each(tokens: &mut [Token], mut to: impl FnMut(&mut [Token])) {
    for at in 0..tokens.len() {
        if let Some(rest) = tokens.get_mut(at..) {
            to(rest);
        }
    }
}

/// Everything of a mail address or a URL goes.
fn addresses(units: &[Unit], tokens: &mut [Token]) {
    let sign = |at: usize| match units.get(at..) {
        Some([a, rest @ ..]) if a.c == '@' => rest.first().is_some_and(|u| u.c != ' ') && at > 0,
        Some([a, b, c, ..]) => a.c == ':' && b.c == '/' && c.c == '/',
        _ => false,
    };
    for at in (0..units.len()).filter(|at| sign(*at)) {
        let blank = |u: &Unit| u.c.is_whitespace();
        let before = units.get(..at).unwrap_or_default();
        let start = before.iter().rposition(blank).map_or(0, |blank| blank + 1);
        let behind = units.get(at..).unwrap_or_default();
        let end = behind.iter().position(blank).map_or(units.len(), |blank| at + blank);
        let inside = |token: &&mut Token| token.start < end && token.end > start;
        tokens.iter_mut().filter(inside).for_each(|token| token.kind = Kind::Drop);
    }
}

/// What stands between two tokens: nothing, one character, or more.
fn gap<'u>(units: &'u [Unit], left: &Token, right: &Token) -> &'u [Unit] {
    units.get(left.end..right.start).unwrap_or_default()
}

/// The only character between two tokens; NUL if there is nothing.
fn between(units: &[Unit], left: &Token, right: &Token) -> Option<char> {
    match gap(units, left, right) {
        [] => Some('\0'),
        [one] => Some(one.c),
        _ => None,
    }
}

/// `1.5 mm`, `TE 90`, `b = 1000`: a number with its unit or its parameter stays.
fn quantities(units: &[Unit], tokens: &mut [Token]) {
    for at in 1..tokens.len() {
        let Some([left, right]) = tokens.get_mut(at - 1..=at) else { continue };
        if let Kind::Number { .. } = left.kind
            && right.roles.any(Roles::UNIT)
            && matches!(between(units, left, right), Some('\0' | ' ' | '_' | '-'))
        {
            (left.kind, right.kind) = (Kind::Keep, Kind::Keep);
        }
    }
    for at in 1..tokens.len() {
        let Some([left, right]) = tokens.get_mut(at - 1..=at) else { continue };
        let close = between(units, left, right);
        let assigned = gap(units, left, right);
        let assigned = !assigned.is_empty() && assigned.iter().all(|u| matches!(u.c, ' ' | '='));
        let joined = assigned || matches!(close, Some('_' | ':' | '-'));
        if !left.roles.any(Roles::PARAMETER) || left.kind == Kind::Drop || !joined {
            continue;
        }
        let sure = close != Some(' ') || left.end - left.start > 1;
        match right.kind {
            Kind::Number { digits, value } if is_quantity(left.roles, digits, value, sure) => {
                (left.kind, right.kind) = (Kind::Keep, Kind::Keep);
            }
            // A number that is none of the parameter's, as in `ACC 45678`.
            Kind::Number { digits: 4.., .. } => (left.kind, right.kind) = (Kind::Drop, Kind::Drop),
            _ => {}
        }
    }
}

/// `X線`, `胃X線`: the letter is part of the word.
fn x_rays(units: &[Unit], tokens: &mut [Token]) {
    let is = |token: &Token, c: char| units.get(token.start).is_some_and(|u| u.c == c);
    for at in 1..tokens.len() {
        if let Some([left, right]) = tokens.get_mut(at - 1..=at)
            && left.kind == Kind::Letter
            && is(left, 'x')
            && left.end == right.start
            && is(right, '線')
            && right.end - right.start == 1
        {
            (left.kind, right.kind) = (Kind::Keep, Kind::Keep);
        }
    }
}

/// A name that is a word in a phrase only stays, with its partner, or goes: `kidney stone`.
fn phrases(vocabulary: &Vocabulary, units: &[Unit], tokens: &mut [Token]) {
    let spell = |token: &Token| -> String {
        let letters = units.get(token.start..token.end).unwrap_or_default();
        letters.iter().map(|u| u.c).collect()
    };
    for at in 0..tokens.len() {
        let is = |token: &Token| token.kind == Kind::Weak && token.roles.any(Roles::PHRASE);
        let Some(token) = tokens.get(at).filter(|token| is(token)) else { continue };
        let word = spell(token);
        let fits = |left: &Token, right: &Token, other: &Token| {
            let near = gap(units, left, right);
            let near = near.len() <= 2 && near.iter().all(|u| matches!(u.c, ' ' | '_' | '-' | '/'));
            near && match other.kind {
                Kind::Drop | Kind::Title => false,
                Kind::Number { digits, .. } => digits <= 3 && vocabulary.is_phrase(&word, None),
                _ => vocabulary.is_phrase(&word, Some(&spell(other))),
            }
        };
        let before = at.checked_sub(1).and_then(|b| tokens.get(b).map(|other| (b, other)));
        let before = before.filter(|(_, other)| fits(other, token, other));
        let behind = tokens.get(at + 1).map(|other| (at + 1, other));
        let behind = behind.filter(|(_, other)| fits(token, other, other));
        let partner = behind.or(before).map(|(place, _)| place);
        let kind = if partner.is_some() { Kind::Keep } else { Kind::Drop };
        for place in [Some(at), partner].into_iter().flatten() {
            if let Some(token) = tokens.get_mut(place) {
                token.kind = kind;
            }
        }
    }
}

/// `w/o`, `r/o`, `s/p`, `v/q`: they stay, for without them the words behind would say something else.
fn shorthands(units: &[Unit], tokens: &mut [Token]) {
    for at in 1..tokens.len() {
        let Some([left, right]) = tokens.get_mut(at - 1..=at) else { continue };
        let three = units.get(left.start..right.end).unwrap_or_default();
        if let [a, slash, b] = three
            && slash.c == '/'
            && matches!((a.c, b.c), ('w' | 'r', 'o') | ('s', 'p') | ('v', 'q'))
        {
            (left.kind, right.kind) = (Kind::Keep, Kind::Keep);
        }
    }
}

/// `55 F`, `F/55`: age and sex.
fn ages(units: &[Unit], tokens: &mut [Token]) {
    let [left, right, ..] = tokens else { return };
    let sex = |token: &Token| {
        let letter = units.get(token.start).map_or(' ', |u| u.c);
        token.kind == Kind::Letter && token.end - token.start == 1 && matches!(letter, 'f' | 'm')
    };
    let near = gap(units, left, right).iter().all(|u| " /-,_()[]　".contains(u.c));
    let age = |token: &Token| matches!(token.kind, Kind::Number { .. });
    let old = |token: &Token| matches!(token.kind, Kind::Number { value: 10.., .. });
    if near && ((age(left) && sex(right)) || (sex(left) && old(right))) {
        (left.kind, right.kind) = (Kind::Drop, Kind::Drop);
    }
}

/// `02-01-20`, `S45/3/2`: three small numbers between the same signs, one of which can be a year.
fn dates(units: &[Unit], tokens: &mut [Token]) {
    let [a, b, c, ..] = tokens else { return };
    let sign = between(units, a, b);
    if sign != between(units, b, c) || !matches!(sign, Some('-' | '/' | '.' | '−')) {
        return;
    }
    let era = |token: &Token| match units.get(token.start..token.end) {
        Some([era, year @ ..]) if matches!(era.c, 'm' | 't' | 's' | 'h' | 'r') => {
            (1..=2).contains(&year.len()) && year.iter().all(|u| u.c.is_ascii_digit())
        }
        _ => false,
    };
    let number = |token: &Token| match token.kind {
        Kind::Number { digits: digits @ 1..=2, value } => Some((digits, value)),
        _ => None,
    };
    let (Some(second), Some(third)) = (number(b), number(c)) else { return };
    let day = |(_, value): (u8, u16)| (1..=31).contains(&value);
    let is_date = match number(a) {
        Some(first) => {
            let year_last =
                third.0 == 2 && day(first) && day(second) && first.1.min(second.1) <= 12;
            let year_first =
                first.0 == 2 && day(second) && day(third) && second.1.min(third.1) <= 12;
            year_last || year_first
        }
        None => era(a) && day(second) && day(third),
    };
    if is_date {
        for token in [a, b, c] {
            token.kind = Kind::Drop;
        }
    }
}

/// `12-MAR`, `Mar 3`.
fn months(units: &[Unit], tokens: &mut [Token]) {
    let [left, right, ..] = tokens else { return };
    let near = matches!(between(units, left, right), Some('\0' | ' ' | '/' | '-' | '.' | '_'));
    let number = |token: &Token| matches!(token.kind, Kind::Number { .. });
    let dated = (left.roles.any(Roles::MONTH) && number(right))
        || (right.roles.any(Roles::MONTH) && number(left));
    if near && dated {
        (left.kind, right.kind) = (Kind::Drop, Kind::Drop);
    }
}

/// Three and more numbers in a row that together are as long as a telephone number.
fn rows(units: &[Unit], tokens: &mut [Token]) {
    let chained = |left: &Token, right: &Token| {
        matches!((left.kind, right.kind), (Kind::Number { .. }, Kind::Number { .. }))
            && matches!(between(units, left, right), Some(' ' | '-' | '.' | '−'))
    };
    for row in tokens.chunk_by_mut(|left, right| chained(left, right)) {
        let digits = |token: &Token| match token.kind {
            Kind::Number { digits, .. } => u32::from(digits),
            _ => 0,
        };
        if row.len() > 2 && row.iter().map(digits).sum::<u32>() >= ROW {
            row.iter_mut().for_each(|token| token.kind = Kind::Drop);
        }
    }
}

/// The word behind a title is a name, whatever else it is.
fn titles(tokens: &mut [Token]) {
    for at in 1..tokens.len() {
        if let Some([left, right]) = tokens.get_mut(at - 1..=at)
            && left.kind == Kind::Title
            && !matches!(right.kind, Kind::Title | Kind::Number { .. })
        {
            right.kind = Kind::Drop;
        }
    }
}

/// `Y.T.`, `A. Long`, `Hand J`: initials. Beside a word that is also a name, only L, R and the w of w/o are none.
fn initials(units: &[Unit], tokens: &mut [Token]) {
    let is =
        |token: &Token, sign: fn(char) -> bool| units.get(token.start).is_some_and(|u| sign(u.c));
    let letter = |token: &Token| token.kind == Kind::Letter && token.end - token.start == 1;
    let initial = |token: &Token| {
        let with = units.get(token.end).is_some_and(|u| u.c == '/') && is(token, |c| c == 'w');
        letter(token) && !with && !is(token, |c| matches!(c, 'l' | 'r'))
    };
    // A single kanji is none that has a first name before it: X線.
    let weak =
        |token: &Token| token.kind == Kind::Weak && !is(token, |c| Script::of(c).is_japanese());
    for at in 1..tokens.len() {
        let Some([left, right]) = tokens.get_mut(at - 1..=at) else { continue };
        let dotted = gap(units, left, right).first().is_some_and(|u| matches!(u.c, '.' | '・'));
        let dotted = letter(left) && dotted && (letter(right) || weak(right));
        // p.a. and a.p. are views.
        let view = (is(left, |c| c == 'p') && is(right, |c| c == 'a'))
            || (is(left, |c| c == 'a') && is(right, |c| c == 'p'));
        if dotted && view && letter(right) {
            (left.kind, right.kind) = (Kind::Keep, Kind::Keep);
            continue;
        }
        if dotted || (initial(left) && weak(right)) || (weak(left) && initial(right)) {
            (left.kind, right.kind) = (Kind::Drop, Kind::Drop);
        }
    }
}

/// The side stays beside a word that stays, whatever else is beside it: `Suzuki L CC`, `膝関節 左 山田様`. So does a number that
/// is no date and no count: `Suzuki MPR 3.0`, `Bone 0.625 Suzuki`.
fn sides(units: &[Unit], tokens: &mut [Token]) {
    for at in 0..tokens.len() {
        let is = |token: &&Token| {
            let letters = units.get(token.start..token.end).unwrap_or_default();
            let decimal = || {
                let begins =
                    matches!(letters, [zero, point, ..] if zero.c == '0' && point.c == '.');
                begins || matches!(letters, [.., point, zero] if point.c == '.' && zero.c == '0')
            };
            match token.kind {
                Kind::Number { digits: ..=2, .. } => decimal(),
                Kind::Letter | Kind::Weak => {
                    matches!(letters, [one] if matches!(one.c, 'l' | 'r' | '左' | '右' | '両'))
                }
                _ => false,
            }
        };
        if tokens.get(at).filter(is).is_none() {
            continue;
        }
        let blank = |left: &Token, right: &Token| {
            gap(units, left, right).iter().all(|u| matches!(u.c, ' ' | '_' | '-'))
        };
        let near = |pair: Option<&[Token]>, at: usize| {
            pair.is_some_and(|pair| match pair {
                [left, right] => {
                    blank(left, right) && pair.get(at).is_some_and(|other| other.kind == Kind::Keep)
                }
                _ => false,
            })
        };
        let before = at.checked_sub(1).and_then(|b| tokens.get(b..=at));
        if (near(before, 0) || near(tokens.get(at..at + 2), 1))
            && let Some(token) = tokens.get_mut(at)
        {
            token.kind = Kind::Keep;
        }
    }
}

/// Everything between two words that are certain stays or goes together: it goes where one of them goes, and where it
/// holds more than one word that is also a name.
fn company(tokens: &mut [Token]) {
    let certain = |token: &Token| matches!(token.kind, Kind::Keep | Kind::Drop);
    let mut left: Option<Kind> = None;
    let mut start = 0;
    while let Some(first) = tokens.get(start) {
        if certain(first) {
            left = Some(first.kind);
            start += 1;
            continue;
        }
        let rest = tokens.get_mut(start..).unwrap_or_default();
        let length = rest.iter().position(certain).unwrap_or(rest.len());
        let right = rest.get(length).map(|token| token.kind);
        let run = rest.get_mut(..length).unwrap_or_default();
        let stays = match (left, right) {
            (Some(Kind::Drop), _) | (_, Some(Kind::Drop)) => false,
            (None, None) => is_whole(run),
            _ => run.iter().filter(|token| token.kind == Kind::Weak).count() < 2,
        };
        let kind = if stays { Kind::Keep } else { Kind::Drop };
        run.iter_mut().for_each(|token| token.kind = kind);
        start += length;
        left = Some(kind);
    }
}

/// Whether a value without any certain word may stay: one word that is also a name (`Hand R 2`, `Head w/o`); one letter, one
/// unit, and numbers.
fn is_whole(run: &[Token]) -> bool {
    let count = |of: fn(&Token) -> bool| run.iter().filter(|token| of(token)).count();
    let weak = count(|token| token.kind == Kind::Weak);
    let letters = count(|token| token.kind == Kind::Letter);
    let numbers = count(|token| matches!(token.kind, Kind::Number { .. }));
    let units = count(|token| {
        token.kind == Kind::Connective && token.roles.any(Roles::UNIT | Roles::PARAMETER)
    });
    let others = run.len() - weak - letters - numbers - units;
    match weak {
        0 => letters.max(units) <= 1 && others == 0,
        1 => letters <= 2 && units == 0,
        _ => false,
    }
}
