//! The decision about one object.

use super::Route;
use crate::{
    inspect::{Inspected, cautions::Caution},
    policy::checks::{Response, WeakResponse},
    receive::collect::Received,
    records::{Fate, Reason, Severity},
};

/// What is to become of an object.
pub enum Decision {
    /// It may leave.
    Release(Box<Passing>),
    /// It is kept back.
    Keep(Kept),
}

/// An object that passed every check of its header, while its pixels still come.
///
/// Only this module makes one; storing it makes it [`super::Released`].
pub struct Passing {
    inspected: Inspected,
}

impl Passing {
    /// What `inspect` said of it.
    pub fn inspected(&mut self) -> &mut Inspected {
        &mut self.inspected
    }

    /// Turns back: something was found behind the header.
    pub fn keep(self, reason: Reason) -> Kept {
        let cautions = self.warnings();
        Kept {
            fate: Fate::Quarantined,
            reasons: vec![reason],
            cautions,
            received: Some(self.inspected.deidentified().original().clone()),
        }
    }

    /// The warnings that go to log and ledger.
    pub fn warnings(&self) -> Vec<Reason> {
        let mut all = warnings(self.inspected.cautions());
        all.extend(self.inspected.findings().iter().cloned());
        all.extend(self.inspected.pixel_warning());
        all
    }
}

/// An object that is kept back.
pub struct Kept {
    /// [`Fate::Held`] or [`Fate::Quarantined`].
    pub fate: Fate,
    /// Why.
    pub reasons: Vec<Reason>,
    /// Image-type warnings besides.
    pub cautions: Vec<Reason>,
    /// Its header, where it was read.
    pub received: Option<Received>,
}

impl Kept {
    /// An object that no stage could take further.
    pub fn quarantined(reason: Reason, cautions: &[Caution], received: Option<Received>) -> Kept {
        Kept {
            fate: Fate::Quarantined,
            reasons: vec![reason],
            cautions: warnings(cautions),
            received,
        }
    }
}

fn warnings(cautions: &[Caution]) -> Vec<Reason> {
    cautions.iter().map(|c| c.reason.clone()).collect()
}

/// Decides: strong findings and what the SOP class demands quarantine, cautions and weak findings follow the route's
/// responses, the rest is released. `accepted` are the cautions and weak findings (rule ids) that a reviewer took on; strong
/// findings cannot be accepted.
pub fn decide(
    route: &Route,
    disposition: Option<Reason>,
    inspected: Inspected,
    accepted: &[String],
) -> Decision {
    let mut fate = Fate::Released;
    let findings = inspected.findings().iter().cloned();
    let (mut reasons, weak): (Vec<Reason>, Vec<Reason>) =
        disposition.into_iter().chain(findings).partition(|r| r.severity == Severity::Strong);
    if !reasons.is_empty() {
        fate = Fate::Quarantined;
    }
    let is_accepted = |reason: &Reason| accepted.iter().any(|rule| *rule == reason.rule);
    for caution in inspected.cautions() {
        if is_accepted(&caution.reason) {
            continue;
        }
        match route.cautions.response(caution.class) {
            Response::Warn => continue,
            Response::Hold if fate == Fate::Released => fate = Fate::Held,
            Response::Hold => {}
            Response::Quarantine => fate = Fate::Quarantined,
        }
        reasons.push(caution.reason.clone());
    }
    if route.cautions.weak_findings == WeakResponse::Quarantine && !weak.iter().all(is_accepted) {
        fate = Fate::Quarantined;
    }
    if fate == Fate::Released {
        return Decision::Release(Box::new(Passing { inspected }));
    }
    // Whoever looks at it should see the doubtful things too.
    reasons.extend(weak);
    let cautions = warnings(inspected.cautions());
    let received = Some(inspected.deidentified().original().clone());
    Decision::Keep(Kept { fate, reasons, cautions, received })
}
