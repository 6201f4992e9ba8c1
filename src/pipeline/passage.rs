//! The bytes of one object on their way: new header and streamed pixels into the outgoing file, or the original,
//! sealed, into a kept one.

use std::{
    io::{self, Read, Write},
    sync::Arc,
    time::Instant,
};

use flate2::write::DeflateEncoder;

use super::{Gateway, closed};
use crate::{
    deidentify::nothing_behind,
    dicom::{
        Tag,
        dataset::DataSet,
        dimse::Status,
        meta, modality, sop_class,
        syntax::{EXPLICIT_LITTLE, TransferSyntax},
    },
    policy,
    receive::{
        Answer,
        collect::{Announced, Collector, Fault, Received, Sink},
    },
    records::{Fate, Origin, Reason, Severity},
    route::{self, Decision, Kept, Passing, Route},
    store::{Arrival, NewFile, ObjectId, Review, StoreError},
};

/// A reviewer's wish to let a kept object go: it runs under today's policy.
pub struct Rerun {
    /// Who, why, and which object.
    pub review: Review,
    /// Rule ids of the cautions that the reviewer takes on.
    pub accepted: Vec<String>,
    /// Where the object came from at first.
    pub origin: Origin,
    /// The transfer syntax in which it came at first (a kept original is stored inflated).
    pub transfer_syntax: &'static TransferSyntax,
}

/// What became of an object.
pub struct Outcome {
    /// The answer to the sender.
    pub answer: Answer,
    /// Its fate; `None` where nothing was stored.
    pub fate: Option<Fate>,
    /// Its number in the index.
    pub id: Option<ObjectId>,
    /// Why it was kept back.
    pub reasons: Vec<Reason>,
    /// Image-type warnings.
    pub cautions: Vec<Reason>,
}

/// One object under way. Dropped without [`Passage::finish`], nothing stays of it.
pub struct Passage {
    collector: Option<Collector>,
    fault: Option<Fault>,
    bytes_in: u64,
    load: Load,
    started: Instant,
}

impl Passage {
    pub(super) fn begin(
        gateway: Arc<Gateway>,
        route: Arc<Route>,
        announced: Announced,
        rerun: Option<Rerun>,
    ) -> Passage {
        let facts = Facts {
            sop_class: announced.sop_class.clone(),
            sop_instance: announced.sop_instance.clone(),
            transfer_syntax: rerun
                .as_ref()
                .map_or(announced.transfer_syntax, |r| r.transfer_syntax),
            origin: rerun.as_ref().map_or_else(|| announced.origin.clone(), |r| r.origin.clone()),
        };
        let collector = Collector::new(announced, gateway.limits);
        Passage {
            collector: Some(collector),
            fault: None,
            bytes_in: 0,
            load: Load {
                gateway,
                route,
                facts,
                rerun,
                copying: false,
                copy: None,
                way: Way::Open,
                error: None,
            },
            started: Instant::now(),
        }
    }

    /// Takes the next bytes of the data set as they came; after a fault they are ignored.
    pub fn feed(&mut self, chunk: &[u8]) {
        self.bytes_in += chunk.len() as u64;
        let Some(collector) = &mut self.collector else { return };
        if let Err(fault) = collector.feed(chunk, &mut self.load) {
            self.fault = Some(fault);
        }
        if self.fault.is_some() || self.load.error.is_some() {
            // What was begun goes with its files.
            self.collector = None;
            self.load.discard();
        }
    }

    /// The data set is complete: its fate is durable when this returns Success.
    pub fn finish(mut self) -> Outcome {
        let mut tail = None;
        if let Some(collector) = self.collector.take()
            && let Err(fault) = collector.finish(&mut self.load)
        {
            tail = Some(fault);
        }
        if let Some(fault) = self.fault.take().or(tail) {
            self.load.discard();
            tracing::warn!(sop_class = sop_class::name(&self.load.facts.sop_class), bytes = self.bytes_in, %fault, "object refused");
            return Outcome::refused(fault.answer());
        }
        self.load.finish(self.bytes_in, self.started)
    }
}

