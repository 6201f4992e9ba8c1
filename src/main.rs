//! The `tokumei` command. Everything is in [`tokumei::operate`].

fn main() -> std::process::ExitCode {
    tokumei::operate::main()
}
