//! The bytes and the index, durable: files beside an embedded SQLite, one commit point per object.
//! The seam behind which PostgreSQL and object storage will stand.
//!
//! Layout of the data directory: `outgoing/<new UID>.dcm`, `sealed/<id>.age`, `index.sqlite`, and `aside/` for files
//! that the index does not know. A file under way has `.part` behind its name.
//!
//! **How an object becomes durable.** Its file gets its final name. Then the file, the file's directory entry, and its row with the ledger's row are
//! flushed side by side, because each flush costs milliseconds; [`Store::commit`] returns when all are on disk. So a
//! crash can leave a row whose file is torn. Such a row was not acknowledged; it is known by its entry in `flushing`,
//! which a later transaction takes away, and the next start voids it, with a row in the ledger. A `.part` file was not
//! acknowledged either and is removed. What was acknowledged has both. A finished file without a row may still have
//! been acknowledged, namely where the index was lost or restored from a back-up: it is never removed, but set aside.

mod change;
mod files;
mod folder;
mod index;
mod query;
mod recover;
mod room;
mod types;
mod writer;

#[cfg(test)]
mod tests;

use std::{
    collections::HashSet,
    fs::{DirBuilder, File, TryLockError},
    io::{self, BufReader},
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{self, RecvTimeoutError, SyncSender},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use rusqlite::Connection;

pub use files::{DurableFile, NewFile};
pub use types::*;

use crate::records::{
    Fate,
    keyring::KeyRing,
    ledger::{Closure, Entry, Event},
    link::{Bond, Link},
};
use change::{Change, NewRow};
use files::Kind;
use folder::Folder;
use room::Room;
use writer::{Done, Writer};

/// How often room is measured and the write-ahead log emptied.
const HOUSEKEEPING: Duration = Duration::from_secs(1);

/// Connections for reading that are kept for the next question.
const READERS: usize = 4;

const OUTGOING: &str = "outgoing";
const SEALED: &str = "sealed";

/// The store. Cheap to clone; all methods block and belong on blocking threads.
/// When the last clone goes, everything handed in is written and its threads have ended.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    settings: Settings,
    keys: Arc<KeyRing>,
    outgoing: Arc<Folder>,
    /// Names of outgoing files that are lost, but not to be used for others.
    taken: HashSet<String>,
    sealed: Arc<Folder>,
    room: Arc<Room>,
    readers: Mutex<Vec<Connection>>,
    // In the order in which they go.
    _housekeeper: Option<Housekeeper>,
    writer: Writer,
    _lock: Option<File>,
}

impl Store {
    /// Opens or makes the store.
    ///
    /// # Errors
    /// The directory or the index cannot be used; another gateway uses it; for an operator: there is none yet.
    pub fn open(
        settings: &Settings,
        keys: Arc<KeyRing>,
        access: Access,
    ) -> Result<(Store, Recovery), StoreError> {
        let directory = &settings.directory;
        let path = index_path(directory);
        let gateway = access == Access::Gateway;
        let mut lock = None;
        if gateway {
            for folder in [directory.clone(), directory.join(OUTGOING), directory.join(SEALED)] {
                DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
            }
            lock = Some(lock_directory(directory)?);
        }
        let mut index = index::open(&path, gateway)?;
        let (mut recovery, mut taken) = (Recovery::default(), HashSet::new());
        if gateway {
            (recovery, taken) = recover::recover(&mut index, directory, [OUTGOING, SEALED])?;
        }
        let room = Arc::new(Room::default());
        room.refresh(directory, &index)?;
        let housekeeper = if gateway {
            Some(Housekeeper::start(directory.clone(), Arc::clone(&room))?)
        } else {
            None
        };
        let inner = Inner {
            settings: settings.clone(),
            keys,
            outgoing: Arc::new(Folder::open(directory.join(OUTGOING))?),
            taken,
            sealed: Arc::new(Folder::open(directory.join(SEALED))?),
            room,
            readers: Mutex::default(),
            _housekeeper: housekeeper,
            writer: Writer::start(&path)?,
            _lock: lock,
        };
        Ok((Store { inner: Arc::new(inner) }, recovery))
    }

    /// Whether another object fits. Cheap: two atomics, refreshed in the background.
    ///
    /// # Errors
    /// [`NoRoom`]
    pub fn room(&self) -> Result<(), NoRoom> {
        self.inner.room.check(&self.inner.settings)
    }

    /// Begins an outgoing file, `outgoing/<uid>.dcm` (a number is added where that name is taken).
    ///
    /// # Errors
    /// The file cannot be made; `uid` is not a UID.
    pub fn outgoing(&self, uid: &str) -> io::Result<NewFile> {
        NewFile::outgoing(&self.inner.outgoing, &self.inner.taken, uid)
    }

