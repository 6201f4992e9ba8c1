//! `tokumei deidentify`: files through the same pipeline, on all cores.
//!
//! The names of the files that come in may identify a patient: they are shown on the terminal and go nowhere else.

mod report;

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{BufRead, BufReader, Read},
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use anyhow::{Context, bail};
use indicatif::{ProgressBar, ProgressStyle};

use super::{
    Outcome, canary,
    cli::Reported,
    config::{Config, Log, LogLevel, resolved},
    logs,
    open::{self, Rules},
    originals, scratch,
    show::{plain, print, print_json, told},
};
use crate::{
    dicom::{meta, syntax},
    pipeline::{Gateway, Outcome as Passed},
    policy::checks::Checks,
    receive::collect::Announced,
    records::{Fate, keyring::KeyRing},
    route::Route,
    store::{Access, Settings, Store},
};

use report::{Report, Result};

/// Runs the command.
pub(super) fn run(
    paths: &[PathBuf],
    out: &Path,
    route: Option<&str>,
    options: &Reported,
) -> anyhow::Result<Outcome> {
    let (config, rules) = open::config_and_rules(&options.config)?;
    let route = choose(&rules, route)?;
    canary::refuse(&rules.checks, config.limits, &route)?;
    logs::start(Log { level: LogLevel::Error, ..config.log });
    apart(paths, out)?;
    let (files, unlisted) = walk(paths)?;
    fs::create_dir_all(out).context("the folder named by --out cannot be made")?;
    // The gateway's own keys: the same patient gets the same pseudonym here and there.
    let (keys, made) = originals::keys(&config)?;
    if !made.is_empty() {
        eprintln!("new keys were made in {}", config.key_dir.display());
    }
    let workshop = Workshop::open(&config, rules.checks, route, keys, out)?;
    let results = workshop.process_all(&files)?;
    let report = Report::of(&files, results, unlisted);
    if options.json {
        print_json(&report)?
    } else {
        print(&report.text())?
    }
    if !report.unlisted.is_empty() {
        bail!(
            "{} folders could not be listed: what is in them was not taken",
            report.unlisted.len()
        );
    }
    if !report.refused.is_empty() {
        bail!("{} of {} files were not taken", report.refused.len(), report.files);
    }
    Ok(if report.kept_back.is_empty() { Outcome::Done } else { Outcome::KeptBack })
}

/// The named route, or the first; open to files, which no caller sends.
pub(super) fn choose(rules: &Rules, name: Option<&str>) -> anyhow::Result<Route> {
    let route = rules.routes.iter().find(|r| name.is_none_or(|name| r.name == name));
    let Some(route) = route else {
        let names: Vec<&str> = rules.routes.iter().map(|r| r.name.as_str()).collect();
        bail!("the configuration has no route of this name; it has: {}", names.join(", "));
    };
    Ok(Route { callers: Vec::new(), ..route.clone() })
}

/// Results never go among the originals: the next run would take them for such.
fn apart(paths: &[PathBuf], out: &Path) -> anyhow::Result<()> {
    let out = resolved(out);
    if paths.iter().any(|path| path.is_dir() && out.starts_with(resolved(path))) {
        bail!("--out lies in a folder that is to be de-identified: name a folder elsewhere");
    }
    Ok(())
}

/// A file, and whether it was named itself rather than met in a folder.
type Found = (PathBuf, bool);

/// A folder that cannot be listed, and why.
type Unlisted = (PathBuf, std::io::Error);

/// All files named, and all under the folders named. Links to folders are not followed. A folder that cannot be listed
/// does not keep the others from being read.
fn walk(paths: &[PathBuf]) -> anyhow::Result<(Vec<Found>, Vec<Unlisted>)> {
    let mut files = Vec::new();
    let mut folders = Vec::new();
    let mut unlisted = Vec::new();
    for path in paths {
        let kind = fs::metadata(path).with_context(|| plain(&path.display().to_string()))?;
        if kind.is_dir() { folders.push(path.clone()) } else { files.push((path.clone(), true)) }
    }
    while let Some(folder) = folders.pop() {
        match listed(&folder) {
            Ok(entries) => {
                for (path, is_folder) in entries {
                    if is_folder { folders.push(path) } else { files.push((path, false)) }
                }
            }
            Err(error) => unlisted.push((folder, error)),
        }
    }
    files.sort();
    unlisted.sort_by(|one, other| one.0.cmp(&other.0));
    Ok((files, unlisted))
}

/// The files and folders in a folder, with whether each is a folder. What is neither is left out.
fn listed(folder: &Path) -> std::io::Result<Vec<(PathBuf, bool)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let (path, kind) = entry.and_then(|entry| Ok((entry.path(), entry.file_type()?)))?;
        if kind.is_dir() || kind.is_file() || path.is_file() {
            found.push((path, kind.is_dir()));
        }
    }
    Ok(found)
}

/// The pipeline over a store of its own, in a temporary folder inside `out`.
pub(super) struct Workshop<'a> {
    gateway: Arc<Gateway>,
    store: Store,
    out: &'a Path,
    _folder: tempfile::TempDir,
}

