//! The whole way of an object in one process: what comes in over the desk, what stands in the store afterwards.

use std::{
    fs,
    io::Read,
    sync::{Arc, Mutex},
};

use tokumei::{
    dicom::{
        Tag, VR,
        dimse::Status,
        encode::{UNDEFINED, Writer},
        meta,
        syntax::{self, Encoding},
    },
    pipeline::{Gateway, Outcome, Rerun},
    policy::{
        Policy,
        checks::{CautionResponses, Checks, WeakResponse},
    },
    receive::collect::{Announced, Limits},
    records::{Fate, Origin, Severity, keyring::KeyRing},
    route::Route,
    store::{Access, Filter, Review, Settings, Store},
};

const CT: &str = "1.2.840.10008.5.1.4.1.1.2";
const ULTRASOUND: &str = "1.2.840.10008.5.1.4.1.1.6.1";
const EXPLICIT: &str = syntax::EXPLICIT_LITTLE;

/// A gateway over a temporary store.
struct Bench {
    gateway: Arc<Gateway>,
    store: Store,
    told: Arc<Mutex<Vec<String>>>,
    directory: tempfile::TempDir,
}

fn bench(limits: Limits) -> Bench {
    bench_with(limits, CautionResponses::default())
}

fn bench_with(limits: Limits, cautions: CautionResponses) -> Bench {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let keys = Arc::new(KeyRing::ephemeral());
    let settings = Settings {
        directory: directory.path().join("data"),
        max_waiting: 1_000,
        min_free_bytes: 0,
    };
    let (store, _) = Store::open(&settings, keys.clone(), Access::Gateway).expect("a new store");
    let route = Route {
        name: "research".into(),
        callers: vec![],
        destination: "archive".into(),
        policy: Arc::new(Policy::shipped().expect("the shipped rules")),
        cautions,
    };
    let told = Arc::new(Mutex::new(Vec::new()));
    let ear = told.clone();
    let gateway = Gateway::new(
        Checks::shipped().expect("the shipped checks"),
        vec![route],
        keys,
        store.clone(),
        limits,
        Box::new(move |name| ear.lock().expect("not poisoned").push(name.to_owned())),
    );
    Bench { gateway, store, told, directory }
}

/// Elements in the making.
type Elements = Vec<(Tag, VR, Vec<u8>)>;

/// A chest CT of a made-up patient up to Pixel Data, with changes.
fn chest(encoding: Encoding, change: impl Fn(&mut Elements)) -> Writer {
    let text =
        |group, element, vr, value: &str| (Tag(group, element), vr, value.as_bytes().to_vec());
    let mut elements = vec![
        text(0x0008, 0x0008, VR::CS, "ORIGINAL\\PRIMARY\\AXIAL"),
        text(0x0008, 0x0016, VR::UI, CT),
        text(0x0008, 0x0018, VR::UI, "1.2.392.99999.1.3"),
        text(0x0008, 0x0020, VR::DA, "20260401"),
        text(0x0008, 0x0030, VR::TM, "101500"),
        text(0x0008, 0x0050, VR::SH, "ZZ-ACC-77"),
        text(0x0008, 0x0060, VR::CS, "CT"),
        text(0x0008, 0x0070, VR::LO, "MAKER"),
        text(0x0008, 0x0080, VR::LO, "Sakura General Hospital"),
        text(0x0010, 0x0010, VR::PN, "Yamada^Tarou"),
        text(0x0010, 0x0020, VR::LO, "ZZ-0000123"),
        text(0x0010, 0x0030, VR::DA, "19700302"),
        text(0x0010, 0x0040, VR::CS, "M"),
        text(0x0018, 0x0015, VR::CS, "CHEST"),
        text(0x0018, 0x0050, VR::DS, "1.25"),
        text(0x0020, 0x000D, VR::UI, "1.2.392.99999.1.1"),
        text(0x0020, 0x000E, VR::UI, "1.2.392.99999.1.2"),
        text(0x0020, 0x0010, VR::SH, "55501"),
        text(0x0020, 0x0011, VR::IS, "2"),
        text(0x0020, 0x0013, VR::IS, "7"),
    ];
    for (tag, value) in [
        (0x0002, 1),
        (0x0010, 16),
        (0x0011, 16),
        (0x0100, 16),
        (0x0101, 16),
        (0x0102, 15),
        (0x0103, 0),
    ] {
        let value: u16 = value;
        let bytes = match encoding {
            Encoding::ExplicitBig => value.to_be_bytes(),
            Encoding::ExplicitLittle | Encoding::ImplicitLittle => value.to_le_bytes(),
        };
        elements.push((Tag(0x0028, tag), VR::US, bytes.to_vec()));
    }
    change(&mut elements);
    elements.sort_by_key(|e| e.0);
    let mut writer = Writer::new(encoding);
    for (tag, vr, mut value) in elements {
        if value.len() % 2 == 1 {
            value.push(if vr == VR::UI { 0 } else { b' ' });
        }
        writer.element(tag, vr, &value);
    }
    writer
}

