//! Every mistake at once, at its line, without its value.

use super::*;
use serde::Deserialize;

#[derive(Deserialize, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    listen: Listen,
    #[serde(default)]
    destinations: Vec<Destination>,
    #[serde(default)]
    level: Level,
}

#[derive(Deserialize, Debug, PartialEq, Default)]
#[serde(deny_unknown_fields, default)]
struct Listen {
    port: u16,
    local: bool,
}

#[derive(Deserialize, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
struct Destination {
    name: String,
    address: String,
    associations: u32,
    #[serde(default)]
    level: Level,
}

#[derive(Deserialize, Debug, PartialEq, Default)]
#[serde(rename_all = "snake_case")]
enum Level {
    #[default]
    Low,
    High,
}

fn problems(text: &str) -> Vec<(usize, String, String)> {
    let source = match Source::parse("a.yaml", text) {
        Ok(source) => source,
        Err(problems) => {
            return problems.into_iter().map(|p| (p.line, p.key, p.message)).collect();
        }
    };
    match source.read::<File>() {
        Ok(_) => Vec::new(),
        Err(problems) => problems.into_iter().map(|p| (p.line, p.key, p.message)).collect(),
    }
}

fn is(line: usize, key: &str, message: &str) -> (usize, String, String) {
    (line, key.to_owned(), message.to_owned())
}

#[test]
fn a_good_file_is_read() {
    let text = "listen: { port: 11112 }\ndestinations:\n  - name: '007'\n    address: a:1\n    associations: 0x10\n";
    let file: File = Source::parse("a.yaml", text).ok().unwrap().read().unwrap();
    assert_eq!(file.listen, Listen { port: 11112, local: false });
    assert_eq!(
        file.destinations,
        [Destination {
            name: "007".into(),
            address: "a:1".into(),
            associations: 16,
            level: Level::Low
        }]
    );
}

#[test]
fn an_empty_file_is_a_file_of_defaults() {
    assert_eq!(problems(""), []);
    assert_eq!(problems("# nothing\n"), []);
}

#[test]
fn all_mistakes_of_a_file_are_found_at_their_lines() {
    let text = "\
listen:
  port: 70000
  lokal: true
  local: true
  local: false
destinations:
  - name: archive
    address: [secret]
    associations: 2
    level: secret
  - name: other
    associations: many
levle: high
";
    assert_eq!(
        problems(text),
        [
            is(2, "listen.port", "value out of range"),
            is(3, "listen.lokal", "unknown key"),
            is(5, "listen.local", "this key stands already on line 4"),
            is(8, "destinations[0].address", "wrong kind of value"),
            is(10, "destinations[0].level", "unknown word"),
            is(11, "destinations[1].address", "this key is missing"),
            is(12, "destinations[1].associations", "wrong kind of value"),
            is(13, "levle", "unknown key"),
        ]
    );
}

#[test]
fn all_missing_keys_of_an_item_are_named() {
    assert_eq!(
        problems("destinations:\n  - level: high\n  - name: b\n"),
        [
            is(2, "destinations[0].name", "this key is missing"),
            is(2, "destinations[0].address", "this key is missing"),
            is(2, "destinations[0].associations", "this key is missing"),
            is(3, "destinations[1].address", "this key is missing"),
            is(3, "destinations[1].associations", "this key is missing"),
        ]
    );
}

#[test]
fn items_taken_out_do_not_shift_the_numbers_of_others() {
    assert_eq!(
        problems(
            "destinations:\n  - 3\n  - {name: a, address: b, associations: 1, x: 1}\n  - secret\n"
        ),
        [
            is(2, "destinations[0]", "wrong kind of value"),
            is(3, "destinations[1].x", "unknown key"),
            is(4, "destinations[2]", "wrong kind of value"),
        ]
    );
}

#[test]
fn values_are_never_repeated() {
    let text = "listen: {port: hunter2, local: hunter2}\nlevel: hunter2\ndestinations: hunter2\n";
    let found = Source::parse("a.yaml", text).ok().unwrap().read::<File>().unwrap_err();
    assert_eq!(found.len(), 4);
    assert!(found.iter().all(|p| !p.to_string().contains("hunter2")));
    for text in ["a: 'hunter2\nb: 1\n", "a: b: hunter2\n", "\thunter2: [", "%hunter2\n--- x\n"] {
        let found = Source::parse("a.yaml", text).err().expect(text);
        assert!(found.iter().all(|p| !p.to_string().contains("hunter2")), "{found:?}");
    }
}

#[test]
fn what_is_not_a_plain_map_is_refused() {
    let first = |text: &str| problems(text).remove(0);
    assert_eq!(first("- a\n"), is(1, "", "the file is not a map of keys"));
    assert_eq!(first("level: &x high\n"), is(1, "", "anchors are not allowed in these files"));
    assert_eq!(first("level: !!str high\n"), is(1, "", "tags are not allowed in these files"));
    assert_eq!(
        first("level: high\n---\nlevel: low\n"),
        is(2, "", "a second document begins here; these files have one")
    );
    assert_eq!(first("? [a]\n: b\n"), is(1, "", "a key must be plain text"));
    let deep = format!("level: {}{}\n", "[".repeat(40), "]".repeat(40));
    assert_eq!(first(&deep), is(1, "", "nested too deeply"));
}

#[test]
fn problems_of_meaning_find_their_line() {
    let source =
        Source::parse("a.yaml", "listen:\n  port: 1\ndestinations:\n  - name: a\n    address: b\n")
            .ok()
            .unwrap();
    assert_eq!(source.problem("destinations[0].address", "m", "r").line, 5);
    assert_eq!(source.problem("destinations[0].linger", "m", "r").line, 4);
    assert_eq!(source.problem("nothing.here", "m", "r").line, 0);
    assert_eq!(
        source.problem("listen.port", "too small", "Give more").to_string(),
        "a.yaml:2: listen.port: too small. Give more"
    );
}

#[test]
fn a_mark_of_utf_8_is_no_mistake_and_utf_16_is_named() {
    assert_eq!(problems("\u{feff}listen: { port: 1 }\n"), []);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.yaml");
    let told = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        text(&path).err().map(|unread| unread.problem("a.yaml").to_string())
    };
    assert_eq!(told("# 設定\n".as_bytes()), None);
    let utf_16 = "a.yaml: the file is UTF-16. Save the file as UTF-8";
    assert_eq!(told(b"\xff\xfel\0").as_deref(), Some(utf_16));
    assert_eq!(told(b"l\0i\0").as_deref(), Some(utf_16));
    assert!(told(b"# \x90\xdd\n").unwrap().contains("not UTF-8"));
}

#[test]
fn what_the_whole_file_lacks_is_at_no_line() {
    let source = Source::parse("a.yaml", "# words\n\nlisten: {}\n").ok().unwrap();
    assert_eq!(
        source.problem("routes", "none", "Add one").to_string(),
        "a.yaml: routes: none. Add one"
    );
    assert_eq!(source.problem("listen.port", "none", "Add one").line, 3);
}
