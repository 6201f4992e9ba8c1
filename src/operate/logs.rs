//! The log: text or JSON, on standard error.

use std::io;

use tracing_subscriber::{
    EnvFilter,
    fmt::{MakeWriter, format::FmtSpan},
};

use super::config::{Log, LogFormat, LogLevel};

/// Starts the log on standard error.
pub(super) fn start(log: Log) {
    start_on(log, io::stderr);
}

/// Starts the log on a writer. Only our own lines are written: libraries may name values of patients, so they are
/// silent at every level, and no variable of the environment changes that.
pub(super) fn start_on<W>(log: Log, writer: W)
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let level = match log.level {
        LogLevel::Error => "error",
        LogLevel::Warn => "warn",
        LogLevel::Info => "info",
        LogLevel::Debug => "debug",
    };
    let lines = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(format!("off,tokumei={level}")))
        .with_span_events(FmtSpan::NONE)
        .with_writer(writer)
        .with_ansi(false);
    // A second start in one process (tests, demo) leaves the first log in place.
    let _ = match log.format {
        LogFormat::Text => lines.try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
}
