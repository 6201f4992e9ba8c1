//! A scripted peer that says exactly the bytes it is told, and a desk that remembers what reached it.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::BytesMut;
use dicom_ul::pdu::{AssociationAC, AssociationRQ, PresentationContextProposed, UserVariableItem};
use tokumei::{
    dicom::{
        dimse::{Command, Status},
        pdu::{self, Incoming, Pdu},
        uid,
    },
    receive::{self, Answer, Arrival, Desk, Request, UnknownClasses},
};

pub const CT: &str = "1.2.840.10008.5.1.4.1.1.2";
pub const IMPLICIT: &str = "1.2.840.10008.1.2";
pub const EXPLICIT: &str = "1.2.840.10008.1.2.1";
const MAX: u32 = 1 << 20;

/// SOP Instance UIDs that make the desk misbehave.
pub const REFUSED: &str = "1.2.3.997";
pub const PANICS_AT_DATA: &str = "1.2.3.998";
pub const PANICS_AT_END: &str = "1.2.3.999";
pub const PANICS_AT_ONCE: &str = "1.2.3.996";
/// Taken only once [`Seen::open`] is set, and not remembered.
pub const SLOW: &str = "1.2.3.995";

/// What reached the desk.
#[derive(Default)]
pub struct Seen {
    pub complete: Mutex<Vec<(String, &'static str, Vec<u8>)>>,
    pub dropped: AtomicU32,
    pub full: AtomicBool,
    pub open: AtomicBool,
    /// Bytes that a slow object took.
    pub taken: AtomicUsize,
}

pub struct Recorder(pub Arc<Seen>);

struct Object {
    seen: Arc<Seen>,
    request: Request,
    data: Vec<u8>,
    done: bool,
}

impl Desk for Recorder {
    fn ready(&self) -> bool {
        !self.0.full.load(Ordering::Acquire)
    }

    fn admit(&self, request: Request) -> Result<Box<dyn Arrival>, Answer> {
        match request.sop_instance.as_str() {
            REFUSED => Err(Answer { status: Status::OUT_OF_RESOURCES, comment: Some("NO_ROOM") }),
            PANICS_AT_ONCE => panic!("at once"),
            _ => Ok(Box::new(Object {
                seen: self.0.clone(),
                request,
                data: Vec::new(),
                done: false,
            })),
        }
    }
}

impl Arrival for Object {
    fn data(&mut self, chunk: &[u8]) {
        assert_ne!(self.request.sop_instance, PANICS_AT_DATA);
        if self.request.sop_instance == SLOW {
            while !self.seen.open.load(Ordering::Acquire) {
                std::thread::sleep(Duration::from_millis(5));
            }
            self.seen.taken.fetch_add(chunk.len(), Ordering::AcqRel);
            return;
        }
        self.data.extend_from_slice(chunk);
    }

    fn finish(mut self: Box<Self>) -> Answer {
        assert_ne!(self.request.sop_instance, PANICS_AT_END);
        self.done = true;
        self.seen.complete.lock().unwrap().push((
            self.request.sop_instance.clone(),
            self.request.transfer_syntax.uid,
            std::mem::take(&mut self.data),
        ));
        Answer { status: Status::SUCCESS, comment: None }
    }
}

impl Drop for Object {
    fn drop(&mut self) {
        if !self.done {
            self.seen.dropped.fetch_add(1, Ordering::AcqRel);
        }
    }
}

pub fn settings() -> receive::Settings {
    receive::Settings {
        ae_title: "TOKUMEI".into(),
        callers: Vec::new(),
        allow_local: true,
        max_pdu: 131_072,
        max_associations: 4,
        artim_timeout: Duration::from_millis(700),
        idle_timeout: Duration::from_millis(900),
        write_timeout: Duration::from_secs(2),
        unknown_sop_classes: UnknownClasses::Refuse,
    }
}

/// An acceptor on a port of its own; ends with the value.
pub struct Server {
    pub address: SocketAddr,
    pub seen: Arc<Seen>,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Server {
    pub fn start(settings: receive::Settings) -> Server {
        let seen = Arc::new(Seen::default());
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let (tell, told) = std::sync::mpsc::channel();
        let desk = Arc::new(Recorder(seen.clone()));
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
                tell.send(listener.local_addr().unwrap()).unwrap();
                let shutdown = async { drop(stopped.await) };
                receive::serve(listener, settings, desk, shutdown, Duration::from_secs(3)).await;
            });
        });
        Server { address: told.recv().unwrap(), seen, stop: Some(stop), thread: Some(thread) }
    }

    pub fn connect(&self) -> Peer {
        self.connect_from([127, 0, 0, 1])
    }

    /// A connection from this address of the machine (all of 127.0.0.0/8 are).
    pub fn connect_from(&self, from: [u8; 4]) -> Peer {
        let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None);
        let socket = socket.unwrap();
        socket.bind(&SocketAddr::from((from, 0)).into()).unwrap();
        socket.connect(&self.address.into()).unwrap();
        let stream = TcpStream::from(socket);
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        stream.set_nodelay(true).unwrap();
        Peer { stream, buffer: BytesMut::new(), peer_max: 0 }
    }

    /// An association with CT in two transfer syntaxes (1 and 3) and Verification (5).
    pub fn associate(&self) -> Peer {
        let mut peer = self.connect();
        peer.send_pdu(&Pdu::AssociationRQ(request()));
        peer.accepted();
        peer
    }

    /// Tells it to stop, and waits.
    pub fn stop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
    }
}

