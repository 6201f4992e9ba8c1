//! The forwarder: from the store to archives that behave, fail, refuse, and break off.

use std::{
    collections::BTreeMap,
    io::Write,
    net::{SocketAddr, TcpListener},
    path::Path,
    process::{Child, Command as Process, Stdio},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use dicom_ul::pdu::{Pdu, PresentationContextResult, PresentationContextResultReason as Reason};
use tokumei::{
    dicom::{
        dimse::{Command, Status},
        pdu::{self, Incoming},
    },
    forward::{self, Destination, Forwarder},
    operate::archive,
    records::{Fate, Origin, keyring::KeyRing},
    store::{Access, Arrival, Counts, ObjectId, Settings, State, Store},
};

use crate::{
    peer::{CT, EXPLICIT, IMPLICIT, Peer},
    tools::{dcmtk, part10},
};

const MR: &str = "1.2.840.10008.5.1.4.1.1.4";

/// A store with a folder of its own.
struct World {
    store: Option<Store>,
    folder: tempfile::TempDir,
}

impl World {
    fn new() -> World {
        let folder = tempfile::tempdir().unwrap();
        let mut world = World { store: None, folder };
        world.open();
        world
    }

    /// Opens the store (again).
    fn open(&mut self) {
        self.store = None;
        let settings = Settings {
            directory: self.folder.path().join("data"),
            max_waiting: 10_000,
            min_free_bytes: 0,
        };
        let (store, _) =
            Store::open(&settings, Arc::new(KeyRing::ephemeral()), Access::Gateway).unwrap();
        self.store = Some(store);
    }

    fn store(&self) -> Store {
        self.store.clone().unwrap()
    }

    /// Puts a CT object of this many pixel bytes into the outgoing queue; its number and data set.
    fn put(&self, instance: &str, class: &str, pixels: usize) -> (ObjectId, Vec<u8>) {
        let path = self.folder.path().join("made.dcm");
        let data = part10(&path, instance, pixels);
        let store = self.store();
        let mut file = store.outgoing(instance).unwrap();
        file.write_all(&std::fs::read(&path).unwrap()).unwrap();
        let arrival = Arrival {
            fate: Fate::Released,
            file: file.finish().unwrap(),
            route: "research".into(),
            destination: "research".into(),
            sop_class: class.into(),
            transfer_syntax: EXPLICIT.into(),
            sop_instance: instance.into(),
            series: "2.25.2".into(),
            study: "2.25.3".into(),
            modality: "CT".into(),
            reasons: Vec::new(),
            cautions: Vec::new(),
            origin: Origin {
                association: 1,
                calling_ae: "MODALITY".into(),
                address: "127.0.0.1".into(),
            },
            bytes_in: data.len() as u64,
            policy: "test".into(),
            links: vec![],
            supersedes: None,
        };
        (store.commit(arrival).unwrap(), data)
    }

    fn start(&self, address: SocketAddr, associations: usize) -> Arc<Forwarder> {
        Arc::new(Forwarder::start(destination(address, associations), self.store()))
    }

    /// Waits until the counts are as they should be.
    fn until(&self, what: impl Fn(&Counts) -> bool) -> Counts {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let counts = self.store().counts().unwrap();
            if what(&counts) {
                return counts;
            }
            assert!(Instant::now() < deadline, "{counts:?}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn state(&self, id: ObjectId) -> (State, String) {
        let row = self.store().get(id).unwrap();
        (row.state, row.last_error)
    }
}

fn destination(address: SocketAddr, associations: usize) -> Destination {
    Destination {
        name: "research".into(),
        ae_title: "ARCHIVE".into(),
        address: address.to_string(),
        calling_ae_title: "VENDOR_GW".into(),
        associations,
        connect_timeout: Duration::from_secs(2),
        response_timeout: Duration::from_secs(2),
        linger: Duration::from_millis(300),
        retry_first: Duration::from_millis(40),
        retry_longest: Duration::from_millis(200),
    }
}

const DRAIN: Duration = Duration::from_secs(5);

/// The stand-in archive on a port of its own.
struct StandIn {
    address: SocketAddr,
    out: tempfile::TempDir,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<archive::Counts>>,
}

impl StandIn {
    fn start() -> StandIn {
        let out = tempfile::tempdir().unwrap();
        let folder = out.path().to_owned();
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let (tell, told) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
                tell.send(listener.local_addr().unwrap()).unwrap();
                archive::serve(listener, &folder, "ARCHIVE", async { drop(stopped.await) })
                    .await
                    .unwrap()
            })
        });
        StandIn { address: told.recv().unwrap(), out, stop: Some(stop), thread: Some(thread) }
    }

    fn stop(&mut self) -> archive::Counts {
        drop(self.stop.take());
        self.thread.take().unwrap().join().unwrap()
    }

    /// The data set of a file that it wrote.
    fn data(&self, instance: &str) -> Vec<u8> {
        data_set(&self.out.path().join(format!("{instance}.dcm")))
    }
}

