//! One association as SCU, on a blocking socket: propose, send, be answered, release.

use std::{
    io::{self, Read, Write},
    net::{Shutdown, TcpStream, ToSocketAddrs},
    time::{Duration, Instant},
};

use bytes::BytesMut;
use dicom_ul::pdu::{
    AbortRQSource, AssociationAC, AssociationRJResult, AssociationRQ, Pdu,
    PresentationContextProposed, PresentationContextResultReason, UserVariableItem,
};

use super::Destination;
use crate::dicom::{
    dimse::{Command, MAX_COMMAND, Status},
    pdu::{self, Incoming},
    uid,
};

/// Contexts that have ids of their own (PS3.8 9.3.2.2).
pub(super) const MAX_CONTEXTS: usize = 128;

/// Largest P-DATA-TF that we write, whatever the peer would take.
const OWN_MAX: u32 = 128 * 1024;

/// Peers that take less than this are refused: every object would become thousands of PDUs.
const SMALLEST_PEER_PDU: u32 = 128;

/// What we take for answers.
const ANSWER_MAX: u32 = 64 * 1024;

/// What is assumed of a peer that does not say its maximum.
const UNSAID_MAX: u32 = 16 * 1024;

/// How long a release may take.
const RELEASE_TIMEOUT: Duration = Duration::from_secs(5);

/// A SOP class with a transfer syntax: what one presentation context is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pair {
    pub(super) sop_class: String,
    pub(super) transfer_syntax: String,
}

/// Why an object did not get its answer.
#[derive(Debug)]
pub(super) enum Fault {
    /// The association ended while the object was under way.
    Lost(String),
    /// The file could not be read; the association was aborted.
    Local(String),
}

/// What an association offers for a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Offer {
    /// Accepted under this id.
    Accepted(u8),
    /// Proposed, and refused by the peer.
    Refused,
    /// Not proposed.
    Absent,
}

/// An established association.
pub(super) struct Association {
    stream: TcpStream,
    buffer: BytesMut,
    /// What was proposed, with the id where it was accepted.
    contexts: Vec<(Pair, Option<u8>)>,
    /// Bytes of a fragment.
    fragment: usize,
    message_id: u16,
    response_timeout: Duration,
    /// PDUs on their way out.
    out: Vec<u8>,
}

impl Association {
    /// Connects and negotiates one presentation context for each pair (at most 128).
    ///
    /// # Errors
    /// In words for an operator.
    pub(super) fn open(destination: &Destination, pairs: &[Pair]) -> Result<Association, String> {
        let stream = connect(destination)?;
        let prepare = || {
            stream.set_nodelay(true)?;
            stream.set_write_timeout(Some(at_least(destination.response_timeout)))
        };
        prepare().map_err(|e| format!("the connection broke: {e}"))?;
        let mut association = Association {
            stream,
            buffer: BytesMut::new(),
            contexts: pairs.iter().take(MAX_CONTEXTS).cloned().map(|p| (p, None)).collect(),
            fragment: 0,
            message_id: 0,
            response_timeout: destination.response_timeout,
            out: Vec::new(),
        };
        let request = association.request(destination);
        let request =
            pdu::encode(&request).map_err(|_| "the AE titles are not valid".to_owned())?;
        association.stream.write_all(&request).map_err(|e| format!("the connection broke: {e}"))?;
        let deadline = Instant::now() + destination.connect_timeout;
        match association.next(deadline).map_err(|e| format!("no answer to the request: {e}"))? {
            Incoming::Control(Pdu::AssociationAC(answer)) => association.accepted(&answer)?,
            Incoming::Control(Pdu::AssociationRJ(reject)) => {
                let lasting = match reject.result {
                    AssociationRJResult::Permanent => "for good",
                    AssociationRJResult::Transient => "for now",
                };
                return Err(format!("association rejected {lasting}: {}", reject.source));
            }
            Incoming::Control(Pdu::AbortRQ { .. }) => return Err("association aborted".into()),
            _ => {
                association.abort();
                return Err("an unexpected answer to the request".into());
            }
        }
        Ok(association)
    }

    /// No user identity: whoever works here is no business of the archive's.
    fn request(&self, destination: &Destination) -> Pdu {
        let presentation_contexts = self
            .contexts
            .iter()
            .zip((1..=255).step_by(2))
            .map(|((pair, _), id)| PresentationContextProposed {
                id,
                abstract_syntax: pair.sop_class.clone(),
                transfer_syntaxes: vec![pair.transfer_syntax.clone()],
            })
            .collect();
        Pdu::AssociationRQ(AssociationRQ {
            protocol_version: 1,
            calling_ae_title: destination.calling_ae_title.clone(),
            called_ae_title: destination.ae_title.clone(),
            application_context_name: uid::APPLICATION_CONTEXT.into(),
            presentation_contexts,
            user_variables: vec![
                UserVariableItem::MaxLength(ANSWER_MAX),
                UserVariableItem::ImplementationClassUID(uid::IMPLEMENTATION_CLASS_UID.into()),
                UserVariableItem::ImplementationVersionName(uid::IMPLEMENTATION_VERSION.into()),
            ],
        })
    }

