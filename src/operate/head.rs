//! Reads the header of a Part 10 file, under the bounds of the gateway.

use std::io::{BufRead, BufReader, Read};

use anyhow::{Context, anyhow};

use crate::{
    dicom::{
        Tag, VR,
        dataset::DataSet,
        encode::has_long_length,
        meta,
        syntax::{self, Encoding},
    },
    policy,
    receive::collect::{Announced, Collector, Limits, Received, Sink},
};

/// Everything before the pixels; `None` where that is past the bound.
///
/// # Errors
/// It cannot be read, or it is not an object that the gateway takes.
pub(super) fn read(file: impl Read, limits: Limits) -> anyhow::Result<Option<Received>> {
    Ok(gather(file, limits, false)?.map(|(received, _)| received))
}

/// What comes behind a header.
#[derive(Default)]
pub(super) struct Rest {
    /// Pixel Data: its tag, its VR, and the bytes of its value, those between its fragments included.
    pub pixels: Option<(Tag, VR, u64)>,
    /// The elements behind it.
    pub tail: Option<DataSet>,
}

/// As [`read`], with what comes behind the header. It is read to the end, and pixels are counted, not kept.
///
/// # Errors
/// As [`read`].
pub(super) fn read_all(
    file: impl Read,
    limits: Limits,
) -> anyhow::Result<Option<(Received, Rest)>> {
    gather(file, limits, true)
}

fn gather(file: impl Read, limits: Limits, all: bool) -> anyhow::Result<Option<(Received, Rest)>> {
    let mut reader = BufReader::with_capacity(64 * 1024, file);
    let cannot = "the file cannot be read";
    reader.fill_buf().context(cannot)?;
    let meta = meta::read(&mut reader)?;
    let transfer_syntax = syntax::lookup(&meta.transfer_syntax)
        .ok_or_else(|| anyhow!("the gateway does not carry this file's transfer syntax"))?;
    let mut collector = Collector::new(Announced::file(transfer_syntax), limits);
    let mut sink = Head { head: None, overflow: false, start: Vec::new(), bulk: 0, tail: None };
    collector.feed(&meta.ahead, &mut sink)?;
    let mut chunk = vec![0; 64 * 1024];
    loop {
        if sink.overflow && sink.head.is_none() {
            return Ok(None);
        }
        if sink.head.is_some() && !all {
            return Ok(sink.rest(transfer_syntax.encoding));
        }
        match reader.read(&mut chunk).context(cannot)? {
            0 => break,
            read => collector.feed(chunk.get(..read).unwrap_or_default(), &mut sink)?,
        }
    }
    collector.finish(&mut sink)?;
    match sink.head {
        None if !sink.overflow => Err(anyhow!("the file has no data set")),
        _ => Ok(sink.rest(transfer_syntax.encoding)),
    }
}

/// Takes the header and what is behind the pixels, and of the pixels how they begin.
struct Head {
    head: Option<Received>,
    overflow: bool,
    /// The element header of Pixel Data, or more.
    start: Vec<u8>,
    /// Bytes of Pixel Data, its element header included.
    bulk: u64,
    tail: Option<DataSet>,
}

/// Bytes of the longest element header (PS3.5 7.1.2).
const ELEMENT_HEADER: usize = 12;

impl Head {
    fn rest(self, encoding: Encoding) -> Option<(Received, Rest)> {
        let pixels = pixels(&self.start, self.bulk, encoding);
        self.head.map(|head| (head, Rest { pixels, tail: self.tail }))
    }
}

/// Tag, VR and length of an element by how it begins.
fn pixels(start: &[u8], bulk: u64, encoding: Encoding) -> Option<(Tag, VR, u64)> {
    let [a, b, c, d, e, f, ..] = *start else { return None };
    let number = |pair: [u8; 2]| match encoding {
        Encoding::ExplicitBig => u16::from_be_bytes(pair),
        _ => u16::from_le_bytes(pair),
    };
    let (vr, header) = match encoding {
        // PS3.5 A.1: OW, whatever the file does not say.
        Encoding::ImplicitLittle => (VR::OW, 8),
        _ => {
            let vr = VR::from_binary([e, f])?;
            (vr, if has_long_length(vr) { ELEMENT_HEADER as u64 } else { 8 })
        }
    };
    Some((Tag(number([a, b]), number([c, d])), vr, bulk.saturating_sub(header)))
}

impl Sink for Head {
    fn discards(&self, tag: Tag) -> bool {
        policy::discards(tag)
    }
    fn begin_copy(&mut self, _: &[u8]) {}
    fn copy(&mut self, _: &[u8]) {}
    fn overflow(&mut self) {
        self.overflow = true;
    }
    fn head(&mut self, received: Received) {
        self.head = Some(received);
    }
    fn bulk(&mut self, bytes: &[u8]) {
        let missing = ELEMENT_HEADER.saturating_sub(self.start.len());
        self.start.extend(bytes.iter().take(missing));
        self.bulk += bytes.len() as u64;
    }
    fn tail(&mut self, tail: DataSet) {
        self.tail = Some(tail);
    }
}
