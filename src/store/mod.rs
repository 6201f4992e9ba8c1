//! The bytes and the index, durable: files beside an embedded SQLite, one commit point per object.
//! The seam behind which PostgreSQL and object storage will stand.
//!
//! Layout of the data directory: `outgoing/<new UID>.dcm`, `sealed/<id>.age`, `index.sqlite`.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use serde::{Deserialize, Serialize};

use crate::records::{Fate, Origin, Reason, keyring::KeyRing};

/// The number of an object in the index; shown to operators.
pub type ObjectId = i64;

/// Bounds of the store.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The data directory.
    pub directory: PathBuf,
    /// Objects waiting in the outgoing queue past which new ones are refused (A700).
    pub max_waiting: u64,
    /// Free bytes on the file system below which new objects are refused (A700).
    pub min_free_bytes: u64,
}

/// Who opens the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// The gateway: recovers what a crash left, removes files without a row.
    Gateway,
    /// An operator's command beside a running gateway: touches nothing by opening.
    Operator,
}

/// What opening found and mended.
#[derive(Debug, Default, Clone, Serialize)]
pub struct Recovery {
    /// Files without a row (never acknowledged), removed.
    pub removed: u64,
    /// Objects that wait for forwarding.
    pub waiting: u64,
    /// Rows whose file is missing or shorter than recorded: each is in the log by number.
    pub missing: Vec<ObjectId>,
}

/// The store. Cheap to clone; all methods block and belong on blocking threads.
#[derive(Clone)]
pub struct Store {
    // private, behind an Arc
}

/// Why the store did not do as asked. No value of a patient.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A file could not be written or read.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// The index could not be written or read.
    #[error("index: {0}")]
    Index(String),
    /// No such object, or not in a state for this.
    #[error("object {id}: {problem}")]
    State {
        /// The object.
        id: ObjectId,
        /// Why not.
        problem: String,
    },
}

/// No room for another object: answered with A700 before its data is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoRoom {
    /// The outgoing queue is at its bound.
    #[error("outgoing queue is full")]
    Queue,
    /// The file system is at its bound.
    #[error("disk is nearly full")]
    Disk,
}

/// A file under way into the store. Dropped unfinished, or finished but not committed, it is removed.
pub struct NewFile {
    // private
}

impl io::Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _ = bytes;
        todo!()
    }
    fn flush(&mut self) -> io::Result<()> {
        todo!()
    }
}

impl NewFile {
    /// Completes the file: flushed to disk with its directory entry. Commit it with [`Store::commit`].
    ///
    /// # Errors
    /// Any write or flush failed; the file is removed.
    pub fn finish(self) -> io::Result<DurableFile> {
        todo!()
    }

    /// Reads back what was written so far (outgoing files only), from `offset`.
    ///
    /// # Errors
    /// Reading failed.
    pub fn read_back(&self, offset: u64) -> io::Result<Box<dyn io::Read + Send>> {
        let _ = offset;
        todo!()
    }
}

/// A file on stable storage, not yet in the index; removed when dropped uncommitted.
pub struct DurableFile {
    // private: path, length, kind
}

/// One object, ready to be committed with its file.
pub struct Arrival {
    /// What became of it.
    pub fate: Fate,
    /// Its bytes: an outgoing file where released, else a sealed one.
    pub file: DurableFile,
    /// The route that it took.
    pub route: String,
    /// The destination that it goes to, or would have gone to.
    pub destination: String,
    /// SOP class UID.
    pub sop_class: String,
    /// Transfer syntax UID.
    pub transfer_syntax: String,
    /// **New** SOP Instance, Series Instance and Study Instance UIDs; empty where unknown.
    pub sop_instance: String,
    /// New Series Instance UID.
    pub series: String,
    /// New Study Instance UID.
    pub study: String,
    /// The modality, if it is a defined term; else empty.
    pub modality: String,
    /// Why it was kept back; empty where released.
    pub reasons: Vec<Reason>,
    /// What a person should know although it passed: image-type warnings.
    pub cautions: Vec<Reason>,
    /// Where it came from.
    pub origin: Origin,
    /// Bytes of the data set as received.
    pub bytes_in: u64,
    /// The digest of the policy that decided.
    pub policy: String,
    /// The kept object that this one is the released form of, by a reviewer's decision.
    pub supersedes: Option<Review>,
}

/// A reviewer's decision about a kept object.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Review {
    /// The object.
    pub id: ObjectId,
    /// Who decided.
    pub by: String,
    /// Why.
    pub why: String,
}

/// The state of an object in the index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Released, waiting to be forwarded.
    Waiting,
    /// Delivered; the destination answered Success or a warning.
    Delivered,
    /// Released, but the destination refused it for good; an operator must look.
    Parked,
    /// Held, sealed.
    Held,
    /// Quarantined, sealed.
    Quarantined,
    /// A reviewer let it go: the pipeline ran again and a released row exists.
    Reviewed,
    /// A reviewer rejected it; the sealed original is gone.
    Rejected,
}

