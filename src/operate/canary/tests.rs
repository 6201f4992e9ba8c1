//! What the canaries prove, and that they can.

use std::{sync::Arc, time::Duration};

use super::*;
use crate::{
    forward::{Destination, Forwarder},
    pipeline::{CANARY, Gateway, trial::Leaving},
    policy::{
        Policy, Terms,
        checks::{CautionResponses, Response, WeakResponse},
        options::{Category, Options, ProfileOption},
    },
    records::{Origin, keyring::KeyRing, ledger::Event},
    store::{Access, Settings, State, Store},
};

fn route(category: Category, options: &[ProfileOption], cautions: CautionResponses) -> Route {
    let options: Options = options.iter().copied().collect();
    let terms = Terms { category, options, ..Terms::default() };
    let policy = Policy::compile(&[], terms).unwrap_or_else(|p| panic!("{p:?}"));
    Route {
        name: "research".into(),
        callers: vec![],
        destination: "archive".into(),
        policy: Arc::new(policy),
        cautions,
    }
}

/// The checks of a site that took lines out of the shipped file: what it lists there is not searched for.
fn without(words: &str) -> Checks {
    let folder = tempfile::tempdir().unwrap();
    let shipped = include_str!("../../../config/checks/identifiers.yaml");
    let kept: Vec<&str> = shipped.lines().filter(|line| !line.contains(words)).collect();
    std::fs::write(folder.path().join("identifiers.yaml"), kept.join("\n")).unwrap();
    Checks::load(Some(folder.path())).unwrap_or_else(|p| panic!("{p:?}"))
}

use ProfileOption::*;

const SHIPPED: [ProfileOption; 5] =
    [ModifiedDates, PatientCharacteristics, Descriptors, StructuredContent, SafePrivate];

/// Every image passes that can.
const LENIENT: CautionResponses = CautionResponses {
    head: Response::Warn,
    fundus: Response::Warn,
    photograph: Response::Warn,
    burned_in: Response::Warn,
    weak_findings: WeakResponse::Warn,
};

fn fly(route: &Route, checks: &Checks) -> Flight {
    Canaries::new().fly(checks, Limits::default(), route).unwrap()
}

fn shipped() -> Checks {
    Checks::shipped().unwrap_or_else(|p| panic!("{p:?}"))
}

#[test]
fn the_shipped_rules_stop_every_canary_and_let_the_clean_ones_through() {
    let all = [
        ModifiedDates,
        PatientCharacteristics,
        Descriptors,
        StructuredContent,
        SafePrivate,
        Graphics,
    ];
    let kept = [
        FullDates,
        Uids,
        DeviceIdentity,
        InstitutionIdentity,
        PatientCharacteristics,
        SafePrivate,
        Descriptors,
    ];
    for (category, options) in [
        (Category::Anonymized, &[][..]),
        (Category::Anonymized, &SHIPPED),
        (Category::Anonymized, &all),
        (Category::Personal, &kept),
    ] {
        for cautions in [CautionResponses::default(), LENIENT] {
            let flight = fly(&route(category, options, cautions), &shipped());
            assert_eq!(flight.leaks, [], "{category:?} {options:?}");
            assert_eq!(flight.false_alarms, [], "{category:?} {options:?}");
            assert_eq!(flight.kept_back + flight.made_clean, flight.tried);
            assert!(flight.kept_back >= 20 && flight.made_clean >= 10, "{flight:?}");
        }
    }
}

#[test]
fn a_site_that_searches_for_less_is_found_out() {
    let route = route(Category::Anonymized, &SHIPPED, LENIENT);
    let flight = fly(&route, &without("class: number"));
    let leak =
        |canary: &str, what, path: &str| Leak { canary: canary.into(), what, path: path.into() };
    let found = [
        leak("typed-accession", "accession number", "(0008,0070)"),
        leak("typed-serial-number", "serial number", "(0008,0070)"),
    ];
    for leak in found {
        assert!(flight.leaks.contains(&leak), "{flight:?}");
    }
    assert!(!flight.leaks.iter().any(|l| l.canary == "typed-name"), "names are still searched for");
}

/// What the canaries prove holds for what is received only if they take the same way.
#[test]
fn a_trial_says_what_the_passage_does() {
    let folder = tempfile::tempdir().unwrap();
    let keys = Arc::new(KeyRing::ephemeral());
    let settings =
        Settings { directory: folder.path().join("data"), max_waiting: 999, min_free_bytes: 0 };
    let (store, _) = Store::open(&settings, keys.clone(), Access::Gateway).unwrap();
    let route = route(Category::Anonymized, &SHIPPED, CautionResponses::default());
    let quiet = Box::new(|_: &str| {});
    let limits = Limits::default();
    let gateway = Gateway::new(shipped(), vec![route], keys.clone(), store.clone(), limits, quiet);
    let canaries = Canaries::new();
    let mut released = 0;
    for canary in canaries.dirty.iter().chain(&canaries.clean) {
        let announced = || Announced::file(canary.transfer_syntax);
        let mut passage = gateway.begin(announced(), None).unwrap_or_else(|_| panic!());
        canary.data_set.chunks(777).for_each(|chunk| passage.feed(chunk));
        let outcome = passage.finish();
        let (checks, route) = (gateway.checks(), &gateway.routes()[0]);
        match trial(checks, keys.batch(), limits, route, announced(), &canary.data_set) {
            Trial::Leaves(leaving) => {
                let row = store.get(outcome.id.unwrap()).unwrap();
                assert_eq!(row.state, State::Waiting, "{}", canary.id);
                let file = std::fs::read(row.file).unwrap();
                assert!(file == [leaving.meta, leaving.data_set].concat(), "{}", canary.id);
                released += 1;
            }
            Trial::Kept(reasons) => assert_eq!(reasons, outcome.reasons, "{}", canary.id),
            Trial::Refused(_) => assert!(outcome.fate.is_none(), "{}", canary.id),
        }
    }
    assert!(released > 10, "{released}");
}