impl Outcome {
    fn refused(answer: Answer) -> Outcome {
        Outcome { answer, fate: None, id: None, reasons: Vec::new(), cautions: Vec::new() }
    }
}

/// What is known of the object without its header.
struct Facts {
    sop_class: String,
    sop_instance: String,
    transfer_syntax: &'static TransferSyntax,
    origin: Origin,
}

enum Way {
    /// The header is not complete.
    Open,
    /// Passing: the pixels stream into the outgoing file.
    Express(Box<Express>),
    /// Kept back: the original goes into the sealed file.
    Kept(Kept),
}

struct Express {
    passing: Passing,
    file: Outgoing,
    /// Where the pixel data begins in the file.
    bulk_at: u64,
    bulk_length: u64,
    tail: Option<DataSet>,
    /// Something behind the pixels for which the object must be kept.
    behind: Option<Reason>,
}

/// The outgoing file, its data set deflated where the transfer syntax asks for it.
enum Outgoing {
    Plain(NewFile),
    Deflated(DeflateEncoder<NewFile>),
}

impl Outgoing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Outgoing::Plain(file) => file.write_all(bytes),
            Outgoing::Deflated(encoder) => encoder.write_all(bytes),
        }
    }

    fn into_file(self) -> io::Result<NewFile> {
        match self {
            Outgoing::Plain(file) => Ok(file),
            Outgoing::Deflated(mut encoder) => {
                encoder.try_finish()?;
                // PS3.5 A.5: a stream of odd length is followed by one zero.
                let odd = encoder.total_out() % 2 == 1;
                let mut file = encoder.finish()?;
                if odd {
                    file.write_all(&[0])?;
                }
                Ok(file)
            }
        }
    }
}

struct Load {
    gateway: Arc<Gateway>,
    route: Arc<Route>,
    facts: Facts,
    rerun: Option<Rerun>,
    /// Whether the collector gives every byte to [`Sink::copy`].
    copying: bool,
    /// The sealed file with the original so far, where one is needed.
    copy: Option<NewFile>,
    way: Way,
    error: Option<StoreError>,
}

impl Load {
    fn discard(&mut self) {
        self.way = Way::Open;
        self.copy = None;
    }

    fn attempt(&mut self, work: impl FnOnce(&mut Self) -> Result<(), StoreError>) {
        if self.error.is_none()
            && let Err(error) = work(self)
        {
            self.error = Some(error);
        }
    }

    /// The sealed file, begun with the original's own file meta information on the first call.
    fn sealed(&mut self) -> Result<&mut NewFile, StoreError> {
        if self.copy.is_none() {
            let mut file = self.gateway.store.sealed()?;
            let ts = self.facts.transfer_syntax;
            let uid = if ts.deflated { EXPLICIT_LITTLE } else { ts.uid };
            file.write_all(&meta::build(&self.facts.sop_class, &self.facts.sop_instance, uid))?;
            self.copy = Some(file);
        }
        self.copy.as_mut().ok_or_else(|| io::Error::other("sealed file is gone").into())
    }

    fn seal(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        // A reviewed object's original is in the store already.
        if self.rerun.is_some() {
            return Ok(());
        }
        Ok(self.sealed()?.write_all(bytes)?)
    }

