//! Canaries whose binary values are words, and whose words stand in codes and numbers.

use dicom_core::{Tag, VR};
use dicom_dictionary_std::tags;

use super::{Canary, PATIENT, changed, items, text};
use crate::operate::demo::objects::{Attributes, Charset, Value, code};

/// Words in tables of numbers, in every writing that Japanese systems use, one object each.
pub(super) fn tables() -> Vec<Canary> {
    let name = "山田太郎 ヤマダタロウ";
    let of = |value: Value| match value {
        Value::Text(bytes) | Value::Bytes(bytes) => bytes,
        Value::Items(_) => Vec::new(),
    };
    let writings: [(&str, Vec<u8>); 8] = [
        ("table-ascii", b"YAMADA^TAROU ZZ-0000123".to_vec()),
        ("table-utf-8", name.as_bytes().to_vec()),
        ("table-shift-jis", encoding_rs::SHIFT_JIS.encode(name).0.into_owned()),
        ("table-euc-jp", encoding_rs::EUC_JP.encode(name).0.into_owned()),
        ("table-utf-16", name.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ("table-iso-2022", of(Charset::Ir87.encode(name))),
        ("table-birth-date", b"born 1970-03-02".to_vec()),
        ("table-telephone", b"tel 03-0000-4649".to_vec()),
    ];
    let canary = |(id, words): (&'static str, Vec<u8>)| {
        // Among numbers, as a table has them.
        let mut value: Vec<u8> = (0..40_u8).map(|n| n.wrapping_mul(37)).collect();
        value.extend(words);
        value.resize(512, 7);
        let mut table = Attributes::new();
        table.set_as(tags::LUT_DESCRIPTOR, VR::US, vec![0_u8, 1, 0, 0, 16, 0]).set_as(
            tags::LUT_DATA,
            VR::OW,
            value.clone(),
        );
        changed(id, |o| {
            o.set(tags::VOILUT_SEQUENCE, items(table))
                .set_as(Tag(0x0028, 0x1201), VR::OW, value.clone())
                .set_as(Tag(0x0066, 0x0041), VR::OB, value);
        })
    };
    writings.into_iter().map(canary).collect()
}

/// Words as the numbers of a maker's safe attributes.
pub(super) fn private_safe_bytes() -> Canary {
    changed("private-safe-bytes", |o| {
        o.set_as(Tag(0x2001, 0x0010), VR::LO, "Philips Imaging DD 001")
            .set_as(Tag(0x2001, 0x1032), VR::FL, b"Yamada T".to_vec())
            .set_as(Tag(0x2001, 0x102D), VR::SS, b"ZZ-0000123".to_vec());
    })
}

/// Words in the parts of a code beside its meaning.
pub(super) fn code_parts() -> Vec<Canary> {
    let with = |id, tag: Tag, value: Value| {
        let mut item = code("51185008", "SCT", "Chest");
        item.set(tag, value);
        changed(id, |o| {
            o.set(tags::ANATOMIC_REGION_SEQUENCE, items(item));
        })
    };
    vec![
        with("code-scheme-version", tags::CODING_SCHEME_VERSION, "Yamada Tarou".into()),
        with("code-scheme", tags::CODING_SCHEME_DESIGNATOR, "ZZ-0000123".into()),
        with("code-long-value", tags::LONG_CODE_VALUE, text("山田太郎 昭和45年3月2日")),
        with("code-mapping", tags::MAPPING_RESOURCE, "YAMADA TAROU".into()),
        with("code-urn", tags::URN_CODE_VALUE, "urn:yamada:tarou:ZZ-0000123".into()),
    ]
}

/// Parts of an identifier, as somebody would shorten it.
pub(super) fn shortened() -> Vec<Canary> {
    let typed = |id, value: &str| {
        changed(id, |o| {
            o.set(tags::SOFTWARE_VERSIONS, text(value));
        })
    };
    vec![
        typed("typed-number-of-the-id", "0000123"),
        typed("typed-town", "架空区 見本町"),
        typed("typed-id-without-hyphen", "zz0000123"),
        typed("typed-address", "東京都架空区見本町1-2-3"),
        typed("typed-telephone-in-a-row", "0300004649"),
        typed("typed-birth-date-japanese", "S45.3.2"),
        typed("typed-birth-date-kanji", "昭和45年3月2日"),
        typed("typed-birth-date-english", "02-MAR-1970"),
        typed("typed-half-width", "ﾔﾏﾀﾞ ﾀﾛｳ"),
        typed("typed-hiragana", "やまだ たろう"),
        changed("typed-number", |o| {
            o.set(tags::PATIENT_ID, "70464901").set(tags::KVP, "70464901");
        }),
        changed("typed-term-nested", |o| {
            let mut item = Attributes::new();
            item.set(tags::REFERENCED_SOP_CLASS_UID, "1.2.840.10008.5.1.4.1.1.2")
                .set(tags::REFERENCED_SOP_INSTANCE_UID, "1.2.392.99999.4649.8")
                .set(tags::SPATIAL_LOCATIONS_PRESERVED, "YAMADA")
                .set(tags::PATIENT_ORIENTATION, "ZZ0000123");
            o.set(tags::SOURCE_IMAGE_SEQUENCE, items(item));
            o.set(tags::PATIENT_NAME, text(PATIENT.name));
        }),
    ]
}
