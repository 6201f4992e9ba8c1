//! What the checks cost for one made-up CT header, and how fast pixel data is searched.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tokumei::{
    dicom::{Tag, VR, dataset::DataSet, encode::Writer, meta, syntax::Encoding},
    inspect::{
        cautions::cautions,
        echo::Echo,
        residual::{Case, residuals},
    },
    policy::{
        Terms,
        checks::Checks,
        options::{Options, ProfileOption},
    },
    records::batch::BatchKeys,
};

const CT: &str = "1.2.840.10008.5.1.4.1.1.2";
const LE: Encoding = Encoding::ExplicitLittle;

/// About 200 elements; with the identifiers of a Japanese patient, or without any.
fn header(original: bool) -> Vec<u8> {
    let mut w = Writer::new(LE);
    let keys = BatchKeys::derive("bench", &[7; 32]);
    let uid = |n: u32| {
        let original_uid = format!("1.2.392.200036.9999.20261122.101500.{n}");
        if original { original_uid } else { keys.uid(original_uid.as_bytes()) }
    };
    let who = |identified: &'static str, cleaned: &'static str| {
        if original { identified } else { cleaned }
    };
    w.text(Tag(0x0008, 0x0005), VR::CS, "ISO_IR 192");
    w.text(Tag(0x0008, 0x0008), VR::CS, "ORIGINAL\\PRIMARY\\AXIAL");
    w.text(Tag(0x0008, 0x0016), VR::UI, CT);
    w.text(Tag(0x0008, 0x0018), VR::UI, &uid(77));
    w.text(Tag(0x0008, 0x0050), VR::SH, who("ACC-20261122", ""));
    w.text(Tag(0x0008, 0x0060), VR::CS, "CT");
    w.text(Tag(0x0008, 0x0070), VR::LO, "ACME MEDICAL SYSTEMS");
    w.text(Tag(0x0008, 0x0080), VR::LO, who("東都中央病院", ""));
    w.text(Tag(0x0008, 0x0081), VR::ST, who("東京都千代田区丸の内一丁目", ""));
    w.text(Tag(0x0008, 0x0090), VR::PN, who("Suzuki^Ichirou=鈴木^一郎", ""));
    w.text(Tag(0x0008, 0x1030), VR::LO, "Chest routine");
    w.text(Tag(0x0008, 0x103E), VR::LO, "Lung 1.0 B70f");
    w.text(Tag(0x0008, 0x1050), VR::PN, who("Hayashi^Makoto=林^真", ""));
    w.begin_sequence(Tag(0x0008, 0x1140));
    for n in 0..4 {
        w.begin_item();
        w.text(Tag(0x0008, 0x1150), VR::UI, CT);
        w.text(Tag(0x0008, 0x1155), VR::UI, &uid(n));
        w.end_item();
    }
    w.end_sequence();
    w.text(
        Tag(0x0010, 0x0010),
        VR::PN,
        who("Yamada^Tarou=山田^太郎=やまだ^たろう", "A2345BCDEFG^"),
    );
    w.text(Tag(0x0010, 0x0020), VR::LO, who("ZZ-0000123", "A2345BCDEFG"));
    w.text(Tag(0x0010, 0x0030), VR::DA, who("19700302", ""));
    if !original {
        w.text(Tag(0x0012, 0x0062), VR::CS, "YES");
        w.text(Tag(0x0012, 0x0063), VR::LO, "Tokumei; policy 0123456789abcdef");
        w.begin_sequence(Tag(0x0012, 0x0064));
        for code in ["113100", "113105"] {
            w.begin_item();
            w.text(Tag(0x0008, 0x0100), VR::SH, code);
            w.text(Tag(0x0008, 0x0102), VR::SH, "DCM");
            w.end_item();
        }
        w.end_sequence();
    }
    w.text(Tag(0x0018, 0x0015), VR::CS, "CHEST");
    for element in 0x1100..0x1180 {
        let known =
            [0x1100, 0x1110, 0x1111, 0x1120, 0x1130, 0x1150, 0x1151, 0x1152, 0x1160, 0x1170];
        if known.contains(&element) {
            w.text(Tag(0x0018, element), VR::DS, "512.000000");
        }
    }
    w.text(Tag(0x0020, 0x000D), VR::UI, &uid(1001));
    w.text(Tag(0x0020, 0x000E), VR::UI, &uid(1002));
    if !original {
        w.text(Tag(0x0028, 0x0303), VR::CS, "REMOVED");
    }
    w.begin_sequence(Tag(0x0040, 0x0260));
    for _ in 0..40 {
        w.begin_item();
        w.text(Tag(0x0008, 0x0100), VR::SH, "51185008");
        w.text(Tag(0x0008, 0x0102), VR::SH, "SCT");
        w.text(Tag(0x0008, 0x0104), VR::LO, "Thoracic structure");
        w.end_item();
    }
    w.end_sequence();
    w.into_bytes()
}

fn inspect(c: &mut Criterion) {
    let checks = Checks::shipped().unwrap_or_else(|p| panic!("{p:?}"));
    let original = DataSet::parse(header(true), LE).unwrap_or_else(|e| panic!("{e}"));
    let output = header(false);
    let meta =
        meta::build(CT, "2.25.329800735698586629295641978511506172918", "1.2.840.10008.1.2.1");
    let echo = Echo::gather(&checks, &original, Options::NONE);
    let options: Options = [ProfileOption::Descriptors].into_iter().collect();
    let case = Case {
        checks: &checks,
        terms: Terms { options, ..Terms::default() },
        original: &original,
        sop_class: CT,
        echo: &echo,
        carried_out: options,
        policy: "0123456789abcdef",
        recognizable: false,
    };
    let found = residuals(&case, &output, LE, &meta).findings;
    let found: Vec<_> = found.iter().map(|r| format!("{} {}", r.rule, r.path)).collect();
    assert!(found.is_empty(), "{found:?}");

    c.bench_function("gather", |b| {
        b.iter(|| black_box(Echo::gather(&checks, &original, Options::NONE)))
    });
    c.bench_function("residuals", |b| {
        b.iter(|| black_box(residuals(&case, &output, LE, &meta).findings.len()))
    });
    c.bench_function("cautions", |b| b.iter(|| black_box(cautions(&checks, &original, CT))));

    // Twelve-bit pixels of a noisy slope, as in a CT.
    let mut state = 1_u32;
    let pixels: Vec<u8> = (0..4_u32 << 20)
        .flat_map(|i| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (((i / 512) % 3000 + (state >> 25)) as u16).to_le_bytes()
        })
        .collect();
    let mut group = c.benchmark_group("pixels");
    group.throughput(Throughput::Bytes(pixels.len() as u64));
    group.bench_function("stream", |b| {
        b.iter(|| {
            let mut search = echo.stream();
            pixels.chunks(64 * 1024).fold(false, |_, piece| search.feed(piece))
        });
    });
    group.finish();
}

criterion_group!(benches, inspect);
criterion_main!(benches);