    /// Holds the answer against what was proposed: an acceptance of anything else is none.
    fn accepted(&mut self, answer: &AssociationAC) -> Result<(), String> {
        for result in &answer.presentation_contexts {
            let at = usize::from(result.id / 2);
            let proposed = self.contexts.get_mut(at).filter(|_| result.id % 2 == 1);
            let Some((pair, id)) = proposed else {
                self.abort();
                return Err("the answer has a presentation context that was not proposed".into());
            };
            let syntax = result.transfer_syntax.trim_matches(['\0', ' ']);
            if result.reason == PresentationContextResultReason::Acceptance
                && syntax == pair.transfer_syntax
            {
                *id = Some(result.id);
            }
        }
        let max = answer
            .user_variables
            .iter()
            .find_map(|item| match item {
                UserVariableItem::MaxLength(max) => Some(*max),
                _ => None,
            })
            .unwrap_or(UNSAID_MAX);
        if (1..SMALLEST_PEER_PDU).contains(&max) {
            self.abort();
            return Err(format!("the peer takes PDUs of {max} bytes at most"));
        }
        self.fragment = pdu::fragment_length(max, OWN_MAX);
        Ok(())
    }

    /// What the association offers for a pair.
    pub(super) fn offer(&self, pair: &Pair) -> Offer {
        match self.contexts.iter().find(|(p, _)| p == pair) {
            Some((_, Some(id))) => Offer::Accepted(*id),
            Some((_, None)) => Offer::Refused,
            None => Offer::Absent,
        }
    }

    /// Whether the peer has neither closed nor said anything while nothing was asked of it.
    pub(super) fn is_quiet(&self) -> bool {
        let quiet = || {
            self.stream.set_nonblocking(true)?;
            let peeked = self.stream.peek(&mut [0]);
            self.stream.set_nonblocking(false)?;
            match peeked {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(true),
                Err(error) => Err(error),
                Ok(_) => Ok(false),
            }
        };
        self.buffer.is_empty() && quiet().unwrap_or(false)
    }

    /// A second handle to the socket, by which another thread can cut the connection.
    pub(super) fn handle(&self) -> Option<TcpStream> {
        self.stream.try_clone().ok()
    }

    /// Sends one object in the accepted context and waits for its answer. `data` stands at the data set, which has
    /// `length` bytes.
    pub(super) fn store(
        &mut self,
        context_id: u8,
        sop_class: &str,
        sop_instance: &str,
        data: &mut impl Read,
        length: u64,
    ) -> Result<Status, Fault> {
        let message_id = self.next_message();
        let command = Command::StoreRequest {
            message_id,
            sop_class: sop_class.into(),
            sop_instance: sop_instance.into(),
        };
        // The command goes out with the first fragment.
        let mut head = Vec::with_capacity(512);
        pdu::push_command(&mut head, context_id, &command.encode(None), self.fragment);
        let mut left = length;
        while left > 0 {
            let part = left.min(self.fragment as u64) as usize;
            left -= part as u64;
            head.extend(pdu::data_header(context_id, false, left == 0, part as u32));
            // The buffer keeps its length: it is not zeroed for each PDU.
            let end = head.len() + part;
            if self.out.len() < end {
                self.out.resize(end, 0);
            }
            let (front, rest) = self.out.split_at_mut(head.len());
            front.copy_from_slice(&head);
            if let Err(error) = data.read_exact(&mut rest[..part]) {
                // Never a last fragment that is not the last: the archive would keep a torso.
                self.abort();
                return Err(Fault::Local(format!("the file cannot be read: {error}")));
            }
            self.write(end)?;
            head.clear();
        }
        self.answer(context_id, message_id)
    }

    /// One C-ECHO in the accepted context.
    pub(super) fn echo(&mut self, context_id: u8) -> Result<Status, Fault> {
        let message_id = self.next_message();
        let command = Command::EchoRequest { message_id }.encode(None);
        self.out.clear();
        pdu::push_command(&mut self.out, context_id, &command, self.fragment);
        self.write(self.out.len())?;
        self.answer(context_id, message_id)
    }

    fn next_message(&mut self) -> u16 {
        self.message_id = self.message_id.checked_add(1).unwrap_or(1);
        self.message_id
    }

    /// Writes what is in `out` up to `end` in one go.
    fn write(&mut self, end: usize) -> Result<(), Fault> {
        self.stream.write_all(&self.out[..end]).map_err(|error| {
            // The peer may have said why before it closed.
            match self.next(Instant::now() + Duration::from_millis(200)) {
                Ok(Incoming::Control(Pdu::AbortRQ { source })) => Fault::Lost(aborted(&source)),
                _ => Fault::Lost(format!("the connection broke while sending: {error}")),
            }
        })
    }

