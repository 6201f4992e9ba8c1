//! One object under way: from the socket's task to a blocking thread, in batches, under a bound.

use bytes::Bytes;
use tokio::{
    sync::mpsc,
    task::{JoinHandle, spawn_blocking},
};
use tracing::{Span, error};

use super::{Answer, Arrival};
use crate::dicom::dimse::Status;

/// Bytes that are gathered before the blocking thread is woken: an object of 0.5 MB takes a handful of wake-ups.
const BATCH: usize = 128 * 1024;

/// Batches that wait for the blocking thread. With the one that it works on and the one that is gathered, an
/// association buffers about a megabyte.
const WAITING: usize = 2;

/// What a fragment costs beside its bytes, so that many tiny ones count.
const FRAGMENT_COST: usize = 64;

/// Fragments in order; `last` where the data set ends with them.
struct Batch {
    fragments: Vec<Bytes>,
    last: bool,
}

/// An admitted object.
pub(super) struct Object {
    /// Until the first batch is handed over.
    arrival: Option<Box<dyn Arrival>>,
    worker: Option<(mpsc::Sender<Batch>, JoinHandle<Option<Answer>>)>,
    fragments: Vec<Bytes>,
    cost: usize,
    /// Bytes of the data set so far.
    pub(super) bytes: u64,
}

impl Object {
    pub(super) fn new(arrival: Box<dyn Arrival>) -> Object {
        Object { arrival: Some(arrival), worker: None, fragments: Vec::new(), cost: 0, bytes: 0 }
    }

    /// Takes the next fragment; waits while the blocking thread is behind.
    pub(super) async fn push(&mut self, fragment: Bytes) {
        if fragment.is_empty() {
            return;
        }
        self.bytes += fragment.len() as u64;
        self.cost += fragment.len() + FRAGMENT_COST;
        self.fragments.push(fragment);
        if self.cost >= BATCH {
            self.hand_over(false).await;
        }
    }

    /// The data set is complete: the answer of whoever took it.
    pub(super) async fn finish(mut self) -> Answer {
        self.hand_over(true).await;
        let failure = Answer { status: Status::PROCESSING_FAILURE, comment: Some("INTERNAL") };
        match self.worker.take() {
            // A panic in the arrival ends here; the association goes on.
            Some((_, task)) => match task.await {
                Ok(Some(answer)) => answer,
                Ok(None) => failure,
                Err(_) => {
                    error!("a panic while taking an object");
                    failure
                }
            },
            None => failure,
        }
    }

    /// The association ended before the data set did: nothing of it stays.
    pub(super) async fn discard(mut self) {
        if let Some((sender, task)) = self.worker.take() {
            drop(sender);
            let _ = task.await;
        }
    }

    async fn hand_over(&mut self, last: bool) {
        let batch = Batch { fragments: std::mem::take(&mut self.fragments), last };
        self.cost = 0;
        let arrival = self.arrival.take();
        let worker = self.worker.get_or_insert_with(|| {
            let (sender, receiver) = mpsc::channel(WAITING);
            let span = Span::current();
            (sender, spawn_blocking(move || span.in_scope(|| work(arrival?, receiver))))
        });
        // Fails only where the worker is gone by a panic; `finish` finds out.
        let _ = worker.0.send(batch).await;
    }
}

/// The blocking side.
fn work(mut arrival: Box<dyn Arrival>, mut receiver: mpsc::Receiver<Batch>) -> Option<Answer> {
    while let Some(batch) = receiver.blocking_recv() {
        for fragment in &batch.fragments {
            arrival.data(fragment);
        }
        if batch.last {
            return Some(arrival.finish());
        }
    }
    None
}
