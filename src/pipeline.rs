//! The whole way of an object, on one page.
//!
//! ```text
//! bytes ─▶ collect ─▶ Received ─▶ deidentify ─▶ Deidentified ─▶ inspect ─▶ Inspected ─▶ decide ─┬─▶ Passing ─▶ outgoing queue
//!                                                                                               └─▶ Kept ────▶ held or quarantined, sealed
//! ```
//!
//! `lead` is that way for a header. [`passage`] leads the bytes along it: it lets the pixels of a
//! passing object stream behind its new header, and seals the original of one that is kept. [`trial`] leads a canary
//! along it, in memory.

pub mod passage;
pub mod trial;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard},
};

pub use passage::{Outcome, Passage, Rerun};

use crate::{
    deidentify::deidentify,
    dicom::dimse::Status,
    inspect::{cautions::cautions, inspect},
    policy::{
        Subject,
        checks::{CautionClass, Checks},
    },
    receive::{
        self, Answer, Desk, Request,
        collect::{Announced, Limits, Received},
    },
    records::{Fate, Reason, Severity, batch::BatchKeys, keyring::KeyRing},
    route::{Decision, Kept, Route, decide},
    store::{NoRoom, Store},
};

/// Why an object is held although nothing is wrong with it: its route is closed.
pub const CANARY: &str = "CANARY";

/// Everything that stands behind the Storage SCP.
pub struct Gateway {
    checks: Checks,
    routes: Vec<Arc<Route>>,
    keys: Arc<KeyRing>,
    store: Store,
    limits: Limits,
    /// Told the destination of each released object.
    released: Box<dyn Fn(&str) + Send + Sync>,
    closed: Closed,
}

/// The names of the routes whose rules let a canary through.
///
/// Whoever releases holds it open for reading until the object is committed: once a route is closed, nothing more
/// enters the queue by it.
#[derive(Default)]
struct Closed(RwLock<Vec<String>>);

impl Closed {
    fn read(&self) -> RwLockReadGuard<'_, Vec<String>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Gateway {
    /// A gateway over its parts. `released` is told the destination of each object that enters the outgoing queue.
    pub fn new(
        checks: Checks,
        routes: Vec<Route>,
        keys: Arc<KeyRing>,
        store: Store,
        limits: Limits,
        released: Box<dyn Fn(&str) + Send + Sync>,
    ) -> Arc<Gateway> {
        let routes = routes.into_iter().map(Arc::new).collect();
        let closed = Closed::default();
        Arc::new(Gateway { checks, routes, keys, store, limits, released, closed })
    }

    /// The checks.
    pub fn checks(&self) -> &Checks {
        &self.checks
    }

    /// The routes.
    pub fn routes(&self) -> &[Arc<Route>] {
        &self.routes
    }

    /// Closes a route for as long as this gateway lives: from now on each of its objects is held, sealed.
    pub fn close(&self, route: &str) {
        let mut closed = self.closed.0.write().unwrap_or_else(PoisonError::into_inner);
        if !closed.iter().any(|name| name == route) {
            closed.push(route.to_owned());
        }
    }

    /// Whether a route was closed.
    pub fn is_closed(&self, route: &str) -> bool {
        self.closed.read().iter().any(|name| name == route)
    }

    /// Takes a header from its arrival to the decision. By a closed route none is released, whatever it holds.
    fn decide(&self, route: &Route, received: Received, accepted: &[String]) -> Decision {
        if self.is_closed(&route.name) {
            let received = Some(received);
            let (reasons, cautions) = (vec![closed()], Vec::new());
            return Decision::Keep(Kept { fate: Fate::Held, reasons, cautions, received });
        }
        lead(&self.checks, self.keys.batch(), route, received, accepted)
    }

    /// Begins the passage of one object.
    ///
    /// # Errors
    /// No route takes it.
    pub fn begin(
        self: &Arc<Self>,
        announced: Announced,
        rerun: Option<Rerun>,
    ) -> Result<Passage, Answer> {
        let route = self.routes.iter().find(|r| r.takes(&announced.origin.calling_ae)).cloned();
        let route =
            route.ok_or(Answer { status: Status::NOT_AUTHORIZED, comment: Some("NO_ROUTE") })?;
        Ok(Passage::begin(self.clone(), route, announced, rerun))
    }

    /// The store behind the gateway.
    pub fn store(&self) -> &Store {
        &self.store
    }
}

/// Takes a header from its arrival to the decision.
///
/// There is no third way out: what cannot be processed, and what makes a stage panic, is kept back.
fn lead(
    checks: &Checks,
    keys: &BatchKeys,
    route: &Route,
    received: Received,
    accepted: &[String],
) -> Decision {
    let again = received.clone();
    let way = AssertUnwindSafe(|| {
        let sop_class = &received.announced().sop_class;
        let cautions = cautions(checks, received.data_set(), sop_class);
        let subject = Subject::of(received.data_set(), sop_class);
        let terms = route.policy.terms_for(&subject);
        let disposition = |done| checks.disposition(sop_class, done);
        let recognizable = cautions.iter().any(|c| c.class != CautionClass::BurnedIn);
        match deidentify(&route.policy, keys, received.clone(), recognizable) {
            Ok(deidentified) => {
                let disposition = disposition(deidentified.done().carried_out);
                let digest = route.policy.digest();
                let inspected = inspect(checks, terms, digest, deidentified, cautions);
                decide(route, disposition, inspected, accepted)
            }
            Err(reason) => {
                // What the class demands says more than what failed, unless it was to be cleaned.
                let reason = disposition(terms.options).unwrap_or(reason);
                Decision::Keep(Kept::quarantined(reason, &cautions, Some(received.clone())))
            }
        }
    });
    catch_unwind(way)
        .unwrap_or_else(|_| Decision::Keep(Kept::quarantined(defect(), &[], Some(again))))
}

/// The route is closed. That says nothing of the object itself.
fn closed() -> Reason {
    let kind = "the rules of the route let a made-up identifier through";
    Reason::new(CANARY, kind, "TR-0047 5.1.6(2)").severity(Severity::Weak)
}

/// A stage panicked over an object.
fn defect() -> Reason {
    Reason::new("DEFECT", "processing stopped unexpectedly", "DESIGN rule 5")
}

impl Desk for Arc<Gateway> {
    fn admit(&self, request: Request) -> Result<Box<dyn receive::Arrival>, Answer> {
        self.store.room().map_err(|full| Answer {
            status: Status::OUT_OF_RESOURCES,
            comment: Some(match full {
                NoRoom::Queue => "QUEUE_FULL",
                NoRoom::Disk => "DISK_FULL",
            }),
        })?;
        let announced = Announced {
            sop_class: request.sop_class,
            sop_instance: request.sop_instance,
            transfer_syntax: request.transfer_syntax,
            origin: request.origin,
        };
        Ok(Box::new(self.begin(announced, None)?))
    }
}

impl receive::Arrival for Passage {
    fn data(&mut self, chunk: &[u8]) {
        self.feed(chunk);
    }

    fn finish(self: Box<Self>) -> Answer {
        Passage::finish(*self).answer
    }
}
