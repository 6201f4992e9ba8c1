//! What an association leaves in the log.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex},
    sync::{Semaphore, watch},
};

use super::{
    Answer, Arrival, Desk, Hall, Lobby, Phase, Request, Settings, UnknownClasses,
    association::{self, Caller},
    wire::Transport,
};
use crate::dicom::{
    dimse::Status,
    pdu::{self, Pdu},
    uid,
};

impl Transport for DuplexStream {}

struct Nobody;

impl Desk for Nobody {
    fn admit(&self, _: Request) -> Result<Box<dyn Arrival>, Answer> {
        Err(Answer { status: Status::OUT_OF_RESOURCES, comment: None })
    }
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Write::write(&mut *self.0.lock().unwrap(), bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Runs an association in which the peer says this once it is accepted; the line of its close.
fn last_line(said: &[u8]) -> String {
    let log = Log::default();
    let writer = log.clone();
    let subscriber =
        tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    tracing::subscriber::with_default(subscriber, || {
        runtime.block_on(async {
            let (mut peer, ours) = duplex(1 << 20);
            peer.write_all(&request()).await.unwrap();
            peer.write_all(said).await.unwrap();
            let settings = settings();
            let lobby = Lobby::new(1);
            let (_phase, watched) = watch::channel(Phase::Open);
            let address = ([127, 0, 0, 1], 104).into();
            let caller = Caller {
                peer: address,
                number: 1,
                place: lobby.enter(address.ip(), false).unwrap(),
                artim: settings.artim_timeout,
            };
            let slots = Arc::new(Semaphore::new(1));
            let hall = Hall { settings, desk: Arc::new(Nobody), slots, lobby, phase: watched };
            let listening = async {
                let mut heard = Vec::new();
                peer.read_to_end(&mut heard).await.unwrap();
                drop(peer);
            };
            tokio::join!(association::run(ours, caller, &hall), listening);
        });
    });
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    text.lines().find(|line| line.contains("association closed")).unwrap_or(&text).to_owned()
}

fn settings() -> Settings {
    Settings {
        ae_title: "TOKUMEI".into(),
        callers: Vec::new(),
        allow_local: true,
        max_pdu: 131_072,
        max_associations: 1,
        artim_timeout: Duration::from_secs(2),
        idle_timeout: Duration::from_secs(2),
        write_timeout: Duration::from_secs(2),
        unknown_sop_classes: UnknownClasses::Refuse,
    }
}

fn request() -> Vec<u8> {
    use dicom_ul::pdu::{AssociationRQ, PresentationContextProposed};
    let verification = PresentationContextProposed {
        id: 1,
        abstract_syntax: uid::VERIFICATION.into(),
        transfer_syntaxes: vec!["1.2.840.10008.1.2".into()],
    };
    pdu::encode(&Pdu::AssociationRQ(AssociationRQ {
        protocol_version: 1,
        calling_ae_title: "MODALITY".into(),
        called_ae_title: "TOKUMEI".into(),
        application_context_name: uid::APPLICATION_CONTEXT.into(),
        presentation_contexts: vec![verification],
        user_variables: Vec::new(),
    }))
    .unwrap()
}

fn command(set: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    pdu::push_command(&mut out, 1, set, 1000);
    out
}

#[test]
fn breaches_are_warnings_that_name_the_cause() {
    let breaches: [(&[u8], &[&str]); 5] = [
        (
            &command(&[0, 0, 0, 1, 3, 0, 0, 0, b'Z', b'Z', b'0']),
            &["a malformed command set", "(0000,0100) has not two bytes"],
        ),
        (
            &[4, 0, 0, 0, 0, 6, 0, 0, 0, 2, 1, 3],
            &["a malformed command set", "no command field (0000,0100)"],
        ),
        (&pdu::RELEASE_RP, &["a PDU out of place", "A-RELEASE-RP"]),
        (&[4, 0, 0, 0, 0, 6, 0, 0, 0, 9, 1, 0], &["a malformed PDU", "P-DATA-TF"]),
        (&[9], &["not a DICOM PDU"]),
    ];
    for (said, words) in breaches {
        let line = last_line(said);
        assert!(line.contains("WARN"), "{line}");
        assert!(words.iter().all(|word| line.contains(word)), "{words:?}: {line}");
        assert!(!line.contains("ZZ0"), "{line}");
    }
    let line = last_line(&pdu::RELEASE_RQ);
    assert!(line.contains("INFO") && line.contains("released"), "{line}");
}
