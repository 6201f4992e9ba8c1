//! Release, hold, or quarantine; reviewers' decisions. The only place that can make a [`Released`].

use std::path::Path;

use crate::store::{ObjectId, Row, Store, StoreError};

/// An object that passed every check, or that a reviewer let go and that then passed. `forward` takes nothing else.
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
