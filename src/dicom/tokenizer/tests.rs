//! Each thing that must be an error, each form that must be read, and that splitting the input changes nothing.

use proptest::prelude::*;

use super::*;
use crate::dicom::dataset::{DataSet, Value};

const LITTLE: Encoding = Encoding::ExplicitLittle;

fn failure(bytes: &[u8], encoding: Encoding) -> &'static str {
    match DataSet::parse(bytes.to_vec(), encoding) {
        Ok(_) => "",
        Err(error) => error.kind,
    }
}

#[test]
fn tags_must_ascend() {
    let twice = b"\x08\0\x60\0CS\x02\0CT\x08\0\x60\0CS\x02\0MR";
    assert_eq!(failure(twice, LITTLE), "tags are not in ascending order");
    let back = b"\x10\0\x20\0LO\x02\0ZZ\x08\0\x60\0CS\x02\0MR";
    assert_eq!(failure(back, LITTLE), "tags are not in ascending order");
}

#[test]
fn short_data_is_an_error_at_every_cut() {
    let whole = b"\x08\0\x60\0CS\x02\0CT\x08\0\x40\x11SQ\0\0\xff\xff\xff\xff\xfe\xff\0\xe0\x0a\0\0\0\x08\0\x55\x11UI\x02\x001\0\xfe\xff\xdd\xe0\0\0\0\0";
    assert_eq!(failure(whole, LITTLE), "");
    for cut in 1..whole.len() {
        let expected = if cut == 10 { "" } else { "data set ends inside an element" };
        assert_eq!(failure(&whole[..cut], LITTLE), expected, "cut at {cut}");
    }
}

#[test]
fn a_hostile_length_allocates_nothing_and_fails() {
    let two_gigabytes = b"\xe0\x7f\x10\0OB\0\0\0\x94\x35\x77";
    assert_eq!(failure(two_gigabytes, LITTLE), "data set ends inside an element");
}

#[test]
fn a_value_may_not_leave_its_item() {
    let bytes =
        b"\x08\0\x40\x11SQ\0\0\x12\0\0\0\xfe\xff\0\xe0\x0a\0\0\0\x08\0\x55\x11UI\x40\x001\0";
    assert_eq!(failure(bytes, LITTLE), "length reaches past the enclosing item or sequence");
    let item_past_sequence =
        b"\x08\0\x40\x11SQ\0\0\x0c\0\0\0\xfe\xff\0\xe0\x0a\0\0\0\x08\0\x55\x11UI\x02\x001\0";
    assert_eq!(
        failure(item_past_sequence, LITTLE),
        "length reaches past the enclosing item or sequence"
    );
}

#[test]
fn delimiters_out_of_place_are_errors() {
    assert_eq!(failure(b"\xfe\xff\x0d\xe0\0\0\0\0", LITTLE), "delimiter out of place");
    assert_eq!(failure(b"\xfe\xff\0\xe0\0\0\0\0", LITTLE), "delimiter out of place");
    let in_defined_item =
        b"\x08\0\x40\x11SQ\0\0\x10\0\0\0\xfe\xff\0\xe0\x08\0\0\0\xfe\xff\x0d\xe0\0\0\0\0";
    assert_eq!(failure(in_defined_item, LITTLE), "delimiter out of place");
    let in_defined_sequence = b"\x08\0\x40\x11SQ\0\0\x08\0\0\0\xfe\xff\xdd\xe0\0\0\0\0";
    assert_eq!(failure(in_defined_sequence, LITTLE), "something else than an item in a sequence");
}

#[test]
fn nesting_is_bounded() {
    let mut bytes = Vec::new();
    for _ in 0..2_000 {
        bytes.extend_from_slice(
            b"\x08\0\x40\x11SQ\0\0\xff\xff\xff\xff\xfe\xff\0\xe0\xff\xff\xff\xff",
        );
    }
    assert_eq!(failure(&bytes, LITTLE), "sequences are nested deeper than the bound");
}

