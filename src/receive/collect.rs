//! Collects one object: the header in memory under bounds, pixel bytes passed on, the rest behind them.
//!
//! No I/O: a [`Sink`] takes what comes out.

use std::sync::Arc;

use flate2::{Decompress, FlushDecompress, Status};

use crate::{
    dicom::{
        Tag, VR,
        dataset::{Builder, DataSet, Element, ParseError, Value},
        dimse,
        encode::{UNDEFINED, Writer},
        syntax::TransferSyntax,
        tokenizer::{self, Event, Tokenizer},
        uid,
    },
    receive::Answer,
    records::Origin,
};

/// Bounds of one object.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Header bytes that are buffered. An object with more is kept back, sealed.
    pub header_bytes: usize,
    /// A value longer than this is not read into memory if the policy removes it.
    pub long_value_bytes: u32,
    /// Bytes of a data set in all, inflated.
    pub object_bytes: u64,
    /// Depth and number of elements.
    pub structure: tokenizer::Limits,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            header_bytes: 8 << 20,
            long_value_bytes: 256 << 10,
            object_bytes: 16 << 30,
            structure: tokenizer::Limits::default(),
        }
    }
}

/// What an object is said to be, before it is looked at.
pub struct Announced {
    /// Affected SOP Class UID; empty where nothing was announced (a file): the data set then speaks for itself.
    pub sop_class: String,
    /// Affected SOP Instance UID: an identifier of the original; never to be logged. Empty as above.
    pub sop_instance: String,
    /// The transfer syntax in which it comes.
    pub transfer_syntax: &'static TransferSyntax,
    /// Where it comes from.
    pub origin: Origin,
}

impl Announced {
    /// A file, which announces nothing but its transfer syntax.
    pub fn file(transfer_syntax: &'static TransferSyntax) -> Announced {
        let origin = Origin { association: 0, calling_ae: String::new(), address: String::new() };
        Announced { sop_class: String::new(), sop_instance: String::new(), transfer_syntax, origin }
    }
}

/// The header of an object as it came: everything before Pixel Data, complete and well formed, and its SOP class and
/// instance are those that the command announced. Cheap to clone: it survives a stage that panics over it.
///
/// Only this module makes one.
///
/// ```compile_fail
/// fn forge(data_set: tokumei::dicom::dataset::DataSet, announced: tokumei::receive::collect::Announced) {
///     let _ = tokumei::receive::collect::Received(std::sync::Arc::new((data_set, announced)));
/// }
/// ```
#[derive(Clone)]
pub struct Received(Arc<(DataSet, Announced)>);

impl Received {
    /// The header.
    pub fn data_set(&self) -> &DataSet {
        &self.0.0
    }

    /// What the command said of it.
    pub fn announced(&self) -> &Announced {
        &self.0.1
    }
}

/// Why an object cannot be taken. Nothing of it is stored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Not a data set: truncated or contradictory.
    #[error(transparent)]
    Malformed(#[from] ParseError),
    /// Another SOP class or instance than the command said.
    #[error("SOP class or instance is missing, or differs from the command's")]
    Mismatch,
    /// The deflate stream is damaged.
    #[error("deflate stream is damaged or incomplete")]
    Deflate,
    /// More bytes than the bound.
    #[error("object is larger than the bound")]
    TooLarge,
}

impl Fault {
    /// The answer to the sender (standards 5.3).
    pub fn answer(&self) -> Answer {
        let (status, comment) = match self {
            Fault::Malformed(_) => (dimse::Status::CANNOT_UNDERSTAND, "MALFORMED_DATA_SET"),
            Fault::Deflate => (dimse::Status::CANNOT_UNDERSTAND, "MALFORMED_DEFLATE"),
            Fault::Mismatch => (dimse::Status::DOES_NOT_MATCH, "COMMAND_MISMATCH"),
            Fault::TooLarge => (dimse::Status::OUT_OF_RESOURCES, "OBJECT_TOO_LARGE"),
        };
        Answer { status, comment: Some(comment) }
    }
}

/// Takes what comes out of a [`Collector`].
pub trait Sink {
    /// Whether a long value of this attribute is removed whatever else the object is.
    fn discards(&self, tag: Tag) -> bool;

    /// From here on every byte of the (inflated) data set is given to [`Sink::copy`], because it will not all be in memory; `so_far`
    /// is what came before in the present part (header, or behind the pixels).
    fn begin_copy(&mut self, so_far: &[u8]);

    /// The next bytes, once copying has begun.
    fn copy(&mut self, bytes: &[u8]);

    /// The header is past its bound: there will be no [`Sink::head`], or no [`Sink::tail`].
    fn overflow(&mut self);

    /// The header is complete.
    fn head(&mut self, received: Received);

    /// Bytes of the pixel data element as they stand in the data set, its header included.
    fn bulk(&mut self, bytes: &[u8]);

    /// The elements behind the pixel data, if there are any.
    fn tail(&mut self, tail: DataSet);
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Head,
    Bulk,
    Tail,
    /// Past the bound: the structure is still checked, nothing is kept.
    Overflown,
}