impl Workshop<'_> {
    /// Builds it.
    ///
    /// # Errors
    /// Nothing can be written inside `out`.
    pub(super) fn open<'a>(
        config: &Config,
        checks: Checks,
        route: Route,
        keys: Arc<KeyRing>,
        out: &'a Path,
    ) -> anyhow::Result<Workshop<'a>> {
        let folder = scratch::folder(out)?;
        let settings = Settings {
            directory: folder.path().to_owned(),
            max_waiting: u64::MAX,
            min_free_bytes: config.store.min_free_bytes,
        };
        let (store, _) = Store::open(&settings, keys.clone(), Access::Gateway)?;
        let quiet = Box::new(|_: &str| {});
        let gateway = Gateway::new(checks, vec![route], keys, store.clone(), config.limits, quiet);
        Ok(Workshop { gateway, store, out, _folder: folder })
    }

    /// Every file, in the order given.
    fn process_all(&self, files: &[Found]) -> anyhow::Result<Vec<Result>> {
        let style = "{bar:40} {human_pos} of {human_len} files, {per_sec}, {eta} left";
        let bar = ProgressBar::new(files.len() as u64);
        bar.set_style(ProgressStyle::with_template(style)?);
        let next = AtomicUsize::new(0);
        let results = Mutex::new(BTreeMap::new());
        let work = || {
            while let Some((index, found)) =
                Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|i| Some((i, files.get(i)?)))
            {
                let guarded = catch_unwind(AssertUnwindSafe(|| self.process(found)));
                let result =
                    guarded.unwrap_or_else(|_| Result::Refused("processing failed".to_owned()));
                results.lock().unwrap_or_else(PoisonError::into_inner).insert(index, result);
                bar.inc(1);
            }
        };
        let threads = thread::available_parallelism().map_or(1, usize::from);
        thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));
        bar.finish_and_clear();
        let results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
        Ok(results.into_values().collect())
    }

    fn process(&self, (path, named): &Found) -> Result {
        match self.pass(path) {
            Ok(result) => result,
            Err(error) if !named && error.is::<NotDicom>() => Result::Stranger,
            Err(error) => Result::Refused(told(&error)),
        }
    }

    /// Gives a result its place, named by its new UID. The same object from an earlier run is there already; another one
    /// of the same UID (two files came with one UID) gets a number, so that nothing is overwritten.
    fn place(&self, file: &Path, uid: &str) -> anyhow::Result<()> {
        let names = std::iter::once(String::new()).chain((2..1000).map(|n| format!("_{n}")));
        for number in names {
            let place = self.out.join(format!("{uid}{number}.dcm"));
            match fs::hard_link(file, &place) {
                Ok(()) => return Ok(()),
                Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
                    return copy(file, &place);
                }
                Err(_) if same(file, &place)? => return Ok(()),
                Err(_) => {}
            }
        }
        bail!("too many objects of one UID")
    }

    /// One file along the way of every object.
    ///
    /// # Errors
    /// The file cannot be read, or the gateway does not take it.
    pub(super) fn passed(&self, path: &Path) -> anyhow::Result<Passed> {
        let mut reader = BufReader::with_capacity(256 * 1024, File::open(path)?);
        let meta = meta::read(&mut reader).map_err(|e| anyhow::Error::new(NotDicom(e)))?;
        if let Err(full) = self.store.room() {
            bail!("{full}");
        }
        let announced = Announced::file(
            syntax::lookup(&meta.transfer_syntax)
                .context("a transfer syntax that the gateway does not carry")?,
        );
        let Ok(mut passage) = self.gateway.begin(announced, None) else {
            bail!("no route takes files");
        };
        passage.feed(&meta.ahead);
        let mut chunk = vec![0; 256 * 1024];
        loop {
            match reader.read(&mut chunk)? {
                0 => break,
                read => passage.feed(chunk.get(..read).unwrap_or_default()),
            }
        }
        let passed = passage.finish();
        if passed.fate.is_none() {
            bail!(
                "{} (status {:04X}H)",
                passed.answer.comment.unwrap_or("refused"),
                passed.answer.status.0
            );
        }
        Ok(passed)
    }

    /// One file; a result is moved out of the store.
    fn pass(&self, path: &Path) -> anyhow::Result<Result> {
        let passed = self.passed(path)?;
        match (passed.fate, passed.id) {
            (Some(Fate::Released), Some(id)) => {
                let row = self.store.get(id)?;
                self.place(&row.file, &row.sop_instance)?;
                // The store's own copy goes, and its name is free again.
                self.store.delivered(id, 0)?;
                Ok(Result::Out(passed.cautions))
            }
            _ => Ok(Result::Kept(passed.reasons)),
        }
    }
}

/// For file systems without links.
fn copy(file: &Path, place: &Path) -> anyhow::Result<()> {
    let mut from = File::open(file)?;
    let mut to = File::options().write(true).create_new(true).open(place)?;
    let written = std::io::copy(&mut from, &mut to).and_then(|_| to.sync_all());
    // What is not whole must not stand under a final name.
    written.inspect_err(|_| drop(fs::remove_file(place)))?;
    Ok(())
}

/// Whether two files hold the same bytes.
fn same(one: &Path, other: &Path) -> std::io::Result<bool> {
    if fs::metadata(one)?.len() != fs::metadata(other)?.len() {
        return Ok(false);
    }
    let (mut one, mut other) =
        (BufReader::new(File::open(one)?), BufReader::new(File::open(other)?));
    loop {
        let (a, b) = (one.fill_buf()?, other.fill_buf()?);
        let length = a.len().min(b.len());
        if length == 0 || a.get(..length) != b.get(..length) {
            return Ok(a.is_empty() && b.is_empty());
        }
        one.consume(length);
        other.consume(length);
    }
}

/// The file is not Part 10.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct NotDicom(std::io::Error);
