//! Why an object was kept back: where, by which rule, how sure, for which requirement. Never the value.

use std::{borrow::Cow, fmt};

use serde::{Deserialize, Serialize};

/// The requirement that a reason serves where nothing else is said: no information is left by which a person can be
/// identified (TR-0047 5.1.6(2)).
const NOTHING_LEFT: &str = "R-5.1.6-2b";

/// Why an object was kept back, or what a person should know of one that was not.
///
/// Says where and by which rule; never the value that was found, nor a hash of it. Rows that an earlier build stored
/// have neither severity nor requirement nor length, and load as strong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// The rule's id, e.g. `G2-02`, `CAUTION-HEAD`, `RULE_NOT_APPLIED`.
    pub rule: Cow<'static, str>,
    /// The attribute, as a path of tags: `(0008,1140)[2](0008,1150)`; empty where the object as a whole is meant.
    pub path: String,
    /// The kind of match, in words for an operator: `family name, kanji`.
    pub kind: Cow<'static, str>,
    /// The row of the standard or the guide that asks for it: `TR-0047 5.1.6(2)`, `PS3.15 E.1.1`.
    pub reference: Cow<'static, str>,
    /// How much the match alone proves.
    #[serde(default)]
    pub severity: Severity,
    /// The requirement that it serves, by its id: `R-5.1.6-2b`, `T6-2`.
    #[serde(default)]
    pub requirement: Box<str>,
    /// How long the value is that it was found in, where the check knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length: Option<Length>,
}

impl Reason {
    /// A strong reason about the object as a whole. A reference to a row of TR-0047 Table 6.1 is the requirement too;
    /// any other reason serves `R-5.1.6-2b`, unless [`Reason::serves`] names another.
    pub fn new(
        rule: impl Into<Cow<'static, str>>,
        kind: impl Into<Cow<'static, str>>,
        reference: impl Into<Cow<'static, str>>,
    ) -> Reason {
        let reference = reference.into();
        let row = reference.strip_prefix("TR-0047 ").filter(|row| row.starts_with("T6-"));
        let requirement = row.unwrap_or(NOTHING_LEFT).into();
        Reason {
            rule: rule.into(),
            path: String::new(),
            kind: kind.into(),
            reference,
            severity: Severity::Strong,
            requirement,
            length: None,
        }
    }

    /// The same at an attribute.
    #[must_use]
    pub fn at(mut self, path: impl Into<String>) -> Reason {
        self.path = path.into();
        self
    }

    /// The same with another severity.
    #[must_use]
    pub fn severity(mut self, severity: Severity) -> Reason {
        self.severity = severity;
        self
    }

    /// The same for another requirement.
    #[must_use]
    pub fn serves(mut self, requirement: &str) -> Reason {
        self.requirement = requirement.into();
        self
    }

    /// The same, found in a value of so many bytes.
    #[must_use]
    pub fn length(mut self, bytes: usize) -> Reason {
        self.length = Some(Length::of(bytes));
        self
    }
}

/// How much a match proves by itself.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// A sign that a person should look at; often harmless.
    Weak,
    /// It should not be there, whatever else is said.
    #[default]
    Strong,
}

impl Severity {
    /// The word for operators, as in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Severity::Weak => "weak",
            Severity::Strong => "strong",
        }
    }

    /// The heaviest of some reasons; `None` without any.
    pub fn most(reasons: &[Reason]) -> Option<Severity> {
        reasons.iter().map(|r| r.severity).max()
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// The class of a value's length in bytes: enough to tell a name from a report, too little to tell one name from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Length {
    /// At most 4.
    #[serde(rename = "1-4")]
    To4,
    /// At most 16.
    #[serde(rename = "5-16")]
    To16,
    /// At most 64: the bound of LO and UI.
    #[serde(rename = "17-64")]
    To64,
    /// At most 1024: the bound of ST.
    #[serde(rename = "65-1024")]
    To1024,
    /// More.
    #[serde(rename = "over 1024")]
    Over1024,
}

impl Length {
    /// The class of a length.
    pub fn of(bytes: usize) -> Length {
        match bytes {
            0..=4 => Length::To4,
            5..=16 => Length::To16,
            17..=64 => Length::To64,
            65..=1024 => Length::To1024,
            _ => Length::Over1024,
        }
    }

    /// The words for operators, as in JSON.
    pub fn words(self) -> &'static str {
        match self {
            Length::To4 => "1-4",
            Length::To16 => "5-16",
            Length::To64 => "17-64",
            Length::To1024 => "65-1024",
            Length::Over1024 => "over 1024",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_of_an_earlier_build_loads_as_strong() {
        let old = r#"{"rule":"G2-02","path":"(0010,0010)","kind":"family name","reference":"PS3.15 E.1.1"}"#;
        let reason: Reason = serde_json::from_str(old).unwrap();
        assert_eq!(
            (reason.severity, &*reason.requirement, reason.length),
            (Severity::Strong, "", None)
        );
    }

    #[test]
    fn a_reason_says_how_sure_for_what_and_how_long() {
        let reason = Reason::new("CAUTION-HEAD-PART", "head", "TR-0047 T6-2")
            .at("(0018,0015)")
            .severity(Severity::Weak)
            .length(5);
        let json = serde_json::to_value(&reason).unwrap();
        assert_eq!(json["severity"], "weak");
        assert_eq!(json["requirement"], "T6-2");
        assert_eq!(json["length"], reason.length.map(Length::words).unwrap());
        assert_eq!(serde_json::from_value::<Reason>(json).unwrap(), reason);
        assert_eq!(&*Reason::new("G2-02", "name", "TR-0047 5.1.6(2)").requirement, NOTHING_LEFT);
        assert_eq!(&*reason.clone().serves("R-5.1.3").requirement, "R-5.1.3");
        assert_eq!(Severity::most(&[reason, Reason::new("a", "b", "c")]), Some(Severity::Strong));
    }

    #[test]
    fn words_and_json_of_a_length_agree() {
        for bytes in [1, 4, 5, 16, 17, 64, 65, 1024, 1025] {
            let length = Length::of(bytes);
            assert_eq!(serde_json::to_value(length).unwrap(), length.words());
        }
    }
}
