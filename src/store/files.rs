//! Files under way into the store: private, named `….part` until their commit, and gone unless committed.

use std::{
    collections::HashSet,
    ffi::OsString,
    fs::{self, File, OpenOptions},
    io::{self, BufReader, BufWriter, Read, Seek as _, SeekFrom, Write},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use age::stream::StreamWriter;
use crc32fast::Hasher;

use super::folder::Folder;
use crate::{dicom::uid, records::keyring::KeyRing};

/// Small writes are gathered up to this; larger ones go straight through.
const BUFFER: usize = 64 * 1024;

/// Objects with the same UID that wait at once. More of them means a sender in a loop.
const SAME_NAME: u32 = 10_000;

/// Behind the final name of a file that is not complete. What has another name may have been acknowledged.
pub(super) const PART: &str = ".part";

/// What is in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A de-identified Part 10 file.
    Outgoing,
    /// An original, encrypted.
    Sealed,
}

/// A file that is removed with this value unless it was kept.
struct Guard {
    /// Where it is.
    path: PathBuf,
    /// Where it will be.
    last: PathBuf,
    keep: bool,
}

impl Drop for Guard {
    fn drop(&mut self) {
        if !self.keep {
            remove(&self.path);
        }
    }
}

/// Removes a file that has no row (any more). What cannot be removed now is removed at the next start.
pub(super) fn remove(path: &Path) {
    if let Err(error) = fs::remove_file(path)
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::warn!(file = %path.display(), %error, "file not removed; the next start tries again");
    }
}

/// The file itself: counts and sums what reaches it.
struct Summed {
    file: File,
    length: u64,
    sum: Hasher,
}

impl Write for Summed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        let (taken, _) = bytes.split_at_checked(written).unwrap_or((bytes, &[]));
        self.sum.update(taken);
        self.length += taken.len() as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

enum Sink {
    Plain(BufWriter<Summed>),
    Sealed(Box<StreamWriter<BufWriter<Summed>>>),
}

/// A file under way into the store. Dropped unfinished, or finished but not committed, it is removed.
pub struct NewFile {
    // Before the guard: closed first, then removed.
    sink: Sink,
    guard: Guard,
    folder: Arc<Folder>,
}

impl NewFile {
    /// `outgoing/<uid>.dcm`, or with `-2`, `-3` … where that waits already, or is one of `taken` (relative to the data
    /// directory).
    pub(super) fn outgoing(
        folder: &Arc<Folder>,
        taken: &HashSet<String>,
        uid: &str,
    ) -> io::Result<NewFile> {
        if !uid::is_valid(uid) {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "not a UID, unfit for a file name",
            ));
        }
        for number in 1..=SAME_NAME {
            let name =
                if number == 1 { format!("{uid}.dcm") } else { format!("{uid}-{number}.dcm") };
            let last = folder.path().join(name);
            if !taken.is_empty() && taken.contains(&relative(folder, &last)?) {
                continue;
            }
            if let Some((file, guard)) = create(last)? {
                let sink = Sink::Plain(BufWriter::with_capacity(BUFFER, file));
                return Ok(NewFile { sink, guard, folder: Arc::clone(folder) });
            }
        }
        Err(io::Error::new(io::ErrorKind::AlreadyExists, "too many objects of one UID wait"))
    }

    /// `sealed/<random>.age`: the name says nothing.
    pub(super) fn sealed(folder: &Arc<Folder>, keys: &KeyRing) -> io::Result<NewFile> {
        let mut random = [0; 16];
        getrandom::fill(&mut random)?;
        let name = format!("{:032x}.age", u128::from_be_bytes(random));
        let Some((file, guard)) = create(folder.path().join(name))? else {
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, "a random name came twice"));
        };
        let sealed = keys.seal(BufWriter::with_capacity(BUFFER, file))?;
        Ok(NewFile { sink: Sink::Sealed(Box::new(sealed)), guard, folder: Arc::clone(folder) })
    }

    /// Completes the file. It reaches the disk together with its row, in [`super::Store::commit`].
    ///
    /// # Errors
    /// A write failed; the file is removed.
    pub fn finish(self) -> io::Result<DurableFile> {
        let NewFile { sink, guard, folder } = self;
        let (kind, buffer) = match sink {
            Sink::Plain(buffer) => (Kind::Outgoing, buffer),
            Sink::Sealed(sealed) => (Kind::Sealed, sealed.finish()?),
        };
        let Summed { file, length, sum } =
            buffer.into_inner().map_err(|error| error.into_error())?;
        let metadata = file.metadata()?;
        if metadata.nlink() == 0 || metadata.len() != length {
            return Err(io::Error::other("the file was removed or changed while it was written"));
        }
        Ok(DurableFile { file, guard, folder, kind, length, checksum: sum.finalize() })
    }

    /// Reads back what was written so far (outgoing files only), from `offset`.
    ///
    /// # Errors
    /// Reading failed, or the file is sealed.
    pub fn read_back(&mut self, offset: u64) -> io::Result<Box<dyn Read + Send>> {
        let Sink::Plain(buffer) = &mut self.sink else {
            return Err(io::Error::new(
                io::ErrorKind::Unsupported,
                "a sealed file is not read back",
            ));
        };
        buffer.flush()?;
        let mut file = File::open(&self.guard.path)?;
        file.seek(SeekFrom::Start(offset))?;
        Ok(Box::new(BufReader::with_capacity(BUFFER, file)))
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.sink {
            Sink::Plain(buffer) => buffer.write(bytes),
            Sink::Sealed(sealed) => sealed.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.sink {
            Sink::Plain(buffer) => buffer.flush(),
            Sink::Sealed(sealed) => sealed.flush(),
        }
    }
}

