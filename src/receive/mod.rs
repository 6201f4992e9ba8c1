//! Storage and Verification SCP: accept, admit, collect one object at a time, answer.

pub mod association;
pub mod collect;

use std::{net::SocketAddr, sync::Arc, time::Duration};

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
    /// Associations at once; more are rejected (2/3/2).
    pub max_associations: usize,
    /// From the connection to the A-ASSOCIATE-RQ, and from a release to the close (ARTIM, PS3.8 9.1.4).
    pub artim_timeout: Duration,
    /// Between two PDUs of an open association.
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

/// An address or network in CIDR notation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AddressRange {
    /// The network's address.
    pub network: std::net::IpAddr,
    /// Bits that count.
    pub prefix: u8,
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

/// Runs the SCP on a bound listener until `shutdown` resolves; then takes no new association and waits for the open
/// ones, at most `drain`.
pub async fn serve(
    listener: tokio::net::TcpListener,
    settings: Settings,
    desk: Arc<dyn Desk>,
    shutdown: impl Future<Output = ()> + Send,
    drain: Duration,
) {
    let _ = (listener, settings, desk, drain);
    shutdown.await;
    todo!()
}