fn set(elements: &mut Elements, tag: Tag, vr: VR, value: &[u8]) {
    elements.retain(|e| e.0 != tag);
    elements.push((tag, vr, value.to_vec()));
}

fn pixels() -> Vec<u8> {
    (0..512_u32).map(|i| (i * 7 % 251) as u8).collect()
}

fn whole(mut writer: Writer) -> Vec<u8> {
    writer.element(Tag(0x7FE0, 0x0010), VR::OW, &pixels());
    writer.into_bytes()
}

fn announced(sop_class: &str, ts: &str) -> Announced {
    Announced {
        sop_class: sop_class.into(),
        sop_instance: "1.2.392.99999.1.3".into(),
        transfer_syntax: syntax::lookup(ts).expect("carried"),
        origin: Origin { association: 1, calling_ae: "PACS1".into(), address: "127.0.0.1".into() },
    }
}

fn send(bench: &Bench, bytes: &[u8], sop_class: &str, ts: &str) -> Outcome {
    let mut passage =
        bench.gateway.begin(announced(sop_class, ts), None).expect("a route takes it");
    for chunk in bytes.chunks(700) {
        passage.feed(chunk);
    }
    passage.finish()
}

/// The only file in the outgoing queue.
fn outgoing(bench: &Bench) -> Vec<u8> {
    let rows = bench.store.waiting("archive", &[], 10).expect("the index answers");
    assert_eq!(rows.len(), 1, "one object waits");
    fs::read(&rows[0].file).expect("its file is there")
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|w| w == needle)
}

const IDENTITY: &[&str] = &[
    "Yamada",
    "YAMADA",
    "Tarou",
    "ZZ-0000123",
    "ZZ-ACC-77",
    "19700302",
    "Sakura",
    "1.2.392.99999",
    "55501",
];

fn assert_anonymous(bytes: &[u8]) {
    for value in IDENTITY {
        assert!(!contains(bytes, value.as_bytes()), "{value} is left");
    }
}

/// No file of the data directory holds a value of the patient: index, ledger, sealed files, names.
fn assert_rests_sealed(bench: &Bench) {
    let mut open = vec![bench.directory.path().to_path_buf()];
    while let Some(path) = open.pop() {
        assert_anonymous(path.to_string_lossy().as_bytes());
        if path.is_dir() {
            open.extend(fs::read_dir(&path).expect("readable").flatten().map(|e| e.path()));
        } else {
            assert_anonymous(&fs::read(&path).expect("readable"));
        }
    }
}

#[test]
fn a_clean_object_passes_with_its_pixels_in_every_encoding() {
    for ts in [EXPLICIT, "1.2.840.10008.1.2", "1.2.840.10008.1.2.2"] {
        let bench = bench(Limits::default());
        let encoding = syntax::lookup(ts).expect("carried").encoding;
        let outcome = send(&bench, &whole(chest(encoding, |_| {})), CT, ts);
        assert_eq!(outcome.answer.status, Status::SUCCESS);
        assert_eq!(outcome.fate, Some(Fate::Released), "{ts}: {:?}", outcome.reasons);
        let file = outgoing(&bench);
        assert_anonymous(&file);
        assert!(file.ends_with(&pixels()), "{ts}: pixels are as they came");
        assert_eq!(*bench.told.lock().expect("not poisoned"), ["archive"]);
        assert_rests_sealed(&bench);
        let object = dicom_object::from_reader(&file[..]).expect("dicom-rs reads it");
        assert_eq!(
            object.element(Tag(0x0012, 0x0062)).expect("marked").to_str().expect("text"),
            "YES"
        );
        assert_eq!(
            object.element(Tag(0x0018, 0x0050)).expect("kept").to_str().expect("text"),
            "1.25"
        );
    }
}

