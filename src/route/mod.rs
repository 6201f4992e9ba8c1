//! Release, hold, or quarantine; reviewers' decisions. The only place that can make a [`Released`].

pub mod decide;

use std::{path::Path, sync::Arc};

pub use decide::{Decision, Kept, Passing, decide};

use crate::{
    policy::{Policy, checks::CautionResponses},
    records::Fate,
    store::{Arrival, ObjectId, Row, Store, StoreError},
};

/// The way of the objects of some callers.
#[derive(Clone)]
pub struct Route {
    /// Its name in the configuration.
    pub name: String,
    /// Calling AE titles that take it; empty for every caller.
    pub callers: Vec<String>,
    /// The destination's name.
    pub destination: String,
    /// The confidentiality profile under the route's terms.
    pub policy: Arc<Policy>,
    /// What to do about image-type cautions.
    pub cautions: CautionResponses,
}

impl Route {
    /// Whether objects of this caller take the route. Files have no caller and take the first route.
    pub fn takes(&self, calling_ae: &str) -> bool {
        self.callers.is_empty()
            || calling_ae.is_empty()
            || self.callers.iter().any(|c| c == calling_ae)
    }
}

/// An object that passed every check and is durable in the outgoing queue. `forward` takes nothing else.
///
/// Only this module makes one: by storing a [`Passing`] object, or from the queue in which that put it.
///
/// ```compile_fail
/// fn forge(row: tokumei::store::Row) {
///     let _ = tokumei::route::Released { row };
/// }
/// ```
pub struct Released {
    row: Row,
}

impl Released {
    /// Its number in the index.
    pub fn id(&self) -> ObjectId {
        self.row.id
    }

    /// SOP class UID.
    pub fn sop_class(&self) -> &str {
        &self.row.sop_class
    }

    /// The new SOP Instance UID.
    pub fn sop_instance(&self) -> &str {
        &self.row.sop_instance
    }

    /// Transfer syntax UID of the file.
    pub fn transfer_syntax(&self) -> &str {
        &self.row.transfer_syntax
    }

    /// The Part 10 file.
    pub fn file(&self) -> &Path {
        &self.row.file
    }

    /// Deliveries tried before.
    pub fn attempts(&self) -> u32 {
        self.row.attempts
    }
}

/// Puts a passing object, whose file is durable, into the outgoing queue. Consumes the proof, so that it cannot be used twice.
///
/// # Errors
/// As [`Store::commit`]; nothing was stored.
pub fn release(
    store: &Store,
    passing: Passing,
    mut arrival: Arrival,
) -> Result<ObjectId, StoreError> {
    drop(passing);
    arrival.fate = Fate::Released;
    store.commit(arrival)
}

/// What waits for a destination, oldest first, except the objects named.
///
/// # Errors
/// As [`Store::waiting`].
pub fn queue(
    store: &Store,
    destination: &str,
    except: &[ObjectId],
    limit: usize,
) -> Result<Vec<Released>, StoreError> {
    Ok(store.waiting(destination, except, limit)?.into_iter().map(|row| Released { row }).collect())
}
