//! What de-identification alone costs for a made-up CT object of 0.5 MB, beside reading and writing the same object with
//! dicom-object, which changes nothing in it.
//!
//! Both sides take the bytes of a Part 10 file and hand the bytes of one to a writer, which here only counts them: what a
//! disk or fresh memory costs would hide the work. Ours is everything between the wire and the checks: tokenizer, rules
//! under the shipped options, encoding. The ratio printed at the end is of medians over rounds in which both take
//! turns.

use std::{
    hint::black_box,
    io::{self, Write},
    time::{Duration, Instant},
};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tokumei::{
    deidentify::{Input, Part, apply},
    dicom::{Tag, VR, dataset::DataSet, encode::Writer, meta, syntax},
    policy::{
        Policy, Terms,
        options::{Options, ProfileOption},
    },
    receive::collect::{Announced, Collector, Limits, Received, Sink},
    records::batch::BatchKeys,
};

const CT: &str = "1.2.840.10008.5.1.4.1.1.2";
const EXPLICIT: &str = "1.2.840.10008.1.2.1";
const PIXELS: usize = 512 * 512 * 2;

/// A CT slice of a made-up patient as a scanner writes it: some 120 attributes, private ones among them, and 0.5 MB pixels.
fn object() -> Vec<u8> {
    let root = "1.2.392.200036.9999.20261122.101500";
    let instance = format!("{root}.77");
    let mut w = Writer::new(syntax::Encoding::ExplicitLittle);
    let mut put = |list: &[(u16, u16, VR, &str)]| {
        list.iter().for_each(|(g, e, vr, value)| w.text(Tag(*g, *e), *vr, value));
    };
    put(&[
        (0x0008, 0x0005, VR::CS, "\\ISO 2022 IR 87"),
        (0x0008, 0x0008, VR::CS, "ORIGINAL\\PRIMARY\\AXIAL"),
        (0x0008, 0x0012, VR::DA, "20261120"),
        (0x0008, 0x0013, VR::TM, "101502.250"),
        (0x0008, 0x0016, VR::UI, CT),
        (0x0008, 0x0018, VR::UI, &instance),
        (0x0008, 0x0020, VR::DA, "20261120"),
        (0x0008, 0x0021, VR::DA, "20261120"),
        (0x0008, 0x0022, VR::DA, "20261120"),
        (0x0008, 0x0023, VR::DA, "20261120"),
        (0x0008, 0x0030, VR::TM, "101500"),
        (0x0008, 0x0031, VR::TM, "101501"),
        (0x0008, 0x0032, VR::TM, "101502.250"),
        (0x0008, 0x0033, VR::TM, "101502.250"),
        (0x0008, 0x0050, VR::SH, "ACC-20261122"),
        (0x0008, 0x0060, VR::CS, "CT"),
        (0x0008, 0x0070, VR::LO, "ACME MEDICAL SYSTEMS"),
        (0x0008, 0x0080, VR::LO, "Touto Central Hospital"),
        (0x0008, 0x0090, VR::PN, "Suzuki^Ichirou"),
        (0x0008, 0x1010, VR::SH, "CTROOM2"),
        (0x0008, 0x1030, VR::LO, "Chest routine"),
        (0x0008, 0x103E, VR::LO, "Lung 1.0 B70f"),
        (0x0008, 0x1040, VR::LO, "Radiology"),
        (0x0008, 0x1050, VR::PN, "Hayashi^Makoto"),
        (0x0008, 0x1090, VR::LO, "SCAN 64"),
    ]);
    w.begin_sequence(Tag(0x0008, 0x1140));
    for n in 0..4 {
        w.begin_item();
        w.text(Tag(0x0008, 0x1150), VR::UI, CT);
        w.text(Tag(0x0008, 0x1155), VR::UI, &format!("{root}.{n}"));
        w.end_item();
    }
    w.end_sequence();
    w.element(Tag(0x0010, 0x0010), VR::PN, b"Yamada^Tarou=\x1B$B;3ED\x1B(B^\x1B$BB@O:\x1B(B");
    let mut put = |list: &[(u16, u16, VR, &str)]| {
        list.iter().for_each(|(g, e, vr, value)| w.text(Tag(*g, *e), *vr, value));
    };
    put(&[
        (0x0010, 0x0020, VR::LO, "ZZ-0000123"),
        (0x0010, 0x0030, VR::DA, "19700302"),
        (0x0010, 0x0040, VR::CS, "M"),
        (0x0010, 0x1010, VR::AS, "056Y"),
        (0x0010, 0x1030, VR::DS, "64"),
        (0x0018, 0x0015, VR::CS, "CHEST"),
        (0x0018, 0x0050, VR::DS, "1.00"),
        (0x0018, 0x0060, VR::DS, "120"),
        (0x0018, 0x1000, VR::LO, "SN-4711"),
        (0x0018, 0x1020, VR::LO, "V7.3"),
        (0x0018, 0x1030, VR::LO, "5.1 Thorax routine"),
    ]);
    for element in [0x1100, 0x1110, 0x1111, 0x1120, 0x1130, 0x1150, 0x1151, 0x1152, 0x1170] {
        w.text(Tag(0x0018, element), VR::DS, "512.000000");
    }
    w.text(Tag(0x0018, 0x1210), VR::SH, "B70f");
    for (element, part) in [(0x000D, 1001), (0x000E, 1002)] {
        w.text(Tag(0x0020, element), VR::UI, &format!("{root}.{part}"));
    }
    let mut put = |list: &[(u16, u16, VR, &str)]| {
        list.iter().for_each(|(g, e, vr, value)| w.text(Tag(*g, *e), *vr, value));
    };
    put(&[
        (0x0020, 0x0010, VR::SH, "20261122-7"),
        (0x0020, 0x0011, VR::IS, "3"),
        (0x0020, 0x0013, VR::IS, "77"),
        (0x0020, 0x0032, VR::DS, "-180.0\\-180.0\\-312.5"),
        (0x0020, 0x0037, VR::DS, "1\\0\\0\\0\\1\\0"),
        (0x0020, 0x0052, VR::UI, "1.2.392.200036.9999.1.5"),
    ]);
    w.element(Tag(0x0028, 0x0002), VR::US, &1_u16.to_le_bytes());
    w.text(Tag(0x0028, 0x0004), VR::CS, "MONOCHROME2");
    for (element, number) in
        [(0x0010, 512_u16), (0x0011, 512), (0x0100, 16), (0x0101, 12), (0x0102, 11), (0x0103, 0)]
    {
        w.element(Tag(0x0028, element), VR::US, &number.to_le_bytes());
    }
    w.text(Tag(0x0028, 0x1052), VR::DS, "-1024");
    w.text(Tag(0x0028, 0x1053), VR::DS, "1");
    w.text(Tag(0x0029, 0x0010), VR::LO, "ACME CT HEADER");
    w.element(Tag(0x0029, 0x1010), VR::OB, &[7; 4096]);
    w.begin_sequence(Tag(0x0040, 0x0275));
    w.begin_item();
    w.text(Tag(0x0040, 0x0007), VR::LO, "Chest routine");
    w.text(Tag(0x0040, 0x0009), VR::SH, "SPS-0000123");
    w.end_item();
    w.end_sequence();
    w.header(Tag(0x7FE0, 0x0010), VR::OW, PIXELS as u32);
    w.raw(&vec![0x42; PIXELS]);
    [meta::build(CT, &instance, EXPLICIT), w.into_bytes()].concat()
}

