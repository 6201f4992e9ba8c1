//! Reading rule and configuration files so that every problem is found at once, with file, line, key and remedy.

use std::fmt;

use serde::de::DeserializeOwned;

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
        write!(f, "{}:{}: {}: {}. {}", self.file, self.line, self.key, self.message, self.remedy)
    }
}

/// A parsed YAML file that knows on which line each key stands.
pub struct Source {
    // private
}

impl Source {
    /// Parses YAML text. Repeated keys of a map are problems, as are anchors that explode.
    ///
    /// # Errors
    /// The syntax problems.
    pub fn parse(file: &str, text: &str) -> Result<Source, Vec<Problem>> {
        let _ = (file, text);
        todo!()
    }

    /// Deserialises the whole file, gathering **all** problems: unknown keys and wrong types of every section and
    /// list item are reported together, not only the first.
    ///
    /// # Errors
    /// All that was found.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, Vec<Problem>> {
        todo!()
    }

    /// A problem at a key path (`routes[1].destination`), its line looked up.
    pub fn problem(
        &self,
        key: &str,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Problem {
        let _ = (key, message.into(), remedy.into());
        todo!()
    }
}
