//! What the integration tests share: where Python, its scripts and the corpus are.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

/// What a script says by its exit status when the peers or tools it needs are not here.
pub const SKIPPED: i32 = 77;

/// The root of the project.
pub fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Whether every peer must be here, so that nothing may be passed over.
pub fn required() -> bool {
    env::var_os("TOKUMEI_REQUIRE_PEERS").is_some()
}

/// The corpus of real files, if it is unpacked (`../shared/data/unpack target/corpus`).
pub fn corpus() -> Option<PathBuf> {
    let corpus = project().join("target/corpus");
    if corpus.is_dir() {
        return Some(corpus);
    }
    let beside = project().join("../shared/data/unpack").exists();
    assert!(!(beside && required()), "the corpus is at hand but not unpacked");
    eprintln!("skipped: no corpus at target/corpus");
    None
}

/// Python with the modules of `tests/requirements.txt`, if they were installed; else the system's.
pub fn python() -> PathBuf {
    let target = Path::new(env!("CARGO_BIN_EXE_tokumei")).parent().and_then(Path::parent);
    target
        .map(|target| target.join("venv/bin/python"))
        .into_iter()
        .chain([project().join("target/venv/bin/python")])
        .find(|python| python.exists())
        .unwrap_or_else(|| PathBuf::from("python3"))
}

/// A script of `tests/`, ready for its arguments.
pub fn script(name: &str) -> Command {
    let mut command = Command::new(python());
    command.arg(project().join("tests").join(name)).env("PYTHONDONTWRITEBYTECODE", "1");
    command
}
