//! Storage SCU: deliver, retry, give up loudly.

use std::{sync::Arc, time::Duration};

use crate::store::Store;

/// Where objects go.
#[derive(Debug, Clone)]
pub struct Destination {
    /// Its name in the configuration.
    pub name: String,
    /// Its AE title.
    pub ae_title: String,
    /// `host:port`.
    pub address: String,
    /// The AE title that we call ourselves there.
    pub calling_ae_title: String,
    /// Associations at once.
    pub associations: usize,
    /// For the connection and the A-ASSOCIATE-AC.
    pub connect_timeout: Duration,
    /// For a response, and for a write to be taken.
    pub response_timeout: Duration,
    /// How long an association without work stays open.
    pub linger: Duration,
    /// First and longest pause after a transient failure; doubled in between, with jitter.
    pub retry_first: Duration,
    /// See `retry_first`.
    pub retry_longest: Duration,
}

/// A forwarder under way.
pub struct Forwarder {
    // private
}

impl Forwarder {
    /// Starts forwarding to one destination: a pool of associations, fed from the store's queue.
    pub fn start(destination: Destination, store: Store) -> Forwarder {
        let _ = (destination, store);
        todo!()
    }

    /// Says that something new waits, so that it need not look.
    pub fn notify(&self) {
        todo!()
    }

    /// Stops: finishes the objects under way, at most `drain`, releases the associations.
    pub fn stop(self: Arc<Self>, drain: Duration) {
        let _ = drain;
        todo!()
    }
}

/// Verification SCU: one C-ECHO to a destination.
///
/// # Errors
/// Where it failed, in words for an operator.
pub fn echo(destination: &Destination) -> Result<Duration, String> {
    let _ = destination;
    todo!()
}
