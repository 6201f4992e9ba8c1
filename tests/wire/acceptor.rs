//! The acceptor, misbehaviour by misbehaviour.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use dicom_ul::pdu::{
    PresentationContextResultReason as Reason, UserIdentity, UserIdentityType, UserVariableItem,
};
use tokumei::{
    dicom::{
        dimse::Command,
        pdu::{self, Pdu},
        uid,
    },
    receive::{Caller, UnknownClasses},
};

use crate::peer::*;

/// Source 2, provider.
fn provider(reason: u8) -> Ended {
    Ended::Abort(2, reason)
}

const UNRECOGNIZED: u8 = 1;
const UNEXPECTED: u8 = 2;
const INVALID: u8 = 6;

#[test]
fn negotiation_answers_each_context() {
    let server = Server::start(settings());
    let mut peer = server.connect();
    let mut rq = request();
    rq.protocol_version = 3; // only bit 0 counts
    rq.application_context_name.push('\0');
    rq.presentation_contexts = vec![
        context(1, CT, &["1.2.3", "1.2.840.10008.1.2.4.90", EXPLICIT]),
        context(3, CT, &["1.2.3"]),
        context(255, uid::VERIFICATION, &[IMPLICIT]),
        context(7, "1.2.840.10008.5.1.4.1.2.2.1", &[IMPLICIT]),
        context(9, "1.3.12.2.1107.5.9.1", &[IMPLICIT]),
        context(11, &format!("{CT}\0"), &[&format!("{IMPLICIT}\0")]),
        context(13, CT, &[]),
    ];
    rq.user_variables.push(UserVariableItem::Unknown(0x53, vec![0, 0, 0, 0]));
    rq.user_variables.push(UserVariableItem::UserIdentityItem(UserIdentity::new(
        true,
        UserIdentityType::Username,
        b"ZZ".to_vec(),
        Vec::new(),
    )));
    peer.send_pdu(&Pdu::AssociationRQ(rq));
    let ac = peer.accepted();
    let results: Vec<_> =
        ac.presentation_contexts.iter().map(|c| (c.id, c.reason.clone())).collect();
    assert_eq!(
        results,
        [
            (1, Reason::Acceptance),
            (3, Reason::TransferSyntaxesNotSupported),
            (255, Reason::Acceptance),
            (7, Reason::AbstractSyntaxNotSupported),
            (9, Reason::AbstractSyntaxNotSupported),
            (11, Reason::Acceptance),
            (13, Reason::TransferSyntaxesNotSupported),
        ]
    );
    assert_eq!(ac.presentation_contexts[0].transfer_syntax, "1.2.840.10008.1.2.4.90");
    let items = &ac.user_variables;
    assert!(items.contains(&UserVariableItem::MaxLength(131_072)));
    assert!(
        items.contains(&UserVariableItem::ImplementationClassUID(
            uid::IMPLEMENTATION_CLASS_UID.into()
        ))
    );
    assert!(items.contains(&UserVariableItem::Unknown(0x59, vec![0, 0])));
    assert!(!items.iter().any(|i| matches!(i, UserVariableItem::Unknown(0x53, _))));
    peer.release();
}

#[test]
fn unknown_classes_are_taken_where_the_configuration_says_so() {
    let server = Server::start(tokumei::receive::Settings {
        unknown_sop_classes: UnknownClasses::Quarantine,
        ..settings()
    });
    let mut peer = server.connect();
    let mut rq = request();
    rq.presentation_contexts = vec![
        context(1, "1.3.12.2.1107.5.9.1", &[IMPLICIT]),
        context(3, "1.2.840.10008.5.1.4.31", &[IMPLICIT]),
    ];
    peer.send_pdu(&Pdu::AssociationRQ(rq));
    let ac = peer.accepted();
    assert_eq!(ac.presentation_contexts[0].reason, Reason::Acceptance);
    assert_eq!(ac.presentation_contexts[1].reason, Reason::AbstractSyntaxNotSupported);
    peer.command(1, &store(1, "1.3.12.2.1107.5.9.1", "1.2.3.4"));
    peer.data(1, true, b"data");
    assert_eq!(peer.status(), 0);
}

