//! Transfer syntaxes: which we carry, and how their data sets are encoded. None is ever decoded.

/// How elements are laid out in a data set (PS3.5 7.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// Implicit VR Little Endian.
    ImplicitLittle,
    /// Explicit VR Little Endian.
    ExplicitLittle,
    /// Explicit VR Big Endian (retired, still met).
    ExplicitBig,
}

/// One transfer syntax that the gateway carries.
#[derive(Debug, PartialEq, Eq)]
pub struct TransferSyntax {
    /// Its UID.
    pub uid: &'static str,
    /// Its name in PS3.6.
    pub name: &'static str,
    /// The layout of the data set (of the inflated data set where `deflated`).
    pub encoding: Encoding,
    /// Whether the data set is a raw deflate stream (PS3.5 A.5).
    pub deflated: bool,
    /// Whether Pixel Data is a sequence of fragments.
    pub encapsulated: bool,
}

/// Finds a carried transfer syntax by its UID.
pub fn lookup(uid: &str) -> Option<&'static TransferSyntax> {
    carried().iter().find(|ts| ts.uid == uid)
}

/// Explicit VR Little Endian, the layout in which we write what has no layout of its own.
pub const EXPLICIT_LITTLE: &str = "1.2.840.10008.1.2.1";

macro_rules! encapsulated {
    ($uid:literal, $name:literal) => {
        TransferSyntax {
            uid: $uid,
            name: $name,
            encoding: Encoding::ExplicitLittle,
            deflated: false,
            encapsulated: true,
        }
    };
}

