//! Finds the data set behind the header of a Part 10 file (PS3.10 7.1).

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::Path,
};

/// Preamble and prefix.
const PREAMBLE: usize = 128;

/// Up to and with the value of (0002,0000).
const HEADER: usize = PREAMBLE + 4 + 12;

/// (0002,0000) UL of four bytes, in Explicit VR Little Endian.
const GROUP_LENGTH: [u8; 8] = [2, 0, 0, 0, b'U', b'L', 4, 0];

/// No file meta group of ours is longer.
const LONGEST_META: u64 = 64 * 1024;

/// Opens a file at its data set; its length in bytes.
pub(super) fn open(path: &Path) -> io::Result<(File, u64)> {
    let mut file = File::open(path)?;
    let mut header = [0; HEADER];
    file.read_exact(&mut header)?;
    let (prefix, element) = header[PREAMBLE..].split_at(4);
    let invalid = |what| io::Error::new(io::ErrorKind::InvalidData, what);
    if prefix != b"DICM" || !element.starts_with(&GROUP_LENGTH) {
        return Err(invalid("not a Part 10 file"));
    }
    let meta = element.last_chunk::<4>().map_or(0, |v| u64::from(u32::from_le_bytes(*v)));
    let begin = HEADER as u64 + meta;
    let length = file.metadata()?.len().checked_sub(begin);
    match length {
        Some(length) if meta <= LONGEST_META && length > 0 => {
            file.seek(SeekFrom::Start(begin))?;
            Ok((file, length))
        }
        _ => Err(invalid("a Part 10 file without a data set")),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn try_open(meta: u32, behind: &[u8], prefix: &[u8; 4]) -> io::Result<(Vec<u8>, u64)> {
        let mut file = tempfile::NamedTempFile::new()?;
        file.write_all(&[0; PREAMBLE])?;
        file.write_all(prefix)?;
        file.write_all(&GROUP_LENGTH)?;
        file.write_all(&meta.to_le_bytes())?;
        file.write_all(behind)?;
        let (mut opened, length) = open(file.path())?;
        let mut rest = Vec::new();
        opened.read_to_end(&mut rest)?;
        Ok((rest, length))
    }

    #[test]
    fn the_data_set_begins_behind_the_meta_group() {
        assert_eq!(try_open(3, b"abcdef", b"DICM").unwrap(), (b"def".to_vec(), 3));
        assert_eq!(try_open(0, b"x", b"DICM").unwrap(), (b"x".to_vec(), 1));
    }

    #[test]
    fn other_files_are_refused() {
        assert!(try_open(0, b"x", b"DIXM").is_err());
        assert!(try_open(6, b"abcdef", b"DICM").is_err(), "no data set");
        assert!(try_open(u32::MAX, b"abcdef", b"DICM").is_err());
        assert!(try_open(LONGEST_META as u32 + 1, &[0; 70_000], b"DICM").is_err());
        assert!(open(Path::new("/nonexistent")).is_err());
        let short = tempfile::NamedTempFile::new().unwrap();
        assert!(open(short.path()).is_err());
    }
}