#[test]
fn callers_are_rejected_with_the_reasons_of_the_standard() {
    let server = Server::start(settings());
    let reject = |change: &dyn Fn(&mut dicom_ul::pdu::AssociationRQ)| {
        let mut rq = request();
        change(&mut rq);
        let mut peer = server.connect();
        peer.send_pdu(&Pdu::AssociationRQ(rq));
        peer.rejected()
    };
    assert_eq!(reject(&|rq| rq.protocol_version = 2), [1, 2, 2]);
    assert_eq!(reject(&|rq| rq.application_context_name = "1.2".into()), [1, 1, 2]);
    assert_eq!(reject(&|rq| rq.called_ae_title = "OTHER".into()), [1, 1, 7]);
    assert_eq!(reject(&|rq| rq.calling_ae_title = "A\\B".into()), [1, 1, 3]);
    server.seen.full.store(true, Ordering::Release);
    assert_eq!(reject(&|_| {}), [2, 3, 1]);

    // Not from this machine as such, but from the network that it is in.
    let caller = |ae: &str, range: &str| tokumei::receive::Settings {
        allow_local: false,
        callers: vec![Caller { ae_title: ae.into(), address: range.parse().unwrap() }],
        ..settings()
    };
    for (ae, range, admitted) in [
        ("MODALITY", "127.0.0.0/8", true),
        ("*", "127.0.0.1", true),
        ("OTHER", "127.0.0.0/8", false),
        ("MODALITY", "10.0.0.0/8", false),
    ] {
        let server = Server::start(caller(ae, range));
        let mut peer = server.connect();
        peer.send_pdu(&Pdu::AssociationRQ(request()));
        if admitted {
            peer.accepted();
        } else {
            assert_eq!(peer.rejected(), [1, 1, 3], "{ae} {range}");
        }
    }
}

#[test]
fn one_association_too_many_is_rejected_for_now() {
    let server = Server::start(tokumei::receive::Settings { max_associations: 2, ..settings() });
    let mut first = server.associate();
    let _second = server.associate();
    let mut third = server.connect();
    third.send_pdu(&Pdu::AssociationRQ(request()));
    assert_eq!(third.rejected(), [2, 3, 2]);
    first.release();
    let deadline = Instant::now() + Duration::from_secs(2);
    loop {
        // The slot is free once the first is gone.
        let mut peer = server.connect();
        peer.send_pdu(&Pdu::AssociationRQ(request()));
        if matches!(peer.control(), Pdu::AssociationAC(_)) {
            break;
        }
        assert!(Instant::now() < deadline);
    }
}

#[test]
fn contradictory_requests_are_aborted() {
    let server = Server::start(settings());
    let ended = |contexts: Vec<_>, max| {
        let mut rq = request();
        rq.presentation_contexts = contexts;
        rq.user_variables = vec![UserVariableItem::MaxLength(max)];
        let mut peer = server.connect();
        peer.send_pdu(&Pdu::AssociationRQ(rq));
        peer.ended()
    };
    assert_eq!(ended(vec![context(2, CT, &[IMPLICIT])], 0), provider(INVALID));
    let twice = vec![context(1, CT, &[IMPLICIT]), context(1, CT, &[EXPLICIT])];
    assert_eq!(ended(twice, 0), provider(INVALID));
    let many = (0..129u32).map(|i| context((2 * i + 1) as u8, CT, &[IMPLICIT])).collect();
    assert_eq!(ended(many, 0), provider(INVALID));
    assert_eq!(ended(vec![], 0), provider(INVALID));
    assert_eq!(ended(vec![context(1, CT, &[IMPLICIT])], 4), provider(INVALID));
}

