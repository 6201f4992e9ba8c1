//! Specific Character Set (0008,0005): decoding with ISO 2022 code extensions, on top of `encoding_rs`.
//!
//! Decoding is for matching and for text that is written anew; bytes that are kept are never transcoded.

/// The character sets that a (0008,0005) value declares (PS3.3 C.12.1.1.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CharacterSet {
    // private: the sets in the order of the values
}

/// What a text VR means for splitting and for resets of the code extension state (PS3.5 6.1.2.5.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextKind {
    /// PN: `\`, `^` and `=` reset.
    PersonName,
    /// SH, LO, UC: `\` separates values and resets.
    MultiValue,
    /// ST, LT, UT: one value; CR, LF, FF and TAB reset.
    SingleText,
}

/// Decoded text, and whether the declared sets were enough.
pub struct Decoded {
    /// The text; bytes that no set explains are U+FFFD.
    pub text: String,
    /// False where some byte could not be decoded under the declared sets.
    pub complete: bool,
}

impl CharacterSet {
    /// From the raw value of (0008,0005); empty means the default repertoire.
    /// Misspelt terms that are met in practice are understood; an unknown term makes every non-ASCII
    /// decode incomplete.
    pub fn parse(value: &[u8]) -> CharacterSet {
        let _ = value;
        todo!()
    }

    /// The raw values of a multi-valued text element, split on `\` by the rules of PS3.5 6.1.2.5
    /// (a 0x5C inside a two-byte character is not a separator).
    pub fn split<'a>(&self, value: &'a [u8], kind: TextKind) -> Vec<&'a [u8]> {
        let _ = (value, kind);
        todo!()
    }

    /// Decodes a whole element value.
    pub fn decode(&self, value: &[u8], kind: TextKind) -> Decoded {
        let _ = (value, kind);
        todo!()
    }
}
