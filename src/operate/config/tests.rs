//! The shipped configuration works, and a bad one is told everything at once.

use super::*;

fn parse(text: &str) -> Result<Config, Vec<Problem>> {
    Config::parse("t.yaml", text, &Overrides::default())
}

fn good(more: &str) -> String {
    format!(
        "destinations: [{{name: archive, ae_title: ARCHIVE, address: '127.0.0.1:11113'}}]\n\
         routes: [{{name: research, destination: archive}}]\n{more}"
    )
}

fn problems(text: &str) -> Vec<(usize, String)> {
    match parse(text) {
        Ok(_) => Vec::new(),
        Err(problems) => problems.into_iter().map(|p| (p.line, p.key)).collect(),
    }
}

#[test]
fn the_shipped_file_is_good_and_says_the_defaults() {
    let shipped = parse(BUILT_IN).unwrap();
    assert_eq!(shipped.address.to_string(), "0.0.0.0:11112");
    assert_eq!(shipped.destinations[0].address, "127.0.0.1:11113");
    let short = parse(&good("")).unwrap();
    // A key that is left out has the value that the shipped file shows.
    assert_eq!(
        format!("{short:?}").replace("t.yaml", ""),
        format!("{shipped:?}").replace("t.yaml", "")
    );
}

#[test]
fn canaries_cannot_be_switched_off() {
    for seconds in [0, 59, 86_401] {
        let text = good(&format!("policy: {{canary_interval_seconds: {seconds}}}"));
        assert_eq!(problems(&text), [(3, "policy.canary_interval_seconds".to_owned())]);
    }
    let often = parse(&good("policy: {canary_interval_seconds: 60}")).unwrap();
    assert_eq!(often.canary_interval.as_secs(), 60);
}

#[test]
fn all_mistakes_are_listed_with_their_lines() {
    let text = "\
listen:
  address: 11112
  ae_title: THIS_IS_FAR_TOO_LONG
  max_pdu_bytes: 100
  callers:
    - ae_title: PACS
      address: 10.1.0.1/16
    - ae_title: OTHER
destinations:
  - name: archive
    ae_title: ARCHIVE
    address: localhost
    asociations: 3
routes:
  - name: research
    destination: archive
    cautions: {head: ignore}
  - name: research
    destination: elsewhere
limits: {depth: 1}
store:
  key_dir: ./data/keys
policy: {directory: ./not-there}
";
    assert_eq!(
        problems(text),
        [
            (2, "listen.address".to_owned()),
            (3, "listen.ae_title".to_owned()),
            (4, "listen.max_pdu_bytes".to_owned()),
            (7, "listen.callers[0].address".to_owned()),
            (8, "listen.callers[1].address".to_owned()),
            (12, "destinations[0].address".to_owned()),
            (13, "destinations[0].asociations".to_owned()),
            (17, "routes[0].cautions.head".to_owned()),
            (18, "routes[1].callers".to_owned()),
            (18, "routes[1].name".to_owned()),
            (19, "routes[1].destination".to_owned()),
            (20, "limits.depth".to_owned()),
            (22, "store.key_dir".to_owned()),
            (23, "policy.directory".to_owned()),
        ]
    );
    assert_eq!(
        problems(&good("").replace("destination: archive", "destination: elsewhere")),
        [(2, "routes[0].destination".to_owned())]
    );
}

#[test]
fn a_wrong_address_hides_no_wrong_destination() {
    let text = good("")
        .replace("127.0.0.1:11113", "x")
        .replace("destination: archive", "destination: elsewhere");
    assert_eq!(
        problems(&text),
        [(1, "destinations[0].address".to_owned()), (2, "routes[0].destination".to_owned())]
    );
    // Who knows what the second one was to be called?
    let text = text.replace("name: archive", "nam: archive");
    assert!(!problems(&text).iter().any(|(_, key)| key == "routes[0].destination"));
}

#[test]
fn port_0_is_refused() {
    assert_eq!(
        problems(&good("listen: {address: '0.0.0.0:0'}\n")),
        [(3, "listen.address".to_owned())]
    );
}

#[test]
fn messages_give_place_and_remedy() {
    let found = parse(&good("listen: {max_pdu_bytes: 100}\n")).unwrap_err();
    assert_eq!(
        found[0].to_string(),
        "t.yaml:3: listen.max_pdu_bytes: out of bounds. Give a whole number from 16384 to 1048576"
    );
}

#[test]
fn an_empty_file_lacks_destinations_and_routes() {
    assert_eq!(problems(""), [(0, "destinations".to_owned()), (0, "routes".to_owned())]);
}

#[test]
fn a_destination_must_not_be_the_gateway_itself() {
    let text = good("").replace("127.0.0.1:11113", "localhost:11112");
    assert_eq!(problems(&text), [(1, "destinations[0].address".to_owned())]);
}

#[test]
fn keys_stay_apart_from_data() {
    let overrides =
        Overrides { data_dir: Some("/srv/a".into()), key_dir: Some("/srv/b/../a/keys".into()) };
    let found = Config::parse("t.yaml", &good(""), &overrides).unwrap_err();
    assert_eq!(found[0].key, "store.key_dir");
    let overrides = Overrides { data_dir: Some("/srv/a".into()), key_dir: Some("/srv/ab".into()) };
    assert!(Config::parse("t.yaml", &good(""), &overrides).is_ok());
}

#[test]
fn a_link_does_not_hide_that_keys_lie_in_the_data() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(dir.path().join("data/inside")).unwrap();
    std::os::unix::fs::symlink(dir.path().join("data/inside"), dir.path().join("link")).unwrap();
    let overrides = |keys: &str| Overrides {
        data_dir: Some(dir.path().join("data")),
        key_dir: Some(dir.path().join(keys)),
    };
    for keys in ["link", "link/keys", "link/../keys"] {
        let found = Config::parse("t.yaml", &good(""), &overrides(keys)).unwrap_err();
        assert_eq!(found[0].key, "store.key_dir", "{keys}");
    }
    assert!(Config::parse("t.yaml", &good(""), &overrides("keys")).is_ok());
}

#[test]
fn networks_are_understood() {
    let callers = |address: &str| {
        good(&format!("listen: {{callers: [{{ae_title: '*', address: '{address}'}}]}}\n"))
    };
    for address in ["10.0.0.0/8", "192.0.2.1", "fd00::/8", "::1", "0.0.0.0/0"] {
        assert_eq!(problems(&callers(address)), [], "{address}");
    }
    for address in ["10.0.0.1/8", "10.0.0.0/33", "host", "fd00::1/8", "10.0.0.0/-1", ""] {
        assert_eq!(problems(&callers(address)).len(), 1, "{address}");
    }
}
