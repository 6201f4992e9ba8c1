//! What must hold of the store, crashes included.
//!
//! A crash is a copy of the data directory taken at that moment: what another process would find after `kill -9`.

mod links;
mod recovery;

use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead as _, Read as _, Write as _},
    os::unix::fs::PermissionsExt as _,
    process::{Command, Stdio},
};

use tempfile::TempDir;

use super::*;
use crate::records::{Origin, Reason};

const NAME: &[u8] = b"Yamada^Tarou=\xe5\xb1\xb1\xe7\x94\xb0^\xe5\xa4\xaa\xe9\x83\x8e ZZ-0000123";

struct Place {
    dir: TempDir,
    keys: Arc<KeyRing>,
}

impl Place {
    fn new() -> Place {
        Place { dir: tempfile::tempdir().unwrap(), keys: Arc::new(KeyRing::ephemeral()) }
    }

    fn settings(&self) -> Settings {
        Settings {
            directory: self.dir.path().join("data"),
            max_waiting: 1_000_000,
            min_free_bytes: 1,
        }
    }

    fn open(&self, access: Access) -> Result<(Store, Recovery), StoreError> {
        Store::open(&self.settings(), Arc::clone(&self.keys), access)
    }

    fn gateway(&self) -> Store {
        self.open(Access::Gateway).unwrap().0
    }

    /// What a crash at this moment leaves.
    fn crash(&self) -> Place {
        let copy = Place { dir: tempfile::tempdir().unwrap(), keys: Arc::clone(&self.keys) };
        for folder in ["", OUTGOING, SEALED] {
            let (from, to) = (self.settings().directory, copy.settings().directory);
            fs::create_dir_all(to.join(folder)).unwrap();
            for entry in fs::read_dir(from.join(folder)).unwrap().flatten() {
                if entry.file_type().unwrap().is_file() {
                    fs::copy(entry.path(), to.join(folder).join(entry.file_name())).unwrap();
                }
            }
        }
        copy
    }

    fn files(&self) -> BTreeSet<String> {
        [OUTGOING, SEALED]
            .iter()
            .flat_map(|folder| fs::read_dir(self.settings().directory.join(folder)).unwrap())
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }

    fn index(&self) -> Connection {
        Connection::open(index_path(&self.settings().directory)).unwrap()
    }
}

fn reason(rule: &'static str) -> Reason {
    Reason::new(rule, "family name", "TR-0047 5.1.6(2)").at("(0010,0010)")
}

fn arrival(fate: Fate, file: DurableFile, uid: &str) -> Arrival {
    Arrival {
        fate,
        file,
        route: "research".into(),
        destination: "archive".into(),
        sop_class: "1.2.840.10008.5.1.4.1.1.2".into(),
        transfer_syntax: "1.2.840.10008.1.2.1".into(),
        sop_instance: uid.into(),
        series: "2.25.7".into(),
        study: "2.25.8".into(),
        modality: "CT".into(),
        reasons: if fate == Fate::Released {
            vec![]
        } else {
            vec![reason("G2-02"), reason("G2-02")]
        },
        cautions: vec![reason("CAUTION-HEAD")],
        origin: Origin { association: 3, calling_ae: "PACS".into(), address: "127.0.0.1".into() },
        bytes_in: 1000,
        policy: "digest".into(),
        links: vec![],
        supersedes: None,
    }
}

fn release(store: &Store, uid: &str) -> ObjectId {
    let mut file = store.outgoing(uid).unwrap();
    file.write_all(b"de-identified").unwrap();
    store.commit(arrival(Fate::Released, file.finish().unwrap(), uid)).unwrap()
}

fn keep(store: &Store, fate: Fate) -> ObjectId {
    let mut file = store.sealed().unwrap();
    file.write_all(&NAME.repeat(5000)).unwrap();
    store.commit(arrival(fate, file.finish().unwrap(), "")).unwrap()
}

fn review(id: ObjectId) -> Review {
    Review { id, by: "reviewer".into(), why: "looked at it".into() }
}

