//! Canaries of different modalities and kinds of objects.

use dicom_core::Tag;
use dicom_dictionary_std::{tags, uids};

use super::{Canary, EVERYTHING, PATIENT, STUDY, items, mr, pixels, text};
use crate::operate::demo::{
    objects::{Attributes, Charset, Value, code},
    studies::{Person, STATION, object},
};

pub(super) fn magnetic() -> Canary {
    let person = Person { charset: Charset::Utf8, ..PATIENT };
    let mut object = mr(&person);
    for tag in [tags::SEQUENCE_NAME, tags::RECEIVE_COIL_NAME, tags::TRANSMIT_COIL_NAME] {
        object.set(tag, "YAMADA TAROU");
    }
    object.set(tags::SCAN_OPTIONS, "YAMADA");
    Canary { id: "mr", object }
}

pub(super) fn radiograph() -> Canary {
    let class = uids::COMPUTED_RADIOGRAPHY_IMAGE_STORAGE;
    let person = Person { charset: Charset::Ir13Ir87, ..PATIENT };
    let mut object = object(&person, STUDY, 1, class, "CR");
    object.set_all(&[
        (tags::IMAGE_TYPE, "ORIGINAL\\PRIMARY"),
        (tags::BODY_PART_EXAMINED, "CHEST"),
        (tags::VIEW_POSITION, "PA"),
        (tags::CASSETTE_ID, "ZZ-0000123"),
        (tags::PLATE_ID, "ZZACC4649"),
        (tags::ACQUISITION_DEVICE_PROCESSING_CODE, "YAMADA"),
    ]);
    object.set(tags::ACQUISITION_DEVICE_PROCESSING_DESCRIPTION, person.charset.encode(EVERYTHING));
    pixels(&mut object);
    Canary { id: "cr", object }
}

pub(super) fn ultrasound() -> Canary {
    let mut object = object(&PATIENT, STUDY, 1, uids::ULTRASOUND_IMAGE_STORAGE, "US");
    object.set_all(&[
        (tags::IMAGE_TYPE, "ORIGINAL\\PRIMARY\\ABDOMINAL"),
        (tags::BODY_PART_EXAMINED, "ABDOMEN"),
        (tags::TRANSDUCER_DATA, "YAMADA TAROU\\ZZ-0000123"),
        (tags::PROTOCOL_NAME, "Kasou liver"),
    ]);
    object.set(tags::IMAGE_COMMENTS, text(EVERYTHING));
    pixels(&mut object);
    Canary { id: "us", object }
}

pub(super) fn secondary_capture() -> Canary {
    let class = uids::SECONDARY_CAPTURE_IMAGE_STORAGE;
    let mut object = object(&PATIENT, STUDY, 1, class, "OT");
    object.set_all(&[
        (tags::CONVERSION_TYPE, "WSD"),
        (tags::SECONDARY_CAPTURE_DEVICE_ID, STATION),
        (tags::SECONDARY_CAPTURE_DEVICE_SOFTWARE_VERSIONS, "YAMADA TAROU"),
        (tags::DATE_OF_SECONDARY_CAPTURE, "19700302"),
    ]);
    object.set(tags::IMAGE_COMMENTS, text(EVERYTHING));
    pixels(&mut object);
    Canary { id: "sc", object }
}

pub(super) fn radiotherapy() -> Canary {
    let mut beam = Attributes::new();
    beam.set(tags::BEAM_NUMBER, "1")
        .set(tags::BEAM_NAME, "Yamada")
        .set(tags::BEAM_DESCRIPTION, text(EVERYTHING))
        .set(tags::TREATMENT_MACHINE_NAME, STATION);
    let mut object = object(&PATIENT, STUDY, 1, uids::RT_PLAN_STORAGE, "RTPLAN");
    object.set_all(&[
        (tags::RT_PLAN_LABEL, "YAMADA T"),
        (tags::RT_PLAN_NAME, "Yamada Tarou"),
        (tags::RT_PLAN_DATE, "20251103"),
        (tags::RT_PLAN_GEOMETRY, "PATIENT"),
        (tags::APPROVAL_STATUS, "APPROVED"),
        (tags::REVIEW_DATE, "20251103"),
    ]);
    object
        .set(tags::RT_PLAN_DESCRIPTION, text(EVERYTHING))
        .set(tags::REVIEWER_NAME, text(PATIENT.staff[0]))
        .set(tags::BEAM_SEQUENCE, items(beam));
    Canary { id: "rt-plan", object }
}

pub(super) fn structures() -> Canary {
    let mut roi = Attributes::new();
    roi.set(tags::ROI_NUMBER, "1")
        .set(tags::ROI_NAME, text("山田太郎 liver"))
        .set(tags::ROI_DESCRIPTION, text(EVERYTHING))
        .set(tags::REFERENCED_FRAME_OF_REFERENCE_UID, "1.2.392.99999.4649.1")
        .set(tags::ROI_GENERATION_ALGORITHM, "MANUAL");
    let class = uids::RT_STRUCTURE_SET_STORAGE;
    let mut object = object(&PATIENT, STUDY, 1, class, "RTSTRUCT");
    object
        .set(tags::STRUCTURE_SET_LABEL, "YAMADA T")
        .set(tags::STRUCTURE_SET_ROI_SEQUENCE, items(roi));
    Canary { id: "rt-structures", object }
}

