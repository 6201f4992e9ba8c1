//! A temporary folder that goes with the command, also where a signal ends it.

use std::{io, path::Path, thread, time::Duration};

use tempfile::TempDir;
use tokio::signal::unix::{SignalKind, signal};

/// The exit status of a command that a signal ended.
const INTERRUPTED: i32 = 130;

/// Makes a folder inside `place`. SIGINT and SIGTERM remove it and end the process.
///
/// # Errors
/// The folder cannot be made, or signals cannot be watched.
pub(super) fn folder(place: &Path) -> io::Result<TempDir> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let entered = runtime.enter();
    let (mut terminate, mut interrupt) =
        (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    drop(entered);
    let folder = tempfile::Builder::new().prefix(".tokumei-").tempdir_in(place)?;
    let path = folder.path().to_owned();
    thread::Builder::new().name("signals".into()).spawn(move || {
        runtime.block_on(async {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        });
        // Others may still be writing: what they begin meanwhile goes in the next round.
        for _ in 0..100 {
            let _ = std::fs::remove_dir_all(&path);
            if !path.exists() {
                break;
            }
            thread::sleep(Duration::from_millis(10));
        }
        eprintln!("interrupted; the files that were written before are complete");
        std::process::exit(INTERRUPTED);
    })?;
    Ok(folder)
}
