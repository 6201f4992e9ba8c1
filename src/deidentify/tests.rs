//! What must hold of every object that is de-identified. Names and numbers are invented.

mod content;
mod objects;
mod options;
mod private;
mod properties;
mod rows;
mod rules;
mod texts;

use super::{Done, Input, Part, apply};
use crate::{
    dicom::{
        Tag, VR,
        dataset::{DataSet, Element, Value},
        encode::Writer,
        syntax::Encoding,
    },
    policy::{Policy, Subject},
    records::{Reason, batch::BatchKeys},
};

const CT: &str = "1.2.840.10008.5.1.4.1.1.2";
const XA: &str = "1.2.840.10008.5.1.4.1.1.12.1";
const PET: &str = "1.2.840.10008.5.1.4.1.1.128";
const SOP_INSTANCE: Tag = Tag(0x0008, 0x0018);
const INSTANCE: &str = "1.2.392.99999.7.1";

/// A sequence that no rule names.
const KEPT_SEQUENCE: Tag = Tag(0x0028, 0x3010);

fn keys() -> BatchKeys {
    BatchKeys::derive("test", &[7; 32])
}

fn policy() -> &'static Policy {
    static POLICY: std::sync::OnceLock<Policy> = std::sync::OnceLock::new();
    POLICY.get_or_init(|| Policy::shipped().unwrap_or_else(|p| panic!("{p:?}")))
}

/// An element to be written.
#[derive(Clone, Debug)]
struct Made {
    tag: Tag,
    vr: VR,
    content: Content,
}

#[derive(Clone, Debug)]
enum Content {
    Bytes(Vec<u8>),
    Items(Vec<Vec<Made>>),
}

fn text(group: u16, element: u16, vr: VR, value: &str) -> Made {
    bytes(Tag(group, element), vr, value.as_bytes())
}

fn bytes(tag: Tag, vr: VR, value: &[u8]) -> Made {
    let mut value = value.to_vec();
    if value.len() % 2 == 1 {
        value.push(if vr == VR::UI { 0 } else { b' ' });
    }
    Made { tag, vr, content: Content::Bytes(value) }
}

fn items(tag: Tag, items: Vec<Vec<Made>>) -> Made {
    Made { tag, vr: VR::SQ, content: Content::Items(items) }
}

fn write(elements: &[Made], out: &mut Writer) {
    let mut elements: Vec<&Made> = elements.iter().collect();
    elements.sort_by_key(|e| e.tag);
    for element in elements {
        match &element.content {
            Content::Bytes(value) => out.element(element.tag, element.vr, value),
            Content::Items(items) => {
                out.begin_sequence(element.tag);
                for item in items {
                    out.begin_item();
                    write(item, out);
                    out.end_item();
                }
                out.end_sequence();
            }
        }
    }
}

fn data_set(elements: &[Made], encoding: Encoding) -> DataSet {
    let mut out = Writer::new(encoding);
    let instance = text(0x0008, 0x0018, VR::UI, INSTANCE);
    let mut all = elements.to_vec();
    if !all.iter().any(|e| e.tag == SOP_INSTANCE) {
        all.push(instance);
    }
    write(&all, &mut out);
    parse(out.into_bytes(), encoding)
}

fn parse(bytes: Vec<u8>, encoding: Encoding) -> DataSet {
    DataSet::parse(bytes, encoding).unwrap_or_else(|e| panic!("{e}"))
}

fn input<'a>(data_set: &'a DataSet, sop_class: &'a str) -> Input<'a> {
    Input { data_set, sop_class, part: Part::Head, recognizable: false }
}

fn try_apply(data_set: &DataSet, sop_class: &str) -> Result<(Done, Vec<u8>), Reason> {
    let mut out = Writer::new(data_set.encoding);
    let done = apply(policy(), &keys(), input(data_set, sop_class), &mut out)?;
    Ok((done, out.into_bytes()))
}

/// De-identifies elements as an object of a class, and reads what comes out.
fn run(elements: &[Made], sop_class: &str) -> DataSet {
    let before = data_set(elements, Encoding::ExplicitLittle);
    let (_, bytes) = try_apply(&before, sop_class).unwrap_or_else(|r| panic!("{r:?}"));
    parse(bytes, Encoding::ExplicitLittle)
}

fn refused(elements: &[Made]) -> Reason {
    let before = data_set(elements, Encoding::ExplicitLittle);
    match try_apply(&before, CT) {
        Ok(_) => panic!("it should be kept back"),
        Err(reason) => reason,
    }
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|w| w == needle)
}

/// The elements of the first item of a top-level sequence.
fn first_item(set: &DataSet, tag: Tag) -> &[Element] {
    item(set, tag, 0)
}

fn item(set: &DataSet, tag: Tag, at: usize) -> &[Element] {
    match set.find(tag).map(|e| &e.value) {
        Some(Value::Items(items)) => &items[at].elements,
        _ => panic!("{tag} is not a sequence"),
    }
}

fn text_in<'a>(set: &'a DataSet, elements: &'a [Element], tag: Tag) -> Option<&'a str> {
    let element = crate::dicom::dataset::find(elements, tag)?;
    std::str::from_utf8(set.value(element)).ok().map(|t| t.trim_matches([' ', '\0']))
}
