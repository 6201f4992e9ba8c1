//! Variant kanji: 髙 and 高, 邉, 邊 and 辺 are one character in a name.

use std::sync::LazyLock;

use crate::policy::tables::records;

/// The table: the common form, and what is written for it.
const TEXT: &str = include_str!("../../../config/checks/kanji.csv");

/// Variants and their common forms, ascending by the variant.
static FORMS: LazyLock<Vec<(char, char)>> = LazyLock::new(|| {
    let mut forms: Vec<(char, char)> = rows().flat_map(|(_, common, v)| pairs(common, v)).collect();
    forms.sort_unstable();
    forms
});

fn rows() -> impl Iterator<Item = (usize, &'static str, &'static str)> {
    records(TEXT).map(|(line, fields)| match fields[..] {
        [common, variants] => (line, common, variants),
        _ => (line, "", ""),
    })
}

fn pairs(common: &str, variants: &str) -> impl Iterator<Item = (char, char)> {
    let common = common.chars().next();
    variants.chars().filter_map(move |variant| Some((variant, common?)))
}

/// The form in which a kanji is compared: the common one of its variants, or itself.
pub fn common_form(c: char) -> char {
    if c < '\u{2E80}' {
        return c;
    }
    let found = FORMS.binary_search_by_key(&c, |(variant, _)| *variant);
    found.ok().and_then(|at| FORMS.get(at)).map_or(c, |(_, common)| *common)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn each_row_is_read_and_none_contradicts_another() {
        let mut variants = HashSet::new();
        let mut commons = HashSet::new();
        for (line, common, others) in rows() {
            assert!(common.chars().count() == 1 && !others.is_empty(), "line {line}");
            commons.extend(common.chars());
            for variant in others.chars() {
                assert!(variants.insert(variant), "line {line}: {variant}");
            }
        }
        assert!(variants.is_disjoint(&commons));
        assert!(variants.len() > 500);
    }

    #[test]
    fn variants_of_names_meet() {
        for (variant, common) in
            "髙﨑邉邊齋齊斎濵德廣澤櫻國眞".chars().zip("高崎辺辺斉斉斉浜徳広沢桜国真".chars())
        {
            assert_eq!(common_form(variant), common, "{variant}");
        }
        assert_eq!(common_form('山'), '山');
        assert_eq!(common_form('a'), 'a');
    }
}
