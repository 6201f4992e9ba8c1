//! Reading rule and configuration files so that every problem is found at once, with file, line, key and remedy.
//!
//! Serde stops at the first mistake. [`Source::read`] takes out what was wrong, remembers it, and tries again until the
//! rest fits: so the mistakes of a whole file come in one list, and nobody mends a file in ten rounds.

mod tree;
mod wording;

use std::{
    collections::{HashMap, HashSet},
    fmt, fs, io,
    path::Path,
};

use serde::de::DeserializeOwned;

use tree::{Node, Step, Tree};
use wording::Fault;

/// Mistakes reported for one file; past this the rest is left for the next round.
const MAX_PROBLEMS: usize = 200;

/// One thing that is wrong in a file. The start is refused while there is any.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Problem {
    /// The file as given.
    pub file: String,
    /// The line, from 1; 0 where it is not known.
    pub line: usize,
    /// The key's path: `destinations[0].address`.
    pub key: String,
    /// What is wrong. Never repeats a value from the file (it could be a secret).
    pub message: String,
    /// What to do.
    pub remedy: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: ", self.file)?,
            line => write!(f, "{}:{line}: ", self.file)?,
        }
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        write!(f, "{}. {}", self.message, self.remedy)
    }
}

/// The id of a rule, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The id: reasons and reports name the rule by it.
    pub id: String,
    /// The file as given.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The key's path.
    pub key: String,
}

/// A problem for each id that stands in several places: a reason that names it would say nothing.
pub fn several<'n>(ids: impl Iterator<Item = &'n Named>) -> Vec<Problem> {
    let mut first: HashMap<&str, &Named> = HashMap::new();
    let mut problems = Vec::new();
    for named in ids {
        let Named { id, file, line, key } = named;
        let Some(other) = first.get(id.as_str()) else {
            first.insert(id, named);
            continue;
        };
        problems.push(Problem {
            file: file.clone(),
            line: *line,
            key: key.clone(),
            message: format!("this id stands already in {}:{}", other.file, other.line),
            remedy: "Choose another id".to_owned(),
        });
    }
    problems
}

/// A file that gives no text.
pub enum Unread {
    /// The system refuses it.
    Io(io::Error),
    /// It is not UTF-8; whether it looks like UTF-16.
    Encoding(bool),
}

impl Unread {
    /// Whether there is no such file.
    pub fn is_missing(&self) -> bool {
        matches!(self, Unread::Io(error) if error.kind() == io::ErrorKind::NotFound)
    }

    /// The problem of a file, named as given.
    pub fn problem(&self, file: &str) -> Problem {
        let (message, remedy) = match self {
            Unread::Io(error) => {
                (format!("the file cannot be read ({error})"), "Name a file that can be read")
            }
            Unread::Encoding(true) => ("the file is UTF-16".to_owned(), "Save the file as UTF-8"),
            Unread::Encoding(false) => {
                ("the file is not UTF-8 text".to_owned(), "Save the file as UTF-8")
            }
        };
        Problem {
            file: file.to_owned(),
            line: 0,
            key: String::new(),
            message,
            remedy: remedy.to_owned(),
        }
    }
}

/// The text of a file that people wrote, in UTF-8.
///
/// # Errors
/// [`Unread`]
pub fn text(path: &Path) -> Result<String, Unread> {
    let bytes = fs::read(path).map_err(Unread::Io)?;
    let marked = bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]);
    if marked || bytes.contains(&0) {
        return Err(Unread::Encoding(true));
    }
    String::from_utf8(bytes).map_err(|_| Unread::Encoding(false))
}

/// A parsed YAML file that knows on which line each key stands.
pub struct Source {
    file: String,
    tree: Tree,
}

impl Source {
    /// Parses YAML text: one document, a map at its top, no anchors, aliases or tags (an alias could explode, and a
    /// rule should say what it means where it stands). Repeated keys are reported by [`Source::read`] with the rest.
    ///
    /// # Errors
    /// The text is not YAML of this kind.
    pub fn parse(file: &str, text: &str) -> Result<Source, Vec<Problem>> {
        // Some editors begin a file of UTF-8 with a mark.
        match Tree::parse(text.strip_prefix('\u{feff}').unwrap_or(text)) {
            Ok(tree) => Ok(Source { file: file.to_owned(), tree }),
            Err((line, message)) => Err(vec![Problem {
                file: file.to_owned(),
                line,
                key: String::new(),
                message,
                remedy: "Mend the text there; nothing behind it was read".to_owned(),
            }]),
        }
    }