pub fn context(id: u8, class: &str, syntaxes: &[&str]) -> PresentationContextProposed {
    PresentationContextProposed {
        id,
        abstract_syntax: class.into(),
        transfer_syntaxes: syntaxes.iter().map(|s| (*s).into()).collect(),
    }
}

pub fn request() -> AssociationRQ {
    AssociationRQ {
        protocol_version: 1,
        calling_ae_title: "MODALITY".into(),
        called_ae_title: "TOKUMEI".into(),
        application_context_name: uid::APPLICATION_CONTEXT.into(),
        presentation_contexts: vec![
            context(1, CT, &[EXPLICIT]),
            context(3, CT, &[IMPLICIT]),
            context(5, uid::VERIFICATION, &[IMPLICIT]),
        ],
        user_variables: vec![UserVariableItem::MaxLength(16_384)],
    }
}

/// One side of a connection.
pub struct Peer {
    pub stream: TcpStream,
    buffer: BytesMut,
    pub peer_max: u32,
}

/// How the other side ended it.
#[derive(Debug, PartialEq, Eq)]
pub enum Ended {
    /// A-ABORT with source and reason, then the close.
    Abort(u8, u8),
    Closed,
}

impl Peer {
    pub fn new(stream: TcpStream) -> Peer {
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        Peer { stream, buffer: BytesMut::new(), peer_max: 0 }
    }

    pub fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
    }

    pub fn send_pdu(&mut self, pdu: &Pdu) {
        let bytes = pdu::encode(pdu).unwrap();
        self.send(&bytes);
    }

    /// The next PDU; `None` at the close.
    pub fn next(&mut self) -> Option<Incoming> {
        loop {
            if let Some(pdu) = pdu::next(&mut self.buffer, MAX, MAX).unwrap() {
                return Some(pdu);
            }
            let mut bytes = [0; 65_536];
            match self.stream.read(&mut bytes) {
                Ok(0) => return None,
                Ok(n) => self.buffer.extend_from_slice(&bytes[..n]),
                Err(e) if e.kind() == std::io::ErrorKind::ConnectionReset => return None,
                Err(e) => panic!("no answer: {e}"),
            }
        }
    }

    pub fn control(&mut self) -> Pdu {
        match self.next() {
            Some(Incoming::Control(pdu)) => pdu,
            _ => panic!("not a control PDU"),
        }
    }

    pub fn accepted(&mut self) -> AssociationAC {
        match self.control() {
            Pdu::AssociationAC(ac) => {
                for item in &ac.user_variables {
                    if let UserVariableItem::MaxLength(max) = item {
                        self.peer_max = *max;
                    }
                }
                ac
            }
            other => panic!("{other:?}"),
        }
    }

    /// Result, source and reason of an A-ASSOCIATE-RJ.
    pub fn rejected(&mut self) -> [u8; 3] {
        let mut bytes = [0; 10];
        self.stream.read_exact(&mut bytes).unwrap();
        assert_eq!(bytes[..7], [3, 0, 0, 0, 0, 4, 0]);
        assert_eq!(self.stream.read(&mut [0; 1]).unwrap(), 0, "closed after the rejection");
        [bytes[7], bytes[8], bytes[9]]
    }

    pub fn ended(&mut self) -> Ended {
        let mut bytes = self.buffer.to_vec();
        let _ = self.stream.read_to_end(&mut bytes);
        match bytes[..] {
            [] => Ended::Closed,
            [7, 0, 0, 0, 0, 4, 0, 0, source, reason] => Ended::Abort(source, reason),
            _ => panic!("{bytes:?}"),
        }
    }

    pub fn command(&mut self, context: u8, command: &Command) {
        let mut out = Vec::new();
        pdu::push_command(&mut out, context, &command.encode(None), 16_000);
        self.send(&out);
    }

    pub fn data(&mut self, context: u8, last: bool, bytes: &[u8]) {
        let mut out = pdu::data_header(context, false, last, bytes.len() as u32).to_vec();
        out.extend_from_slice(bytes);
        self.send(&out);
    }

    /// A response's command set.
    pub fn response(&mut self) -> Command {
        let mut bytes = Vec::new();
        loop {
            match self.next() {
                Some(Incoming::Data(pdvs)) => {
                    for pdv in pdvs {
                        assert!(pdv.command);
                        bytes.extend_from_slice(&pdv.data);
                        if pdv.last {
                            return Command::parse(&bytes).unwrap();
                        }
                    }
                }
                Some(Incoming::Control(pdu)) => panic!("{pdu:?}"),
                None => panic!("closed without a response"),
            }
        }
    }

    pub fn status(&mut self) -> u16 {
        match self.response() {
            Command::StoreResponse { status, .. }
            | Command::EchoResponse { status, .. }
            | Command::OtherResponse { status, .. } => status.0,
            other => panic!("{other:?}"),
        }
    }

    pub fn echo(&mut self) -> u16 {
        self.command(5, &Command::EchoRequest { message_id: 77 });
        self.status()
    }

    pub fn store(&mut self, context: u8, instance: &str, data: &[u8]) -> u16 {
        self.command(context, &store(1, CT, instance));
        for part in data.chunks(131_066) {
            self.data(context, false, part);
        }
        self.data(context, true, b"");
        self.status()
    }

    pub fn release(&mut self) {
        self.send(&pdu::RELEASE_RQ);
        assert_eq!(self.control(), Pdu::ReleaseRP);
        assert!(self.next().is_none(), "closed after the release");
    }
}

pub fn store(message_id: u16, class: &str, instance: &str) -> Command {
    Command::StoreRequest { message_id, sop_class: class.into(), sop_instance: instance.into() }
}
