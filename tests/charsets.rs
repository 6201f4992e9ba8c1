//! Decoding against another opinion: every text of pydicom's character set files, and made-up values in every set that
//! (0008,0005) can declare, read the same by us and by pydicom, or the difference has a reason.
//!
//! The other opinion comes from `decode_texts.py`. `TOKUMEI_SEED` and `TOKUMEI_VECTORS` choose the made-up values and
//! their number for each way of declaring.

#[allow(dead_code, reason = "no corpus is needed here")]
mod support;

use std::{collections::BTreeMap, env, fs::File, io::Read, path::Path, process::Command};

use serde::Deserialize;
use tokumei::dicom::{
    Tag, VR,
    charset::{CharacterSet, TextKind},
    dataset::{DataSet, Element, Value, find},
    meta, syntax,
};

use support::{SKIPPED, required, script};

const CHARACTER_SET: Tag = Tag(0x0008, 0x0005);

/// A file of pydicom's.
#[derive(Deserialize)]
struct Theirs {
    file: String,
    texts: Vec<(String, String)>,
}

/// A made-up value.
#[derive(Deserialize)]
struct Vector {
    charset: String,
    vr: String,
    hex: String,
    /// What pydicom reads, if it can.
    text: Option<String>,
    /// What was encoded, by Python's own codec.
    meant: String,
}

/// Characters that Python's codecs read otherwise, as (the set's term, ours, Python's, why). Everything else must agree.
const PYTHON_DIFFERS: &[(&str, char, char, &str)] = &[
    ("IR 58", '·', '・', "A1A4 is the dot in a name by GB 18030; Python's table is older"),
    ("GB18030", '\u{E7C7}', 'ḿ', "8135F437 is a private character since GB 18030-2005"),
    ("IR 58", '—', '―', "A1AA is the dash by GB 18030"),
];

/// What pydicom does wrong with values that hold a character, or with all of a set, as (the set's term, the character, why).
const PYDICOM_CANNOT: &[(&str, Option<char>, &str)] = &[
    ("IR 58", None, "it leaves the escape sequences in the text"),
    ("IR 203", None, "it does not know ISO-IR 203"),
    ("IR 166", Some('\u{A0}'), "its Thai has no no-break space"),
    ("IR 149", Some('\u{3164}'), "Python takes a filler for the start of a syllable in parts"),
];

/// The lines of the script, each read as `T`; `None` where pydicom is not here.
fn lines<T: for<'a> Deserialize<'a>>(command: &mut Command) -> Option<Vec<T>> {
    let out = command.output().ok();
    if out.as_ref().is_none_or(|out| out.status.code() == Some(SKIPPED)) {
        assert!(!required(), "pydicom is not installed");
        eprintln!("skipped: pydicom is not installed");
        return None;
    }
    let out = out?;
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let text = String::from_utf8(out.stdout).expect("it is UTF-8");
    Some(text.lines().map(|line| serde_json::from_str(line).expect("it is JSON")).collect())
}

/// An element's text as the script writes it: values joined by `\`, without padding.
fn text(set: &CharacterSet, value: &[u8], kind: TextKind) -> (String, bool) {
    let decoded = set.decode(value, kind);
    let split = kind != TextKind::SingleText;
    let parts = decoded.text.split(|c| split && c == '\\');
    let parts: Vec<_> = parts.map(|part| part.trim_end_matches([' ', '\0'])).collect();
    // The values that are split on bytes are the values of the text.
    if decoded.complete {
        assert_eq!(set.split(value, kind).len(), parts.len());
    }
    (parts.join("\\"), decoded.complete)
}

fn texts(
    set: &DataSet,
    elements: &[Element],
    charset: &CharacterSet,
    prefix: &str,
    out: &mut Vec<(String, String)>,
) {
    let own = find(elements, CHARACTER_SET).map(|e| CharacterSet::parse(set.value(e)));
    let charset = own.as_ref().unwrap_or(charset);
    for e in elements {
        let path = format!("{prefix}{:04X}{:04X}", e.tag.group(), e.tag.element());
        if let Value::Items(items) = &e.value {
            for (number, item) in items.iter().enumerate() {
                texts(set, &item.elements, charset, &format!("{path}[{number}]"), out);
            }
        } else if let Some(kind) = TextKind::of(e.vr) {
            let (text, complete) = text(charset, set.value(e), kind);
            assert!(complete, "{path}");
            out.push((path, text));
        }
    }
}

