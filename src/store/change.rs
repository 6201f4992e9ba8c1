//! The changes that the index knows, each with its row in the ledger.

use rusqlite::{Connection, ErrorCode, OptionalExtension as _, params};

use super::{Arrival, ObjectId, Review, State, StoreError, index, writer::Done};
use crate::records::{
    ledger::{Closure, Decision, Entry, Event, Head},
    link::Link,
};

/// The longest text of an operator or a destination that is kept, in characters.
const LONGEST_TEXT: usize = 500;

/// A change under way: part of a transaction.
pub(super) struct Change<'a> {
    index: &'a Connection,
    now: &'a str,
    head: Head,
}

/// The time of a transaction: UTC, RFC 3339, milliseconds.
pub(super) fn now() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

/// The end of the ledger, read inside the transaction that appends to it.
pub(super) fn head(index: &Connection) -> rusqlite::Result<Head> {
    index
        .prepare_cached("SELECT seq, hash FROM ledger ORDER BY seq DESC LIMIT 1")?
        .query_row([], |row| Ok(Head { seq: row.get(0)?, hash: row.get(1)? }))
        .optional()
        .map(|head| head.unwrap_or(Head::EMPTY))
}

/// Cut to what is kept of a text.
pub(super) fn bounded(text: &str) -> String {
    text.chars().take(LONGEST_TEXT).collect()
}

/// An object about to be added: what could be worked out before its turn.
pub(super) struct NewRow {
    state: State,
    transfer_syntax: String,
    series: String,
    study: String,
    modality: String,
    reasons: String,
    cautions: String,
    file: String,
    checksum: u32,
    decision: Decision,
    entry: Entry,
    links: Vec<Link>,
    supersedes: Option<Review>,
}

impl NewRow {
    /// The row of an arrival.
    pub(super) fn new(arrival: &mut Arrival, batch: &str) -> Result<NewRow, StoreError> {
        let json = |reasons| {
            serde_json::to_string(reasons).map_err(|error| StoreError::Index(error.to_string()))
        };
        let (reasons, cautions) = (json(&arrival.reasons)?, json(&arrival.cautions)?);
        let take = std::mem::take::<String>;
        let decision = Decision {
            fate: arrival.fate,
            route: take(&mut arrival.route),
            destination: take(&mut arrival.destination),
            sop_class: take(&mut arrival.sop_class),
            sop_instance: take(&mut arrival.sop_instance),
            bytes_in: arrival.bytes_in,
            bytes: arrival.file.length(),
            reasons: std::mem::take(&mut arrival.reasons),
            cautions: std::mem::take(&mut arrival.cautions),
            origin: arrival.origin.clone(),
            policy: take(&mut arrival.policy),
            batch: batch.to_owned(),
            supersedes: arrival.supersedes.as_ref().map(|review| review.id),
        };
        let event = Event::Decided(Box::new(decision));
        let entry = Entry::from(&event);
        let Event::Decided(decision) = event else { unreachable!("made two lines above") };
        Ok(NewRow {
            state: arrival.fate.into(),
            transfer_syntax: take(&mut arrival.transfer_syntax),
            series: take(&mut arrival.series),
            study: take(&mut arrival.study),
            modality: take(&mut arrival.modality),
            reasons,
            cautions,
            file: arrival.file.name()?,
            checksum: arrival.file.checksum(),
            decision: *decision,
            entry,
            links: std::mem::take(&mut arrival.links),
            supersedes: arrival.supersedes.take(),
        })
    }
}

/// What a change needs to know of an object.
struct Known {
    state: State,
    destination: String,
    sop_instance: String,
    file: String,
}