#[test]
fn objects_arrive_however_they_are_cut() {
    let server = Server::start(settings());
    let mut peer = server.associate();
    let command = |instance: &str| store(9, CT, instance).encode(None);
    let body: Vec<u8> = (0..600_000u32).map(|i| (i % 251) as u8).collect();

    // Plain, in PDUs of the advertised length.
    peer.command(1, &store(9, CT, "1.2.3.1"));
    let parts: Vec<_> = body.chunks(131_066).collect();
    for (i, part) in parts.iter().enumerate() {
        peer.data(1, i + 1 == parts.len(), part);
    }
    let Command::StoreResponse { message_id, sop_class, sop_instance, status } = peer.response()
    else {
        panic!()
    };
    assert_eq!((message_id, status.0), (9, 0));
    assert_eq!((sop_class.as_str(), sop_instance.as_str()), (CT, "1.2.3.1"));

    // Command in three fragments (one empty) and data with empty fragments, all in one PDU, in the other context.
    let command2 = command("1.2.3.2");
    let mut pdvs: Vec<(u8, &[u8])> = vec![(1, &command2[..10]), (1, &[]), (3, &command2[10..])];
    pdvs.extend([(0, &b""[..]), (0, b"abc"), (0, b""), (0, b"def"), (2, b"")]);
    let mut pdu = Vec::new();
    for (control, data) in pdvs {
        pdu.extend((data.len() as u32 + 2).to_be_bytes());
        pdu.extend([3, control]);
        pdu.extend(data);
    }
    let mut bytes = vec![4, 0];
    bytes.extend((pdu.len() as u32).to_be_bytes());
    bytes.extend(pdu);
    // And the whole of it byte by byte for a while.
    for byte in &bytes[..40] {
        peer.send(&[*byte]);
    }
    peer.send(&bytes[40..]);
    assert_eq!(peer.status(), 0);

    // An empty data set, and a data set of single bytes.
    assert_eq!(peer.store(3, "1.2.3.3", b""), 0);
    peer.command(1, &store(9, CT, "1.2.3.4"));
    let mut out = Vec::new();
    for byte in &body[..5000] {
        out.extend(pdu::data_header(1, false, false, 1));
        out.push(*byte);
    }
    peer.send(&out);
    peer.data(1, true, b"");
    assert_eq!(peer.status(), 0);
    peer.release();

    let complete = server.seen.complete.lock().unwrap();
    let got: Vec<_> =
        complete.iter().map(|(uid, ts, data)| (uid.as_str(), *ts, &data[..])).collect();
    assert!(
        got == [
            ("1.2.3.1", EXPLICIT, &body[..]),
            ("1.2.3.2", IMPLICIT, b"abcdef"),
            ("1.2.3.3", IMPLICIT, b""),
            ("1.2.3.4", EXPLICIT, &body[..5000]),
        ]
    );
}

#[test]
fn peers_with_tiny_pdus_get_their_answers_cut() {
    let server = Server::start(settings());
    for max in [16, 17, 128, 0, u32::MAX] {
        let mut peer = server.connect();
        let mut rq = request();
        rq.user_variables = vec![UserVariableItem::MaxLength(max)];
        peer.send_pdu(&Pdu::AssociationRQ(rq));
        peer.accepted();
        assert_eq!(peer.echo(), 0);
        assert_eq!(peer.store(1, "1.2.3.4", b"data"), 0, "{max}");
        peer.release();
    }
}

#[test]
fn refusals_leave_the_association_in_use() {
    let server = Server::start(settings());
    let mut peer = server.associate();
    assert_eq!(peer.store(1, REFUSED, &vec![0; 300_000]), 0xA700);
    assert_eq!(peer.store(1, "1.2.3.04", b"x"), 0x0117);
    assert_eq!(peer.store(1, "../../etc/passwd", b"x"), 0x0117);
    assert_eq!(peer.store(1, "", b"x"), 0x0117);
    peer.command(1, &store(1, "1.2.840.10008.5.1.4.1.1.4", "1.2.3.4"));
    peer.data(1, true, b"x");
    assert_eq!(peer.status(), 0xA900);
    assert_eq!(peer.store(5, "1.2.3.4", b"x"), 0x0122, "a store in Verification's context");
    // A panic anywhere in an arrival is a processing failure of that object.
    assert_eq!(peer.store(1, PANICS_AT_ONCE, b"x"), 0x0110);
    assert_eq!(peer.store(1, PANICS_AT_DATA, &vec![0; 900_000]), 0x0110);
    assert_eq!(peer.store(1, PANICS_AT_END, b"x"), 0x0110);
    // C-FIND with a data set, N-GET without, C-CANCEL.
    peer.command(1, &Command::Other { field: 0x0020, message_id: 3, has_data_set: true });
    peer.data(1, false, b"query");
    peer.data(1, true, b"");
    assert!(matches!(peer.response(),
        Command::OtherResponse { field: 0x8020, message_id: 3, status } if status.0 == 0x0211));
    peer.command(1, &Command::Other { field: 0x0110, message_id: 4, has_data_set: false });
    assert!(matches!(peer.response(),
        Command::OtherResponse { field: 0x8110, message_id: 4, status } if status.0 == 0x0211));
    peer.command(1, &Command::Cancel);
    assert_eq!(peer.echo(), 0);
    assert_eq!(peer.store(1, "1.2.3.4", b"good"), 0);
    peer.release();
    assert_eq!(server.seen.complete.lock().unwrap().len(), 1);
}