#[test]
fn a_deflated_object_leaves_deflated() {
    use std::io::Write;
    let bench = bench(Limits::default());
    let mut deflater =
        flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
    deflater.write_all(&whole(chest(Encoding::ExplicitLittle, |_| {}))).expect("in memory");
    let ts = "1.2.840.10008.1.2.1.99";
    let outcome = send(&bench, &deflater.finish().expect("in memory"), CT, ts);
    assert_eq!(outcome.fate, Some(Fate::Released), "{:?}", outcome.reasons);
    let file = outgoing(&bench);
    let mut rest = &file[..];
    let meta = meta::read(&mut rest).expect("a Part 10 file");
    assert_eq!(meta.transfer_syntax, ts);
    let mut deflated = meta.ahead;
    deflated.extend_from_slice(rest);
    let mut inflated = Vec::new();
    flate2::read::DeflateDecoder::new(&deflated[..]).read_to_end(&mut inflated).expect("deflated");
    assert_anonymous(&inflated);
    assert!(inflated.ends_with(&pixels()));
    assert_eq!(bench.store.list(&Filter::default()).expect("index").len(), 1);
    assert_rests_sealed(&bench);
}

#[test]
fn an_identifier_in_a_kept_place_is_quarantined_and_the_original_comes_back_whole() {
    let bench = bench(Limits::default());
    let original = whole(chest(Encoding::ExplicitLittle, |e| {
        set(e, Tag(0x0018, 0x1160), VR::SH, b"YAMADA TAROU");
    }));
    let outcome = send(&bench, &original, CT, EXPLICIT);
    assert_eq!(outcome.answer.status, Status::SUCCESS);
    assert_eq!(outcome.fate, Some(Fate::Quarantined));
    assert_eq!(outcome.reasons[0].rule, "G2-02");
    assert_eq!(outcome.reasons[0].path, "(0018,1160)");
    assert_rests_sealed(&bench);

    let mut sealed = bench.store.original(outcome.id.expect("a row")).expect("opens");
    let meta = meta::read(&mut sealed).expect("a Part 10 file");
    let mut opened = meta.ahead;
    sealed.read_to_end(&mut opened).expect("authentic");
    assert!(opened == original, "the original is as it came");
}

#[test]
fn an_identifier_in_the_pixel_bytes_turns_the_object_back_whole() {
    let bench = bench(Limits::default());
    let mut writer = chest(Encoding::ExplicitLittle, |_| {});
    let mut bytes = pixels();
    bytes[100..110].copy_from_slice(b"ZZ-0000123");
    writer.element(Tag(0x7FE0, 0x0010), VR::OW, &bytes);
    writer.element(Tag(0xFFFC, 0xFFFC), VR::OB, &[0; 64]);
    let original = writer.into_bytes();
    let outcome = send(&bench, &original, CT, EXPLICIT);
    assert_eq!(outcome.fate, Some(Fate::Quarantined));
    assert_eq!(outcome.reasons[0].path, "(7FE0,0010)");
    assert!(bench.store.waiting("archive", &[], 10).expect("index").is_empty());
    let mut sealed = bench.store.original(outcome.id.expect("a row")).expect("opens");
    let mut opened = meta::read(&mut sealed).expect("a Part 10 file").ahead;
    sealed.read_to_end(&mut opened).expect("authentic");
    assert!(opened == original, "header, pixels and tail are as they came");
    assert_rests_sealed(&bench);
}