/// A row of the index.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// Its number.
    pub id: ObjectId,
    /// Its state.
    pub state: State,
    /// When it was acknowledged, UTC, RFC 3339.
    pub received_at: String,
    /// As in [`Arrival`].
    pub route: String,
    /// As in [`Arrival`].
    pub destination: String,
    /// As in [`Arrival`].
    pub sop_class: String,
    /// As in [`Arrival`].
    pub transfer_syntax: String,
    /// As in [`Arrival`].
    pub sop_instance: String,
    /// As in [`Arrival`].
    pub series: String,
    /// As in [`Arrival`].
    pub study: String,
    /// As in [`Arrival`].
    pub modality: String,
    /// As in [`Arrival`].
    pub reasons: Vec<Reason>,
    /// As in [`Arrival`].
    pub cautions: Vec<Reason>,
    /// As in [`Arrival`].
    pub origin: Origin,
    /// Where its bytes are; does not exist any more for delivered, reviewed and rejected objects.
    pub file: PathBuf,
    /// Length of the file.
    pub bytes: u64,
    /// As in [`Arrival`].
    pub bytes_in: u64,
    /// As in [`Arrival`].
    pub policy: String,
    /// Deliveries tried.
    pub attempts: u32,
    /// The last answer or fault of the destination, in words without values.
    pub last_error: String,
}

/// Numbers of objects by state, and what was received in all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Acknowledged objects (rows that came over the wire or from files, not those a review made).
    pub received: u64,
    /// In the outgoing queue.
    pub waiting: u64,
    /// Delivered.
    pub delivered: u64,
    /// Parked.
    pub parked: u64,
    /// Held.
    pub held: u64,
    /// Quarantined.
    pub quarantined: u64,
    /// Released by a reviewer (their released rows count as waiting, delivered or parked).
    pub reviewed: u64,
    /// Rejected by a reviewer.
    pub rejected: u64,
    /// Kept objects by rule id, for the operator's overview.
    pub reasons: Vec<(String, u64)>,
    /// Cautions by rule id.
    pub cautions: Vec<(String, u64)>,
}

/// What an operator asks for.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only these states; empty for all.
    pub states: Vec<State>,
    /// Only this rule among the reasons.
    pub rule: Option<String>,
    /// At most this many rows, newest first.
    pub limit: Option<u64>,
}

impl Store {
    /// Opens or makes the store.
    ///
    /// # Errors
    /// The directory or the index cannot be used.
    pub fn open(
        settings: &Settings,
        keys: Arc<KeyRing>,
        access: Access,
    ) -> Result<(Store, Recovery), StoreError> {
        let _ = (settings, keys, access);
        todo!()
    }

    /// Whether another object fits. Cheap: two atomics, refreshed in the background.
    ///
    /// # Errors
    /// [`NoRoom`]
    pub fn room(&self) -> Result<(), NoRoom> {
        todo!()
    }

    /// Begins an outgoing file, `outgoing/<uid>.dcm` (a number is added where that name is taken).
    ///
    /// # Errors
    /// The file cannot be made.
    pub fn outgoing(&self, uid: &str) -> io::Result<NewFile> {
        let _ = uid;
        todo!()
    }

    /// Begins a sealed file; what is written is encrypted before it reaches the disk.
    ///
    /// # Errors
    /// The file cannot be made.
    pub fn sealed(&self) -> io::Result<NewFile> {
        todo!()
    }

    /// Commits object, index row and ledger row together; returns when they are durable. Commits of several
    /// threads share one flush.
    ///
    /// # Errors
    /// Nothing was committed; the file is removed.
    pub fn commit(&self, arrival: Arrival) -> Result<ObjectId, StoreError> {
        let _ = arrival;
        todo!()
    }

    /// The oldest objects that wait for a destination, except those named.
    ///
    /// # Errors
    /// [`StoreError::Index`]
    pub fn waiting(
        &self,
        destination: &str,
        except: &[ObjectId],
        limit: usize,
    ) -> Result<Vec<Row>, StoreError> {
        let _ = (destination, except, limit);
        todo!()
    }

    /// Records a delivery (with its ledger row), then removes the file.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn delivered(&self, id: ObjectId, status: u16) -> Result<(), StoreError> {
        let _ = (id, status);
        todo!()
    }

    /// Records a delivery that failed for now.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn failed(&self, id: ObjectId, why: &str) -> Result<(), StoreError> {
        let _ = (id, why);
        todo!()
    }

    /// Parks an object that the destination refuses for good (with its ledger row).
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn park(&self, id: ObjectId, why: &str) -> Result<(), StoreError> {
        let _ = (id, why);
        todo!()
    }

    /// One row.
    ///
    /// # Errors
    /// [`StoreError::State`] where there is none.
    pub fn get(&self, id: ObjectId) -> Result<Row, StoreError> {
        let _ = id;
        todo!()
    }

    /// Rows for an operator.
    ///
    /// # Errors
    /// [`StoreError::Index`]
    pub fn list(&self, filter: &Filter) -> Result<Vec<Row>, StoreError> {
        let _ = filter;
        todo!()
    }

    /// The sealed original of a kept object, opened: a Part 10 file.
    ///
    /// # Errors
    /// Not kept, or the identity that opens it is not here.
    pub fn original(&self, id: ObjectId) -> Result<Box<dyn io::Read + Send>, StoreError> {
        let _ = id;
        todo!()
    }

    /// Rejects a kept object (with its ledger row): the sealed original is removed.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn reject(&self, review: &Review) -> Result<(), StoreError> {
        let _ = review;
        todo!()
    }

    /// The numbers.
    ///
    /// # Errors
    /// [`StoreError::Index`]
    pub fn counts(&self) -> Result<Counts, StoreError> {
        todo!()
    }

    /// Checks the hash chain of the ledger; the number of rows.
    ///
    /// # Errors
    /// The first row that does not fit.
    pub fn verify_ledger(&self) -> Result<u64, StoreError> {
        todo!()
    }

    /// The data directory.
    pub fn directory(&self) -> &Path {
        todo!()
    }
}
