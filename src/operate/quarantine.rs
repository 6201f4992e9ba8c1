//! `tokumei quarantine`: what was kept back, and a person's decision about it.

use std::{
    fs::{self, OpenOptions},
    io,
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use anyhow::Context;

use super::{
    Outcome,
    cli::{Decision, Quarantine},
    open, release,
    show::{bytes, plain, print, print_json, table},
};
use crate::{
    dicom::sop_class,
    records::{Reason, ledger::Event},
    store::{Filter, ObjectId, Review, Row, State},
};

/// Runs one of the commands.
pub(super) fn run(action: Quarantine) -> anyhow::Result<Outcome> {
    match action {
        Quarantine::List { rule, limit, report } => {
            let store = open::store(&open::config(&report.config)?)?;
            let states = vec![State::Held, State::Quarantined];
            let rows = store.list(&Filter { states, rule, limit: Some(limit) })?;
            if report.json {
                print_json(&rows)?
            } else {
                print(&list(&rows))?
            }
            Ok(Outcome::Done)
        }
        Quarantine::Show { id, report } => {
            let row = open::store(&open::config(&report.config)?)?.get(id)?;
            if report.json {
                print_json(&row)?
            } else {
                print(&one(&row))?
            }
            Ok(Outcome::Done)
        }
        Quarantine::Release { id, accept, decision, report } => {
            release::run(&review(id, decision)?, &accept, &report)
        }
        Quarantine::Reject { id, decision, report } => {
            let review = review(id, decision)?;
            open::store(&open::config(&report.config)?)?.reject(&review)?;
            if report.json {
                print_json(&serde_json::json!({"id": id, "state": State::Rejected}))?;
            } else {
                print(&format!("object {id}: rejected; its sealed original is destroyed\n"))?;
            }
            Ok(Outcome::Done)
        }
        Quarantine::Export { id, out, config } => {
            let config = open::config(&config)?;
            let store = open::store_with(&config, open::keys(&config)?)?;
            let mut original = store.original(id)?;
            // Written before the original is: nobody looks at one without a trace.
            store.record(&Event::Exported { object: id, by: user() })?;
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

/// A decision needs a name and a reason.
fn review(id: ObjectId, decision: Decision) -> anyhow::Result<Review> {
    for (option, text) in [("--by", &decision.by), ("--why", &decision.why)] {
        if text.trim().is_empty()
            || text.chars().count() > 500
            || text.chars().any(char::is_control)
        {
            anyhow::bail!("{option}: give 1 to 500 characters in one line");
        }
    }
    Ok(Review { id, by: decision.by, why: decision.why })
}

/// Who runs this, as the operating system knows them.
fn user() -> String {
    let number = rustix::process::getuid().as_raw();
    let name = std::env::var("USER").unwrap_or_default();
    let name: String = name.chars().filter(|c| c.is_ascii_alphanumeric()).take(32).collect();
    format!("{name} (user {number})").trim_start().to_owned()
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
        anyhow::Error::new(error).context("the original cannot be written; nothing was left behind")
    })
}

/// Rule ids, each once.
pub(super) fn rules(reasons: &[Reason]) -> String {
    let mut ids: Vec<&str> = reasons.iter().map(|r| &*r.rule).collect();
    ids.sort_unstable();
    ids.dedup();
    ids.join(", ")
}

fn list(rows: &[Row]) -> String {
    if rows.is_empty() {
        return "nothing is kept back\n".to_owned();
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
                rules(&row.reasons),
            ]
        })
        .collect();
    table(&["id", "state", "received (UTC)", "from", "kind", "size", "rules"], &cells)
}

fn one(row: &Row) -> String {
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
        ("last answer", row.last_error.clone()),
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

/// Reasons as a table.
pub(super) fn reason_table(heading: &str, reasons: &[Reason]) -> String {
    let rows: Vec<_> = reasons
        .iter()
        .map(|r| {
            vec![r.rule.to_string(), r.path.clone(), r.kind.to_string(), r.reference.to_string()]
        })
        .collect();
    table(&[heading, "where", "what", "reference"], &rows)
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

    #[test]
    fn a_decision_needs_a_name_and_a_reason() {
        let decision = |by: &str, why: &str| Decision { by: by.into(), why: why.into() };
        assert!(review(1, decision("a", "b")).is_ok());
        assert!(review(1, decision(" ", "b")).is_err());
        assert!(review(1, decision("a", "")).is_err());
        assert!(review(1, decision("a", "b\nc")).is_err());
    }
}
