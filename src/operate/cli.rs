//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::store::State;

/// Takes patient identity out of DICOM objects while they pass from a hospital's PACS to a research archive.
#[derive(Parser)]
#[command(
    name = "tokumei",
    version,
    after_help = "Exit status: 0 done, 1 failed, 2 misused, 3 something was kept back."
)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub(super) enum Command {
    /// Run the gateway until SIGTERM or SIGINT.
    Serve(Configured),
    /// Show the whole way on made-up studies, in a temporary folder.
    Demo {
        /// Keep everything that was written in this folder (new or empty).
        #[arg(long, value_name = "DIR")]
        keep: Option<PathBuf>,
    },
    /// Run a stand-in archive: takes every object and writes it to a folder.
    Archive {
        /// The port; 0 for any free one.
        #[arg(long)]
        port: u16,
        /// The folder.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// Its AE title.
        #[arg(long, default_value = "ARCHIVE")]
        ae_title: String,
        /// The address to listen on.
        #[arg(long, default_value = "127.0.0.1")]
        address: std::net::IpAddr,
    },
    /// Prove a configuration and its rules: lists every problem.
    Check(Reported),
    /// Take files through the same pipeline, without a network.
    Deidentify {
        /// Files and folders.
        #[arg(required = true, value_name = "PATH")]
        paths: Vec<PathBuf>,
        /// Where de-identified files go, named by their new UIDs.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// The route whose rules apply; the first one if none is named.
        #[arg(long)]
        route: Option<String>,
        #[command(flatten)]
        report: Reported,
    },
    /// Show whether a file would be released or kept back, and what happens to each of its attributes, by which rule.
    Explain {
        /// A DICOM file.
        file: PathBuf,
        /// Show values instead of their kind and length. They identify the patient.
        #[arg(long)]
        show_values: bool,
        /// The route whose rules apply; the first one if none is named.
        #[arg(long)]
        route: Option<String>,
        /// Another configuration: show only what it would do otherwise.
        #[arg(long, value_name = "FILE")]
        diff: Option<PathBuf>,
        #[command(flatten)]
        report: Reported,
    },
    /// Show what became of all objects.
    Status(Reported),
    /// Look at what was kept back or parked, and decide.
    Quarantine {
        #[command(subcommand)]
        action: Quarantine,
    },
    /// Ask a destination, all of them, or the gateway itself whether it answers (C-ECHO).
    Echo {
        /// A destination of the configuration; all if none is named.
        destination: Option<String>,
        /// Ask the gateway of this configuration itself.
        #[arg(long = "self", conflicts_with = "destination")]
        own: bool,
        #[command(flatten)]
        report: Reported,
    },
}

#[derive(Subcommand)]
pub(super) enum Quarantine {
    /// List what was kept back, and what a destination refused for good (parked), newest first.
    List {
        /// Only objects in this state.
        #[arg(long, value_parser = state)]
        state: Option<State>,
        /// Only what this rule kept back.
        #[arg(long)]
        rule: Option<String>,
        /// At most so many.
        #[arg(long, default_value_t = 100)]
        limit: u64,
        #[command(flatten)]
        report: Reported,
    },
    /// Show one object: reasons, origin and decisions, no value of a patient unless --reveal is given.
    Show {
        /// Its number.
        id: i64,
        /// Show on the terminal what stands in the original at the places of the reasons. It identifies the patient; the
        /// ledger records who looked.
        #[arg(long, requires = "by", conflicts_with = "json")]
        reveal: bool,
        /// With --reveal: who looks. Do not name the patient.
        #[arg(long, value_name = "WHO", value_parser = said, requires = "reveal")]
        by: Option<String>,
        /// With --reveal: show it although standard output is no terminal.
        #[arg(long, requires = "reveal")]
        force_output: bool,
        #[command(flatten)]
        report: Reported,
    },
    /// Send the original through today's pipeline once more; forward what comes out if nothing is found. A parked object is
    /// put back into the queue.
    Release {
        /// Its number.
        id: i64,
        /// A caution that you have looked at and accept, as CAUTION-TEXT-US, or the rule of a weak finding; may be repeated.
        /// Strong findings cannot be accepted.
        #[arg(long, value_name = "CAUTION")]
        accept: Vec<String>,
        #[command(flatten)]
        decision: Decision,
        #[command(flatten)]
        report: Reported,
    },
    /// Reject for good: the sealed original, or the parked file, is destroyed.
    Reject {
        /// Its number.
        id: i64,
        #[command(flatten)]
        decision: Decision,
        #[command(flatten)]
        report: Reported,
    },
    /// Open the sealed original into a file, to look at it. It identifies the patient.
    Export {
        /// Its number.
        id: i64,
        /// The file; must not exist.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        #[command(flatten)]
        config: Configured,
    },
}

/// Who decided, and why; both go to the ledger.
#[derive(Args)]
pub(super) struct Decision {
    /// Who decides.
    #[arg(long, value_name = "WHO", value_parser = said)]
    pub by: String,
    /// Why. Do not name the patient.
    #[arg(long, value_name = "TEXT", value_parser = said)]
    pub why: String,
}

/// The states of which the list tells.
fn state(word: &str) -> Result<State, &'static str> {
    let known = [State::Held, State::Quarantined, State::Parked];
    known.into_iter().find(|s| s.word() == word).ok_or("one of held, quarantined, parked")
}

/// A text for the ledger.
fn said(text: &str) -> Result<String, &'static str> {
    let length = text.chars().count();
    if text.trim().is_empty() || length > 500 || text.chars().any(char::is_control) {
        return Err("give 1 to 500 characters in one line");
    }
    Ok(text.to_owned())
}

#[derive(Args)]
pub(super) struct Configured {
    /// The configuration; config/tokumei.yaml, or else the built-in one, if none is named.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

#[derive(Args)]
pub(super) struct Reported {
    #[command(flatten)]
    pub config: Configured,
    /// Print JSON for machines.
    #[arg(long)]
    pub json: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decision_needs_a_name_and_a_reason() {
        let reject = |by: &str, why: &str| {
            Cli::try_parse_from(["tokumei", "quarantine", "reject", "1", "--by", by, "--why", why])
        };
        assert!(reject("a", "b").is_ok());
        assert!(reject(" ", "b").is_err());
        assert!(reject("a", "").is_err());
        assert!(reject("a", "b\nc").is_err());
    }
}
