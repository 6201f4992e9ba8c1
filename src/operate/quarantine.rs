//! `tokumei quarantine`: what was kept back, and a person's decision about it.

use std::{
    fs::{self, OpenOptions},
    io,
    os::unix::fs::OpenOptionsExt,
    path::Path,
    sync::Arc,
};

use anyhow::Context;
use serde::Serialize;

use super::{
    Outcome,
    cli::{Decision, Quarantine},
    config::Config,
    open, originals, release, reveal,
    show::{bytes, plain, print, print_json, table},
};
use crate::{
    dicom::sop_class,
    policy::checks::Checks,
    records::{Length, Reason, Severity, keyring::KeyRing, ledger::Event},
    store::{Act, Filter, ObjectId, Review, Row, State, Store},
};

/// Runs one of the commands.
pub(super) fn run(action: Quarantine) -> anyhow::Result<Outcome> {
    match action {
        Quarantine::List { state, rule, limit, report } => {
            let store = open::store(&open::config(&report.config)?)?;
            let all = || vec![State::Held, State::Quarantined, State::Parked];
            let states = state.map_or_else(all, |state| vec![state]);
            let rows = store.list(&Filter { states, rule: rule.clone(), limit: Some(limit) })?;
            if report.json {
                print_json(&rows)?
            } else if let (Some(rule), true) = (rule, rows.is_empty()) {
                print(&none_by(&rule, &store)?)?
            } else {
                print(&list(&rows))?
            }
            Ok(Outcome::Done)
        }
        Quarantine::Show { id, reveal: true, by, force_output, report } => {
            reveal::run(id, &by.unwrap_or_default(), force_output, &report.config)
        }
        Quarantine::Show { id, report, .. } => {
            let store = open::store(&open::config(&report.config)?)?;
            let one = One { row: store.get(id)?, acts: store.acts(id)? };
            if report.json {
                print_json(&one)?
            } else {
                print(&one.text())?
            }
            Ok(Outcome::Done)
        }
        Quarantine::Release { id, accept, decision, report } => {
            release::run(&review(id, decision), &accept, &report)
        }
        Quarantine::Reject { id, decision, report } => {
            let review = review(id, decision);
            let (config, rules) = open::config_and_rules(&report.config)?;
            // Without the keys an object can still be rejected: nobody can look at it any more.
            let keys = open::keys(&config).unwrap_or_else(|_| Arc::new(KeyRing::ephemeral()));
            let store = open::store_with(&config, keys)?;
            impersonal(&review, &store, &config, &rules.checks)?;
            let parked = store.get(id)?.state == State::Parked;
            store.reject(&review)?;
            if report.json {
                print_json(&serde_json::json!({"id": id, "state": State::Rejected}))?;
            } else {
                let file = if parked { "file" } else { "sealed original" };
                print(&format!("object {id}: rejected; its {file} is destroyed\n"))?;
            }
            Ok(Outcome::Done)
        }
        Quarantine::Export { id, out, config } => {
            let (config, rules) = open::config_and_rules(&config)?;
            let store = open::store_with(&config, open::keys(&config)?)?;
            let mut original = originals::open(&store, id)?;
            let by = impersonal_user(&store, id, &config, &rules.checks);
            // Written before the original is: nobody looks at one without a trace.
            store.record_about(id, &Event::Exported { object: id, by })?;
            let written = export(&mut original, &out)?;
            print(&format!(
                "object {id}: {} written to the named file. It identifies the patient: destroy it \
                 when you have looked at it.\n",
                bytes(written)
            ))?;
            Ok(Outcome::Done)
        }
    }
}

fn review(id: ObjectId, decision: Decision) -> Review {
    Review { id, by: decision.by, why: decision.why }
}

/// What goes into the ledger about a kept object must not name the person.
///
/// # Errors
/// It does.
pub(super) fn impersonal(
    review: &Review,
    store: &Store,
    config: &Config,
    checks: &Checks,
) -> anyhow::Result<()> {
    if !store.get(review.id)?.state.is_kept() {
        return Ok(());
    }
    let texts = [("--by", review.by.as_str()), ("--why", review.why.as_str())];
    let Some(named) = originals::named(store, review.id, config, checks, &texts) else {
        eprintln!(
            "object {}: the original cannot be looked at, so --by and --why were not compared with it",
            review.id
        );
        return Ok(());
    };
    if let Some((option, reason)) = named.first() {
        anyhow::bail!(
            "{option}: it holds something by which the original names people ({}), and the ledger must not. Say it \
             in other words (a staff number, a role)",
            reason.kind
        );
    }
    Ok(())
}

/// Who runs this, for the ledger: by number only where the name is one that the original knows, or may be.
pub(super) fn impersonal_user(
    store: &Store,
    id: ObjectId,
    config: &Config,
    checks: &Checks,
) -> String {
    let by = user();
    match originals::named(store, id, config, checks, &[("", &by)]) {
        Some(named) if named.is_empty() => by,
        _ => format!("user {}", rustix::process::getuid().as_raw()),
    }
}

/// Who runs this, as the operating system knows them.
fn user() -> String {
    let number = rustix::process::getuid().as_raw();
    let name = std::env::var("USER").unwrap_or_default();
    let name: String = name.chars().filter(|c| c.is_ascii_alphanumeric()).take(32).collect();
    if name.is_empty() { format!("user {number}") } else { format!("{name} (user {number})") }
}

