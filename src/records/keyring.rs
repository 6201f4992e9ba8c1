//! Keys on disk, apart from the data: the identity that opens kept originals, and the sealed key of the open batch.
//!
//! Layout of the key directory (0700): `identity.txt` (an age X25519 identity, as `age-keygen` writes it) and
//! `batch-<id>.age` (the 32 bytes of the open batch's secret, sealed to that identity), both 0600.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, Permissions},
    io::{self, Read as _, Write as _},
    iter,
    os::unix::fs::{
        DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _,
    },
    path::{Path, PathBuf},
};

use age::{
    Decryptor, Encryptor, secrecy::ExposeSecret as _, secrecy::SecretString, stream, x25519,
};
use zeroize::{Zeroize as _, Zeroizing};

use super::batch::BatchKeys;

const IDENTITY: &str = "identity.txt";

/// The longest key file that is read: both kinds are far shorter.
const LONGEST_KEY_FILE: u64 = 16 * 1024;

/// The keys that a process holds.
pub struct KeyRing {
    recipient: x25519::Recipient,
    identity: x25519::Identity,
    batch: BatchKeys,
}

/// Why keys cannot be used. Names files and remedies, never key material.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file or folder cannot be read or written.
    #[error("{path}: {error}")]
    Io {
        /// The file.
        path: String,
        /// What the system said. Part of the message, so not told a second time as its source.
        error: io::Error,
    },
    /// The content or the permissions are wrong.
    #[error("{path}: {problem}")]
    Unusable {
        /// The file.
        path: String,
        /// What is wrong and what to do.
        problem: String,
    },
}

impl KeyRing {
    /// Opens the keys in `dir`; makes the folder (0700) and what is missing (0600) on the first start.
    /// The second value names the files that were made, for the log.
    ///
    /// # Errors
    /// Unreadable, malformed, readable by others, or in a folder where others may write.
    pub fn open_or_create(dir: &Path) -> Result<(KeyRing, Vec<String>), KeyError> {
        DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(|e| io_error(dir, e))?;
        private(dir, 0o022, "700")?; // that others see the names in a folder of their making is no harm
        // Two processes that start at once make one set of keys: the second waits here, then finds them.
        let folder = File::open(dir).map_err(|e| io_error(dir, e))?;
        folder.lock().map_err(|e| io_error(dir, e))?;
        sweep(dir)?;

        let mut made = Vec::new();
        let identity_file = dir.join(IDENTITY);
        let batch_file = batch_file(dir)?;
        if !identity_file.exists() {
            if let Some((path, _)) = &batch_file {
                return Err(unusable(
                    path,
                    format!(
                        "is sealed to an identity that is missing: restore {IDENTITY} beside it from the backup"
                    ),
                ));
            }
            create(
                &folder,
                &identity_file,
                identity_text(&x25519::Identity::generate()).as_bytes(),
            )?;
            made.push(identity_file.display().to_string());
        }
        let identity = read_identity(&identity_file)?;
        let recipient = identity.to_public();

        let (path, id) = match batch_file {
            Some(found) => found,
            None => {
                let id = new_batch_id().map_err(|e| io_error(dir, e))?;
                let path = dir.join(format!("batch-{id}.age"));
                let secret = random_secret().map_err(|e| io_error(&path, e))?;
                let sealed = age::encrypt(&recipient, secret.as_ref())
                    .map_err(|e| io_error(&path, io::Error::other(e)))?;
                create(&folder, &path, &sealed)?;
                made.push(path.display().to_string());
                (path, id)
            }
        };
        // Read back what was just made, too: a key that cannot be opened again must not be used.
        let batch = BatchKeys::derive(&id, &*read_secret(&path, &identity)?);
        Ok((KeyRing { recipient, identity, batch }, made))
    }

