//! The keyed mapping of one delivery batch (DESIGN rule 9): same input and key, same output, and no table.
//!
//! Each purpose has its own key, derived from the batch's secret by HKDF-SHA-256, so that a replacement made for one
//! purpose says nothing about another (standards 2.4). The functions need no state: any node of the batch answers
//! the same, in any order.

use std::{borrow::Cow, fmt::Write as _};

use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

use crate::dicom::uid;

/// RFC 4648 base32 without padding: upper case letters and digits, fit for every VR that holds an identifier.
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// UIDs of the standard itself name no patient and keep their meaning (standards 2.4-6).
const DICOM_ROOT: &[u8] = b"1.2.840.10008.";

/// Shortest date offset, in weeks (standards 2.5).
const WEEKS_FIRST: u64 = 52;
/// Longest date offset, in weeks.
const WEEKS_LAST: u64 = 520;

type Key = Zeroizing<[u8; 32]>;

/// The keys of the open batch. Zeroed when dropped; cannot be formatted.
pub struct BatchKeys {
    id: String,
    uid: Key,
    patient: Key,
    token: Key,
    date: Key,
    link: Key,
}

/// A keyed digest of a value, to be compared with others of the same batch.
pub type Digest = [u8; 16];

impl BatchKeys {
    /// Derives the batch's keys (HKDF-SHA-256, one label per purpose) from its secret.
    pub fn derive(id: &str, secret: &[u8; 32]) -> BatchKeys {
        let hkdf = Hkdf::<Sha256>::new(Some(b"tokumei batch 1"), secret);
        let key = |label: &[u8]| {
            let mut key = Key::default();
            // 32 bytes is one block of SHA-256: far below the limit of HKDF, the only way for this to fail.
            hkdf.expand(label, key.as_mut()).unwrap_or_else(|_| unreachable!("one block"));
            key
        };
        BatchKeys {
            id: id.to_owned(),
            uid: key(b"uid"),
            patient: key(b"pid"),
            token: key(b"token"),
            date: key(b"date"),
            link: key(b"link"),
        }
    }

    /// The batch's id, fit for logs and ledger; says nothing of the key.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The replacement of a UID: `2.25.` and a UUID of version 8 from HMAC-SHA-256 (standards 2.4).
    /// `original` is trimmed first; an empty one gives an empty string; UIDs under 1.2.840.10008. stay.
    /// What is not a valid UID is an identifier like any other, and replaced.
    pub fn uid(&self, original: &[u8]) -> String {
        let original = trim(original);
        if original.is_empty() {
            return String::new();
        }
        // The standard's own UIDs have short components; a longer one is a number that somebody put there.
        if original.starts_with(DICOM_ROOT)
            && original.split(|b| *b == b'.').all(|component| component.len() <= 5)
            && let Ok(text) = std::str::from_utf8(original)
            && uid::is_valid(text)
        {
            return text.to_owned();
        }
        let mut number = u128::from_be_bytes(first(&mac(&self.uid, &[original])));
        // RFC 9562 5.8: version 8 in bits 48..52, variant 10 in bits 64..66.
        number = number & !(0xF << 76) | 0x8 << 76;
        number = number & !(0b11 << 62) | 0b10 << 62;
        let mut uid = String::with_capacity(44);
        let _ = write!(uid, "2.25.{number}"); // writing to a String cannot fail
        uid
    }

    /// The pseudonym of a patient: `A` and 10 base32 characters (standards 3.5). `id` and `issuer` are normalised
    /// (NFKC, trimmed, upper case); leading zeros are significant.
    pub fn pseudonym(&self, issuer: &str, id: &str) -> String {
        let digest = patient(&self.patient, issuer, id);
        let mut pseudonym = String::with_capacity(11);
        pseudonym.push('A');
        base32(&digest, 10, &mut pseudonym);
        pseudonym
    }

    /// A keyed replacement of another identifier (accession number …), 16 base32 characters, one `purpose` never
    /// equal to another. `value` is trimmed first; an empty one gives an empty string.
    pub fn token(&self, purpose: &str, value: &[u8]) -> String {
        let value = trim(value);
        if value.is_empty() {
            return String::new();
        }
        let mut token = String::with_capacity(16);
        base32(&mac(&self.token, &[purpose.as_bytes(), value]), 16, &mut token);
        token
    }

