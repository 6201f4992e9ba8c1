//! The main job in one command: a gateway and a stand-in archive in a temporary folder, made-up studies through real
//! associations, what became of each and why, and a search for what must not have survived.

pub mod objects;
pub(super) mod pictures;
mod report;
mod sender;
pub mod studies;

use std::{
    fs::{self, File},
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

use super::{
    Outcome, archive,
    config::{Config, Log},
    logs, open, serve,
    serve::House,
    show::print,
};
use crate::{dicom::dimse::Status, store::Store};
use sender::Sender;
use studies::Study;

/// How long the archive may take to have everything.
const PATIENCE: Duration = Duration::from_secs(30);

/// Runs the command; fails where anything differs from what must be.
pub(super) fn run(keep: Option<&Path>) -> anyhow::Result<Outcome> {
    let temporary = tempfile::Builder::new().prefix("tokumei-demo-").tempdir()?;
    let folder = match keep {
        Some(folder) => new_folder(folder)?,
        None => temporary.path().to_owned(),
    };
    let log = File::create(folder.join("gateway.log"))?;
    logs::start_on(Log::default(), Arc::new(log));
    let mut config = shipped(&folder)?;
    let rules = open::rules(None, &config.routes).map_err(super::Problems)?;
    let runtime = serve::runtime(&config)?;
    let studies = studies::all();
    let started = Instant::now();
    let (store, answers) = runtime.block_on(async {
        let (stop, stopped) = watch::channel(false);
        let archive = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let listener = TcpListener::bind(config.address).await?;
        let address = listener.local_addr()?;
        for destination in &mut config.destinations {
            destination.address = archive.local_addr()?.to_string();
        }
        announce(address, archive.local_addr()?, &folder, keep.is_some())?;
        let archive = start_archive(archive, folder.join("archive"), stopped.clone());
        let house = House::open(config, rules)?;
        let store = house.store().clone();
        let gateway = tokio::spawn(house.run(listener, told(stopped)));
        let answers = tokio::task::spawn_blocking({
            let (store, studies) = (store.clone(), studies::all());
            move || send_all(address, &studies).inspect(|_| settle(&store))
        })
        .await?;
        stop.send_replace(true);
        gateway.await??;
        archive.await??;
        anyhow::Ok((store, answers?))
    })?;
    let report = report::Report::of(&studies, &answers, &store, &folder)?;
    print(&report.text(started.elapsed()))?;
    match report.mistakes() {
        0 => Ok(Outcome::Done),
        mistakes => bail!("{mistakes} of the checks above failed"),
    }
}

/// A folder that is new or empty: everything in it will be searched.
fn new_folder(folder: &Path) -> anyhow::Result<PathBuf> {
    fs::create_dir_all(folder).context("the folder named by --keep cannot be made")?;
    if fs::read_dir(folder)?.next().is_some() {
        bail!("the folder named by --keep is not empty");
    }
    Ok(std::path::absolute(folder)?)
}

/// The shipped configuration, with folders in the demo's own and a port of the system's choice.
fn shipped(folder: &Path) -> Result<Config, super::Problems> {
    let mut config = Config::shipped(&super::config::Overrides {
        data_dir: Some(folder.join("data")),
        key_dir: Some(folder.join("keys")),
    })
    .map_err(super::Problems)?;
    config.address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    config.store.min_free_bytes = 0;
    config.drain = Duration::from_secs(5);
    for destination in &mut config.destinations {
        destination.linger = Duration::from_millis(100);
        destination.retry_first = Duration::from_millis(200);
    }
    Ok(config)
}

fn announce(
    gateway: SocketAddr,
    archive: SocketAddr,
    folder: &Path,
    kept: bool,
) -> anyhow::Result<()> {
    print(&format!(
        "Gateway TOKUMEI at {gateway}, stand-in archive ARCHIVE at {archive}, shipped configuration.\n\
         Everything is written under {}{}.\n\n",
        folder.display(),
        if kept { "" } else { " and removed at the end" },
    ))?;
    Ok(())
}

fn start_archive(
    listener: TcpListener,
    out: PathBuf,
    stopped: watch::Receiver<bool>,
) -> JoinHandle<anyhow::Result<()>> {
    tokio::spawn(async move {
        archive::serve(listener, &out, "ARCHIVE", told(stopped)).await.map(|_| ())
    })
}

/// Resolves when told to stop, or when nobody can tell any more.
async fn told(mut stopped: watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stop| *stop).await;
}

/// Sends each study over an association of its own; the statuses, study by study. The calling AE title tells the
/// studies apart afterwards.
fn send_all(gateway: SocketAddr, studies: &[Study]) -> anyhow::Result<Vec<Vec<Status>>> {
    let mut answers = Vec::new();
    for (number, study) in studies.iter().enumerate() {
        let mut sender = Sender::open(gateway, &caller(number), "TOKUMEI", &study.objects)?;
        let statuses: anyhow::Result<Vec<Status>> =
            study.objects.iter().map(|object| sender.store(object)).collect();
        answers.push(statuses?);
        sender.release()?;
    }
    Ok(answers)
}

/// The calling AE title of a study.
fn caller(study: usize) -> String {
    format!("DEMO_{}", study + 1)
}

/// Waits until nothing waits for the archive.
fn settle(store: &Store) {
    let end = Instant::now() + PATIENCE;
    while Instant::now() < end && store.counts().is_ok_and(|c| c.waiting > 0) {
        std::thread::sleep(Duration::from_millis(50));
    }
}