/// Places and disguises in which an identifier that the object carries could leave with what the profile keeps.
#[test]
fn what_an_object_carries_is_found_wherever_it_stays() {
    type Plant = fn(&mut Elements);
    let cases: &[(&str, Plant)] = &[
        ("name in a CS", |e| set(e, Tag(0x0018, 0x0022), VR::CS, b"YAMADA")),
        ("birth date in a DS", |e| set(e, Tag(0x0018, 0x0060), VR::DS, b"19700302")),
        ("number in a multi-valued IS", |e| {
            set(e, Tag(0x0010, 0x0020), VR::LO, b"7654321 ");
            set(e, Tag(0x0018, 0x1151), VR::IS, b"1\\+7654321");
        }),
        ("name whose own VR is wrong", |e| {
            set(e, Tag(0x0010, 0x0010), VR::LO, b"Ueda^Mai");
            set(e, Tag(0x0008, 0x0070), VR::LO, b"Ueda Mai");
        }),
        ("name in a private element", |e| {
            set(e, Tag(0x0009, 0x0010), VR::LO, b"MAKER ");
            set(e, Tag(0x0009, 0x1010), VR::PN, b"Mori^Aoi");
            set(e, Tag(0x0008, 0x0070), VR::LO, b"MORI AOI");
        }),
        ("birth date written as DT", |e| {
            set(e, Tag(0x0010, 0x0030), VR::DT, b"197003021230");
            set(e, Tag(0x0008, 0x0070), VR::LO, b"1970-03-02");
        }),
        ("identifier in a very long value", |e| {
            let mut long = b"QQ-77123".to_vec();
            long.resize(400_000, b' ');
            set(e, Tag(0x0010, 0x1000), VR::UT, &long);
            set(e, Tag(0x0008, 0x0070), VR::LO, b"QQ-77123");
        }),
        ("name glued to letters", |e| set(e, Tag(0x0008, 0x0070), VR::LO, b"DrYamada")),
        ("name in the shape of a pseudonym", |e| {
            set(e, Tag(0x0010, 0x0010), VR::PN, b"Yamada^Taro");
            set(e, Tag(0x0008, 0x0070), VR::LO, b"AYAMADATARO");
        }),
        ("number as a component of a class UID", |e| {
            set(e, Tag(0x0010, 0x0020), VR::LO, b"7654321 ");
            set(e, Tag(0x0008, 0x001A), VR::UI, b"1.2.7654321.1");
        }),
        ("number of punctuation", |e| {
            set(e, Tag(0x0010, 0x0020), VR::LO, b"{{7*7}} ");
            set(e, Tag(0x0008, 0x0070), VR::LO, b"{{7*7}} ");
        }),
        ("short institution in a text", |e| {
            set(e, Tag(0x0008, 0x0080), VR::LO, b"SKGH");
            set(e, Tag(0x0008, 0x0070), VR::LO, b"made for SKGH ");
        }),
        ("station as maker", |e| {
            set(e, Tag(0x0008, 0x0055), VR::AE, b"SAKURACT01");
            set(e, Tag(0x0008, 0x0070), VR::LO, b"SAKURACT01");
        }),
        ("same bytes under a wrong character set", |e| {
            set(e, Tag(0x0008, 0x0005), VR::CS, b"ISO_IR 100");
            set(e, Tag(0x0010, 0x0010), VR::PN, b"\xc9\xbd\xcc\xef^\xcc\xab\xc0\xc9 ");
            set(e, Tag(0x0008, 0x0070), VR::LO, b"\xc9\xbd\xcc\xef\xcc\xab\xc0\xc9");
        }),
    ];
    for (what, plant) in cases {
        let bench = bench(Limits::default());
        let outcome = send(&bench, &whole(chest(Encoding::ExplicitLittle, plant)), CT, EXPLICIT);
        assert_eq!(outcome.fate, Some(Fate::Quarantined), "{what}");
    }
    // UIDs that only look like the standard's are replaced.
    let bench = bench(Limits::default());
    let bytes = whole(chest(Encoding::ExplicitLittle, |e| {
        set(e, Tag(0x0020, 0x000D), VR::UI, b"1.2.840.10008.7654321.1");
    }));
    let outcome = send(&bench, &bytes, CT, EXPLICIT);
    assert_eq!(outcome.fate, Some(Fate::Released), "{:?}", outcome.reasons);
    assert!(!contains(&outgoing(&bench), b"7654321"));
}