#[test]
fn breaches_of_the_protocol_are_aborted_and_nothing_stays() {
    type Script = fn(&mut Peer);
    let scripts: [(&str, Script, Ended); 14] = [
        ("data before command", |p| p.data(1, true, b"x"), provider(UNEXPECTED)),
        ("unknown context", |p| p.data(7, true, b"x"), provider(INVALID)),
        (
            "even context",
            |p| p.command(2, &Command::EchoRequest { message_id: 1 }),
            provider(INVALID),
        ),
        (
            "data in another context",
            |p| {
                p.command(1, &store(1, CT, "1.2.3.4"));
                p.data(3, true, b"x");
            },
            provider(INVALID),
        ),
        (
            "a command inside a data set",
            |p| {
                p.command(1, &store(1, CT, "1.2.3.4"));
                p.data(1, false, &[0; 200_000][..131_066]);
                p.command(1, &store(2, CT, "1.2.3.5"));
            },
            provider(UNEXPECTED),
        ),
        (
            "a release inside a data set",
            |p| {
                p.command(1, &store(1, CT, "1.2.3.4"));
                p.data(1, false, b"x");
                p.send(&pdu::RELEASE_RQ);
            },
            provider(UNEXPECTED),
        ),
        ("a second request", |p| p.send_pdu(&Pdu::AssociationRQ(request())), provider(UNEXPECTED)),
        ("a release response", |p| p.send(&pdu::RELEASE_RP), provider(UNEXPECTED)),
        (
            "a response to no request",
            |p| {
                let status = tokumei::dicom::dimse::Status::SUCCESS;
                p.command(5, &Command::EchoResponse { message_id: 1, status });
            },
            provider(UNEXPECTED),
        ),
        (
            "a command set that is garbage",
            |p| {
                let mut out = Vec::new();
                pdu::push_command(&mut out, 1, &[0, 0, 0, 1, 0, 0, 0, 0x80, 1], 1000);
                p.send(&out);
            },
            provider(INVALID),
        ),
        (
            "a command set over the bound",
            |p| {
                for _ in 0..2 {
                    let mut out = pdu::data_header(1, true, false, 40_000).to_vec();
                    out.extend([0; 40_000]);
                    p.send(&out);
                }
            },
            provider(INVALID),
        ),
        (
            "a fragment longer than its PDU",
            |p| p.send(&[4, 0, 0, 0, 0, 6, 0, 0, 0, 9, 1, 0]),
            provider(INVALID),
        ),
        ("a PDU over the bound", |p| p.send(&[4, 0, 0, 2, 0, 1]), provider(INVALID)),
        ("an unknown PDU", |p| p.send(&[9, 0, 0, 0, 0, 0]), provider(UNRECOGNIZED)),
    ];
    let server = Server::start(settings());
    for (what, script, expected) in scripts {
        let mut peer = server.associate();
        script(&mut peer);
        assert_eq!(peer.ended(), expected, "{what}");
    }
    assert!(server.seen.complete.lock().unwrap().is_empty());
    assert!(server.seen.dropped.load(Ordering::Acquire) >= 2);
}