    /// A digest by which a value is known again in this batch, and which says nothing of it to whoever has not the key. One
    /// `purpose` never equals another.
    pub fn digest(&self, purpose: &str, parts: &[&[u8]]) -> Digest {
        let count = (parts.len() as u64).to_be_bytes();
        let mut all = vec![purpose.as_bytes(), &count];
        all.extend_from_slice(parts);
        first(&mac(&self.link, &all))
    }

    /// The same of a patient: one digest for all writings of an ID that have one pseudonym.
    pub fn patient_digest(&self, issuer: &str, id: &str) -> Digest {
        self.digest("patient", &[normal(issuer).as_bytes(), normal(id).as_bytes()])
    }

    /// The patient's date offset in days: a negative multiple of 7, between 52 and 520 weeks (standards 2.5).
    pub fn date_offset_days(&self, issuer: &str, id: &str) -> i32 {
        let draw = u64::from_be_bytes(first(&patient(&self.date, issuer, id)));
        // The remainder of 64 bits by 469 is uniform but for one part in 10^16.
        let weeks = WEEKS_FIRST + draw % (WEEKS_LAST - WEEKS_FIRST + 1);
        -7 * weeks as i32
    }
}

fn patient(key: &Key, issuer: &str, id: &str) -> [u8; 32] {
    mac(key, &[normal(issuer).as_bytes(), normal(id).as_bytes()])
}

/// HMAC-SHA-256 over the parts; the length of each goes before it, so that no two lists of parts agree.
///
/// Keying anew costs two compressions, and leaves no state behind that could not be zeroed.
fn mac(key: &Key, parts: &[&[u8]]) -> [u8; 32] {
    // Any length of key is good for HMAC: the only way for this to fail is a fixed-length MAC.
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_ref())
        .unwrap_or_else(|_| unreachable!("HMAC takes every key"));
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// The first bytes of a digest.
fn first<const N: usize>(digest: &[u8; 32]) -> [u8; N] {
    let mut bytes = [0; N];
    bytes.iter_mut().zip(digest).for_each(|(to, from)| *to = *from);
    bytes
}

/// Appends `count` base32 characters of the digest (five bits each, from the front).
fn base32(digest: &[u8; 32], count: u32, text: &mut String) {
    let bits = u128::from_be_bytes(first(digest));
    for place in 0..count {
        let five = (bits >> (123 - 5 * place)) & 0x1F;
        text.push(char::from(BASE32[five as usize]));
    }
}

/// Without the padding that DICOM and its writers put around a value.
fn trim(value: &[u8]) -> &[u8] {
    let padding = |byte: &u8| *byte == 0 || byte.is_ascii_whitespace();
    let start = value.iter().position(|byte| !padding(byte)).unwrap_or(value.len());
    let end = value.iter().rposition(|byte| !padding(byte)).map_or(start, |last| last + 1);
    &value[start..end]
}