/// Collects one data set.
pub struct Collector {
    tokenizer: Tokenizer,
    inflate: Option<Box<Decompress>>,
    inflated: bool,
    limits: Limits,
    phase: Phase,
    copying: bool,
    skipping: bool,
    announced: Option<Announced>,
    builder: Builder,
    buffer: Vec<u8>,
    /// Length of `buffer` behind the last event.
    mark: usize,
    /// Whether the pixel data has odd length, which PS3.5 7.1.1 forbids: a zero is put behind it.
    pad: bool,
    transfer_syntax: &'static TransferSyntax,
}

/// Pixel data in its three forms (PS3.3 C.7.6.3, C.7.6.24): bulk that streams.
fn is_bulk(tag: Tag) -> bool {
    matches!(tag, Tag(0x7FE0, 0x0008 | 0x0009 | 0x0010))
}

impl Collector {
    /// A collector at the start of a data set.
    pub fn new(announced: Announced, limits: Limits) -> Collector {
        let transfer_syntax = announced.transfer_syntax;
        Collector {
            tokenizer: Tokenizer::new(transfer_syntax.encoding, limits.structure),
            inflate: transfer_syntax.deflated.then(|| Box::new(Decompress::new(false))),
            inflated: false,
            limits,
            phase: Phase::Head,
            copying: false,
            skipping: false,
            announced: Some(announced),
            builder: Builder::default(),
            buffer: Vec::with_capacity(16 * 1024),
            mark: 0,
            pad: false,
            transfer_syntax,
        }
    }

    /// Takes the next bytes as they came.
    ///
    /// # Errors
    /// The first fault; the collector is then of no further use.
    pub fn feed(&mut self, input: &[u8], sink: &mut impl Sink) -> Result<(), Fault> {
        if self.inflate.is_some() { self.inflate(input, sink) } else { self.plain(input, sink) }
    }

    /// Declares the end of the data.
    ///
    /// # Errors
    /// The data set is incomplete.
    pub fn finish(mut self, sink: &mut impl Sink) -> Result<(), Fault> {
        if self.inflate.is_some() && !self.inflated {
            return Err(Fault::Deflate);
        }
        self.plain(&[], sink)?;
        self.tokenizer.finish()?;
        match self.phase {
            Phase::Head => self.complete_head(sink)?,
            Phase::Tail if !self.buffer.is_empty() => {
                let tail = self.builder.build(self.buffer, self.transfer_syntax.encoding);
                sink.tail(tail);
            }
            Phase::Tail | Phase::Bulk | Phase::Overflown => {}
        }
        Ok(())
    }

    /// Bytes of the (inflated) data set so far.
    pub fn position(&self) -> u64 {
        self.tokenizer.position()
    }

    fn inflate(&mut self, mut input: &[u8], sink: &mut impl Sink) -> Result<(), Fault> {
        if !self.copying {
            self.copying = true;
            sink.begin_copy(&[]);
        }
        let Some(mut stream) = self.inflate.take() else { return Ok(()) };
        let mut window = vec![0; 64 * 1024];
        // A last round after the input is used up drains what the stream still holds.
        while !self.inflated {
            let (before_in, before_out) = (stream.total_in(), stream.total_out());
            let status = stream
                .decompress(input, &mut window, FlushDecompress::None)
                .map_err(|_| Fault::Deflate)?;
            let used = (stream.total_in() - before_in) as usize;
            let made = (stream.total_out() - before_out) as usize;
            input = &input[used..];
            self.plain(&window[..made], sink)?;
            self.inflated = status == Status::StreamEnd;
            if used == 0 && made == 0 {
                break;
            }
        }
        // PS3.5 A.5 lets one padding byte follow the deflate stream.
        if self.inflated && input.iter().any(|b| *b != 0) {
            return Err(Fault::Deflate);
        }
        self.inflate = Some(stream);
        Ok(())
    }

    fn plain(&mut self, mut input: &[u8], sink: &mut impl Sink) -> Result<(), Fault> {
        loop {
            let before = input;
            let event = self.tokenizer.next(&mut input)?;
            let consumed = &before[..before.len() - input.len()];
            self.keep(consumed, sink)?;
            let Some(event) = event else { return Ok(()) };
            match self.phase {
                Phase::Head | Phase::Tail => self.header_event(&event, sink)?,
                Phase::Bulk => self.bulk_event(&event, sink),
                Phase::Overflown => {}
            }
            if matches!(self.phase, Phase::Head | Phase::Tail)
                && let Some(value) = self.tokenizer.whole_value(&mut input)
            {
                self.keep(value, sink)?;
                self.skipping = false;
            }
            self.mark = self.buffer.len();
        }
    }

