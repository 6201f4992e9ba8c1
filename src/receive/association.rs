//! One association as SCP: negotiation and the state of the dialogue.

use std::{
    net::SocketAddr,
    panic::{AssertUnwindSafe, catch_unwind},
    time::{Duration, Instant as Clock},
};

use bytes::Bytes;
use dicom_ul::pdu::{
    AssociationRJ, AssociationRJResult, AssociationRJServiceProviderPresentationReason as Busy,
    AssociationRJSource, AssociationRQ, Pdu,
};
use tokio::{sync::OwnedSemaphorePermit, time::Instant};
use tracing::{Span, error, info, warn};

use super::{
    Answer, Hall, Phase, QUIET_WHILE_DRAINING, Request,
    admission::{self, Accepted, Refusal},
    lobby::Place,
    object::Object,
    wire::{End, Transport, Wire},
};
use crate::{
    dicom::{
        dimse::{Command, MAX_COMMAND, Status},
        pdu::{self, Incoming, Pdv},
        uid,
    },
    records::Origin,
};

/// Who is on the other side of a connection.
pub(super) struct Caller {
    pub(super) peer: SocketAddr,
    /// Number of the connection.
    pub(super) number: u64,
    /// In the lobby, until an association is open.
    pub(super) place: Place,
    /// For the A-ASSOCIATE-RQ to come, and for the peer to close.
    pub(super) artim: Duration,
}

/// Serves one connection from its first byte to its close.
pub(super) async fn run<S: Transport>(stream: S, caller: Caller, hall: &Hall) {
    let Caller { peer, number, place, mut artim } = caller;
    let settings = &hall.settings;
    let mut wire = Wire::new(stream, settings.max_pdu, settings.write_timeout);
    let (end, _place) = match establish(&mut wire, peer, artim, hall).await {
        Ok((request, accepted, slot)) => {
            drop(place);
            let origin = Origin {
                association: number,
                calling_ae: request.calling_ae_title.clone(),
                address: peer.ip().to_string(),
            };
            let mut dialogue = Dialogue::new(&mut wire, accepted, origin, peer, hall);
            let end = dialogue.run().await;
            dialogue.close(end).await;
            drop(slot);
            // Back to the lobby; where that is full, the peer is not waited for.
            let place = hall.lobby.enter(peer.ip(), false);
            if place.is_none() {
                artim = Duration::ZERO;
            }
            (end, place)
        }
        Err(end) => {
            match end {
                End::Rejected | End::ConnectionLost => {}
                _ => {
                    warn!(end = end.words(), detail = end.detail(), "no association came about");
                }
            }
            (end, Some(place))
        }
    };
    wire.close(end, artim).await;
}

/// Waits for the A-ASSOCIATE-RQ and answers it.
async fn establish<S: Transport>(
    wire: &mut Wire<S>,
    peer: SocketAddr,
    artim: Duration,
    hall: &Hall,
) -> Result<(AssociationRQ, Accepted, OwnedSemaphorePermit), End> {
    let deadline = Instant::now() + artim;
    let mut phase = hall.phase.clone();
    let first = tokio::select! {
        first = wire.next(deadline) => first?,
        _ = phase.wait_for(|p| *p >= Phase::Draining) => return Err(End::Stopping),
    };
    let request = match first {
        Incoming::Control(Pdu::AssociationRQ(request)) => request,
        Incoming::Control(Pdu::AbortRQ { .. }) => return Err(End::AbortedByPeer),
        _ => return Err(End::unexpected("no association request at first")),
    };
    let span = Span::current();
    span.record("calling", admission::printable(&request.calling_ae_title));
    span.record("called", admission::printable(&request.called_ae_title));
    let admitted = admission::negotiate(&request, &hall.settings, peer.ip()).and_then(|accepted| {
        let slot = hall.slots.clone().try_acquire_owned();
        let slot = slot.map_err(|_| busy(Busy::LocalLimitExceeded, "too many associations"))?;
        if !hall.desk.ready() {
            return Err(busy(Busy::TemporaryCongestion, "no room for objects"));
        }
        Ok((accepted, slot))
    });
    match admitted {
        Ok((accepted, slot)) => {
            let answer = pdu::encode(&accepted.answer)
                .map_err(|_| End::invalid("titles that cannot be answered"))?;
            wire.write(&answer).await?;
            info!(
                proposed = request.presentation_contexts.len(),
                accepted = accepted.contexts.len(),
                "association opened"
            );
            Ok((request, accepted, slot))
        }
        Err(Refusal::Reject(reject, why)) => {
            warn!(why, "association rejected");
            let answer = pdu::encode(&Pdu::AssociationRJ(reject));
            wire.write(&answer.unwrap_or_default()).await?;
            Err(End::Rejected)
        }
        Err(Refusal::Abort(reason, why)) => Err(End::protocol(reason, why)),
    }
}

