//! The ledger's rows: append-only, each with the hash of the one before. Pure; [`crate::store`] keeps them.
//!
//! A row says what happened to which object, by whom and why. It carries new identifiers, rule ids and counts, never
//! a value of a patient (standards 0-2, 1.3). Changing, removing or inserting a row breaks every hash behind it.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{Fate, Origin, Reason};

/// The hash of a row.
pub type Hash = [u8; 32];

/// What stands before the first row.
pub const ORIGIN: Hash = [0; 32];

/// Something that happened.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A gateway started.
    Started {
        /// The program's version.
        version: String,
        /// The digest of the policy in force.
        policy: String,
        /// The id of the open batch.
        batch: String,
    },
    /// A gateway stopped in good order.
    Stopped,
    /// Another policy is in force.
    Policy {
        /// Its digest.
        digest: String,
    },
    /// An object was received and its fate decided.
    Decided(Box<Decision>),
    /// The flush of an object failed or was cut short before it was acknowledged: the decision does not stand.
    Voided {
        /// How that was found.
        why: String,
    },
    /// The destination took the object.
    Delivered {
        /// The destination.
        destination: String,
        /// The new SOP Instance UID.
        sop_instance: String,
        /// The C-STORE status.
        status: u16,
    },
    /// The destination refused the object for good.
    Parked {
        /// The destination.
        destination: String,
        /// What it said, without values.
        why: String,
    },
    /// The rules of a route let a made-up identifier through: nothing more is forwarded to its destination.
    Closed(Closure),
    /// The made-up identifiers are stopped again: the destination is served again.
    Opened {
        /// The destination.
        destination: String,
    },
    /// Somebody is about to see values of a sealed original on a screen.
    Revealed {
        /// Who looks, in their own words.
        by: String,
        /// The operating system's user.
        user: String,
        /// Rule and place of each reason whose value is shown.
        reasons: Vec<Shown>,
    },
    /// An operator opened a sealed original to look at it.
    Exported {
        /// The object.
        object: i64,
        /// The operating system's user.
        by: String,
    },
    /// A reviewer let a kept object go; the row of its released form follows.
    Reviewed {
        /// Who decided.
        by: String,
        /// Why.
        why: String,
    },
    /// An operator put a parked object back into the queue.
    Requeued {
        /// Who decided.
        by: String,
        /// Why.
        why: String,
    },
    /// A reviewer rejected a kept or parked object; its file was removed.
    Rejected {
        /// Who decided.
        by: String,
        /// Why.
        why: String,
    },
}

/// Which canary closed a destination, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closure {
    /// The destination.
    pub destination: String,
    /// The route whose rules failed.
    pub route: String,
    /// The canary's id.
    pub canary: String,
    /// What of it would have left: `patient ID`.
    pub what: String,
    /// Where it would have stood; empty where no attribute holds it.
    pub path: String,
    /// The digest of the policy.
    pub policy: String,
}

/// A place that was looked at, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Shown {
    /// The rule's id.
    pub rule: String,
    /// The path of the attribute.
    pub path: String,
}

/// What was decided about an object.
#[derive(Debug, Clone, Serialize)]
pub struct Decision {
    /// What became of it.
    pub fate: Fate,
    /// The route that it took.
    pub route: String,
    /// The destination that it goes to, or would have gone to.
    pub destination: String,
    /// SOP class UID.
    pub sop_class: String,
    /// The new SOP Instance UID; empty where unknown.
    pub sop_instance: String,
    /// Bytes of the data set as received.
    pub bytes_in: u64,
    /// Length of the file.
    pub bytes: u64,
    /// Why it was kept back.
    pub reasons: Vec<Reason>,
    /// What a person should know although it passed.
    pub cautions: Vec<Reason>,
    /// Where it came from.
    pub origin: Origin,
    /// The digest of the policy that decided.
    pub policy: String,
    /// The batch whose keys were used.
    pub batch: String,
    /// The kept object that this is the released form of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supersedes: Option<i64>,
}

impl Event {
    /// The word for the event's kind, as in the row.
    pub fn kind(&self) -> &'static str {
        match self {
            Event::Started { .. } => "started",
            Event::Stopped => "stopped",
            Event::Policy { .. } => "policy",
            Event::Decided(_) => "decided",
            Event::Voided { .. } => "voided",
            Event::Delivered { .. } => "delivered",
            Event::Parked { .. } => "parked",
            Event::Closed(_) => "closed",
            Event::Opened { .. } => "opened",
            Event::Revealed { .. } => "revealed",
            Event::Exported { .. } => "exported",
            Event::Reviewed { .. } => "reviewed",
            Event::Requeued { .. } => "requeued",
            Event::Rejected { .. } => "rejected",
        }
    }
}

