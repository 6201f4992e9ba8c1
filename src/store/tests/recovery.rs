//! What the start after a crash, or with another index, finds and mends.

use super::*;

#[test]
fn a_crash_at_any_step_leaves_one_fate() {
    let place = Place::new();
    let store = place.gateway();
    let check = |step: &str, removed: u64, waiting: u64, kept: u64| {
        let after = place.crash();
        let (store, recovery) = after.open(Access::Gateway).unwrap();
        assert_eq!((recovery.removed, recovery.waiting), (removed, waiting), "{step}");
        assert_eq!((recovery.voided, recovery.aside), (0, 0), "{step}");
        assert_eq!(recovery.missing, [0; 0], "{step}");
        let counts = store.counts().unwrap();
        assert_eq!((counts.waiting, counts.quarantined), (waiting, kept), "{step}");
        assert_eq!(after.files().len() as u64, waiting + kept, "{step}");
        assert_adds_up(&counts, 0);
        store.verify_ledger().unwrap();
    };
    let mut file = store.outgoing("2.25.1").unwrap();
    check("begun", 1, 0, 0);
    file.write_all(&[1; 300_000]).unwrap();
    check("written in part", 1, 0, 0);
    let file = file.finish().unwrap();
    check("complete", 1, 0, 0);
    assert_eq!(place.files(), ["2.25.1.dcm.part".to_owned()].into());
    let id = store.commit(arrival(Fate::Released, file, "2.25.1")).unwrap();
    check("committed", 0, 1, 0);
    assert_eq!(place.files(), ["2.25.1.dcm".to_owned()].into());
    let mut sealed = store.sealed().unwrap();
    sealed.write_all(NAME).unwrap();
    check("sealed in part", 1, 1, 0);
    let kept = store.commit(arrival(Fate::Quarantined, sealed.finish().unwrap(), "")).unwrap();
    check("sealed", 0, 1, 1);

    let path = store.get(id).unwrap().file;
    let bytes = fs::read(&path).unwrap();
    store.delivered(id, 0).unwrap();
    fs::write(&path, bytes).unwrap();
    check("delivered, file not yet removed", 1, 0, 1);
    let original = store.get(kept).unwrap().file;
    let bytes = fs::read(&original).unwrap();
    store.reject(&review(kept)).unwrap();
    fs::write(original, bytes).unwrap();
    check("rejected, file not yet removed", 2, 0, 0);
}

#[test]
fn what_the_index_has_lost_is_set_aside_not_removed() {
    let place = Place::new();
    let store = place.gateway();
    release(&store, "2.25.1");
    let old = place.crash(); // the back-up
    release(&store, "2.25.2");
    keep(&store, Fate::Quarantined);
    let begun = store.outgoing("2.25.3").unwrap();
    let mut renamed = store.outgoing("2.25.4").unwrap().finish().unwrap();
    renamed.settle_name().unwrap(); // as far as it gets before its row is written
    let after = place.crash();
    drop((begun, renamed));
    let folder = |folder: &str| {
        let entries = fs::read_dir(after.settings().directory.join("aside").join(folder));
        entries.map_or(0, |entries| entries.count())
    };
    let lose = |place: &Place| {
        for end in ["", "-wal", "-shm"] {
            let path = place.settings().directory.join(format!("index.sqlite{end}"));
            assert!(fs::remove_file(path).is_ok() || !end.is_empty());
        }
    };

    // An older index: it knows the first only.
    lose(&after);
    for end in ["", "-wal"] {
        let name = format!("index.sqlite{end}");
        let from = old.settings().directory.join(&name);
        if from.exists() {
            fs::copy(from, after.settings().directory.join(name)).unwrap();
        }
    }
    let (store, recovery) = after.open(Access::Gateway).unwrap();
    assert_eq!((recovery.aside, recovery.removed, recovery.waiting), (3, 1, 1));
    assert_eq!((folder(OUTGOING), folder(SEALED)), (2, 1));
    assert_eq!(after.files(), ["2.25.1.dcm".to_owned()].into());
    let aside = after.settings().directory.join("aside");
    assert_eq!(fs::read(aside.join("outgoing/2.25.2.dcm")).unwrap(), b"de-identified");
    for folder in [aside.clone(), aside.join(OUTGOING), aside.join(SEALED)] {
        assert_eq!(fs::metadata(folder).unwrap().permissions().mode() & 0o777, 0o700);
    }

    // No index at all, and a file of the same name is there already.
    release(&store, "2.25.2");
    drop(store);
    lose(&after);
    let (store, recovery) = after.open(Access::Gateway).unwrap();
    assert_eq!((recovery.aside, recovery.removed, recovery.waiting), (2, 0, 0));
    assert_eq!((folder(OUTGOING), folder(SEALED)), (4, 1));
    assert!(aside.join("outgoing/2.25.2.dcm.2").exists());
    assert!(after.files().is_empty());

    // A name that was delivered once, and came again after the back-up: not taken for the delivered one.
    let id = release(&store, "2.25.5");
    store.delivered(id, 0).unwrap();
    drop(store);
    fs::write(after.settings().directory.join("outgoing/2.25.5.dcm"), b"another").unwrap();
    let (_store, recovery) = after.open(Access::Gateway).unwrap();
    assert_eq!((recovery.aside, recovery.removed), (1, 0));
}