    /// Keys in memory only, for tests and for one-off runs over files.
    pub fn ephemeral() -> KeyRing {
        let identity = x25519::Identity::generate();
        // The identity is 256 bits from the system's generator; hashing its text gives a secret of its own.
        let text = identity.to_string();
        let secret: Zeroizing<[u8; 32]> =
            Zeroizing::new(<sha2::Sha256 as sha2::Digest>::digest(text.expose_secret()).into());
        let batch = BatchKeys::derive("ephemeral", &secret);
        KeyRing { recipient: identity.to_public(), identity, batch }
    }

    /// The open batch.
    pub fn batch(&self) -> &BatchKeys {
        &self.batch
    }

    /// Wraps a writer so that what is written is sealed (`age`, X25519) to the quarantine recipient.
    /// Complete it with [`stream::StreamWriter::finish`], or it cannot be opened.
    ///
    /// # Errors
    /// Writing the header failed.
    pub fn seal<W: io::Write>(&self, writer: W) -> io::Result<stream::StreamWriter<W>> {
        Encryptor::with_recipients(iter::once(&self.recipient as &dyn age::Recipient))
            .map_err(io::Error::other)?
            .wrap_output(writer)
    }

    /// Opens what [`KeyRing::seal`] closed. The header is read in small pieces: give a buffered reader.
    ///
    /// # Errors
    /// Not ours, damaged, or the identity is not here.
    pub fn open<R: io::Read>(&self, reader: R) -> io::Result<stream::StreamReader<R>> {
        Decryptor::new(reader)
            .and_then(|sealed| sealed.decrypt(iter::once(&self.identity as &dyn age::Identity)))
            .map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e))
    }
}

/// The batch file of the folder, with the batch's id.
fn batch_file(dir: &Path) -> Result<Option<(PathBuf, String)>, KeyError> {
    let mut found: Option<(PathBuf, String)> = None;
    for entry in fs::read_dir(dir).map_err(|e| io_error(dir, e))? {
        let entry = entry.map_err(|e| io_error(dir, e))?;
        let name = entry.file_name();
        let Some(id) = name
            .to_str()
            .and_then(|name| name.strip_prefix("batch-"))
            .and_then(|name| name.strip_suffix(".age"))
        else {
            continue;
        };
        if let Some((first, _)) = &found {
            return Err(unusable(
                &entry.path(),
                format!(
                    "a second open batch beside {}: move one of them elsewhere",
                    first.display()
                ),
            ));
        }
        found = Some((entry.path(), id.to_owned()));
    }
    Ok(found)
}

fn read_identity(path: &Path) -> Result<x25519::Identity, KeyError> {
    let bytes = read_private(path)?;
    let text = std::str::from_utf8(&bytes).unwrap_or_default();
    let mut keys =
        text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    match (keys.next().map(str::parse::<x25519::Identity>), keys.next()) {
        (Some(Ok(identity)), None) => Ok(identity),
        _ => Err(unusable(
            path,
            "is not one age X25519 identity (a line that starts with AGE-SECRET-KEY-1): restore it from the backup; \
             without it kept originals cannot be opened"
                .into(),
        )),
    }
}

fn read_secret(path: &Path, identity: &x25519::Identity) -> Result<Zeroizing<[u8; 32]>, KeyError> {
    let sealed = read_private(path)?;
    let secret = age::decrypt(identity, &sealed).map(Zeroizing::new).map_err(|e| {
        unusable(
            path,
            format!("cannot be opened with {IDENTITY} ({e}): restore both from the same backup"),
        )
    })?;
    let mut bytes = Zeroizing::new([0; 32]);
    if secret.len() != bytes.len() {
        return Err(unusable(
            path,
            "does not hold a key of 32 bytes: restore it from the backup".into(),
        ));
    }
    bytes.copy_from_slice(&secret);
    Ok(bytes)
}

/// Reads a file that only its owner may read.
fn read_private(path: &Path) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    private(path, 0o077, "600")?;
    let file = File::open(path).map_err(|e| io_error(path, e))?;
    let mut bytes = Zeroizing::new(Vec::with_capacity(LONGEST_KEY_FILE as usize));
    file.take(LONGEST_KEY_FILE).read_to_end(&mut bytes).map_err(|e| io_error(path, e))?;
    Ok(bytes)
}