    fn take_head(&mut self, received: Received) -> Result<(), StoreError> {
        let gateway = self.gateway.clone();
        self.facts.sop_class.clone_from(&received.announced().sop_class);
        self.facts.sop_instance.clone_from(&received.announced().sop_instance);
        let accepted = self.rerun.as_ref().map_or(&[][..], |r| &r.accepted);
        match gateway.decide(&self.route, received.clone(), accepted) {
            Decision::Release(mut passing) => {
                let links = passing.inspected().links(gateway.keys.batch());
                match gateway.store.contradicted(&links)? {
                    None => self.express(*passing),
                    Some(bond) => {
                        let reason = bond.broken();
                        tracing::error!(
                            rule = &*reason.rule,
                            why = &*reason.kind,
                            batch = gateway.keys.batch().id(),
                            "the batch is inconsistent: nothing is forwarded until a person has decided about the object"
                        );
                        self.keep_from_start(passing.keep(reason), &received)
                    }
                }
            }
            Decision::Keep(kept) => self.keep_from_start(kept, &received),
        }
    }

    /// Seals an original whose header was just decided upon.
    fn keep_from_start(&mut self, kept: Kept, received: &Received) -> Result<(), StoreError> {
        if !self.copying {
            self.seal(&received.data_set().bytes)?;
        }
        self.way = Way::Kept(kept);
        Ok(())
    }

    fn express(&mut self, mut passing: Passing) -> Result<(), StoreError> {
        let inspected = passing.inspected();
        let deidentified = inspected.deidentified();
        let mut file = self.gateway.store.outgoing(&deidentified.done().sop_instance)?;
        file.write_all(inspected.meta())?;
        let mut file = if self.facts.transfer_syntax.deflated {
            Outgoing::Deflated(DeflateEncoder::new(file, flate2::Compression::default()))
        } else {
            Outgoing::Plain(file)
        };
        file.write(deidentified.encoded())?;
        let bulk_at = (inspected.meta().len() + deidentified.encoded().len()) as u64;
        self.way = Way::Express(Box::new(Express {
            passing,
            file,
            bulk_at,
            bulk_length: 0,
            tail: None,
            behind: None,
        }));
        Ok(())
    }

    /// Turns a passing object back although its header was clean. Its original is put together from what is at hand: header and
    /// tail in memory, and the pixels, which were not changed, from the outgoing file, which then goes.
    fn turn_back(&mut self, reason: Reason, behind: &[u8]) -> Result<(), StoreError> {
        let Way::Express(express) = std::mem::replace(&mut self.way, Way::Open) else {
            return Ok(());
        };
        let Express { mut passing, file, bulk_at, bulk_length, .. } = *express;
        if !self.copying && self.rerun.is_none() {
            let Outgoing::Plain(mut file) = file else {
                return Err(io::Error::other("a deflated object is copied from its start").into());
            };
            let original = passing.inspected().deidentified().original().clone();
            self.seal(&original.data_set().bytes)?;
            let mut pixels = file.read_back(bulk_at)?.take(bulk_length);
            let copied = io::copy(&mut pixels, self.sealed()?)?;
            if copied != bulk_length {
                return Err(io::Error::other("outgoing file is shorter than written").into());
            }
            self.seal(behind)?;
        }
        self.way = Way::Kept(passing.keep(reason));
        Ok(())
    }

    fn finish(mut self, bytes_in: u64, started: Instant) -> Outcome {
        let result = match self.error.take() {
            Some(error) => Err(error),
            None => self.conclude(bytes_in, started),
        };
        result.unwrap_or_else(|error| {
            tracing::error!(%error, "object could not be stored; the sender is told to try again");
            Outcome::refused(Answer {
                status: Status::OUT_OF_RESOURCES,
                comment: Some("STORE_FAILED"),
            })
        })
    }

    fn conclude(&mut self, bytes_in: u64, started: Instant) -> Result<Outcome, StoreError> {
        let closed = || self.gateway.is_closed(&self.route.name).then(closed);
        if let Way::Express(express) = &mut self.way
            && let Some(reason) = express
                .behind
                .take()
                .or_else(|| express.passing.inspected().pixel_fault())
                .or_else(closed)
        {
            let tail = express.tail.take();
            self.turn_back(reason, tail.as_ref().map_or(&[], |t| &t.bytes))?;
        }
        match std::mem::replace(&mut self.way, Way::Open) {
            Way::Express(express) => self.release(*express, bytes_in, started),
            Way::Kept(kept) => self.keep(kept, bytes_in, started),
            Way::Open => Err(io::Error::other("object ended without a decision").into()),
        }
    }

