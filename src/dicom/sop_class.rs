//! SOP classes: which are storage classes of the standard.

/// Whether the UID is a Storage SOP class of the dictionary (PS3.4 Annex B.5 and GG, retired ones included).
/// Private and unknown classes, and every class of another service, are not.
pub fn is_storage(uid: &str) -> bool {
    let _ = uid;
    todo!()
}

/// The class's name in PS3.6, or the word `unknown`.
pub fn name(uid: &str) -> &'static str {
    let _ = uid;
    todo!()
}
