//! Command line, configuration, logs, demo.

pub mod config;

/// Runs the command line; the exit status.
pub fn main() -> std::process::ExitCode {
    todo!()
}