#[test]
fn a_name_among_pixel_bytes_is_found_whatever_stands_beside_it() {
    let bench = bench(Limits::default());
    let mut writer = chest(Encoding::ExplicitLittle, |_| {});
    let mut bytes = pixels();
    bytes[99..113].copy_from_slice(b"AYAMADA TAROUB");
    writer.element(Tag(0x7FE0, 0x0010), VR::OW, &bytes);
    let original = writer.into_bytes();
    let mut passage = bench.gateway.begin(announced(CT, EXPLICIT), None).expect("a route takes it");
    passage.feed(&original[..original.len() - 100]);
    // It does not rest in the clear even while the object is still coming.
    assert_rests_sealed(&bench);
    passage.feed(&original[original.len() - 100..]);
    let outcome = passage.finish();
    assert_eq!(outcome.fate, Some(Fate::Quarantined));
    let mut sealed = bench.store.original(outcome.id.expect("a row")).expect("opens");
    let mut opened = meta::read(&mut sealed).expect("a Part 10 file").ahead;
    sealed.read_to_end(&mut opened).expect("authentic");
    assert!(opened == original);
}

#[test]
fn padding_behind_the_pixels_goes_and_anything_else_keeps_the_object() {
    let bench = bench(Limits::default());
    let mut writer = chest(Encoding::ExplicitLittle, |_| {});
    writer.element(Tag(0x7FE0, 0x0010), VR::OW, &pixels());
    writer.element(Tag(0xFFFC, 0xFFFC), VR::OB, b"Yamada^Tarou");
    let outcome = send(&bench, &writer.into_bytes(), CT, EXPLICIT);
    assert_eq!(outcome.fate, Some(Fate::Released), "{:?}", outcome.reasons);
    let file = outgoing(&bench);
    assert_anonymous(&file);
    assert!(file.ends_with(&pixels()));
}

#[test]
fn a_header_past_its_bound_is_kept_sealed_and_whole() {
    let limits = Limits { header_bytes: 4_000, ..Limits::default() };
    let bench = bench(limits);
    let original = whole(chest(Encoding::ExplicitLittle, |e| {
        set(e, Tag(0x0028, 0x3006), VR::OW, &vec![1; 10_000]);
    }));
    let outcome = send(&bench, &original, CT, EXPLICIT);
    assert_eq!(outcome.fate, Some(Fate::Quarantined));
    assert_eq!(outcome.reasons[0].rule, "HEADER_TOO_LARGE");
    let mut sealed = bench.store.original(outcome.id.expect("a row")).expect("opens");
    let mut opened = meta::read(&mut sealed).expect("a Part 10 file").ahead;
    sealed.read_to_end(&mut opened).expect("authentic");
    assert!(opened == original);
}

#[test]
fn a_long_private_value_does_not_keep_an_object() {
    let limits = Limits { long_value_bytes: 1_000, ..Limits::default() };
    let bench = bench(limits);
    let bytes = whole(chest(Encoding::ExplicitLittle, |e| {
        set(e, Tag(0x0029, 0x0010), VR::LO, b"MAKER");
        set(e, Tag(0x0029, 0x1010), VR::OB, &b"Yamada^Tarou".repeat(1_000));
    }));
    let outcome = send(&bench, &bytes, CT, EXPLICIT);
    assert_eq!(outcome.fate, Some(Fate::Released), "{:?}", outcome.reasons);
    assert_anonymous(&outgoing(&bench));
    assert_rests_sealed(&bench);
}

