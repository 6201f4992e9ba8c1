//! Properties over made-up data sets.

use proptest::prelude::*;

use super::*;
use crate::policy::profile::Action;

/// Attributes with every kind of action, and some that are kept.
const TAGS: [(u16, u16, VR); 22] = [
    (0x0008, 0x0005, VR::CS),
    (0x0008, 0x0014, VR::UI),
    (0x0008, 0x0020, VR::DA),
    (0x0008, 0x0030, VR::TM),
    (0x0008, 0x0050, VR::SH),
    (0x0008, 0x0060, VR::CS),
    (0x0008, 0x0080, VR::LO),
    (0x0008, 0x0090, VR::PN),
    (0x0008, 0x1030, VR::LO),
    (0x0008, 0x1155, VR::UI),
    (0x0009, 0x1001, VR::LO),
    (0x0010, 0x0010, VR::PN),
    (0x0010, 0x0020, VR::LO),
    (0x0010, 0x0035, VR::CS),
    (0x0018, 0x1000, VR::LO),
    (0x0018, 0x9074, VR::DT),
    (0x0020, 0x0013, VR::IS),
    (0x0028, 0x0010, VR::US),
    (0x0040, 0xA123, VR::PN),
    (0x0040, 0xA160, VR::UT),
    (0x6000, 0x0022, VR::LO),
    (0xFFFC, 0xFFFC, VR::OB),
];

const SEQUENCES: [(u16, u16); 6] = [
    (0x0008, 0x1140),
    (0x0028, 0x3010),
    (0x0040, 0x0275),
    (0x0040, 0x1101),
    (0x0040, 0xA730),
    (0x0012, 0x0064),
];

fn leaf() -> impl Strategy<Value = Made> {
    (0..TAGS.len(), 1_000_000_u32..9_999_999).prop_map(|(at, number)| {
        let (group, element, vr) = TAGS[at];
        let value = match vr {
            VR::US => return bytes(Tag(group, element), vr, &(number as u16).to_le_bytes()),
            VR::UI => format!("1.2.392.99999.{number}"),
            VR::DA => format!("1{number}"),
            VR::CS if element == 0x0005 => String::new(),
            VR::IS => "17".to_owned(),
            _ => format!("Z{number}"),
        };
        text(group, element, vr, &value)
    })
}

fn elements() -> impl Strategy<Value = Vec<Made>> {
    let level = prop::collection::vec(leaf(), 0..12).prop_map(unique);
    level.prop_recursive(4, 60, 6, |inner| {
        let sequence = (0..SEQUENCES.len(), prop::collection::vec(inner, 0..3))
            .prop_map(|(at, all)| items(Tag(SEQUENCES[at].0, SEQUENCES[at].1), all));
        (prop::collection::vec(leaf(), 0..8), prop::collection::vec(sequence, 0..3))
            .prop_map(|(leaves, sequences)| unique([leaves, sequences].concat()))
    })
}

fn unique(mut elements: Vec<Made>) -> Vec<Made> {
    elements.sort_by_key(|e| e.tag);
    elements.dedup_by_key(|e| e.tag);
    elements
}

/// Every value whose rule does not keep it.
fn originals(elements: &[Made], sequence: Option<Tag>, found: &mut Vec<Vec<u8>>) {
    let profile = policy().profile(&Subject::of_class(CT));
    for element in elements {
        let action = profile.rule(element.tag, element.vr, sequence).action;
        match &element.content {
            Content::Items(items) => {
                items.iter().for_each(|item| originals(item, Some(element.tag), found))
            }
            Content::Bytes(value) => {
                if !matches!(action, Action::Keep | Action::KeepUid) && value.len() > 4 {
                    found.push(value.clone());
                }
            }
        }
    }
}

/// Paths and values, but for markers and for what is mapped anew each time.
fn outline(set: &DataSet, elements: &[Element], path: &str, found: &mut Vec<(String, Vec<u8>)>) {
    let markers = [Tag(0x0012, 0x0063), Tag(0x0012, 0x0064), Tag(0x0018, 0xA001)];
    for element in elements.iter().filter(|e| !path.is_empty() || !markers.contains(&e.tag)) {
        let here = format!("{path}{}", element.tag);
        let mapped = element.vr == VR::UI || matches!(element.tag, Tag(0x0010, 0x0010 | 0x0020));
        let value = if mapped { &[][..] } else { set.value(element) };
        if let Value::Items(items) = &element.value {
            for (at, item) in items.iter().enumerate() {
                outline(set, &item.elements, &format!("{here}[{at}]"), found);
            }
        }
        found.push((here, value.to_vec()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn no_replaced_value_survives(elements in elements()) {
        let set = run(&elements, CT);
        let mut values = Vec::new();
        originals(&elements, None, &mut values);
        for value in values {
            let value = value.trim_ascii_end();
            prop_assert!(!contains(&set.bytes, value));
        }
    }

    #[test]
    fn doing_it_again_changes_nothing_else(elements in elements()) {
        let once = run(&elements, CT);
        let (_, bytes) = try_apply(&once, CT).expect("it can be done again");
        let twice = parse(bytes, Encoding::ExplicitLittle);
        let (mut first, mut second) = (Vec::new(), Vec::new());
        outline(&once, &once.elements, "", &mut first);
        outline(&twice, &twice.elements, "", &mut second);
        prop_assert_eq!(first, second);
    }
}
