//! The index: an SQLite database in WAL mode, every commit flushed.

use std::{
    fs::OpenOptions, io, os::unix::fs::OpenOptionsExt as _, path::Path, str::FromStr,
    time::Duration,
};

use rusqlite::{Connection, OpenFlags, OptionalExtension as _, TransactionBehavior, types::Type};

use super::{Row, State, StoreError};
use crate::records::Origin;

/// The layout that this program reads and writes.
const VERSION: i64 = 2;

/// What layout 2 has and layout 1 had not.
const LINKS: &str =
    "CREATE TABLE links (mark BLOB PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID";

/// What people did, and what a canary did: so few of a ledger's rows that they have indexes of their own, which cost
/// the other rows nothing. A layout without them is the same layout, only slower to ask.
const BY_HAND: &str = "
    CREATE INDEX IF NOT EXISTS acts ON ledger (seq)
        WHERE kind IN ('reviewed', 'rejected', 'requeued', 'exported', 'revealed');
    CREATE INDEX IF NOT EXISTS closures ON ledger (seq) WHERE kind IN ('closed', 'opened');";

/// How long to wait for another process's write.
const PATIENCE: Duration = Duration::from_secs(20);

/// Pages of the write-ahead log after which a commit itself moves them into the database (32 MiB). The gateway's
/// housekeeping does so earlier, beside the commits.
const CHECKPOINT_PAGES: i64 = 8192;

/// Opens the index for writing; makes it where `make` says so.
pub(super) fn open(path: &Path, make: bool) -> Result<Connection, StoreError> {
    if make {
        // SQLite gives its side files the permissions of the database.
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error.into()),
        }
    } else if !path.exists() {
        // Without the path: the caller names the data directory.
        let problem = "does not exist: the gateway has not run with this data directory";
        return Err(StoreError::Index(problem.into()));
    }
    let mut index = connect(path)?;
    index.pragma_update(None, "journal_mode", "wal")?;
    index.pragma_update(None, "synchronous", "full")?;
    index.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    index.pragma_update(None, "journal_size_limit", 4 * 4096 * CHECKPOINT_PAGES)?;
    prepare(&mut index)?;
    if make {
        index.execute_batch(BY_HAND)?;
    }
    Ok(index)
}

/// Opens an existing index for reading.
pub(super) fn reader(path: &Path) -> Result<Connection, StoreError> {
    let index = connect(path)?;
    index.pragma_update(None, "query_only", true)?;
    Ok(index)
}

fn connect(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let index = Connection::open_with_flags(path, flags).map_err(|error| match error {
        rusqlite::Error::SqliteFailure(code, _) => StoreError::Index(code.to_string()),
        other => other.into(),
    })?;
    index.busy_timeout(PATIENCE)?;
    index.pragma_update(None, "foreign_keys", true)?;
    index.pragma_update(None, "temp_store", "memory")?; // nothing beside our own files
    index.set_prepared_statement_cache_capacity(64);
    Ok(index)
}

/// Makes the tables in an empty database; refuses one of another layout.
fn prepare(index: &mut Connection) -> Result<(), StoreError> {
    if index.pragma_query_value(None, "user_version", |row| row.get(0)) == Ok(VERSION) {
        return Ok(()); // without a turn at writing
    }
    let change = index.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version: i64 = change.pragma_query_value(None, "user_version", |row| row.get(0))?;
    match version {
        0 => {
            change.execute_batch(include_str!("schema.sql"))?;
            change.pragma_update(None, "user_version", VERSION)?;
        }
        1 => {
            change.execute_batch(LINKS)?;
            change.pragma_update(None, "user_version", VERSION)?;
        }
        VERSION => {}
        other => {
            return Err(StoreError::Index(format!(
                "has layout {other}, this program knows {VERSION}: use the program that wrote it"
            )));
        }
    }
    Ok(change.commit()?)
}

/// The columns of a [`Row`], in the order that [`row`] reads them.
pub(super) const COLUMNS: &str = "id, state, received_at, route, destination, sop_class, transfer_syntax, \
     sop_instance, series, study, modality, reasons, cautions, association, calling_ae, address, file, bytes, \
     bytes_in, policy, attempts, last_error";

/// Reads a row of [`COLUMNS`].
pub(super) fn row(directory: &Path, row: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
    Ok(Row {
        id: row.get(0)?,
        state: state(row, 1)?,
        received_at: row.get(2)?,
        route: row.get(3)?,
        destination: row.get(4)?,
        sop_class: row.get(5)?,
        transfer_syntax: row.get(6)?,
        sop_instance: row.get(7)?,
        series: row.get(8)?,
        study: row.get(9)?,
        modality: row.get(10)?,
        reasons: json(row, 11)?,
        cautions: json(row, 12)?,
        origin: Origin {
            association: row.get(13)?,
            calling_ae: row.get(14)?,
            address: row.get(15)?,
        },
        file: directory.join(row.get_ref(16)?.as_str()?),
        bytes: row.get(17)?,
        bytes_in: row.get(18)?,
        policy: row.get(19)?,
        attempts: row.get(20)?,
        last_error: row.get(21)?,
    })
}

/// Reads a state.
pub(super) fn state(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<State> {
    State::from_str(row.get_ref(column)?.as_str()?).map_err(|error| unreadable(column, error))
}

fn json<T: serde::de::DeserializeOwned>(
    row: &rusqlite::Row<'_>,
    column: usize,
) -> rusqlite::Result<T> {
    serde_json::from_str(row.get_ref(column)?.as_str()?).map_err(|error| unreadable(column, error))
}

fn unreadable(
    column: usize,
    error: impl std::error::Error + Send + Sync + 'static,
) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error))
}

/// A number of the tally; 0 where nothing was counted yet.
pub(super) fn tally(index: &Connection, kind: &str, name: &str) -> rusqlite::Result<u64> {
    index
        .prepare_cached("SELECT n FROM tally WHERE kind = ?1 AND name = ?2")?
        .query_row([kind, name], |row| row.get(0))
        .optional()
        .map(Option::unwrap_or_default)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_commit_is_flushed() {
        let dir = tempfile::tempdir().unwrap();
        let index = open(&dir.path().join("index.sqlite"), true).unwrap();
        let mode: String =
            index.pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap();
        let flush: i64 = index.pragma_query_value(None, "synchronous", |row| row.get(0)).unwrap();
        let keys: bool = index.pragma_query_value(None, "foreign_keys", |row| row.get(0)).unwrap();
        assert_eq!((mode.as_str(), flush, keys), ("wal", 2, true));
    }

    #[test]
    fn an_index_of_the_layout_before_gets_what_is_new() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("index.sqlite");
        let index = open(&path, true).unwrap();
        index.execute_batch("DROP TABLE links; PRAGMA user_version = 1").unwrap();
        drop(index);
        let index = open(&path, false).unwrap();
        let rows: i64 =
            index.query_row("SELECT count(*) FROM links", [], |row| row.get(0)).unwrap();
        assert_eq!(rows, 0);
        assert_eq!(index.pragma_query_value(None, "user_version", |row| row.get(0)), Ok(VERSION));
    }

    #[test]
    fn an_index_of_another_layout_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("index.sqlite");
        open(&path, true).unwrap().pragma_update(None, "user_version", 3).unwrap();
        let refused = open(&path, false).unwrap_err().to_string();
        assert!(refused.contains("layout 3") && refused.contains("knows 2"), "{refused}");
        std::fs::write(&path, "not a database at all, but long enough to be looked at").unwrap();
        assert!(open(&path, true).is_err());
    }
}
