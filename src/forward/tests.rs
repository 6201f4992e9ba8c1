//! The association against scripted archives.

use std::{
    io::{self, Read, Write},
    net::{TcpListener, TcpStream},
    thread::JoinHandle,
};

use bytes::BytesMut;
use dicom_ul::pdu::{
    AssociationAC, AssociationRJ, AssociationRJResult, AssociationRJServiceUserReason,
    AssociationRJSource, AssociationRQ, Pdu, PresentationContextResult,
    PresentationContextResultReason as Reason, UserVariableItem,
};

use super::{
    association::{Fault, Offer},
    *,
};
use crate::{
    dicom::{
        dimse::{Command, Status},
        pdu::{self, Incoming},
    },
    records::{Fate, Origin, keyring::KeyRing},
    store::{Access, Arrival, ObjectId, Settings, State},
};

const CT: &str = "1.2.840.10008.5.1.4.1.1.2";
const EXPLICIT: &str = "1.2.840.10008.1.2.1";

fn destination(address: String) -> Destination {
    Destination {
        name: "research".into(),
        ae_title: "ARCHIVE".into(),
        address,
        calling_ae_title: "VENDOR_GW".into(),
        associations: 1,
        connect_timeout: Duration::from_millis(500),
        response_timeout: Duration::from_millis(500),
        linger: Duration::from_secs(1),
        retry_first: Duration::from_millis(50),
        retry_longest: Duration::from_millis(400),
    }
}

fn pair(sop_class: &str) -> Pair {
    Pair { sop_class: sop_class.into(), transfer_syntax: EXPLICIT.into() }
}

/// The archive's side of a connection.
struct Archive {
    stream: TcpStream,
    buffer: BytesMut,
}

impl Archive {
    fn next(&mut self) -> Option<Incoming> {
        loop {
            if let Some(pdu) = pdu::next(&mut self.buffer, 1 << 20, 1 << 20).unwrap() {
                return Some(pdu);
            }
            let mut bytes = [0; 8192];
            match self.stream.read(&mut bytes) {
                Ok(n) if n > 0 => self.buffer.extend_from_slice(&bytes[..n]),
                _ => return None,
            }
        }
    }

    fn request(&mut self) -> AssociationRQ {
        match self.next() {
            Some(Incoming::Control(Pdu::AssociationRQ(request))) => request,
            _ => panic!("no request"),
        }
    }

    fn accept(&mut self, change: impl FnOnce(&mut AssociationAC)) -> AssociationRQ {
        let request = self.request();
        let mut answer = AssociationAC {
            protocol_version: 1,
            calling_ae_title: request.calling_ae_title.clone(),
            called_ae_title: request.called_ae_title.clone(),
            application_context_name: request.application_context_name.clone(),
            presentation_contexts: request
                .presentation_contexts
                .iter()
                .map(|context| PresentationContextResult {
                    id: context.id,
                    reason: Reason::Acceptance,
                    transfer_syntax: context.transfer_syntaxes[0].clone(),
                })
                .collect(),
            user_variables: vec![UserVariableItem::MaxLength(1000)],
        };
        change(&mut answer);
        let bytes = pdu::encode(&Pdu::AssociationAC(answer)).unwrap();
        self.stream.write_all(&bytes).unwrap();
        request
    }

    /// Command, data, and the lengths of the PDUs of one C-STORE; `None` where it did not come to its end.
    fn object(&mut self) -> Option<(Command, Vec<u8>, Vec<usize>)> {
        let (mut command, mut data, mut lengths) = (Vec::new(), Vec::new(), Vec::new());
        loop {
            let Some(Incoming::Data(pdvs)) = self.next() else { return None };
            assert_eq!(pdvs.len(), 1);
            let pdv = &pdvs[0];
            lengths.push(pdv.data.len() + 6);
            if pdv.command {
                command.extend_from_slice(&pdv.data);
            } else {
                data.extend_from_slice(&pdv.data);
                if pdv.last {
                    return Some((Command::parse(&command).unwrap(), data, lengths));
                }
            }
        }
    }

    fn answer(&mut self, context: u8, message_id: u16, status: u16) {
        let response = Command::StoreResponse {
            message_id,
            sop_class: String::new(),
            sop_instance: String::new(),
            status: Status(status),
        };
        let mut out = Vec::new();
        pdu::push_command(&mut out, context, &response.encode(Some("comment")), 20);
        self.stream.write_all(&out).unwrap();
    }
}

/// Runs a script as the archive for one connection.
fn scripted<T: Send + 'static>(
    script: impl FnOnce(&mut Archive) -> T + Send + 'static,
) -> (Destination, JoinHandle<T>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let destination = destination(listener.local_addr().unwrap().to_string());
    let thread = std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        script(&mut Archive { stream, buffer: BytesMut::new() })
    });
    (destination, thread)
}

fn send(association: &mut Association, data: &[u8]) -> Result<Status, Fault> {
    association.store(1, CT, "2.25.7", &mut &data[..], data.len() as u64)
}