    /// Waits for the response to a message.
    fn answer(&mut self, context_id: u8, message_id: u16) -> Result<Status, Fault> {
        let deadline = Instant::now() + self.response_timeout;
        let mut command = Vec::new();
        loop {
            let pdvs = match self.next(deadline) {
                Ok(Incoming::Data(pdvs)) => pdvs,
                Ok(Incoming::Control(Pdu::AbortRQ { source })) => {
                    return Err(Fault::Lost(aborted(&source)));
                }
                Ok(Incoming::Control(_)) => return Err(self.breach("an unexpected PDU")),
                Err(error) => {
                    self.abort();
                    return Err(Fault::Lost(format!("no response: {error}")));
                }
            };
            for pdv in pdvs {
                if !pdv.command || pdv.context_id != context_id {
                    return Err(self.breach("a response in the wrong place"));
                }
                if command.len() + pdv.data.len() > MAX_COMMAND {
                    return Err(self.breach("a response over the bound"));
                }
                command.extend_from_slice(&pdv.data);
                if pdv.last {
                    return match Command::parse(&command) {
                        Ok(
                            Command::StoreResponse { message_id: id, status, .. }
                            | Command::EchoResponse { message_id: id, status },
                        ) if id == message_id => Ok(status),
                        Ok(_) => Err(self.breach("a response to another message")),
                        Err(_) => Err(self.breach("a malformed response")),
                    };
                }
            }
        }
    }

    /// Aborts because of what the peer did.
    fn breach(&mut self, what: &str) -> Fault {
        self.abort();
        Fault::Lost(format!("{what} from the peer"))
    }

    /// The next PDU.
    fn next(&mut self, deadline: Instant) -> io::Result<Incoming> {
        loop {
            match pdu::next(&mut self.buffer, ANSWER_MAX, ANSWER_MAX) {
                Ok(Some(incoming)) => return Ok(incoming),
                Ok(None) => {}
                Err(error) => return Err(io::Error::new(io::ErrorKind::InvalidData, error)),
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(io::ErrorKind::TimedOut.into());
            }
            self.stream.set_read_timeout(Some(at_least(left)))?;
            let mut bytes = [0; 4096];
            match self.stream.read(&mut bytes) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(n) => {
                    self.buffer.extend_from_slice(&bytes[..n]);
                    if pdu::missing(&self.buffer) > 0 {
                        acknowledge(&self.stream);
                    }
                }
                Err(error) => match error.kind() {
                    io::ErrorKind::WouldBlock => return Err(io::ErrorKind::TimedOut.into()),
                    io::ErrorKind::Interrupted => {}
                    _ => return Err(error),
                },
            }
        }
    }

    /// Releases the association: waits a little for the answer, then closes.
    pub(super) fn release(mut self) {
        if self.stream.write_all(&pdu::RELEASE_RQ).is_err() {
            return;
        }
        let deadline = Instant::now() + RELEASE_TIMEOUT.min(self.response_timeout);
        loop {
            match self.next(deadline) {
                // A collision: the peer wants to release as well (PS3.8 9.2.2, AR-8 and AR-9).
                Ok(Incoming::Control(Pdu::ReleaseRQ)) => {
                    if self.stream.write_all(&pdu::RELEASE_RP).is_err() {
                        return;
                    }
                }
                Ok(Incoming::Data(_)) => {}
                _ => return,
            }
        }
    }

    /// Aborts the association.
    fn abort(&mut self) {
        let _ = self.stream.write_all(&pdu::abort(&AbortRQSource::ServiceUser));
        let _ = self.stream.shutdown(Shutdown::Write);
    }
}

fn aborted(source: &AbortRQSource) -> String {
    match source {
        AbortRQSource::ServiceUser => "aborted by the peer".into(),
        AbortRQSource::ServiceProvider(reason) => format!("aborted by the peer: {reason}"),
        AbortRQSource::Reserved => "aborted by the peer for no known reason".into(),
    }
}

/// Acknowledges what has arrived without the usual delay: archives that write a PDU in two pieces under Nagle's
/// algorithm (DCMTK's `storescp`) hold back the second until the first is acknowledged, 40 ms for every object.
fn acknowledge(stream: &TcpStream) {
    #[cfg(target_os = "linux")]
    let _ = std::os::linux::net::TcpStreamExt::set_quickack(stream, true);
    #[cfg(not(target_os = "linux"))]
    let _ = stream;
}

fn connect(destination: &Destination) -> Result<TcpStream, String> {
    let addresses = destination
        .address
        .to_socket_addrs()
        .map_err(|error| format!("the address {} is not found: {error}", destination.address))?;
    let mut last = None;
    for address in addresses {
        match TcpStream::connect_timeout(&address, at_least(destination.connect_timeout)) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = Some(error),
        }
    }
    Err(match last {
        Some(error) => format!("cannot connect to {}: {error}", destination.address),
        None => format!("the address {} is not found", destination.address),
    })
}

/// Socket timeouts of zero are errors.
fn at_least(timeout: Duration) -> Duration {
    timeout.max(Duration::from_millis(1))
}
