//! The keyed mapping of one delivery batch (DESIGN rule 9): same input and key, same output, and no table.

/// The keys of the open batch. Zeroed when dropped; cannot be formatted.
pub struct BatchKeys {
    // private
}

impl BatchKeys {
    /// Derives the batch's keys (HKDF-SHA-256, one label per purpose) from its secret.
    pub fn derive(id: &str, secret: &[u8; 32]) -> BatchKeys {
        let _ = (id, secret);
        todo!()
    }

    /// The batch's id, fit for logs and ledger; says nothing of the key.
    pub fn id(&self) -> &str {
        todo!()
    }

    /// The replacement of a UID: `2.25.` and a UUID of version 8 from HMAC-SHA-256 (standards 2.4).
    /// `original` is trimmed first; an empty one gives an empty string; UIDs under 1.2.840.10008. stay.
    pub fn uid(&self, original: &[u8]) -> String {
        let _ = original;
        todo!()
    }

    /// The pseudonym of a patient: `A` and 10 base32 characters (standards 3.5). `id` is normalised
    /// (NFKC, trimmed, upper case); leading zeros are significant.
    pub fn pseudonym(&self, issuer: &str, id: &str) -> String {
        let _ = (issuer, id);
        todo!()
    }

    /// A keyed replacement of another identifier (accession number …), 16 base32 characters at most, one `purpose` never
    /// equal to another.
    pub fn token(&self, purpose: &str, value: &[u8]) -> String {
        let _ = (purpose, value);
        todo!()
    }

    /// The patient's date offset in days: a negative multiple of 7, between 52 and 520 weeks (standards 2.5).
    pub fn date_offset_days(&self, issuer: &str, id: &str) -> i32 {
        let _ = (issuer, id);
        todo!()
    }
}