impl<'a> Change<'a> {
    pub(super) fn new(index: &'a Connection, now: &'a str, head: Head) -> Change<'a> {
        Change { index, now, head }
    }

    /// The head of the ledger behind this change.
    pub(super) fn head(&self) -> Head {
        self.head
    }

    /// Appends to the ledger.
    pub(super) fn append(
        &mut self,
        object: Option<ObjectId>,
        entry: &Entry,
    ) -> Result<(), StoreError> {
        let head = self.head.next(self.now, object, entry.kind, &entry.body);
        self.index
            .prepare_cached(
                "INSERT INTO ledger (seq, at, object, kind, body, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![head.seq, self.now, object, entry.kind, entry.body, head.hash])?;
        self.head = head;
        Ok(())
    }

    /// Adds an object. `flushing`: its file is being flushed at this moment, not before.
    pub(super) fn insert(&mut self, row: &NewRow, flushing: bool) -> Result<Done, StoreError> {
        let mut done = Done::default();
        if let Some(review) = &row.supersedes {
            done.removable = Some(self.decide(review, State::Reviewed)?);
        }
        self.index
            .prepare_cached(
                "INSERT INTO objects (state, received_at, route, destination, sop_class, transfer_syntax, \
                 sop_instance, series, study, modality, reasons, cautions, association, calling_ae, address, file, \
                 bytes, bytes_in, policy, supersedes) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)",
            )?
            .execute(params![
                row.state.word(),
                self.now,
                row.decision.route,
                row.decision.destination,
                row.decision.sop_class,
                row.transfer_syntax,
                row.decision.sop_instance,
                row.series,
                row.study,
                row.modality,
                row.reasons,
                row.cautions,
                row.decision.origin.association,
                row.decision.origin.calling_ae,
                row.decision.origin.address,
                row.file,
                row.decision.bytes,
                row.decision.bytes_in,
                row.decision.policy,
                row.supersedes.as_ref().map(|review| review.id),
            ])?;
        done.id = self.index.last_insert_rowid();
        if flushing {
            self.index
                .prepare_cached("INSERT INTO flushing (object, checksum) VALUES (?1, ?2)")?
                .execute(params![done.id, row.checksum])?;
        }
        self.link(&row.links)?;
        self.append(Some(done.id), &row.entry)?;
        Ok(done)
    }

    /// Remembers what belongs together. What is known already is not written again.
    fn link(&self, links: &[Link]) -> Result<(), StoreError> {
        let mut statement = self.index.prepare_cached(
            "INSERT INTO links SELECT ?1, ?2 WHERE NOT EXISTS \
             (SELECT 1 FROM links WHERE mark = ?1 AND value = ?2)",
        )?;
        for Link { bond, one, other } in links {
            match statement.execute(params![one, other]) {
                Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
                    return Err(StoreError::Contradiction(bond.broken().kind));
                }
                outcome => drop(outcome?),
            }
        }
        Ok(())
    }

    /// Takes an object out again that was never acknowledged, unless it was delivered meanwhile.
    pub(super) fn void(&mut self, id: ObjectId, why: &str) -> Result<Done, StoreError> {
        let known = self.known(id)?;
        if !matches!(known.state, State::Waiting | State::Parked | State::Held | State::Quarantined)
        {
            return Ok(Done { id, removable: None });
        }
        self.index.prepare_cached("DELETE FROM objects WHERE id = ?1")?.execute([id])?;
        self.append(Some(id), &Entry::from(&Event::Voided { why: why.to_owned() }))?;
        Ok(Done { id, removable: Some(known.file) })
    }

    /// An object left.
    pub(super) fn deliver(&mut self, id: ObjectId, status: u16) -> Result<Done, StoreError> {
        let known = self.known(id)?;
        known.expect(id, &[State::Waiting, State::Parked])?;
        self.set_state(id, State::Delivered)?;
        let Known { destination, sop_instance, file, .. } = known;
        self.append(
            Some(id),
            &Entry::from(&Event::Delivered { destination, sop_instance, status }),
        )?;
        Ok(Done { id, removable: Some(file) })
    }

    /// A delivery failed for now.
    pub(super) fn fail(&mut self, id: ObjectId, why: &str) -> Result<Done, StoreError> {
        self.known(id)?.expect(id, &[State::Waiting])?;
        self.index
            .prepare_cached(
                "UPDATE objects SET attempts = attempts + 1, last_error = ?2 WHERE id = ?1",
            )?
            .execute(params![id, why])?;
        Ok(Done { id, removable: None })
    }

    /// A delivery failed for good.
    pub(super) fn park(&mut self, id: ObjectId, why: &str) -> Result<Done, StoreError> {
        let known = self.known(id)?;
        self.fail(id, why)?;
        self.set_state(id, State::Parked)?;
        let event = Event::Parked { destination: known.destination, why: why.to_owned() };
        self.append(Some(id), &Entry::from(&event))?;
        Ok(Done { id, removable: None })
    }

    /// A canary closed a destination. `park`: what waits there by that route is suspect, and does not leave by itself.
    pub(super) fn close(&mut self, closure: &Closure, park: bool) -> Result<Done, StoreError> {
        self.append(None, &Entry::from(&Event::Closed(closure.clone())))?;
        if !park {
            return Ok(Done::default());
        }
        let waiting: Vec<ObjectId> = self
            .index
            .prepare(
                "SELECT id FROM objects WHERE state = 'waiting' AND destination = ?1 AND route = ?2 ORDER BY id",
            )?
            .query_map(params![closure.destination, closure.route], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        let why = bounded(&format!(
            "made by rules that let a made-up identifier through (canary {})",
            closure.canary
        ));
        for id in waiting {
            self.park(id, &why)?;
        }
        Ok(Done::default())
    }

    /// A reviewer rejected an object.
    pub(super) fn reject(&mut self, review: &Review) -> Result<Done, StoreError> {
        let file = self.decide(review, State::Rejected)?;
        Ok(Done { id: review.id, removable: Some(file) })
    }

    /// A parked object is to be delivered again, as if it had not been tried.
    pub(super) fn requeue(&mut self, review: &Review) -> Result<Done, StoreError> {
        self.decide(review, State::Waiting)?;
        self.index
            .prepare_cached("UPDATE objects SET attempts = 0, last_error = '' WHERE id = ?1")?
            .execute([review.id])?;
        Ok(Done { id: review.id, removable: None })
    }

    /// A person's decision about an object that is kept or parked; its file.
    fn decide(&mut self, review: &Review, to: State) -> Result<String, StoreError> {
        let (by, why) = (review.by.clone(), review.why.clone());
        let (from, event): (&[State], Event) = match to {
            State::Waiting => (&[State::Parked], Event::Requeued { by, why }),
            State::Rejected => {
                (&[State::Held, State::Quarantined, State::Parked], Event::Rejected { by, why })
            }
            _ => (&[State::Held, State::Quarantined], Event::Reviewed { by, why }),
        };
        let known = self.known(review.id)?;
        known.expect(review.id, from)?;
        self.set_state(review.id, to)?;
        self.append(Some(review.id), &Entry::from(&event))?;
        Ok(known.file)
    }

    fn known(&self, id: ObjectId) -> Result<Known, StoreError> {
        self.index
            .prepare_cached(
                "SELECT state, destination, sop_instance, file FROM objects WHERE id = ?1",
            )?
            .query_row([id], |row| {
                Ok(Known {
                    state: index::state(row, 0)?,
                    destination: row.get(1)?,
                    sop_instance: row.get(2)?,
                    file: row.get(3)?,
                })
            })
            .optional()?
            .ok_or_else(|| StoreError::State { id, problem: "there is none of this number".into() })
    }

    fn set_state(&self, id: ObjectId, state: State) -> Result<(), StoreError> {
        self.index
            .prepare_cached("UPDATE objects SET state = ?2 WHERE id = ?1")?
            .execute(params![id, state.word()])?;
        Ok(())
    }
}

impl Known {
    fn expect(&self, id: ObjectId, states: &[State]) -> Result<(), StoreError> {
        if states.contains(&self.state) {
            return Ok(());
        }
        let wanted: Vec<&str> = states.iter().map(|state| state.word()).collect();
        let problem = format!("is {}, not {}", self.state.word(), wanted.join(" or "));
        Err(StoreError::State { id, problem })
    }
}