    /// Begins a sealed file; what is written is encrypted before it reaches the disk.
    ///
    /// # Errors
    /// The file cannot be made.
    pub fn sealed(&self) -> io::Result<NewFile> {
        NewFile::sealed(&self.inner.sealed, &self.inner.keys)
    }

    /// Commits object, index row and ledger row together; returns when they are durable. Commits of several
    /// threads share one flush.
    ///
    /// # Errors
    /// Nothing was committed; the file is removed.
    pub fn commit(&self, mut arrival: Arrival) -> Result<ObjectId, StoreError> {
        let released = arrival.fate == Fate::Released;
        if released != (arrival.file.kind() == Kind::Outgoing) {
            return Err(invalid(
                "an outgoing file is for released objects, a sealed one for the others",
            ));
        }
        if let Some(review) = &mut arrival.supersedes {
            if !released {
                return Err(invalid("only a released object takes the place of a kept one"));
            }
            *review = checked(review)?;
        }
        let reviewed = arrival.supersedes.is_some();
        let row = NewRow::new(&mut arrival, self.inner.keys.batch().id())?;
        let (mut file, writer) = (arrival.file, &self.inner.writer);
        file.settle_name()?;
        let done = if reviewed {
            // The kept original goes as soon as its row says so: its released form must be safe before.
            file.flush()?;
            writer.submit(move |change| change.insert(&row, false)).wait()?
        } else {
            let pending = writer.submit(move |change| change.insert(&row, true));
            let flushed = file.flush();
            let done = pending.wait()?;
            if let Err(error) = flushed {
                self.void(done.id);
                return Err(error.into());
            }
            writer.settled(done.id);
            done
        };
        self.inner.room.came(released, file.length());
        file.keep();
        self.tidy(&done);
        Ok(done.id)
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
        self.read(|index| query::waiting(index, self.directory(), destination, except, limit))
    }

