//! Command line, configuration, logs, demo.

/// Runs the command line; the exit status.
pub fn main() -> std::process::ExitCode {
    todo!()
}
