//! What a crash left, mended at the gateway's start: afterwards each object has one fate and each file one row.

use std::{
    collections::{HashMap, HashSet},
    fs::{self, DirBuilder, File},
    io::{self, Read as _},
    os::unix::fs::DirBuilderExt as _,
    path::Path,
};

use crc32fast::Hasher;
use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior};

use super::{
    ObjectId, Recovery, StoreError,
    change::{self, Change},
    files, index,
};

/// Where finished files without a row go, below the data directory.
pub(super) const ASIDE: &str = "aside";

const LIVE: &str = "state IN ('waiting', 'parked', 'held', 'quarantined')";

/// Mends the store. Nothing else of this process touches it yet; an operator's command may be at work beside.
///
/// The second value: names that live rows have although no file is there. No new file may take one.
pub(super) fn recover(
    index: &mut Connection,
    directory: &Path,
    folders: [&str; 2],
) -> Result<(Recovery, HashSet<String>), StoreError> {
    let mut taken = HashSet::new();
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
            if lengths.remove(&name).is_some_and(|length| length >= bytes) {
                continue;
            }
            let length = fs::metadata(directory.join(&name)).map(|metadata| metadata.len()).ok();
            if length.is_none_or(|length| length < bytes) {
                tracing::error!(
                    object = id,
                    file = name,
                    "the file is missing or shorter than recorded"
                );
                recovery.missing.push(id);
                if length.is_none() {
                    taken.insert(name);
                }
            }
        }
    }
    clear(index, directory, folders, lengths, &mut recovery)?;
    recovery.waiting = index::tally(index, "state", "waiting")?;
    Ok((recovery, taken))
}

/// Clears away the files that no live row names. What was not complete was not acknowledged, and what left needs no
/// file: both are removed. Of any other the index may have lost the row (a back-up was restored, the index is gone):
/// it may have been acknowledged, and is set aside.
fn clear(
    index: &Connection,
    directory: &Path,
    folders: [&str; 2],
    orphans: HashMap<String, u64>,
    recovery: &mut Recovery,
) -> Result<(), StoreError> {
    if orphans.is_empty() {
        return Ok(());
    }
    let ended = ended(index, &orphans)?;
    for name in orphans.into_keys() {
        let path = directory.join(&name);
        let Some(_lock) = unused(index, &path, &name)? else { continue };
        if name.ends_with(files::PART) || ended.contains(&name) {
            files::remove(&path);
            recovery.removed += 1;
        } else {
            match set_aside(directory, &name) {
                Ok(()) => recovery.aside += 1,
                Err(error) => {
                    tracing::error!(file = name, %error, "a file without a row stays where it is");
                }
            }
        }
    }
    if recovery.aside > 0 {
        for folder in folders {
            sync(&directory.join(ASIDE).join(folder))?;
            sync(&directory.join(folder))?;
        }
        sync(&directory.join(ASIDE))?;
        sync(directory)?;
    }
    Ok(())
}

/// Those files whose object was delivered, reviewed or rejected. The length must fit as well: a name may have been
/// used again since, for an object that the index does not know.
fn ended(
    index: &Connection,
    orphans: &HashMap<String, u64>,
) -> Result<HashSet<String>, StoreError> {
    let mut ended = HashSet::new();
    // One pass, whatever the number of files: no index helps to find rows that ended by their file.
    let mut statement =
        index.prepare(&format!("SELECT file, bytes FROM objects WHERE NOT {LIVE}"))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let name = row.get_ref(0)?.as_str()?;
        if orphans.get(name) == Some(&row.get(1)?) {
            ended.insert(name.to_owned());
        }
    }
    Ok(ended)
}

/// Moves a file to the same name below `aside`, without taking the place of another there.
fn set_aside(directory: &Path, name: &str) -> io::Result<()> {
    let mut aside = directory.join(ASIDE).join(name);
    if let Some(folder) = aside.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let mut number = 1_u64;
    while aside.try_exists()? {
        number += 1;
        aside = directory.join(ASIDE).join(format!("{name}.{number}"));
    }
    fs::rename(directory.join(name), aside)
}

fn sync(folder: &Path) -> io::Result<()> {
    match File::open(folder) {
        Ok(folder) => folder.sync_all(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// A file that no live row names and that nobody is writing: locked while it is looked after.
fn unused(index: &Connection, path: &Path, name: &str) -> Result<Option<File>, StoreError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    if file.try_lock().is_err() {
        return Ok(None);
    }
    // It may have got its row between the two looks.
    let live: Option<i64> = index
        .prepare_cached(&format!("SELECT 1 FROM objects WHERE file = ?1 AND {LIVE}"))?
        .query_row([name], |row| row.get(0))
        .optional()?;
    Ok(live.is_none().then_some(file))
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