#[test]
fn objects_are_cut_to_the_peers_length_and_answers_matched() {
    let (destination, archive) = scripted(|archive| {
        let request = archive.accept(|_| {});
        let first = archive.object().unwrap();
        archive.answer(1, 1, 0xB000);
        let second = archive.object().unwrap();
        archive.answer(1, 2, 0xA900);
        let released = matches!(archive.next(), Some(Incoming::Control(Pdu::ReleaseRQ)));
        archive.stream.write_all(&pdu::RELEASE_RP).unwrap();
        (request, first, second, released)
    });
    let mut association = Association::open(&destination, &[pair(CT), pair("1.2.3")]).unwrap();
    assert_eq!(association.offer(&pair(CT)), Offer::Accepted(1));
    assert_eq!(association.offer(&pair("1.2.3")), Offer::Accepted(3));
    assert_eq!(association.offer(&pair("1.2.4")), Offer::Absent);
    assert!(association.is_quiet());
    let data: Vec<u8> = (0..5000u32).map(|i| i as u8).collect();
    assert_eq!(send(&mut association, &data).unwrap(), Status(0xB000));
    assert_eq!(send(&mut association, &data[..2]).unwrap(), Status(0xA900));
    association.release();
    let (request, first, second, released) = archive.join().unwrap();
    assert!(released);
    assert_eq!(first.1, data);
    assert_eq!(second.1, data[..2]);
    assert!(first.2.iter().all(|length| *length <= 1000));
    assert_eq!(first.2[1..first.2.len() - 1], [1000; 5]);
    assert!(
        first.0
            == Command::StoreRequest {
                message_id: 1,
                sop_class: CT.into(),
                sop_instance: "2.25.7".into()
            }
    );
    assert_eq!(request.calling_ae_title, "VENDOR_GW");
    assert_eq!(request.called_ae_title, "ARCHIVE");
    assert!(request.presentation_contexts.iter().all(|c| c.transfer_syntaxes.len() == 1));
    let items = &request.user_variables;
    assert!(
        items.contains(&UserVariableItem::ImplementationClassUID(
            uid::IMPLEMENTATION_CLASS_UID.into()
        ))
    );
    assert!(!items.iter().any(|item| matches!(item, UserVariableItem::UserIdentityItem(_))));
}

#[test]
fn an_answer_is_held_against_the_request() {
    let open = |change: fn(&mut AssociationAC)| {
        let (destination, archive) = scripted(move |archive| {
            archive.accept(change);
            archive.next()
        });
        let opened = Association::open(&destination, &[pair(CT), pair("1.2.3")]);
        let offers = opened.map(|a| (a.offer(&pair(CT)), a.offer(&pair("1.2.3"))));
        archive.join().unwrap();
        offers
    };
    // Another transfer syntax than the one that was proposed is no acceptance.
    let other = open(|ac| ac.presentation_contexts[0].transfer_syntax = "1.2.840.10008.1.2".into());
    assert_eq!(other, Ok((Offer::Refused, Offer::Accepted(3))));
    let padded = open(|ac| ac.presentation_contexts[0].transfer_syntax.push('\0'));
    assert_eq!(padded, Ok((Offer::Accepted(1), Offer::Accepted(3))));
    let refused = open(|ac| ac.presentation_contexts[1].reason = Reason::UserRejection);
    assert_eq!(refused, Ok((Offer::Accepted(1), Offer::Refused)));
    let left_out = open(|ac| ac.presentation_contexts.truncate(1));
    assert_eq!(left_out, Ok((Offer::Accepted(1), Offer::Refused)));
    assert!(open(|ac| ac.presentation_contexts[0].id = 5).is_err());
    assert!(open(|ac| ac.presentation_contexts[0].id = 2).is_err());
    assert!(open(|ac| ac.user_variables = vec![UserVariableItem::MaxLength(100)]).is_err());
    assert!(open(|ac| ac.user_variables = vec![UserVariableItem::MaxLength(0)]).is_ok());
    assert!(open(|ac| ac.user_variables = vec![]).is_ok());
}

#[test]
fn rejections_and_silence_are_told() {
    let (destination, _) = scripted(|archive| {
        archive.request();
        let source = AssociationRJSource::ServiceUser(
            AssociationRJServiceUserReason::CalledAETitleNotRecognized,
        );
        let reject = AssociationRJ { result: AssociationRJResult::Permanent, source };
        let bytes = pdu::encode(&Pdu::AssociationRJ(reject)).unwrap();
        archive.stream.write_all(&bytes).unwrap();
    });
    let why = Association::open(&destination, &[pair(CT)]).err().unwrap();
    assert!(why.contains("called AE title not recognized"), "{why}");

    let (destination, archive) =
        scripted(|archive| archive.next().is_none() || archive.next().is_none());
    let begun = Instant::now();
    assert!(Association::open(&destination, &[pair(CT)]).is_err());
    assert!(begun.elapsed() < Duration::from_secs(2));
    archive.join().unwrap();

    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let why = echo(&super::tests::destination(nobody.to_string())).unwrap_err();
    assert!(why.contains("cannot connect"), "{why}");
}