#[test]
fn malformed_and_contradictory_objects_leave_nothing() {
    let bench = bench(Limits::default());
    let bytes = whole(chest(Encoding::ExplicitLittle, |_| {}));
    let short = send(&bench, &bytes[..bytes.len() - 7], CT, EXPLICIT);
    assert_eq!((short.answer.status, short.fate), (Status::CANNOT_UNDERSTAND, None));
    let other_class = send(&bench, &bytes, ULTRASOUND, EXPLICIT);
    assert_eq!((other_class.answer.status, other_class.fate), (Status::DOES_NOT_MATCH, None));
    let none = send(&bench, &[], CT, EXPLICIT);
    assert_eq!(none.answer.status, Status::DOES_NOT_MATCH);
    assert!(bench.store.list(&Filter::default()).expect("index").is_empty());
    for folder in ["outgoing", "sealed"] {
        let left = fs::read_dir(bench.store.directory().join(folder)).expect("readable").count();
        assert_eq!(left, 0, "{folder} is empty");
    }
}

#[test]
fn a_reviewer_can_take_on_a_caution_and_not_a_finding() {
    let bench = bench(Limits::default());
    let ultrasound = |change: fn(&mut Elements)| {
        whole(chest(Encoding::ExplicitLittle, |e| {
            set(e, Tag(0x0008, 0x0016), VR::UI, ULTRASOUND.as_bytes());
            set(e, Tag(0x0008, 0x0060), VR::CS, b"US");
            change(e);
        }))
    };
    let clean = ultrasound(|_| {});
    let kept = send(&bench, &clean, ULTRASOUND, EXPLICIT);
    assert_eq!(kept.fate, Some(Fate::Quarantined));
    let again = |bytes: &[u8], kept: &Outcome| {
        let rerun = Rerun {
            review: Review {
                id: kept.id.expect("a row"),
                by: "reviewer".into(),
                why: "looked at it".into(),
            },
            accepted: kept.cautions.iter().map(|c| c.rule.to_string()).collect(),
            origin: Origin {
                association: 1,
                calling_ae: "PACS1".into(),
                address: "127.0.0.1".into(),
            },
            transfer_syntax: syntax::lookup(EXPLICIT).expect("carried"),
        };
        let mut passage =
            bench.gateway.begin(announced(ULTRASOUND, EXPLICIT), Some(rerun)).expect("a route");
        passage.feed(bytes);
        passage.finish()
    };
    let outcome = again(&clean, &kept);
    assert_eq!(outcome.fate, Some(Fate::Released), "{:?}", outcome.reasons);
    assert_anonymous(&outgoing(&bench));

    let leak = ultrasound(|e| set(e, Tag(0x0018, 0x1160), VR::SH, b"Yamada"));
    let kept = send(&bench, &leak, ULTRASOUND, EXPLICIT);
    let outcome = again(&leak, &kept);
    assert_eq!(outcome.fate, Some(Fate::Quarantined));
    let counts = bench.store.counts().expect("index");
    assert_eq!(
        (counts.received, counts.waiting, counts.quarantined, counts.reviewed),
        (2, 1, 1, 1)
    );
}

#[test]
fn a_weak_finding_does_as_the_route_says_and_a_strong_one_keeps_back() {
    let model = |value: &'static [u8]| {
        whole(chest(Encoding::ExplicitLittle, |e| set(e, Tag(0x0008, 0x1090), VR::LO, value)))
    };
    // As a number of a residence card, and with an address of e-mail beside it.
    let (weak, strong) = (model(b"AB12345678CD"), model(b"AB12345678CD a@b.example"));

    let warns = bench(Limits::default());
    let outcome = send(&warns, &weak, CT, EXPLICIT);
    assert_eq!(outcome.fate, Some(Fate::Released), "{:?}", outcome.reasons);
    let said = outcome.cautions.iter().find(|c| c.rule == "G2-03").expect("a warning");
    assert_eq!((said.severity, said.path.as_str()), (Severity::Weak, "(0008,1090)"));
    let outcome = send(&warns, &strong, CT, EXPLICIT);
    assert_eq!(outcome.fate, Some(Fate::Quarantined));
    assert!(outcome.reasons.iter().any(|r| r.rule == "G2-03" && r.severity == Severity::Strong));

    let keeps = bench_with(
        Limits::default(),
        CautionResponses { weak_findings: WeakResponse::Quarantine, ..Default::default() },
    );
    let outcome = send(&keeps, &weak, CT, EXPLICIT);
    assert_eq!(outcome.fate, Some(Fate::Quarantined));
    assert!(outcome.reasons.iter().any(|r| r.rule == "G2-03" && r.severity == Severity::Weak));
}

