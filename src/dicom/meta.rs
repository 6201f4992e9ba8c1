//! Part 10 preamble and file meta information (PS3.10 7.1): always built new (PS3.15 E.1.1), read under a bound.

use std::io::{self, Read};

use super::{
    Tag, VR,
    encode::{Writer, has_long_length},
    syntax::Encoding,
    uid,
};

/// Preamble and prefix: 128 zeros and `DICM`.
pub const PREAMBLE: usize = 132;

/// The largest file meta information that is read.
const MAX_META: usize = 64 * 1024;

/// Preamble and file meta information for a file of ours: nothing but what is mandatory, and our own implementation.
pub fn build(sop_class: &str, sop_instance: &str, transfer_syntax: &str) -> Vec<u8> {
    let mut w = Writer::new(Encoding::ExplicitLittle);
    w.element(Tag(0x0002, 0x0001), VR::OB, &[0, 1]);
    w.text(Tag(0x0002, 0x0002), VR::UI, sop_class);
    w.text(Tag(0x0002, 0x0003), VR::UI, sop_instance);
    w.text(Tag(0x0002, 0x0010), VR::UI, transfer_syntax);
    w.text(Tag(0x0002, 0x0012), VR::UI, uid::IMPLEMENTATION_CLASS_UID);
    w.text(Tag(0x0002, 0x0013), VR::SH, uid::IMPLEMENTATION_VERSION);
    let group = w.take();

    let mut out = vec![0; 128];
    out.extend_from_slice(b"DICM");
    w.element(Tag(0x0002, 0x0000), VR::UL, &(group.len() as u32).to_le_bytes());
    out.extend_from_slice(&w.take());
    out.extend_from_slice(&group);
    out
}

/// What the file meta information of a file says.
pub struct Meta {
    /// (0002,0002)
    pub sop_class: String,
    /// (0002,0003): an identifier of the original; never to be logged.
    pub sop_instance: String,
    /// (0002,0010)
    pub transfer_syntax: String,
    /// Bytes of the data set that were read with the meta information.
    pub ahead: Vec<u8>,
}

/// Reads preamble and file meta information; the reader then stands behind [`Meta::ahead`] in the data set.
///
/// # Errors
/// Not a Part 10 file, or its file meta information is malformed or past the bound. No value is in the message.
pub fn read(reader: &mut impl Read) -> io::Result<Meta> {
    let bad = |what: &'static str| io::Error::new(io::ErrorKind::InvalidData, what);
    let mut preamble = [0; PREAMBLE];
    reader.read_exact(&mut preamble).map_err(|_| bad("not a DICOM file (no preamble)"))?;
    if &preamble[128..] != b"DICM" {
        return Err(bad("not a DICOM file (no DICM prefix)"));
    }
    let mut meta = Meta {
        sop_class: String::new(),
        sop_instance: String::new(),
        transfer_syntax: String::new(),
        ahead: Vec::new(),
    };
    let mut total = 0;
    loop {
        let mut head = [0; 8];
        let got = read_up_to(reader, &mut head)?;
        if got < 8 || head[..2] != [2, 0] {
            meta.ahead = head[..got].to_vec();
            break;
        }
        let element = u16::from_le_bytes([head[2], head[3]]);
        let vr = VR::from_binary([head[4], head[5]])
            .ok_or_else(|| bad("malformed file meta information"))?;
        let length = if has_long_length(vr) {
            let mut long = [0; 4];
            reader.read_exact(&mut long)?;
            u32::from_le_bytes(long) as usize
        } else {
            usize::from(u16::from_le_bytes([head[6], head[7]]))
        };
        total += length;
        if total > MAX_META {
            return Err(bad("file meta information past the bound"));
        }
        let mut value = vec![0; length];
        reader.read_exact(&mut value)?;
        let text = || String::from_utf8_lossy(uid::trim(&value)).into_owned();
        match element {
            0x0002 => meta.sop_class = text(),
            0x0003 => meta.sop_instance = text(),
            0x0010 => meta.transfer_syntax = text(),
            _ => {}
        }
    }
    if meta.transfer_syntax.is_empty() {
        return Err(bad("file meta information without a transfer syntax"));
    }
    Ok(meta)
}

fn read_up_to(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut have = 0;
    while have < buffer.len() {
        match reader.read(&mut buffer[have..]) {
            Ok(0) => break,
            Ok(n) => have += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(have)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_built_is_read() {
        let mut file = build("1.2.840.10008.5.1.4.1.1.2", "2.25.7", "1.2.840.10008.1.2.1");
        file.extend_from_slice(b"\x08\0\x60\0CS\x02\0CT");
        let mut reader = &file[..];
        let meta = read(&mut reader).expect("our own file");
        assert_eq!(meta.sop_instance, "2.25.7");
        assert_eq!(meta.ahead, b"\x08\0\x60\0CS\x02\0");
        assert_eq!(reader, b"CT");
    }

    #[test]
    fn dicom_rs_reads_it_too() {
        let mut file = build("1.2.840.10008.5.1.4.1.1.2", "2.25.7", "1.2.840.10008.1.2.1");
        file.extend_from_slice(b"\x08\0\x60\0CS\x02\0CT");
        let object = dicom_object::from_reader(&file[..]).expect("a Part 10 file");
        assert_eq!(object.meta().implementation_class_uid(), uid::IMPLEMENTATION_CLASS_UID);
        assert!(uid::is_valid(uid::IMPLEMENTATION_CLASS_UID));
        assert!(uid::IMPLEMENTATION_VERSION.len() <= 16);
    }
}