/// A transient rejection: the peer tries again.
fn busy(reason: Busy, why: &'static str) -> Refusal {
    let source = AssociationRJSource::ServiceProviderPresentation(reason);
    Refusal::Reject(AssociationRJ { result: AssociationRJResult::Transient, source }, why)
}

/// What an association did, for its last line in the log.
#[derive(Default)]
struct Counts {
    stored: u64,
    refused: u64,
    echoes: u64,
    bytes: u64,
}

/// A C-STORE or other request whose data set is coming.
struct Pending {
    context_id: u8,
    /// The response, but for its status.
    reply: Reply,
    sink: Sink,
}

/// Whom to answer.
enum Reply {
    Store { message_id: u16, sop_class: String, sop_instance: String },
    Other { field: u16, message_id: u16 },
}

/// Where a data set goes.
enum Sink {
    Object(Object),
    /// Read and thrown away, then answered with this.
    Refused(Answer),
}

/// The established association.
struct Dialogue<'a, S> {
    wire: &'a mut Wire<S>,
    accepted: Accepted,
    origin: Origin,
    peer: SocketAddr,
    hall: &'a Hall,
    /// The command set under way, and its context.
    command: Vec<u8>,
    command_context: Option<u8>,
    pending: Option<Pending>,
    counts: Counts,
    since: Clock,
    /// When the peer last got on with something: what is empty does not count.
    progress: Instant,
}

impl<'a, S: Transport> Dialogue<'a, S> {
    fn new(
        wire: &'a mut Wire<S>,
        accepted: Accepted,
        origin: Origin,
        peer: SocketAddr,
        hall: &'a Hall,
    ) -> Self {
        Dialogue {
            wire,
            accepted,
            origin,
            peer,
            hall,
            command: Vec::new(),
            command_context: None,
            pending: None,
            counts: Counts::default(),
            since: Clock::now(),
            progress: Instant::now(),
        }
    }

    /// Goes on until the association ends.
    async fn run(&mut self) -> End {
        loop {
            let step = match self.next().await {
                Ok(Incoming::Data(pdvs)) => self.take(pdvs).await,
                Ok(Incoming::Control(pdu)) => self.control(pdu).await,
                Err(end) => Err(end),
            };
            if let Err(end) = step {
                return end;
            }
        }
    }

    /// The next PDU, unless the peer does not get on for too long or the gateway stops.
    async fn next(&mut self) -> Result<Incoming, End> {
        let mut phase = self.hall.phase.clone();
        let now = *phase.borrow_and_update();
        let quiet = self.pending.is_none() && self.command_context.is_none();
        let mut deadline = self.progress + self.hall.settings.idle_timeout;
        // Whatever is at hand is read without a look at the deadline.
        if deadline <= Instant::now() {
            return Err(End::TimedOut);
        }
        if now == Phase::Draining && quiet {
            deadline = deadline.min(Instant::now() + QUIET_WHILE_DRAINING);
        }
        loop {
            let now = *phase.borrow();
            if now == Phase::Closing {
                return Err(End::Stopping);
            }
            tokio::select! {
                biased;
                next = self.wire.next(deadline) => return match next {
                    Err(End::TimedOut) if now == Phase::Draining && quiet => Err(End::Stopping),
                    next => next,
                },
                changed = phase.changed() => {
                    if changed.is_err() {
                        return Err(End::Stopping);
                    }
                    if quiet {
                        deadline = deadline.min(Instant::now() + QUIET_WHILE_DRAINING);
                    }
                }
            }
        }
    }

