//! `quarantine show --reveal`: a person with the key sees what stands in the original, and the ledger knows who looked
//! before anything is shown.

use std::{fs, path::PathBuf, sync::Arc};

use assert_cmd::Command;
use dicom_dictionary_std::tags;
use tokumei::{
    dicom::syntax::{EXPLICIT_LITTLE, lookup},
    operate::demo::{
        objects::{Attributes, Charset},
        studies,
    },
    pipeline::Gateway,
    policy::{
        Policy,
        checks::{CautionResponses, Checks},
    },
    receive::collect::{Announced, Limits},
    records::{Fate, keyring::KeyRing},
    route::Route,
    store::{Access, ObjectId, Settings, Store},
};

/// A data directory with objects that were kept back.
struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    fn new() -> Desk {
        Desk { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn store(&self, access: Access) -> (Store, Arc<KeyRing>) {
        let (keys, _) = KeyRing::open_or_create(&self.path("keys")).unwrap();
        let keys = Arc::new(keys);
        let settings =
            Settings { directory: self.path("data"), max_waiting: 99, min_free_bytes: 0 };
        let (store, _) = Store::open(&settings, keys.clone(), access).unwrap();
        (store, keys)
    }

    /// Keeps back the made-up CT of a chest with a change; its number.
    fn kept(&self, change: impl Fn(&mut Attributes)) -> ObjectId {
        let (store, keys) = self.store(Access::Gateway);
        let route = Route {
            name: "research".into(),
            callers: vec![],
            destination: "archive".into(),
            policy: Arc::new(Policy::shipped().unwrap()),
            cautions: CautionResponses::default(),
        };
        let quiet = Box::new(|_: &str| {});
        let (checks, limits) = (Checks::shipped().unwrap(), Limits::default());
        let gateway = Gateway::new(checks, vec![route], keys, store, limits, quiet);
        let mut object = studies::all().remove(0).objects.remove(0);
        change(&mut object);
        let file = Announced::file(lookup(EXPLICIT_LITTLE).unwrap());
        let mut passage = gateway.begin(file, None).unwrap_or_else(|_| panic!("a route takes it"));
        passage.feed(&object.encode());
        let outcome = passage.finish();
        assert_eq!(outcome.fate, Some(Fate::Quarantined));
        outcome.id.unwrap()
    }

    /// Exit status, standard output and standard error.
    fn show(&self, id: ObjectId, more: &[&str]) -> (i32, String, String) {
        self.run(&[&["show", &id.to_string()], more].concat())
    }

    fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        let output = Command::cargo_bin("tokumei")
            .unwrap()
            .current_dir(self.folder.path())
            .env("TOKUMEI_DATA_DIR", self.path("data"))
            .env("TOKUMEI_KEY_DIR", self.path("keys"))
            .env("USER", "alice")
            .arg("quarantine")
            .args(arguments)
            .output()
            .unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    }

    fn index(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.path("data/index.sqlite")).unwrap()
    }

    /// The bodies of the ledger's rows about looks at an object.
    fn looks(&self, id: ObjectId) -> Vec<String> {
        let index = self.index();
        let sql = "SELECT body FROM ledger WHERE kind = 'revealed' AND object = ?1";
        let mut statement = index.prepare(sql).unwrap();
        let rows = statement.query_map([id], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    }
}

const REVEAL: [&str; 4] = ["--reveal", "--by", "reviewer 7", "--force-output"];

/// Somebody typed the name, in the object's own character set, as the maker.
fn typed(object: &mut Attributes) {
    object.set(tags::MANUFACTURER, Charset::Ir87.encode("山田太郎 製"));
}

#[test]
fn the_place_is_shown_in_its_character_set_and_the_ledger_knows_who_looked() {
    let desk = Desk::new();
    let id = desk.kept(typed);
    let (status, out, err) = desk.show(id, &REVEAL);
    assert_eq!(status, 0, "{err}");
    assert!(out.contains("(0008,0070) Manufacturer, LO") && out.contains("│ 山田太郎 製"), "{out}");
    assert!(!out.contains("ZZ-0000123"), "only what was found is shown");
    assert_eq!(err, "");

    let looks = desk.looks(id);
    assert_eq!(looks.len(), 1);
    let look: serde_json::Value = serde_json::from_str(&looks[0]).unwrap();
    assert_eq!(look["by"], "reviewer 7");
    assert!(look["user"].as_str().unwrap().starts_with("alice (user "), "{look}");
    assert_eq!(look["reasons"][0]["rule"], "G2-02");
    assert_eq!(look["reasons"][0]["path"], "(0008,0070)");
    assert_eq!(desk.store(Access::Operator).0.acts(id).unwrap()[0].what, "revealed");
    assert!(desk.store(Access::Operator).0.verify_ledger().unwrap() > 0);

    let (_, out, _) = desk.show(id, &[]);
    assert!(out.contains("looked at  reviewer 7, logged in as alice"), "{out}");
    assert!(!out.contains("山田"));
    // The value rests nowhere.
    for entry in fs::read_dir(desk.path("data")).unwrap().flatten() {
        let bytes = fs::read(entry.path()).unwrap_or_default();
        for value in ["山田".as_bytes(), b"\x1b$B;3ED"] {
            assert!(!bytes.windows(value.len()).any(|w| w == value), "{:?}", entry.path());
        }
    }
}