#[test]
fn elements_are_bounded() {
    let mut tokenizer = Tokenizer::new(LITTLE, Limits { depth: 4, elements: 2 });
    let mut input =
        &b"\x08\0\x40\x11SQ\0\0\xff\xff\xff\xff\xfe\xff\0\xe0\0\0\0\0\xfe\xff\0\xe0\0\0\0\0"[..];
    let error = loop {
        match tokenizer.next(&mut input) {
            Ok(Some(_)) => {}
            Ok(None) => panic!("the third item is past the bound"),
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind, "more elements than the bound");
}

#[test]
fn unknown_of_undefined_length_is_implicit_inside() {
    let bytes = b"\x09\0\x10\x10UN\0\0\xff\xff\xff\xff\xfe\xff\0\xe0\xff\xff\xff\xff\x10\0\x20\0\x02\0\0\0ZZ\xfe\xff\x0d\xe0\0\0\0\0\xfe\xff\xdd\xe0\0\0\0\0\x10\0\x20\0LO\x02\0ZZ";
    let set = DataSet::parse(bytes.to_vec(), LITTLE).expect("CP-246");
    let Value::Items(items) = &set.elements[0].value else { panic!("it is a sequence") };
    assert!(items[0].implicit);
    assert_eq!(items[0].elements[0].vr, VR::LO);
    assert_eq!(set.value(&items[0].elements[0]), b"ZZ");
}

#[test]
fn a_sequence_of_the_standard_written_as_unknown_is_read() {
    let item = b"\xfe\xff\0\xe0\x0a\0\0\0\x08\0\x55\x11\x02\0\0\x001\0";
    let mut bytes = b"\x08\0\x40\x11UN\0\0\x12\0\0\0".to_vec();
    bytes.extend_from_slice(item);
    let set = DataSet::parse(bytes, LITTLE).expect("PS3.5 6.2.2");
    let Value::Items(items) = &set.elements[0].value else { panic!("it is a sequence") };
    assert_eq!(set.value(&items[0].elements[0]), b"1\0");
}

#[test]
fn elements_behind_pixel_data_are_seen() {
    let bytes = b"\xe0\x7f\x10\0OB\0\0\xff\xff\xff\xff\xfe\xff\0\xe0\0\0\0\0\xfe\xff\0\xe0\x02\0\0\0ab\xfe\xff\xdd\xe0\0\0\0\0\xfc\xff\xfc\xffOB\0\0\x02\0\0\0cd";
    let set = DataSet::parse(bytes.to_vec(), LITTLE).expect("well formed");
    assert_eq!(set.elements.len(), 2);
    assert_eq!(set.value(&set.elements[1]), b"cd");
    assert_eq!(failure(&bytes[..40], LITTLE), "data set ends inside an element");
}

#[test]
fn incongruent_lengths_do_not_lose_the_place() {
    let bytes = b"\x28\0\x10\0US\x03\0abc\x28\0\x11\0US\x02\0\x05\0";
    let set = DataSet::parse(bytes.to_vec(), LITTLE).expect("odd lengths are the sender's");
    assert_eq!(set.value(&set.elements[1]), b"\x05\0");
}

#[test]
fn an_unknown_vr_is_an_error() {
    assert_eq!(failure(b"\x08\0\x60\0ZZ\x02\0CT", LITTLE), "unknown VR");
}

/// The events with chunks joined, so that runs can be compared however the input was cut.
fn events(bytes: &[u8], encoding: Encoding, cut: usize) -> Result<Vec<String>, ParseError> {
    let mut tokenizer = Tokenizer::new(encoding, Limits::default());
    let (mut out, mut open) = (Vec::new(), Vec::new());
    for mut input in bytes.chunks(cut.max(1)) {
        while let Some(event) = tokenizer.next(&mut input)? {
            match event {
                Event::Chunk(chunk) => open.extend_from_slice(chunk),
                other => {
                    if !open.is_empty() {
                        out.push(format!("{:?}", std::mem::take(&mut open)));
                    }
                    out.push(format!("{other:?}"));
                }
            }
        }
        assert!(input.is_empty(), "None means that the input is used up");
    }
    // A value of zero length at the very end is closed by a last call without input.
    while let Some(event) = tokenizer.next(&mut &[][..])? {
        out.push(format!("{event:?}"));
    }
    tokenizer.finish()?;
    Ok(out)
}

proptest! {
    #[test]
    fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..400), which in 0..3_usize) {
        let encoding = [Encoding::ImplicitLittle, LITTLE, Encoding::ExplicitBig][which];
        let _ = DataSet::parse(bytes, encoding);
    }

    #[test]
    fn cuts_change_nothing(cut in 1..60_usize, flip in 0..80_usize, to in any::<u8>()) {
        let mut bytes = b"\x08\0\x60\0CS\x02\0CT\x08\0\x40\x11SQ\0\0\xff\xff\xff\xff\xfe\xff\0\xe0\x0a\0\0\0\x08\0\x55\x11UI\x02\x001\0\xfe\xff\xdd\xe0\0\0\0\0\xe0\x7f\x10\0OB\0\0\x04\0\0\0abcd".to_vec();
        if flip < bytes.len() { bytes[flip] = to; }
        prop_assert_eq!(events(&bytes, LITTLE, cut), events(&bytes, LITTLE, 10_000));
    }
}