/// Refuses a file or folder of whose permissions any is among `forbidden`.
fn private(path: &Path, forbidden: u32, mode: &str) -> Result<(), KeyError> {
    let metadata = fs::metadata(path).map_err(|e| io_error(path, e))?;
    if metadata.mode() & forbidden != 0 {
        return Err(unusable(
            path,
            format!(
                "may be read or changed by others (mode {:o}): chmod {mode} it",
                metadata.mode() & 0o777
            ),
        ));
    }
    Ok(())
}

/// Removes what a crash left of [`create`]. The folder is locked: nobody is writing there.
fn sweep(dir: &Path) -> Result<(), KeyError> {
    for entry in fs::read_dir(dir).map_err(|e| io_error(dir, e))?.flatten() {
        if entry.file_name().as_encoded_bytes().ends_with(b".partial") {
            fs::remove_file(entry.path()).map_err(|e| io_error(&entry.path(), e))?;
        }
    }
    Ok(())
}

/// Makes a file whole or not at all, on stable storage when this returns.
fn create(folder: &File, path: &Path, content: &[u8]) -> Result<(), KeyError> {
    let mut partial = path.as_os_str().to_owned();
    partial.push(".partial");
    let write = || {
        let mut file =
            OpenOptions::new().write(true).create_new(true).mode(0o600).open(&partial)?;
        file.set_permissions(Permissions::from_mode(0o600))?; // whatever the umask says
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&partial, path)?;
        folder.sync_all()
    };
    write().map_err(|e| io_error(path, e))
}

/// The identity file, in the form that `age-keygen` writes and `age --decrypt --identity` reads.
fn identity_text(identity: &x25519::Identity) -> Zeroizing<String> {
    let secret: SecretString = identity.to_string();
    Zeroizing::new(format!(
        "# Opens the originals that Tokumei kept back. Keep a copy apart from the data.\n# public key: {}\n{}\n",
        identity.to_public(),
        secret.expose_secret()
    ))
}

/// The day, for the operator, and 40 random bits: says nothing of the key (standards 1.3, `keys`).
fn new_batch_id() -> io::Result<String> {
    let mut random = [0; 5];
    getrandom::fill(&mut random)?;
    let day = jiff::Timestamp::now().strftime("%Y%m%d").to_string();
    Ok(random.iter().fold(day + "-", |id, byte| id + &format!("{byte:02x}")))
}

fn random_secret() -> io::Result<Zeroizing<[u8; 32]>> {
    let mut secret = Zeroizing::new([0; 32]);
    getrandom::fill(secret.as_mut()).inspect_err(|_| secret.zeroize())?;
    Ok(secret)
}

fn io_error(path: &Path, error: io::Error) -> KeyError {
    KeyError::Io { path: path.display().to_string(), error }
}