    fn release(
        &mut self,
        express: Express,
        bytes_in: u64,
        started: Instant,
    ) -> Result<Outcome, StoreError> {
        let Express { mut passing, file, .. } = express;
        let cautions = passing.warnings();
        let done = passing.inspected().deidentified().done();
        let identity = (done.sop_instance.clone(), done.series.clone(), done.study.clone());
        let modality = modality(passing.inspected().deidentified().original());
        let file = file.into_file()?.finish()?;
        let mut arrival =
            self.arrival(Fate::Released, file, identity, modality, &[], &cautions, bytes_in);
        arrival.links = passing.inspected().links(self.gateway.keys.batch());
        // Until it is committed the route cannot be closed: what closes it finds the object in the queue.
        let routes = self.gateway.closed.read();
        if routes.contains(&self.route.name) {
            return Err(io::Error::other("the route was closed while the object came").into());
        }
        let id = route::release(&self.gateway.store, passing, arrival)?;
        drop(routes);
        (self.gateway.released)(&self.route.destination);
        self.log(id, Fate::Released, &[], &cautions, bytes_in, started);
        Ok(Outcome {
            answer: success(),
            fate: Some(Fate::Released),
            id: Some(id),
            reasons: vec![],
            cautions,
        })
    }

    fn keep(&mut self, kept: Kept, bytes_in: u64, started: Instant) -> Result<Outcome, StoreError> {
        let Kept { fate, reasons, cautions, received } = kept;
        let mut id = self.rerun.as_ref().map(|r| r.review.id);
        if let Some(file) = self.copy.take() {
            let batch = self.gateway.keys.batch();
            let (mut series, mut study, mut text) = Default::default();
            if let Some(received) = &received {
                let of = |tag| {
                    received.data_set().text(tag).map_or(String::new(), |v| batch.uid(v.as_bytes()))
                };
                (series, study) = (of(Tag(0x0020, 0x000E)), of(Tag(0x0020, 0x000D)));
                text = modality(received);
            }
            let identity = (batch.uid(self.facts.sop_instance.as_bytes()), series, study);
            let arrival =
                self.arrival(fate, file.finish()?, identity, text, &reasons, &cautions, bytes_in);
            id = Some(self.gateway.store.commit(arrival)?);
        }
        self.log(id.unwrap_or(0), fate, &reasons, &cautions, bytes_in, started);
        Ok(Outcome { answer: success(), fate: Some(fate), id, reasons, cautions })
    }

    #[allow(clippy::too_many_arguments)]
    fn arrival(
        &self,
        fate: Fate,
        file: crate::store::DurableFile,
        (sop_instance, series, study): (String, String, String),
        modality: String,
        reasons: &[Reason],
        cautions: &[Reason],
        bytes_in: u64,
    ) -> Arrival {
        Arrival {
            fate,
            file,
            route: self.route.name.clone(),
            destination: self.route.destination.clone(),
            sop_class: self.facts.sop_class.clone(),
            transfer_syntax: self.facts.transfer_syntax.uid.to_owned(),
            sop_instance,
            series,
            study,
            modality,
            reasons: reasons.to_vec(),
            cautions: cautions.to_vec(),
            origin: self.facts.origin.clone(),
            bytes_in,
            policy: self.route.policy.digest().to_owned(),
            links: Vec::new(),
            supersedes: self.rerun.as_ref().map(|r| r.review.clone()),
        }
    }

