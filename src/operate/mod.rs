//! Command line, configuration, logs, demo.

pub mod archive;
mod canary;
mod check;
mod cli;
pub mod config;
pub mod demo;
mod echo;
mod explain;
mod files;
mod head;
mod logs;
mod open;
mod originals;
mod quarantine;
mod release;
mod reveal;
mod scratch;
mod search;
mod serve;
mod show;
mod status;

use std::{fmt, net::SocketAddr, path::Path, process::ExitCode};

use anyhow::Context;
use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};

use crate::{deidentify::PASS_THROUGH, policy::Problem};
use cli::{Cli, Command};

/// How a command ended that did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// As asked.
    Done,
    /// Something was kept back.
    KeptBack,
}

/// Everything that is wrong with configuration and rules.
#[derive(Debug)]
struct Problems(Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for problem in &self.0 {
            writeln!(f, "{problem}")?;
        }
        match self.0.len() {
            1 => write!(f, "1 problem; nothing was started"),
            n => write!(f, "{n} problems; nothing was started"),
        }
    }
}

impl std::error::Error for Problems {}

/// Runs the command line; the exit status.
pub fn main() -> ExitCode {
    keep_memory_private();
    if PASS_THROUGH {
        eprintln!("{NOT_DEIDENTIFIED}");
    }
    match run(Cli::parse()) {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::KeptBack) => ExitCode::from(3),
        Err(error) => {
            eprintln!("{}", show::told(&error));
            ExitCode::FAILURE
        }
    }
}

/// What every command of the test build says first.
const NOT_DEIDENTIFIED: &str = "*** THIS IS A TEST BUILD THAT DOES NOT DE-IDENTIFY (feature pass-through). Give it made-up objects only. ***";

/// No core dumps, and no message of a panic: both could hold a value of a patient.
fn keep_memory_private() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(|l| format!("{}:{}", l.file(), l.line()));
        let place = place.unwrap_or_else(|| "an unknown place".to_owned());
        if tracing::enabled!(tracing::Level::ERROR) {
            tracing::error!(place, "a part of the program failed");
        } else {
            eprintln!("a part of the program failed at {place}");
        }
    }));
}

fn run(cli: Cli) -> anyhow::Result<Outcome> {
    match cli.command {
        Command::Serve(options) => serve::run(&options),
        Command::Demo { keep } => demo::run(keep.as_deref()),
        Command::Archive { port, out, ae_title, address } => {
            run_archive(SocketAddr::new(address, port), &out, &ae_title)
        }
        Command::Check(options) => check::run(&options),
        Command::Deidentify { paths, out, route, report } => {
            files::run(&paths, &out, route.as_deref(), &report)
        }
        Command::Explain { file, show_values, route, diff, report } => {
            explain::run(&explain::Asked { file, show_values, route, diff }, &report)
        }
        Command::Status(options) => status::run(&options),
        Command::Quarantine { action } => quarantine::run(action),
        Command::Echo { destination, own, report } => {
            echo::run(destination.as_deref(), own, &report)
        }
    }
}

/// Resolves when the process is told to stop.
///
/// # Errors
/// Signals cannot be watched.
fn stop_signal() -> anyhow::Result<impl Future<Output = ()> + Send> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => tracing::info!("SIGTERM: stopping"),
            _ = interrupt.recv() => tracing::info!("SIGINT: stopping"),
        }
    })
}

/// Runs the stand-in archive until it is told to stop.
fn run_archive(address: SocketAddr, out: &Path, ae_title: &str) -> anyhow::Result<Outcome> {
    logs::start(config::Log::default());
    let counts = tokio::runtime::Runtime::new()?.block_on(async {
        let listener = tokio::net::TcpListener::bind(address)
            .await
            .with_context(|| format!("cannot listen on {address}"))?;
        let address = listener.local_addr()?;
        tracing::info!(%address, ae_title, "stand-in archive ready");
        archive::serve(listener, out, ae_title, stop_signal()?).await
    })?;
    show::print(&format!("{} objects, {}\n", counts.stored, show::bytes(counts.bytes)))?;
    Ok(Outcome::Done)
}
