//! Tries the canaries at the start and on a schedule, and closes what must be closed.
//!
//! A route by which a canary would leave is closed for as long as the gateway runs: its objects are held, sealed, and
//! its destination is sent nothing more, by any route. Only a start whose canaries are all stopped opens it again: rules
//! do not mend themselves while a program runs.

use std::{
    sync::{
        Arc,
        mpsc::{RecvTimeoutError, SyncSender, sync_channel},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use tracing::{debug, error, info};

use super::{Canaries, Flight};
use crate::{
    forward::Forwarder,
    operate::open::Rules,
    pipeline::Gateway,
    receive::collect::Limits,
    records::ledger::{Closure, Event},
    store::Store,
};

/// Tries the canaries on every route before anything is forwarded; the routes that are to be closed.
///
/// # Errors
/// What leaves cannot be searched, or the ledger cannot be written.
pub(in crate::operate) fn at_start(
    rules: &Rules,
    limits: Limits,
    store: &Store,
) -> anyhow::Result<Vec<Closure>> {
    let canaries = Canaries::new();
    let mut closures = Vec::new();
    for route in &rules.routes {
        let flight = canaries.fly(&rules.checks, limits, route)?;
        flight.tell(route);
        closures.extend(flight.closure(route));
    }
    for closure in &closures {
        // What waits was made by the rules of an earlier run, whose canaries were stopped.
        store.close(closure.clone(), false)?;
    }
    let mut before: Vec<String> =
        store.closed()?.into_iter().map(|c| c.closure.destination).collect();
    before.sort_unstable();
    before.dedup();
    for destination in before {
        if !closures.iter().any(|c| c.destination == destination) {
            info!(destination, "all canaries are stopped again: the destination is open");
            store.record(&Event::Opened { destination })?;
        }
    }
    Ok(closures)
}

/// The schedule. Dropped, it ends.
pub(in crate::operate) struct Watch {
    stop: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Watch {
    /// Tries the canaries every `interval`.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start(
        interval: Duration,
        limits: Limits,
        gateway: Arc<Gateway>,
        forwarders: Arc<Vec<(String, Arc<Forwarder>)>>,
    ) -> std::io::Result<Watch> {
        let (stop, stopped) = sync_channel::<()>(0);
        let canaries = Canaries::new();
        let thread = thread::Builder::new().name("canaries".into()).spawn(move || {
            while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(interval) {
                once(&canaries, limits, &gateway, &forwarders);
            }
        })?;
        Ok(Watch { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Tries the canaries on every route, and closes where one would leave.
pub(super) fn once(
    canaries: &Canaries,
    limits: Limits,
    gateway: &Gateway,
    forwarders: &[(String, Arc<Forwarder>)],
) {
    for route in gateway.routes() {
        let closure = match canaries.fly(gateway.checks(), limits, route) {
            Ok(flight) => {
                if flight.leaks.is_empty() {
                    debug!(route = route.name, tried = flight.tried, "every canary is stopped");
                } else {
                    flight.tell(route);
                }
                flight.closure(route)
            }
            Err(error) => {
                error!(route = route.name, %error, "the canaries could not be tried");
                Flight::untried(route).closure(route)
            }
        };
        let Some(closure) = closure.filter(|_| !gateway.is_closed(&route.name)) else { continue };
        close(gateway, forwarders, closure);
    }
}

/// Closes a route and its destination. In this order nothing slips through: first nothing more enters the queue, then
/// nothing leaves it, then what is in it is parked.
fn close(gateway: &Gateway, forwarders: &[(String, Arc<Forwarder>)], closure: Closure) {
    gateway.close(&closure.route);
    let of_destination = forwarders.iter().filter(|(name, _)| *name == closure.destination);
    of_destination.for_each(|(_, forwarder)| forwarder.close());
    if let Err(error) = gateway.store().close(closure, true) {
        error!(%error, "the closing of a destination could not be recorded; it is closed all the same");
    }
}
