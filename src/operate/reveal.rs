//! `tokumei quarantine show --reveal`: what stands in a kept original at the places for which it was kept.
//!
//! The values go to the terminal and nowhere else. That somebody looked is in the ledger before the first one is shown.

use std::{
    fmt::Write,
    io::{self, IsTerminal as _},
};

use anyhow::bail;
use dicom_core::dictionary::DataDictionary;
use dicom_dictionary_std::StandardDataDictionary;

use super::{
    Outcome,
    cli::Configured,
    open, originals,
    quarantine::{impersonal_user, reason_line},
    show::{plain, print},
};
use crate::{
    dicom::{
        Tag,
        charset::{TextKind, suspects},
        dataset::Value,
    },
    inspect::walk::{Visit, walk},
    receive::collect::Received,
    records::{
        Reason,
        ledger::{Event, Shown},
    },
    store::{ObjectId, Row},
};

/// The longest text that is shown of one value, in characters.
const MOST_TEXT: usize = 20_000;

/// The most that is shown of a binary value, in bytes.
const MOST_BYTES: usize = 128;

/// The most places that are named for an attribute that is not where the reason says.
const MOST_PLACES: usize = 10;

/// Runs the command.
pub(super) fn run(
    id: ObjectId,
    by: &str,
    force_output: bool,
    options: &Configured,
) -> anyhow::Result<Outcome> {
    if !force_output && !io::stdout().is_terminal() {
        bail!(
            "--reveal shows values of a patient, and standard output is not a terminal: they would rest in a file or \
             a log. Run it in a terminal, or add --force-output if that is meant"
        );
    }
    let (config, rules) = open::config_and_rules(options)?;
    let store = open::store_with(&config, open::keys(&config)?)?;
    let row = store.get(id)?;
    let received = originals::header(&store, id, &config)?;
    let texts = [("--by", by)];
    if let Some(named) = originals::named(&store, id, &config, &rules.checks, &texts)
        && let Some((_, reason)) = named.first()
    {
        bail!(
            "--by: it holds something by which the original names people ({}), and the ledger must not. Say it in \
             other words (a staff number, a role)",
            reason.kind
        );
    }
    let user = impersonal_user(&store, id, &config, &rules.checks);
    let shown = |r: &Reason| Shown { rule: r.rule.to_string(), path: r.path.clone() };
    let reasons: Vec<Shown> = row.reasons.iter().map(shown).collect();
    let text = told(&row, received.as_ref());
    store.record_about(id, &Event::Revealed { by: by.to_owned(), user, reasons })?;
    print(&text)?;
    Ok(Outcome::Done)
}

/// What stands in the original, place by place. Holds values of the patient.
fn told(row: &Row, received: Option<&Received>) -> String {
    let mut out = format!(
        "object {}: from the original. This identifies the patient; that you looked is in the ledger.\n",
        row.id
    );
    let mut paths: Vec<&str> = Vec::new();
    for reason in &row.reasons {
        if !paths.contains(&reason.path.as_str()) {
            paths.push(&reason.path);
        }
    }
    for path in paths {
        out.push('\n');
        for reason in row.reasons.iter().filter(|r| r.path == path) {
            let _ = writeln!(out, "{}", reason_line(reason));
        }
        match received {
            _ if path.is_empty() => out.push_str("  the object as a whole: no single place\n"),
            Some(received) => place(&mut out, received, path),
            None => out.push_str("  the header is too long to be read: export the original\n"),
        }
    }
    out
}

/// One place.
fn place(out: &mut String, received: &Received, path: &str) {
    let (mut found, mut elsewhere) = (false, Vec::new());
    let last = path.rfind('(').and_then(|at| path.get(at..)).unwrap_or_default();
    walk(received.data_set(), &mut |visit| {
        let tag = visit.tag().to_string();
        if tag != last {
            return;
        }
        let here = visit.path();
        if here == path {
            found = true;
            element(out, visit);
        } else if elsewhere.len() < MOST_PLACES {
            elsewhere.push(here);
        }
    });
    if found {
        return;
    }
    if path.starts_with("(7FE0,") {
        let _ =
            writeln!(out, "  {path} pixels: export the original and look at them with a viewer");
        return;
    }
    out.push_str(
        "  nothing stands at this place in the original: the result counts items anew, or it lies behind the pixels\n",
    );
    for place in elsewhere {
        let _ = writeln!(out, "  the same attribute stands at {place}:");
        walk(received.data_set(), &mut |visit| {
            if visit.path() == place {
                element(out, visit);
            }
        });
    }
}