    /// A PDU that is not data.
    async fn control(&mut self, pdu: Pdu) -> Result<(), End> {
        match pdu {
            Pdu::AbortRQ { .. } => Err(End::AbortedByPeer),
            Pdu::ReleaseRQ if self.pending.is_some() || self.command_context.is_some() => {
                Err(End::unexpected("a release inside a message"))
            }
            Pdu::ReleaseRQ => {
                self.wire.write(&pdu::RELEASE_RP).await?;
                Err(End::Released)
            }
            other => Err(End::unexpected("a PDU out of place").with(name(&other))),
        }
    }

    /// The fragments of one P-DATA-TF, in order.
    async fn take(&mut self, pdvs: Vec<Pdv>) -> Result<(), End> {
        for pdv in pdvs {
            if self.accepted.contexts.get(pdv.context_id).is_none() {
                return Err(End::invalid("a presentation context that was not accepted"));
            }
            let progress = pdv.last || !pdv.data.is_empty();
            if pdv.command {
                self.command_fragment(pdv).await?;
            } else {
                self.data_fragment(pdv).await?;
            }
            if progress {
                // Afterwards: what the gateway took for it is not the peer's.
                self.progress = Instant::now();
            }
        }
        Ok(())
    }

    async fn command_fragment(&mut self, pdv: Pdv) -> Result<(), End> {
        if self.pending.is_some() {
            return Err(End::unexpected("a command inside a data set"));
        }
        if *self.command_context.get_or_insert(pdv.context_id) != pdv.context_id {
            return Err(End::invalid("a command spread over presentation contexts"));
        }
        if self.command.len() + pdv.data.len() > MAX_COMMAND {
            return Err(End::invalid("a command set over the bound"));
        }
        self.command.extend_from_slice(&pdv.data);
        if !pdv.last {
            return Ok(());
        }
        let command = Command::parse(&self.command);
        self.command.clear();
        self.command_context = None;
        let command =
            command.map_err(|error| End::invalid("a malformed command set").with(error.0))?;
        self.dispatch(pdv.context_id, command).await
    }

    async fn data_fragment(&mut self, pdv: Pdv) -> Result<(), End> {
        let Some(pending) = &mut self.pending else {
            return Err(End::unexpected("data without a command"));
        };
        if pending.context_id != pdv.context_id {
            return Err(End::invalid("data in another presentation context than its command"));
        }
        let Pdv { last, data, .. } = pdv;
        feed(&mut pending.sink, data).await;
        if !last {
            return Ok(());
        }
        let Some(Pending { context_id, reply, sink }) = self.pending.take() else { return Ok(()) };
        let answer = match sink {
            Sink::Refused(answer) => answer,
            Sink::Object(object) => {
                self.counts.bytes += object.bytes;
                object.finish().await
            }
        };
        if let Reply::Store { .. } = reply {
            let count = if answer.status.is_stored() {
                &mut self.counts.stored
            } else {
                &mut self.counts.refused
            };
            *count += 1;
        }
        self.respond(context_id, reply, answer).await
    }

    async fn dispatch(&mut self, context_id: u8, command: Command) -> Result<(), End> {
        match command {
            Command::EchoRequest { message_id } => {
                self.counts.echoes += 1;
                let response = Command::EchoResponse { message_id, status: Status::SUCCESS };
                self.send(context_id, &response, None).await
            }
            Command::StoreRequest { message_id, sop_class, sop_instance } => {
                let sink = match self.admit(context_id, &sop_class, &sop_instance) {
                    Ok(object) => Sink::Object(object),
                    Err(answer) => Sink::Refused(answer),
                };
                let reply = Reply::Store { message_id, sop_class, sop_instance };
                self.pending = Some(Pending { context_id, reply, sink });
                Ok(())
            }
            // Nothing that could be cancelled: each request is answered before the next is read.
            Command::Cancel => Ok(()),
            Command::Other { field, message_id, has_data_set } => {
                let answer = refuse(Status::UNRECOGNIZED_OPERATION, "OPERATION");
                let reply = Reply::Other { field, message_id };
                if has_data_set {
                    let sink = Sink::Refused(answer);
                    self.pending = Some(Pending { context_id, reply, sink });
                    return Ok(());
                }
                self.respond(context_id, reply, answer).await
            }
            Command::EchoResponse { .. }
            | Command::StoreResponse { .. }
            | Command::OtherResponse { .. } => Err(End::unexpected("a response to no request")),
        }
    }

