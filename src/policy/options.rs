//! The options of PS3.15 E.3 over the Basic Profile, and for which kind of data which of them may be chosen.

use serde::{Deserialize, Deserializer, de};

/// An option of PS3.15 E.3 that decides about attributes, in the order of the columns of Table E.1-1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum ProfileOption {
    /// E.3.10: private attributes that are known to be harmless stay.
    SafePrivate,
    /// E.3.9: UIDs stay.
    Uids,
    /// E.3.8: what tells one device from another stays.
    DeviceIdentity,
    /// E.3.11: the institution stays.
    InstitutionIdentity,
    /// E.3.7: what describes the patient's body stays; ages are banded.
    PatientCharacteristics,
    /// E.3.6: dates and times stay.
    FullDates,
    /// E.3.6: dates are shifted.
    ModifiedDates,
    /// E.3.5: descriptions are cleaned.
    Descriptors,
    /// E.3.4: content trees are cleaned.
    StructuredContent,
    /// E.3.3: graphics are cleaned.
    Graphics,
}

use ProfileOption::{
    Descriptors, DeviceIdentity, FullDates, Graphics, InstitutionIdentity, ModifiedDates,
    PatientCharacteristics, SafePrivate, StructuredContent, Uids,
};

impl<'de> Deserialize<'de> for ProfileOption {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<ProfileOption, D::Error> {
        let word = String::deserialize(deserializer)?;
        ProfileOption::parse(&word).ok_or_else(|| de::Error::custom("expected an option"))
    }
}

impl ProfileOption {
    /// All of them, in the order of the columns of Table E.1-1.
    pub const ALL: [ProfileOption; 10] = [
        SafePrivate,
        Uids,
        DeviceIdentity,
        InstitutionIdentity,
        PatientCharacteristics,
        FullDates,
        ModifiedDates,
        Descriptors,
        StructuredContent,
        Graphics,
    ];

    /// Its code in PS3.16 CID 7050, its word in configuration and rule files, and the meaning of the code.
    fn names(self) -> [&'static str; 3] {
        match self {
            SafePrivate => ["113111", "safe_private", "Retain Safe Private Option"],
            Uids => ["113110", "uids", "Retain UIDs Option"],
            DeviceIdentity => ["113109", "device_identity", "Retain Device Identity Option"],
            InstitutionIdentity => {
                ["113112", "institution_identity", "Retain Institution Identity Option"]
            }
            PatientCharacteristics => {
                ["113108", "patient_characteristics", "Retain Patient Characteristics Option"]
            }
            FullDates => [
                "113106",
                "full_dates",
                "Retain Longitudinal Temporal Information Full Dates Option",
            ],
            ModifiedDates => [
                "113107",
                "modified_dates",
                "Retain Longitudinal Temporal Information Modified Dates Option",
            ],
            Descriptors => ["113105", "clean_descriptors", "Clean Descriptors Option"],
            StructuredContent => {
                ["113104", "clean_structured_content", "Clean Structured Content Option"]
            }
            Graphics => ["113103", "clean_graphics", "Clean Graphics Option"],
        }
    }

    /// Its code in PS3.16 CID 7050, under which an object claims it.
    pub fn code(self) -> &'static str {
        self.names()[0]
    }

    /// The word for it in configuration and rule files.
    pub fn word(self) -> &'static str {
        self.names()[1]
    }

    /// The meaning of the code (PS3.16 Annex D).
    pub fn meaning(self) -> &'static str {
        self.names()[2]
    }

    /// The option of a word.
    pub fn parse(word: &str) -> Option<ProfileOption> {
        ProfileOption::ALL.into_iter().find(|o| o.word() == word)
    }
}

/// The words of options that decide about pixels. They can be claimed only after a pass over all pixels, which this
/// version does not make.
pub const OF_PIXELS: [&str; 2] = ["clean_pixel_data", "clean_recognizable_visual_features"];

/// A set of options.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Options(u16);