fn unusable(path: &Path, problem: String) -> KeyError {
    KeyError::Unusable { path: path.display().to_string(), problem }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().mode() & 0o777
    }

    fn problem(dir: &Path) -> String {
        match KeyRing::open_or_create(dir) {
            Ok(_) => panic!("opened"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn first_start_makes_private_keys_and_the_next_finds_them() {
        let dir = tempfile::tempdir().unwrap();
        let keys = dir.path().join("deep/keys");
        let (first, made) = KeyRing::open_or_create(&keys).unwrap();
        assert_eq!(made.len(), 2);
        assert_eq!(mode(&keys), 0o700);
        for file in &made {
            assert_eq!(mode(Path::new(file)), 0o600);
        }
        let (second, made) = KeyRing::open_or_create(&keys).unwrap();
        assert!(made.is_empty());
        assert_eq!(first.batch().id(), second.batch().id());
        assert_eq!(first.batch().uid(b"1.2.3"), second.batch().uid(b"1.2.3"));
        assert_eq!(fs::read_dir(&keys).unwrap().count(), 2);
    }

    #[test]
    fn eight_starts_at_once_agree() {
        let dir = tempfile::tempdir().unwrap();
        let keys = dir.path().join("keys");
        let answers: std::collections::HashSet<String> = std::thread::scope(|scope| {
            let starts: Vec<_> = (0..8)
                .map(|_| {
                    scope.spawn(|| KeyRing::open_or_create(&keys).unwrap().0.batch().uid(b"1.2.3"))
                })
                .collect();
            starts.into_iter().map(|start| start.join().unwrap()).collect()
        });
        assert_eq!(answers.len(), 1);
    }

    #[test]
    fn keys_that_others_can_read_are_refused_with_the_remedy() {
        let dir = tempfile::tempdir().unwrap();
        KeyRing::open_or_create(dir.path()).unwrap();
        let identity = dir.path().join(IDENTITY);
        fs::set_permissions(&identity, Permissions::from_mode(0o640)).unwrap();
        let text = problem(dir.path());
        assert!(text.contains("identity.txt") && text.contains("chmod 600"), "{text}");
        fs::set_permissions(&identity, Permissions::from_mode(0o600)).unwrap();
        fs::set_permissions(dir.path(), Permissions::from_mode(0o775)).unwrap();
        let text = problem(dir.path());
        assert!(text.contains("chmod 700"), "{text}");
    }

    #[test]
    fn lost_or_damaged_keys_are_never_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let (_, made) = KeyRing::open_or_create(dir.path()).unwrap();
        let identity = dir.path().join(IDENTITY);
        let batch = PathBuf::from(&made[1]);
        let text = fs::read_to_string(&identity).unwrap();

        fs::rename(&identity, dir.path().join("elsewhere")).unwrap();
        assert!(problem(dir.path()).contains("restore identity.txt"));
        assert!(!identity.exists());

        let key = text.lines().last().unwrap();
        create(&File::open(dir.path()).unwrap(), &identity, &key.as_bytes()[..40]).unwrap();
        let told = problem(dir.path());
        assert!(told.contains("backup") && !told.contains(&key[..40]), "{told}");

        fs::remove_file(&identity).unwrap();
        let other = identity_text(&x25519::Identity::generate());
        create(&File::open(dir.path()).unwrap(), &identity, other.as_bytes()).unwrap();
        assert!(problem(dir.path()).contains("same backup"));

        fs::rename(dir.path().join("elsewhere"), &identity).unwrap();
        fs::copy(&batch, dir.path().join("batch-other.age")).unwrap();
        assert!(problem(dir.path()).contains("second open batch"));
    }

    #[test]
    fn what_a_crash_left_half_made_is_swept() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("identity.txt.partial"), "half").unwrap();
        let (_, made) = KeyRing::open_or_create(dir.path()).unwrap();
        assert_eq!(made.len(), 2);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2);
    }

    #[test]
    fn sealed_text_opens_only_whole_and_with_the_identity() {
        let keys = KeyRing::ephemeral();
        let plain = b"Yamada^Tarou".repeat(20_000);
        let mut writer = keys.seal(Vec::new()).unwrap();
        writer.write_all(&plain).unwrap();
        let sealed = writer.finish().unwrap();
        assert!(!sealed.windows(6).any(|window| window == b"Yamada"));
        let open = |keys: &KeyRing, sealed: &[u8]| {
            let mut text = Vec::new();
            keys.open(sealed).and_then(|mut reader| reader.read_to_end(&mut text)).map(|_| text)
        };
        assert_eq!(open(&keys, &sealed).unwrap(), plain);
        assert!(open(&keys, &sealed[..sealed.len() - 70_000]).is_err());
        assert!(open(&keys, b"not sealed").is_err());
        assert!(open(&KeyRing::ephemeral(), &sealed).is_err());
        assert_ne!(KeyRing::ephemeral().batch().uid(b"1.2"), keys.batch().uid(b"1.2"));
    }
}