    /// Records a delivery (with its ledger row), then removes the file.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn delivered(&self, id: ObjectId, status: u16) -> Result<(), StoreError> {
        self.change(move |change| change.deliver(id, status))?;
        self.inner.room.left();
        Ok(())
    }

    /// Records a delivery that failed for now.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn failed(&self, id: ObjectId, why: &str) -> Result<(), StoreError> {
        let why = change::bounded(why);
        self.change(move |change| change.fail(id, &why))
    }

    /// Parks an object that the destination refuses for good (with its ledger row). This was an attempt, too.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn park(&self, id: ObjectId, why: &str) -> Result<(), StoreError> {
        let why = change::bounded(why);
        self.change(move |change| change.park(id, &why))?;
        self.inner.room.left();
        Ok(())
    }

    /// The first of these that an object contradicts which left before.
    ///
    /// # Errors
    /// [`StoreError::Index`]
    pub fn contradicted(&self, links: &[Link]) -> Result<Option<Bond>, StoreError> {
        self.read(|index| query::contradicted(index, links))
    }

    /// Puts a parked object back into the queue (with its ledger row), as if it had not been tried.
    ///
    /// # Errors
    /// [`StoreError`]; [`StoreError::State`] where it is not parked, or nobody decided, or without a reason.
    pub fn requeue(&self, review: &Review) -> Result<(), StoreError> {
        let review = checked(review)?;
        self.change(move |change| change.requeue(&review))?;
        self.inner.room.came(true, 0);
        Ok(())
    }

    /// Writes an event of the gateway itself into the ledger: its start with the policy in force, its stop.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn record(&self, event: &Event) -> Result<(), StoreError> {
        let entry = Entry::from(event);
        self.change(move |change| change.append(None, &entry).map(|()| Done::default()))
    }

    /// Writes an event about an object into the ledger; the object stays as it is.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn record_about(&self, id: ObjectId, event: &Event) -> Result<(), StoreError> {
        let entry = Entry::from(event);
        self.change(move |change| change.append(Some(id), &entry).map(|()| Done::default()))
    }

    /// Records that a canary closed a destination. `park`: what waits there by that route does not leave by itself any
    /// more, whoever opens the destination again; both in one transaction.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was recorded or parked.
    pub fn close(&self, closure: Closure, park: bool) -> Result<(), StoreError> {
        self.change(move |change| change.close(&closure, park))
    }

    /// The destinations that are closed; one may be there once for each route that closed it.
    ///
    /// # Errors
    /// [`StoreError::Index`]
    pub fn closed(&self) -> Result<Vec<Closed>, StoreError> {
        self.read(|index| query::closed(index))
    }

    /// What people did about an object, oldest first: who, when and why.
    ///
    /// # Errors
    /// [`StoreError::Index`]
    pub fn acts(&self, id: ObjectId) -> Result<Vec<Act>, StoreError> {
        self.read(|index| query::acts(index, id))
    }

    /// One row.
    ///
    /// # Errors
    /// [`StoreError::State`] where there is none.
    pub fn get(&self, id: ObjectId) -> Result<Row, StoreError> {
        self.read(|index| query::get(index, self.directory(), id))
    }

    /// Rows for an operator.
    ///
    /// # Errors
    /// [`StoreError::Index`]
    pub fn list(&self, filter: &Filter) -> Result<Vec<Row>, StoreError> {
        self.read(|index| query::list(index, self.directory(), filter))
    }

    /// The sealed original of a kept object, opened: a Part 10 file.
    ///
    /// # Errors
    /// Not kept, or the identity that opens it is not here.
    pub fn original(&self, id: ObjectId) -> Result<Box<dyn io::Read + Send>, StoreError> {
        let path = self.read(|index| query::kept(index, self.directory(), id))?;
        Ok(Box::new(self.inner.keys.open(BufReader::new(File::open(path)?))?))
    }

    /// Rejects a kept or parked object (with its ledger row): its file is removed.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn reject(&self, review: &Review) -> Result<(), StoreError> {
        let review = checked(review)?;
        self.change(move |change| change.reject(&review))
    }

    /// The numbers.
    ///
    /// # Errors
    /// [`StoreError::Index`]
    pub fn counts(&self) -> Result<Counts, StoreError> {
        self.read(|index| query::counts(index))
    }

    /// Checks the hash chain of the ledger; the number of rows.
    ///
    /// # Errors
    /// The first row that does not fit.
    pub fn verify_ledger(&self) -> Result<u64, StoreError> {
        self.read(query::verify)
    }

    /// The data directory.
    pub fn directory(&self) -> &Path {
        &self.inner.settings.directory
    }

    /// Makes a change durable, then removes the file that it left without a row.
    fn change(
        &self,
        work: impl FnOnce(&mut Change<'_>) -> Result<Done, StoreError> + Send + 'static,
    ) -> Result<(), StoreError> {
        let done = self.inner.writer.submit(work).wait()?;
        self.tidy(&done);
        Ok(())
    }

    fn tidy(&self, done: &Done) {
        if let Some(name) = &done.removable {
            files::remove(&self.directory().join(name));
        }
    }

    /// Takes back the row of an object whose file did not reach the disk. Should this fail as well, the next start
    /// finds the torn file and does it.
    fn void(&self, id: ObjectId) {
        let voided = self.change(move |change| change.void(id, "the file could not be flushed"));
        if let Err(error) = voided {
            tracing::error!(object = id, %error, "could not be voided; the next start does it");
        }
    }

    /// Asks on a connection of its own: no reader waits for another, nor for the writer.
    fn read<T>(
        &self,
        question: impl FnOnce(&mut Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let pool = || self.inner.readers.lock().unwrap_or_else(PoisonError::into_inner);
        let idle = pool().pop();
        let mut index = match idle {
            Some(index) => index,
            None => index::reader(&index_path(self.directory()))?,
        };
        let answer = question(&mut index);
        let mut pool = pool();
        if pool.len() < READERS {
            pool.push(index);
        }
        answer
    }
}

/// Measures room, and moves the write-ahead log into the database beside the commits.
struct Housekeeper {
    stop: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Housekeeper {
    fn start(directory: PathBuf, room: Arc<Room>) -> Result<Housekeeper, StoreError> {
        let index = index::open(&index_path(&directory), false)?;
        let (stop, stopped) = mpsc::sync_channel::<()>(0);
        let thread = thread::Builder::new().name("housekeeping".into()).spawn(move || {
            while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(HOUSEKEEPING) {
                let kept = room.refresh(&directory, &index).and_then(|()| {
                    Ok(index.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?)
                });
                if let Err(error) = kept {
                    tracing::warn!(%error, "housekeeping");
                }
            }
        })?;
        Ok(Housekeeper { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Housekeeper {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn index_path(directory: &Path) -> PathBuf {
    directory.join("index.sqlite")
}

/// One gateway for one data directory: a second would remove what the first is writing, and forward everything twice.
fn lock_directory(directory: &Path) -> Result<File, StoreError> {
    let lock = File::open(directory)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(StoreError::Io(io::Error::new(
            io::ErrorKind::ResourceBusy,
            "in use by another gateway", // the caller names the directory
        ))),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

/// A decision needs a person and a reason; both go into the ledger, at most so long.
fn checked(review: &Review) -> Result<Review, StoreError> {
    let (by, why) = (change::bounded(review.by.trim()), change::bounded(review.why.trim()));
    if by.is_empty() || why.is_empty() {
        let problem = "a decision needs who decided and why".into();
        return Err(StoreError::State { id: review.id, problem });
    }
    Ok(Review { id: review.id, by, why })
}

fn invalid(problem: &str) -> StoreError {
    StoreError::Io(io::Error::new(io::ErrorKind::InvalidInput, problem))
}
