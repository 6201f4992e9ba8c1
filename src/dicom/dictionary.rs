//! PS3.6, the registry of attributes. Every element is looked up in it several times on its way, so what the library
//! says is remembered in a table that needs no lock and cannot grow.

use std::sync::{LazyLock, OnceLock};

use dicom_core::dictionary::{
    DataDictionary, DataDictionaryEntry, DataDictionaryEntryRef, TagRange, VirtualVr,
};
use dicom_dictionary_std::StandardDataDictionary;

use super::{Tag, VR};

/// What PS3.6 says of an attribute.
pub type Attribute = DataDictionaryEntryRef<'static>;

static REGISTRY: StandardDataDictionary = StandardDataDictionary;

/// A power of two, twice the number of attributes: two that meet in one slot are rare, and the second is then looked up
/// in the registry.
const SLOT_BITS: u32 = 13;

static REMEMBERED: [OnceLock<&'static Attribute>; 1 << SLOT_BITS] =
    [const { OnceLock::new() }; 1 << SLOT_BITS];

/// The attribute of a tag: repeating groups, group lengths and Private Creators too. `None` for what PS3.6 does not
/// know, private elements among it.
pub fn attribute(tag: Tag) -> Option<&'static Attribute> {
    let number = u32::from(tag.group()) << 16 | u32::from(tag.element());
    let slot = number.wrapping_mul(0x9E37_79B1) >> (u32::BITS - SLOT_BITS);
    let remembered = REMEMBERED.get(slot as usize);
    if let Some(known) = remembered.and_then(OnceLock::get)
        && known.tag == TagRange::Single(tag)
    {
        return Some(known);
    }
    let found = REGISTRY.by_tag(tag)?;
    if let Some(free) = remembered.filter(|_| found.tag == TagRange::Single(tag)) {
        // Another attribute may have been first; then this one stays where it is.
        let _ = free.set(found);
    }
    Some(found)
}

/// The VR of two letters (PS3.5 6.2); `None` for what is none.
pub fn vr(letters: [u8; 2]) -> Option<VR> {
    static VRS: LazyLock<Vec<Option<VR>>> = LazyLock::new(|| {
        let letters = |at: usize| [b'A' + (at / 26) as u8, b'A' + (at % 26) as u8];
        (0..26 * 26).map(|at| VR::from_binary(letters(at))).collect()
    });
    let [first, second] = letters.map(|letter| usize::from(letter.wrapping_sub(b'A')));
    if second >= 26 {
        return None;
    }
    VRS.get(first * 26 + second).copied().flatten()
}

/// The VR of an attribute, where PS3.6 leaves no choice.
pub fn exact_vr(tag: Tag) -> Option<VR> {
    attribute(tag)?.vr().exact()
}

/// The VR of an attribute as PS3.6 gives it.
pub fn virtual_vr(tag: Tag) -> Option<VirtualVr> {
    attribute(tag).map(DataDictionaryEntry::vr)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_what_the_registry_says_the_first_time_and_after() {
        for _ in 0..2 {
            for group in [0x0002, 0x0008, 0x0010, 0x0018, 0x0028, 0x0029, 0x5000, 0x6012, 0x7FE0] {
                for element in 0..0x2000 {
                    let tag = Tag(group, element);
                    assert_eq!(attribute(tag), REGISTRY.by_tag(tag), "{tag}");
                }
            }
        }
        assert_eq!(exact_vr(Tag(0x0010, 0x0010)), Some(VR::PN));
        assert_eq!(virtual_vr(Tag(0x0028, 0x0106)), Some(VirtualVr::Xs));
        assert_eq!(exact_vr(Tag(0x0028, 0x0106)), None);
    }

    #[test]
    fn two_letters_are_the_vr_that_the_library_takes_them_for() {
        for letters in (0..=u16::MAX).map(u16::to_be_bytes) {
            assert_eq!(vr(letters), VR::from_binary(letters), "{letters:?}");
        }
    }
}