/// Every transfer syntax that we accept and propose.
///
/// JPIP (pixels behind a URL) is left out: the URL is removed, so the object could not be carried.
pub fn carried() -> &'static [TransferSyntax] {
    use Encoding::{ExplicitBig, ExplicitLittle, ImplicitLittle};
    const fn native(
        uid: &'static str,
        name: &'static str,
        encoding: Encoding,
        deflated: bool,
    ) -> TransferSyntax {
        TransferSyntax { uid, name, encoding, deflated, encapsulated: false }
    }
    static CARRIED: &[TransferSyntax] = &[
        native("1.2.840.10008.1.2", "Implicit VR Little Endian", ImplicitLittle, false),
        native(EXPLICIT_LITTLE, "Explicit VR Little Endian", ExplicitLittle, false),
        native(
            "1.2.840.10008.1.2.1.99",
            "Deflated Explicit VR Little Endian",
            ExplicitLittle,
            true,
        ),
        native("1.2.840.10008.1.2.2", "Explicit VR Big Endian", ExplicitBig, false),
        encapsulated!(
            "1.2.840.10008.1.2.1.98",
            "Encapsulated Uncompressed Explicit VR Little Endian"
        ),
        encapsulated!("1.2.840.10008.1.2.4.50", "JPEG Baseline (Process 1)"),
        encapsulated!("1.2.840.10008.1.2.4.51", "JPEG Extended (Process 2 & 4)"),
        // Retired processes of JPEG, still met in old archives.
        encapsulated!("1.2.840.10008.1.2.4.52", "JPEG Extended (Process 3 & 5)"),
        encapsulated!("1.2.840.10008.1.2.4.53", "JPEG Spectral Selection (Process 6 & 8)"),
        encapsulated!("1.2.840.10008.1.2.4.54", "JPEG Spectral Selection (Process 7 & 9)"),
        encapsulated!("1.2.840.10008.1.2.4.55", "JPEG Full Progression (Process 10 & 12)"),
        encapsulated!("1.2.840.10008.1.2.4.56", "JPEG Full Progression (Process 11 & 13)"),
        encapsulated!("1.2.840.10008.1.2.4.57", "JPEG Lossless (Process 14)"),
        encapsulated!("1.2.840.10008.1.2.4.70", "JPEG Lossless SV1"),
        encapsulated!("1.2.840.10008.1.2.4.80", "JPEG-LS Lossless"),
        encapsulated!("1.2.840.10008.1.2.4.81", "JPEG-LS Near-Lossless"),
        encapsulated!("1.2.840.10008.1.2.4.90", "JPEG 2000 Lossless"),
        encapsulated!("1.2.840.10008.1.2.4.91", "JPEG 2000"),
        encapsulated!("1.2.840.10008.1.2.4.92", "JPEG 2000 Part 2 Multi-component Lossless"),
        encapsulated!("1.2.840.10008.1.2.4.93", "JPEG 2000 Part 2 Multi-component"),
        encapsulated!("1.2.840.10008.1.2.4.100", "MPEG2 Main Profile / Main Level"),
        encapsulated!("1.2.840.10008.1.2.4.100.1", "Fragmentable MPEG2 Main Profile / Main Level"),
        encapsulated!("1.2.840.10008.1.2.4.101", "MPEG2 Main Profile / High Level"),
        encapsulated!("1.2.840.10008.1.2.4.101.1", "Fragmentable MPEG2 Main Profile / High Level"),
        encapsulated!("1.2.840.10008.1.2.4.102", "MPEG-4 AVC/H.264 High Profile"),
        encapsulated!("1.2.840.10008.1.2.4.102.1", "Fragmentable MPEG-4 AVC/H.264 High Profile"),
        encapsulated!("1.2.840.10008.1.2.4.103", "MPEG-4 AVC/H.264 BD-compatible High Profile"),
        encapsulated!(
            "1.2.840.10008.1.2.4.103.1",
            "Fragmentable MPEG-4 AVC/H.264 BD-compatible High Profile"
        ),
        encapsulated!("1.2.840.10008.1.2.4.104", "MPEG-4 AVC/H.264 High Profile For 2D Video"),
        encapsulated!(
            "1.2.840.10008.1.2.4.104.1",
            "Fragmentable MPEG-4 AVC/H.264 High Profile For 2D Video"
        ),
        encapsulated!("1.2.840.10008.1.2.4.105", "MPEG-4 AVC/H.264 High Profile For 3D Video"),
        encapsulated!(
            "1.2.840.10008.1.2.4.105.1",
            "Fragmentable MPEG-4 AVC/H.264 High Profile For 3D Video"
        ),
        encapsulated!("1.2.840.10008.1.2.4.106", "MPEG-4 AVC/H.264 Stereo High Profile"),
        encapsulated!(
            "1.2.840.10008.1.2.4.106.1",
            "Fragmentable MPEG-4 AVC/H.264 Stereo High Profile"
        ),
        encapsulated!("1.2.840.10008.1.2.4.107", "HEVC/H.265 Main Profile"),
        encapsulated!("1.2.840.10008.1.2.4.108", "HEVC/H.265 Main 10 Profile"),
        encapsulated!("1.2.840.10008.1.2.4.110", "JPEG XL Lossless"),
        encapsulated!("1.2.840.10008.1.2.4.111", "JPEG XL JPEG Recompression"),
        encapsulated!("1.2.840.10008.1.2.4.112", "JPEG XL"),
        encapsulated!("1.2.840.10008.1.2.4.201", "HTJ2K Lossless"),
        encapsulated!("1.2.840.10008.1.2.4.202", "HTJ2K Lossless RPCL"),
        encapsulated!("1.2.840.10008.1.2.4.203", "HTJ2K"),
        encapsulated!("1.2.840.10008.1.2.5", "RLE Lossless"),
        encapsulated!("1.2.840.10008.1.2.8.1", "Deflated Image Frame Compression"),
    ];
    CARRIED
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_found_by_its_uid_and_once() {
        for ts in carried() {
            assert!(super::super::uid::is_valid(ts.uid));
            assert_eq!(lookup(ts.uid), Some(ts));
            assert_eq!(carried().iter().filter(|t| t.uid == ts.uid).count(), 1, "{}", ts.uid);
        }
        assert_eq!(lookup("1.2.840.10008.1.2.4.94"), None, "JPIP");
        assert_eq!(lookup("1.2.3"), None);
    }
}
