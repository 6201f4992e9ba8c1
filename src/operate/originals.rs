//! Sealed originals and the keys that open them: what an operator is told where they do not fit.

use std::{
    fmt,
    fs::{self, File},
    io::{self, BufReader, Read},
    path::Path,
    sync::Arc,
};

use age::DecryptError;

use super::{config::Config, head};
use crate::{
    inspect::echo::Echo,
    policy::{Problem, checks::Checks, options::Options},
    receive::collect::Received,
    records::{Reason, keyring::KeyRing},
    store::{ObjectId, Store, StoreError},
};

/// The header of an original is read up to here to compare texts with it, whatever the gateway's own bound is.
const LONGEST_HEADER: usize = 256 << 20;

/// Sealed files that are tried with the keys at a start.
const TRIED: usize = 16;

/// Why a sealed original does not open.
#[derive(Debug)]
enum Unopened {
    /// It was sealed to another identity.
    OtherIdentity,
    /// It is cut short or changed.
    Damaged,
}

impl Unopened {
    /// Reads what opening or reading said; `None` where it is something else.
    fn of(error: &io::Error) -> Option<Unopened> {
        let decrypt = error.get_ref().and_then(|e| e.downcast_ref::<DecryptError>());
        match (decrypt, error.kind()) {
            (Some(DecryptError::NoMatchingKeys), _) => Some(Unopened::OtherIdentity),
            (Some(_), _) | (None, io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof) => {
                Some(Unopened::Damaged)
            }
            _ => None,
        }
    }
}

impl fmt::Display for Unopened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Unopened::OtherIdentity => {
                "the sealed original belongs to another identity than the one in the key folder: put the keys back \
                 with which it was kept (TOKUMEI_KEY_DIR names the folder), or reject the object"
            }
            Unopened::Damaged => {
                "the sealed original is damaged (cut short or changed): put its file back from a backup of the data \
                 folder, or reject the object and have it sent again"
            }
        })
    }
}

impl std::error::Error for Unopened {}

/// Opens the sealed original of a kept object.
///
/// # Errors
/// Not kept, sealed to another identity, or damaged.
pub(super) fn open(store: &Store, id: ObjectId) -> anyhow::Result<impl Read> {
    let inner = store.original(id).map_err(|error| match &error {
        StoreError::Io(cause) => match Unopened::of(cause) {
            Some(why) => anyhow::anyhow!("object {id}: {why}"),
            None => anyhow::Error::new(error)
                .context(format!("object {id}: its sealed original cannot be read")),
        },
        _ => error.into(),
    })?;
    Ok(Opened(inner))
}

/// An opened original, which says in plain words that it is damaged.
struct Opened(Box<dyn Read + Send>);

impl Read for Opened {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer).map_err(|error| match Unopened::of(&error) {
            Some(why) => io::Error::other(why),
            None => error,
        })
    }
}

/// The header of a kept original, with long values that the gateway would not keep in memory; `None` where it is past
/// every bound.
///
/// # Errors
/// As [`open`]; or it cannot be read.
pub(super) fn header(
    store: &Store,
    id: ObjectId,
    config: &Config,
) -> anyhow::Result<Option<Received>> {
    let mut limits = config.limits;
    limits.header_bytes = limits.header_bytes.max(LONGEST_HEADER);
    limits.long_value_bytes = u32::try_from(limits.header_bytes).unwrap_or(u32::MAX);
    head::read(open(store, id)?, limits)
}

/// Which of some texts of an operator name what the sealed original identifies a person by; `None` where the original
/// cannot be looked at.
pub(super) fn named<'t>(
    store: &Store,
    id: ObjectId,
    config: &Config,
    checks: &Checks,
    texts: &[(&'t str, &str)],
) -> Option<Vec<(&'t str, Reason)>> {
    let received = header(store, id, config).ok()??;
    let echo = Echo::gather(checks, received.data_set(), Options::NONE);
    let found = texts.iter().filter_map(|(option, text)| {
        echo.search_text(text, || (*option).to_owned()).map(|reason| (*option, reason))
    });
    Some(found.collect())
}

/// Opens the keys, or makes them where nothing was sealed yet; the second value names the files that were made.
///
/// # Errors
/// The keys cannot be used, or are not those of the sealed originals.
pub(super) fn keys(config: &Config) -> anyhow::Result<(Arc<KeyRing>, Vec<String>)> {
    if let Some(problem) = lost(config) {
        anyhow::bail!("{problem}");
    }
    let (keys, made) = KeyRing::open_or_create(&config.key_dir)?;
    if let Some(problem) = strange(config, &keys) {
        anyhow::bail!("{problem}");
    }
    Ok((Arc::new(keys), made))
}

/// Originals are sealed, and no identity is there: a new one must not be made silently.
pub(super) fn lost(config: &Config) -> Option<Problem> {
    let identity = config.key_dir.join("identity.txt");
    let kept = !identity.exists() && sealed(&config.store.directory).next().is_some();
    kept.then(|| unfit(config, &identity, "is missing, and originals are sealed to it"))
}

/// Originals are sealed to another identity.
pub(super) fn strange(config: &Config, keys: &KeyRing) -> Option<Problem> {
    let other = sealed(&config.store.directory).take(TRIED).any(|file| {
        let opened = File::open(file).and_then(|file| keys.open(BufReader::new(file)).map(drop));
        matches!(opened.err().as_ref().and_then(Unopened::of), Some(Unopened::OtherIdentity))
    });
    let identity = config.key_dir.join("identity.txt");
    other.then(|| unfit(config, &identity, "is not the identity that originals are sealed to"))
}

fn unfit(config: &Config, identity: &Path, what: &str) -> Problem {
    let folder = config.store.directory.join("sealed");
    Problem {
        file: identity.display().to_string(),
        line: 0,
        key: String::new(),
        message: format!("{what} ({})", folder.display()),
        remedy: "Put the old keys back; or move the sealed folder away, if what was kept back may be lost"
            .to_owned(),
    }
}

fn sealed(data: &Path) -> impl Iterator<Item = std::path::PathBuf> {
    let entries = fs::read_dir(data.join("sealed")).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.path())
        .filter(|path| path.is_file() && path.extension().is_some_and(|e| e == "age"))
}
