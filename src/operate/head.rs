//! Reads the header of a Part 10 file, under the bounds of the gateway.

use std::io::{BufRead, BufReader, Read};

use anyhow::{Context, anyhow};

use crate::{
    dicom::{Tag, dataset::DataSet, meta, syntax},
    policy,
    receive::collect::{Announced, Collector, Limits, Received, Sink},
};

/// Everything before the pixels; `None` where that is past the bound.
///
/// # Errors
/// It cannot be read, or it is not an object that the gateway takes.
pub(super) fn read(file: impl Read, limits: Limits) -> anyhow::Result<Option<Received>> {
    let mut reader = BufReader::with_capacity(64 * 1024, file);
    let cannot = "the file cannot be read";
    reader.fill_buf().context(cannot)?;
    let meta = meta::read(&mut reader)?;
    let transfer_syntax = syntax::lookup(&meta.transfer_syntax)
        .ok_or_else(|| anyhow!("the gateway does not carry this file's transfer syntax"))?;
    let mut collector = Collector::new(Announced::file(transfer_syntax), limits);
    let mut sink = Head { head: None, overflow: false };
    collector.feed(&meta.ahead, &mut sink)?;
    let mut chunk = vec![0; 64 * 1024];
    loop {
        if sink.overflow || sink.head.is_some() {
            return Ok(sink.head);
        }
        match reader.read(&mut chunk).context(cannot)? {
            0 => break,
            read => collector.feed(chunk.get(..read).unwrap_or_default(), &mut sink)?,
        }
    }
    collector.finish(&mut sink)?;
    match sink.head {
        None if !sink.overflow => Err(anyhow!("the file has no data set")),
        head => Ok(head),
    }
}

/// Takes the header, and lets the rest go.
struct Head {
    head: Option<Received>,
    overflow: bool,
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
    fn bulk(&mut self, _: &[u8]) {}
    fn tail(&mut self, _: DataSet) {}
}
