//! What became of files: a summary, and a line for each that was not de-identified.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::PathBuf,
};

use serde::Serialize;

use crate::{
    operate::show::{plain, table},
    records::Reason,
};

/// What became of one file.
pub(super) enum Result {
    /// De-identified; the cautions that it is marked with.
    Out(Vec<Reason>),
    /// Kept back: nothing was written.
    Kept(Vec<Reason>),
    /// Not an object that the gateway takes: why.
    Refused(String),
    /// Not a DICOM file, met while walking a folder.
    Stranger,
}

/// A file that was not de-identified.
#[derive(Serialize)]
pub(super) struct Line {
    file: String,
    /// Rule, attribute and kind of match of each reason.
    why: Vec<String>,
}

/// The report.
#[derive(Serialize, Default)]
pub(super) struct Report {
    pub files: usize,
    pub deidentified: usize,
    pub not_dicom: usize,
    /// De-identified files by caution.
    pub cautions: BTreeMap<String, usize>,
    /// Kept files by rule.
    pub reasons: BTreeMap<String, usize>,
    pub kept_back: Vec<Line>,
    pub refused: Vec<Line>,
    /// Folders that could not be listed: what is in them was not seen.
    pub unlisted: Vec<Line>,
    /// Files met in folders that are not DICOM.
    pub not_dicom_files: Vec<String>,
}

impl Report {
    /// Puts results together with their files, and names the folders that could not be listed.
    pub fn of(
        files: &[(PathBuf, bool)],
        results: Vec<Result>,
        unlisted: Vec<(PathBuf, io::Error)>,
    ) -> Report {
        let unlisted = unlisted.into_iter().map(|(folder, why)| Line {
            file: plain(&folder.display().to_string()),
            why: vec![why.to_string()],
        });
        let unlisted = unlisted.collect();
        let mut report = Report { files: files.len(), unlisted, ..Report::default() };
        for ((path, _), result) in files.iter().zip(results) {
            let file = plain(&path.display().to_string());
            match result {
                Result::Out(cautions) => {
                    report.deidentified += 1;
                    count(&mut report.cautions, &cautions);
                }
                Result::Kept(reasons) => {
                    count(&mut report.reasons, &reasons);
                    let words = |r: &Reason| match r.path.as_str() {
                        "" => format!("{} {}", r.rule, r.kind),
                        path => format!("{} {path} {}", r.rule, r.kind),
                    };
                    let why = reasons.iter().map(words).collect::<BTreeSet<_>>();
                    report.kept_back.push(Line { file, why: why.into_iter().collect() });
                }
                Result::Refused(why) => {
                    report.refused.push(Line { file, why: vec![why] });
                }
                Result::Stranger => {
                    report.not_dicom += 1;
                    report.not_dicom_files.push(file);
                }
            }
        }
        report
    }

    /// The report for a person.
    pub fn text(&self) -> String {
        let mut rows = vec![
            ("de-identified", self.deidentified),
            ("kept back, nothing written", self.kept_back.len()),
            ("not taken", self.refused.len()),
            ("not DICOM", self.not_dicom),
            ("folders that could not be listed", self.unlisted.len()),
        ];
        rows.retain(|(name, count)| *count > 0 || *name == "de-identified");
        let rows: Vec<_> =
            rows.into_iter().map(|(n, count)| vec![n.to_owned(), count.to_string()]).collect();
        let mut out = table(&["files", &self.files.to_string()], &rows);
        let mut add = |heading: &[&str], rows: Vec<Vec<String>>| {
            if !rows.is_empty() {
                out.push('\n');
                out.push_str(&table(heading, &rows));
            }
        };
        for (heading, counts) in
            [("de-identified and marked", &self.cautions), ("kept back by", &self.reasons)]
        {
            let rows = counts.iter().map(|(rule, n)| vec![rule.clone(), n.to_string()]);
            add(&[heading, "files"], rows.collect());
        }
        let lists = [
            ("kept back", &self.kept_back),
            ("not taken", &self.refused),
            ("could not be listed", &self.unlisted),
        ];
        for (heading, lines) in lists {
            let rows = lines.iter().flat_map(|line| {
                // The file's name stands before its first reason.
                let names =
                    std::iter::once(line.file.clone()).chain(std::iter::repeat(String::new()));
                names.zip(&line.why).map(|(name, why)| vec![name, why.clone()])
            });
            add(&[heading, "why"], rows.collect());
        }
        add(&["not DICOM"], self.not_dicom_files.iter().map(|f| vec![f.clone()]).collect());
        out
    }
}

/// Counts an object once for each rule.
fn count(counts: &mut BTreeMap<String, usize>, reasons: &[Reason]) {
    for rule in reasons.iter().map(|r| &*r.rule).collect::<BTreeSet<_>>() {
        *counts.entry(rule.to_owned()).or_default() += 1;
    }
}
