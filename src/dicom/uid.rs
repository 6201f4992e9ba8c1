//! Unique identifiers: syntax, and the ones that are ours.

/// Tokumei's Implementation Class UID, (0002,0012) and the association's user information.
///
/// Derived from a UUID (PS3.5 B.2), fixed for the life of the product.
pub const IMPLEMENTATION_CLASS_UID: &str = "2.25.95714840827847329188903060548548410166";

/// Implementation Version Name, at most 16 characters.
pub const IMPLEMENTATION_VERSION: &str = concat!("TOKUMEI_", env!("CARGO_PKG_VERSION"));

/// Verification SOP Class.
pub const VERIFICATION: &str = "1.2.840.10008.1.1";

/// The DICOM application context name (PS3.7 A.2.1).
pub const APPLICATION_CONTEXT: &str = "1.2.840.10008.3.1.1.1";

/// Strips the padding that PS3.5 9.1 allows behind a UID (one NUL) and the blanks that some writers use.
pub fn trim(uid: &[u8]) -> &[u8] {
    let end = uid.iter().rposition(|b| !matches!(b, 0 | b' ')).map_or(0, |i| i + 1);
    let start = uid[..end].iter().position(|b| *b != b' ').unwrap_or(end);
    &uid[start..end]
}

/// Whether the text is a UID by PS3.5 9.1: components of digits without leading zeros, 64 characters at most.
pub fn is_valid(uid: &str) -> bool {
    !uid.is_empty()
        && uid.len() <= 64
        && uid.split('.').all(|c| {
            !c.is_empty()
                && c.bytes().all(|b| b.is_ascii_digit())
                && (c.len() == 1 || !c.starts_with('0'))
        })
}

/// Whether a pattern names a UID: the same one, or, with a pattern that ends in `*`, one that begins like it. Also
/// whether it covers a narrower pattern.
pub fn matches(pattern: &str, uid: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(root) => uid.starts_with(root),
        None => pattern == uid,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_is_trimmed() {
        assert_eq!(trim(b"1.2.3\0"), b"1.2.3");
        assert_eq!(trim(b" 1.2.3 \0 "), b"1.2.3");
        assert_eq!(trim(b"\0\0"), b"");
        assert_eq!(trim(b""), b"");
    }

    #[test]
    fn syntax_is_checked() {
        for good in ["1.2.3", "0.0", "2.25.95714840827847329188903060548548410166", "1"] {
            assert!(is_valid(good), "{good}");
        }
        let long = "1.".repeat(32) + "1";
        for bad in ["", ".", "1..2", "1.02", "1.2.", "1.a", "../x", "1.2 ", &long] {
            assert!(!is_valid(bad), "{bad}");
        }
        assert!(is_valid(IMPLEMENTATION_CLASS_UID));
        assert!(IMPLEMENTATION_VERSION.len() <= 16);
    }
}
