//! Codes: which stay. `config/tables/concepts.csv` has the codes of PS3.16 and their meanings,
//! `config/rules/coding_schemes.yaml` the public schemes and the form of their codes.
//!
//! Code Meaning (0008,0104) is free text under any code. A meaning that PS3.16 gives a code stays; any other is written
//! anew from the table or, where that does not know the code, from the code itself. So no text of anyone's own passes.

use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::{Problem, source::Source, tables};

const CONCEPTS: &str = include_str!("../../config/tables/concepts.csv");
const SCHEMES: &str = include_str!("../../config/rules/coding_schemes.yaml");

/// The codes inside the binary and what is wrong with them: the same for all policies.
static SHIPPED: LazyLock<(Codes, Vec<Problem>)> = LazyLock::new(|| {
    let mut problems = Vec::new();
    (Codes::read(&mut problems), problems)
});

/// SNOMED RT, by the first of its names in DICOM (PS3.16 8.1).
pub(super) const SNOMED_RT: &str = "SRT";

/// What may become of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing<'a> {
    /// It stays, its meaning too: PS3.16 has both.
    Published,
    /// It stays, and this is its meaning.
    Reworded(&'a str),
    /// It stays: it has the form of its public scheme. PS3.16 knows no meaning for it; the code can stand for that.
    Unlisted(&'a str),
    /// Of a local scheme, or not of the form of its scheme: it goes, and its meaning with it.
    Local,
}

/// The codes that stay.
pub struct Codes {
    /// Scheme, code, meaning; ascending. A code with several meanings stands several times, the best of them first.
    concepts: Vec<[&'static str; 3]>,
    /// SNOMED RT code, and the place of its first concept; ascending.
    snomed_rt: Vec<(&'static str, usize)>,
    schemes: HashMap<String, Form>,
    units: Units,
    digest: String,
}

/// What a code of a scheme looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Form {
    Number,
    Loinc,
    SnomedRt,
    Mixed,
    Language,
    Units,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    schemes: Vec<Group>,
    units: Units,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    form: Form,
    reference: String,
    names: Vec<String>,
}

/// What a unit of measurement is made of.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Units {
    reference: String,
    prefixes: Vec<String>,
    names: HashSet<String>,
    annotations: HashSet<String>,
}

impl Codes {
    /// The codes inside the binary.
    pub fn shipped(problems: &mut Vec<Problem>) -> &'static Codes {
        let (codes, found) = &*SHIPPED;
        problems.extend(found.iter().cloned());
        codes
    }

    /// The SHA-256 of the table and the schemes, in hexadecimal.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    fn read(problems: &mut Vec<Problem>) -> Codes {
        let hash = Sha256::new().chain_update(CONCEPTS).chain_update(SCHEMES).finalize();
        let mut codes = Codes {
            concepts: Vec::with_capacity(15_000),
            snomed_rt: Vec::with_capacity(8_000),
            schemes: HashMap::new(),
            units: Units::default(),
            digest: hash.iter().map(|b| format!("{b:02x}")).collect(),
        };
        for (line, fields) in tables::records(CONCEPTS) {
            let &[scheme, code, srt, meaning] = &fields[..] else {
                problems.push(tables::problem("concepts.csv", line, "not four columns"));
                continue;
            };
            let ascending =
                codes.concepts.last().is_none_or(|[s, c, _]| (*s, *c) <= (scheme, code));
            if !ascending {
                problems.push(tables::problem("concepts.csv", line, "not in ascending order"));
            }
            if !srt.is_empty() {
                codes.snomed_rt.push((srt, codes.concepts.len()));
            }
            codes.concepts.push([scheme, code, meaning]);
        }
        codes.snomed_rt.sort_unstable();
        codes.read_schemes(problems);
        codes
    }

    fn read_schemes(&mut self, problems: &mut Vec<Problem>) {
        let source = match Source::parse("config/rules/coding_schemes.yaml", SCHEMES) {
            Ok(source) => source,
            Err(found) => return problems.extend(found),
        };
        let (file, found) = source.read_what_fits::<File>();
        problems.extend(found);
        let Some(File { schemes, units }) = file else { return };
        for (at, group) in schemes.into_iter().enumerate() {
            let key = format!("schemes[{at}]");
            if group.reference.is_empty() {
                problems.push(source.problem(&key, "no reference", "Say where they are listed"));
            }
            for name in group.names {
                if self.schemes.insert(name, group.form).is_some() {
                    problems.push(source.problem(&key, "a scheme stands twice", "Leave one"));
                }
            }
        }
        if units.reference.is_empty() {
            problems.push(source.problem("units", "no reference", "Say where they are listed"));
        }
        self.units = units;
    }

    /// What becomes of a code with this meaning; all three trimmed.
    pub fn standing<'a>(&'a self, scheme: &str, code: &'a str, meaning: &str) -> Standing<'a> {
        let published = self.meanings(scheme, code);
        if let Some([_, _, best]) = published.first() {
            return match published.iter().any(|[_, _, m]| m.eq_ignore_ascii_case(meaning)) {
                true => Standing::Published,
                false if best.is_empty() => Standing::Unlisted(code),
                false => Standing::Reworded(best),
            };
        }
        match self.schemes.get(scheme) {
            Some(form) if self.has_form(*form, code) && meaning == code => Standing::Published,
            Some(form) if self.has_form(*form, code) => Standing::Unlisted(code),
            _ => Standing::Local,
        }
    }

    /// Whether a scheme is public: named in the list, or in PS3.16.
    pub fn is_public(&self, scheme: &str) -> bool {
        self.schemes.contains_key(scheme)
    }

    /// The rows of a code of PS3.16.
    fn meanings(&self, scheme: &str, code: &str) -> &[[&'static str; 3]] {
        let (scheme, code) = match self.schemes.get(scheme) {
            Some(Form::SnomedRt) => match self.of_snomed_rt(code) {
                Some(found) => found,
                None => return &[],
            },
            _ => (scheme, code),
        };
        let start = self.concepts.partition_point(|[s, c, _]| (*s, *c) < (scheme, code));
        let rest = self.concepts.get(start..).unwrap_or_default();
        let end = rest.iter().take_while(|[s, c, _]| (*s, *c) == (scheme, code)).count();
        rest.get(..end).unwrap_or_default()
    }

    fn of_snomed_rt(&self, code: &str) -> Option<(&'static str, &'static str)> {
        let at = self.snomed_rt.binary_search_by_key(&code, |(srt, _)| *srt).ok()?;
        let (_, concept) = self.snomed_rt.get(at)?;
        self.concepts.get(*concept).map(|[scheme, code, _]| (*scheme, *code))
    }

    /// The name by which the tables of PS3.15 and PS3.16 call a scheme: the three names of SNOMED RT are one, and a
    /// version in brackets is no part of it.
    pub(super) fn canonical<'a>(&self, scheme: &'a str) -> &'a str {
        match self.schemes.get(scheme) {
            Some(Form::SnomedRt) => SNOMED_RT,
            _ => scheme.split(" [").next().unwrap_or(scheme),
        }
    }

    fn has_form(&self, form: Form, code: &str) -> bool {
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        match form {
            Form::Number => digits(code),
            Form::Loinc => code.split_once('-').is_some_and(|(number, check)| {
                digits(number) && number.len() <= 7 && digits(check) && check.len() == 1
            }),
            Form::SnomedRt => code.split_once('-').is_some_and(|(axis, number)| {
                let upper = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit();
                matches!(axis.len(), 1 | 2)
                    && axis.bytes().all(upper)
                    && (3..=8).contains(&number.len())
                    && number.bytes().all(upper)
            }),
            Form::Mixed => {
                let plain = |b: u8| b.is_ascii_alphanumeric() || b"._-:/".contains(&b);
                code.bytes().all(plain) && code.bytes().any(|b| b.is_ascii_digit())
            }
            Form::Language => code.split('-').enumerate().all(|(at, part)| {
                let most = if at == 0 { 3 } else { 4 };
                (2..=most).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
            }),
            Form::Units => self.units.is_unit(code),
        }
    }
}

