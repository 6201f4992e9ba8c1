//! A worker of the pool: one association at a time, object after object.

use std::{
    net::TcpStream,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, PoisonError, mpsc::SyncSender},
    thread,
    time::Instant,
};

use tracing::{debug, error, info, warn};

use super::{
    Destination,
    association::{Association, Fault, Offer, Pair},
    line::{Failure, Line, Turn, Verdict},
    part10,
};
use crate::{
    route::{self, Released},
    store::{ObjectId, Store},
};

/// What the workers of a destination share.
pub(super) struct Shared {
    pub(super) destination: Destination,
    pub(super) store: Store,
    pub(super) line: Line,
    /// The sockets in use, by worker, to cut them when the time is up.
    pub(super) sockets: Mutex<Vec<Option<TcpStream>>>,
}

/// A delivery on its way into the index.
pub(super) struct Delivered {
    id: ObjectId,
    status: u16,
}

impl Shared {
    fn set_socket(&self, worker: usize, socket: Option<TcpStream>) {
        let mut sockets = self.sockets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = sockets.get_mut(worker) {
            *slot = socket;
        }
    }

    /// Writes a delivery into the index. Until then the object counts as taken.
    pub(super) fn record(&self, delivered: &Delivered) {
        let Delivered { id, status } = *delivered;
        match self.store.delivered(id, status) {
            Ok(()) => self.line.done(id),
            Err(error) => {
                // It will go again: twice is better than never.
                error!(object = id, %error, "a delivery could not be recorded");
                self.line.failed(id, Failure::Busy);
                self.line.put_back(id);
            }
        }
    }

    fn park(&self, id: ObjectId, why: &str) {
        warn!(object = id, destination = self.destination.name, why, "object parked");
        if let Err(error) = self.store.park(id, why) {
            error!(object = id, %error, "an object could not be parked");
            self.line.failed(id, Failure::Busy);
            self.line.put_back(id);
        } else {
            self.line.done(id);
        }
    }

    /// An object's try failed for now, or for good where it was too often.
    fn failed(&self, id: ObjectId, failure: Failure, why: &str) {
        match self.line.failed(id, failure) {
            Verdict::Park => self.park(id, why),
            Verdict::Again => {
                warn!(object = id, destination = self.destination.name, why, "delivery failed");
                self.note(id, why);
                self.line.put_back(id);
            }
        }
    }

    /// Does what belongs to one object; whether it came to its end. A panic is a failed try of that object, which
    /// goes again after a while and is parked in the end like every other that breaks its association.
    pub(super) fn guard(&self, id: ObjectId, attempt: impl FnOnce()) -> bool {
        let ended = catch_unwind(AssertUnwindSafe(attempt)).is_ok();
        if !ended {
            error!(object = id, destination = self.destination.name, "a panic while forwarding");
            self.failed(id, Failure::Broke, "a panic while forwarding");
        }
        ended
    }

    fn note(&self, id: ObjectId, why: &str) {
        if let Err(error) = self.store.failed(id, why) {
            error!(object = id, %error, "a failed delivery could not be recorded");
        }
    }
}

/// Works until the forwarder stops. A panic outside an object's try costs the association alone.
pub(super) fn work(shared: &Arc<Shared>, number: usize, recorder: &SyncSender<Delivered>) {
    while catch_unwind(AssertUnwindSafe(|| work_on(shared, number, recorder))).is_err() {
        error!(destination = shared.destination.name, "a panic while forwarding");
        thread::sleep(shared.destination.retry_first);
    }
}

fn work_on(shared: &Arc<Shared>, number: usize, recorder: &SyncSender<Delivered>) {
    let mut worker = Worker { shared, number, recorder, association: None, failures: 0 };
    let name = &shared.destination.name;
    let mut linger = None;
    loop {
        let refill = |except: &[ObjectId], limit| route::queue(&shared.store, name, except, limit);
        match shared.line.next(linger, refill) {
            Turn::Stop => break,
            Turn::Nothing => {
                worker.release();
                linger = None;
            }
            Turn::Object(object, alone) => {
                if !shared.guard(object.id(), || worker.take(*object, alone)) {
                    worker.close();
                }
                linger =
                    worker.association.as_ref().map(|_| Instant::now() + shared.destination.linger);
            }
        }
    }
    worker.release();
}

