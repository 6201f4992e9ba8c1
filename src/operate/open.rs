//! Opens what commands work on: configuration, rules, keys, store.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path, sync::Arc};

use anyhow::Context;
use rustix::fs::Access;

use super::{
    Problems,
    cli::Configured,
    config::{self, Config, resolved},
    originals,
};
use crate::{
    deidentify::PASS_THROUGH,
    policy::{Policy, Problem, Terms, checks::Checks, source},
    records::keyring::KeyRing,
    route::Route,
    store::{self, Store},
};

/// Reads the configuration that a command names.
///
/// # Errors
/// Everything that is wrong in it.
pub(super) fn config(named: &Configured) -> Result<Config, Problems> {
    let config = Config::load(named.config.as_deref()).map_err(Problems)?;
    let elsewhere = config.destinations.iter().filter(|d| PASS_THROUGH && !is_here(&d.address));
    let problems = elsewhere.map(|d| Problem {
        file: "this program".to_owned(),
        line: 0,
        key: format!("destination {}", d.name),
        message: "a test build that does not de-identify forwards to this machine only".to_owned(),
        remedy: "Install a release build".to_owned(),
    });
    let problems: Vec<Problem> = problems.collect();
    if problems.is_empty() { Ok(config) } else { Err(Problems(problems)) }
}

/// Whether `host:port` is an address of the loopback interface.
fn is_here(address: &str) -> bool {
    address.parse::<std::net::SocketAddr>().is_ok_and(|a| a.ip().is_loopback())
}

/// The rules of a configuration: its routes, each with the policy under its terms, and the checks of all.
pub(super) struct Rules {
    /// The routes in the order of the configuration.
    pub routes: Vec<Route>,
    /// The checks.
    pub checks: Checks,
}

impl Rules {
    /// What names the policies of the routes: their digests, each once.
    pub fn digests(&self) -> String {
        // Whoever asks for the policy of a test build must see that it is not carried out.
        let mut digests: Vec<&str> = Vec::from_iter(PASS_THROUGH.then_some("NOT-DEIDENTIFIED"));
        for route in &self.routes {
            if !digests.contains(&route.policy.digest()) {
                digests.push(route.policy.digest());
            }
        }
        digests.join(" ")
    }
}

/// Reads configuration and rules; the problems of both in one list.
///
/// # Errors
/// Everything that is wrong.
pub(super) fn config_and_rules(named: &Configured) -> Result<(Config, Rules), Problems> {
    let config = config(named)?;
    let rules = rules(config.policy_dir.as_deref(), &config.routes).map_err(Problems)?;
    Ok((config, rules))
}

/// Reads the rules: those inside the program, and those of a site's folder: `rules/*.yaml` are added to the
/// profile, `vocabulary/*.yaml` to the words that descriptions keep, `checks/*.yaml` take the place of the shipped
/// checks of the same name. Without routes, only to see what is
/// wrong in the files.
///
/// # Errors
/// Everything that is wrong.
pub(super) fn rules(
    directory: Option<&Path>,
    routes: &[config::Route],
) -> Result<Rules, Vec<Problem>> {
    let mut problems = Vec::new();
    let (mut site, mut words) = (Vec::new(), Vec::new());
    if let Some(directory) = directory {
        strangers(
            directory,
            |name| matches!(name, "rules" | "vocabulary" | "checks"),
            &mut problems,
        );
        let checks = directory.join("checks");
        if checks.is_dir() {
            strangers(&checks, |name| Checks::files().any(|f| f == name), &mut problems);
        }
        site = yaml_files(&directory.join("rules"), &mut problems);
        words = yaml_files(&directory.join("vocabulary"), &mut problems);
    }
    let (site, words) = (pairs(&site), pairs(&words));
    // Routes that ask for the same share a policy.
    let mut policies: Vec<Arc<Policy>> = Vec::new();
    let asked = routes.iter().map(|r| r.terms).chain(routes.is_empty().then(Terms::default));
    for terms in asked {
        if !policies.iter().any(|p| p.terms() == terms) {
            match Policy::of_site(&site, &words, terms) {
                Ok(policy) => policies.push(Arc::new(policy)),
                Err(found) => found.into_iter().for_each(|p| {
                    if !problems.contains(&p) {
                        problems.push(p);
                    }
                }),
            }
        }
    }
    let checks_dir = directory.map(|d| d.join("checks"));
    let checks = Checks::load(checks_dir.as_deref()).map_err(|p| problems.extend(p)).ok();
    if let (Some(policy), Some(checks)) = (policies.first(), &checks) {
        problems.extend(source::several(policy.ids().iter().chain(checks.ids())));
    }
    let with_policy = |r: &config::Route| {
        let policy = policies.iter().find(|p| p.terms() == r.terms)?.clone();
        let config::Route { name, callers, destination, cautions, .. } = r.clone();
        Some(Route { name, callers, destination, policy, cautions })
    };
    match (routes.iter().map(with_policy).collect(), checks) {
        (Some(routes), Some(checks)) if problems.is_empty() => Ok(Rules { routes, checks }),
        _ => Err(problems),
    }
}

fn pairs(files: &[(String, String)]) -> Vec<(&str, &str)> {
    files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect()
}

