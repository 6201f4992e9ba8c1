//! Our reading of a data set against two other opinions, on every file of the corpus: the same elements in the same
//! order, the same VRs, lengths and bytes, or a documented reason.
//!
//! The other opinions are pydicom (in a process of its own, by `dump_elements.py`) and dicom-object. The latter
//! panics, overflows its stack or takes gigabytes on hostile input, so it is asked only about files that our tokenizer
//! found well formed. Both ask nothing about values beyond their bytes: no library decodes text here.

mod support;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{BufRead, Read},
    panic,
    path::{Path, PathBuf},
};

use dicom_object::{InMemDicomObject, mem::InMemElement};
use dicom_transfer_syntax_registry::{TransferSyntaxIndex, TransferSyntaxRegistry};
use tokumei::dicom::{
    VR,
    dataset::{DataSet, Element, Item, ParseError, Value},
    meta,
    syntax::{self, Encoding},
};

use support::{SKIPPED, corpus, project, required, script};

/// Where an element stands, its VR, its length (items of a sequence) and the CRC-32 of its bytes, if they are known.
type Flat = (String, String, usize, Option<u32>);

/// Files that pydicom reads and we refuse, by our reason, and why that is right. Everything else must agree.
const WE_REFUSE: &[(&str, &str)] = &[
    ("tags are not in ascending order", "PS3.5 7.1: a repeated tag could hide a second value"),
    ("unknown VR", "PS3.5 6.2: what follows cannot be known"),
    ("data set ends inside an element", "short data; pydicom gives what it has"),
    ("length reaches past the enclosing item or sequence", "PS3.5 7.5: contradictory lengths"),
    ("command or file meta element inside a data set", "PS3.5 7.1: they belong elsewhere"),
    ("sequences are nested deeper than the bound", "the bound"),
    ("delimiter out of place", "PS3.5 7.5: what it closes cannot be known"),
    ("something else than a fragment in encapsulated pixel data", "PS3.5 A.4"),
];

/// Kinds of error that pydicom makes on files that we read, and why.
const PYDICOM_CANNOT: &[(&str, &str)] = &[
    ("TypeError", "it stumbles over a (0008,0005) that names no character set"),
    ("OSError", "it looks for a sequence delimiter in another byte order"),
];

