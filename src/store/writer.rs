//! The one thread that writes: all changes that wait go into one transaction and share one flush.

use std::{
    path::Path,
    sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    thread::{self, JoinHandle},
    time::Duration,
};

use rusqlite::{Connection, TransactionBehavior};

use super::{ObjectId, StoreError, change::Change, index};

/// Changes that may wait; more callers than that wait to be let in.
const QUEUE: usize = 1024;

/// Changes in one transaction, so that none waits long for its answer.
const GROUP: usize = 256;

/// How long it may take until it is noted that objects need no check after a crash.
const SETTLE: Duration = Duration::from_secs(1);

/// What a change did.
#[derive(Debug, Default)]
pub(super) struct Done {
    /// The object that was made or changed; 0 for none.
    pub(super) id: ObjectId,
    /// A file that has no row any more, relative to the data directory.
    pub(super) removable: Option<String>,
}

type Work = Box<dyn FnOnce(&mut Change<'_>) -> Result<Done, StoreError> + Send>;

enum Message {
    /// A change; the answer is sent when it is durable.
    Work(Work, SyncSender<Result<Done, StoreError>>),
    /// Row and file of an object are both durable. Noted with the next transaction.
    Settled(ObjectId),
}

/// The writer. Dropped, it finishes what waits and stops.
pub(super) struct Writer {
    sender: Option<SyncSender<Message>>,
    thread: Option<JoinHandle<()>>,
}

/// A change under way.
#[must_use]
pub(super) struct Pending(Receiver<Result<Done, StoreError>>);

impl Pending {
    /// Waits until it is durable.
    pub(super) fn wait(self) -> Result<Done, StoreError> {
        self.0.recv().unwrap_or_else(|_| Err(stopped()))
    }
}

fn stopped() -> StoreError {
    StoreError::Index("the writer has stopped".into())
}

impl Writer {
    /// Starts writing to an index that exists.
    pub(super) fn start(path: &Path) -> Result<Writer, StoreError> {
        let mut index = index::open(path, false)?;
        let (sender, receiver) = sync_channel(QUEUE);
        let thread = thread::Builder::new()
            .name("index".into())
            .spawn(move || work(&mut index, &receiver))?;
        Ok(Writer { sender: Some(sender), thread: Some(thread) })
    }

    /// Hands in a change.
    pub(super) fn submit(
        &self,
        work: impl FnOnce(&mut Change<'_>) -> Result<Done, StoreError> + Send + 'static,
    ) -> Pending {
        let (reply, answer) = sync_channel(1);
        if let Some(sender) = &self.sender {
            // Where the writer is gone, so is `reply`: waiting ends at once, with an error.
            let _ = sender.send(Message::Work(Box::new(work), reply));
        }
        Pending(answer)
    }

    /// Notes that row and file of an object are durable.
    pub(super) fn settled(&self, id: ObjectId) {
        if let Some(sender) = &self.sender {
            let _ = sender.send(Message::Settled(id));
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.sender = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn work(index: &mut Connection, receiver: &Receiver<Message>) {
    let mut settled = Vec::new();
    loop {
        let mut group = Vec::new();
        match receiver.recv_timeout(SETTLE) {
            Ok(message) => sort(message, &mut group, &mut settled),
            Err(RecvTimeoutError::Timeout) if settled.is_empty() => continue,
            Err(RecvTimeoutError::Timeout) => {
                commit(index, Vec::new(), &mut settled);
                continue;
            }
            Err(RecvTimeoutError::Disconnected) => break,
        }
        while group.len() < GROUP
            && let Ok(message) = receiver.try_recv()
        {
            sort(message, &mut group, &mut settled);
        }
        // A settled object alone is not worth a flush: it waits for company, or for quiet.
        if !group.is_empty() {
            commit(index, group, &mut settled);
        }
    }
    if !settled.is_empty() {
        commit(index, Vec::new(), &mut settled);
    }
}

type Answer = SyncSender<Result<Done, StoreError>>;

fn sort(message: Message, group: &mut Vec<(Work, Answer)>, settled: &mut Vec<ObjectId>) {
    match message {
        Message::Work(work, answer) => group.push((work, answer)),
        Message::Settled(id) => settled.push(id),
    }
}

/// Commits a group and answers each. A change that fails takes nothing of its neighbours with it.
fn commit(index: &mut Connection, group: Vec<(Work, Answer)>, settled: &mut Vec<ObjectId>) {
    let (works, answers): (Vec<_>, Vec<_>) = group.into_iter().unzip();
    match transaction(index, works, settled) {
        Ok(outcomes) => {
            settled.clear();
            for (answer, outcome) in answers.iter().zip(outcomes) {
                let _ = answer.send(outcome); // the caller may have gone
            }
        }
        Err(error) => {
            tracing::error!(%error, changes = answers.len(), "index: nothing was committed");
            for answer in answers {
                let _ = answer.send(Err(StoreError::Index(error.to_string())));
            }
        }
    }
}

fn transaction(
    index: &mut Connection,
    works: Vec<Work>,
    settled: &[ObjectId],
) -> Result<Vec<Result<Done, StoreError>>, rusqlite::Error> {
    // Immediate: an operator's command may write beside the gateway, and the chain must not fork.
    let mut transaction = index.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let now = super::change::now();
    let mut head = super::change::head(&transaction)?;
    for id in settled {
        transaction.prepare_cached("DELETE FROM flushing WHERE object = ?1")?.execute([id])?;
    }
    let mut outcomes = Vec::with_capacity(works.len());
    for work in works {
        let mut part = transaction.savepoint()?;
        let mut change = Change::new(&part, &now, head);
        let outcome = work(&mut change);
        let after = change.head();
        if outcome.is_ok() {
            part.commit()?;
            head = after;
        } else {
            part.rollback()?;
        }
        outcomes.push(outcome);
    }
    transaction.commit()?;
    Ok(outcomes)
}
