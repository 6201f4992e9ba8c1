//! A site's rules that let a made-up identifier through: its destination is closed, the other is served, and everybody is
//! told. All of it with the program itself.

use std::{
    fs,
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

use dicom_dictionary_std::tags;
use tokumei::{dicom::pdu::Pdu, operate::demo::studies};

use super::peer::{Peer, request};

/// Long enough for a machine that is busy with other tests.
const PATIENCE: Duration = Duration::from_secs(60);

/// A folder in which the program runs.
struct Site {
    folder: tempfile::TempDir,
    port: u16,
}

/// A program that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < end, "{what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

impl Site {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tokumei"));
        command
            .current_dir(self.folder.path())
            .env("TOKUMEI_DATA_DIR", self.path("data"))
            .env("TOKUMEI_KEY_DIR", self.path("keys"))
            .args(arguments);
        command
    }

    fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        let Output { status, stdout, stderr } = self.command(arguments).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (status.code().unwrap(), text(stdout), text(stderr))
    }

    fn json(&self, arguments: &[&str]) -> serde_json::Value {
        serde_json::from_str(&self.run(arguments).1).unwrap()
    }

    /// Starts a program with its log in a file, and waits until it listens.
    fn start(&self, arguments: &[&str], log: &str, port: u16) -> Running {
        let log = fs::File::create(self.path(log)).unwrap();
        let child = self.command(arguments).stderr(log).stdout(Stdio::null()).spawn().unwrap();
        let running = Running(child);
        until("it listens", || TcpStream::connect(("127.0.0.1", port)).is_ok());
        running
    }

    fn serve(&self, log: &str) -> Running {
        let running = self.start(&["serve", "--config", "c.yaml"], log, self.port);
        // Its port is bound before the canaries are tried.
        let ready =
            || fs::read_to_string(self.path(log)).is_ok_and(|l| l.contains("gateway ready"));
        until("it is ready", ready);
        running
    }

    /// Sends the made-up CT of a chest under a calling AE title; the status.
    fn send(&self, caller: &str) -> u16 {
        let stream = TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], self.port))).unwrap();
        let mut peer = Peer::new(stream);
        let mut asked = request();
        asked.calling_ae_title = caller.into();
        peer.send_pdu(&Pdu::AssociationRQ(asked));
        peer.accepted();
        let object = studies::all().remove(0).objects.remove(0);
        let status = peer.store(1, &object.text(tags::SOP_INSTANCE_UID), &object.encode());
        peer.release();
        status
    }
}

fn files(folder: &Path) -> usize {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter(|e| e.path().extension().is_some_and(|e| e == "dcm")).count()
}

/// The checks of a site that does not search for devices.
fn careless(site: &Site) {
    let shipped = include_str!("../../config/checks/identifiers.yaml");
    let kept: Vec<&str> =
        shipped.lines().filter(|line| !line.contains("unless: device_identity")).collect();
    fs::create_dir_all(site.path("site/checks")).unwrap();
    fs::write(site.path("site/checks/identifiers.yaml"), kept.join("\n")).unwrap();
}

