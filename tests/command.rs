//! The command line as an operator meets it: exit statuses, problems with their lines, and no value of a patient.

use std::{
    fs,
    path::{Path, PathBuf},
};

use assert_cmd::Command;
use tokumei::operate::demo::studies;

/// A folder of its own for data, keys and files.
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

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    /// The objects of a made-up study whose title begins so, as files in a folder.
    fn study(&self, title: &str, folder: &str) -> PathBuf {
        let study = studies::all().into_iter().find(|s| s.title.starts_with(title)).unwrap();
        for (number, object) in study.objects.iter().enumerate() {
            self.write(&format!("{folder}/{number}.dcm"), object.part10());
        }
        self.path(folder)
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        let output = Command::cargo_bin("tokumei")
            .unwrap()
            .current_dir(self.folder.path())
            .env("TOKUMEI_DATA_DIR", self.path("data"))
            .env("TOKUMEI_KEY_DIR", self.path("keys"))
            .env(
                "TMPDIR",
                Some(self.path("temporary")).filter(|t| t.is_dir()).unwrap_or(std::env::temp_dir()),
            )
            .args(arguments)
            .output()
            .unwrap();
        Ran {
            status: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

struct Ran {
    status: i32,
    out: String,
    err: String,
}

/// What the demo left, taken over as if the gateway had run here; the number of the object with the typed name.
fn after_the_demo(desk: &Desk) -> String {
    assert_eq!(desk.run(&["demo", "--keep", "kept"]).status, 0);
    fs::rename(desk.path("kept/data"), desk.path("data")).unwrap();
    fs::rename(desk.path("kept/keys"), desk.path("keys")).unwrap();
    let ran = desk.run(&["quarantine", "list", "--rule", "G2-02", "--json"]);
    let rows: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    rows[0]["id"].to_string()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect()
}

#[test]
fn the_demo_is_as_it_must_be() {
    let desk = Desk::new();
    let ran = desk.run(&["demo", "--keep", "kept"]);
    assert_eq!(ran.status, 0, "{}\n{}", ran.out, ran.err);
    assert!(!ran.out.contains('✗'), "{}", ran.out);
    assert_eq!(desk.run(&["demo", "--keep", "kept"]).status, 1, "a folder that is not empty");
}

#[test]
fn misuse_is_status_2() {
    let desk = Desk::new();
    assert_eq!(desk.run(&[]).status, 2);
    assert_eq!(desk.run(&["deidentify", "x"]).status, 2);
    assert_eq!(desk.run(&["quarantine", "release", "1", "--by", "me"]).status, 2);
    assert_eq!(desk.run(&["quarantine", "reject", "1", "--by", "", "--why", "x"]).status, 2);
}

#[test]
fn check_lists_every_problem_with_file_line_key_and_remedy() {
    let desk = Desk::new();
    desk.write(
        "bad.yaml",
        "listen:\n  adress: 0.0.0.0:1\n  max_pdu_bytes: 1\nroutes:\n  - name: a\n    destination: gone\nlog: {level: shout}\n",
    );
    let ran = desk.run(&["check", "--config", "bad.yaml"]);
    assert_eq!(ran.status, 1);
    for line in [
        "bad.yaml:2: listen.adress: unknown key",
        "bad.yaml:3: listen.max_pdu_bytes: out of bounds",
        "bad.yaml:7: log.level: unknown word",
    ] {
        assert!(ran.err.contains(line), "{line}: {}", ran.err);
    }
    assert!(!ran.err.contains("shout"));
    let ran = desk.run(&["serve", "--config", "bad.yaml"]);
    assert_eq!(ran.status, 1);
    assert!(ran.err.contains("nothing was started"));
    assert!(!desk.path("data").exists() && !desk.path("keys").exists(), "nothing was started");
    assert_eq!(desk.run(&["check", "--config", "not-there.yaml"]).status, 1);
    assert_eq!(desk.run(&["check"]).status, 0, "the built-in configuration");
}

#[test]
fn rule_files_that_nobody_reads_are_problems() {
    let desk = Desk::new();
    desk.write("site/rule/extra.yaml", "");
    desk.write(
        "c.yaml",
        "destinations: [{name: a, ae_title: A, address: 'x:1'}]\nroutes: [{name: r, destination: a}]\npolicy: {directory: site}\n",
    );
    let ran = desk.run(&["check", "--config", "c.yaml"]);
    assert_eq!(ran.status, 1);
    assert!(ran.err.contains("site/rule: nothing reads this file"), "{}", ran.err);
}

#[test]
fn a_site_adds_its_own_words_and_is_warned_of_names() {
    let desk = Desk::new();
    let words = |words: &str, kept: &str| {
        format!(
            "lists:\n  - id: OURS\n    meaning: our protocols\n    words: [{words}]\n    examples:\n      \
             - {{ text: ZZBRAIN sag, kept: \"{kept}\" }}\n      - {{ text: Yamada, kept: \"\" }}\n"
        )
    };
    desk.write(
        "c.yaml",
        "destinations: [{name: a, ae_title: A, address: 'x:1'}]\nroutes: [{name: r, destination: a, confidentiality: {options: [clean_descriptors]}}]\npolicy: {directory: site}\n",
    );
    let check = || desk.run(&["check", "--config", "c.yaml"]);
    desk.write("site/vocabulary/ours.yaml", words("ZZBRAIN", "ZZBRAIN sag"));
    let ran = check();
    assert_eq!(ran.status, 0, "{}", ran.err);
    assert!(!ran.out.contains("surname"), "{}", ran.out);
    desk.write("site/vocabulary/ours.yaml", words("ZZBRAIN, Nakamura", "ZZBRAIN sag"));
    let ran = check();
    let warning =
        "ours.yaml:4: lists[0].words[1]: the word Nakamura is a common surname too. Put it under";
    assert!(ran.status == 0 && ran.out.contains(warning), "{}\n{}", ran.out, ran.err);
    // An example that does not come out, and a word that is there already.
    desk.write("site/vocabulary/ours.yaml", words("ZZBRAINS", "ZZBRAIN sag"));
    let ran = check();
    let wrong = "ours.yaml:6: lists[0].examples[0]: this example does not come out as it says";
    assert!(ran.status == 1 && ran.err.contains(wrong), "{}", ran.err);
    desk.write("site/vocabulary/ours.yaml", words("ZZBRAIN, chest", "ZZBRAIN sag"));
    let ran = check();
    let wrong = "ours.yaml:4: lists[0].words[1]: this word is there already";
    assert!(ran.status == 1 && ran.err.contains(wrong), "{}", ran.err);
}

#[test]
fn files_go_through_the_same_pipeline() {
    let desk = Desk::new();
    let clean = desk.study("CT of a chest", "clean");
    let ran = desk.run(&["deidentify", clean.to_str().unwrap(), "--out", "out"]);
    assert_eq!(ran.status, 0, "{}\n{}", ran.out, ran.err);
    let written = files(&desk.path("out"));
    assert_eq!(written.len(), 4);
    for file in &written {
        let bytes = fs::read(file).unwrap();
        assert!(!bytes.windows(6).any(|w| w.eq_ignore_ascii_case(b"Yamada")));
        let name = file.file_name().unwrap().to_str().unwrap();
        assert!(name.starts_with("2.25.") && name.ends_with(".dcm"), "{name}");
    }
    // The same keys give the same names: nothing is doubled.
    assert_eq!(desk.run(&["deidentify", "clean", "--out", "out"]).status, 0);
    assert_eq!(files(&desk.path("out")).len(), 4);
}

#[test]
fn exit_status_says_what_was_kept_back_and_what_was_not_taken() {
    let desk = Desk::new();
    desk.study("CT with the name typed", "mixed/leak");
    desk.study("CT of a chest", "mixed/clean");
    desk.write("mixed/notes.txt", "not DICOM");
    let ran = desk.run(&["deidentify", "mixed", "--out", "out", "--json"]);
    assert_eq!(ran.status, 3, "{}\n{}", ran.out, ran.err);
    let report: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(report["deidentified"], 4);
    assert_eq!(report["not_dicom"], 1);
    assert_eq!(report["not_dicom_files"][0], "mixed/notes.txt");
    assert_eq!(report["kept_back"].as_array().unwrap().len(), 1);
    assert!(report["kept_back"][0]["why"][0].as_str().unwrap().starts_with("G2-02"));
    assert_eq!(files(&desk.path("out")).len(), 4, "no trace of what was kept back");
    let ran = desk.run(&["deidentify", "mixed", "--out", "out"]);
    assert!(
        ran.out.contains("mixed/leak/0.dcm  G2-02 (") && ran.out.contains("mixed/notes.txt"),
        "{}",
        ran.out
    );
    let ran = desk.run(&["deidentify", "mixed/notes.txt", "--out", "out"]);
    assert_eq!(ran.status, 1, "a file that was named must be taken");
}

/// A folder whose path is longer than the system takes cannot be listed, whoever asks.
#[test]
fn a_folder_that_cannot_be_listed_is_named_and_the_others_are_read() {
    let desk = Desk::new();
    desk.study("CT of a chest", "s");
    let chain = |start: &str| {
        let deep = (0..12).fold(desk.path(start), |path, _| path.join("x".repeat(200)));
        fs::create_dir_all(&deep).unwrap();
        deep
    };
    let (upper, _) = (chain("s/deep"), chain("lower"));
    fs::rename(desk.path("lower"), upper.join("lower")).unwrap();
    let ran = desk.run(&["deidentify", "s", "--out", "out", "--json"]);
    assert_eq!(ran.status, 1, "{}\n{}", ran.out, ran.err);
    let report: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(report["deidentified"], 4, "{}", ran.out);
    let unlisted = report["unlisted"].as_array().unwrap();
    assert!(unlisted.len() == 1 && unlisted[0]["file"].as_str().unwrap().starts_with("s/deep/"));
    assert!(ran.err.contains("could not be listed"), "{}", ran.err);
    let ran = desk.run(&["deidentify", "s", "--out", "out"]);
    assert!(ran.status == 1 && ran.out.contains("could not be listed"), "{}", ran.out);
}

#[test]
fn a_wrong_age_is_reported_where_it_stands() {
    let desk = Desk::new();
    let shipped = include_str!("../config/tokumei.yaml");
    for (key, wrong) in [("age_top", "age_top: 91"), ("age_band_years", "age_band_years: 3")] {
        let at = shipped.lines().position(|l| l.trim().starts_with(key)).unwrap();
        let text = |(i, line): (usize, &str)| match i == at {
            true => line.replace(line.trim().split('#').next().unwrap().trim(), wrong),
            false => line.to_owned(),
        };
        let text: Vec<String> = shipped.lines().enumerate().map(text).collect();
        desk.write("bad.yaml", text.join("\n"));
        let ran = desk.run(&["check", "--config", "bad.yaml"]);
        let place = format!("bad.yaml:{}: routes[0].confidentiality.{key}: ", at + 1);
        assert!(ran.status == 1 && ran.err.contains(&place), "{}", ran.err);
    }
}

#[test]
fn explain_shows_values_only_when_asked() {
    let desk = Desk::new();
    desk.study("CT of a chest", "s");
    let ran = desk.run(&["explain", "s/0.dcm"]);
    assert_eq!(ran.status, 0, "{}", ran.err);
    assert!(ran.out.contains("(0010,0010)") && ran.out.contains("PatientName"));
    for value in ["Yamada", "山田", "ZZ-0000123", "19510312"] {
        assert!(!ran.out.contains(value), "{value}");
    }
    let ran = desk.run(&["explain", "s/0.dcm", "--show-values", "--json"]);
    assert!(ran.out.contains("山田") && ran.out.contains("ZZ-0000123"));
    assert_eq!(desk.run(&["explain", "not-there.dcm"]).status, 1);
}

#[test]
fn explain_begins_and_ends_with_the_verdict_of_the_whole_way() {
    let desk = Desk::new();
    let temporary = desk.path("temporary");
    fs::create_dir(&temporary).unwrap();
    desk.study("CT with the name typed", "leak");
    desk.study("CT of a chest", "clean");
    let explain = |arguments: &[&str]| desk.run(&[&["explain"], arguments].concat());
    let verdict = "Verdict: kept back, quarantined by G2-02 (route research)";
    let ran = explain(&["leak/0.dcm"]);
    assert_eq!(ran.status, 0, "{}", ran.err);
    assert!(ran.out.starts_with(verdict), "{}", ran.out);
    let end = ran.out.rsplit("\n\n").next().unwrap();
    assert!(ran.out.matches(verdict).count() == 2 && end.contains("(00"), "{end}");
    assert!(!ran.out.contains("Yamada"));
    let ran = explain(&["clean/0.dcm"]);
    assert!(ran.out.starts_with("Verdict: released, to archive"), "{}", ran.out);
    let ran = explain(&["clean/0.dcm", "--json", "--route", "research"]);
    let json: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(json["verdict"]["fate"], "released");
    // Pixels stay, and the explanation says so.
    let rows = json["attributes"].as_array().unwrap();
    let pixels = rows.iter().find(|row| row["path"] == "(7FE0,0010)").expect("Pixel Data");
    let data = dicom_object::open_file(desk.path("clean/0.dcm")).unwrap();
    let length = data.element_by_name("PixelData").unwrap().to_bytes().unwrap().len();
    assert_eq!(pixels["before"], format!("{length} bytes"));
    assert_eq!((&pixels["action"], &pixels["after"]), (&"keep".into(), &pixels["before"]));
    assert_eq!((&pixels["keyword"], &pixels["rule"]), (&"PixelData".into(), &"NOT-LISTED".into()));
    let numbering = "numbers with which they came";
    assert!(!explain(&["clean/0.dcm"]).out.contains(numbering), "nothing has items here");
    desk.study("Photograph of a retina", "items");
    let ran = explain(&["items/0.dcm"]);
    assert!(ran.out.contains("(7FE0,0010)") && ran.out.contains(numbering), "{}", ran.out);
    let ran = explain(&["clean/0.dcm", "--route", "NOPE"]);
    assert!(ran.status == 1 && ran.err.contains("it has: research"), "{}", ran.err);
    assert!(files(&temporary).is_empty(), "nothing is left behind");
    assert!(!desk.path("data").exists() && !desk.path("keys").exists());
}

#[test]
fn two_configurations_are_compared_over_a_file() {
    let desk = Desk::new();
    desk.study("CT of a chest", "s");
    let shipped = include_str!("../config/tokumei.yaml");
    desk.write("one.yaml", shipped);
    desk.write("basic.yaml", shipped.replace("        - modified_dates ", "        # "));
    let diff = |other: &str| {
        desk.run(&["explain", "s/0.dcm", "--config", "one.yaml", "--diff", other, "--show-values"])
    };
    let same = diff("one.yaml");
    assert!(same.status == 0 && same.out.contains("Nothing that is done"), "{}", same.out);
    let ran = diff("basic.yaml");
    assert_eq!(ran.status, 0, "{}", ran.err);
    let line = ran.out.lines().find(|l| l.starts_with("(0008,0020)")).expect("the study date");
    assert!(line.contains("shift date") && line.contains("empty"), "{line}");
    let line = ran.out.lines().find(|l| l.starts_with("(0028,0303)")).expect("the marker");
    assert!(line.contains("MODIFIED") && line.contains("REMOVED"), "{line}");
    assert!(!ran.out.contains("(0010,0010)"), "what is the same is not shown");
    assert_eq!(diff("not-there.yaml").status, 1);
    let json =
        desk.run(&["explain", "s/0.dcm", "--config", "one.yaml", "--diff", "basic.yaml", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert!(json["attributes"].as_array().is_some_and(|a| a.len() > 5));
    assert!(json["here"]["claims"].as_array().is_some_and(|c| c.iter().any(|c| c == "113107")));
}

#[test]
fn contradictory_options_are_all_named_with_their_lines() {
    let desk = Desk::new();
    let shipped = include_str!("../config/tokumei.yaml");
    let options = "        - full_dates\n        - uids\n        - everything\n        - clean_pixel_data\n        - modified_dates ";
    desk.write("bad.yaml", shipped.replace("        - modified_dates ", options));
    let ran = desk.run(&["check", "--config", "bad.yaml"]);
    assert_eq!(ran.status, 1);
    for part in [
        "full_dates and modified_dates exclude each other",
        "full_dates is forbidden for the category anonymized",
        "uids is forbidden for the category anonymized",
        "unknown option",
        "needs a pass over all pixels",
    ] {
        assert!(ran.err.contains(part), "{part}: {}", ran.err);
    }
    let first = shipped.lines().position(|l| l.trim().starts_with("- modified_dates")).unwrap() + 1;
    assert!(ran.err.contains(&format!("bad.yaml:{first}: ")), "{}", ran.err);
}

#[test]
fn results_do_not_go_among_the_originals() {
    let desk = Desk::new();
    desk.study("CT of a chest", "s");
    std::os::unix::fs::symlink(desk.path("s"), desk.path("link")).unwrap();
    for out in ["s", "s/out", "link/out", "s/../s/out"] {
        let ran = desk.run(&["deidentify", "s", "--out", out]);
        assert!(ran.status == 1 && ran.err.contains("--out"), "{out}: {}", ran.err);
    }
    assert_eq!(files(&desk.path("s")).len(), 4);
    assert_eq!(
        desk.run(&["deidentify", "s/0.dcm", "--out", "s/out"]).status,
        0,
        "no folder is walked"
    );
}

#[test]
fn an_interrupted_run_leaves_no_temporary_folder() {
    let desk = Desk::new();
    desk.study("CT of a chest", "s");
    let queue = desk.path("queue");
    let made = std::process::Command::new("mkfifo").arg(&queue).status().unwrap();
    assert!(made.success());
    let binary = assert_cmd::cargo::cargo_bin("tokumei");
    let mut running = std::process::Command::new(binary)
        .current_dir(desk.folder.path())
        .env("TOKUMEI_KEY_DIR", desk.path("keys"))
        // Nobody writes into the queue: the run waits there.
        .args(["deidentify", "s", "queue", "--out", "out"])
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let temporary = || {
        let entries = fs::read_dir(desk.path("out")).into_iter().flatten().flatten();
        entries.filter(|e| e.file_name().as_encoded_bytes().starts_with(b".tokumei-")).count()
    };
    let patience = std::time::Instant::now();
    while temporary() == 0 && patience.elapsed().as_secs() < 30 {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert_eq!(temporary(), 1);
    let pid = running.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    assert_eq!(running.wait().unwrap().code(), Some(130));
    assert_eq!(temporary(), 0);
}

#[test]
fn a_reviewer_can_accept_a_caution_but_no_finding() {
    let desk = Desk::new();
    after_the_demo(&desk);
    let ran = desk.run(&["quarantine", "list", "--rule", "NOPE"]);
    assert!(ran.out.contains("no such rule was met") && ran.out.contains("G2-02"), "{}", ran.out);
    let ran = desk.run(&["quarantine", "list", "--json"]);
    let rows: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    let kept_by = |rule: &str| {
        let rows = rows.as_array().unwrap();
        let row = rows.iter().find(|r| r["reasons"].to_string().contains(rule)).unwrap();
        row["id"].to_string()
    };
    let (ultrasound, leak, report) =
        (kept_by("CAUTION-TEXT"), kept_by("G2-02"), kept_by("CLASS-REPORT"));
    let decide = |what: &[&str]| {
        desk.run(&[&["quarantine"], what, &["--by", "Reviewer", "--why", "looked at it"]].concat())
    };

    let ran = decide(&["release", &ultrasound]);
    assert_eq!(ran.status, 3, "not accepted, so it is kept back again: {}", ran.err);
    let ran = decide(&["release", &leak, "--accept", "G2-02"]);
    assert_eq!(ran.status, 1, "a finding cannot be accepted");
    assert_eq!(decide(&["release", &leak]).status, 3);
    assert_eq!(decide(&["release", &ultrasound, "--accept", "CAUTION-TEXT-US"]).status, 0);
    assert_eq!(decide(&["release", &ultrasound]).status, 1, "it is not kept back any more");
    assert_eq!(decide(&["reject", &report]).status, 0);

    assert_eq!(desk.run(&["quarantine", "export", &leak, "--out", "o.dcm"]).status, 0);
    assert!(fs::read(desk.path("o.dcm")).unwrap().windows(10).any(|w| w == b"ZZ-0000456"));
    assert_eq!(desk.run(&["quarantine", "export", &leak, "--out", "o.dcm"]).status, 1);

    let ran = desk.run(&["status", "--json"]);
    let counts: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(counts["waiting"], 1);
    assert_eq!(counts["destinations"][0]["waiting"], 1);
    assert_eq!(
        (&counts["reviewed"], &counts["rejected"], &counts["quarantined"]),
        (&1.into(), &1.into(), &1.into())
    );
}

#[test]
fn the_ledger_is_not_told_who_the_patient_is() {
    let desk = Desk::new();
    let id = after_the_demo(&desk);
    for action in ["release", "reject"] {
        for (by, why) in [
            ("me", "鈴木さん本人に確認した"),
            ("me", "asked about ZZ-0000456"),
            ("ZZ-0000456", "looked at it"),
        ] {
            let ran = desk.run(&["quarantine", action, &id, "--by", by, "--why", why]);
            assert_eq!(ran.status, 1, "{action} {by} {why}: {}", ran.err);
            assert!(
                ran.err.contains("in other words") && !ran.err.contains("0000456"),
                "{}",
                ran.err
            );
        }
    }
    let ran =
        desk.run(&["quarantine", "reject", &id, "--by", "reviewer 7", "--why", "a name is typed"]);
    assert_eq!(ran.status, 0, "{}", ran.err);
}

#[test]
fn lost_keys_are_never_replaced_while_originals_need_them() {
    let desk = Desk::new();
    let id = after_the_demo(&desk);
    let export = || desk.run(&["quarantine", "export", &id, "--out", "o.dcm"]);
    let sealed = files(&desk.path("data/sealed"));
    desk.study("CT of a chest", "s");

    fs::rename(desk.path("keys"), desk.path("old")).unwrap();
    for command in [&["serve"][..], &["check"], &["deidentify", "s", "--out", "out"]] {
        let ran = desk.run(command);
        assert_eq!(ran.status, 1, "{command:?}");
        assert!(
            ran.err.contains("identity.txt") && ran.err.contains("Put the old keys back"),
            "{}",
            ran.err
        );
        assert!(!desk.path("keys").exists(), "{command:?}");
    }
    assert!(export().err.contains("there are no keys here"));

    // Keys that were made elsewhere.
    fs::create_dir(desk.path("other")).unwrap();
    let made = Command::cargo_bin("tokumei")
        .unwrap()
        .current_dir(desk.path("other"))
        .env("TOKUMEI_KEY_DIR", "keys")
        .args(["deidentify", "../s", "--out", "out"])
        .output()
        .unwrap();
    assert!(made.status.success());
    fs::rename(desk.path("other/keys"), desk.path("keys")).unwrap();
    for command in ["serve", "check"] {
        let ran = desk.run(&[command]);
        assert!(ran.status == 1 && ran.err.contains("is not the identity"), "{}", ran.err);
    }
    let ran = export();
    assert!(ran.status == 1 && ran.err.contains("another identity"), "{}", ran.err);
    let ran = desk.run(&["quarantine", "release", &id, "--by", "a", "--why", "b"]);
    assert!(ran.status == 1 && ran.err.contains("another identity"), "{}", ran.err);

    fs::remove_dir_all(desk.path("keys")).unwrap();
    fs::rename(desk.path("old"), desk.path("keys")).unwrap();
    assert_eq!(desk.run(&["check"]).status, 0);
    for file in sealed {
        let length = fs::metadata(&file).unwrap().len();
        fs::OpenOptions::new().write(true).open(&file).unwrap().set_len(length - 30).unwrap();
    }
    for ran in [export(), desk.run(&["quarantine", "release", &id, "--by", "a", "--why", "b"])] {
        assert!(ran.status == 1 && ran.err.contains("is damaged"), "{}", ran.err);
    }
    assert!(!desk.path("o.dcm").exists());
    assert_eq!(desk.run(&["quarantine", "reject", &id, "--by", "a", "--why", "damaged"]).status, 0);
}

#[test]
fn check_finds_what_serve_would_refuse() {
    use std::os::unix::fs::PermissionsExt;
    let desk = Desk::new();
    desk.study("CT of a chest", "s");
    assert_eq!(desk.run(&["deidentify", "s", "--out", "out"]).status, 0, "makes keys");
    assert_eq!(desk.run(&["check"]).status, 0);
    let refused = |words: &str| {
        for command in ["check", "serve"] {
            let ran = desk.run(&[command]);
            assert!(ran.status == 1 && ran.err.contains(words), "{command}: {}", ran.err);
        }
    };
    let identity = desk.path("keys/identity.txt");
    fs::set_permissions(&identity, fs::Permissions::from_mode(0o644)).unwrap();
    refused("chmod 600");
    fs::set_permissions(&identity, fs::Permissions::from_mode(0o600)).unwrap();
    desk.write("data", "a file where the folder should be");
    refused("data is not a folder");
    fs::remove_file(desk.path("data")).unwrap();
    fs::rename(desk.path("keys"), desk.path("elsewhere")).unwrap();
    fs::create_dir_all(desk.path("data/inside")).unwrap();
    std::os::unix::fs::symlink("data/inside", desk.path("keys")).unwrap();
    refused("store.key_dir");
}

#[test]
fn parked_objects_have_a_way_on() {
    use std::sync::Arc;
    use tokumei::{
        records::keyring::KeyRing,
        store::{Access, Filter, Settings, State, Store},
    };
    let desk = Desk::new();
    after_the_demo(&desk);
    let ultrasound = {
        let ran = desk.run(&["quarantine", "list", "--rule", "CAUTION-TEXT-US", "--json"]);
        let rows: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
        rows[0]["id"].to_string()
    };
    let decide = |what: &[&str]| {
        desk.run(&[&["quarantine"], what, &["--by", "Reviewer", "--why", "looked at it"]].concat())
    };
    assert_eq!(decide(&["release", &ultrasound, "--accept", "CAUTION-TEXT-US"]).status, 0);
    let park = || {
        let settings = Settings { directory: desk.path("data"), max_waiting: 9, min_free_bytes: 0 };
        let keys = Arc::new(KeyRing::ephemeral());
        let (store, _) = Store::open(&settings, keys, Access::Operator).unwrap();
        let filter = Filter { states: vec![State::Waiting], ..Filter::default() };
        let id = store.list(&filter).unwrap()[0].id;
        store.park(id, "status 0122H").unwrap();
        id.to_string()
    };
    let id = park();
    let ran = desk.run(&["quarantine", "list", "--state", "parked"]);
    assert!(ran.out.contains("parked") && ran.out.contains("archive: status 0122H"), "{}", ran.out);
    assert!(!ran.out.contains("quarantined"));
    assert!(desk.run(&["quarantine", "list"]).out.contains("quarantined"));
    assert_eq!(desk.run(&["quarantine", "list", "--state", "delivered"]).status, 2);
    assert!(desk.run(&["quarantine", "show", &id]).out.contains("status 0122H"));
    let counts = || -> serde_json::Value {
        serde_json::from_str(&desk.run(&["status", "--json"]).out).unwrap()
    };
    assert_eq!(counts()["parked_because"][0]["answer"], "status 0122H");
    let text = desk.run(&["status"]).out;
    assert!(text.contains("parked by") && text.contains("+ by reviews"), "{text}");

    assert_eq!(decide(&["release", &id, "--accept", "CAUTION-TEXT-US"]).status, 1);
    let ran = decide(&["release", &id]);
    assert!(ran.status == 0 && ran.out.contains("back in the queue"), "{}", ran.err);
    assert_eq!((&counts()["waiting"], &counts()["parked"]), (&1.into(), &0.into()));
    assert_eq!(park(), id);
    let ran = decide(&["reject", &id]);
    assert!(ran.status == 0 && ran.out.contains("its file is destroyed"), "{}", ran.err);
    let counts = counts();
    let sum = |names: &[&str]| names.iter().map(|n| counts[n].as_u64().unwrap()).sum::<u64>();
    assert_eq!(counts["released_by_review"], 1);
    assert_eq!(
        sum(&["received", "released_by_review"]),
        sum(&["waiting", "delivered", "parked", "held", "quarantined", "reviewed", "rejected"])
    );
}

#[test]
fn echo_says_when_nobody_answers() {
    let desk = Desk::new();
    desk.write(
        "c.yaml",
        "destinations: [{name: a, ae_title: A, address: '127.0.0.1:9', connect_timeout_seconds: 1}]\nroutes: [{name: r, destination: a}]\n",
    );
    let ran = desk.run(&["echo", "--config", "c.yaml"]);
    assert_eq!(ran.status, 1);
    assert!(ran.err.contains("1 of 1 did not answer"), "{}", ran.err);
    let ran = desk.run(&["echo", "b", "--config", "c.yaml"]);
    assert!(ran.status == 1 && ran.err.contains("it has: a"), "{}", ran.err);
}
