//! The configuration: read, checked as a whole, and given to the stages in their own terms.

mod check;
mod file;

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use serde::Deserialize;

pub(super) use check::resolved;

use crate::{
    forward,
    policy::{
        Problem, Terms,
        checks::CautionResponses,
        source::{self, Source},
    },
    receive, store,
};

/// The file that is read where no other is named.
pub const DEFAULT_FILE: &str = "config/tokumei.yaml";

/// The shipped configuration, used where there is no file.
const BUILT_IN: &str = include_str!("../../../config/tokumei.yaml");

/// Everything an operator can set, checked.
#[derive(Debug, Clone)]
pub struct Config {
    /// The file as named, for messages.
    pub file: String,
    /// Where the Storage SCP listens.
    pub address: SocketAddr,
    /// The Storage SCP.
    pub listen: receive::Settings,
    /// For open associations when stopping.
    pub drain: Duration,
    /// Where objects go; names are unique.
    pub destinations: Vec<forward::Destination>,
    /// The ways; each names an existing destination. The first that fits a caller is taken.
    pub routes: Vec<Route>,
    /// Bounds of one object.
    pub limits: receive::collect::Limits,
    /// The data directory and its bounds.
    pub store: store::Settings,
    /// The folder of the keys.
    pub key_dir: PathBuf,
    /// A folder of rule files in place of the built-in ones.
    pub policy_dir: Option<PathBuf>,
    /// How often made-up objects are tried on each route.
    pub canary_interval: Duration,
    /// The log.
    pub log: Log,
}

/// A way from callers to a destination, as configured: a [`crate::route::Route`] without its compiled policy.
#[derive(Debug, Clone)]
pub struct Route {
    /// Its name.
    pub name: String,
    /// Calling AE titles that take it; empty for every caller.
    pub callers: Vec<String>,
    /// The destination's name.
    pub destination: String,
    /// What it asks of the confidentiality profile.
    pub terms: Terms,
    /// What to do about image-type cautions.
    pub cautions: CautionResponses,
}

/// The log, on standard error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// For people or for machines.
    pub format: LogFormat,
    /// From which severity on.
    pub level: LogLevel,
}

/// How a log line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// One line of text.
    #[default]
    Text,
    /// One JSON object in a line.
    Json,
}

/// From which severity on lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum LogLevel {
    /// What needs a person at once.
    Error,
    /// And what one should know.
    Warn,
    /// And one line per object.
    #[default]
    Info,
    /// And what helps to find a fault.
    Debug,
}

impl Config {
    /// Reads and checks the configuration: the named file, else [`DEFAULT_FILE`] if it is there, else the built-in one.
    /// `TOKUMEI_DATA_DIR` and `TOKUMEI_KEY_DIR` override the folders.
    ///
    /// # Errors
    /// Everything that is wrong.
    pub fn load(named: Option<&Path>) -> Result<Config, Vec<Problem>> {
        let environment = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty());
        let overrides = Overrides {
            data_dir: environment("TOKUMEI_DATA_DIR").map(PathBuf::from),
            key_dir: environment("TOKUMEI_KEY_DIR").map(PathBuf::from),
        };
        let path = named.unwrap_or(Path::new(DEFAULT_FILE));
        let name = path.display().to_string();
        match source::text(path) {
            Ok(text) => Config::parse(&name, &text, &overrides),
            Err(unread) if named.is_none() && unread.is_missing() => Config::shipped(&overrides),
            Err(unread) => Err(vec![unread.problem(&name)]),
        }
    }

    /// The shipped configuration, from inside the program.
    ///
    /// # Errors
    /// What the overrides make wrong.
    pub fn shipped(overrides: &Overrides) -> Result<Config, Vec<Problem>> {
        Config::parse("(built in) tokumei.yaml", BUILT_IN, overrides)
    }

    /// Reads and checks a configuration text.
    ///
    /// # Errors
    /// Everything that is wrong.
    pub fn parse(file: &str, text: &str, overrides: &Overrides) -> Result<Config, Vec<Problem>> {
        let source = Source::parse(file, text)?;
        check::check(&source, file, overrides)
    }
}

/// What the environment sets in place of the file.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// The data directory.
    pub data_dir: Option<PathBuf>,
    /// The folder of the keys.
    pub key_dir: Option<PathBuf>,
}

#[cfg(test)]
mod tests;