/// Drawings over an image, with words.
pub(super) fn presentation() -> Canary {
    let mut label = Attributes::new();
    label
        .set(tags::UNFORMATTED_TEXT_VALUE, text(EVERYTHING))
        .set(tags::ANCHOR_POINT_VISIBILITY, "N");
    let mut layer = Attributes::new();
    layer.set(tags::GRAPHIC_LAYER, "YAMADA").set(tags::TEXT_OBJECT_SEQUENCE, items(label));
    let class = uids::GRAYSCALE_SOFTCOPY_PRESENTATION_STATE_STORAGE;
    let mut object = object(&PATIENT, STUDY, 1, class, "PR");
    object
        .set(tags::CONTENT_LABEL, "YAMADA")
        .set(tags::CONTENT_DESCRIPTION, text(EVERYTHING))
        .set(tags::CONTENT_CREATOR_NAME, text(PATIENT.staff[1]))
        .set(tags::GRAPHIC_ANNOTATION_SEQUENCE, items(layer));
    Canary { id: "presentation-state", object }
}

/// Texts and references of the frames of an enhanced object.
pub(super) fn frames() -> Canary {
    let mut content = Attributes::new();
    content
        .set(tags::FRAME_COMMENTS, text(EVERYTHING))
        .set(tags::FRAME_ACQUISITION_DATE_TIME, "19700302101500")
        .set(tags::FRAME_REFERENCE_DATE_TIME, "20251103101500+0900");
    let mut frame = Attributes::new();
    frame.set(tags::FRAME_CONTENT_SEQUENCE, items(content));
    let mut object = object(&PATIENT, STUDY, 1, uids::ENHANCED_CT_IMAGE_STORAGE, "CT");
    object
        .set(tags::BODY_PART_EXAMINED, "CHEST")
        .set(tags::NUMBER_OF_FRAMES, "1")
        .set(tags::CONCATENATION_UID, "1.2.392.99999.4649.2")
        .set(tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE, items(frame.clone()))
        .set(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE, items(frame));
    pixels(&mut object);
    Canary { id: "enhanced-ct", object }
}

/// A content item of a report.
fn content(kind: &str, name: (&str, &str), tag: Tag, value: impl Into<Value>) -> Attributes {
    let mut item = Attributes::new();
    item.set(tags::RELATIONSHIP_TYPE, "CONTAINS")
        .set(tags::VALUE_TYPE, kind)
        .set(tags::CONCEPT_NAME_CODE_SEQUENCE, vec![code(name.0, "DCM", name.1)])
        .set(tag, value);
    item
}

/// Names, dates, numbers and words in the items of a report.
pub(super) fn report(id: &'static str, class: &str, title: (&str, &str)) -> Canary {
    let observer = [code("ZZ-0000123", "99KMH", "Yamada Tarou")];
    let inside = vec![
        content("PNAME", ("121008", "Person Observer Name"), tags::PERSON_NAME, text(PATIENT.name)),
        content("DATE", ("121031", "Subject Birth Date"), tags::DATE, PATIENT.birth_date),
        content("TEXT", ("121106", "Comment"), tags::TEXT_VALUE, text(EVERYTHING)),
        content("UIDREF", ("121012", "Device Observer UID"), tags::UID, "1.2.392.99999.4649.3"),
    ];
    let tree = vec![
        content("TEXT", ("121030", "Subject ID"), tags::TEXT_VALUE, PATIENT.id),
        content("TEXT", ("113870", "Person Name"), tags::TEXT_VALUE, text("山田太郎")),
        content("CODE", ("113871", "Person ID"), tags::CONCEPT_CODE_SEQUENCE, observer.to_vec()),
        content("DATETIME", ("111526", "DateTime Started"), tags::DATE_TIME, "20251103101500"),
        content(
            "CONTAINER",
            ("113706", "CT Irradiation Event Data"),
            tags::CONTENT_SEQUENCE,
            inside,
        ),
    ];
    let mut object = object(&PATIENT, STUDY, 1, class, "SR");
    object.set_all(&[
        (tags::VALUE_TYPE, "CONTAINER"),
        (tags::CONTINUITY_OF_CONTENT, "SEPARATE"),
        (tags::COMPLETION_FLAG, "COMPLETE"),
        (tags::VERIFICATION_FLAG, "UNVERIFIED"),
    ]);
    object
        .set(tags::CONCEPT_NAME_CODE_SEQUENCE, vec![code(title.0, "DCM", title.1)])
        .set(tags::PERFORMED_PROCEDURE_CODE_SEQUENCE, Vec::<Attributes>::new())
        .set(tags::CONTENT_SEQUENCE, tree);
    Canary { id, object }
}
