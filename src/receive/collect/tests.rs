//! However the bytes are cut, the same parts come out, and no byte of the original is lost.

use std::io::Write;

use super::*;
use crate::dicom::syntax;

const CT: &str = "1.2.840.10008.5.1.4.1.1.2";

#[derive(Default)]
struct Parts {
    head: Option<Received>,
    bulk: Vec<u8>,
    tail: Option<DataSet>,
    copy: Option<Vec<u8>>,
    overflown: bool,
}

impl Sink for Parts {
    fn discards(&self, tag: Tag) -> bool {
        tag.group() % 2 == 1
    }
    fn begin_copy(&mut self, so_far: &[u8]) {
        assert!(self.copy.is_none(), "copying begins once");
        self.copy = Some(so_far.to_vec());
    }
    fn copy(&mut self, bytes: &[u8]) {
        self.copy.as_mut().expect("copying has begun").extend_from_slice(bytes);
    }
    fn overflow(&mut self) {
        self.overflown = true;
    }
    fn head(&mut self, received: Received) {
        self.head = Some(received);
    }
    fn bulk(&mut self, bytes: &[u8]) {
        self.bulk.extend_from_slice(bytes);
    }
    fn tail(&mut self, tail: DataSet) {
        self.tail = Some(tail);
    }
}

fn header(private: usize) -> Writer {
    let mut w = Writer::new(crate::dicom::syntax::Encoding::ExplicitLittle);
    w.text(Tag(0x0008, 0x0016), VR::UI, CT);
    w.text(Tag(0x0008, 0x0018), VR::UI, "1.2.3");
    w.text(Tag(0x0009, 0x0010), VR::LO, "MAKER");
    w.element(Tag(0x0009, 0x1001), VR::OB, &vec![7; private]);
    w.text(Tag(0x0010, 0x0010), VR::PN, "Yamada^Tarou");
    w
}

fn with_pixels(private: usize) -> Vec<u8> {
    let mut w = header(private);
    w.element(Tag(0x7FE0, 0x0010), VR::OW, &[5; 4_000]);
    w.element(Tag(0xFFFC, 0xFFFC), VR::OB, &[0; 10]);
    w.into_bytes()
}

fn collect(bytes: &[u8], ts: &str, limits: Limits, cut: usize) -> Result<Parts, Fault> {
    let announced = Announced {
        sop_class: CT.into(),
        sop_instance: "1.2.3".into(),
        transfer_syntax: syntax::lookup(ts).expect("carried"),
        origin: Origin { association: 0, calling_ae: String::new(), address: String::new() },
    };
    let (mut parts, mut collector) = (Parts::default(), Collector::new(announced, limits));
    for chunk in bytes.chunks(cut) {
        collector.feed(chunk, &mut parts)?;
    }
    collector.finish(&mut parts)?;
    Ok(parts)
}

const EXPLICIT: &str = syntax::EXPLICIT_LITTLE;

#[test]
fn head_bulk_and_tail_are_the_whole_object_however_it_is_cut() {
    let bytes = with_pixels(100);
    for cut in [1, 7, 64, 1_000, 100_000] {
        let parts = collect(&bytes, EXPLICIT, Limits::default(), cut).expect("well formed");
        let mut whole = parts.head.expect("a header").data_set().bytes.clone();
        whole.extend_from_slice(&parts.bulk);
        whole.extend_from_slice(&parts.tail.expect("padding").bytes);
        assert!(whole == bytes, "cut at {cut}");
        assert!(parts.copy.is_none());
    }
}

#[test]
fn a_long_value_that_the_policy_removes_is_copied_but_not_read_in() {
    let bytes = with_pixels(300_000);
    let parts = collect(&bytes, EXPLICIT, Limits::default(), 5_000).expect("well formed");
    let head = parts.head.expect("a header");
    assert!(head.data_set().bytes.len() < 1_000);
    assert!(matches!(head.data_set().elements[3].value, Value::Discarded(300_000)));
    assert_eq!(head.data_set().text(Tag(0x0010, 0x0010)), Some("Yamada^Tarou"));
    assert!(parts.copy.expect("a copy") == bytes);
}

