//! Serde's errors in words for the person who wrote the file, without the value that serde quotes.

/// What serde found, freed of values.
pub(super) enum Fault {
    /// A required key is not there.
    Missing(String),
    /// A key that means nothing; what is allowed.
    Unknown(String),
    /// A word that means nothing; what is allowed.
    Word(String),
    /// Nothing stands behind the key; what was expected.
    Empty(String),
    /// The wrong kind of value; what was expected.
    Kind(String),
    /// Out of range; what was expected.
    Range(String),
    /// Words of our own types, which keep values out themselves.
    Own(String),
}

impl Fault {
    /// Reads an error message of serde.
    pub fn of(message: &str) -> Fault {
        let expected = || {
            let text = message.rsplit_once(", expected ").map_or("another value", |(_, e)| e);
            text.to_owned()
        };
        let quoted = |rest: &str| rest.split('`').nth(1).unwrap_or_default().to_owned();
        if message.starts_with("missing field ") {
            Fault::Missing(quoted(message))
        } else if message.starts_with("unknown field ") {
            Fault::Unknown(expected())
        } else if message.starts_with("unknown variant ") {
            Fault::Word(expected())
        } else if message.starts_with("invalid type: unit value")
            || message.starts_with("invalid type: null")
        {
            Fault::Empty(expected())
        } else if message.starts_with("invalid type: ") {
            Fault::Kind(expected())
        } else if message.starts_with("invalid value: ") || message.starts_with("invalid length ") {
            Fault::Range(expected())
        } else {
            Fault::Own(message.to_owned())
        }
    }

    /// Message and remedy.
    pub fn words(&self) -> (String, String) {
        let (message, remedy) = match self {
            Fault::Missing(_) => ("this key is missing", "Add it".to_owned()),
            Fault::Unknown(allowed) if allowed.starts_with("there are no fields") => {
                ("unknown key", "Remove it; no key is allowed here".to_owned())
            }
            Fault::Unknown(allowed) => (
                "unknown key",
                format!("Remove it or mend its spelling; allowed: {}", list(allowed)),
            ),
            Fault::Word(allowed) => ("unknown word", format!("Use one of: {}", list(allowed))),
            Fault::Empty(expected) => ("no value", format!("Give {}", kind(expected))),
            Fault::Kind(expected) => ("wrong kind of value", format!("Give {}", kind(expected))),
            Fault::Range(expected) => ("value out of range", format!("Give {}", kind(expected))),
            Fault::Own(message) => {
                let (message, remedy) = message.split_once(". ").unwrap_or((message, "Mend it"));
                return (message.to_owned(), remedy.trim_end_matches('.').to_owned());
            }
        };
        (message.to_owned(), remedy)
    }
}

/// "one of `a`, `b`" as "a, b".
fn list(allowed: &str) -> String {
    allowed.trim_start_matches("one of ").replace(" or ", ", ").replace('`', "")
}

/// Serde's names of types in plain words.
fn kind(expected: &str) -> String {
    match expected {
        "u8" => "a whole number from 0 to 255".to_owned(),
        "u16" => "a whole number from 0 to 65535".to_owned(),
        "u32" => "a whole number from 0 to 4294967295".to_owned(),
        "u64" | "usize" => "a whole number, not negative".to_owned(),
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number".to_owned(),
        "f32" | "f64" => "a number".to_owned(),
        "a boolean" => "true or false".to_owned(),
        "a string" | "a borrowed string" | "string" | "str" => "text".to_owned(),
        "a sequence" => "a list (lines that begin with -)".to_owned(),
        "a map" => "a map of keys".to_owned(),
        text if text.starts_with("struct ") => "a map of keys".to_owned(),
        text if text.starts_with("enum ") => "one of the allowed words".to_owned(),
        text => text.to_owned(),
    }
}
