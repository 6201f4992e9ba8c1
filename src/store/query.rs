//! Questions to the index.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, params};
use serde::Deserialize;

use super::{Act, Closed, Counts, Filter, ObjectId, Row, State, StoreError, index};
use crate::records::{
    ledger::{Closure, Head},
    link::{Bond, INCONSISTENT, Link},
};

/// Left to itself, the planner takes the index of all states and sorts.
pub(super) fn waiting_sql() -> String {
    format!(
        "SELECT {} FROM objects INDEXED BY waiting WHERE state = 'waiting' AND destination = ?1 ORDER BY id",
        index::COLUMNS
    )
}

/// The oldest objects that wait for a destination, except those named; none while the batch is inconsistent. Reads the index of waiting objects only.
pub(super) fn waiting(
    connection: &Connection,
    directory: &Path,
    destination: &str,
    except: &[ObjectId],
    limit: usize,
) -> Result<Vec<Row>, StoreError> {
    // A batch in which patients were mixed up leaves no further until a person has decided about the object that shows it.
    if index::tally(connection, "reason", INCONSISTENT)? > 0 {
        return Ok(Vec::new());
    }
    let sql = waiting_sql();
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([destination])?;
    let mut found = Vec::new();
    while found.len() < limit
        && let Some(row) = rows.next()?
    {
        if !except.contains(&row.get(0)?) {
            found.push(index::row(directory, row)?);
        }
    }
    Ok(found)
}

/// The first link whose mark goes with something else.
pub(super) fn contradicted(
    connection: &Connection,
    links: &[Link],
) -> Result<Option<Bond>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT 1 FROM links WHERE mark = ?1 AND value <> ?2")?;
    for Link { bond, one, other } in links {
        if statement.exists(params![one, other])? {
            return Ok(Some(*bond));
        }
    }
    Ok(None)
}

/// One row.
pub(super) fn get(
    connection: &Connection,
    directory: &Path,
    id: ObjectId,
) -> Result<Row, StoreError> {
    let sql = format!("SELECT {} FROM objects WHERE id = ?1", index::COLUMNS);
    match connection.prepare_cached(&sql)?.query_row([id], |row| index::row(directory, row)) {
        Ok(row) => Ok(row),
        Err(rusqlite::Error::QueryReturnedNoRows) => {
            Err(StoreError::State { id, problem: "there is none of this number".into() })
        }
        Err(error) => Err(error.into()),
    }
}

/// Rows for an operator, newest first.
pub(super) fn list(
    connection: &Connection,
    directory: &Path,
    filter: &Filter,
) -> Result<Vec<Row>, StoreError> {
    let states = if filter.states.is_empty() { &State::ALL[..] } else { &filter.states };
    let words: Vec<String> = states.iter().map(|state| format!("'{}'", state.word())).collect();
    let sql = format!(
        "SELECT {} FROM objects WHERE state IN ({}) AND (?1 IS NULL OR EXISTS \
         (SELECT 1 FROM json_each(reasons) WHERE value ->> 'rule' = ?1)) ORDER BY id DESC LIMIT ?2",
        index::COLUMNS,
        words.join(", ")
    );
    let limit = filter.limit.and_then(|limit| i64::try_from(limit).ok()).unwrap_or(-1);
    connection
        .prepare(&sql)?
        .query_map(params![filter.rule, limit], |row| index::row(directory, row))?
        .map(|row| Ok(row?))
        .collect()
}

/// The numbers.
pub(super) fn counts(connection: &Connection) -> Result<Counts, StoreError> {
    let mut counts = Counts::default();
    let mut statement = connection
        .prepare_cached("SELECT kind, name, n FROM tally WHERE n > 0 ORDER BY kind, name")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (name, n): (String, u64) = (row.get(1)?, row.get(2)?);
        match row.get_ref(0)?.as_str()? {
            "received" => counts.received = n,
            "state" => match name.parse() {
                Ok(State::Waiting) => counts.waiting = n,
                Ok(State::Delivered) => counts.delivered = n,
                Ok(State::Parked) => counts.parked = n,
                Ok(State::Held) => counts.held = n,
                Ok(State::Quarantined) => counts.quarantined = n,
                Ok(State::Reviewed) => counts.reviewed = n,
                Ok(State::Rejected) => counts.rejected = n,
                Err(error) => return Err(StoreError::Index(error.to_string())),
            },
            // Each decision to release made one row; the ledger counts the decisions.
            "event" if name == "reviewed" => counts.released_by_review = n,
            "reason" => counts.reasons.push((name, n)),
            "caution" => counts.cautions.push((name, n)),
            _ => {} // other events: for `verify`
        }
    }
    Ok(counts)
}