/// The sum that `status` promises.
fn assert_adds_up(counts: &Counts, by_reviews: u64) {
    let c = counts;
    let rows =
        c.waiting + c.delivered + c.parked + c.held + c.quarantined + c.reviewed + c.rejected;
    assert_eq!(c.received + c.released_by_review, rows, "{c:?}");
    assert_eq!(c.released_by_review, by_reviews, "{c:?}");
}

fn message<T>(outcome: Result<T, StoreError>) -> String {
    outcome.err().map(|error| error.to_string()).unwrap_or_default()
}

#[test]
fn each_fate_is_kept_and_counted() {
    let place = Place::new();
    let store = place.gateway();
    let released = release(&store, "2.25.1");
    let held = keep(&store, Fate::Held);
    let quarantined = keep(&store, Fate::Quarantined);
    let counts = store.counts().unwrap();
    assert_eq!((counts.received, counts.waiting, counts.held, counts.quarantined), (3, 1, 1, 1));
    assert_eq!(counts.reasons, [("G2-02".to_owned(), 2)]);
    assert_eq!(counts.cautions, [("CAUTION-HEAD".to_owned(), 3)]);
    assert_adds_up(&counts, 0);

    let row = store.get(released).unwrap();
    assert_eq!(row.state, State::Waiting);
    assert_eq!(row.file, place.settings().directory.join("outgoing/2.25.1.dcm"));
    assert_eq!(fs::read(&row.file).unwrap(), b"de-identified");
    assert_eq!((row.bytes, row.bytes_in, row.attempts), (13, 1000, 0));
    assert_eq!(row.origin.calling_ae, "PACS");
    assert!(row.received_at.parse::<jiff::Timestamp>().is_ok(), "{}", row.received_at);

    let mut original = Vec::new();
    store.original(held).unwrap().read_to_end(&mut original).unwrap();
    assert_eq!(original, NAME.repeat(5000));
    assert!(message(store.original(released).map(drop)).contains("waiting"));
    assert_eq!(store.get(quarantined).unwrap().reasons.len(), 2);

    let kept = Filter { states: vec![State::Held, State::Quarantined], ..Filter::default() };
    let ids =
        |filter: &Filter| store.list(filter).unwrap().iter().map(|r| r.id).collect::<Vec<_>>();
    assert_eq!(ids(&kept), [quarantined, held]);
    assert_eq!(ids(&Filter { limit: Some(1), ..Filter::default() }), [quarantined]);
    assert_eq!(
        ids(&Filter { rule: Some("G2-02".into()), ..Filter::default() }),
        [quarantined, held]
    );
    assert_eq!(ids(&Filter { rule: Some("G2-04".into()), ..Filter::default() }), [0; 0]);
    assert_eq!(store.verify_ledger().unwrap(), 3);
}

#[test]
fn nothing_is_readable_by_others_or_in_the_clear() {
    let place = Place::new();
    let store = place.gateway();
    release(&store, "2.25.1");
    keep(&store, Fate::Quarantined);
    let directory = place.settings().directory;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    for folder in ["", OUTGOING, SEALED] {
        assert_eq!(mode(&directory.join(folder)), 0o700, "{folder}");
        for entry in fs::read_dir(directory.join(folder)).unwrap().flatten() {
            if entry.file_type().unwrap().is_file() {
                assert_eq!(mode(&entry.path()), 0o600, "{:?}", entry.file_name());
                let bytes = fs::read(entry.path()).unwrap();
                for part in [&b"Yamada"[..], b"Tarou", b"ZZ-0000123", "山田".as_bytes()] {
                    assert!(!bytes.windows(part.len()).any(|window| window == part));
                }
            }
        }
    }
}