/// One spelling for all writings of an identifier: full-width digits, padding and case do not make another patient.
fn normal(text: &str) -> Cow<'_, str> {
    let text = text.trim_matches(|c: char| c == '\0' || c.is_whitespace());
    if text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_lowercase()) {
        return Cow::Borrowed(text);
    }
    // Folding case can undo the normal form and the other way round; the second pass settles it.
    let folded: String = text.nfkc().flat_map(char::to_uppercase).nfkc().collect();
    Cow::Owned(folded.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn keys(byte: u8) -> BatchKeys {
        BatchKeys::derive("test", &[byte; 32])
    }

    /// The derivation must never change while a batch is open: nodes of different versions share it.
    /// Worked out independently, with the HMAC of Python's standard library.
    #[test]
    fn known_answers() {
        let keys = keys(7);
        assert_eq!(keys.uid(b"1.2.3"), "2.25.333460226448659562865692861853306624586");
        assert_eq!(keys.pseudonym("", "ZZ-0000123"), "AXTYWAKUVOM");
        assert_eq!(keys.token("accession", b"ZZ-0000123"), "WGBQWWP2NDMNXPJC");
        assert_eq!(keys.date_offset_days("", "ZZ-0000123"), -2373);
    }

    #[test]
    fn uids_of_the_standard_stay() {
        let keys = keys(1);
        assert_eq!(keys.uid(b"1.2.840.10008.1.2.1\0"), "1.2.840.10008.1.2.1");
        assert!(keys.uid(b"1.2.840.10008").starts_with("2.25."));
        assert!(keys.uid(b"1.2.840.100081.1").starts_with("2.25."));
        // A name behind the prefix is an identifier, not a UID.
        assert!(keys.uid(b"1.2.840.10008.1.YAMADA").starts_with("2.25."));
        assert!(keys.uid(b"1.2.840.10008.7654321.1").starts_with("2.25."));
        assert!(keys.uid(b"1.2.840.10008.1.007").starts_with("2.25."));
    }

    #[test]
    fn padding_does_not_matter_and_nothing_stays_nothing() {
        let keys = keys(1);
        assert_eq!(keys.uid(b"1.2.3\0"), keys.uid(b" 1.2.3 "));
        assert_eq!(keys.uid(b" \0"), "");
        assert_eq!(keys.token("accession", b"ZZ-1 "), keys.token("accession", b"ZZ-1"));
        assert_eq!(keys.token("accession", b"  "), "");
    }

    #[test]
    fn patients_are_told_apart_as_the_hospital_does() {
        let keys = keys(1);
        let one = keys.pseudonym("HOSPITAL", "zz-0000123");
        assert_eq!(one, keys.pseudonym(" HOSPITAL", "ZZ-0000123 "));
        assert_eq!(one, keys.pseudonym("HOSPITAL", "ＺＺ-００００１２３"));
        assert_ne!(one, keys.pseudonym("HOSPITAL", "ZZ-123"));
        assert_ne!(one, keys.pseudonym("CLINIC", "ZZ-0000123"));
        assert_ne!(keys.pseudonym("AB", "C"), keys.pseudonym("A", "BC"));
    }

    #[test]
    fn purposes_are_unrelated() {
        let keys = keys(1);
        assert_ne!(keys.token("accession", b"ZZ-1"), keys.token("study id", b"ZZ-1"));
        assert_ne!(keys.token("ab", b"c"), keys.token("a", b"bc"));
    }

    proptest! {
        #[test]
        fn uid_has_its_form(original in proptest::collection::vec(any::<u8>(), 1..80), key: u8) {
            prop_assume!(!trim(&original).is_empty());
            let uid = keys(key).uid(&original);
            prop_assert!(uid::is_valid(&uid));
            prop_assert!(uid.len() <= 44);
            prop_assert_eq!(uid.capacity(), 44);
            let number: u128 = uid.strip_prefix("2.25.").unwrap().parse().unwrap();
            prop_assert_eq!(number >> 76 & 0xF, 8);
            prop_assert_eq!(number >> 62 & 0b11, 0b10);
            prop_assert_eq!(&uid, &keys(key).uid(&original));
            prop_assert_ne!(uid, keys(key.wrapping_add(1)).uid(&original));
        }

        #[test]
        fn pseudonym_and_offset_have_their_form(issuer: String, id: String, key: u8) {
            let keys = keys(key);
            let pseudonym = keys.pseudonym(&issuer, &id);
            prop_assert_eq!(pseudonym.len(), 11);
            prop_assert!(pseudonym.starts_with('A'));
            prop_assert!(pseudonym.bytes().all(|byte| BASE32.contains(&byte)));
            let days = keys.date_offset_days(&issuer, &id);
            prop_assert_eq!(days % 7, 0);
            prop_assert!((-3640..=-364).contains(&days));
            prop_assert_eq!(days, keys.date_offset_days(&issuer, &id));
            let again = normal(&id).into_owned();
            prop_assert_eq!(pseudonym, keys.pseudonym(&issuer, &again));
        }

        #[test]
        fn token_fits_a_short_string(purpose: String, value in proptest::collection::vec(any::<u8>(), 0..40)) {
            let token = keys(3).token(&purpose, &value);
            prop_assert!(token.len() == 16 || trim(&value).is_empty() && token.is_empty());
            prop_assert!(token.bytes().all(|byte| BASE32.contains(&byte)));
        }
    }

    #[test]
    fn offsets_use_the_whole_range() {
        let keys = keys(9);
        let weeks: std::collections::BTreeSet<i32> =
            (0..20_000).map(|n| -keys.date_offset_days("", &n.to_string()) / 7).collect();
        assert_eq!((weeks.first(), weeks.last(), weeks.len()), (Some(&52), Some(&520), 469));
    }
}