#[test]
fn a_canary_closes_its_destination_alone_until_the_rules_are_mended() {
    let site = Site { folder: tempfile::tempdir().unwrap(), port: free_port() };
    let (bad, good) = (free_port(), free_port());
    // To search for no devices is careless on the one route; on the other devices may be known.
    let config = format!(
        "listen: {{address: '127.0.0.1:{}'}}\n\
         destinations:\n\
         \x20 - {{name: bad, ae_title: BAD, address: '127.0.0.1:{bad}', retry_first_seconds: 1}}\n\
         \x20 - {{name: good, ae_title: GOOD, address: '127.0.0.1:{good}', retry_first_seconds: 1}}\n\
         routes:\n\
         \x20 - {{name: careless, callers: [CARELESS], destination: bad}}\n\
         \x20 - name: devices\n\
         \x20   destination: good\n\
         \x20   confidentiality: {{options: [device_identity], why_device_identity: scanners are compared}}\n\
         store: {{min_free_bytes: 0}}\n",
        site.port
    );
    let configure =
        |policy: &str| fs::write(site.path("c.yaml"), format!("{config}{policy}")).unwrap();
    careless(&site);
    configure("policy: {directory: site}\n");

    let (status, _, err) = site.run(&["check", "--config", "c.yaml"]);
    assert_eq!(status, 1, "{err}");
    assert!(err.contains("routes[0] careless: the canary typed-station would leave"), "{err}");
    assert!(err.contains("(0018,1020)") && !err.contains("devices:"), "{err}");

    let archives = [("BAD", bad, "bad"), ("GOOD", good, "good")].map(|(title, port, out)| {
        let port_text = port.to_string();
        let arguments = ["archive", "--port", &port_text, "--out", out, "--ae-title", title];
        site.start(&arguments, &format!("{out}.log"), port)
    });
    let gateway = site.serve("closed.log");
    assert_eq!((site.send("CARELESS"), site.send("OTHER")), (0, 0), "both are safe");
    until("the other route goes on", || files(&site.path("good")) == 1);
    let status = site.json(&["status", "--config", "c.yaml", "--json"]);
    assert_eq!((&status["held"], &status["delivered"]), (&1.into(), &1.into()), "{status}");
    assert_eq!(status["closed"][0]["destination"], "bad");
    assert_eq!(status["closed"][0]["route"], "careless");
    let (_, text, _) = site.run(&["status", "--config", "c.yaml"]);
    assert!(text.starts_with("CLOSED: destination bad since "), "{text}");
    let (status, _, err) = site.run(&["echo", "--self", "--config", "c.yaml"]);
    assert!(status == 1 && err.contains("closed by a canary: bad"), "{err}");
    let kept =
        site.json(&["quarantine", "list", "--rule", "CANARY", "--config", "c.yaml", "--json"]);
    let id = kept[0]["id"].to_string();
    let release =
        ["quarantine", "release", &id, "--by", "me", "--why", "mended", "--config", "c.yaml"];
    let (status, _, err) = site.run(&release);
    assert!(status == 1 && err.contains("canary"), "not by these rules: {err}");
    assert_eq!(files(&site.path("bad")), 0);
    drop(gateway);
    let log = fs::read_to_string(site.path("closed.log")).unwrap();
    let line = log.lines().find(|l| l.contains("ERROR") && l.contains("canary=\"typed-station\""));
    let line = line.unwrap_or_else(|| panic!("{log}"));
    assert!(line.contains("route=\"careless\"") && line.contains("(0018,1020)"), "{line}");
    for value in ["KMH-ROOM7", "ZZSN4649", "Yamada", "ZZ-0000123"] {
        assert!(!log.contains(value), "{value}");
    }

    configure("");
    assert_eq!(site.run(&["check", "--config", "c.yaml"]).0, 0);
    let gateway = site.serve("open.log");
    let (status, out, err) = site.run(&["echo", "--self", "--config", "c.yaml"]);
    assert_eq!(status, 0, "{out}{err}");
    assert_eq!(
        site.json(&["status", "--config", "c.yaml", "--json"])["closed"],
        serde_json::json!([])
    );
    let (status, out, err) = site.run(&release);
    assert_eq!(status, 0, "{out}{err}");
    until("what was held is forwarded", || files(&site.path("bad")) == 1);
    assert!(fs::read_to_string(site.path("open.log")).unwrap().contains("the destination is open"));
    drop((gateway, archives));
}

#[test]
fn rules_that_keep_everything_back_are_warned_of() {
    let site = Site { folder: tempfile::tempdir().unwrap(), port: 0 };
    fs::create_dir_all(site.path("site/checks")).unwrap();
    fs::write(site.path("site/checks/classes.yaml"), "classes: []\n").unwrap();
    fs::write(
        site.path("c.yaml"),
        "destinations: [{name: a, ae_title: A, address: 'x:1'}]\nroutes: [{name: r, destination: a}]\npolicy: {directory: site}\n",
    )
    .unwrap();
    let (status, out, err) = site.run(&["check", "--config", "c.yaml"]);
    assert_eq!(status, 0, "{err}");
    assert!(out.contains("none would leave"), "{out}");
    assert!(out.contains("WARNING: clean-ct holds nothing of a patient"), "{out}");
    let flight = &site.json(&["check", "--config", "c.yaml", "--json"])["canaries"][0];
    assert_eq!((&flight["tried"], &flight["made_clean"]), (&flight["kept_back"], &0.into()));
    assert_eq!(flight["false_alarms"][0]["canary"], "clean-ct");
}