#[test]
fn a_header_past_the_bound_is_copied_whole() {
    let limits = Limits { header_bytes: 200, ..Limits::default() };
    let bytes = with_pixels(1_000);
    for cut in [1, 13, 50_000] {
        let parts = collect(&bytes, EXPLICIT, limits, cut).expect("well formed");
        assert!(parts.overflown && parts.head.is_none());
        assert!(parts.copy.expect("a copy") == bytes, "cut at {cut}");
    }
}

#[test]
fn a_short_object_is_a_fault_at_every_cut() {
    let bytes = with_pixels(10);
    let behind_pixels = bytes.len() - 22;
    for end in (header(10).len() + 1..bytes.len()).filter(|end| *end != behind_pixels) {
        let result = collect(&bytes[..end], EXPLICIT, Limits::default(), 512);
        assert!(matches!(result, Err(Fault::Malformed(_))), "{end} bytes were taken as whole");
    }
}

#[test]
fn fragments_come_out_as_they_went_in() {
    let mut w = header(2);
    w.header(Tag(0x7FE0, 0x0010), VR::OB, UNDEFINED);
    for fragment in [&b""[..], b"abcd", b"efghij"] {
        w.fragment(fragment.len() as u32);
        w.raw(fragment);
    }
    w.end_sequence();
    let start = header(2).len();
    let bytes = w.into_bytes();
    for cut in [1, 9, 1_000] {
        let parts =
            collect(&bytes, "1.2.840.10008.1.2.4.70", Limits::default(), cut).expect("well formed");
        assert_eq!(parts.bulk, &bytes[start..]);
        assert!(parts.tail.is_none());
    }
}

#[test]
fn deflate_is_inflated_in_front_and_must_be_whole() {
    let bytes = with_pixels(10);
    let mut deflater = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
    deflater.write_all(&bytes).expect("in memory");
    let deflated = deflater.finish().expect("in memory");
    let ts = "1.2.840.10008.1.2.1.99";
    let parts = collect(&deflated, ts, Limits::default(), 11).expect("well formed");
    assert!(parts.copy.expect("a copy") == bytes);
    let short = collect(&deflated[..deflated.len() - 3], ts, Limits::default(), 11);
    assert!(matches!(short, Err(Fault::Deflate | Fault::Malformed(_))));
}

#[test]
fn a_deflate_bomb_stops_at_the_bound() {
    let mut w = header(2);
    w.element(Tag(0x7FE0, 0x0010), VR::OW, &vec![0; 20 << 20]);
    let mut deflater = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    deflater.write_all(&w.into_bytes()).expect("in memory");
    let deflated = deflater.finish().expect("in memory");
    let limits = Limits { object_bytes: 1 << 20, ..Limits::default() };
    let result = collect(&deflated, "1.2.840.10008.1.2.1.99", limits, 1_000);
    assert!(matches!(result, Err(Fault::TooLarge)));
}

#[test]
fn the_command_must_name_the_object() {
    let mut w = Writer::new(crate::dicom::syntax::Encoding::ExplicitLittle);
    w.text(Tag(0x0008, 0x0016), VR::UI, CT);
    w.text(Tag(0x0008, 0x0018), VR::UI, "1.2.4");
    let result = collect(&w.into_bytes(), EXPLICIT, Limits::default(), 100);
    assert!(matches!(result, Err(Fault::Mismatch)));
}

#[test]
fn file_meta_elements_have_no_place_in_a_data_set() {
    let result = collect(b"\x02\0\x10\0UI\x02\x001\0", EXPLICIT, Limits::default(), 100);
    assert!(matches!(result, Err(Fault::Malformed(_))));
}

#[test]
fn a_file_speaks_for_itself() {
    let ts = syntax::lookup(EXPLICIT).expect("carried");
    let (mut parts, mut collector) =
        (Parts::default(), Collector::new(Announced::file(ts), Limits::default()));
    collector.feed(&with_pixels(10), &mut parts).expect("well formed");
    collector.finish(&mut parts).expect("well formed");
    assert_eq!(parts.head.expect("a header").announced().sop_instance, "1.2.3");
}