/// The site's files of a folder in the order of their names.
fn yaml_files(folder: &Path, problems: &mut Vec<Problem>) -> Vec<(String, String)> {
    if !folder.is_dir() {
        return Vec::new();
    }
    strangers(folder, |name| name.ends_with(".yaml"), problems);
    let mut files = Vec::new();
    for name in names(folder, problems).into_iter().filter(|n| n.ends_with(".yaml")) {
        let path = folder.join(name);
        match source::text(&path) {
            Ok(text) => files.push((path.display().to_string(), text)),
            Err(unread) => problems.push(unread.problem(&path.display().to_string())),
        }
    }
    files
}

/// A file that nobody reads may be a rule that somebody relies on.
fn strangers(folder: &Path, known: impl Fn(&str) -> bool, problems: &mut Vec<Problem>) {
    for name in names(folder, problems).into_iter().filter(|n| !known(n)) {
        problems.push(unusable(&folder.join(name), "nothing reads this file"));
    }
}

fn names(folder: &Path, problems: &mut Vec<Problem>) -> Vec<String> {
    let entries = fs::read_dir(folder).and_then(|entries| {
        entries.map(|e| e.map(|e| e.file_name().to_string_lossy().into_owned())).collect()
    });
    let mut names: Vec<String> = entries.unwrap_or_else(|error| {
        problems.push(unusable(folder, &format!("cannot be listed ({error})")));
        Vec::new()
    });
    names.sort();
    names
}

/// What stands against using the folders of data and keys. Touches nothing.
pub(super) fn folders(config: &Config) -> Vec<Problem> {
    let keys = &config.key_dir;
    let folders = [(&config.store.directory, "TOKUMEI_DATA_DIR"), (keys, "TOKUMEI_KEY_DIR")];
    let mut problems: Vec<Problem> =
        folders.iter().filter_map(|(path, variable)| folder(path, variable)).collect();
    let files = fs::read_dir(keys).into_iter().flatten().flatten().map(|entry| entry.path());
    let secret = |path: &Path| {
        let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        name == "identity.txt" || name.starts_with("batch-") && name.ends_with(".age")
    };
    let secrets = files.filter(|path| secret(path)).map(|path| (path, 0o077, "600"));
    let folder = keys.is_dir().then(|| (keys.clone(), 0o022, "700"));
    for (path, forbidden, mode) in folder.into_iter().chain(secrets) {
        let found = fs::metadata(&path).map_or(0, |m| m.permissions().mode() & 0o777);
        if found & forbidden != 0 {
            problems.push(Problem {
                file: path.display().to_string(),
                line: 0,
                key: String::new(),
                message: format!("may be read or changed by others (mode {found:o})"),
                remedy: format!("chmod {mode} '{}'", path.display()),
            });
        }
    }
    problems.extend(originals::lost(config));
    problems
}

/// A folder that is there must be one that can be written; else the one in which it will be made.
fn folder(path: &Path, variable: &str) -> Option<Problem> {
    let path = resolved(path);
    let there = path.ancestors().find(|p| p.symlink_metadata().is_ok()).unwrap_or(&path);
    let message = match rustix::fs::access(there, Access::WRITE_OK | Access::EXEC_OK) {
        _ if !there.is_dir() => format!("{} is not a folder", there.display()),
        Err(error) => format!("{} cannot be written ({error})", there.display()),
        Ok(()) => return None,
    };
    Some(Problem {
        file: path.display().to_string(),
        line: 0,
        key: String::new(),
        message,
        remedy: format!(
            "Give the account of the gateway a folder that it may write, or change {variable}"
        ),
    })
}

fn unusable(path: &Path, message: &str) -> Problem {
    Problem {
        file: path.display().to_string(),
        line: 0,
        key: String::new(),
        message: message.to_owned(),
        remedy: "Mend its name or its rights, or take it out of the folder".to_owned(),
    }
}

/// Opens the store beside a running gateway, without keys: for looking and for rejecting.
///
/// # Errors
/// There is no store, or it cannot be used.
pub(super) fn store(config: &Config) -> anyhow::Result<Store> {
    store_with(config, Arc::new(KeyRing::ephemeral()))
}

/// Opens the store beside a running gateway.
///
/// # Errors
/// There is no store, or it cannot be used.
pub(super) fn store_with(config: &Config, keys: Arc<KeyRing>) -> anyhow::Result<Store> {
    let directory = &config.store.directory;
    if !directory.is_dir() {
        anyhow::bail!(
            "{}: there is no data here yet. Start the gateway once, or set TOKUMEI_DATA_DIR",
            directory.display()
        );
    }
    let (store, _) = Store::open(&config.store, keys, store::Access::Operator)
        .with_context(|| directory.display().to_string())?;
    Ok(store)
}

/// Opens the keys of a configuration; they must be there.
///
/// # Errors
/// There are none, or they cannot be used.
pub(super) fn keys(config: &Config) -> anyhow::Result<Arc<KeyRing>> {
    if !config.key_dir.join("identity.txt").is_file() {
        anyhow::bail!(
            "{}: there are no keys here. Run this where the gateway's keys are, or set TOKUMEI_KEY_DIR",
            config.key_dir.display()
        );
    }
    let (keys, made) = KeyRing::open_or_create(&config.key_dir)?;
    if !made.is_empty() {
        eprintln!(
            "there was no batch key any more: a new batch begins, with other pseudonyms than before"
        );
    }
    Ok(Arc::new(keys))
}