struct Worker<'a> {
    shared: &'a Arc<Shared>,
    number: usize,
    recorder: &'a SyncSender<Delivered>,
    association: Option<Association>,
    /// Associations that did not come about, one after the other, while other workers had one.
    failures: u32,
}

/// After a panic too, the association no longer counts.
impl Drop for Worker<'_> {
    fn drop(&mut self) {
        self.close();
    }
}

impl Worker<'_> {
    /// Lets go of the association, without a word to the peer.
    fn close(&mut self) -> Option<Association> {
        let association = self.association.take()?;
        self.shared.set_socket(self.number, None);
        self.shared.line.leave();
        Some(association)
    }

    fn release(&mut self) {
        if let Some(association) = self.close() {
            association.release();
        }
    }

    fn open(&mut self, pairs: &[Pair]) -> Result<(), String> {
        match Association::open(&self.shared.destination, pairs) {
            Ok(association) => {
                self.shared.set_socket(self.number, association.handle());
                self.association = Some(association);
                self.failures = 0;
                Ok(())
            }
            Err(why) => {
                self.shared.line.leave();
                Err(why)
            }
        }
    }

    /// Delivers an object, on an association in which its pair was proposed. An object that failed before goes on one
    /// of its own.
    fn take(&mut self, object: Released, alone: bool) {
        let shared = self.shared;
        let pair = Pair {
            sop_class: object.sop_class().to_owned(),
            transfer_syntax: object.transfer_syntax().to_owned(),
        };
        let fits = |a: &Association| a.offer(&pair) != Offer::Absent && a.is_quiet();
        if !alone && self.association.as_ref().is_some_and(fits) {
            return self.deliver(object, &pair);
        }
        self.release();
        if shared.line.enter() && !alone {
            // An archive may serve one association at a time and let the others wait: no object waits with them.
            let pairs = shared.line.pairs(&pair);
            shared.line.give_back(object);
            if let Err(why) = self.open(&pairs) {
                self.failures = self.failures.saturating_add(1);
                debug!(destination = shared.destination.name, why, "no further association");
                shared.line.rest(self.failures);
            }
            return;
        }
        let pairs = if alone { vec![pair.clone()] } else { shared.line.pairs(&pair) };
        match self.open(&pairs) {
            Ok(()) => self.deliver(object, &pair),
            Err(why) => {
                let id = object.id();
                let pause = shared.line.unreachable(object).as_millis() as u64;
                warn!(destination = shared.destination.name, why, pause, "no association");
                shared.note(id, &why);
            }
        }
    }

    fn deliver(&mut self, object: Released, pair: &Pair) {
        let shared = self.shared;
        let id = object.id();
        if shared.line.is_closed() {
            return shared.line.give_back(object);
        }
        let Some(association) = &mut self.association else { return shared.line.give_back(object) };
        let Offer::Accepted(context) = association.offer(pair) else {
            let Pair { sop_class, transfer_syntax } = pair;
            let why = format!("the destination does not accept {sop_class} in {transfer_syntax}");
            return shared.park(id, &why);
        };
        let begun = Instant::now();
        let (mut data, bytes) = match part10::open(object.file()) {
            Ok(opened) => opened,
            Err(error) => {
                let why = format!("the file cannot be read: {error}");
                return shared.failed(id, Failure::Broke, &why);
            }
        };
        let instance = object.sop_instance();
        match association.store(context, &pair.sop_class, instance, &mut data, bytes) {
            Ok(status) if status.is_stored() => {
                let milliseconds = begun.elapsed().as_millis() as u64;
                let destination = &shared.destination.name;
                info!(object = id, destination, %status, bytes, milliseconds, "delivered");
                shared.line.delivered();
                // Recorded beside the sending: it waits for a flush. The recorder lives as long as the workers.
                let delivered = Delivered { id, status: status.0 };
                if let Err(unsent) = self.recorder.send(delivered) {
                    shared.record(&unsent.0);
                }
            }
            Ok(status) if status.is_transient() => {
                shared.failed(id, Failure::Busy, &format!("the destination answered {status}"));
            }
            Ok(status) => shared.park(id, &format!("the destination answered {status}")),
            Err(Fault::Lost(why) | Fault::Local(why)) => {
                self.close();
                shared.failed(id, Failure::Broke, &why);
            }
        }
    }
}