#[test]
fn a_file_that_ends_early_is_aborted_not_completed() {
    let (destination, archive) = scripted(|archive| {
        archive.accept(|_| {});
        archive.object()
    });
    let mut association = Association::open(&destination, &[pair(CT)]).unwrap();
    let sent = association.store(1, CT, "2.25.7", &mut io::repeat(1).take(4000), 5000);
    assert!(matches!(sent, Err(Fault::Local(_))));
    assert!(archive.join().unwrap().is_none(), "no last fragment went out");
}

#[test]
fn answers_in_the_wrong_place_end_the_association() {
    let scripts: [fn(&mut Archive); 6] = [
        |a| a.answer(1, 9, 0), // another message
        |a| a.answer(3, 1, 0), // another context
        |a| a.stream.write_all(&[7, 0, 0, 0, 0, 4, 0, 0, 2, 0]).unwrap(), // A-ABORT
        |a| a.stream.write_all(&[4, 0, 0, 1, 0, 1]).unwrap(), // over the bound
        |a| a.stream.shutdown(std::net::Shutdown::Both).unwrap(),
        |_| std::thread::sleep(Duration::from_millis(800)),
    ];
    for (n, script) in scripts.into_iter().enumerate() {
        let (destination, archive) = scripted(move |archive| {
            archive.accept(|_| {});
            archive.object().unwrap();
            script(archive);
            while archive.next().is_some() {}
        });
        let mut association = Association::open(&destination, &[pair(CT)]).unwrap();
        assert!(matches!(send(&mut association, b"data"), Err(Fault::Lost(_))), "{n}");
        drop(association);
        archive.join().unwrap();
    }
}

#[test]
fn an_association_that_the_peer_left_is_noticed() {
    let (destination, archive) = scripted(|archive| {
        archive.accept(|_| {});
    });
    let association = Association::open(&destination, &[pair(CT)]).unwrap();
    archive.join().unwrap();
    std::thread::sleep(Duration::from_millis(50));
    assert!(!association.is_quiet());
}

#[test]
fn a_release_collision_is_answered() {
    let (destination, archive) = scripted(|archive| {
        archive.accept(|_| {});
        let asked = matches!(archive.next(), Some(Incoming::Control(Pdu::ReleaseRQ)));
        archive.stream.write_all(&pdu::RELEASE_RQ).unwrap();
        let answered = matches!(archive.next(), Some(Incoming::Control(Pdu::ReleaseRP)));
        archive.stream.write_all(&pdu::RELEASE_RP).unwrap();
        asked && answered
    });
    Association::open(&destination, &[pair(CT)]).unwrap().release();
    assert!(archive.join().unwrap());
}

/// A store with one object that waits.
fn waiting(folder: &std::path::Path) -> (Store, ObjectId) {
    let settings = Settings { directory: folder.join("data"), max_waiting: 10, min_free_bytes: 0 };
    let (store, _) =
        Store::open(&settings, Arc::new(KeyRing::ephemeral()), Access::Gateway).unwrap();
    let mut file = store.outgoing("2.25.1").unwrap();
    file.write_all(b"data").unwrap();
    let arrival = Arrival {
        fate: Fate::Released,
        file: file.finish().unwrap(),
        route: "research".into(),
        destination: "research".into(),
        sop_class: CT.into(),
        transfer_syntax: EXPLICIT.into(),
        sop_instance: "2.25.1".into(),
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
        bytes_in: 4,
        policy: "test".into(),
        links: vec![],
        supersedes: None,
    };
    let id = store.commit(arrival).unwrap();
    (store, id)
}

#[test]
fn a_panic_is_a_failed_try_and_in_the_end_parks() {
    let folder = tempfile::tempdir().unwrap();
    let (store, id) = waiting(folder.path());
    let destination = destination("127.0.0.1:1".into());
    let line = Line::new(Duration::from_millis(5), Duration::from_millis(10));
    let shared =
        Shared { destination, store: store.clone(), line, sockets: Mutex::new(Vec::new()) };
    assert!(shared.guard(id, || ()));
    assert_eq!(store.get(id).unwrap().last_error, "");
    for tries in 1..100 {
        // It comes again each time, after its rest.
        let refill =
            |except: &[ObjectId], limit| crate::route::queue(&store, "research", except, limit);
        let deadline = Some(Instant::now() + Duration::from_secs(10));
        let line::Turn::Object(object, alone) = shared.line.next(deadline, refill) else {
            panic!("try {tries}: it did not come again");
        };
        assert_eq!((object.id(), alone), (id, tries > 1));
        assert!(!shared.guard(id, || panic!("on purpose")));
        let row = store.get(id).unwrap();
        assert!(row.last_error.contains("panic"), "{}", row.last_error);
        if row.state == State::Parked {
            return assert!(tries > 4, "{tries}");
        }
    }
    panic!("never parked");
}