/// An event put into words, ready for the chain.
pub struct Entry {
    /// The kind of the event.
    pub kind: &'static str,
    /// The event as JSON: these very bytes are hashed and kept.
    pub body: String,
}

impl From<&Event> for Entry {
    fn from(event: &Event) -> Entry {
        // Strings, numbers and lists always have a JSON form; a hole in the ledger would still be a visible one.
        Entry { kind: event.kind(), body: serde_json::to_string(event).unwrap_or_default() }
    }
}

/// The end of the chain: the number and the hash of the last row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Rows so far.
    pub seq: i64,
    /// The hash of the last one.
    pub hash: Hash,
}

impl Head {
    /// Of an empty ledger.
    pub const EMPTY: Head = Head { seq: 0, hash: ORIGIN };

    /// The head behind the next row.
    ///
    /// The hash covers the hash before, the row's number, time, object and body; lengths go before texts, so that
    /// nothing can move from one field to the next.
    #[must_use]
    pub fn next(self, at: &str, object: Option<i64>, kind: &str, body: &str) -> Head {
        let seq = self.seq + 1;
        let mut hash = Sha256::new();
        hash.update(self.hash);
        hash.update(seq.to_be_bytes());
        hash.update([u8::from(object.is_some())]);
        hash.update(object.unwrap_or_default().to_be_bytes());
        for text in [at, kind, body] {
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text);
        }
        Head { seq, hash: hash.finalize().into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn kind_is_the_word_in_the_body() {
        let events = [
            Event::Started { version: String::new(), policy: String::new(), batch: String::new() },
            Event::Stopped,
            Event::Policy { digest: String::new() },
            Event::Voided { why: String::new() },
            Event::Delivered {
                destination: "ARCHIVE".into(),
                sop_instance: "2.25.1".into(),
                status: 0xB000,
            },
            Event::Parked { destination: String::new(), why: String::new() },
            Event::Closed(Closure {
                destination: "ARCHIVE".into(),
                route: String::new(),
                canary: String::new(),
                what: String::new(),
                path: String::new(),
                policy: String::new(),
            }),
            Event::Opened { destination: String::new() },
            Event::Revealed {
                by: String::new(),
                user: String::new(),
                reasons: vec![Shown { rule: String::new(), path: String::new() }],
            },
            Event::Exported { object: 7, by: String::new() },
            Event::Reviewed { by: String::new(), why: String::new() },
            Event::Rejected { by: String::new(), why: String::new() },
        ];
        for event in events {
            let entry = Entry::from(&event);
            let body: serde_json::Value = serde_json::from_str(&entry.body).unwrap();
            assert_eq!(body["event"], entry.kind);
        }
    }

    /// Worked out independently with Python's hashlib.
    #[test]
    fn known_answer() {
        let head = Head::EMPTY.next("2026-01-02T03:04:05.678Z", Some(7), "stopped", "{}");
        let hex: String = head.hash.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(head.seq, 1);
        assert_eq!(hex, "3824068bff061ff7aa98cd5721add0d475e616071bb1aea2c4f8ddf08d9adc06");
    }

    proptest! {
        #[test]
        fn every_field_counts(at: String, object: Option<i64>, kind: String, body: String, more: char) {
            let head = Head::EMPTY.next(&at, object, &kind, &body);
            let longer = |text: &str| format!("{text}{more}");
            prop_assert_ne!(head, Head::EMPTY.next(&longer(&at), object, &kind, &body));
            prop_assert_ne!(head, Head::EMPTY.next(&at, object, &longer(&kind), &body));
            prop_assert_ne!(head, Head::EMPTY.next(&at, object, &kind, &longer(&body)));
            let other = if object.is_some() { None } else { Some(0) };
            prop_assert_ne!(head, Head::EMPTY.next(&at, other, &kind, &body));
            prop_assert_ne!(head.hash, Head { seq: 1, hash: ORIGIN }.next(&at, object, &kind, &body).hash);
            let moved = Head::EMPTY.next(&longer(&at), object, &kind, &body);
            prop_assert_ne!(moved, Head::EMPTY.next(&at, object, &format!("{more}{kind}"), &body));
        }
    }
}
