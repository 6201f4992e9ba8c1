//! What a crash left, mended at the gateway's start: afterwards each object has one fate and each file one row.

use std::{
    collections::HashMap,
    fs::{self, File},
    io::{self, Read as _},
    path::Path,
};

use crc32fast::Hasher;
use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior};

use super::{
    ObjectId, Recovery, StoreError,
    change::{self, Change},
    files, index,
};

const LIVE: &str = "state IN ('waiting', 'parked', 'held', 'quarantined')";

/// Mends the store. Nothing else of this process touches it yet; an operator's command may be at work beside.
pub(super) fn recover(
    index: &mut Connection,
    directory: &Path,
    folders: [&str; 2],
) -> Result<Recovery, StoreError> {
    let mut recovery =
        Recovery { voided: settle(index, directory, folders)?, ..Recovery::default() };
    // Files first, rows second: a file that is committed in between is found to have a row.
    let mut lengths = HashMap::new();
    for folder in folders {
        for entry in fs::read_dir(directory.join(folder))? {
            let entry = entry?;
            let metadata = entry.metadata()?;
            if let (true, Ok(name)) = (metadata.is_file(), entry.file_name().into_string()) {
                lengths.insert(format!("{folder}/{name}"), metadata.len());
            }
        }
    }
    {
        let mut statement = index
            .prepare(&format!("SELECT id, file, bytes FROM objects WHERE {LIVE} ORDER BY id"))?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (id, name, bytes): (ObjectId, String, u64) =
                (row.get(0)?, row.get(1)?, row.get(2)?);
            if lengths.remove(&name).is_none_or(|length| length < bytes)
                && fs::metadata(directory.join(&name)).map_or(0, |metadata| metadata.len()) < bytes
            {
                tracing::error!(
                    object = id,
                    file = name,
                    "the file is missing or shorter than recorded"
                );
                recovery.missing.push(id);
            }
        }
    }
    for name in lengths.into_keys() {
        recovery.removed += u64::from(remove_orphan(index, &directory.join(&name), &name)?);
    }
    recovery.waiting = index::tally(index, "state", "waiting")?;
    Ok(recovery)
}

/// Removes a file that has no row and that nobody is writing.
fn remove_orphan(index: &Connection, path: &Path, name: &str) -> Result<bool, StoreError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error.into()),
    };
    if file.try_lock().is_err() {
        return Ok(false);
    }
    // It may have got its row between the two looks.
    let live: Option<i64> = index
        .prepare_cached(&format!("SELECT 1 FROM objects WHERE file = ?1 AND {LIVE}"))?
        .query_row([name], |row| row.get(0))
        .optional()?;
    if live.is_some() {
        return Ok(false);
    }
    files::remove(path);
    Ok(true)
}

/// Decides about the objects whose row and file were being flushed side by side: both are durable now, or neither
/// counts. Such an object was acknowledged only if both were.
fn settle(index: &mut Connection, directory: &Path, folders: [&str; 2]) -> Result<u64, StoreError> {
    let transaction = index.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let unsettled: Vec<(ObjectId, u32, String, u64, bool)> = transaction
        .prepare(&format!(
            "SELECT object, checksum, file, bytes, {LIVE} FROM flushing JOIN objects ON id = object ORDER BY object"
        ))?
        .query_map([], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
        })?
        .collect::<Result<_, _>>()?;
    if unsettled.is_empty() {
        return Ok(0);
    }
    let now = change::now();
    let mut change = Change::new(&transaction, &now, change::head(&transaction)?);
    let mut torn = Vec::new();
    for (id, checksum, name, bytes, live) in unsettled {
        match flushed(&directory.join(&name), bytes, checksum) {
            Flushed::Unknown => continue,
            Flushed::No if live => {
                tracing::warn!(object = id, "was cut short before it was acknowledged: voided");
                change.void(id, "the file had not reached the disk")?;
                torn.push(name);
            }
            Flushed::Yes | Flushed::No => {}
        }
        transaction.execute("DELETE FROM flushing WHERE object = ?1", [id])?;
    }
    for folder in folders {
        File::open(directory.join(folder))?.sync_all()?;
    }
    transaction.commit()?;
    for name in &torn {
        files::remove(&directory.join(name));
    }
    Ok(torn.len() as u64)
}

enum Flushed {
    Yes,
    No,
    /// Another process is still at it, or the disk does not tell: left as it is.
    Unknown,
}

/// Whether a file is whole; if so, it is on disk when this returns.
fn flushed(path: &Path, bytes: u64, checksum: u32) -> Flushed {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Flushed::No,
        Err(_) => return Flushed::Unknown,
    };
    if let Err(fs::TryLockError::WouldBlock) = file.try_lock() {
        return Flushed::Unknown;
    }
    let mut sum = Hasher::new();
    let mut length = 0;
    let mut buffer = vec![0; 256 * 1024];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => {
                sum.update(buffer.get(..n).unwrap_or_default());
                length += n as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return Flushed::Unknown,
        }
    }
    if length != bytes || sum.finalize() != checksum {
        return Flushed::No;
    }
    file.sync_data().map_or(Flushed::Unknown, |()| Flushed::Yes)
}