impl Units {
    /// Whether this is a unit of UCUM without a word of anyone's own: `mGy.cm`, `10*23/ml`, `{counts}/s`.
    fn is_unit(&self, code: &str) -> bool {
        let mut plain = String::with_capacity(code.len());
        let mut rest = code;
        while let Some((before, behind)) = rest.split_once('{') {
            let Some((annotation, behind)) = behind.split_once('}') else { return false };
            if !self.annotations.contains(annotation) {
                return false;
            }
            plain.push_str(before);
            rest = behind;
        }
        plain.push_str(rest);
        !code.is_empty() && plain.split(['.', '/']).all(|part| self.is_part(part))
    }

    /// A number, or a unit with prefix and exponent; nothing where an annotation stood, or before a `/`.
    fn is_part(&self, part: &str) -> bool {
        let number = |text: &str| {
            text.len() <= 6 && text.bytes().all(|b| b.is_ascii_digit() || b"+-*^".contains(&b))
        };
        let unit = part.trim_end_matches(|c: char| c.is_ascii_digit());
        let exponent = part.get(unit.len()..).unwrap_or_default();
        let unit = unit.strip_suffix(['+', '-']).unwrap_or(unit);
        let known = |name: &str| self.names.contains(name);
        // "ml/[100]g": a unit directly behind the number in brackets.
        let unit = unit.strip_prefix("[100]").unwrap_or(unit);
        number(part)
            || exponent.len() <= 2
                && (unit.is_empty()
                    || known(unit)
                    || self
                        .prefixes
                        .iter()
                        .any(|p| unit.strip_prefix(p.as_str()).is_some_and(known)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes() -> &'static Codes {
        let mut problems = Vec::new();
        let codes = Codes::shipped(&mut problems);
        assert_eq!(problems, []);
        codes
    }

    #[test]
    fn a_published_meaning_stays_and_any_other_is_replaced() {
        let codes = codes();
        let standing = |scheme, code, meaning| codes.standing(scheme, code, meaning);
        assert_eq!(standing("DCM", "113830", "Mean CTDIvol"), Standing::Published);
        assert_eq!(standing("DCM", "113830", "mean ctdivol"), Standing::Published);
        let reworded = Standing::Reworded("Mean CTDIvol");
        assert_eq!(standing("DCM", "113830", "Yamada^Tarou"), reworded);
        assert_eq!(standing("DCM", "113830", ""), reworded);
        // The same concept under SNOMED CT and the three names of SNOMED RT.
        for (scheme, code) in
            [("SCT", "69536005"), ("SRT", "T-D1100"), ("SNM3", "T-D1100"), ("99SDM", "T-D1100")]
        {
            assert_eq!(standing(scheme, code, "Head"), Standing::Published, "{scheme}");
            assert_eq!(standing(scheme, code, "Yamada"), Standing::Reworded("Head"), "{scheme}");
        }
        // Public, but not in PS3.16: the code speaks for itself.
        assert_eq!(standing("SCT", "123456789012", "Yamada"), Standing::Unlisted("123456789012"));
        assert_eq!(standing("UCUM", "mGy.cm", "mGy.cm"), Standing::Published);
        assert_eq!(standing("UCUM", "mGy.cm", "of Yamada"), Standing::Unlisted("mGy.cm"));
    }

    #[test]
    fn what_is_no_code_of_a_public_scheme_is_local() {
        let codes = codes();
        for (scheme, code) in [
            ("99HOSP", "113830"),
            ("L", "1"),
            ("", "113830"),
            ("DCM", "Yamada"),
            ("DCM", "ZZ-0000123"),
            ("SCT", "T-D1100"),
            ("SRT", "Yamada-Tarou"),
            ("LN", "0000123"),
            ("NCIt", "Yamada"),
            ("RFC5646", "Yamada"),
            ("UCUM", "Yamada"),
            ("UCUM", "mGy{Yamada}"),
            ("UCUM", "mGy{"),
            ("UCUM", "0000123"),
            ("UCUM", ""),
        ] {
            assert_eq!(codes.standing(scheme, code, code), Standing::Local, "{scheme} {code}");
        }
    }

    #[test]
    fn forms_of_public_codes_are_known() {
        let codes = codes();
        for (scheme, code) in [
            ("SRT", "T-D9999"),
            ("LN", "99999-9"),
            ("NCIt", "C999999"),
            ("RFC5646", "en-US"),
            ("RFC5646", "ja"),
            ("ISO3166_1", "JP"),
            ("JJ1017-16M", "1000010103000200"),
            ("UCUM", "mGy"),
            ("UCUM", "Gy.m2"),
            ("UCUM", "mGy.cm2"),
            ("UCUM", "uA"),
            ("UCUM", "mA.s"),
            ("UCUM", "{pulse}/s"),
            ("UCUM", "10*-3/ml"),
            ("UCUM", "/min"),
            ("UCUM", "m/s2"),
            ("UCUM", "dyn.s.cm-5"),
            ("UCUM", "mmol/l"),
            ("UCUM", "1"),
        ] {
            assert_ne!(codes.standing(scheme, code, code), Standing::Local, "{scheme} {code}");
        }
    }
}
