//! Storage SCU: deliver, retry, give up loudly.

mod association;
mod line;
mod part10;
#[cfg(test)]
mod tests;
mod worker;

use std::{
    net::Shutdown,
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, sync_channel},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use tracing::{error, warn};

use crate::{dicom::uid, store::Store};
use association::{Association, Offer, Pair};
use line::Line;
use worker::{Delivered, Shared};

/// Where objects go.
#[derive(Debug, Clone)]
pub struct Destination {
    /// Its name in the configuration.
    pub name: String,
    /// Its AE title.
    pub ae_title: String,
    /// `host:port`.
    pub address: String,
    /// The AE title that we call ourselves there.
    pub calling_ae_title: String,
    /// Associations at once.
    pub associations: usize,
    /// For the connection and the A-ASSOCIATE-AC.
    pub connect_timeout: Duration,
    /// For a response, and for a write to be taken.
    pub response_timeout: Duration,
    /// How long an association without work stays open.
    pub linger: Duration,
    /// First and longest pause after a transient failure; doubled in between, with jitter.
    pub retry_first: Duration,
    /// See `retry_first`.
    pub retry_longest: Duration,
}

/// Threads that write deliveries into the index. They share flushes, so a few keep up with any line.
const RECORDERS: usize = 4;

/// Deliveries that wait to be recorded before sending waits too.
const UNRECORDED: usize = 64;

/// How long threads get to end once their sockets are cut.
const LAST_CALL: Duration = Duration::from_secs(5);

/// A forwarder under way.
pub struct Forwarder {
    shared: Arc<Shared>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Forwarder {
    /// Starts forwarding to one destination: a pool of associations, fed from the store's queue.
    pub fn start(destination: Destination, store: Store) -> Forwarder {
        Forwarder::begin(destination, store, false)
    }

    /// A forwarder that is closed from the start.
    pub fn start_closed(destination: Destination, store: Store) -> Forwarder {
        Forwarder::begin(destination, store, true)
    }

    fn begin(destination: Destination, store: Store, closed: bool) -> Forwarder {
        let workers = destination.associations.max(1);
        let shared = Arc::new(Shared {
            line: Line::new(destination.retry_first, destination.retry_longest),
            sockets: Mutex::new((0..workers).map(|_| None).collect()),
            destination,
            store,
        });
        if closed {
            shared.line.close();
        }
        let (sender, receiver) = sync_channel(UNRECORDED);
        let receiver = Arc::new(Mutex::new(receiver));
        let mut threads = Vec::new();
        for number in 0..workers {
            let (shared, sender) = (shared.clone(), sender.clone());
            let work = move || worker::work(&shared, number, &sender);
            threads.extend(spawn(format!("forward-{number}"), work));
        }
        for number in 0..RECORDERS {
            let (shared, receiver) = (shared.clone(), receiver.clone());
            threads.extend(spawn(format!("record-{number}"), move || record(&shared, &receiver)));
        }
        Forwarder { shared, threads: Mutex::new(threads) }
    }

    /// Says that something new waits, so that it need not look.
    pub fn notify(&self) {
        self.shared.line.notify();
    }

    /// Closes the destination for as long as this forwarder lives: no further object is sent. One whose sending has begun
    /// comes to its end.
    pub fn close(&self) {
        self.shared.line.close();
    }

    /// Whether the destination was closed.
    pub fn is_closed(&self) -> bool {
        self.shared.line.is_closed()
    }

    /// Stops: finishes the objects under way, at most `drain`, releases the associations.
    pub fn stop(self: Arc<Self>, drain: Duration) {
        self.shared.line.stop();
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        if !ended(&threads, drain) {
            warn!(destination = self.shared.destination.name, "cutting off what is under way");
            let sockets = self.shared.sockets.lock().unwrap_or_else(PoisonError::into_inner);
            for socket in sockets.iter().flatten() {
                let _ = socket.shutdown(Shutdown::Both);
            }
            drop(sockets);
            ended(&threads, LAST_CALL);
        }
        for thread in threads.drain(..).filter(JoinHandle::is_finished) {
            if thread.join().is_err() {
                error!("a forwarding thread panicked");
            }
        }
    }
}

impl Drop for Forwarder {
    fn drop(&mut self) {
        self.shared.line.stop();
    }
}

fn spawn(name: String, work: impl FnOnce() + Send + 'static) -> Option<JoinHandle<()>> {
    let spawned = thread::Builder::new().name(name).spawn(work);
    spawned.inspect_err(|error| error!(%error, "a forwarding thread could not be started")).ok()
}

/// Writes deliveries into the index until the last worker is gone.
fn record(shared: &Shared, receiver: &Mutex<Receiver<Delivered>>) {
    loop {
        let next = receiver.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match next {
            Ok(delivered) => shared.record(&delivered),
            Err(_) => return,
        }
    }
}

/// Waits for all threads to end.
fn ended(threads: &[JoinHandle<()>], timeout: Duration) -> bool {
    let deadline = Instant::now().checked_add(timeout);
    while !threads.iter().all(JoinHandle::is_finished) {
        if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
            return false;
        }
        thread::sleep(Duration::from_millis(10));
    }
    true
}

/// Verification SCU: one C-ECHO to a destination; the time from the connection to the answer.
///
/// # Errors
/// Where it failed, in words for an operator.
pub fn echo(destination: &Destination) -> Result<Duration, String> {
    let begun = Instant::now();
    let pair =
        Pair { sop_class: uid::VERIFICATION.into(), transfer_syntax: "1.2.840.10008.1.2".into() };
    let mut association = Association::open(destination, std::slice::from_ref(&pair))?;
    let Offer::Accepted(context) = association.offer(&pair) else {
        association.release();
        return Err("associated, but Verification is not accepted".into());
    };
    let status = association.echo(context).map_err(|fault| match fault {
        association::Fault::Lost(why) | association::Fault::Local(why) => why,
    })?;
    let taken = begun.elapsed();
    association.release();
    if status.0 == 0 { Ok(taken) } else { Err(format!("C-ECHO was answered {status}")) }
}