    /// Deserialises the whole file, gathering **all** problems: unknown and repeated keys, missing keys and wrong
    /// types of every section and list item are reported together, not only the first.
    ///
    /// # Errors
    /// All that was found.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, Vec<Problem>> {
        match self.read_what_fits() {
            (Some(value), problems) if problems.is_empty() => Ok(value),
            (_, problems) => Err(problems),
        }
    }

    /// As [`Source::read`], and gives what is left of the file once everything wrong was taken out, so that a caller
    /// can go on to check the meaning of the rest. Such a value must not be used for anything else while there are
    /// problems.
    pub fn read_what_fits<T: DeserializeOwned>(&self) -> (Option<T>, Vec<Problem>) {
        let mut problems: Vec<Problem> = self
            .tree
            .repeated
            .iter()
            .map(|(key, line, first)| Problem {
                file: self.file.clone(),
                line: *line,
                key: key.clone(),
                message: format!("this key stands already on line {first}"),
                remedy: "Remove one of the two".to_owned(),
            })
            .collect();
        let value = self.repair(&mut problems);
        problems.sort_by_key(|p| p.line);
        (value, problems)
    }

    /// Deserialises; while that fails, takes out the part that fails and tries again.
    fn repair<T: DeserializeOwned>(&self, problems: &mut Vec<Problem>) -> Option<T> {
        let mut root = self.tree.root.clone();
        let mut handled: HashSet<String> = HashSet::new();
        let mut stand_in: Option<StandIn> = None;
        loop {
            let error = match serde_path_to_error::deserialize(root.to_value()) {
                Ok(value) => return Some(value),
                Err(error) => error,
            };
            let steps = root.steps(error.path());
            let (path, line) = root.place(&steps);
            let fault = Fault::of(&error.inner().to_string());
            // A stand-in for a missing key did not fit: try the next kind, or give the whole map up.
            if let Some(tried) = stand_in.as_mut().filter(|t| t.holds(&path)) {
                if !tried.advance(&mut root) {
                    let parent = tried.parent.clone();
                    stand_in = None;
                    handled.insert(root.place(&parent).0);
                    if !root.remove(&parent) {
                        return None;
                    }
                }
                continue;
            }
            if let Fault::Missing(field) = &fault {
                // Missing from the file as a whole is missing nowhere in particular.
                let line = if steps.is_empty() { 0 } else { line };
                let path = tree::join(&path, field);
                if handled.insert(path.clone()) {
                    problems.push(self.at(line, path.clone(), &fault));
                }
                let mut next = StandIn { parent: steps, field: field.clone(), path, kind: 0 };
                if !next.advance(&mut root) {
                    return None;
                }
                stand_in = Some(next);
            } else {
                if handled.insert(path.clone()) {
                    problems.push(self.at(line, path, &fault));
                }
                if !root.remove(&steps) {
                    return None;
                }
            }
            if problems.len() >= MAX_PROBLEMS {
                return None;
            }
        }
    }

    /// The id of a rule that stands at a key path.
    pub fn named(&self, key: &str, id: &str) -> Named {
        let line = self.tree.line(key);
        Named { id: id.to_owned(), file: self.file.clone(), line, key: key.to_owned() }
    }

    /// A problem at a key path (`routes[1].destination`), its line looked up: that of the key, else of what is
    /// around it; none where that is the whole file.
    pub fn problem(
        &self,
        key: &str,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Problem {
        Problem {
            file: self.file.clone(),
            line: self.tree.line(key),
            key: key.to_owned(),
            message: message.into(),
            remedy: remedy.into(),
        }
    }

    fn at(&self, line: usize, key: String, fault: &Fault) -> Problem {
        let (message, remedy) = fault.words();
        Problem { file: self.file.clone(), line, key, message, remedy }
    }
}

/// A value put where a required key is missing, so that the keys behind it are looked at too.
struct StandIn {
    parent: Vec<Step>,
    field: String,
    path: String,
    kind: usize,
}

impl StandIn {
    /// Whether a path is that of this key or below it.
    fn holds(&self, path: &str) -> bool {
        path.strip_prefix(&self.path)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    }

    /// Puts the next kind of value in place; false when none is left.
    fn advance(&mut self, root: &mut Node) -> bool {
        let Some(value) = Node::stand_in(self.kind) else { return false };
        self.kind += 1;
        root.put(&self.parent, &self.field, value)
    }
}

#[cfg(test)]
mod tests;
