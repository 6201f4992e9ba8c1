//! What the store remembers of a batch, and what it does where an object contradicts it.

use super::*;

fn link(bond: Bond, one: u8, other: u8) -> Link {
    Link { bond, one: [one; 16], other: [other; 16] }
}

fn linked(store: &Store, uid: &str, links: Vec<Link>) -> Result<ObjectId, StoreError> {
    let mut file = store.outgoing(uid).unwrap();
    file.write_all(b"de-identified").unwrap();
    store.commit(Arrival { links, ..arrival(Fate::Released, file.finish().unwrap(), uid) })
}

#[test]
fn what_contradicts_an_object_that_left_is_not_stored() {
    let place = Place::new();
    let store = place.gateway();
    let links = vec![link(Bond::Pseudonym, 1, 2), link(Bond::Patient, 2, 1)];
    linked(&store, "2.25.1", links.clone()).unwrap();
    // The same again, and another patient.
    linked(&store, "2.25.2", links.clone()).unwrap();
    linked(&store, "2.25.3", vec![link(Bond::Pseudonym, 3, 4), link(Bond::Patient, 4, 3)]).unwrap();
    let rows: i64 =
        place.index().query_row("SELECT count(*) FROM links", [], |row| row.get(0)).unwrap();
    assert_eq!(rows, 4);
    for (links, bond) in [
        (vec![link(Bond::Pseudonym, 1, 9)], Bond::Pseudonym),
        (vec![link(Bond::Pseudonym, 5, 2), link(Bond::Patient, 2, 5)], Bond::Patient),
    ] {
        assert_eq!(store.contradicted(&links).unwrap(), Some(bond));
        let (before, files) = (store.counts().unwrap().waiting, place.files());
        let refused = linked(&store, "2.25.4", links).unwrap_err();
        assert!(matches!(refused, StoreError::Contradiction(_)), "{refused}");
        assert_eq!((store.counts().unwrap().waiting, place.files()), (before, files));
    }
    assert_eq!(store.contradicted(&links).unwrap(), None);
    store.verify_ledger().unwrap();
    // Over a restart, too.
    drop(store);
    let refused = linked(&place.gateway(), "2.25.5", vec![link(Bond::Pseudonym, 1, 9)]);
    assert!(refused.is_err());
}

#[test]
fn an_inconsistent_batch_leaves_no_further_until_a_person_decides() {
    let place = Place::new();
    let store = place.gateway();
    release(&store, "2.25.1");
    assert_eq!(store.waiting("archive", &[], 10).unwrap().len(), 1);
    let mut file = store.sealed().unwrap();
    file.write_all(NAME).unwrap();
    let kept = arrival(Fate::Quarantined, file.finish().unwrap(), "2.25.2");
    let id = store.commit(Arrival { reasons: vec![Bond::Patient.broken()], ..kept }).unwrap();
    assert!(store.waiting("archive", &[], 10).unwrap().is_empty());
    // What is taken meanwhile waits, and nothing of it is lost.
    release(&store, "2.25.3");
    drop(store);
    let store = place.gateway();
    assert!(store.waiting("archive", &[], 10).unwrap().is_empty());
    store.reject(&Review { id, by: "R. Viewer".into(), why: "sent by mistake".into() }).unwrap();
    assert_eq!(store.waiting("archive", &[], 10).unwrap().len(), 2);
}
