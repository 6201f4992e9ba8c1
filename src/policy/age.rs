//! How exactly an age may be told.

/// The ages from which on nobody may be told apart (45 CFR 164.514(b)(2)(i)(C): older than 89).
pub const OLDEST: u16 = 90;

/// How (0010,1010) is coarsened: into bands of years, with everybody above an age in one group (PS3.15 E.3.7,
/// TR-0047 5.1.6(4): an age that few people reach is removed).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AgeRule {
    band_years: u16,
    top: u16,
}

impl Default for AgeRule {
    fn default() -> Self {
        AgeRule { band_years: 1, top: OLDEST }
    }
}

impl AgeRule {
    /// Ages are told as the first year of a band of `band_years` (1, 5 or 10) years; those of `top` years (1 to
    /// [`OLDEST`]) and more as `top`.
    ///
    /// # Errors
    /// The key that the number has in a configuration, and what is wrong with it.
    pub fn new(band_years: u16, top: u16) -> Result<AgeRule, (&'static str, &'static str)> {
        if !matches!(band_years, 1 | 5 | 10) {
            return Err(("age_band_years", "a band of ages is 1, 5 or 10 years"));
        }
        if !(1..=OLDEST).contains(&top) {
            return Err(("age_top", "the highest age told is 1 to 90 years"));
        }
        Ok(AgeRule { band_years, top })
    }

    /// What is told of an age in whole years.
    pub fn told(self, years: u16) -> u16 {
        if years >= self.top { self.top } else { years - years % self.band_years }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(band_years: u16, top: u16, years: u16) -> u16 {
        AgeRule::new(band_years, top).expect("a good rule").told(years)
    }

    #[test]
    fn nobody_is_older_than_the_top() {
        let rule = AgeRule::default();
        let ages = [0, 1, 2, 55, 89, 90, 91, 120];
        assert_eq!(ages.map(|years| rule.told(years)), [0, 1, 2, 55, 89, 90, 90, 90]);
        assert_eq!([84, 85, 99].map(|years| told(10, 85, years)), [80, 85, 85]);
    }

    #[test]
    fn a_band_is_told_by_its_first_year() {
        assert_eq!([0, 1, 4, 5, 89, 90].map(|years| told(5, 90, years)), [0, 0, 0, 5, 85, 90]);
        assert_eq!([0, 9, 10, 89, 90].map(|years| told(10, 90, years)), [0, 0, 10, 80, 90]);
    }

    #[test]
    fn only_good_numbers_make_a_rule() {
        for (band, top) in [(0, 90), (2, 90), (100, 90), (5, 0), (5, 91), (1, u16::MAX)] {
            assert!(AgeRule::new(band, top).is_err(), "{band} {top}");
        }
    }
}
