//! A worker of the pool: one association at a time, object after object.

use std::{
    net::TcpStream,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, PoisonError, mpsc::SyncSender},
    thread,
    time::Instant,
};

use tracing::{error, info, warn};

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

    fn note(&self, id: ObjectId, why: &str) {
        if let Err(error) = self.store.failed(id, why) {
            error!(object = id, %error, "a failed delivery could not be recorded");
        }
    }
}

/// Works until the forwarder stops. A panic costs the association and leaves its object for the next start.
pub(super) fn work(shared: &Arc<Shared>, number: usize, recorder: &SyncSender<Delivered>) {
    while catch_unwind(AssertUnwindSafe(|| work_on(shared, number, recorder))).is_err() {
        error!(destination = shared.destination.name, "a panic while forwarding");
        thread::sleep(shared.destination.retry_first);
    }
}

fn work_on(shared: &Arc<Shared>, number: usize, recorder: &SyncSender<Delivered>) {
    let mut worker = Worker { shared, number, recorder, association: None };
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
                worker.deliver(*object, alone);
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
}

impl Worker<'_> {
    fn release(&mut self) {
        if let Some(association) = self.association.take() {
            association.release();
        }
        self.shared.set_socket(self.number, None);
    }

    fn deliver(&mut self, object: Released, alone: bool) {
        let shared = self.shared;
        let id = object.id();
        let pair = Pair {
            sop_class: object.sop_class().to_owned(),
            transfer_syntax: object.transfer_syntax().to_owned(),
        };
        let offer = match self.prepare(&pair, alone) {
            Ok(offer) => offer,
            Err(why) => {
                let pause = shared.line.unreachable(object).as_millis() as u64;
                warn!(destination = shared.destination.name, why, pause, "no association");
                shared.note(id, &why);
                return;
            }
        };
        let (Offer::Accepted(context), Some(association)) = (offer, self.association.as_mut())
        else {
            let why = format!(
                "the destination does not accept {} in {}",
                pair.sop_class, pair.transfer_syntax
            );
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
                self.association = None;
                shared.set_socket(self.number, None);
                shared.failed(id, Failure::Broke, &why);
            }
        }
    }

    /// Sees to an association in which the pair was proposed. An object that failed before goes on one of its own.
    fn prepare(&mut self, pair: &Pair, alone: bool) -> Result<Offer, String> {
        if !alone
            && let Some(association) = &self.association
            && association.offer(pair) != Offer::Absent
            && association.is_quiet()
        {
            return Ok(association.offer(pair));
        }
        self.release();
        let pairs = if alone { vec![pair.clone()] } else { self.shared.line.pairs(pair) };
        let association = Association::open(&self.shared.destination, &pairs)?;
        self.shared.set_socket(self.number, association.handle());
        let offer = association.offer(pair);
        self.association = Some(association);
        Ok(offer)
    }
}
