//! G2-15: what an object says of its patient, to be compared with the others of the batch. Taken from the original and
//! from the bytes that would leave, and told as keyed digests only.

use crate::{
    dicom::{
        Tag,
        charset::{CharacterSet, TextKind},
        dataset::DataSet,
        uid,
    },
    records::{
        batch::BatchKeys,
        link::{Bond, Link},
    },
};

/// What must be so in every object of the batch: `pseudonym` is the Patient ID that would leave, `offset` the days by
/// which the dates have moved.
pub(super) fn links(
    keys: &BatchKeys,
    original: &DataSet,
    pseudonym: &str,
    offset: Option<i64>,
) -> Vec<Link> {
    let (issuer, id) = (text(original, Tag(0x0010, 0x0021)), text(original, Tag(0x0010, 0x0020)));
    let patient = keys.patient_digest(&issuer, &id);
    let mut links = Vec::with_capacity(3);
    if !id.is_empty() && !pseudonym.is_empty() {
        let pseudonym = keys.digest("pseudonym", &[pseudonym.as_bytes()]);
        links.push(Link { bond: Bond::Pseudonym, one: patient, other: pseudonym });
        links.push(Link { bond: Bond::Patient, one: pseudonym, other: patient });
    }
    // Where dates stay they have not moved; another route may shift them for the same patient.
    if let Some(days) = offset.filter(|days| *days != 0) {
        let study = original.find(Tag(0x0020, 0x000D)).map_or(&[][..], |e| original.value(e));
        let whose = if id.is_empty() { uid::trim(study) } else { &patient[..] };
        links.push(Link {
            bond: Bond::Offset,
            one: keys.digest("moved", &[whose]),
            other: keys.digest("days", &[&days.to_be_bytes()]),
        });
    }
    links
}

/// The text of an element of the data set, trimmed; what cannot be decoded byte by byte, so that different values stay
/// different.
fn text(data: &DataSet, tag: Tag) -> String {
    let value = data.find(tag).map_or(&[][..], |e| data.value(e));
    let set = data.find(Tag(0x0008, 0x0005)).map_or(&[][..], |e| data.value(e));
    let decoded = CharacterSet::parse(set).decode(value, TextKind::MultiValue);
    let text = match decoded.complete {
        true => decoded.text.into_owned(),
        false => value.iter().map(|b| char::from(*b)).collect(),
    };
    text.trim_matches([' ', '\0']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dicom::{VR, encode::Writer, syntax::Encoding};

    fn of(id: &str, pseudonym: &str, offset: Option<i64>) -> Vec<Link> {
        let mut w = Writer::new(Encoding::ExplicitLittle);
        w.text(Tag(0x0008, 0x0005), VR::CS, "ISO_IR 192");
        w.text(Tag(0x0010, 0x0020), VR::LO, id);
        w.text(Tag(0x0020, 0x000D), VR::UI, "1.2.3");
        let data = DataSet::parse(w.into_bytes(), Encoding::ExplicitLittle);
        let data = data.unwrap_or_else(|e| panic!("{e}"));
        links(&BatchKeys::derive("test", &[7; 32]), &data, pseudonym, offset)
    }

    #[test]
    fn a_patient_is_known_again_in_every_writing_that_has_one_pseudonym() {
        let one = of("ZZ-0000123", "A2345BCDEFG", Some(-728));
        assert_eq!(one, of(" zz-0000123", "A2345BCDEFG", Some(-728)));
        assert_eq!(one, of("ＺＺ-００００１２３", "A2345BCDEFG", Some(-728)));
        assert_eq!(one.len(), 3);
        let other = of("ZZ-0000124", "A2345BCDEFG", Some(-728));
        assert!(
            one.iter().zip(&other).all(|(a, b)| a.bond == b.bond && a != b || a.other == b.other)
        );
        // The same pseudonym, of another.
        assert_eq!(one[1].one, other[1].one);
        assert_ne!(one[1].other, other[1].other);
        // Another offset.
        let moved = of("ZZ-0000123", "A2345BCDEFG", Some(-735));
        assert_eq!((one[2].one, one[2].other == moved[2].other), (moved[2].one, false));
    }

    #[test]
    fn what_is_not_there_is_not_linked() {
        assert_eq!(of("", "", None), []);
        assert_eq!(of("ZZ-0000123", "A2345BCDEFG", Some(0)).len(), 2);
        let study = of("", "", Some(-728));
        assert_eq!(study.iter().map(|l| l.bond).collect::<Vec<_>>(), [Bond::Offset]);
    }
}