#[test]
fn whatever_is_not_dicom_is_closed_at_once() {
    let server = Server::start(settings());
    let garbage: Vec<u8> = (0..2000u32).map(|i| (i * 7 + 11) as u8).collect();
    let four_gigabytes = [1, 0, 0xff, 0xff, 0xff, 0xff, 0, 1];
    for (bytes, reason) in [
        (&b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"[..], UNRECOGNIZED),
        (&garbage[..], UNRECOGNIZED),
        (&four_gigabytes[..], INVALID),
        (&[4, 0, 0xff, 0xff, 0xff, 0xff], INVALID),
        (&[5, 0, 0, 0, 0, 4, 0, 0, 0, 0], UNEXPECTED),
        (&[4, 0, 0, 0, 0, 6, 0, 0, 0, 2, 1, 3], UNEXPECTED),
        (&[1, 0, 0, 0, 0, 4, 0, 1, 0, 0], INVALID),
    ] {
        let begun = Instant::now();
        let mut peer = server.connect();
        peer.send(bytes);
        assert_eq!(peer.ended(), provider(reason));
        assert!(begun.elapsed() < Duration::from_millis(600));
    }
    let mut peer = server.connect();
    peer.send(&[7, 0, 0, 0, 0, 4, 0, 0, 0, 0]);
    assert_eq!(peer.ended(), Ended::Closed, "an abort is not answered");
}

#[test]
fn silent_peers_are_closed_in_time() {
    let server = Server::start(settings());
    let within = |mut peer: Peer, expected: Ended| {
        let begun = Instant::now();
        assert_eq!(peer.ended(), expected);
        assert!(begun.elapsed() < Duration::from_millis(2500));
    };
    // Nothing at all; half a header; half a request: ARTIM.
    within(server.connect(), provider(0));
    let mut half = server.connect();
    half.send(&[1, 0, 0]);
    within(half, provider(0));
    let mut half = server.connect();
    half.send(&[1, 0, 0, 0, 1, 0, 0, 1]);
    within(half, provider(0));
    // An association that falls silent: idle, in the middle of an object too.
    within(server.associate(), provider(0));
    let mut peer = server.associate();
    peer.command(1, &store(1, CT, "1.2.3.4"));
    peer.data(1, false, &[1; 100_000]);
    peer.send(&[4, 0, 0, 1, 0, 0, 0, 0]);
    within(peer, provider(0));
    assert_eq!(server.seen.dropped.load(Ordering::Acquire), 1);
}

#[test]
fn a_peer_that_drips_bytes_is_closed_in_time() {
    let server = Server::start(settings());
    let mut peer = server.connect();
    let rq = pdu::encode(&Pdu::AssociationRQ(request())).unwrap();
    let begun = Instant::now();
    for byte in rq {
        use std::io::Write;
        if peer.stream.write_all(&[byte]).is_err() {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
        if begun.elapsed() > Duration::from_secs(4) {
            panic!("still open");
        }
    }
    let _ = peer.ended();
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert!(server.seen.complete.lock().unwrap().is_empty());
}

#[test]
fn a_lost_connection_drops_the_object() {
    let server = Server::start(settings());
    for end in [&[7, 0, 0, 0, 0, 4, 0, 0, 0, 0][..], b""] {
        let before = server.seen.dropped.load(Ordering::Acquire);
        let mut peer = server.associate();
        peer.command(1, &store(1, CT, "1.2.3.4"));
        for _ in 0..5 {
            peer.data(1, false, &[1; 100_000]);
        }
        peer.send(end);
        drop(peer);
        let deadline = Instant::now() + Duration::from_secs(3);
        while server.seen.dropped.load(Ordering::Acquire) == before {
            assert!(Instant::now() < deadline);
            std::thread::sleep(Duration::from_millis(5));
        }
    }
    assert!(server.seen.complete.lock().unwrap().is_empty());
}

#[test]
fn bytes_after_the_release_are_ignored() {
    let server = Server::start(settings());
    let mut peer = server.associate();
    let mut out = pdu::RELEASE_RQ.to_vec();
    out.extend([0xff; 5000]);
    peer.send(&out);
    assert_eq!(peer.control(), Pdu::ReleaseRP);
    assert!(peer.next().is_none());
}

#[test]
fn stopping_lets_objects_finish_and_ends_quiet_associations() {
    let mut server = Server::start(settings());
    let mut busy = server.associate();
    let mut quiet = server.associate();
    busy.command(1, &store(1, CT, "1.2.3.4"));
    busy.data(1, false, b"first half, ");
    std::thread::sleep(Duration::from_millis(100));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(300));
            busy.data(1, true, b"second half");
            assert_eq!(busy.status(), 0);
            busy.release();
        });
        scope.spawn(|| assert_eq!(quiet.ended(), provider(0)));
        server.stop();
    });
    let complete = server.seen.complete.lock().unwrap();
    assert_eq!(complete[0].2, b"first half, second half");
}