fn data_set(path: &Path) -> Vec<u8> {
    let bytes = std::fs::read(path).unwrap();
    assert_eq!(&bytes[128..132], b"DICM");
    let meta = u32::from_le_bytes(bytes[140..144].try_into().unwrap()) as usize;
    bytes[144 + meta..].to_vec()
}

/// An archive that does with each object what a rule says.
struct Scripted {
    address: SocketAddr,
    /// UIDs in the order in which they came, with how they were answered.
    log: Arc<Mutex<Vec<(String, Act)>>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    Answer(u16),
    Abort,
    Close,
}

impl Scripted {
    fn start(rule: impl Fn(&str, usize) -> Act + Send + Sync + 'static) -> Scripted {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let log = Arc::new(Mutex::new(Vec::new()));
        let (rule, kept) = (Arc::new(rule), log.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (rule, log) = (rule.clone(), kept.clone());
                let mut peer = Peer::new(stream.unwrap());
                std::thread::spawn(move || serve(&mut peer, &*rule, &log));
            }
        });
        Scripted { address, log }
    }

    fn times(&self, instance: &str) -> usize {
        self.log.lock().unwrap().iter().filter(|(uid, _)| uid == instance).count()
    }
}

/// CT in explicit is accepted, all else refused.
fn serve(
    peer: &mut Peer,
    rule: &(dyn Fn(&str, usize) -> Act + Send + Sync),
    log: &Mutex<Vec<(String, Act)>>,
) -> Option<()> {
    let Incoming::Control(Pdu::AssociationRQ(rq)) = peer.next()? else { return None };
    let results = rq.presentation_contexts.iter().map(|context| PresentationContextResult {
        id: context.id,
        reason: if context.abstract_syntax == CT {
            Reason::Acceptance
        } else {
            Reason::AbstractSyntaxNotSupported
        },
        transfer_syntax: if context.abstract_syntax == CT { EXPLICIT } else { IMPLICIT }.into(),
    });
    let ac = dicom_ul::pdu::AssociationAC {
        protocol_version: 1,
        calling_ae_title: rq.calling_ae_title.clone(),
        called_ae_title: rq.called_ae_title.clone(),
        application_context_name: rq.application_context_name.clone(),
        presentation_contexts: results.collect(),
        user_variables: vec![dicom_ul::pdu::UserVariableItem::MaxLength(16_384)],
    };
    peer.send_pdu(&Pdu::AssociationAC(ac));
    let (mut command, mut request) = (Vec::new(), None);
    loop {
        match peer.next()? {
            Incoming::Control(_) => {
                peer.send(&pdu::RELEASE_RP);
                return None;
            }
            Incoming::Data(pdvs) => {
                for pdv in pdvs {
                    if pdv.command {
                        command.extend_from_slice(&pdv.data);
                        if pdv.last {
                            request = Some(Command::parse(&command).unwrap());
                            command.clear();
                        }
                        continue;
                    }
                    if !pdv.last {
                        continue;
                    }
                    let Some(Command::StoreRequest { message_id, sop_instance, .. }) =
                        request.take()
                    else {
                        panic!()
                    };
                    let act = {
                        let mut log = log.lock().unwrap();
                        let before = log.iter().filter(|(uid, _)| *uid == sop_instance).count();
                        let act = rule(&sop_instance, before);
                        log.push((sop_instance, act));
                        act
                    };
                    match act {
                        Act::Abort => {
                            peer.send(&[7, 0, 0, 0, 0, 4, 0, 0, 2, 0]);
                            return None;
                        }
                        Act::Close => return None,
                        Act::Answer(status) => {
                            let response = Command::StoreResponse {
                                message_id,
                                sop_class: String::new(),
                                sop_instance: String::new(),
                                status: Status(status),
                            };
                            let mut out = Vec::new();
                            pdu::push_command(
                                &mut out,
                                pdv.context_id,
                                &response.encode(None),
                                1000,
                            );
                            peer.send(&out);
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn what_waits_is_delivered_byte_for_byte() {
    let world = World::new();
    let mut archive = StandIn::start();
    let mut sent = BTreeMap::new();
    for i in 0..10 {
        let uid = format!("2.25.1{i}");
        sent.insert(uid.clone(), world.put(&uid, CT, 1000 + 70_000 * i).1);
    }
    let forwarder = world.start(archive.address, 3);
    world.until(|c| c.delivered == 10);
    // And what comes later, in another class.
    let (id, data) = world.put("2.25.99", MR, 500);
    sent.insert("2.25.99".into(), data);
    forwarder.notify();
    world.until(|c| c.delivered == 11 && c.waiting == 0);
    assert_eq!(world.state(id).0, State::Delivered);
    for (uid, data) in &sent {
        assert!(archive.data(uid) == *data, "{uid}");
    }
    forwarder.stop(DRAIN);
    let counts = archive.stop();
    assert_eq!((counts.stored, counts.failed), (11, 0));
}

#[test]
fn echo_finds_an_archive_or_says_why_not() {
    let archive = StandIn::start();
    assert!(forward::echo(&destination(archive.address, 1)).is_ok());
    let wrong = Destination { ae_title: "OTHER".into(), ..destination(archive.address, 1) };
    let why = forward::echo(&wrong).unwrap_err();
    assert!(why.contains("called AE title"), "{why}");
}

#[test]
fn refusals_are_parked_and_warnings_are_deliveries() {
    let world = World::new();
    let archive = Scripted::start(|uid, _| {
        Act::Answer(match uid {
            "2.25.1" => 0xB000,
            "2.25.2" => 0xA900,
            "2.25.3" => 0xC001,
            "2.25.4" => 0x0122,
            _ => 0,
        })
    });
    let ids: Vec<_> = (1..=5).map(|i| world.put(&format!("2.25.{i}"), CT, 10).0).collect();
    let (other, _) = world.put("2.25.6", MR, 10);
    let forwarder = world.start(archive.address, 1);
    world.until(|c| c.delivered == 2 && c.parked == 4);
    assert_eq!(world.state(ids[0]).0, State::Delivered);
    assert_eq!(world.state(ids[1]), (State::Parked, "the destination answered A900H".into()));
    assert_eq!(world.state(ids[4]).0, State::Delivered);
    let (state, why) = world.state(other);
    assert_eq!(state, State::Parked);
    assert!(why.contains("does not accept"), "{why}");
    assert_eq!(archive.times("2.25.6"), 0);
    forwarder.stop(DRAIN);
}

#[test]
fn a_full_archive_is_tried_again_until_it_takes() {
    let world = World::new();
    let archive = Scripted::start(|_, before| Act::Answer(if before < 3 { 0xA700 } else { 0 }));
    for i in 1..=3 {
        world.put(&format!("2.25.{i}"), CT, 10);
    }
    let forwarder = world.start(archive.address, 2);
    let counts = world.until(|c| c.delivered == 3);
    assert_eq!(counts.parked, 0);
    forwarder.stop(DRAIN);
}

#[test]
fn a_poison_object_does_not_block_its_neighbours() {
    let world = World::new();
    let archive = Scripted::start(|uid, _| match uid {
        "2.25.1" => Act::Abort,
        "2.25.2" => Act::Close,
        _ => Act::Answer(0),
    });
    let (aborts, _) = world.put("2.25.1", CT, 10);
    let (closes, _) = world.put("2.25.2", CT, 40_000);
    for i in 3..40 {
        world.put(&format!("2.25.{i}"), CT, 10);
    }
    let forwarder = world.start(archive.address, 2);
    let begun = Instant::now();
    world.until(|c| c.delivered == 37);
    assert!(begun.elapsed() < Duration::from_secs(5));
    world.until(|c| c.parked == 2);
    assert_eq!(world.state(aborts).0, State::Parked);
    assert_eq!(world.state(closes).0, State::Parked);
    let tries = archive.times("2.25.1");
    assert!((5..=15).contains(&tries), "{tries}");
    forwarder.stop(DRAIN);
}

#[test]
fn an_archive_that_is_away_is_waited_for_and_a_restart_resumes() {
    let mut world = World::new();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for i in 1..=4 {
        world.put(&format!("2.25.{i}"), CT, 10);
    }
    let forwarder = world.start(port, 2);
    std::thread::sleep(Duration::from_millis(500));
    let counts = world.store().counts().unwrap();
    assert_eq!((counts.waiting, counts.parked), (4, 0));
    assert!(world.store().waiting("research", &[], 9).unwrap().iter().any(|r| r.attempts > 0));
    forwarder.stop(DRAIN);

    world.open();
    let archive = Scripted::start(|_, _| Act::Answer(0));
    let forwarder = world.start(archive.address, 2);
    world.until(|c| c.delivered == 4);
    for i in 1..=4 {
        assert_eq!(archive.times(&format!("2.25.{i}")), 1);
    }
    forwarder.stop(DRAIN);
}

#[test]
fn a_file_that_is_gone_does_not_block_its_neighbours() {
    let world = World::new();
    let (gone, _) = world.put("2.25.1", CT, 10);
    std::fs::remove_file(world.store().get(gone).unwrap().file).unwrap();
    let (torn, _) = world.put("2.25.2", CT, 10);
    std::fs::write(world.store().get(torn).unwrap().file, b"torn").unwrap();
    world.put("2.25.3", CT, 10);
    let archive = Scripted::start(|_, _| Act::Answer(0));
    let forwarder = world.start(archive.address, 1);
    world.until(|c| c.delivered == 1 && c.parked == 2);
    assert_eq!(archive.times("2.25.1") + archive.times("2.25.2"), 0);
    forwarder.stop(DRAIN);
}

#[test]
fn stopping_cuts_off_an_archive_that_hangs() {
    let world = World::new();
    let (id, _) = world.put("2.25.1", CT, 10);
    let archive = Scripted::start(|_, _| {
        std::thread::sleep(Duration::from_secs(30));
        Act::Close
    });
    let forwarder = Forwarder::start(
        Destination {
            response_timeout: Duration::from_secs(60),
            ..destination(archive.address, 1)
        },
        world.store(),
    );
    std::thread::sleep(Duration::from_millis(500));
    let begun = Instant::now();
    Arc::new(forwarder).stop(Duration::from_millis(200));
    assert!(begun.elapsed() < Duration::from_secs(4));
    assert_eq!(world.state(id).0, State::Waiting);
}

/// Ends a process with the value.
struct Reaped(Child);

impl Drop for Reaped {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn an_archive_that_serves_one_association_at_a_time_is_not_waited_for() {
    let world = World::new();
    for i in 0..30 {
        world.put(&format!("2.25.{i}"), CT, 10);
    }
    // Connections beside the first are let in by the system, but nobody answers them.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let log = Arc::new(Mutex::new(Vec::new()));
    let kept = log.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            serve(&mut Peer::new(stream.unwrap()), &|_, _| Act::Answer(0), &kept);
        }
    });
    let begun = Instant::now();
    let forwarder = world.start(address, 4);
    world.until(|c| c.delivered == 30);
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    assert_eq!(log.lock().unwrap().len(), 30);
    forwarder.stop(DRAIN);
}

#[test]
fn dcmtk_storescp_takes_what_it_accepts() {
    let Some(storescp) = dcmtk("storescp") else { return };
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let out = tempfile::tempdir().unwrap();
    // +B: the data set exactly as it came. The default accepts uncompressed storage only.
    let child = Process::new(storescp)
        .args(["+B", "-aet", "ARCHIVE", "-od"])
        .arg(out.path())
        .arg(port.port().to_string())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let _archive = Reaped(child);
    let world = World::new();
    let (_, data) = world.put("2.25.1", CT, 700_000);
    let (refused, _) = world.put("2.25.2", "1.3.12.2.1107.5.9.1", 10);
    world.put("2.25.3", MR, 10);
    let forwarder = world.start(port, 1);
    world.until(|c| c.delivered == 2 && c.parked == 1);
    assert_eq!(world.state(refused).0, State::Parked);
    assert!(forward::echo(&destination(port, 1)).is_ok());
    forwarder.stop(DRAIN);
    let file = std::fs::read_dir(out.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.to_string_lossy().contains("2.25.1"))
        .unwrap();
    assert!(data_set(&file) == data);
}