/// On the schedule: what waits does not leave by itself any more, what comes is held, and other routes go on.
#[test]
fn a_scheduled_flight_closes_the_route_once_and_for_all() {
    let folder = tempfile::tempdir().unwrap();
    let keys = Arc::new(KeyRing::ephemeral());
    let settings =
        Settings { directory: folder.path().join("data"), max_waiting: 9, min_free_bytes: 0 };
    let (store, _) = Store::open(&settings, keys.clone(), Access::Gateway).unwrap();
    let with = |name: &str, options: &[ProfileOption]| Route {
        name: name.into(),
        callers: vec![name.into()],
        destination: name.into(),
        ..route(Category::Personal, options, CautionResponses::default())
    };
    // To search for no devices is good where devices may be known.
    let routes = vec![with("bad", &SHIPPED), with("good", &[DeviceIdentity, Descriptors])];
    let checks = without("unless: device_identity");
    let quiet = Box::new(|_: &str| {});
    let limits = Limits::default();
    let gateway = Gateway::new(checks, routes, keys, store.clone(), limits, quiet);
    let nowhere = |name: &str| {
        let pause = Duration::from_secs(60);
        let destination = Destination {
            name: name.into(),
            ae_title: "ARCHIVE".into(),
            address: "127.0.0.1:9".into(),
            calling_ae_title: "TOKUMEI".into(),
            associations: 1,
            connect_timeout: Duration::from_secs(1),
            response_timeout: pause,
            linger: pause,
            retry_first: pause,
            retry_longest: pause,
        };
        (name.to_owned(), Arc::new(Forwarder::start(destination, store.clone())))
    };
    let forwarders = vec![nowhere("bad"), nowhere("good")];
    let send = |caller: &str| {
        let origin = Origin { association: 1, calling_ae: caller.into(), address: String::new() };
        let file = Announced::file(syntax::lookup(EXPLICIT_LITTLE).unwrap());
        let mut passage =
            gateway.begin(Announced { origin, ..file }, None).unwrap_or_else(|_| panic!());
        passage.feed(&objects::clean().remove(0).object.encode());
        let outcome = passage.finish();
        assert_eq!(outcome.answer.status.0, 0);
        store.get(outcome.id.unwrap()).unwrap()
    };
    let (suspect, other) = (send("bad"), send("good"));
    assert_eq!((suspect.state, other.state), (State::Waiting, State::Waiting));
    let ledger = || store.verify_ledger().unwrap();
    let before = ledger();
    watch::once(&Canaries::new(), limits, &gateway, &forwarders);
    let closed = store.closed().unwrap();
    assert_eq!(closed.len(), 1);
    assert_eq!(
        (&*closed[0].closure.destination, &*closed[0].closure.canary),
        ("bad", "typed-station")
    );
    assert_eq!(ledger(), before + 2, "closed, and parked");
    assert!(forwarders[0].1.is_closed() && !forwarders[1].1.is_closed());
    let parked = store.get(suspect.id).unwrap();
    assert!(parked.state == State::Parked && parked.last_error.contains("typed-station"));
    assert_eq!(store.get(other.id).unwrap().state, State::Waiting);
    let (held, passed) = (send("bad"), send("good"));
    assert_eq!((held.state, passed.state), (State::Held, State::Waiting));
    assert_eq!((held.reasons.len(), &*held.reasons[0].rule), (1, CANARY));
    let before = ledger();
    watch::once(&Canaries::new(), limits, &gateway, &forwarders);
    assert_eq!(ledger(), before, "it is closed already");
    store.record(&Event::Opened { destination: "bad".into() }).unwrap();
    assert_eq!(store.closed().unwrap(), []);
}

/// The same rules give the same bytes: an alarm does not come and go.
#[test]
fn flights_repeat() {
    let route = route(Category::Anonymized, &SHIPPED, CautionResponses::default());
    assert_eq!(fly(&route, &shipped()), fly(&route, &shipped()));
}

/// Were nothing done at all, every canary would be seen, but for those whose name stands where it is not looked for by
/// its bytes alone.
#[test]
fn the_judge_sees_every_canary_as_it_was_made() {
    let judge = Judge::new(Options::NONE).unwrap();
    let kept = Judge::new(ProfileOption::ALL.into_iter().collect()).unwrap();
    for canary in Canaries::new().dirty {
        let (data_set, encoding) = (canary.data_set.clone(), canary.transfer_syntax.encoding);
        let leaving = Leaving { meta: Vec::new(), data_set, encoding };
        let found = judge.look(&leaving);
        assert!(found.as_ref().is_some_and(|f| !f.path.is_empty()), "{}: {found:?}", canary.id);
        assert!(kept.find(&canary.data_set).is_some(), "{}", canary.id);
    }
}

#[test]
fn ids_are_unique_and_fit_for_a_log() {
    let mut ids: Vec<&str> =
        objects::dirty().iter().chain(&objects::clean()).map(|c| c.id).collect();
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count);
    assert!(
        ids.iter().all(|id| id
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'))
    );
}
