//! Bytes as an object, under some options: what the policy writes is a data set again, without what it must not hold, and
//! can be de-identified again.
//!
//! Input: the encoding and the options, one byte each, then the data set.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use tokumei::{
    deidentify::{Input, Part, apply, explain},
    dicom::{
        Tag,
        dataset::{DataSet, Element, Value},
        encode::Writer,
        syntax::Encoding,
    },
    policy::{
        Policy, Terms,
        options::{Category, Options, ProfileOption},
    },
    records::batch::BatchKeys,
};

/// No option, each alone, and all that do not exclude each other, the declarations of the object believed or not.
static POLICIES: LazyLock<Vec<Policy>> = LazyLock::new(|| {
    let all = ProfileOption::ALL;
    let but = |left: ProfileOption| all.into_iter().filter(|o| *o != left).collect::<Options>();
    let alone = all.map(|option| [option].into_iter().collect());
    let most = [but(ProfileOption::FullDates), but(ProfileOption::ModifiedDates)];
    let sets = [Options::NONE].into_iter().chain(alone).chain(most);
    sets.enumerate()
        .map(|(number, options)| {
            let trust_declared_safe = number % 2 == 1;
            let category = Category::Personal;
            let terms = Terms { category, options, trust_declared_safe, ..Terms::default() };
            Policy::compile(&[], terms).unwrap_or_else(|problems| panic!("{problems:?}"))
        })
        .collect()
});
static KEYS: LazyLock<BatchKeys> = LazyLock::new(|| BatchKeys::derive("fuzz", &[7; 32]));

/// De-identifies; `None` where the object would be kept back.
fn once(policy: &Policy, set: &DataSet) -> Option<DataSet> {
    let sop_class = set.text(Tag(0x0008, 0x0016)).unwrap_or("").to_owned();
    let input =
        Input { data_set: set, sop_class: &sop_class, part: Part::Head, recognizable: false };
    let explained = explain(policy, &KEYS, set, &sop_class, false);
    let mut out = Writer::new(set.encoding);
    let done = apply(policy, &KEYS, input, &mut out);
    assert_eq!(done.is_ok(), explained.refused.is_none());
    let done = done.ok()?;
    assert!(done.carried_out.without(policy.terms().options).is_empty(), "a claim of nobody's");
    let made = DataSet::parse(out.into_bytes(), set.encoding);
    let made = made.unwrap_or_else(|error| panic!("what was written cannot be read: {error}"));
    look(&made.elements, policy.terms().options.has(ProfileOption::SafePrivate));
    Some(made)
}

/// No private element where none may be, no group that does not belong, at any level.
fn look(elements: &[Element], private: bool) {
    for element in elements {
        let group = element.tag.group();
        assert!((private || group % 2 == 0) && group >= 0x0008, "{}", element.tag);
        if let Value::Items(items) = &element.value {
            items.iter().for_each(|item| look(&item.elements, private));
        }
    }
}

fuzz_target!(|input: &[u8]| {
    let [encoding, options, data @ ..] = input else { return };
    let encoding = match encoding % 3 {
        0 => Encoding::ImplicitLittle,
        1 => Encoding::ExplicitLittle,
        _ => Encoding::ExplicitBig,
    };
    let Some(policy) = POLICIES.get(usize::from(*options) % POLICIES.len()) else { return };
    let Ok(set) = DataSet::parse(data.to_vec(), encoding) else { return };
    let Some(first) = once(policy, &set) else { return };
    once(policy, &first).expect("what was released once can be released again");
});