    /// One line for each object; one more, a warning, for each caution.
    fn log(
        &self,
        id: ObjectId,
        fate: Fate,
        reasons: &[Reason],
        cautions: &[Reason],
        bytes: u64,
        started: Instant,
    ) {
        let rules = |list: &[Reason]| list.iter().map(|r| &*r.rule).collect::<Vec<_>>().join(" ");
        let mut serves: Vec<&str> = reasons.iter().map(|r| &*r.requirement).collect();
        serves.sort_unstable();
        serves.dedup();
        for caution in cautions {
            tracing::warn!(
                object = id,
                rule = &*caution.rule,
                why = &*caution.kind,
                reference = &*caution.reference,
                requirement = &*caution.requirement,
                "caution"
            );
        }
        tracing::info!(
            object = id,
            fate = ?fate,
            sop_class = sop_class::name(&self.facts.sop_class),
            transfer_syntax = self.facts.transfer_syntax.name,
            route = self.route.name,
            reasons = rules(reasons),
            severity = Severity::most(reasons).map_or("", Severity::word),
            requirements = serves.join(" "),
            cautions = rules(cautions),
            bytes,
            milliseconds = started.elapsed().as_millis() as u64,
            "object"
        );
    }
}

fn success() -> Answer {
    Answer { status: Status::SUCCESS, comment: None }
}

/// The modality, if it is a defined term: it goes into index and status pages.
fn modality(received: &Received) -> String {
    let text = received.data_set().text(Tag(0x0008, 0x0060)).unwrap_or_default();
    if modality::is_defined(text) { text.to_owned() } else { String::new() }
}

impl Sink for Load {
    fn discards(&self, tag: Tag) -> bool {
        policy::discards(tag)
    }

    fn begin_copy(&mut self, so_far: &[u8]) {
        self.attempt(|load| {
            if let Way::Express(_) = load.way {
                // Only behind the pixels: the tail is past its bound.
                load.turn_back(past_the_bound(), &[])?;
            }
            load.copying = true;
            load.seal(so_far)
        });
    }

    fn copy(&mut self, bytes: &[u8]) {
        self.attempt(|load| load.seal(bytes));
    }

    fn overflow(&mut self) {
        self.attempt(|load| {
            match load.way {
                Way::Open => load.way = Way::Kept(Kept::quarantined(past_the_bound(), &[], None)),
                Way::Express(_) => load.turn_back(past_the_bound(), &[])?,
                Way::Kept(_) => {}
            }
            Ok(())
        });
    }

    fn head(&mut self, received: Received) {
        self.attempt(|load| load.take_head(received));
    }

    fn bulk(&mut self, bytes: &[u8]) {
        self.attempt(|load| {
            match &mut load.way {
                Way::Express(express) => {
                    // Searched before they are written: what is found does not rest in the clear.
                    express.passing.inspected().search_pixels(bytes);
                    if let Some(reason) = express.passing.inspected().pixel_finding() {
                        load.turn_back(reason, &[])?;
                        return if load.copying { Ok(()) } else { load.seal(bytes) };
                    }
                    express.bulk_length += bytes.len() as u64;
                    express.file.write(bytes)?;
                }
                Way::Kept(_) if !load.copying => load.seal(bytes)?,
                Way::Kept(_) | Way::Open => {}
            }
            Ok(())
        });
    }

    fn tail(&mut self, tail: DataSet) {
        self.attempt(|load| {
            match &mut load.way {
                Way::Express(express) => {
                    let (policy, keys) = (&load.route.policy, load.gateway.keys.batch());
                    express.behind =
                        nothing_behind(policy, keys, &load.facts.sop_class, &tail).err();
                    express.tail = Some(tail);
                }
                Way::Kept(_) if !load.copying => load.seal(&tail.bytes)?,
                Way::Kept(_) | Way::Open => {}
            }
            Ok(())
        });
    }
}

pub(super) fn past_the_bound() -> Reason {
    Reason::new("HEADER_TOO_LARGE", "header past the configured bound", "DESIGN rule 7")
}