    fn keep(&mut self, consumed: &[u8], sink: &mut impl Sink) -> Result<(), Fault> {
        if self.tokenizer.position() > self.limits.object_bytes {
            return Err(Fault::TooLarge);
        }
        if self.copying && !consumed.is_empty() {
            sink.copy(consumed);
        }
        if matches!(self.phase, Phase::Head | Phase::Tail) && !self.skipping {
            if self.buffer.len() + consumed.len() > self.limits.header_bytes {
                let copied = self.copying;
                self.overflow(sink);
                if !copied {
                    sink.copy(consumed);
                }
            } else {
                self.buffer.extend_from_slice(consumed);
            }
        }
        Ok(())
    }

    fn overflow(&mut self, sink: &mut impl Sink) {
        self.copy_from_here(sink);
        sink.overflow();
        self.phase = Phase::Overflown;
        self.skipping = false;
        self.buffer = Vec::new();
        self.builder = Builder::default();
    }

    fn copy_from_here(&mut self, sink: &mut impl Sink) {
        if !self.copying {
            self.copying = true;
            sink.begin_copy(&self.buffer);
        }
    }

    fn header_event(&mut self, event: &Event<'_>, sink: &mut impl Sink) -> Result<(), Fault> {
        match *event {
            Event::Value { tag, .. } if tag.group() < 0x0004 => {
                let kind = "command or file meta element inside a data set";
                return Err(ParseError { kind, position: self.position(), tag }.into());
            }
            Event::Value { tag, vr, length } if self.begins_bulk(tag) => {
                self.begin_bulk(tag, vr, length, sink)?;
            }
            Event::FragmentsStart { tag, vr } if self.begins_bulk(tag) => {
                self.begin_bulk(tag, vr, UNDEFINED, sink)?;
            }
            Event::Value { tag, vr, length } if self.skips(tag, length, sink) => {
                self.copy_from_here(sink);
                self.skipping = true;
                self.builder.push(Element { tag, vr, value: Value::Discarded(u64::from(length)) });
            }
            Event::Value { length, .. } | Event::Fragment { length }
                if self.buffer.len() + length as usize > self.limits.header_bytes =>
            {
                self.overflow(sink);
            }
            Event::ValueEnd if self.skipping => self.skipping = false,
            _ => self.builder.take(event, self.buffer.len() as u32),
        }
        Ok(())
    }

    fn begins_bulk(&self, tag: Tag) -> bool {
        self.phase == Phase::Head && is_bulk(tag) && self.tokenizer.depth() == 0
    }

    /// Behind the pixels everything is buffered: what is not in memory could not be put back together there.
    fn skips(&self, tag: Tag, length: u32, sink: &impl Sink) -> bool {
        self.phase == Phase::Head && length > self.limits.long_value_bytes && sink.discards(tag)
    }

    fn begin_bulk(
        &mut self,
        tag: Tag,
        vr: VR,
        length: u32,
        sink: &mut impl Sink,
    ) -> Result<(), Fault> {
        // The element's own header belongs to the bulk.
        self.buffer.truncate(self.mark);
        self.complete_head(sink)?;
        self.phase = Phase::Bulk;
        self.pad = length != UNDEFINED && length % 2 == 1;
        let mut header = self.writer();
        header.header(tag, vr, length.saturating_add(u32::from(self.pad)));
        sink.bulk(&header.into_bytes());
        Ok(())
    }

    fn bulk_event(&mut self, event: &Event<'_>, sink: &mut impl Sink) {
        match *event {
            Event::Chunk(bytes) => sink.bulk(bytes),
            Event::Fragment { length } => {
                let mut header = self.writer();
                header.fragment(length);
                sink.bulk(&header.into_bytes());
            }
            Event::FragmentsEnd => {
                let mut end = self.writer();
                end.end_sequence();
                sink.bulk(&end.into_bytes());
                self.phase = Phase::Tail;
            }
            // A value that ends at the top level is the native pixel data; inside fragments it is one of them.
            Event::ValueEnd if !self.tokenizer.in_fragments() => {
                if self.pad {
                    sink.bulk(&[0]);
                }
                self.phase = Phase::Tail;
            }
            _ => {}
        }
    }

    fn writer(&self) -> Writer {
        Writer::new(self.transfer_syntax.encoding)
    }

    fn complete_head(&mut self, sink: &mut impl Sink) -> Result<(), Fault> {
        let bytes = std::mem::take(&mut self.buffer);
        let data_set =
            std::mem::take(&mut self.builder).build(bytes, self.transfer_syntax.encoding);
        let Some(mut announced) = self.announced.take() else { return Ok(()) };
        let claims = [
            (Tag(0x0008, 0x0016), &mut announced.sop_class),
            (Tag(0x0008, 0x0018), &mut announced.sop_instance),
        ];
        for (tag, claim) in claims {
            let value =
                data_set.find(tag).map(|e| uid::trim(data_set.value(e))).unwrap_or_default();
            if claim.is_empty() {
                *claim = std::str::from_utf8(value).map_err(|_| Fault::Mismatch)?.to_owned();
            }
            if value.is_empty() || value != claim.as_bytes() {
                return Err(Fault::Mismatch);
            }
        }
        sink.head(Received(Arc::new((data_set, announced))));
        Ok(())
    }
}

#[cfg(test)]
mod tests;
