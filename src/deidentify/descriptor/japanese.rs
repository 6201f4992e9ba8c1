//! Runs of Japanese, which has no spaces: what the vocabulary does not cover goes, and with it what stays only by chance.

use super::{Kind, Token, own::OwnWords};
use crate::policy::vocabulary::{
    Roles, Vocabulary,
    letters::{Script, Unit},
};

/// A word of the vocabulary in a run, from unit to unit.
#[derive(Clone, Copy)]
struct Piece {
    start: usize,
    end: usize,
    roles: Roles,
    /// Whether it still may stay.
    alive: bool,
}

impl Piece {
    fn is_single(&self) -> bool {
        self.end - self.start == 1
    }

    fn is_solid(&self) -> bool {
        self.alive && !self.is_single()
    }
}

/// Adds the tokens of a run that begins at `base`.
pub(super) fn run(
    vocabulary: &Vocabulary,
    own: &OwnWords<'_>,
    units: &[Unit],
    base: usize,
    tokens: &mut Vec<Token>,
) {
    let (text, starts) = spell(units);
    let place = |byte: usize| starts.partition_point(|start| *start < byte);
    let mut pieces: Vec<Piece> = vocabulary
        .japanese(&text)
        .map(|(range, roles)| Piece {
            start: place(range.start),
            end: place(range.end),
            roles,
            alive: true,
        })
        .collect();
    if !pieces.is_empty() {
        own.japanese_in(&text, |from, to| {
            kill(&mut pieces, place(from), place(to));
        });
        kana(units, &mut pieces);
        titles(&mut pieces);
        squeezed(vocabulary, units, &mut pieces);
        let after_number = matches!(tokens.last(), Some(Token { kind: Kind::Number { .. }, end, .. }) if *end == base);
        singles(units, own, after_number, &mut pieces);
    }
    emit(units.len(), base, &pieces, tokens);
}

fn spell(units: &[Unit]) -> (String, Vec<usize>) {
    let mut text = String::with_capacity(units.len() * 3);
    let mut starts = Vec::with_capacity(units.len());
    for unit in units {
        starts.push(text.len());
        text.push(unit.c);
    }
    (text, starts)
}

/// Nothing that touches this stretch stays.
fn kill(pieces: &mut [Piece], from: usize, to: usize) {
    for piece in pieces.iter_mut().filter(|p| p.start < to && p.end > from) {
        piece.alive = false;
    }
}

/// A stretch of kana is a word as a whole: katakana must be words throughout, hiragana one single word.
fn kana(units: &[Unit], pieces: &mut [Piece]) {
    let mut from = 0;
    for stretch in units.chunk_by(|a, b| a.script == b.script) {
        let to = from + stretch.len();
        let script = stretch.first().map_or(Script::Kanji, |u| u.script);
        if script != Script::Kanji {
            let mut covered = from;
            let mut count = 0;
            for piece in pieces.iter().filter(|p| p.alive && p.start < to && p.end > from) {
                if piece.start <= covered {
                    covered = piece.end;
                }
                count += 1;
            }
            if covered < to || (script == Script::Hiragana && count != 1) {
                kill(pieces, from, to);
            }
        }
        from = to;
    }
}

/// What stands right before 様 or 先生 is a name, whatever else it is.
fn titles(pieces: &mut [Piece]) {
    for at in 0..pieces.len() {
        let title = pieces.get(at).filter(|p| p.roles.any(Roles::TITLE)).map(|p| p.start);
        if let Some(start) = title {
            kill(pieces, start.saturating_sub(1), start + 1);
        }
    }
}

/// A word of two kanji between unknown ones is an accident, as 中心 in 田中心臓; so is one beside an unknown one if each of
/// its kanji is a word too, as 右前 in 右前田.
fn squeezed(vocabulary: &Vocabulary, units: &[Unit], pieces: &mut [Piece]) {
    let alive: Vec<(usize, usize)> =
        pieces.iter().filter(|p| p.alive).map(|p| (p.start, p.end)).collect();
    let is_word = |unit: &Unit| vocabulary.roles(unit.c.encode_utf8(&mut [0; 4])).any(Roles::WORD);
    for piece in pieces.iter_mut().filter(|p| p.end - p.start == 2) {
        let left = piece.start > 0 && !alive.iter().any(|(_, end)| *end == piece.start);
        let right = piece.end < units.len() && !alive.iter().any(|(start, _)| *start == piece.end);
        let kanji = units.get(piece.start..piece.end).unwrap_or_default();
        let composed = kanji.iter().all(is_word);
        piece.alive &= !(left && right) && !((left || right) && composed);
    }
}

/// A single kanji stays beside a longer word and nothing unknown, or after its number, or for itself.
fn singles(units: &[Unit], own: &OwnWords<'_>, after_number: bool, pieces: &mut [Piece]) {
    let before: Vec<Piece> = pieces.to_vec();
    let all = units.len();
    for (at, piece) in pieces.iter_mut().enumerate().filter(|(_, p)| p.alive && p.is_single()) {
        let kanji = units.get(piece.start).map_or(' ', |u| u.c);
        let left = at.checked_sub(1).and_then(|at| before.get(at));
        let left = left.filter(|p| p.end == piece.start && p.is_solid()).is_some();
        let right = before.get(at + 1).filter(|p| p.start == piece.end && p.is_solid()).is_some();
        let counted = after_number && piece.start == 0 && piece.roles.any(Roles::UNIT);
        let free = (left || piece.start == 0) && (right || piece.end == all);
        let alone = all == 1;
        piece.alive = free && (left || right || counted || alone) && !own.has_single(kanji);
    }
}

fn emit(length: usize, base: usize, pieces: &[Piece], tokens: &mut Vec<Token>) {
    let mut push = |start: usize, end: usize, kind, roles| {
        if start < end {
            tokens.push(Token { start: base + start, end: base + end, kind, roles });
        }
    };
    let mut done = 0;
    for piece in pieces.iter().filter(|p| p.alive) {
        push(done, piece.start, Kind::Drop, Roles::default());
        let alone = piece.is_single() && length == 1;
        let kind = match piece.roles {
            roles if roles.any(Roles::CONNECTIVE) => Kind::Connective,
            roles if roles.any(Roles::NAME) || (alone && roles.any(Roles::WORD)) => Kind::Weak,
            roles if roles.any(Roles::WORD) => Kind::Keep,
            roles if roles.any(Roles::UNIT) => Kind::Connective,
            _ => Kind::Drop,
        };
        push(piece.start, piece.end, kind, piece.roles);
        done = piece.end;
    }
    push(done, length, Kind::Drop, Roles::default());
}