/// Writes an original into a new file that only its owner can read; leaves nothing where that fails.
fn export(original: &mut dyn io::Read, out: &Path) -> anyhow::Result<u64> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(out)
        .context("the file named by --out cannot be made; it must not exist")?;
    let written = io::copy(original, &mut file).and_then(|n| file.sync_all().map(|()| n));
    written.map_err(|error| {
        let _ = fs::remove_file(out);
        anyhow::Error::new(error).context("nothing was written")
    })
}

/// Rule ids, each once.
pub(super) fn rules(reasons: &[Reason]) -> String {
    let mut ids: Vec<&str> = reasons.iter().map(|r| &*r.rule).collect();
    ids.sort_unstable();
    ids.dedup();
    ids.join(", ")
}

/// Why a list of what one rule kept back is empty.
fn none_by(rule: &str, store: &Store) -> anyhow::Result<String> {
    let once = Filter { rule: Some(rule.to_owned()), limit: Some(1), ..Filter::default() };
    if !store.list(&once)?.is_empty() {
        return Ok("nothing is kept back by this rule any more\n".to_owned());
    }
    let met: Vec<String> = store.counts()?.reasons.into_iter().map(|(rule, _)| rule).collect();
    Ok(match met.join(", ") {
        none if none.is_empty() => "no such rule was met; nothing is kept back\n".to_owned(),
        met => format!("no such rule was met; objects are kept back by: {met}\n"),
    })
}

/// What kept an object back, or why it is parked.
fn why(row: &Row) -> String {
    match row.state {
        State::Parked => format!("{}: {}", row.destination, plain(&row.last_error)),
        _ => rules(&row.reasons),
    }
}

fn list(rows: &[Row]) -> String {
    if rows.is_empty() {
        return "nothing is kept back or parked\n".to_owned();
    }
    let cells: Vec<_> = rows
        .iter()
        .map(|row| {
            vec![
                row.id.to_string(),
                row.state.word().to_owned(),
                row.received_at.clone(),
                plain(&row.origin.calling_ae),
                sop_class::name(&row.sop_class).to_owned(),
                bytes(row.bytes_in),
                Severity::most(&row.reasons).map_or("", Severity::word).to_owned(),
                why(row),
            ]
        })
        .collect();
    table(&["id", "state", "received (UTC)", "from", "kind", "size", "severity", "why"], &cells)
}

/// An object, and what people did about it.
#[derive(Serialize)]
struct One {
    #[serde(flatten)]
    row: Row,
    acts: Vec<Act>,
}

impl One {
    fn text(&self) -> String {
        let mut out = facts(&self.row);
        if !self.acts.is_empty() {
            let rows: Vec<_> = self.acts.iter().map(act).collect();
            out.push('\n');
            out.push_str(&table(&["done by people (UTC)", "what", "who", "why"], &rows));
        }
        out
    }
}

fn act(act: &Act) -> Vec<String> {
    let what = match act.what.as_str() {
        "reviewed" => "released",
        "requeued" => "put back into the queue",
        "exported" => "opened into a file",
        "revealed" => "looked at",
        other => other,
    };
    let who = match act.user.as_str() {
        "" => plain(&act.by),
        user => format!("{}, logged in as {}", plain(&act.by), plain(user)),
    };
    vec![act.at.clone(), what.to_owned(), who, plain(&act.why)]
}

fn facts(row: &Row) -> String {
    let class = sop_class::name(&row.sop_class);
    let facts = [
        ("object", row.id.to_string()),
        ("state", row.state.word().to_owned()),
        ("received (UTC)", row.received_at.clone()),
        ("from", format!("{} {}", plain(&row.origin.calling_ae), row.origin.address)),
        ("kind", format!("{class} ({})", row.sop_class)),
        ("size", bytes(row.bytes_in)),
        ("route", row.route.clone()),
        ("destination", row.destination.clone()),
        ("new study", row.study.clone()),
        ("new series", row.series.clone()),
        ("new instance", row.sop_instance.clone()),
        ("policy", row.policy.clone()),
        ("last answer", plain(&row.last_error)),
    ];
    let facts: Vec<_> = facts
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| vec![name.to_owned(), value])
        .collect();
    let mut out = table(&["what", ""], &facts);
    for (heading, reasons) in [("kept back by", &row.reasons), ("caution", &row.cautions)] {
        if !reasons.is_empty() {
            out.push('\n');
            out.push_str(&reason_table(heading, reasons));
        }
    }
    out
}

/// A reason in one line.
pub(super) fn reason_line(r: &Reason) -> String {
    format!("{} ({})  {}  [{} {}]", r.rule, r.severity, r.kind, r.reference, r.requirement)
}

/// Reasons as a table.
pub(super) fn reason_table(heading: &str, reasons: &[Reason]) -> String {
    let rows: Vec<_> = reasons
        .iter()
        .map(|r| {
            vec![
                r.rule.to_string(),
                r.severity.word().to_owned(),
                r.path.clone(),
                r.kind.to_string(),
                r.length.map_or("", Length::words).to_owned(),
                r.reference.to_string(),
                r.requirement.to_string(),
            ]
        })
        .collect();
    table(&[heading, "severity", "where", "what", "length", "reference", "requirement"], &rows)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    struct Broken;
    impl io::Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("damaged"))
        }
    }

    #[test]
    fn an_export_is_private_whole_and_never_overwrites() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("a.dcm");
        assert_eq!(export(&mut &b"abc"[..], &out).unwrap(), 3);
        assert_eq!(fs::metadata(&out).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(export(&mut &b"xyz"[..], &out).is_err());
        assert_eq!(fs::read(&out).unwrap(), b"abc");
        let broken = dir.path().join("b.dcm");
        assert!(export(&mut Broken, &broken).is_err());
        assert!(!broken.exists());
    }
}