impl Options {
    /// No option: the Basic Profile.
    pub const NONE: Options = Options(0);

    /// Whether the option is in the set.
    pub fn has(self, option: ProfileOption) -> bool {
        self.0 & (1 << option as u8) != 0
    }

    /// Puts an option into the set.
    pub fn insert(&mut self, option: ProfileOption) {
        self.0 |= 1 << option as u8;
    }

    /// What is in this set and not in the other.
    #[must_use]
    pub fn without(self, other: Options) -> Options {
        Options(self.0 & !other.0)
    }

    /// What is in this set or in the other.
    #[must_use]
    pub fn and(self, other: Options) -> Options {
        Options(self.0 | other.0)
    }

    /// Whether nothing is in the set.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The options in the set.
    pub fn iter(self) -> impl Iterator<Item = ProfileOption> {
        ProfileOption::ALL.into_iter().filter(move |o| self.has(*o))
    }
}

impl FromIterator<ProfileOption> for Options {
    fn from_iter<T: IntoIterator<Item = ProfileOption>>(options: T) -> Options {
        let mut set = Options::NONE;
        options.into_iter().for_each(|o| set.insert(o));
        set
    }
}

/// As what a route gives its objects away (the guide's 5.1 to 5.3, and the law of 2022).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// 匿名加工情報: nobody may be able to tell who it was.
    #[default]
    Anonymized,
    /// 非個人情報: handled as if it were anonymized (TR-0047 5.3).
    Nonpersonal,
    /// 仮名加工情報: not for third parties.
    Pseudonymized,
    /// 個人情報: with the patient's consent.
    Personal,
}

impl Category {
    /// The word for it in the configuration.
    pub fn word(self) -> &'static str {
        match self {
            Category::Anonymized => "anonymized",
            Category::Nonpersonal => "nonpersonal",
            Category::Pseudonymized => "pseudonymized",
            Category::Personal => "personal",
        }
    }

    /// Whether data of this category may not be given away with the option (standards 2.2): true dates, true UIDs
    /// and the hospital's name lead back to the patient for whoever has other records.
    pub fn forbids(self, option: ProfileOption) -> bool {
        matches!(self, Category::Anonymized | Category::Nonpersonal)
            && matches!(option, FullDates | Uids | InstitutionIdentity)
    }
}

/// What is wrong with a choice of options, as message and remedy; the first of each pair names the option.
pub fn contradictions(
    options: Options,
    category: Category,
) -> Vec<(ProfileOption, String, &'static str)> {
    let mut found = Vec::new();
    if options.has(FullDates) && options.has(ModifiedDates) {
        let message = "full_dates and modified_dates exclude each other (PS3.15 E.3.6)".to_owned();
        found.push((ModifiedDates, message, "Leave one of them out"));
    }
    for option in options.iter().filter(|o| category.forbids(*o)) {
        let message =
            format!("{} is forbidden for the category {}", option.word(), category.word());
        found.push((option, message, "Leave it out, or give the data away under another category"));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_columns_agree() {
        for (at, option) in ProfileOption::ALL.into_iter().enumerate() {
            assert_eq!(option as usize, at);
            assert_eq!(ProfileOption::parse(option.word()), Some(option));
        }
        let set: Options = [Uids, Graphics].into_iter().collect();
        assert!(set.has(Uids) && !set.has(FullDates));
        assert_eq!(set.iter().collect::<Vec<_>>(), [Uids, Graphics]);
    }

    #[test]
    fn a_category_forbids_what_leads_back() {
        let all: Options = ProfileOption::ALL.into_iter().collect();
        let found = |category| -> Vec<_> {
            contradictions(all, category).into_iter().map(|(option, ..)| option).collect()
        };
        assert_eq!(
            found(Category::Anonymized),
            [ModifiedDates, Uids, InstitutionIdentity, FullDates]
        );
        assert_eq!(found(Category::Personal), [ModifiedDates]);
        assert!(contradictions(Options::NONE, Category::Anonymized).is_empty());
    }
}
