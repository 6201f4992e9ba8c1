//! Bytes as a data set, in every encoding and under any limits: the tokenizer never panics, keeps its bounds, and says
//! the same however the bytes are cut.
//!
//! Input: encoding, depth, elements (one byte each), the seed of the cuts, then the data set.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tokumei::dicom::{
    dataset::ParseError,
    syntax::Encoding,
    tokenizer::{Event, Limits, Tokenizer},
};

/// What was said, with the chunks of a value put together.
#[derive(Default, PartialEq, Debug)]
struct Said {
    events: Vec<String>,
    values: Vec<u8>,
    depth: usize,
    error: Option<ParseError>,
    end: u64,
}

impl Said {
    fn take(&mut self, event: &Event<'_>) {
        match event {
            Event::Chunk(bytes) => self.values.extend_from_slice(bytes),
            other => self.events.push(format!("{other:?} at {}", self.values.len())),
        }
    }

    /// Feeds pieces one after the other, and ends.
    fn listen<'a>(
        encoding: Encoding,
        limits: Limits,
        pieces: impl Iterator<Item = &'a [u8]>,
    ) -> Said {
        let mut tokenizer = Tokenizer::new(encoding, limits);
        let mut said = Said::default();
        for mut piece in pieces {
            loop {
                match tokenizer.next(&mut piece) {
                    Ok(Some(event)) => said.take(&event),
                    Ok(None) => break,
                    Err(error) => {
                        said.error = Some(error);
                        return said;
                    }
                }
                said.depth = said.depth.max(tokenizer.depth());
            }
            assert!(piece.is_empty(), "what is given is taken");
        }
        said.error = tokenizer.finish().err();
        said.end = tokenizer.position();
        said
    }
}

/// Pieces of one to sixteen bytes, their lengths from a simple generator.
fn cut(mut bytes: &[u8], mut seed: u32) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let (piece, rest) = bytes.split_at(((seed >> 28) as usize + 1).min(bytes.len()));
        bytes = rest;
        (!piece.is_empty()).then_some(piece)
    })
}

fuzz_target!(|input: &[u8]| {
    let [encoding, depth, elements, seed, data @ ..] = input else { return };
    let encoding = match encoding % 3 {
        0 => Encoding::ImplicitLittle,
        1 => Encoding::ExplicitLittle,
        _ => Encoding::ExplicitBig,
    };
    let limits = Limits { depth: usize::from(depth % 40), elements: 8 * u32::from(*elements) };
    let whole = Said::listen(encoding, limits, std::iter::once(data));
    assert!(whole.depth <= limits.depth);
    let counted = |e: &&String| {
        ["Value {", "SequenceStart", "ItemStart", "FragmentsStart"].iter().any(|s| e.starts_with(s))
    };
    assert!(whole.events.iter().filter(counted).count() <= limits.elements as usize);
    if whole.error.is_none() {
        assert_eq!(whole.end, data.len() as u64);
    }
    assert_eq!(whole, Said::listen(encoding, limits, cut(data, u32::from(*seed))));
});