#[test]
fn the_files_of_pydicom_read_the_same() {
    let Some(files) = lines::<Theirs>(script("decode_texts.py").arg("files")) else { return };
    let (mut same, mut wrong) = (0, Vec::new());
    for theirs in &files {
        let name = Path::new(&theirs.file).file_name().unwrap_or_default().display();
        let mut file = File::open(&theirs.file).expect("the script has read it");
        let meta = meta::read(&mut file).expect("it is a Part 10 file");
        let layout = syntax::lookup(&meta.transfer_syntax).expect("it is one that we carry");
        let mut bytes = meta.ahead;
        file.read_to_end(&mut bytes).expect("it can be read");
        let set = DataSet::parse(bytes, layout.encoding).expect("it is well formed");
        let mut ours = Vec::new();
        texts(&set, &set.elements, &CharacterSet::default(), "", &mut ours);
        // What a file has as UN, pydicom looks up in the dictionaries of makers.
        let made_up_vr = |path: &str| {
            let group = path.rsplit(']').next().and_then(|tag| tag.get(..4));
            group.is_some_and(|g| g.ends_with(['1', '3', '5', '7', '9', 'B', 'D', 'F']))
                && ours.iter().all(|(ours, _)| ours != path)
        };
        let texts: Vec<_> = theirs.texts.iter().filter(|(path, _)| !made_up_vr(path)).collect();
        assert_eq!(ours.len(), texts.len(), "{name}");
        for (ours, theirs) in ours.iter().zip(texts) {
            // An empty last group of a name, which pydicom drops, names nobody.
            if ours.0 == theirs.0 && ours.1.trim_end_matches('=') == theirs.1 {
                same += 1;
            } else {
                wrong.push(format!("{name}: {ours:?} is not {theirs:?}"));
            }
        }
    }
    println!("{} files, {same} texts the same", files.len());
    assert!(wrong.is_empty(), "{} texts differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(files.len() >= 17 && same > 150, "{} files, {same} texts", files.len());
}

fn number(name: &str, default: u64) -> u64 {
    env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(default)
}

fn bytes(hex: &str) -> Vec<u8> {
    let digit = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).expect("it is hexadecimal");
    (0..hex.len()).step_by(2).map(digit).collect()
}

/// What we should read where Python's codec has another character for the same bytes.
fn corrected(charset: &str, meant: &str) -> String {
    let known: Vec<_> = PYTHON_DIFFERS.iter().filter(|d| charset.contains(d.0)).collect();
    meant.chars().map(|c| known.iter().find(|d| d.2 == c).map_or(c, |d| d.1)).collect()
}

#[test]
fn made_up_values_read_the_same() {
    let (seed, count) = (number("TOKUMEI_SEED", 20_260), number("TOKUMEI_VECTORS", 40));
    println!("seed {seed}, {count} values of each kind for each way of declaring");
    let arguments = ["vectors".to_owned(), seed.to_string(), count.to_string()];
    let Some(vectors) = lines::<Vector>(script("decode_texts.py").args(arguments)) else { return };
    let (mut same, mut excused, mut wrong) = (0, BTreeMap::<&str, usize>::new(), Vec::new());
    for v in &vectors {
        let vr: VR = v.vr.parse().expect("it is a VR");
        let kind = TextKind::of(vr).expect("it is a text");
        let set = CharacterSet::parse(v.charset.as_bytes());
        let value = bytes(&v.hex);
        let (ours, complete) = text(&set, &value, kind);
        let expected = corrected(&v.charset, &v.meant);
        if ours != expected || !complete {
            wrong.push(format!("{} {}: {ours:?} is not {expected:?}: {}", v.charset, v.vr, v.hex));
            continue;
        }
        let utf8 = set.to_utf8(&value, kind).expect("what can be read can be written");
        assert_eq!(text(&CharacterSet::parse(b"ISO_IR 192"), &utf8, kind), (ours, true));
        if v.text.as_ref() == Some(&v.meant) {
            same += 1;
            continue;
        }
        let is_why = |set: &str, c: Option<char>| {
            v.charset.contains(set) && c.is_none_or(|c| v.meant.contains(c))
        };
        match PYDICOM_CANNOT.iter().find(|(set, c, _)| is_why(set, *c)) {
            Some((.., why)) => *excused.entry(why).or_default() += 1,
            None => wrong.push(format!("{}: pydicom reads {:?}: {}", v.charset, v.text, v.hex)),
        }
    }
    println!("{same} of {} the same; pydicom reads otherwise {excused:?}", vectors.len());
    assert!(wrong.is_empty(), "seed {seed}: {} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(same * 10 > vectors.len() * 9, "{same}");
}