#[test]
fn what_is_not_committed_is_gone() {
    let place = Place::new();
    let store = place.gateway();
    let mut file = store.outgoing("2.25.1").unwrap();
    file.write_all(&[7; 100_000]).unwrap();
    let mut sealed = store.sealed().unwrap();
    sealed.write_all(&[7; 100_000]).unwrap();
    assert_eq!(place.files().len(), 2);
    drop((file, sealed));
    drop(store.outgoing("2.25.1").unwrap().finish().unwrap());
    drop(store.sealed().unwrap().finish().unwrap());
    // A file of the wrong kind for the fate.
    let file = store.outgoing("2.25.1").unwrap().finish().unwrap();
    assert!(store.commit(arrival(Fate::Held, file, "2.25.1")).is_err());
    assert!(place.files().is_empty());
    assert_eq!(store.counts().unwrap(), Counts::default());
}

#[test]
fn names_are_uids_and_never_shared() {
    let place = Place::new();
    let store = place.gateway();
    for bad in ["", "../2.25.1", "2.25.1/..", "Yamada", "2.25.01"] {
        assert!(store.outgoing(bad).is_err(), "{bad}");
    }
    let ids: Vec<_> = (0..3).map(|_| release(&store, "2.25.1")).collect();
    let names = ["2.25.1-2.dcm", "2.25.1-3.dcm", "2.25.1.dcm"];
    assert_eq!(place.files(), names.map(str::to_owned).into());
    store.delivered(ids[1], 0).unwrap();
    let again = release(&store, "2.25.1");
    assert!(store.get(again).unwrap().file.ends_with("2.25.1-2.dcm"));
}

#[test]
fn what_was_written_can_be_read_back() {
    let place = Place::new();
    let store = place.gateway();
    let mut file = store.outgoing("2.25.1").unwrap();
    file.write_all(b"0123456789").unwrap();
    let mut text = String::new();
    file.read_back(4).unwrap().read_to_string(&mut text).unwrap();
    assert_eq!(text, "456789");
    file.write_all(&[b'x'; 200_000]).unwrap();
    assert_eq!(file.finish().unwrap().length(), 200_010);
    assert!(store.sealed().unwrap().read_back(0).is_err());
}

#[test]
fn the_queue_is_served_in_order() {
    let place = Place::new();
    let store = place.gateway();
    let ids: Vec<_> = (1..=5).map(|n| release(&store, &format!("2.25.{n}"))).collect();
    let waiting = |except: &[ObjectId], limit| {
        let rows = store.waiting("archive", except, limit).unwrap();
        rows.iter().map(|row| row.id).collect::<Vec<_>>()
    };
    assert_eq!(waiting(&[], 2), ids[..2]);
    assert_eq!(waiting(&ids[..2], 2), ids[2..4]);
    assert!(store.waiting("elsewhere", &[], 9).unwrap().is_empty());

    store.failed(ids[0], "no association").unwrap();
    store.failed(ids[0], &"long ".repeat(1000)).unwrap();
    let row = store.get(ids[0]).unwrap();
    assert_eq!((row.attempts, row.state, row.last_error.len()), (2, State::Waiting, 500));
    store.park(ids[0], "0xA900").unwrap();
    store.delivered(ids[1], 0).unwrap();
    store.delivered(ids[2], 0xB000).unwrap();
    assert_eq!(waiting(&[], 9), ids[3..]);
    assert_eq!(place.files().len(), 3);
    assert!(message(store.delivered(ids[1], 0)).contains("is delivered"));
    assert!(message(store.delivered(99, 0)).contains("none of this number"));
    let counts = store.counts().unwrap();
    assert_eq!((counts.waiting, counts.parked, counts.delivered), (2, 1, 2));
    assert_adds_up(&counts, 0);
    assert_eq!(store.verify_ledger().unwrap(), 8);
}

#[test]
fn the_queue_is_found_by_its_index() {
    let place = Place::new();
    let _store = place.gateway();
    let sql = format!("EXPLAIN QUERY PLAN {}", query::waiting_sql());
    let index = place.index();
    let steps: Vec<String> = index
        .prepare(&sql)
        .unwrap()
        .query_map(["archive"], |row| row.get(3))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    assert_eq!(steps, ["SEARCH objects USING INDEX waiting (destination=?)"], "no sorting");
}