/// Makes the file under its name for now, locked, or nothing where its name or its final name is taken.
///
/// The lock tells a gateway that starts now that somebody is at work here: see `recover`.
fn create(last: PathBuf) -> io::Result<Option<(Summed, Guard)>> {
    if last.try_exists()? {
        return Ok(None); // the usual case of a taken name: nothing is made and removed
    }
    let mut path = OsString::from(&last);
    path.push(PART);
    let path = PathBuf::from(path);
    let file = match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(None),
        Err(error) => return Err(error),
    };
    let guard = Guard { path, last, keep: false };
    file.try_lock()?;
    // Only who has the name for now may take the final one: it stays free from here on, if it is free here.
    if guard.last.try_exists()? {
        return Ok(None);
    }
    Ok(Some((Summed { file, length: 0, sum: Hasher::new() }, guard)))
}

/// A complete file, not yet in the index; removed when dropped uncommitted.
pub struct DurableFile {
    file: File,
    guard: Guard,
    folder: Arc<Folder>,
    kind: Kind,
    length: u64,
    checksum: u32,
}

impl DurableFile {
    /// Its length in bytes.
    pub fn length(&self) -> u64 {
        self.length
    }

    pub(super) fn kind(&self) -> Kind {
        self.kind
    }

    pub(super) fn checksum(&self) -> u32 {
        self.checksum
    }

    /// Its final path, relative to the data directory.
    pub(super) fn name(&self) -> io::Result<String> {
        relative(&self.folder, &self.guard.last)
    }

    /// Gives it its final name. To be done before its row is written: a row never names a file that is not there.
    pub(super) fn settle_name(&mut self) -> io::Result<()> {
        fs::rename(&self.guard.path, &self.guard.last)?;
        self.guard.path.clone_from(&self.guard.last);
        Ok(())
    }

    /// Brings content and directory entry to stable storage, side by side.
    pub(super) fn flush(&self) -> io::Result<()> {
        let entry = self.folder.begin_sync();
        self.file.sync_data()?;
        self.folder.wait(entry)
    }

    /// From here on the file belongs to its row.
    pub(super) fn keep(mut self) {
        self.guard.keep = true;
    }
}

/// A file's path, relative to the data directory.
fn relative(folder: &Folder, path: &Path) -> io::Result<String> {
    let name = |path: &Path| path.file_name()?.to_str().map(str::to_owned);
    match (name(folder.path()), name(path)) {
        (Some(folder), Some(name)) => Ok(format!("{folder}/{name}")),
        _ => Err(io::Error::other("a file without a name")),
    }
}
