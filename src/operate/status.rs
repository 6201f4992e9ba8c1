//! `tokumei status`: what became of all objects.

use std::{collections::BTreeMap, fmt::Write};

use serde::Serialize;

use super::{
    Outcome,
    cli::Reported,
    config::Config,
    open,
    show::{plain, print, print_json, table},
};
use crate::{
    records::link::INCONSISTENT,
    store::{Closed, Counts, Filter, Row, State},
};

/// What waits for one destination.
#[derive(Serialize)]
struct Destination {
    name: String,
    waiting: u64,
    parked: u64,
    /// When the oldest waiting object was acknowledged.
    oldest: Option<String>,
    /// Deliveries tried for the oldest, and the last answer.
    attempts: u32,
    last_error: String,
}

/// Parked objects with the same answer.
#[derive(Serialize)]
struct Parked {
    destination: String,
    answer: String,
    objects: u64,
}

#[derive(Serialize)]
struct Status {
    #[serde(flatten)]
    counts: Counts,
    /// Destinations that are sent nothing, because a canary would leave.
    closed: Vec<Closed>,
    destinations: Vec<Destination>,
    parked_because: Vec<Parked>,
}

/// Runs the command.
pub(super) fn run(options: &Reported) -> anyhow::Result<Outcome> {
    let config = open::config(&options.config)?;
    let store = open::store(&config)?;
    let filter = Filter { states: vec![State::Waiting, State::Parked], ..Filter::default() };
    let rows = store.list(&filter)?;
    let status = Status {
        counts: store.counts()?,
        closed: store.closed()?,
        destinations: destinations(&config, &rows),
        parked_because: parked(&rows),
    };
    if options.json {
        print_json(&status)?;
    } else {
        print(&text(&status))?;
    }
    Ok(Outcome::Done)
}

/// The configured destinations, and those that objects still wait for although they are not configured any more.
fn destinations(config: &Config, rows: &[Row]) -> Vec<Destination> {
    let mut names: Vec<String> = config.destinations.iter().map(|d| d.name.clone()).collect();
    for row in rows {
        if !names.contains(&row.destination) {
            names.push(row.destination.clone());
        }
    }
    let count = |name: &str, state: State| {
        rows.iter().filter(|r| r.state == state && r.destination == name).count() as u64
    };
    names
        .into_iter()
        .map(|name| {
            // Newest first: the last one is the oldest.
            let oldest = rows.iter().rfind(|r| r.state == State::Waiting && r.destination == name);
            Destination {
                waiting: count(&name, State::Waiting),
                parked: count(&name, State::Parked),
                oldest: oldest.map(|r| r.received_at.clone()),
                attempts: oldest.map_or(0, |r| r.attempts),
                last_error: oldest.map(|r| r.last_error.clone()).unwrap_or_default(),
                name,
            }
        })
        .collect()
}

/// Why objects are parked; the last answer of each is what parked it.
fn parked(rows: &[Row]) -> Vec<Parked> {
    let mut counts: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for row in rows.iter().filter(|r| r.state == State::Parked) {
        *counts.entry((&row.destination, &row.last_error)).or_default() += 1;
    }
    let parked = counts.into_iter().map(|((destination, answer), objects)| Parked {
        destination: destination.to_owned(),
        answer: answer.to_owned(),
        objects,
    });
    parked.collect()
}

/// What is closed and why, and what is to be done.
fn closed(closed: &[Closed]) -> String {
    let mut out = String::new();
    for Closed { since, closure } in closed {
        let place = if closure.path.is_empty() { "no attribute of its own" } else { &closure.path };
        let _ = writeln!(
            out,
            "CLOSED: destination {} since {since} (route {})\n  \
             The canary {} would leave ({} in {place}): the rules of this route let identifiers through.\n  \
             Nothing is forwarded there. Objects that come by this route are held, sealed; senders get Success.\n  \
             Mend the rules, run `tokumei check`, restart the gateway: it opens when every canary is stopped.\n",
            closure.destination, closure.route, closure.canary, closure.what
        );
    }
    out
}

/// Said while an object is kept back by [`INCONSISTENT`].
const STOPPED: &str = "STOPPED: objects of one batch contradict each other (G2-15): nothing is forwarded, to no destination.\n  \
     Objects are taken, de-identified, and wait. `tokumei quarantine list --rule G2-15` names what shows it.\n  \
     A person must decide: reject it, and forwarding goes on.\n\n";

fn text(status: &Status) -> String {
    let c = &status.counts;
    let rows = [
        ("received", c.received, "acknowledged to senders"),
        ("+ by reviews", c.released_by_review, "released forms of reviewed objects"),
        ("= in all", c.received.saturating_add(c.released_by_review), "the sum of what follows"),
        ("waiting", c.waiting, "de-identified, in the queue"),
        ("delivered", c.delivered, "taken by the destination"),
        ("parked", c.parked, "refused by the destination for good: see below"),
        ("held", c.held, "sealed until pixels or the series were looked at"),
        ("quarantined", c.quarantined, "sealed until a person decides"),
        ("reviewed", c.reviewed, "kept back, then released by a reviewer"),
        ("rejected", c.rejected, "destroyed by a reviewer's decision"),
    ]
    .map(|(name, count, meaning)| vec![name.to_owned(), count.to_string(), meaning.to_owned()]);
    let mut out = closed(&status.closed);
    if c.reasons.iter().any(|(rule, _)| rule == INCONSISTENT) {
        out.push_str(STOPPED);
    }
    out.push_str(&table(&["objects", "count", "meaning"], &rows));
    for (heading, list) in [("kept back by", &c.reasons), ("cautions", &c.cautions)] {
        if !list.is_empty() {
            let rows: Vec<_> =
                list.iter().map(|(rule, n)| vec![rule.clone(), n.to_string()]).collect();
            let _ = write!(out, "\n{}", table(&[heading, "objects"], &rows));
        }
    }
    let rows: Vec<_> = status
        .destinations
        .iter()
        .map(|d| {
            let oldest = d.oldest.clone().unwrap_or_else(|| "-".to_owned());
            vec![
                d.name.clone(),
                d.waiting.to_string(),
                d.parked.to_string(),
                oldest,
                d.attempts.to_string(),
                plain(&d.last_error),
            ]
        })
        .collect();
    let heading = ["destination", "waiting", "parked", "oldest since", "tries", "last answer"];
    let _ = write!(out, "\n{}", table(&heading, &rows));
    if !status.parked_because.is_empty() {
        let rows = status.parked_because.iter();
        let rows: Vec<_> = rows
            .map(|p| vec![p.destination.clone(), p.objects.to_string(), plain(&p.answer)])
            .collect();
        let _ = write!(out, "\n{}", table(&["parked by", "objects", "because"], &rows));
    }
    out
}
