//! A folder whose entries are flushed by a thread of its own.
//!
//! A new file is safe once its content *and* its directory entry are on disk: two flushes. Waiting for them one
//! after the other doubles the time until Success; here they run side by side, and files that finish together share
//! one flush of the folder.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
};

#[derive(Default)]
struct Progress {
    /// Flushes asked for.
    asked: u64,
    /// All requests up to this one were answered.
    answered: u64,
    /// The last request that failed, and how.
    failed: Option<(u64, io::ErrorKind)>,
    stop: bool,
}

struct Shared {
    folder: File,
    progress: Mutex<Progress>,
    changed: Condvar,
}

/// The folder.
pub(super) struct Folder {
    path: PathBuf,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

/// A flush under way.
#[must_use]
pub(super) struct Ticket(u64);

impl Folder {
    /// Opens an existing folder.
    pub(super) fn open(path: PathBuf) -> io::Result<Folder> {
        let shared = Arc::new(Shared {
            folder: File::open(&path)?,
            progress: Mutex::default(),
            changed: Condvar::new(),
        });
        let worker = Arc::clone(&shared);
        let thread = thread::Builder::new().name("folder".into()).spawn(move || worker.work())?;
        Ok(Folder { path, shared, thread: Some(thread) })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Asks for all entries made until now to be flushed.
    pub(super) fn begin_sync(&self) -> Ticket {
        let mut progress = self.shared.lock();
        progress.asked += 1;
        self.shared.changed.notify_all();
        Ticket(progress.asked)
    }

    /// Waits until that was done.
    pub(super) fn wait(&self, ticket: Ticket) -> io::Result<()> {
        let progress = self
            .shared
            .changed
            .wait_while(self.shared.lock(), |progress| progress.answered < ticket.0)
            .unwrap_or_else(PoisonError::into_inner);
        match progress.failed {
            // After a failed flush nobody knows what is on disk: requests until then fail, too.
            Some((last, kind)) if ticket.0 <= last => Err(kind.into()),
            _ => Ok(()),
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Progress> {
        // The numbers are sound at every instruction: a panic elsewhere spoils nothing.
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self) {
        let mut progress = self.lock();
        loop {
            progress = self
                .changed
                .wait_while(progress, |p| p.answered == p.asked && !p.stop)
                .unwrap_or_else(PoisonError::into_inner);
            if progress.answered == progress.asked {
                return;
            }
            let upto = progress.asked;
            drop(progress);
            let outcome = self.folder.sync_all();
            progress = self.lock();
            progress.answered = upto;
            if let Err(error) = outcome {
                progress.failed = Some((upto, error.kind()));
            }
            self.changed.notify_all();
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        self.shared.lock().stop = true;
        self.shared.changed.notify_all();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_share_and_all_are_answered() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::open(dir.path().to_owned()).unwrap();
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        folder.wait(folder.begin_sync()).unwrap();
                    }
                });
            }
        });
        assert_eq!(folder.shared.lock().answered, 400);
    }
}
