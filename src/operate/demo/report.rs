//! What became of the demo's studies, and whether that is what must be.

use std::{collections::BTreeSet, fmt::Write, fs, path::Path, time::Duration};

use dicom_dictionary_std::tags;

use super::{
    caller,
    objects::{Attributes, Value},
    studies::{Expected, HOSPITAL, Study, identities},
};
use crate::{
    dicom::dimse::Status,
    operate::{search::Search, show::table},
    records::Reason,
    store::{Filter, Row, State, Store},
};

/// The result of a demo.
pub(super) struct Report {
    table: String,
    checks: Vec<(bool, String)>,
}

impl Report {
    /// Compares the index, the archive's folder and every file with what must be.
    ///
    /// # Errors
    /// Index or files cannot be read.
    pub fn of(
        studies: &[Study],
        answers: &[Vec<Status>],
        store: &Store,
        folder: &Path,
    ) -> anyhow::Result<Report> {
        let rows = store.list(&Filter::default())?;
        let of_study = |number: usize| -> Vec<&Row> {
            rows.iter().filter(|r| r.origin.calling_ae == caller(number)).collect()
        };
        let mut checks = vec![acknowledged(studies, answers), counted(studies, store)?];
        let mut cells = Vec::new();
        for (number, study) in studies.iter().enumerate() {
            let rows = of_study(number);
            let good = rows.len() == study.objects.len()
                && rows.iter().all(|row| is_as_expected(study.expected, row));
            cells.extend(lines(study, &rows, good));
            if !good {
                let expected = words(study.expected);
                checks.push((false, format!("{}: should be {expected}", study.title)));
            }
        }
        checks.push(pixels(studies, of_study, &folder.join("archive")));
        checks.extend(searched(studies, folder)?);
        let table = table(&["", "study", "objects", "became", "why"], &cells);
        Ok(Report { table, checks })
    }

    /// Checks that failed.
    pub fn mistakes(&self) -> usize {
        self.checks.iter().filter(|(good, _)| !good).count()
    }

    /// The report for the screen.
    pub fn text(&self, elapsed: Duration) -> String {
        let mut out = format!("{}\n", self.table);
        for (good, text) in &self.checks {
            let _ = writeln!(out, "{} {text}", mark(*good));
        }
        let _ = writeln!(out, "\n{:.1} seconds", elapsed.as_secs_f64());
        out
    }
}

fn mark(good: bool) -> &'static str {
    if good { "✓" } else { "✗" }
}

fn is_as_expected(expected: Expected, row: &Row) -> bool {
    let has = |list: &[Reason], id: &str| list.iter().any(|r| r.rule.starts_with(id));
    match expected {
        Expected::Forwarded => {
            row.state == State::Delivered && row.reasons.is_empty() && row.cautions.is_empty()
        }
        Expected::Cautioned(id) => row.state == State::Delivered && has(&row.cautions, id),
        Expected::Kept(id) => row.state == State::Quarantined && has(&row.reasons, id),
    }
}

/// What must become of a study, in words.
fn words(expected: Expected) -> String {
    match expected {
        Expected::Forwarded => "forwarded without a caution".to_owned(),
        Expected::Cautioned(id) => format!("forwarded with {id}"),
        Expected::Kept(id) => format!("kept back by {id}"),
    }
}

/// The lines of a study: what became of it, and a line for each reason.
fn lines(study: &Study, rows: &[&Row], good: bool) -> Vec<Vec<String>> {
    let became: BTreeSet<String> = rows
        .iter()
        .map(|r| match r.cautions.is_empty() || r.state.is_kept() {
            true => r.state.word().to_owned(),
            false => format!("{}, marked", r.state.word()),
        })
        .collect();
    let why: BTreeSet<String> = rows
        .iter()
        .flat_map(|r| r.reasons.iter().chain(&r.cautions))
        .map(|r| format!("{}: {} [{}]", r.rule, r.kind, r.reference))
        .collect();
    let mut why = why.into_iter();
    let mut lines = vec![vec![
        mark(good).to_owned(),
        study.title.to_owned(),
        study.objects.len().to_string(),
        became.into_iter().collect::<Vec<_>>().join("; "),
        why.next().unwrap_or_else(|| "nothing was found".to_owned()),
    ]];
    lines.extend(why.map(|why| {
        let blank = String::new;
        vec![blank(), blank(), blank(), blank(), why]
    }));
    lines
}

