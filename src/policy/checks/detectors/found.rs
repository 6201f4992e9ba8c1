//! What a text was found to hold: never the value, only which detectors say so.

use super::file::Rule;
use crate::records::{Reason, Severity};

/// What a detector found.
#[derive(Debug, Clone, Copy)]
pub struct Hit<'d> {
    rule: &'d Rule,
    severity: Severity,
}

impl Hit<'_> {
    /// The detector's id.
    pub fn id(&self) -> &str {
        &self.rule.id
    }

    /// How much it proves. Two different weak detectors in one text are strong together.
    pub fn severity(&self) -> Severity {
        self.severity
    }

    /// The reason that it gives; its place is for the caller to say.
    pub fn reason(&self) -> Reason {
        let kind = format!("{} ({})", self.rule.what, self.rule.id);
        let reason = Reason::new("G2-03", kind, self.rule.reference.clone());
        reason.severity(self.severity).serves(&self.rule.requirement)
    }
}

/// The heaviest of the detectors that found something in one text.
#[derive(Default)]
pub(super) struct Found<'d> {
    first: Option<Hit<'d>>,
}

impl<'d> Found<'d> {
    pub(super) fn add(&mut self, rule: &'d Rule) {
        let Some(first) = &mut self.first else {
            self.first = Some(Hit { rule, severity: rule.severity });
            return;
        };
        match (first.severity, rule.severity) {
            (Severity::Strong, _) => {}
            (Severity::Weak, Severity::Strong) => *first = Hit { rule, severity: Severity::Strong },
            (Severity::Weak, Severity::Weak) if first.rule.id != rule.id => {
                first.severity = Severity::Strong;
            }
            (Severity::Weak, Severity::Weak) => {}
        }
    }

    pub(super) fn heaviest(self) -> Option<Hit<'d>> {
        self.first
    }
}