fn crc(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

fn files(folder: &Path, out: &mut Vec<PathBuf>) {
    let mut names: Vec<_> = fs::read_dir(folder).into_iter().flatten().flatten().collect();
    names.sort_by_key(fs::DirEntry::path);
    for entry in names {
        let path = entry.path();
        if path.is_dir() {
            files(&path, out);
        } else {
            out.push(path);
        }
    }
}

/// The data set of a Part 10 file in a transfer syntax that we carry, inflated, and its transfer syntax.
fn data_set_bytes(path: &Path) -> Option<(Vec<u8>, &'static syntax::TransferSyntax)> {
    let mut file = fs::File::open(path).ok()?;
    let meta = meta::read(&mut file).ok()?;
    let syntax = syntax::lookup(&meta.transfer_syntax)?;
    let mut bytes = meta.ahead;
    file.read_to_end(&mut bytes).ok()?;
    if syntax.deflated {
        let mut inflated = Vec::new();
        flate2::read::DeflateDecoder::new(&bytes[..])
            .take(1 << 30)
            .read_to_end(&mut inflated)
            .ok()?;
        bytes = inflated;
    }
    Some((bytes, syntax))
}

fn flatten(set: &DataSet, elements: &[Element], prefix: &str, out: &mut Vec<Flat>) {
    for e in elements {
        let path = format!("{prefix}{:04X}{:04X}", e.tag.group(), e.tag.element());
        match &e.value {
            Value::Items(items) => {
                out.push((path.clone(), "SQ".into(), items.len(), Some(0)));
                for (number, item) in items.iter().enumerate() {
                    flatten(set, &item.elements, &format!("{path}[{number}]"), out);
                }
            }
            Value::Fragments(fragments) => {
                let mut bytes = Vec::new();
                for &span in fragments {
                    bytes.extend_from_slice(&[0xFE, 0xFF, 0x00, 0xE0]);
                    bytes.extend_from_slice(&span.length.to_le_bytes());
                    bytes.extend_from_slice(set.slice(span));
                }
                out.push((path, e.vr.to_string().to_owned(), bytes.len(), Some(crc(&bytes))));
            }
            _ => {
                let bytes = set.value(e);
                out.push((path, e.vr.to_string().to_owned(), bytes.len(), Some(crc(bytes))));
            }
        }
    }
}

fn ours(bytes: Vec<u8>, encoding: Encoding) -> Result<Vec<Flat>, ParseError> {
    let set = DataSet::parse(bytes, encoding)?;
    let mut out = Vec::new();
    flatten(&set, &set.elements, "", &mut out);
    Ok(out)
}

/// What pydicom says of each file: its elements, or the kind of its error.
fn pydicom(paths: &[PathBuf]) -> Option<BTreeMap<PathBuf, Result<Vec<Flat>, String>>> {
    let list = tempfile::NamedTempFile::new().expect("a temporary file can be made");
    let lines: Vec<_> = paths.iter().map(|p| p.to_string_lossy().into_owned()).collect();
    fs::write(list.path(), lines.join("\n")).expect("a temporary file can be written");
    let out = script("dump_elements.py").arg(list.path()).output().ok()?;
    if out.status.code() == Some(SKIPPED) {
        assert!(!required(), "pydicom is not installed");
        eprintln!("skipped: pydicom is not installed");
        return None;
    }
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let mut all = BTreeMap::new();
    for line in out.stdout.lines() {
        let mut line: serde_json::Value =
            serde_json::from_str(&line.expect("it is text")).expect("it is JSON");
        let path = PathBuf::from(line["file"].as_str().expect("every line names its file"));
        let said = match line["elements"].take() {
            serde_json::Value::Null => Err(line["error"].as_str().unwrap_or("?").to_owned()),
            elements => Ok(serde_json::from_value(elements).expect("elements have four parts")),
        };
        all.insert(path, said);
    }
    Some(all)
}

/// The first difference; VRs count only where they were written.
fn difference(ours: &[Flat], theirs: &[Flat], explicit: bool) -> Option<String> {
    for (a, b) in ours.iter().zip(theirs) {
        let same_vr = if explicit { a.1 == b.1 } else { (a.1 == "SQ") == (b.1 == "SQ") };
        let same_bytes = b.3.is_none() || (a.2 == b.2 && a.3 == b.3);
        if a.0 != b.0 || !same_bytes || !same_vr {
            return Some(format!("{a:?} against {b:?}"));
        }
    }
    (ours.len() != theirs.len()).then(|| format!("{} against {}", ours.len(), theirs.len()))
}

#[test]
fn pydicom_reads_the_same() {
    let Some(corpus) = corpus() else { return };
    let mut paths = Vec::new();
    files(&corpus, &mut paths);
    paths.retain(|path| data_set_bytes(path).is_some());
    let Some(theirs) = pydicom(&paths) else { return };
    let (mut same, mut stricter, mut laxer, mut wrong) =
        (0, BTreeMap::<&str, usize>::new(), Vec::new(), Vec::new());
    for path in &paths {
        let name = path.strip_prefix(project()).unwrap_or(path).display();
        let Some((bytes, syntax)) = data_set_bytes(path) else { continue };
        let explicit = syntax.encoding != Encoding::ImplicitLittle;
        match (ours(bytes, syntax.encoding), &theirs[path]) {
            (Ok(a), Ok(b)) => match difference(&a, b, explicit) {
                None => same += 1,
                Some(what) => wrong.push(format!("{name}: {what}")),
            },
            (Err(e), Ok(_)) if WE_REFUSE.iter().any(|(kind, _)| *kind == e.kind) => {
                *stricter.entry(e.kind).or_default() += 1;
            }
            (Err(e), Ok(_)) => wrong.push(format!("{name}: refused: {e}")),
            (Ok(_), Err(e)) if PYDICOM_CANNOT.iter().any(|(kind, _)| kind == e) => {
                laxer.push(format!("{name}: {e}"));
            }
            (Ok(_), Err(e)) => wrong.push(format!("{name}: only pydicom refuses it: {e}")),
            (Err(_), Err(_)) => {}
        }
    }
    println!(
        "same {same}; refused although pydicom reads them {stricter:?}; read although pydicom does not {laxer:?}"
    );
    assert!(wrong.is_empty(), "{} files differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(same > 0);
}

/// Bytes without padding; where text is not ASCII, dicom-object decodes it, and there is nothing to compare.
fn trimmed(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|b| !matches!(b, 0 | b' ')).map_or(0, |last| last + 1);
    &bytes[..end]
}

/// Compares our elements with those of dicom-object at one level; the first difference.
fn beside(
    set: &DataSet,
    elements: &[Element],
    theirs: &InMemDicomObject,
    path: &str,
) -> Option<String> {
    let mut tags: BTreeSet<_> = theirs.iter().map(|e| e.header().tag).collect();
    for ours in elements {
        let here = format!("{path}{}", ours.tag);
        tags.remove(&ours.tag);
        let Ok(e) = theirs.element(ours.tag) else { return Some(format!("{here}: only here")) };
        let what = match &ours.value {
            Value::Items(items) => nested(set, items, e, &here),
            // An empty fragment is dropped by dicom-object.
            Value::Fragments(fragments) if fragments.iter().skip(1).all(|f| f.length > 0) => {
                let count = e.fragments().map_or(0, <[_]>::len) + 1;
                (count != fragments.len()).then(|| format!("{here}: {count} fragments"))
            }
            Value::Fragments(_) => None,
            _ => value(set, ours, e).then(|| format!("{here}: another value")),
        };
        if what.is_some() {
            return what;
        }
    }
    tags.first().map(|tag| format!("{path}{tag}: only there"))
}

fn nested(set: &DataSet, items: &[Item], theirs: &InMemElement, path: &str) -> Option<String> {
    let other = theirs.items().unwrap_or_default();
    if other.len() != items.len() {
        return Some(format!("{path}: {} items against {}", items.len(), other.len()));
    }
    items.iter().zip(other).find_map(|(a, b)| beside(set, &a.elements, b, path))
}

/// Whether the values differ, as far as dicom-object keeps bytes: text that is ASCII, numbers of little endian (not AT,
/// which it turns into text), and of long values the length.
fn value(set: &DataSet, ours: &Element, theirs: &InMemElement) -> bool {
    let mine = set.value(ours);
    if ours.vr == VR::AT || set.encoding == Encoding::ExplicitBig {
        return false;
    }
    let Ok(bytes) = theirs.to_bytes() else { return true };
    if mine.len() > 1 << 16 {
        return mine.len().abs_diff(bytes.len()) > 1;
    }
    let numbers =
        matches!(ours.vr, VR::FD | VR::FL | VR::SL | VR::SS | VR::SV | VR::UL | VR::US | VR::UV);
    (numbers || mine.is_ascii()) && trimmed(&bytes) != trimmed(mine) && !spaced(mine, &bytes)
}

/// Whether two lists of text values differ by the padding of their parts only.
fn spaced(a: &[u8], b: &[u8]) -> bool {
    let parts = |bytes: &[u8]| {
        bytes.split(|b| *b == b'\\').map(|p| p.trim_ascii().to_vec()).collect::<Vec<_>>()
    };
    parts(trimmed(a)) == parts(trimmed(b))
}

/// Whether there is a UN element of undefined length (CP-246): dicom-object takes its content for explicit VR, and
/// half a gigabyte of memory for the lengths that it then sees (Enet4/dicom-rs#169).
fn implicit_inside(elements: &[Element]) -> bool {
    elements.iter().any(|e| match &e.value {
        Value::Items(items) => items.iter().any(|i| i.implicit || implicit_inside(&i.elements)),
        _ => false,
    })
}

#[test]
fn dicom_object_reads_the_same() {
    let Some(corpus) = corpus() else { return };
    let mut paths = Vec::new();
    files(&corpus, &mut paths);
    let (mut same, mut refused, mut wrong) = (0, Vec::new(), Vec::new());
    for path in &paths {
        let name = path.strip_prefix(project()).unwrap_or(path).display();
        let Some((bytes, syntax)) = data_set_bytes(path) else { continue };
        let Ok(set) = DataSet::parse(bytes.clone(), syntax.encoding) else { continue };
        if implicit_inside(&set.elements) {
            continue;
        }
        let uid = match syntax.encoding {
            Encoding::ImplicitLittle => "1.2.840.10008.1.2",
            Encoding::ExplicitLittle => "1.2.840.10008.1.2.1",
            Encoding::ExplicitBig => "1.2.840.10008.1.2.2",
        };
        let layout = TransferSyntaxRegistry.get(uid).expect("the registry knows the three layouts");
        let read = panic::catch_unwind(panic::AssertUnwindSafe(|| {
            InMemDicomObject::read_dataset_with_ts(&bytes[..], layout)
        }));
        match read {
            Err(_) => refused.push(format!("{name}: panic")),
            Ok(Err(e)) => refused.push(format!("{name}: {e}")),
            Ok(Ok(theirs)) => match beside(&set, &set.elements, &theirs, "") {
                None => same += 1,
                Some(what) => wrong.push(format!("{name}: {what}")),
            },
        }
    }
    println!("same {same}; read although dicom-object does not: {refused:#?}");
    assert!(wrong.is_empty(), "{} files differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(same > 0);
}