#[test]
fn a_name_that_an_older_index_still_waits_for_is_not_used_again() {
    let place = Place::new();
    let store = place.gateway();
    let lost = release(&store, "2.25.1");
    fs::remove_file(store.get(lost).unwrap().file).unwrap();
    drop(store);
    let (store, recovery) = place.open(Access::Gateway).unwrap();
    assert_eq!(recovery.missing, [lost]);
    let again = release(&store, "2.25.1"); // the sender sends it again
    assert!(store.get(again).unwrap().file.ends_with("2.25.1-2.dcm"));
}

#[test]
fn a_row_whose_file_was_torn_before_the_answer_is_voided() {
    let place = Place::new();
    let store = place.gateway();
    let whole = release(&store, "2.25.1");
    let torn = release(&store, "2.25.2");
    let gone = keep(&store, Fate::Quarantined);
    // As if the machine had lost power while files and rows were under way.
    let after = place.crash();
    let restore = "INSERT OR REPLACE INTO flushing SELECT id, 0 FROM objects WHERE id IN (?1, ?2)";
    after.index().execute(restore, [torn, gone]).unwrap();
    let path = |id| {
        after
            .settings()
            .directory
            .join(store.get(id).unwrap().file.strip_prefix(store.directory()).unwrap())
    };
    fs::write(path(torn), [0; 13]).unwrap();
    fs::remove_file(path(gone)).unwrap();

    let (mended, recovery) = after.open(Access::Gateway).unwrap();
    assert_eq!((recovery.voided, recovery.removed, recovery.waiting), (2, 0, 1));
    assert!(recovery.missing.is_empty());
    assert_eq!(after.files(), ["2.25.1.dcm".to_owned()].into());
    assert_eq!(mended.get(whole).unwrap().state, State::Waiting);
    let counts = mended.counts().unwrap();
    assert_eq!((counts.received, counts.quarantined), (1, 0));
    assert!(counts.reasons.is_empty() && counts.cautions == [("CAUTION-HEAD".to_owned(), 1)]);
    assert_adds_up(&counts, 0);
    assert_eq!(mended.verify_ledger().unwrap(), 5);
    let next = release(&mended, "2.25.3");
    assert!(next > gone, "numbers are not used twice");
}

#[test]
fn a_row_is_voided_when_the_flush_of_its_file_fails() {
    let place = Place::new();
    let store = place.gateway();
    let id = release(&store, "2.25.1");
    store.void(id);
    assert!(store.get(id).is_err() && place.files().is_empty());
    let delivered = release(&store, "2.25.2");
    store.delivered(delivered, 0).unwrap();
    store.void(delivered); // too late: it left
    assert_eq!(store.get(delivered).unwrap().state, State::Delivered);
    assert_eq!(store.verify_ledger().unwrap(), 4);
}

#[test]
fn an_acknowledged_file_that_is_missing_or_short_is_reported() {
    let place = Place::new();
    let store = place.gateway();
    let ids: Vec<_> = (1..=3).map(|n| release(&store, &format!("2.25.{n}"))).collect();
    drop(store);
    let file = |n| place.settings().directory.join(format!("outgoing/2.25.{n}.dcm"));
    fs::remove_file(file(1)).unwrap();
    fs::write(file(2), b"short").unwrap();
    let (store, recovery) = place.open(Access::Gateway).unwrap();
    assert_eq!(recovery.missing, ids[..2]);
    assert_eq!((recovery.voided, recovery.removed, recovery.waiting), (0, 0, 3));
    assert_eq!(store.counts().unwrap().waiting, 3);
}
