//! A stand-in archive: a Storage SCP that writes Part 10 files. For trying things out, the demo and the tests; it
//! flushes nothing and asks nobody who calls.

use std::{
    fs, io,
    io::{BufWriter, Write},
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::Context;
use dicom_object::FileMetaTableBuilder;
use serde::Serialize;
use tempfile::NamedTempFile;
use tokio::net::TcpListener;
use tracing::{error, info};

use crate::{
    dicom::{dimse::Status, sop_class, uid},
    receive::{self, AddressRange, Answer, Arrival, Caller, Desk, Request, UnknownClasses},
};

/// What an archive took.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Objects written.
    pub stored: u64,
    /// Bytes of their data sets.
    pub bytes: u64,
    /// Objects that could not be written.
    pub failed: u64,
}

/// The desk of the stand-in archive.
pub struct Archive {
    inner: Arc<Inner>,
}

struct Inner {
    out: PathBuf,
    stored: AtomicU64,
    bytes: AtomicU64,
    failed: AtomicU64,
}

impl Archive {
    /// Takes objects into a folder, which is made where it is missing.
    ///
    /// # Errors
    /// The folder cannot be made.
    pub fn new(out: &Path) -> io::Result<Archive> {
        fs::create_dir_all(out)?;
        let zero = AtomicU64::default;
        let inner = Inner { out: out.to_owned(), stored: zero(), bytes: zero(), failed: zero() };
        Ok(Archive { inner: Arc::new(inner) })
    }

    /// What it took so far.
    pub fn counts(&self) -> Counts {
        Counts {
            stored: self.inner.stored.load(Ordering::Acquire),
            bytes: self.inner.bytes.load(Ordering::Acquire),
            failed: self.inner.failed.load(Ordering::Acquire),
        }
    }
}

impl Desk for Archive {
    fn admit(&self, request: Request) -> Result<Box<dyn Arrival>, Answer> {
        Ok(Box::new(Incoming { archive: self.inner.clone(), request, file: None, bytes: 0 }))
    }
}

/// One object under way into a temporary file beside its place.
struct Incoming {
    archive: Arc<Inner>,
    request: Request,
    /// Made with the first bytes, on the blocking thread.
    file: Option<io::Result<BufWriter<NamedTempFile>>>,
    bytes: u64,
}

impl Incoming {
    fn begin(&self) -> io::Result<BufWriter<NamedTempFile>> {
        let mut file = BufWriter::new(NamedTempFile::with_prefix_in(".tmp-", &self.archive.out)?);
        let meta = FileMetaTableBuilder::new()
            .media_storage_sop_class_uid(&self.request.sop_class)
            .media_storage_sop_instance_uid(&self.request.sop_instance)
            .transfer_syntax(self.request.transfer_syntax.uid)
            .implementation_class_uid(uid::IMPLEMENTATION_CLASS_UID)
            .implementation_version_name(uid::IMPLEMENTATION_VERSION)
            .build()
            .map_err(io::Error::other)?;
        file.write_all(&[0; 128])?;
        file.write_all(b"DICM")?;
        meta.write(&mut file).map_err(io::Error::other)?;
        Ok(file)
    }

    fn complete(&mut self) -> io::Result<()> {
        let file = self.file.take().unwrap_or_else(|| self.begin())?;
        let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
        // The acceptor checked the UID's syntax: digits and dots, so it is a file name.
        let place = self.archive.out.join(format!("{}.dcm", self.request.sop_instance));
        file.persist(place).map_err(|e| e.error)?;
        Ok(())
    }
}

impl Arrival for Incoming {
    fn data(&mut self, chunk: &[u8]) {
        let mut file = self.file.take().unwrap_or_else(|| self.begin());
        if let Ok(writer) = &mut file
            && let Err(error) = writer.write_all(chunk)
        {
            file = Err(error);
        }
        self.file = Some(file);
        self.bytes += chunk.len() as u64;
    }

    fn finish(mut self: Box<Self>) -> Answer {
        match self.complete() {
            Ok(()) => {
                self.archive.bytes.fetch_add(self.bytes, Ordering::AcqRel);
                self.archive.stored.fetch_add(1, Ordering::AcqRel);
                let class = sop_class::name(&self.request.sop_class);
                info!(bytes = self.bytes, class, "object stored");
                Answer { status: Status::SUCCESS, comment: None }
            }
            Err(error) => {
                self.archive.failed.fetch_add(1, Ordering::AcqRel);
                error!(%error, "an object could not be written");
                Answer { status: Status::OUT_OF_RESOURCES, comment: Some("STORAGE") }
            }
        }
    }
}

/// How the stand-in archive accepts: any caller, on this machine or not.
pub fn settings(ae_title: &str) -> receive::Settings {
    let anywhere = |ip: IpAddr| Caller {
        ae_title: "*".into(),
        address: AddressRange { network: ip, prefix: 0 },
    };
    receive::Settings {
        ae_title: ae_title.into(),
        callers: vec![
            anywhere(Ipv4Addr::UNSPECIFIED.into()),
            anywhere(std::net::Ipv6Addr::UNSPECIFIED.into()),
        ],
        allow_local: true,
        max_pdu: 128 * 1024,
        max_associations: 32,
        artim_timeout: Duration::from_secs(30),
        idle_timeout: Duration::from_secs(300),
        write_timeout: Duration::from_secs(60),
        unknown_sop_classes: UnknownClasses::Quarantine,
    }
}

/// Runs a stand-in archive on a bound listener until `shutdown` resolves.
///
/// # Errors
/// The folder cannot be made.
pub async fn serve(
    listener: TcpListener,
    out: &Path,
    ae_title: &str,
    shutdown: impl Future<Output = ()> + Send,
) -> anyhow::Result<Counts> {
    let archive = Arc::new(
        Archive::new(out).with_context(|| format!("cannot make the folder {}", out.display()))?,
    );
    let drain = Duration::from_secs(10);
    receive::serve(listener, settings(ae_title), archive.clone(), shutdown, drain).await;
    Ok(archive.counts())
}

/// Runs a stand-in archive on a port of this machine (all interfaces) until `shutdown` resolves; what it took.
///
/// # Errors
/// The port is taken, or the folder cannot be made.
pub async fn run(
    port: u16,
    out: &Path,
    ae_title: &str,
    shutdown: impl Future<Output = ()> + Send,
) -> anyhow::Result<Counts> {
    let address = SocketAddr::from((Ipv4Addr::UNSPECIFIED, port));
    let listener =
        TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))?;
    info!(%address, ae_title, out = %out.display(), "stand-in archive ready");
    serve(listener, out, ae_title, shutdown).await
}
