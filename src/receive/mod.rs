//! Storage and Verification SCP: accept, admit, collect one object at a time, answer.

mod address;
mod admission;
mod association;
pub mod collect;
mod lobby;
mod object;
#[cfg(test)]
mod tests;
mod wire;

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
    task::JoinSet,
};
use tracing::{Instrument, debug, info_span, warn};

pub use address::{AddressRange, NotAnAddress};
use lobby::Lobby;

use crate::{dicom::dimse::Status, records::Origin};

/// How associations are accepted.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Our AE title; a called AE title that differs is rejected (1/1/7).
    pub ae_title: String,
    /// Callers from elsewhere than this machine. An empty list admits this machine alone.
    pub callers: Vec<Caller>,
    /// Whether any calling AE title is admitted from a loopback address.
    pub allow_local: bool,
    /// Largest P-DATA-TF that we advertise and take, bytes.
    pub max_pdu: u32,
    /// Associations at once; more are rejected (2/3/2). As many connections again, but eight at least, may wait for
    /// an association at one address. Addresses from which nobody may call have eight connections together.
    pub max_associations: usize,
    /// From the connection to the A-ASSOCIATE-RQ, and from a release to the close (ARTIM, PS3.8 9.1.4).
    pub artim_timeout: Duration,
    /// Between two steps of an open association; PDUs and fragments without content are none.
    pub idle_timeout: Duration,
    /// For the answer to be taken by the peer.
    pub write_timeout: Duration,
    /// Storage classes that are private or unknown: refused in the presentation context, or accepted for quarantine.
    pub unknown_sop_classes: UnknownClasses,
}

/// Who may call.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Calling AE title, exact; `*` for any.
    pub ae_title: String,
    /// Source address or network (`10.1.2.3`, `10.1.0.0/16`, `fd00::/8`).
    pub address: AddressRange,
}

/// What to do with a storage class that the dictionary does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnknownClasses {
    /// Reject the presentation context (abstract syntax not supported).
    Refuse,
    /// Accept, and quarantine every object.
    Quarantine,
}

/// A C-STORE request whose data set is about to come.
pub struct Request {
    /// Where it comes from.
    pub origin: Origin,
    /// The peer.
    pub peer: SocketAddr,
    /// (0000,0002), equal to the presentation context's abstract syntax.
    pub sop_class: String,
    /// (0000,1000): an identifier of the original; never to be logged.
    pub sop_instance: String,
    /// The presentation context's transfer syntax.
    pub transfer_syntax: &'static crate::dicom::syntax::TransferSyntax,
}

/// The answer to a C-STORE request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: Status,
    /// (0000,0902): a rule id, 64 characters at most; never a value.
    pub comment: Option<&'static str>,
}

/// What stands behind the Storage SCP. The gateway's pipeline is one, the stand-in archive another.
pub trait Desk: Send + Sync + 'static {
    /// Whether there is room for objects at all, asked for each association; must not block. While there is none,
    /// associations are rejected (2/3/1, temporary congestion).
    fn ready(&self) -> bool {
        true
    }

    /// Asked when the command has come and before any data is taken; must not block.
    ///
    /// # Errors
    /// The refusal: the data set is then drained unread and answered with it.
    fn admit(&self, request: Request) -> Result<Box<dyn Arrival>, Answer>;
}

/// One object under way. Called on a blocking thread, in order. Dropped without `finish` where the association ends
/// or the object is incomplete: then nothing may stay of it.
pub trait Arrival: Send {
    /// The next bytes of the data set as they came (still deflated where the syntax is). After a failure
    /// further bytes are ignored.
    fn data(&mut self, chunk: &[u8]);

    /// The data set is complete. Success means that the object's fate is durable.
    fn finish(self: Box<Self>) -> Answer;
}

/// The longest ARTIM for addresses from which nobody may call.
const STRANGERS_ARTIM: Duration = Duration::from_secs(5);

/// How long an association may be quiet between two messages once the gateway is stopping.
const QUIET_WHILE_DRAINING: Duration = Duration::from_secs(2);

/// What the associations of one SCP have in common.
struct Hall {
    settings: Settings,
    desk: Arc<dyn Desk>,
    /// One permit per admitted association.
    slots: Arc<Semaphore>,
    /// One place per connection without an association.
    lobby: Arc<Lobby>,
    phase: watch::Receiver<Phase>,
}

/// Where the SCP stands between start and end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd)]
enum Phase {
    Open,
    /// No new associations; those that are quiet are ended.
    Draining,
    /// Whatever still goes on is aborted.
    Closing,
}

/// Runs the SCP on a bound listener until `shutdown` resolves; then takes no new association and waits for the open
/// ones, at most `drain`. Those that are quiet for two seconds between messages are ended sooner.
pub async fn serve(
    listener: TcpListener,
    settings: Settings,
    desk: Arc<dyn Desk>,
    shutdown: impl Future<Output = ()> + Send,
    drain: Duration,
) {
    let (phase, watched) = watch::channel(Phase::Open);
    let slots = Arc::new(Semaphore::new(settings.max_associations.min(Semaphore::MAX_PERMITS)));
    let lobby = Lobby::new(settings.max_associations);
    let hall = Arc::new(Hall { settings, desk, slots, lobby, phase: watched });
    let mut tasks = JoinSet::new();
    tokio::pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => greet(&mut tasks, stream, peer, &hall),
                Err(error) => {
                    // Out of descriptors, mostly: give the open ones time to end.
                    warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
            },
            Some(_) = tasks.join_next() => {}
        }
    }
    drop(listener);
    phase.send_replace(Phase::Draining);
    let everyone = async { while tasks.join_next().await.is_some() {} };
    if tokio::time::timeout(drain, everyone).await.is_err() {
        warn!(open = tasks.len(), "aborting the associations that are still open");
        phase.send_replace(Phase::Closing);
        let everyone = async { while tasks.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(Duration::from_secs(5), everyone).await;
    }
}

fn greet(tasks: &mut JoinSet<()>, stream: TcpStream, peer: SocketAddr, hall: &Arc<Hall>) {
    static NUMBER: AtomicU64 = AtomicU64::new(1);
    let peer = SocketAddr::new(peer.ip().to_canonical(), peer.port());
    let stranger = !admission::may_call_from(&hall.settings, peer.ip());
    let Some(place) = hall.lobby.enter(peer.ip(), stranger) else {
        warn!(%peer, stranger, "connection closed: too many at once");
        return;
    };
    if let Err(error) = prepare(&stream) {
        debug!(%peer, %error, "connection lost before it began");
        return;
    }
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let artim = match hall.settings.artim_timeout {
        artim if stranger => artim.min(STRANGERS_ARTIM),
        artim => artim,
    };
    let span = info_span!(
        "association",
        number,
        %peer,
        calling = tracing::field::Empty,
        called = tracing::field::Empty
    );
    let hall = hall.clone();
    let caller = association::Caller { peer, number, place, artim };
    tasks.spawn(async move { association::run(stream, caller, &hall).await }.instrument(span));
}

/// No delay for small PDUs (Nagle's algorithm costs 40 ms per object against delayed acknowledgements); dead peers
/// are noticed.
fn prepare(stream: &TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let keepalive = socket2::TcpKeepalive::new()
        .with_time(Duration::from_secs(60))
        .with_interval(Duration::from_secs(15));
    socket2::SockRef::from(stream).set_tcp_keepalive(&keepalive)
}