#[test]
fn encapsulated_pixels_pass_fragment_by_fragment() {
    let bench = bench(Limits::default());
    let mut writer = chest(Encoding::ExplicitLittle, |_| {});
    let start = writer.len();
    writer.header(Tag(0x7FE0, 0x0010), VR::OB, UNDEFINED);
    for fragment in [&b""[..], b"\xff\xd8fragment\xff\xd9"] {
        writer.fragment(fragment.len() as u32);
        writer.raw(fragment);
    }
    writer.end_sequence();
    let bytes = writer.into_bytes();
    let outcome = send(&bench, &bytes, CT, "1.2.840.10008.1.2.4.70");
    assert_eq!(outcome.fate, Some(Fate::Released), "{:?}", outcome.reasons);
    assert!(outgoing(&bench).ends_with(&bytes[start..]));
}

#[test]
fn a_head_is_marked_and_warned_of() {
    let bench = bench(Limits::default());
    let bytes =
        whole(chest(Encoding::ExplicitLittle, |e| set(e, Tag(0x0018, 0x0015), VR::CS, b"HEAD")));
    let outcome = send(&bench, &bytes, CT, EXPLICIT);
    assert_eq!(outcome.fate, Some(Fate::Released));
    assert!(!outcome.cautions.is_empty());
    let file = outgoing(&bench);
    let at =
        file.windows(4).position(|w| w == b"\x28\0\x02\x03").expect("Recognizable Visual Features");
    assert_eq!(&file[at + 8..at + 11], b"YES");
    let rows = bench.store.list(&Filter::default()).expect("index");
    assert!(
        rows[0].cautions.iter().any(|c| c.reference.contains("T6-")),
        "the ledger names the row of Table 6.1"
    );
}

#[test]
fn a_batch_that_contradicts_itself_stops_until_a_person_decides() {
    let bench = bench(Limits::default());
    let bytes = whole(chest(Encoding::ExplicitLittle, |_| {}));
    for _ in 0..2 {
        assert_eq!(send(&bench, &bytes, CT, EXPLICIT).fate, Some(Fate::Released));
    }
    let waiting = || bench.store.waiting("archive", &[], 10).expect("the index answers").len();
    assert_eq!(waiting(), 2);
    // As if the mapping had given this patient another pseudonym before.
    let index = bench.directory.path().join("data/index.sqlite");
    let index = rusqlite::Connection::open(index).expect("the index");
    assert_eq!(index.execute("UPDATE links SET value = zeroblob(16)", []).expect("links"), 2);
    let outcome = send(&bench, &bytes, CT, EXPLICIT);
    assert_eq!(outcome.answer.status, Status::SUCCESS);
    assert_eq!(outcome.fate, Some(Fate::Quarantined));
    let [reason] = &outcome.reasons[..] else { panic!("{:?}", outcome.reasons) };
    assert_eq!(
        (&*reason.rule, &*reason.path, &*reason.requirement),
        ("G2-15", "(0010,0020)", "R-5.1.3")
    );
    assert_eq!(waiting(), 0);
    // What is kept is sealed, and what is remembered of the patient is keyed.
    assert_rests_sealed(&bench);
    let id = outcome.id.expect("stored");
    let review = Review { id, by: "R. Viewer".into(), why: "the index was tampered with".into() };
    bench.store.reject(&review).expect("kept");
    assert_eq!(waiting(), 2);
}

#[test]
fn pixel_data_that_came_short_leaves_with_a_warning() {
    let bench = bench(Limits::default());
    let mut writer = chest(Encoding::ExplicitLittle, |_| {});
    writer.element(Tag(0x7FE0, 0x0010), VR::OW, &pixels()[..500]);
    let outcome = send(&bench, &writer.into_bytes(), CT, EXPLICIT);
    assert_eq!(outcome.fate, Some(Fate::Released), "{:?}", outcome.reasons);
    let rules: Vec<&str> = outcome.cautions.iter().map(|c| &*c.rule).collect();
    assert_eq!(rules, ["G2-12"]);
}
