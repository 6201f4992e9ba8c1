//! The conventions as tests: who may import whom, who may touch the outside, how long a file may be.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Which modules of the library each module may name. Arrows run one way.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("dicom", &[]),
    ("records", &["dicom"]),
    ("store", &["dicom", "records"]),
    ("policy", &["dicom", "records"]),
    ("receive", &["dicom", "records"]),
    ("deidentify", &["dicom", "policy", "receive", "records"]),
    ("inspect", &["dicom", "policy", "records", "deidentify"]),
    ("route", &["dicom", "policy", "receive", "inspect", "store", "records"]),
    ("forward", &["dicom", "route", "store", "records"]),
    (
        "pipeline",
        &["dicom", "policy", "receive", "deidentify", "inspect", "route", "store", "records"],
    ),
    (
        "operate",
        &[
            "dicom",
            "policy",
            "receive",
            "deidentify",
            "inspect",
            "route",
            "store",
            "records",
            "forward",
            "pipeline",
        ],
    ),
];

/// The only places that name sockets, files or processes.
const MAY_DO_IO: &[&str] =
    &["receive/", "forward/", "store/", "records/keyring", "policy/", "operate/", "main.rs"];

fn sources() -> Vec<(String, String)> {
    fn walk(dir: &Path, into: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(dir).expect("src is there").flatten() {
            let path = entry.path();
            if path.is_dir() { walk(&path, into) } else { into.push(path) }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    walk(&root, &mut files);
    files
        .into_iter()
        .filter(|path| path.extension().is_some_and(|e| e == "rs"))
        .map(|path| {
            let name = path.strip_prefix(&root).expect("inside src").to_string_lossy().into_owned();
            (name, fs::read_to_string(&path).expect("UTF-8"))
        })
        .collect()
}

/// A source without its tests and comments.
fn production(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

fn is_test(name: &str) -> bool {
    name.ends_with("tests.rs") || name.contains("/tests/")
}

/// The modules that follow `crate::` in a source, grouped imports included.
fn imports(text: &str) -> Vec<String> {
    let word = |text: &str| -> String {
        text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
    };
    let mut found = Vec::new();
    for (at, _) in text.match_indices("crate::") {
        let rest = &text[at + "crate::".len()..];
        let Some(group) = rest.strip_prefix('{') else {
            found.push(word(rest));
            continue;
        };
        let (mut depth, mut fresh) = (1, true);
        for (i, c) in group.char_indices() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 1 => fresh = true,
                c if fresh && depth == 1 && c.is_alphabetic() => {
                    found.push(word(&group[i..]));
                    fresh = false;
                }
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
    }
    found
}

#[test]
fn imports_are_found() {
    assert_eq!(imports("use crate::{\n a::{b, c},\n d,\n}; crate::e::f"), ["a", "d", "e"]);
}

#[test]
fn imports_run_one_way() {
    let known: Vec<&str> = MAY_IMPORT.iter().map(|(module, _)| *module).collect();
    let mut wrong = Vec::new();
    for (name, text) in sources().iter().filter(|(name, _)| !is_test(name)) {
        let module = name.split(['/', '.']).next().unwrap_or_default();
        let Some((_, allowed)) = MAY_IMPORT.iter().find(|(m, _)| *m == module) else { continue };
        for import in imports(&production(text)) {
            if known.contains(&import.as_str())
                && import != module
                && !allowed.contains(&import.as_str())
            {
                wrong.push(format!("{name} imports {import}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn only_some_modules_touch_the_outside() {
    let outside = [
        "std::net",
        "std::fs",
        "fs::",
        "tokio::net",
        "std::process::Command",
        "TcpStream",
        "File::",
    ];
    let mut wrong = Vec::new();
    for (name, text) in sources().iter().filter(|(name, _)| !is_test(name)) {
        if MAY_DO_IO.iter().any(|place| name.starts_with(place)) {
            continue;
        }
        let text = production(text);
        wrong.extend(
            outside
                .iter()
                .filter(|word| text.contains(**word))
                .map(|word| format!("{name}: {word}")),
        );
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn files_are_short_documented_and_finished() {
    let mut wrong = Vec::new();
    for (name, text) in sources() {
        if !text.starts_with("//!") {
            wrong.push(format!("{name} does not say what it is for"));
        }
        if text.lines().count() > 600 {
            wrong.push(format!("{name} is longer than 600 lines"));
        }
        if text.contains(concat!("#[ig", "nore")) {
            wrong.push(format!("{name} switches a test off"));
        }
        if is_test(&name) {
            continue;
        }
        let production = production(&text);
        for word in [".unwrap()", "todo!(", "unimplemented!(", "dbg!("] {
            if production.contains(word) {
                wrong.push(format!("{name}: {word}"));
            }
        }
        if !name.starts_with("operate/") && production.contains("println!(") {
            wrong.push(format!("{name} prints"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Only `route` reads the outgoing queue, and only `route` and the pipeline's page speak of releasing.
#[test]
fn only_route_releases() {
    let wrong: Vec<_> = sources()
        .into_iter()
        .filter(|(name, text)| {
            !is_test(name)
                && !["route/", "store/"].iter().any(|place| name.starts_with(place))
                && production(text).contains(".waiting(")
        })
        .map(|(name, _)| name)
        .collect();
    assert!(wrong.is_empty(), "{wrong:?} read the outgoing queue past route");
}