/// An element with its value.
fn element(out: &mut String, visit: &Visit<'_>) {
    let (tag, vr) = (visit.tag(), visit.element.vr);
    let _ = write!(out, "  {} {}, {vr}", visit.path(), keyword(tag));
    match &visit.element.value {
        Value::Bytes(_) => {
            let _ = writeln!(out, ", {} bytes", visit.value.len());
            value(out, visit);
        }
        Value::Items(items) => {
            let _ = writeln!(out, ", {} items", items.len());
        }
        Value::Fragments(_) | Value::Streamed => {
            out.push_str(": export the original and look at it with a viewer\n");
        }
        Value::Discarded(length) => {
            let _ = writeln!(out, ", {length} bytes: export the original to see them");
        }
    }
}

fn keyword(tag: Tag) -> &'static str {
    match StandardDataDictionary.by_tag(tag) {
        Some(entry) => entry.alias,
        None if tag.group() % 2 == 1 => "a private attribute",
        None => "not in the dictionary",
    }
}

/// The value: text under its character set, numbers and dates as they stand, the rest as bytes.
fn value(out: &mut String, visit: &Visit<'_>) {
    let bytes = visit.value;
    if let Some(kind) = TextKind::of(visit.element.vr) {
        let decoded = visit.charset.decode(bytes, kind);
        quoted(out, &decoded.text);
        if !decoded.complete {
            out.push_str(
                "  its character set does not explain all of it; it can also be read as:\n",
            );
            suspects(bytes).iter().for_each(|reading| quoted(out, reading));
            dump(out, bytes);
        }
        return;
    }
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.trim_matches(['\0', ' ']).chars().any(char::is_control) => {
            quoted(out, text);
        }
        _ => dump(out, bytes),
    }
}

/// Text, line by line, without what a terminal would obey.
fn quoted(out: &mut String, text: &str) {
    let text = text.trim_matches(['\0', ' ']);
    let shown: String = text.chars().take(MOST_TEXT).collect();
    for line in shown.split(['\n', '\r', '\u{c}']).filter(|line| !line.is_empty()) {
        let _ = writeln!(out, "  │ {}", plain(line));
    }
    let more = text.chars().skip(MOST_TEXT).count();
    if more > 0 {
        let _ = writeln!(out, "  │ … and {more} more characters: export the original to see them");
    }
}

/// Bytes in hexadecimal, with what is ASCII in them.
fn dump(out: &mut String, bytes: &[u8]) {
    for row in bytes.get(..MOST_BYTES).unwrap_or(bytes).chunks(16) {
        let hex: Vec<String> = row.iter().map(|b| format!("{b:02x}")).collect();
        let ascii = |b: &u8| if (b' '..=b'~').contains(b) { char::from(*b) } else { '·' };
        let ascii: String = row.iter().map(ascii).collect();
        let _ = writeln!(out, "  │ {:<47}  {ascii}", hex.join(" "));
    }
    if let Some(more) = bytes.len().checked_sub(MOST_BYTES).filter(|more| *more > 0) {
        let _ = writeln!(out, "  │ … and {more} more bytes");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_gets_nothing_to_obey() {
        let mut out = String::new();
        quoted(&mut out, "Yamada\u{1b}[2J\r\nTarou\u{7} ");
        assert_eq!(out, "  │ Yamada·[2J\n  │ Tarou·\n");
        out.clear();
        dump(&mut out, b"\x1b[2J\xffZZ");
        assert!(out.ends_with("·[2J·ZZ\n") && !out.contains('\u{1b}'), "{out}");
    }

    #[test]
    fn what_is_shown_is_bounded() {
        let mut out = String::new();
        quoted(&mut out, &"山".repeat(MOST_TEXT + 3));
        assert!(out.contains("and 3 more characters"));
        out.clear();
        dump(&mut out, &[0; MOST_BYTES + 1]);
        assert!(out.contains("and 1 more bytes") && out.lines().count() == 9);
    }
}
