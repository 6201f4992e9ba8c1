//! Command line, configuration, logs, demo.

pub mod archive;
pub mod config;

/// Runs the command line; the exit status.
pub fn main() -> std::process::ExitCode {
    todo!()
}
