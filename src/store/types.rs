//! What goes into the store and what comes out of it.

use std::{borrow::Cow, io, path::PathBuf, str::FromStr};

use serde::{Deserialize, Serialize};

use super::files::DurableFile;
use crate::records::{Fate, Origin, Reason, ledger::Closure, link::Link};

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
    /// The gateway: recovers what a crash left, clears away files without a row.
    Gateway,
    /// An operator's command beside a running gateway: touches nothing by opening.
    Operator,
}

/// What opening found and mended.
#[derive(Debug, Default, Clone, Serialize)]
pub struct Recovery {
    /// Files removed: incomplete ones (never acknowledged), and those of objects that had just left.
    pub removed: u64,
    /// Complete files that no row names, moved to `aside/`: the index may have lost acknowledged objects, for example
    /// because it was restored from a back-up. To be told to the operator as a warning.
    pub aside: u64,
    /// Rows whose file had not reached the disk: never acknowledged, voided with a ledger row.
    pub voided: u64,
    /// Objects that wait for forwarding.
    pub waiting: u64,
    /// Rows whose file is missing or shorter than recorded: each is in the log by number.
    pub missing: Vec<ObjectId>,
}

/// Why the store did not do as asked. No value of a patient.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A file could not be written or read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The index could not be written or read.
    #[error("index: {0}")]
    Index(String),
    /// Another object of the batch left that contradicts this one.
    #[error("contradicts an object that left before ({0})")]
    Contradiction(Cow<'static, str>),
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
    /// What must be so in every object of the batch that leaves; empty where kept back.
    pub links: Vec<Link>,
    /// The kept object that this one is the released form of, by a reviewer's decision.
    pub supersedes: Option<Review>,
}

/// A person's decision about a kept or parked object.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Review {
    /// The object.
    pub id: ObjectId,
    /// Who decided.
    pub by: String,
    /// Why.
    pub why: String,
}

/// A destination that a canary closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Closed {
    /// When it was closed, UTC, RFC 3339.
    pub since: String,
    /// By which canary, the last time it was tried.
    #[serde(flatten)]
    pub closure: Closure,
}

/// What a person did about a kept object, as the ledger tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Act {
    /// When, UTC, RFC 3339.
    pub at: String,
    /// What: `reviewed` (released), `rejected`, `requeued`, `exported` or `revealed`.
    pub what: String,
    /// Who, in their own words.
    pub by: String,
    /// The operating system's user, where it was asked.
    pub user: String,
    /// Why; empty where nobody is asked for a reason.
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
    /// A person rejected it; its file is gone.
    Rejected,
}

impl State {
    /// Every state.
    pub const ALL: [State; 7] = [
        State::Waiting,
        State::Delivered,
        State::Parked,
        State::Held,
        State::Quarantined,
        State::Reviewed,
        State::Rejected,
    ];

    /// The word for it in the index and in JSON.
    pub fn word(self) -> &'static str {
        match self {
            State::Waiting => "waiting",
            State::Delivered => "delivered",
            State::Parked => "parked",
            State::Held => "held",
            State::Quarantined => "quarantined",
            State::Reviewed => "reviewed",
            State::Rejected => "rejected",
        }
    }

    /// Whether its sealed original is kept.
    pub fn is_kept(self) -> bool {
        matches!(self, State::Held | State::Quarantined)
    }
}

impl FromStr for State {
    type Err = UnknownState;

    fn from_str(word: &str) -> Result<State, UnknownState> {
        State::ALL.into_iter().find(|state| state.word() == word).ok_or(UnknownState)
    }
}

/// A word that names no state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "no state of this name; there are waiting, delivered, parked, held, quarantined, reviewed, rejected"
)]
pub struct UnknownState;

impl From<Fate> for State {
    fn from(fate: Fate) -> State {
        match fate {
            Fate::Released => State::Waiting,
            Fate::Held => State::Held,
            Fate::Quarantined => State::Quarantined,
        }
    }
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

/// Numbers of objects by state, and what was received in all. At every moment
/// received + released_by_review = waiting + delivered + parked + held + quarantined + reviewed + rejected.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Acknowledged objects (rows that came over the wire or from files, not those a review made).
    pub received: u64,
    /// Rows that a review made: the released forms of the reviewed objects.
    pub released_by_review: u64,
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
    /// Rejected by a person.
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

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> StoreError {
        StoreError::Index(error.to_string())
    }
}

impl From<rusqlite::types::FromSqlError> for StoreError {
    fn from(error: rusqlite::types::FromSqlError) -> StoreError {
        StoreError::Index(error.to_string())
    }
}
