//! Keys on disk, apart from the data: the identity that opens kept originals, and the sealed key of the open batch.

use std::{io, path::Path};

use super::batch::BatchKeys;

/// The keys that a process holds.
pub struct KeyRing {
    // private: recipients, identity (absent where only sealing is allowed), open batch
}

/// Why keys cannot be used. Names files and remedies, never key material.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file or folder cannot be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// The content or the permissions are wrong.
    #[error("{path}: {problem}")]
    Unusable {
        /// The file.
        path: String,
        /// What is wrong and what to do.
        problem: String,
    },
}

impl KeyRing {
    /// Opens the keys in `dir`; makes the folder (0700) and what is missing (0600) on the first start.
    /// The second value names the files that were made, for the log.
    ///
    /// # Errors
    /// Unreadable, malformed, or readable by others.
    pub fn open_or_create(dir: &Path) -> Result<(KeyRing, Vec<String>), KeyError> {
        let _ = dir;
        todo!()
    }

    /// Keys in memory only, for tests and for one-off runs over files.
    pub fn ephemeral() -> KeyRing {
        todo!()
    }

    /// The open batch.
    pub fn batch(&self) -> &BatchKeys {
        todo!()
    }

    /// Wraps a writer so that what is written is sealed (`age`, X25519) to the quarantine recipient.
    ///
    /// # Errors
    /// Writing the header failed.
    pub fn seal<W: io::Write>(&self, writer: W) -> io::Result<age::stream::StreamWriter<W>> {
        let _ = writer;
        todo!()
    }

    /// Opens what [`KeyRing::seal`] closed.
    ///
    /// # Errors
    /// Not ours, damaged, or the identity is not here.
    pub fn open<R: io::Read>(&self, reader: R) -> io::Result<age::stream::StreamReader<R>> {
        let _ = reader;
        todo!()
    }
}
