//! Canaries: made-up objects full of planted identifiers, led along the live rules of each route, in memory, through the
//! very stages that a received object takes ([`crate::pipeline::trial`]). One that would leave is a gas alarm: the
//! rules of that route let identifiers through, whatever else is said of them.
//!
//! They are tried at every start, by `tokumei check`, and on a schedule ([`watch`]). A few clean ones must pass: rules
//! that keep everything back help nobody.

mod judge;
mod objects;
#[cfg(test)]
mod tests;
pub(super) mod watch;

use std::panic::{AssertUnwindSafe, catch_unwind};

use anyhow::bail;
use serde::Serialize;

use crate::{
    dicom::syntax::{self, EXPLICIT_LITTLE, TransferSyntax},
    pipeline::trial::{Trial, trial},
    policy::checks::Checks,
    receive::collect::{Announced, Limits},
    records::{Reason, batch::BatchKeys, ledger::Closure},
    route::Route,
};
use judge::Judge;
use objects::Canary;

/// The canaries are mapped with a key that everyone may know: nothing of them leaves, and the same rules always give
/// the same bytes, so that no replacement holds a planted date by chance one day.
const KEY: [u8; 32] = *b"tokumei canaries: a public key..";

/// Canaries and their key.
pub(super) struct Canaries {
    dirty: Vec<Encoded>,
    clean: Vec<Encoded>,
    keys: BatchKeys,
}

/// A canary as it is received.
struct Encoded {
    id: String,
    transfer_syntax: &'static TransferSyntax,
    data_set: Vec<u8>,
}

impl Encoded {
    /// The canary in the two encodings that everybody uses.
    fn both(canary: &Canary) -> impl Iterator<Item = Encoded> {
        let Canary { id, object } = canary;
        let implicit = ("1.2.840.10008.1.2", format!("{id}-implicit"), object.encode_implicit());
        let explicit = (EXPLICIT_LITTLE, (*id).to_owned(), object.encode());
        [explicit, implicit].into_iter().filter_map(|(uid, id, data_set)| {
            Some(Encoded { id, transfer_syntax: syntax::lookup(uid)?, data_set })
        })
    }
}

/// A canary that would leave with something of the patient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Leak {
    /// Its id.
    pub canary: String,
    /// What would leave: `patient ID`.
    pub what: &'static str,
    /// Where it would stand; empty where no attribute holds it.
    pub path: String,
}

/// A clean canary that would be kept back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct FalseAlarm {
    /// Its id.
    pub canary: String,
    /// By which rules, and where.
    pub why: String,
}

/// What became of the canaries on a route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Flight {
    /// The route's name.
    pub route: String,
    /// Canaries that were tried, clean ones not counted.
    pub tried: usize,
    /// Those that were kept back.
    pub kept_back: usize,
    /// Those that would leave with nothing of the patient.
    pub made_clean: usize,
    /// Those that would leave with something.
    pub leaks: Vec<Leak>,
    /// Clean ones that would be kept back.
    pub false_alarms: Vec<FalseAlarm>,
}

impl Canaries {
    /// Makes them.
    pub fn new() -> Canaries {
        Canaries {
            dirty: objects::dirty().iter().flat_map(Encoded::both).collect(),
            clean: objects::clean().iter().flat_map(Encoded::both).collect(),
            keys: BatchKeys::derive("canary", &KEY),
        }
    }