fn acknowledged(studies: &[Study], answers: &[Vec<Status>]) -> (bool, String) {
    let sent: usize = studies.iter().map(|s| s.objects.len()).sum();
    let success = answers.iter().flatten().filter(|s| **s == Status::SUCCESS).count();
    (sent == success, format!("{sent} objects sent, {success} acknowledged with Success"))
}

fn counted(studies: &[Study], store: &Store) -> anyhow::Result<(bool, String)> {
    let sent: u64 = studies.iter().map(|s| s.objects.len() as u64).sum();
    let c = store.counts()?;
    let good = c.received == sent && c.delivered + c.quarantined == sent;
    let text = format!(
        "{} accounted for: {} delivered, {} quarantined, {} elsewhere; {} rows of the ledger fit together",
        c.received,
        c.delivered,
        c.quarantined,
        c.waiting + c.parked + c.held + c.reviewed + c.rejected,
        store.verify_ledger()?,
    );
    Ok((good, text))
}

/// Every forwarded object is at the archive, and its pixels are those that were sent.
fn pixels<'r>(
    studies: &[Study],
    of_study: impl Fn(usize) -> Vec<&'r Row>,
    archive: &Path,
) -> (bool, String) {
    let (mut delivered, mut present, mut images, mut same) = (0, 0, 0, 0);
    for (number, study) in studies.iter().enumerate() {
        let sent: Vec<Vec<u8>> = study.objects.iter().filter_map(pixel_data).collect();
        for row in of_study(number).iter().filter(|r| r.state == State::Delivered) {
            delivered += 1;
            let file = fs::read(archive.join(format!("{}.dcm", row.sop_instance)));
            present += usize::from(file.is_ok());
            if !sent.is_empty() {
                images += 1;
                same += usize::from(
                    file.is_ok_and(|file| sent.iter().any(|p| file.ends_with(p.as_slice()))),
                );
            }
        }
    }
    let good = present == delivered && same == images;
    (
        good,
        format!(
            "{present} of {delivered} are at the archive, the pixels of {same} of {images} bit for bit"
        ),
    )
}

/// Pixel Data is the last element of the demo's objects, so it ends the file.
fn pixel_data(object: &Attributes) -> Option<Vec<u8>> {
    match object.value(tags::PIXEL_DATA) {
        Some(Value::Bytes(bytes)) => Some(bytes.clone()),
        _ => None,
    }
}

/// No identity is in any file. That the search works is shown by what was sent: there it finds every one.
fn searched(studies: &[Study], folder: &Path) -> anyhow::Result<[(bool, String); 2]> {
    let values: BTreeSet<String> = studies.iter().flat_map(identities).collect();
    let search = Search::new(&values)?;
    let sent: BTreeSet<usize> =
        studies.iter().flat_map(|s| &s.objects).flat_map(|o| search.find(&o.encode())).collect();
    let works = (
        sent.len() == search.identities,
        format!(
            "{} identities (names in kanji, kana and romaji, IDs, dates, addresses, UIDs, {HOSPITAL}): \
             the search finds {} of them in what was sent",
            search.identities,
            sent.len()
        ),
    );
    let (files, found) = search.folder(folder)?;
    let mut text = format!(
        "{} of {files} files hold any of them (archive, queue, sealed originals, index, ledger, keys, log)",
        found.len()
    );
    for path in &found {
        let _ = write!(text, "\n    {}", path.strip_prefix(folder).unwrap_or(path).display());
    }
    Ok([works, (found.is_empty(), text)])
}