    /// Holds a C-STORE request against its context, then asks the desk.
    fn admit(&self, context_id: u8, class: &str, instance: &str) -> Result<Object, Answer> {
        let context = self
            .accepted
            .contexts
            .get(context_id)
            .filter(|context| context.abstract_syntax != uid::VERIFICATION)
            .ok_or(refuse(Status::SOP_CLASS_NOT_SUPPORTED, "NOT_A_STORAGE_CONTEXT"))?;
        if context.abstract_syntax != class {
            return Err(refuse(Status::DOES_NOT_MATCH, "SOP_CLASS_OF_CONTEXT"));
        }
        if !uid::is_valid(instance) {
            return Err(refuse(Status::INVALID_OBJECT_INSTANCE, "SOP_INSTANCE_SYNTAX"));
        }
        let request = Request {
            origin: self.origin.clone(),
            peer: self.peer,
            sop_class: class.to_owned(),
            sop_instance: instance.to_owned(),
            transfer_syntax: context.transfer_syntax,
        };
        let asked = catch_unwind(AssertUnwindSafe(|| self.hall.desk.admit(request)));
        asked
            .unwrap_or_else(|_| {
                error!("a panic while admitting an object");
                Err(refuse(Status::PROCESSING_FAILURE, "INTERNAL"))
            })
            .map(Object::new)
    }

    async fn respond(&mut self, context_id: u8, reply: Reply, answer: Answer) -> Result<(), End> {
        let status = answer.status;
        let response = match reply {
            Reply::Store { message_id, sop_class, sop_instance } => {
                if !status.is_stored() {
                    let comment = answer.comment.unwrap_or_default();
                    warn!(message_id, %status, comment, "object refused");
                }
                Command::StoreResponse { message_id, sop_class, sop_instance, status }
            }
            Reply::Other { field, message_id } => {
                Command::OtherResponse { field: field | 0x8000, message_id, status }
            }
        };
        self.send(context_id, &response, answer.comment).await
    }

    async fn send(
        &mut self,
        context_id: u8,
        command: &Command,
        comment: Option<&str>,
    ) -> Result<(), End> {
        let fragment = pdu::fragment_length(self.accepted.peer_max, self.hall.settings.max_pdu);
        let mut out = Vec::with_capacity(512);
        pdu::push_command(&mut out, context_id, &command.encode(comment), fragment);
        self.wire.write(&out).await
    }

    /// Lets go of an object that is not complete, and writes the last line.
    async fn close(&mut self, end: End) {
        let incomplete = matches!(&self.pending, Some(Pending { sink: Sink::Object(_), .. }));
        if let Some(Pending { sink: Sink::Object(object), .. }) = self.pending.take() {
            object.discard().await;
        }
        let Counts { stored, refused, echoes, bytes } = self.counts;
        let milliseconds = self.since.elapsed().as_millis() as u64;
        let (words, detail) = (end.words(), end.detail());
        // Two macros: a level is fixed where it is written.
        if incomplete || matches!(end, End::Protocol(_)) {
            warn!(
                stored,
                refused,
                incomplete,
                echoes,
                bytes,
                milliseconds,
                end = words,
                detail,
                "association closed"
            );
        } else {
            info!(
                stored,
                refused,
                incomplete,
                echoes,
                bytes,
                milliseconds,
                end = words,
                "association closed"
            );
        }
    }
}

/// What a PDU out of place is called.
fn name(pdu: &Pdu) -> &'static str {
    pdu::name(match pdu {
        Pdu::AssociationRQ(_) => 1,
        Pdu::AssociationAC(_) => 2,
        Pdu::AssociationRJ(_) => 3,
        Pdu::ReleaseRP => 6,
        _ => 0,
    })
}

async fn feed(sink: &mut Sink, data: Bytes) {
    if let Sink::Object(object) = sink {
        object.push(data).await;
    }
}

fn refuse(status: Status, comment: &'static str) -> Answer {
    Answer { status, comment: Some(comment) }
}
