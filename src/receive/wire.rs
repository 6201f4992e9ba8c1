//! A connection as a row of PDUs, with a time limit on everything.

use std::io;

use bytes::BytesMut;
use dicom_ul::pdu::{AbortRQServiceProviderReason as AbortReason, AbortRQSource};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    time::{Duration, Instant, timeout, timeout_at},
};

use crate::dicom::pdu::{self, Incoming};

/// Bytes asked of the socket at a time: large, so that an object of 0.5 MB takes few system calls.
const READ_BUFFER: usize = 256 * 1024;

/// The buffer is replaced when less than this is free in it.
const LEAST_READ: usize = 32 * 1024;

/// Largest PDU that is not P-DATA-TF: 128 contexts with fifty transfer syntaxes each.
const MAX_CONTROL: u32 = 256 * 1024;

/// Why an association ended, or has to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The peer released it.
    Released,
    /// We did not admit it.
    Rejected,
    /// The peer sent A-ABORT.
    AbortedByPeer,
    /// The peer closed the connection, or it broke.
    ConnectionLost,
    /// The peer was quiet for too long, or did not take our answer.
    TimedOut,
    /// The gateway stops.
    Stopping,
    /// The peer broke the protocol; answered with A-ABORT for this reason.
    Protocol(Violation),
}

/// A breach of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Violation {
    /// The reason byte of the A-ABORT.
    reason: u8,
    /// What was wrong, in words for the log.
    what: &'static str,
    /// Where in it, if that is known; never a value.
    detail: Option<&'static str>,
}

impl End {
    pub(super) fn protocol(reason: AbortReason, what: &'static str) -> End {
        let bytes = pdu::abort(&AbortRQSource::ServiceProvider(reason));
        End::Protocol(Violation { reason: bytes[9], what, detail: None })
    }

    /// The same, more precisely.
    pub(super) fn with(self, detail: &'static str) -> End {
        match self {
            End::Protocol(violation) => {
                End::Protocol(Violation { detail: Some(detail), ..violation })
            }
            other => other,
        }
    }

    pub(super) fn unexpected(what: &'static str) -> End {
        End::protocol(AbortReason::UnexpectedPdu, what)
    }

    pub(super) fn invalid(what: &'static str) -> End {
        End::protocol(AbortReason::InvalidPduParameter, what)
    }

    /// The A-ABORT to send, if the connection is still of use.
    fn abort(self) -> Option<[u8; 10]> {
        let provider = |reason| [7, 0, 0, 0, 0, 4, 0, 0, 2, reason];
        match self {
            End::Protocol(violation) => Some(provider(violation.reason)),
            End::TimedOut | End::Stopping => Some(provider(0)),
            _ => None,
        }
    }

    /// For the log.
    pub(super) fn words(self) -> &'static str {
        match self {
            End::Released => "released",
            End::Rejected => "rejected",
            End::AbortedByPeer => "aborted by the peer",
            End::ConnectionLost => "connection lost",
            End::TimedOut => "timed out",
            End::Stopping => "aborted: the gateway stops",
            End::Protocol(violation) => violation.what,
        }
    }

    /// For the log, where there is more to say.
    pub(super) fn detail(self) -> Option<&'static str> {
        match self {
            End::Protocol(violation) => violation.detail,
            _ => None,
        }
    }
}

/// What carries an association: TCP, later TLS over it; a pipe in tests.
pub(super) trait Transport: AsyncRead + AsyncWrite + Unpin {
    /// Acknowledges what has arrived without the usual delay.
    ///
    /// Senders that write a PDU in two pieces under Nagle's algorithm (DCMTK does) hold back the second until the
    /// first is acknowledged; the kernel would wait 40 ms with that, for every object.
    fn acknowledge(&self) {}
}

impl Transport for tokio::net::TcpStream {
    fn acknowledge(&self) {
        #[cfg(target_os = "linux")]
        let _ = self.set_quickack(true);
    }
}

/// A connection.
pub(super) struct Wire<S> {
    stream: S,
    buffer: BytesMut,
    max_data: u32,
    write_timeout: Duration,
}

impl<S: Transport> Wire<S> {
    pub(super) fn new(stream: S, max_data: u32, write_timeout: Duration) -> Wire<S> {
        Wire { stream, buffer: BytesMut::with_capacity(LEAST_READ), max_data, write_timeout }
    }

    /// The next PDU. Loses nothing when dropped half-way.
    pub(super) async fn next(&mut self, deadline: Instant) -> Result<Incoming, End> {
        loop {
            match pdu::next(&mut self.buffer, self.max_data, MAX_CONTROL) {
                Ok(Some(incoming)) => return Ok(incoming),
                Ok(None) => {}
                Err(error) => {
                    let what = match error {
                        pdu::PduError::Unrecognized(_) => "not a DICOM PDU",
                        pdu::PduError::TooLarge { .. } => "a PDU over the bound",
                        pdu::PduError::Malformed(_) => "a malformed PDU",
                    };
                    let end = End::protocol(error.abort_reason(), what);
                    return Err(match error {
                        pdu::PduError::Malformed(kind) => end.with(pdu::name(kind)),
                        _ => end,
                    });
                }
            }
            let lacking = pdu::missing(&self.buffer).max(1);
            let free = self.buffer.capacity() - self.buffer.len();
            if free < lacking.min(LEAST_READ) || free == 0 {
                // The old buffer lives on in the fragments that were cut from it.
                self.buffer.reserve(READ_BUFFER.max(lacking));
            }
            match timeout_at(deadline, self.stream.read_buf(&mut self.buffer)).await {
                Err(_) => return Err(End::TimedOut),
                Ok(Ok(0) | Err(_)) => return Err(End::ConnectionLost),
                Ok(Ok(_)) if pdu::missing(&self.buffer) > 0 => self.stream.acknowledge(),
                Ok(Ok(_)) => {}
            }
        }
    }

    /// Writes PDUs in one go.
    pub(super) async fn write(&mut self, bytes: &[u8]) -> Result<(), End> {
        match timeout(self.write_timeout, self.stream.write_all(bytes)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(End::ConnectionLost),
            Err(_) => Err(End::TimedOut),
        }
    }

    /// Ends the connection: an A-ABORT where one is due, then waits for the peer to close (ARTIM, PS3.8 9.2.3) and
    /// throws away what it still sends.
    pub(super) async fn close(mut self, end: End, artim: Duration) {
        let deadline = Instant::now() + artim;
        if let Some(abort) = end.abort()
            && timeout_at(deadline, self.stream.write_all(&abort)).await.is_err()
        {
            return;
        }
        if matches!(end, End::ConnectionLost | End::AbortedByPeer) {
            return;
        }
        let _ = timeout_at(deadline, async {
            self.stream.shutdown().await?;
            self.buffer = BytesMut::zeroed(LEAST_READ);
            while self.stream.read(&mut self.buffer).await? > 0 {}
            io::Result::Ok(())
        })
        .await;
    }
}
