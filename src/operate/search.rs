//! Looks for identities in bytes and files, in every writing that Japanese systems use. It shares nothing with the
//! gateway's own checks: the demo and the canaries are judged by it.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

use aho_corasick::{AhoCorasick, AhoCorasickBuilder};

use super::demo::objects::{Charset, Value};

/// Shorter writings are met by chance.
const SHORTEST: usize = 3;
/// In sealed files, which look random, only these are evidence.
const SHORTEST_IN_SEALED: usize = 6;
/// How a sealed file begins.
const SEALED: &[u8] = b"age-encryption.org/";

/// Identities to look for.
pub(super) struct Search {
    automaton: AhoCorasick,
    /// For each pattern: the identity that it writes, and its length.
    patterns: Vec<(usize, usize)>,
    /// How many identities there are.
    pub identities: usize,
}

impl Search {
    /// Prepares a search for values in all their writings; case does not matter.
    ///
    /// # Errors
    /// Too many values.
    pub fn new(values: &BTreeSet<String>) -> anyhow::Result<Search> {
        let mut texts = Vec::new();
        let mut patterns = Vec::new();
        for (identity, value) in values.iter().enumerate() {
            for writing in writings(value) {
                patterns.push((identity, writing.len()));
                texts.push(writing);
            }
        }
        let automaton = AhoCorasickBuilder::new().ascii_case_insensitive(true).build(&texts)?;
        Ok(Search { automaton, patterns, identities: values.len() })
    }

    /// The number of the identity that occurs first in the bytes, and where.
    pub fn first(&self, bytes: &[u8]) -> Option<(usize, usize)> {
        self.automaton.find_overlapping_iter(bytes).find_map(|hit| {
            let (identity, length) = self.patterns.get(hit.pattern().as_usize())?;
            (*length >= SHORTEST).then_some((*identity, hit.start()))
        })
    }

    /// The numbers of the identities that occur in the bytes.
    pub fn find(&self, bytes: &[u8]) -> BTreeSet<usize> {
        let shortest = if bytes.starts_with(SEALED) { SHORTEST_IN_SEALED } else { SHORTEST };
        self.automaton
            .find_overlapping_iter(bytes)
            .filter_map(|hit| self.patterns.get(hit.pattern().as_usize()))
            .filter(|(_, length)| *length >= shortest)
            .map(|(identity, _)| *identity)
            .collect()
    }

    /// Looks into every file of a folder, and at its name. Gives the number of files, and those in which an identity
    /// was found.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn folder(&self, folder: &Path) -> io::Result<(usize, Vec<PathBuf>)> {
        let mut found = Vec::new();
        let files = files(folder)?;
        for path in &files {
            let name = path.strip_prefix(folder).unwrap_or(path).to_string_lossy().into_owned();
            if !self.find(&fs::read(path)?).is_empty() || !self.find(name.as_bytes()).is_empty() {
                found.push(path.clone());
            }
        }
        Ok((files.len(), found))
    }
}

/// All files under a folder.
fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut out = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() {
                out.push(entry.path());
            }
        }
    }
    Ok(out)
}

/// A value in UTF-8, UTF-16, Shift_JIS, EUC-JP and ISO 2022.
fn writings(value: &str) -> BTreeSet<Vec<u8>> {
    let utf16 = value.encode_utf16();
    let mut out = BTreeSet::from([
        value.as_bytes().to_vec(),
        utf16.clone().flat_map(u16::to_le_bytes).collect(),
        utf16.flat_map(u16::to_be_bytes).collect(),
        encoding_rs::SHIFT_JIS.encode(value).0.into_owned(),
        encoding_rs::EUC_JP.encode(value).0.into_owned(),
    ]);
    for charset in [Charset::Ir87, Charset::Ir13Ir87] {
        if let Value::Text(bytes) = charset.encode(value) {
            // The escape behind it stands elsewhere where more text follows.
            let open = bytes.strip_suffix(b"\x1b(B").or_else(|| bytes.strip_suffix(b"\x1b(J"));
            out.extend(open.map(<[u8]>::to_vec));
            out.insert(bytes);
        }
    }
    out.retain(|w| w.len() >= SHORTEST);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn search() -> Search {
        Search::new(&["Yamada", "山田", "ZZ-0000123"].map(str::to_owned).into()).unwrap()
    }

    #[test]
    fn identities_are_found_in_every_writing() {
        for bytes in [
            &b"x YAMADA y"[..],
            "山田".as_bytes(),
            b"\x8eR\x93c",
            b"\xbb\xb3\xc5\xc4",
            b"\x1b$B;3ED\x1b(B",
            b"Y\0a\0m\0a\0d\0a\0",
        ] {
            assert_eq!(search().find(bytes).len(), 1, "{bytes:?}");
        }
        assert!(search().find(b"Yama da, ZZ-000012").is_empty());
    }

    #[test]
    fn chance_hits_in_sealed_files_do_not_count() {
        assert!(search().find(b"age-encryption.org/v1 \x8eR\x93c").is_empty());
        assert_eq!(search().find(b"age-encryption.org/v1 Yamada").len(), 1);
    }

    #[test]
    fn folders_are_searched_with_their_names() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("a")).unwrap();
        fs::write(dir.path().join("a/clean"), "nothing").unwrap();
        fs::write(dir.path().join("a/dirty"), "yamada").unwrap();
        fs::write(dir.path().join("zz-0000123.dcm"), "nothing").unwrap();
        let (count, found) = search().folder(dir.path()).unwrap();
        assert_eq!((count, found.len()), (3, 2));
    }
}
