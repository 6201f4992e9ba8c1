//! SOP classes: which are storage classes of the standard.

use dicom_core::dictionary::UidDictionary;
use dicom_dictionary_std::StandardSopClassDictionary;

/// Whether the UID is a Storage SOP class of the dictionary (PS3.4 Annex B.5 and GG, retired ones included).
/// Private and unknown classes, and every class of another service, are not.
pub fn is_storage(uid: &str) -> bool {
    uid.starts_with("1.2.840.10008.")
        && StandardSopClassDictionary.by_uid(uid).is_some_and(|entry| {
            // Every storage class has the word in its name; so have two services that are not C-STORE of an object.
            entry.name.contains(" Storage")
                && !entry.name.starts_with("Storage Commitment")
                && !entry.name.starts_with("Media Storage Directory")
        })
}

/// Whether the UID could be a storage class that the dictionary does not know: a private one, or one of the
/// standard's storage arc that is younger than the dictionary.
pub fn is_unknown(uid: &str) -> bool {
    super::uid::is_valid(uid)
        && StandardSopClassDictionary.by_uid(uid).is_none()
        && (!uid.starts_with("1.2.840.10008.") || uid.starts_with("1.2.840.10008.5.1.4.1.1."))
}

/// The class's name in PS3.6, or the word `unknown`.
pub fn name(uid: &str) -> &'static str {
    StandardSopClassDictionary.by_uid(uid).map_or("unknown", |entry| entry.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn storage_classes_are_storage() {
        for uid in [
            "1.2.840.10008.5.1.4.1.1.2",        // CT
            "1.2.840.10008.5.1.4.1.1.1.1.1", // DX for processing: the word stands inside the name
            "1.2.840.10008.5.1.4.1.1.3",     // US multi-frame, retired
            "1.2.840.10008.5.1.4.1.1.77.2",  // a retired trial class
            "1.2.840.10008.5.1.4.1.1.88.67", // dose SR
            "1.2.840.10008.5.1.4.1.1.104.1", // encapsulated PDF
            "1.2.840.10008.5.1.4.1.1.66",    // raw data
            "1.2.840.10008.5.1.4.1.1.481.5", // RT plan
            "1.2.840.10008.5.1.4.34.7",      // RT beams delivery instruction
            "1.2.840.10008.5.1.4.38.1",      // hanging protocol (GG)
            "1.2.840.10008.5.1.4.43.1",      // implant template (GG)
            "1.2.840.10008.5.1.1.29",        // hardcopy, retired
            "1.2.840.10008.5.1.4.1.1.77.1.5.1", // fundus
            "1.2.840.10008.5.1.4.1.1.9.1.1", // ECG
            "1.2.840.10008.5.1.4.1.1.11.1",  // presentation state
            "1.2.840.10008.5.1.4.1.1.201.1", // inventory
        ] {
            assert!(is_storage(uid), "{uid} {}", name(uid));
            assert!(!is_unknown(uid));
        }
    }

    #[test]
    fn other_services_are_not() {
        for uid in [
            "1.2.840.10008.1.1",             // Verification
            "1.2.840.10008.1.20.1",          // Storage Commitment, push
            "1.2.840.10008.1.20.2",          // pull
            "1.2.840.10008.1.3.10",          // DICOMDIR
            "1.2.840.10008.5.1.4.1.2.2.1",   // Study Root FIND
            "1.2.840.10008.5.1.4.31",        // worklist
            "1.2.840.10008.5.1.4.1.1.200.4", // FIND inside the storage arc
            "1.2.840.10008.5.1.4.34.8",      // RT verification
            "1.2.840.10008.10.1",            // real-time video
            "1.2.840.10008.1.2.1",           // a transfer syntax
        ] {
            assert!(!is_storage(uid), "{uid} {}", name(uid));
        }
    }

    #[test]
    fn every_name_with_the_word_was_looked_at() {
        // A newer dictionary changes the number: look at what it added, then correct it.
        let arc = "1.2.840.10008.5.1.4.1.1";
        let mut nodes: Vec<String> = (1..=601).map(|n| format!("{arc}.{n}")).collect();
        let mut count = 0;
        for branches in [100, 15, 15, 0] {
            count += nodes.iter().filter(|uid| is_storage(uid)).count();
            nodes.retain(|uid| {
                branches == 100
                    || uid.contains(".77.1")
                    || uid.contains(".9.100")
                    || is_storage(uid)
                    || is_storage(&format!("{uid}.1"))
                    || is_storage(&format!("{uid}.2"))
            });
            nodes = nodes
                .iter()
                .flat_map(|uid| (1..=branches).map(move |n| format!("{uid}.{n}")))
                .collect();
        }
        assert_eq!(count, 203);
    }

    #[test]
    fn private_and_younger_classes_are_unknown() {
        assert!(is_unknown("1.3.12.2.1107.5.9.1.999"));
        assert!(is_unknown("1.2.840.10008.5.1.4.1.1.9999"));
        assert!(!is_unknown("1.2.840.10008.5.1.1.9"), "a meta class of the print service");
        assert!(!is_unknown("1.2.840.10008.1.1"));
        assert!(!is_unknown("not a uid"));
        assert_eq!(name("1.2.3"), "unknown");
        assert_eq!(name("1.2.840.10008.5.1.4.1.1.2"), "CT Image Storage");
    }
}
