//! The words of the object's own identifiers.

use super::{Cow, shipped};
use crate::{
    deidentify::descriptor::{OwnWords, clean},
    dicom::{Tag, VR, dataset::DataSet, encode::Writer, syntax::Encoding},
};

const REQUEST_SEQUENCE: Tag = Tag(0x0040, 0x0275);

fn object(elements: &[(Tag, VR, &str)]) -> DataSet {
    let mut w = Writer::new(Encoding::ExplicitLittle);
    w.text(Tag(0x0008, 0x0005), VR::CS, "ISO_IR 192");
    for (tag, vr, value) in elements {
        w.text(*tag, *vr, value);
    }
    DataSet::parse(w.into_bytes(), Encoding::ExplicitLittle).expect("it is well formed")
}

fn patient(name: &str) -> DataSet {
    object(&[(Tag(0x0010, 0x0010), VR::PN, name), (Tag(0x0010, 0x0020), VR::LO, "HEAD-01")])
}

fn left(data: &DataSet, text: &str) -> String {
    clean(shipped(), &OwnWords::gather(shipped(), data), text).into_owned()
}

#[test]
fn a_name_goes_though_it_is_a_word() {
    let data = patient("Hand^Iris^^Dr=頭部^胸=とうぶ^むね");
    for (text, kept) in [
        ("XR hand PA", "XR PA"),
        ("XR HAND_PA", "XR PA"),
        ("chest iris view", "chest view"),
        ("Hand", ""),
        ("頭部単純", "単純"),
        ("頭部胸", ""),
        ("胸部CT", "胸部CT"),
        ("胸 CT", "CT"),
        ("DR chest", "DR chest"),
        ("XR foot", "XR foot"),
        ("HandNeck CT", "CT"),
        ("chest HEAD-01", ""),
        ("HEAD 01 chest", ""),
        ("XR head chest", "XR head chest"),
    ] {
        assert_eq!(left(&data, text), kept, "{text}");
    }
}

#[test]
fn a_name_of_two_words_goes_though_it_is_written_as_one() {
    let data = patient("Test^PixelSpacing");
    assert_eq!(left(&data, "Mammography Pixel Spacing"), "");
    assert_eq!(left(&data, "Mammography pixel"), "Mammography pixel");
}

#[test]
fn words_of_the_own_institution_go_together() {
    let data = object(&[(Tag(0x0008, 0x0080), VR::LO, "Xugou First Hospital")]);
    assert_eq!(left(&data, "Xugou First Hospital Chest PA and lateral"), "Chest PA and lateral");
    assert_eq!(left(&data, "First Ribs left"), "First Ribs left");
}

#[test]
fn names_deep_in_the_object_count() {
    let mut w = Writer::new(Encoding::ExplicitLittle);
    w.text(Tag(0x0010, 0x0010), VR::PN, "Yamada^Tarou");
    w.begin_sequence(REQUEST_SEQUENCE);
    w.begin_item();
    w.text(Tag(0x0032, 0x1032), VR::PN, "Spine^Femur");
    w.end_item();
    w.end_sequence();
    let bytes = w.into_bytes();
    let data = DataSet::parse(bytes, Encoding::ExplicitLittle).expect("it is well formed");
    assert_eq!(left(&data, "MR spine femur sag"), "MR sag");
}

#[test]
fn names_are_read_in_their_own_character_set() {
    let mut w = Writer::new(Encoding::ExplicitLittle);
    w.text(Tag(0x0008, 0x0005), VR::CS, "\\ISO 2022 IR 87");
    w.element(Tag(0x0010, 0x0010), VR::PN, b"Toubu^Mune=\x1B$BF,It\x1B(B^\x1B$B6;\x1B(B");
    let bytes = w.into_bytes();
    let data = DataSet::parse(bytes, Encoding::ExplicitLittle).expect("it is well formed");
    assert_eq!(left(&data, "頭部単純"), "単純");
    assert_eq!(left(&data, "胸 単純"), "単純");
}

#[test]
fn numbers_and_places_count_as_a_whole() {
    let data = object(&[
        (Tag(0x0008, 0x0050), VR::SH, "007"),
        (Tag(0x0008, 0x0080), VR::LO, "Chest Long Institute"),
        (Tag(0x0008, 0x1010), VR::SH, "Whole Body"),
        (Tag(0x0008, 0x1040), VR::LO, "ULTRASOUND"),
        (Tag(0x0010, 0x0020), VR::LO, "123456"),
        (Tag(0x0020, 0x0010), VR::SH, "3"),
    ]);
    for (text, kept) in [
        ("chest 007", "chest"),
        ("chest CT", "chest CT"),
        ("long axis", "axis"),
        ("ULTRASOUND chest", "chest"),
        ("whole body CT", ""),
        ("whole-body CT", ""),
        ("body CT", "body CT"),
        ("CT 123 456", ""),
        ("CT 3", "CT 3"),
    ] {
        assert_eq!(left(&data, text), kept, "{text}");
    }
}

#[test]
fn what_has_to_stay_stays_borrowed() {
    let data = patient("Yamada^Tarou=山田^太郎");
    let own = OwnWords::gather(shipped(), &data);
    assert!(matches!(clean(shipped(), &own, "CT chest 胸部"), Cow::Borrowed("CT chest 胸部")));
}