#[test]
fn a_slow_desk_slows_its_sender() {
    let server = Server::start(settings());
    let mut peer = server.associate();
    let part = vec![7; 131_066];
    let whole = 512 * part.len();
    let sent = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            peer.command(1, &store(1, CT, SLOW));
            for _ in 0..512 {
                peer.data(1, false, &part);
                sent.fetch_add(part.len(), Ordering::AcqRel);
            }
            peer.data(1, true, b"");
            assert_eq!(peer.status(), 0);
        });
        // The desk takes nothing: the sender gets no further than the buffers of both sockets and a few of ours.
        // Longer than the idle timeout: waiting for the desk is not the sender's silence.
        let mut before = usize::MAX;
        while before != sent.load(Ordering::Acquire) {
            before = sent.load(Ordering::Acquire);
            std::thread::sleep(Duration::from_millis(1200));
        }
        assert!((1..24 << 20).contains(&before), "{before} bytes sent");
        assert_eq!(server.seen.taken.load(Ordering::Acquire), 0);
        server.seen.open.store(true, Ordering::Release);
    });
    assert_eq!(server.seen.taken.load(Ordering::Acquire), whole);
}

/// Callers at 127.0.0.2 and 127.0.0.3 alone.
fn two_callers() -> tokumei::receive::Settings {
    let caller =
        |range: &str| Caller { ae_title: "MODALITY".into(), address: range.parse().unwrap() };
    tokumei::receive::Settings {
        allow_local: false,
        callers: vec![caller("127.0.0.2"), caller("127.0.0.3")],
        artim_timeout: Duration::from_secs(60),
        ..settings()
    }
}

/// How many of these connections are open: nothing comes on them, and they are not closed.
fn open(peers: &mut [Peer]) -> usize {
    let open = |peer: &mut Peer| {
        peer.stream.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
        matches!(peer.stream.peek(&mut [0]), Err(e) if e.kind() == std::io::ErrorKind::WouldBlock)
    };
    peers.iter_mut().map(open).filter(|open| *open).count()
}

#[test]
fn strangers_keep_nobody_out() {
    let server = Server::start(two_callers());
    let mut stranger = server.connect();
    stranger.send_pdu(&Pdu::AssociationRQ(request()));
    assert_eq!(stranger.rejected(), [1, 1, 3]);
    drop(stranger);
    std::thread::sleep(Duration::from_millis(100));
    let begun = Instant::now();
    let mut idle: Vec<_> = (0..70).map(|_| server.connect()).collect();
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(open(&mut idle), 8);
    let mut peer = server.connect_from([127, 0, 0, 2]);
    peer.send_pdu(&Pdu::AssociationRQ(request()));
    peer.accepted();
    // They are not waited for as long as callers are.
    assert_eq!(
        idle[0].stream.set_read_timeout(None).map(|()| idle[0].ended()).unwrap(),
        provider(0)
    );
    assert!(begun.elapsed() < Duration::from_secs(8));
}

#[test]
fn one_caller_does_not_keep_another_out() {
    let server = Server::start(two_callers());
    let mut idle: Vec<_> = (0..70).map(|_| server.connect_from([127, 0, 0, 2])).collect();
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(open(&mut idle), 8);
    let mut peer = server.connect_from([127, 0, 0, 3]);
    peer.send_pdu(&Pdu::AssociationRQ(request()));
    peer.accepted();
}

#[test]
fn what_is_empty_keeps_no_association_open() {
    let server = Server::start(settings());
    let scripts: [fn(&mut Peer) -> Vec<u8>; 3] = [
        |_| vec![4, 0, 0, 0, 0, 0],
        |_| pdu::data_header(1, true, false, 0).to_vec(),
        |peer| {
            peer.command(1, &store(1, CT, "1.2.3.4"));
            pdu::data_header(1, false, false, 0).to_vec()
        },
    ];
    for script in scripts {
        for (at_once, pause) in [(1, Duration::from_millis(50)), (10_000, Duration::ZERO)] {
            let mut peer = server.associate();
            let bytes = script(&mut peer).repeat(at_once);
            let begun = Instant::now();
            // Until the other side has closed.
            while std::io::Write::write_all(&mut peer.stream, &bytes).is_ok() {
                assert!(begun.elapsed() < Duration::from_secs(5), "still open");
                std::thread::sleep(pause);
            }
            assert!(begun.elapsed() > Duration::from_millis(800));
        }
    }
    // What has content keeps it open.
    let mut peer = server.associate();
    peer.command(1, &store(1, CT, "1.2.3.4"));
    for _ in 0..5 {
        std::thread::sleep(Duration::from_millis(300));
        peer.data(1, false, b"x");
    }
    peer.data(1, true, b"");
    assert_eq!(peer.status(), 0);
}