/// Takes the header as it comes; the pixels pass by into the result.
struct Taken<'a, W> {
    policy: &'a Policy,
    keys: &'a BatchKeys,
    out: &'a mut W,
}

/// Takes bytes and counts them.
#[derive(Default)]
struct Count(usize);

impl Write for Count {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += black_box(bytes).len();
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<W: Write> Sink for Taken<'_, W> {
    fn discards(&self, tag: Tag) -> bool {
        tokumei::policy::discards(tag)
    }
    fn begin_copy(&mut self, _: &[u8]) {}
    fn copy(&mut self, _: &[u8]) {}
    fn overflow(&mut self) {}
    fn head(&mut self, received: Received) {
        let data_set = received.data_set();
        let mut writer = Writer::new(data_set.encoding);
        let input = Input { data_set, sop_class: CT, part: Part::Head, recognizable: false };
        let done = apply(self.policy, self.keys, input, &mut writer).expect("rules that apply");
        self.out.write_all(&meta::build(CT, &done.sop_instance, EXPLICIT)).expect("room");
        self.out.write_all(&writer.into_bytes()).expect("room");
    }
    fn bulk(&mut self, bytes: &[u8]) {
        self.out.write_all(bytes).expect("room");
    }
    fn tail(&mut self, _: DataSet) {}
}

