//! Whether another object fits: two numbers in memory, set right once a second.

use std::{
    path::Path,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

use rusqlite::Connection;

use super::{NoRoom, Settings, StoreError, index};

/// The numbers.
#[derive(Default)]
pub(super) struct Room {
    waiting: AtomicU64,
    free: AtomicU64,
}

impl Room {
    /// Whether another object fits.
    pub(super) fn check(&self, settings: &Settings) -> Result<(), NoRoom> {
        if self.waiting.load(Relaxed) >= settings.max_waiting {
            return Err(NoRoom::Queue);
        }
        if self.free.load(Relaxed) < settings.min_free_bytes {
            return Err(NoRoom::Disk);
        }
        Ok(())
    }

    /// Reads the numbers anew.
    pub(super) fn refresh(&self, directory: &Path, index: &Connection) -> Result<(), StoreError> {
        self.waiting.store(index::tally(index, "state", "waiting")?, Relaxed);
        let disk = rustix::fs::statvfs(directory).map_err(std::io::Error::from)?;
        // What others than root may use.
        self.free.store(disk.f_bavail.saturating_mul(disk.f_frsize), Relaxed);
        Ok(())
    }

    /// An object came, between two readings.
    pub(super) fn came(&self, waits: bool, bytes: u64) {
        self.waiting.fetch_add(u64::from(waits), Relaxed);
        let _ = self.free.fetch_update(Relaxed, Relaxed, |free| Some(free.saturating_sub(bytes)));
    }

    /// An object left the queue.
    pub(super) fn left(&self) {
        let _ = self.waiting.fetch_update(Relaxed, Relaxed, |n| Some(n.saturating_sub(1)));
    }
}