#[test]
fn a_review_replaces_the_kept_object() {
    let place = Place::new();
    let store = place.gateway();
    let kept = keep(&store, Fate::Quarantined);
    let rejected = keep(&store, Fate::Held);
    let again = |store: &Store, review: Review| {
        let file = store.outgoing("2.25.1").unwrap().finish().unwrap();
        let mut arrival = arrival(Fate::Released, file, "2.25.1");
        arrival.supersedes = Some(review);
        store.commit(arrival)
    };
    assert!(message(again(&store, Review { by: " ".into(), ..review(kept) })).contains("who"));
    let new = again(&store, review(kept)).unwrap();
    assert_eq!(store.get(kept).unwrap().state, State::Reviewed);
    assert!(message(again(&store, review(kept))).contains("is reviewed"));
    assert!(
        message(store.reject(&Review { why: String::new(), ..review(rejected) })).contains("why")
    );
    store.reject(&review(rejected)).unwrap();
    assert!(message(store.reject(&review(rejected))).contains("is rejected"));

    assert_eq!(place.files(), ["2.25.1.dcm".to_owned()].into());
    let counts = store.counts().unwrap();
    assert_eq!((counts.received, counts.reviewed, counts.rejected, counts.waiting), (2, 1, 1, 1));
    assert!(counts.reasons.is_empty(), "nothing is kept any more");
    assert_adds_up(&counts, 1);
    store.delivered(new, 0).unwrap();
    assert_adds_up(&store.counts().unwrap(), 1);
    let told: String = place
        .index()
        .query_row("SELECT body FROM ledger WHERE kind = 'reviewed'", [], |row| row.get(0))
        .unwrap();
    assert_eq!(told, r#"{"event":"reviewed","by":"reviewer","why":"looked at it"}"#);
    assert_eq!(store.verify_ledger().unwrap(), 6);
}

#[test]
fn a_parked_object_has_a_way_on() {
    let place = Place::new();
    let store = place.gateway();
    let kept = keep(&store, Fate::Quarantined);
    let file = store.outgoing("2.25.1").unwrap().finish().unwrap();
    let mut arrival = arrival(Fate::Released, file, "2.25.1");
    arrival.supersedes = Some(review(kept));
    let id = store.commit(arrival).unwrap();
    let counts = |parked: u64, waiting: u64| {
        let counts = store.counts().unwrap();
        assert_eq!((counts.parked, counts.waiting), (parked, waiting));
        assert_adds_up(&counts, 1);
    };
    counts(0, 1);
    assert!(message(store.requeue(&review(id))).contains("is waiting, not parked"));
    assert!(message(store.reject(&review(id))).contains("is waiting"));

    store.failed(id, "no association").unwrap();
    store.park(id, "0xA900").unwrap();
    counts(1, 0);
    let row = store.get(id).unwrap();
    assert_eq!((row.attempts, row.last_error.as_str()), (2, "0xA900"));
    assert!(message(store.requeue(&Review { by: " ".into(), ..review(id) })).contains("who"));
    store.requeue(&review(id)).unwrap();
    counts(0, 1);
    let rows = store.waiting("archive", &[], 9).unwrap();
    assert_eq!((rows[0].id, rows[0].attempts, rows[0].last_error.as_str()), (id, 0, ""));
    let told: String = place
        .index()
        .query_row("SELECT body FROM ledger WHERE kind = 'requeued'", [], |row| row.get(0))
        .unwrap();
    assert_eq!(told, r#"{"event":"requeued","by":"reviewer","why":"looked at it"}"#);

    store.park(id, "0xA900").unwrap();
    store.reject(&review(id)).unwrap();
    counts(0, 0);
    assert_eq!(store.counts().unwrap().rejected, 1);
    assert!(message(store.requeue(&review(id))).contains("is rejected"));
    assert!(place.files().is_empty());
    store.verify_ledger().unwrap();
}

#[test]
fn errors_leave_the_path_to_the_caller() {
    let place = Place::new();
    let chain = |access| {
        let error = place.open(access).err().map(anyhow::Error::from).unwrap();
        let told = format!("{:#}", error.context("the directory"));
        assert!(!told.contains(&*place.dir.path().to_string_lossy()), "{told}");
        told
    };
    let missing = "does not exist: the gateway has not run with this data directory";
    assert_eq!(chain(Access::Operator), format!("the directory: index: {missing}"));
    let _gateway = place.gateway();
    assert_eq!(chain(Access::Gateway), "the directory: in use by another gateway");
    drop(_gateway);
    fs::remove_file(index_path(&place.settings().directory)).unwrap();
    fs::create_dir(index_path(&place.settings().directory)).unwrap();
    assert!(chain(Access::Gateway).starts_with("the directory: index: "));
}

#[test]
fn a_changed_ledger_is_noticed() {
    let place = Place::new();
    let store = place.gateway();
    let first = release(&store, "2.25.1");
    store.delivered(first, 0).unwrap();
    release(&store, "2.25.2");
    assert_eq!(store.verify_ledger().unwrap(), 3);
    let tampered = |sql: &str| {
        let after = place.crash();
        let index = after.index();
        let open_doors =
            "DROP TRIGGER ledger_stays; DROP TRIGGER ledger_keeps; DROP TRIGGER count_event;";
        index.execute_batch(&format!("{open_doors}{sql}")).unwrap();
        message(after.gateway().verify_ledger())
    };
    let body = "UPDATE ledger SET body = replace(body, 'research', 'other') WHERE seq = 1;";
    assert!(tampered(body).contains("row 1 "));
    assert!(
        tampered("UPDATE ledger SET at = '2020-01-01T00:00:00.000Z' WHERE seq = 2;")
            .contains("row 2 ")
    );
    assert!(tampered("UPDATE ledger SET object = 2 WHERE seq = 2;").contains("row 2 "));
    assert!(tampered("DELETE FROM ledger WHERE seq = 2;").contains("row 3 "));
    assert!(tampered("DELETE FROM ledger WHERE seq = 3;").contains("too early"));
    assert_eq!(tampered(""), "");
    let refused = place.index().execute_batch("UPDATE ledger SET body = '' WHERE seq = 1");
    assert!(refused.unwrap_err().to_string().contains("append-only"));
    assert!(place.index().execute_batch("DELETE FROM ledger").is_err());
}

#[test]
fn an_operator_works_beside_the_gateway() {
    let place = Place::new();
    assert!(message(place.open(Access::Operator)).contains("has not run"));
    let gateway = place.gateway();
    assert!(message(place.open(Access::Gateway)).contains("another gateway"));
    let kept: Vec<_> = (0..20).map(|_| keep(&gateway, Fate::Quarantined)).collect();
    let begun = gateway.outgoing("2.25.9").unwrap();
    let (operator, recovery) = place.open(Access::Operator).unwrap();
    assert_eq!(recovery.removed, 0);
    thread::scope(|scope| {
        scope.spawn(|| (0..20).for_each(|n| _ = release(&gateway, &format!("2.25.1{n}"))));
        scope.spawn(|| kept.iter().for_each(|id| operator.reject(&review(*id)).unwrap()));
    });
    drop(begun);
    let counts = gateway.counts().unwrap();
    assert_eq!(counts, operator.counts().unwrap());
    assert_eq!((counts.received, counts.waiting, counts.rejected), (40, 20, 20));
    assert_eq!(gateway.verify_ledger().unwrap(), 60);
    // The operator's file under way outlives a restart of the gateway.
    let mut file = operator.outgoing("2.25.50").unwrap();
    drop(gateway);
    let (gateway, recovery) = place.open(Access::Gateway).unwrap();
    assert_eq!((recovery.removed, recovery.waiting), (0, 20));
    file.write_all(b"late").unwrap();
    operator.commit(arrival(Fate::Released, file.finish().unwrap(), "2.25.50")).unwrap();
    assert_eq!(gateway.counts().unwrap().waiting, 21);
}

#[test]
fn a_thousand_commits_from_eight_threads() {
    let place = Place::new();
    let store = place.gateway();
    let begin = std::time::Instant::now();
    thread::scope(|scope| {
        for worker in 0..8 {
            let store = store.clone();
            scope.spawn(move || {
                for n in 0..125 {
                    let id = release(&store, &format!("2.25.{worker}.{n}"));
                    assert_eq!(store.get(id).unwrap().sop_instance, format!("2.25.{worker}.{n}"));
                    // A change that fails in the same group takes nothing with it.
                    assert!(store.delivered(1_000_000, 0).is_err());
                    if n % 5 == 0 {
                        store.delivered(id, 0).unwrap();
                    }
                }
            });
        }
    });
    println!("{:?} a commit", begin.elapsed() / 1000);
    let counts = store.counts().unwrap();
    assert_eq!((counts.received, counts.delivered, counts.waiting), (1000, 200, 800));
    assert_eq!(store.verify_ledger().unwrap(), 1200);
    drop(store);
    let (store, recovery) = place.open(Access::Gateway).unwrap();
    assert_eq!((recovery.removed, recovery.waiting, recovery.voided), (0, 800, 0));
    let left: u64 =
        place.index().query_row("SELECT count(*) FROM flushing", [], |r| r.get(0)).unwrap();
    assert_eq!((left, recovery.missing.len()), (0, 0));
    store.record(&Event::Stopped).unwrap();
    assert_eq!(store.verify_ledger().unwrap(), 1201);
}

#[test]
fn room_has_its_bounds() {
    let place = Place::new();
    let keys = || Arc::clone(&place.keys);
    let small = Settings { max_waiting: 2, ..place.settings() };
    let (store, _) = Store::open(&small, keys(), Access::Gateway).unwrap();
    let first = release(&store, "2.25.1");
    assert_eq!(store.room(), Ok(()));
    release(&store, "2.25.2");
    assert_eq!(store.room(), Err(NoRoom::Queue));
    keep(&store, Fate::Held);
    store.delivered(first, 0).unwrap();
    assert_eq!(store.room(), Ok(()));
    drop(store);
    let full = Settings { min_free_bytes: u64::MAX, ..place.settings() };
    let (store, _) = Store::open(&full, keys(), Access::Gateway).unwrap();
    assert_eq!(store.room(), Err(NoRoom::Disk));
}

/// The other half of the next test: commits until it is killed.
#[test]
fn child_that_commits() {
    let Some(directory) = std::env::var_os("TOKUMEI_TEST_CHILD") else { return };
    let settings = Settings { directory: directory.into(), max_waiting: 9_999, min_free_bytes: 1 };
    let store = Store::open(&settings, Arc::new(KeyRing::ephemeral()), Access::Gateway).unwrap().0;
    thread::scope(|scope| {
        for worker in 0..3 {
            let store = &store;
            scope.spawn(move || {
                for n in 0.. {
                    let id = release(store, &format!("2.25.{worker}.{n}"));
                    println!("committed {id} 2.25.{worker}.{n}");
                }
            });
        }
    });
}

#[test]
fn nothing_acknowledged_is_lost_by_kill_9() {
    let place = Place::new();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "store::tests::child_that_commits", "--nocapture"])
        .env("TOKUMEI_TEST_CHILD", place.settings().directory)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = io::BufReader::new(child.stdout.take().unwrap()).lines();
    let mut acknowledged = Vec::new();
    for line in lines.map_while(Result::ok) {
        let mut words = line.split(' ').skip_while(|word| *word != "committed").skip(1);
        if let (Some(id), Some(uid)) = (words.next(), words.next()) {
            acknowledged.push((id.parse::<ObjectId>().unwrap(), uid.to_owned()));
        }
        if acknowledged.len() == 100 {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    assert!(acknowledged.len() >= 100);
    let (store, recovery) = place.open(Access::Gateway).unwrap();
    assert!(recovery.missing.is_empty());
    for (id, uid) in &acknowledged {
        let row = store.get(*id).unwrap();
        assert_eq!((row.state, &row.sop_instance), (State::Waiting, uid));
        assert_eq!(fs::read(&row.file).unwrap(), b"de-identified");
    }
    assert_eq!(store.counts().unwrap().waiting, place.files().len() as u64);
    store.verify_ledger().unwrap();
}