/// What people did about an object, oldest first.
pub(super) fn acts(connection: &Connection, id: ObjectId) -> Result<Vec<Act>, StoreError> {
    let text = |name: &str| format!("coalesce(body ->> '{name}', '')");
    let sql = format!(
        "SELECT at, kind, {}, {}, {} FROM ledger \
         WHERE kind IN ('reviewed', 'rejected', 'requeued', 'exported', 'revealed') \
         AND coalesce(object, body ->> 'object') = ?1 ORDER BY seq",
        text("by"),
        text("user"),
        text("why")
    );
    connection
        .prepare(&sql)?
        .query_map([id], |row| {
            Ok(Act {
                at: row.get(0)?,
                what: row.get(1)?,
                by: row.get(2)?,
                user: row.get(3)?,
                why: row.get(4)?,
            })
        })?
        .map(|act| Ok(act?))
        .collect()
}

/// The destinations that are closed, each with the routes that closed it.
pub(super) fn closed(connection: &Connection) -> Result<Vec<Closed>, StoreError> {
    let mut statement = connection.prepare(
        "SELECT at, kind, body FROM ledger WHERE kind IN ('closed', 'opened') ORDER BY seq",
    )?;
    let mut rows = statement.query([])?;
    let mut closed: Vec<Closed> = Vec::new();
    while let Some(row) = rows.next()? {
        let body = row.get_ref(2)?.as_str()?;
        if row.get_ref(1)?.as_str()? == "opened" {
            let opened: Opened = read(body)?;
            closed.retain(|c| c.closure.destination != opened.destination);
            continue;
        }
        let closure: Closure = read(body)?;
        let same = |c: &&mut Closed| {
            c.closure.destination == closure.destination && c.closure.route == closure.route
        };
        match closed.iter_mut().find(same) {
            Some(known) => known.closure = closure,
            None => closed.push(Closed { since: row.get(0)?, closure }),
        }
    }
    Ok(closed)
}

#[derive(Deserialize)]
struct Opened {
    destination: String,
}

fn read<T: serde::de::DeserializeOwned>(body: &str) -> Result<T, StoreError> {
    serde_json::from_str(body).map_err(|error| StoreError::Index(error.to_string()))
}

/// Checks the chain from its first row, and that it tells of every object: a chain cut off at its end is whole, but
/// knows too little.
pub(super) fn verify(connection: &mut Connection) -> Result<u64, StoreError> {
    let snapshot = connection.transaction()?;
    let mut head = Head::EMPTY;
    let (mut decided, mut voided, mut delivered) = (0_u64, 0_u64, 0_u64);
    {
        let mut statement = snapshot
            .prepare("SELECT seq, at, object, kind, body, hash FROM ledger ORDER BY seq")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let kind = row.get_ref(3)?.as_str()?;
            head =
                head.next(row.get_ref(1)?.as_str()?, row.get(2)?, kind, row.get_ref(4)?.as_str()?);
            let kept = Head { seq: row.get(0)?, hash: row.get(5)? };
            if kept != head {
                return Err(StoreError::Index(format!(
                    "ledger row {} does not fit the chain: it, or one before it, was changed or removed",
                    kept.seq
                )));
            }
            match kind {
                "decided" => decided += 1,
                "voided" => voided += 1,
                "delivered" => delivered += 1,
                _ => {}
            }
        }
    }
    let count = |sql: &str| snapshot.query_row(sql, [], |row| row.get::<_, u64>(0));
    let objects = count("SELECT count(*) FROM objects")?;
    let left = count("SELECT count(*) FROM objects WHERE state = 'delivered'")?;
    if decided.checked_sub(voided) != Some(objects) || delivered != left {
        return Err(StoreError::Index(format!(
            "ledger ends too early or too late: it tells of {decided} decisions ({voided} voided) and {delivered} \
             deliveries, the index of {objects} objects and {left} deliveries"
        )));
    }
    Ok(u64::try_from(head.seq).unwrap_or_default())
}

/// The sealed file of a kept object.
pub(super) fn kept(
    connection: &Connection,
    directory: &Path,
    id: ObjectId,
) -> Result<PathBuf, StoreError> {
    let row = get(connection, directory, id)?;
    if row.state.is_kept() {
        Ok(row.file)
    } else {
        Err(StoreError::State {
            id,
            problem: format!("is {}: there is no kept original", row.state.word()),
        })
    }
}