    /// Tries all of them on a route.
    ///
    /// # Errors
    /// What leaves cannot be searched.
    pub fn fly(&self, checks: &Checks, limits: Limits, route: &Route) -> anyhow::Result<Flight> {
        let judge = Judge::new(route.policy.terms().options)?;
        let mut flight = Flight {
            route: route.name.clone(),
            tried: self.dirty.len(),
            kept_back: 0,
            made_clean: 0,
            leaks: Vec::new(),
            false_alarms: Vec::new(),
        };
        let lead = |canary: &Encoded| {
            let announced = Announced::file(canary.transfer_syntax);
            trial(checks, &self.keys, limits, route, announced, &canary.data_set)
        };
        for canary in &self.dirty {
            // Whatever cannot be tried is not proven to be stopped.
            let tried = AssertUnwindSafe(|| match lead(canary) {
                Trial::Leaves(leaving) => Some(judge.look(&leaving)),
                Trial::Kept(_) | Trial::Refused(_) => None,
            });
            let leak = |what, path| Leak { canary: canary.id.clone(), what, path };
            match catch_unwind(tried) {
                Ok(None) => flight.kept_back += 1,
                Ok(Some(None)) => flight.made_clean += 1,
                Ok(Some(Some(found))) => flight.leaks.push(leak(found.what, found.path)),
                Err(_) => flight.leaks.push(leak(UNTRIED, String::new())),
            }
        }
        for canary in &self.clean {
            let why = match catch_unwind(AssertUnwindSafe(|| lead(canary))) {
                Ok(Trial::Leaves(_)) => continue,
                Ok(Trial::Kept(reasons)) => said(&reasons),
                Ok(Trial::Refused(fault)) => fault.to_string(),
                Err(_) => UNTRIED.to_owned(),
            };
            flight.false_alarms.push(FalseAlarm { canary: canary.id.clone(), why });
        }
        Ok(flight)
    }
}

/// In place of what was found: nobody knows what would have left.
const UNTRIED: &str = "the canary could not be tried";

/// Reasons in one line.
fn said(reasons: &[Reason]) -> String {
    let mut out: Vec<String> =
        reasons.iter().map(|r| format!("{} {}", r.rule, r.path).trim_end().to_owned()).collect();
    out.dedup();
    out.join(", ")
}

impl Leak {
    /// Where it would stand, in words.
    pub fn place(&self) -> &str {
        if self.path.is_empty() { "no attribute of its own" } else { &self.path }
    }
}

impl Flight {
    /// Nothing could be tried: nobody knows what would leave.
    fn untried(route: &Route) -> Flight {
        let leak = Leak { canary: "all".to_owned(), what: UNTRIED, path: String::new() };
        Flight {
            route: route.name.clone(),
            tried: 0,
            kept_back: 0,
            made_clean: 0,
            leaks: vec![leak],
            false_alarms: Vec::new(),
        }
    }

    /// The first leak, as the ledger tells it.
    pub fn closure(&self, route: &Route) -> Option<Closure> {
        self.leaks.first().map(|leak| Closure {
            destination: route.destination.clone(),
            route: route.name.clone(),
            canary: leak.canary.clone(),
            what: leak.what.to_owned(),
            path: leak.path.clone(),
            policy: route.policy.digest().to_owned(),
        })
    }

    /// Says in the log what would leave.
    pub fn tell(&self, route: &Route) {
        for leak in &self.leaks {
            tracing::error!(
                canary = leak.canary,
                what = leak.what,
                path = leak.place(),
                route = self.route,
                destination = route.destination,
                "canary would leave: the destination is closed"
            );
        }
        for alarm in &self.false_alarms {
            tracing::warn!(
                canary = alarm.canary,
                why = alarm.why,
                route = self.route,
                "a clean canary would be kept back: are the rules too strict?"
            );
        }
    }
}

/// For commands that let something out by themselves: refuses where a canary would leave by the route.
///
/// # Errors
/// One would.
pub(super) fn refuse(checks: &Checks, limits: Limits, route: &Route) -> anyhow::Result<()> {
    let flight = Canaries::new().fly(checks, limits, route)?;
    if let Some(leak) = flight.leaks.first() {
        bail!(
            "route {}: the canary {} would leave ({} in {}). Nothing was done: see `tokumei check`",
            flight.route,
            leak.canary,
            leak.what,
            leak.place()
        );
    }
    Ok(())
}