#[test]
fn nothing_is_shown_without_a_terminal_a_name_or_the_key() {
    let desk = Desk::new();
    let id = desk.kept(typed);
    let refused = |arguments: &[&str], status: i32, words: &str| {
        let (found, out, err) = desk.show(id, arguments);
        assert_eq!((found, out.as_str()), (status, ""), "{arguments:?} {err}");
        assert!(err.contains(words) && !err.contains("山田"), "{arguments:?} {err}");
    };
    refused(&["--reveal", "--by", "reviewer 7"], 1, "add --force-output");
    refused(&["--reveal", "--force-output"], 2, "--by");
    refused(&["--reveal", "--by", "x", "--json"], 2, "--json");
    refused(&["--by", "x"], 2, "--reveal");
    refused(&["--reveal", "--by", "for 山田太郎", "--force-output"], 1, "in other words");
    fs::rename(desk.path("keys"), desk.path("away")).unwrap();
    refused(&REVEAL, 1, "set TOKUMEI_KEY_DIR");
    // Keys of another gateway.
    KeyRing::open_or_create(&desk.path("keys")).unwrap();
    refused(&REVEAL, 1, "belongs to another identity");
    assert_eq!(desk.looks(id), [] as [&str; 0]);
}

#[test]
fn what_cannot_be_recorded_is_not_shown() {
    let desk = Desk::new();
    let id = desk.kept(typed);
    desk.index()
        .execute_batch(
            "CREATE TRIGGER no BEFORE INSERT ON ledger WHEN NEW.kind = 'revealed' \
             BEGIN SELECT RAISE(ABORT, 'no room'); END",
        )
        .unwrap();
    let (status, out, err) = desk.show(id, &REVEAL);
    assert_eq!((status, out.as_str()), (1, ""), "{err}");
    assert!(err.contains("no room"), "{err}");
}

/// Who decided, when and why is told of a decided object, to people and to machines.
#[test]
fn decisions_are_shown() {
    let desk = Desk::new();
    let id = desk.kept(typed);
    assert!(!desk.show(id, &[]).1.contains("done by people"));
    assert_eq!(desk.run(&["export", &id.to_string(), "--out", "o.dcm"]).0, 0);
    let reject = ["reject", &id.to_string(), "--by", "reviewer 7", "--why", "a name is typed in"];
    assert_eq!(desk.run(&reject).0, 0);
    let (status, out, err) = desk.show(id, &[]);
    assert_eq!(status, 0, "{err}");
    let line = |words: &str| out.lines().find(|line| line.contains(words)).map(str::to_owned);
    assert!(line("opened into a file").is_some_and(|l| l.contains("alice (user ")), "{out}");
    let rejected = line("a name is typed in").unwrap_or_default();
    assert!(rejected.contains("rejected") && rejected.contains("reviewer 7"), "{out}");
    let one: serde_json::Value = serde_json::from_str(&desk.show(id, &["--json"]).1).unwrap();
    assert_eq!((&one["state"], &one["acts"][1]["what"]), (&"rejected".into(), &"rejected".into()));
    assert_eq!(one["acts"][1]["why"], "a name is typed in");
    let (status, _, err) = desk.show(id, &REVEAL);
    assert!(status == 1 && err.contains("there is no kept original"), "{err}");
}

/// Text of another character set, pixels and classes have a place too.
#[test]
fn every_kind_of_reason_is_explained() {
    let desk = Desk::new();
    let show = |change: fn(&mut Attributes)| {
        let id = desk.kept(change);
        let (status, out, err) = desk.show(id, &REVEAL);
        assert_eq!(status, 0, "{err}");
        assert_eq!(desk.looks(id).len(), 1);
        out
    };
    let out = show(|o| {
        o.set(tags::SPECIFIC_CHARACTER_SET, "ISO_IR 100").set(tags::CONVOLUTION_KERNEL, "YAMADA");
        o.set_as(tags::MANUFACTURER, dicom_core::VR::LO, b"\x8eR\x93c\x91\xbe\x98Y".to_vec());
    });
    assert!(out.contains("ConvolutionKernel, SH"), "{out}");
    let out = show(|o| {
        let mut pixels = vec![0_u8; 256 * 256 * 2];
        pixels[1000..1010].copy_from_slice(b"ZZ-0000123");
        o.set_as(tags::PIXEL_DATA, dicom_core::VR::OW, pixels);
    });
    assert!(out.contains("(7FE0,0010) pixels: export"), "{out}");
    let out = show(|o| {
        o.set(tags::SOP_CLASS_UID, "1.2.840.10008.5.1.4.1.1.66");
    });
    assert!(out.contains("SOPClassUID, UI") && out.contains("CLASS-RAW"), "{out}");
}