fn tokumei(policy: &Policy, keys: &BatchKeys, mut file: &[u8], out: &mut impl Write) {
    let meta = meta::read(&mut file).expect("a Part 10 file");
    let syntax = syntax::lookup(&meta.transfer_syntax).expect("a transfer syntax");
    let mut sink = Taken { policy, keys, out };
    let mut collector = Collector::new(Announced::file(syntax), Limits::default());
    collector.feed(&meta.ahead, &mut sink).expect("a data set");
    file.chunks(128 * 1024).for_each(|c| collector.feed(c, &mut sink).expect("a data set"));
    collector.finish(&mut sink).expect("a data set");
}

fn dicom_object(file: &[u8], out: &mut impl Write) {
    let object = dicom_object::from_reader(file).expect("a Part 10 file");
    object.write_all(out).expect("room");
}

fn engine(c: &mut Criterion) {
    use ProfileOption::{
        Descriptors, ModifiedDates, PatientCharacteristics, SafePrivate, StructuredContent,
    };
    let options: Options =
        [ModifiedDates, PatientCharacteristics, Descriptors, StructuredContent, SafePrivate]
            .into_iter()
            .collect();
    let policy = Policy::compile(&[], Terms { options, ..Terms::default() });
    let policy = policy.unwrap_or_else(|p| panic!("{p:?}"));
    let keys = BatchKeys::derive("bench", &[7; 32]);
    let file = object();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    tokumei(&policy, &keys, &file, &mut ours);
    assert!(!ours.windows(6).any(|w| w == b"Yamada") && ours.len() > PIXELS);
    dicom_object(&file, &mut theirs);
    assert!(theirs.len() > PIXELS);
    let out = &mut Count::default();
    let mut group = c.benchmark_group("engine");
    group.throughput(Throughput::Bytes(file.len() as u64));
    group.bench_function("tokumei", |b| b.iter(|| tokumei(&policy, &keys, &file, out)));
    group.bench_function("dicom-object", |b| b.iter(|| dicom_object(&file, out)));
    let header = &file[..file.len() - PIXELS - 12];
    group.throughput(Throughput::Bytes(header.len() as u64));
    group.bench_function("tokumei, header alone", |b| {
        b.iter(|| tokumei(&policy, &keys, header, out));
    });
    group.finish();
    for (what, file) in [("whole object", &file[..]), ("header alone", header)] {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..200 {
            ours.push(timed(|| tokumei(&policy, &keys, file, out)));
            theirs.push(timed(|| dicom_object(file, out)));
        }
        let (ours, theirs) = (median(ours), median(theirs));
        println!(
            "{what}: tokumei {ours:?}, dicom-object {theirs:?}, ratio {:.1}",
            theirs.as_secs_f64() / ours.as_secs_f64()
        );
    }
}

fn timed<T>(work: impl FnOnce() -> T) -> Duration {
    let started = Instant::now();
    black_box(work());
    started.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

criterion_group!(benches, engine);
criterion_main!(benches);
