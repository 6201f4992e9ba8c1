//! Texts of an output in which nothing was found: many items say the same, and need not be searched again.

use std::cell::RefCell;

const SLOTS: usize = 64;

/// Longer texts are seldom said twice.
const LONGEST: usize = 64;

/// The last texts without a finding, each in the slot that its bytes give.
#[derive(Default)]
pub(super) struct Clean {
    slots: RefCell<Vec<String>>,
}

impl Clean {
    /// Whether nothing was found in this text before.
    pub(super) fn has(&self, text: &str) -> bool {
        slot(text).is_some_and(|slot| self.slots.borrow().get(slot).is_some_and(|t| t == text))
    }

    /// Remembers a text in which nothing was found.
    pub(super) fn add(&self, text: &str) {
        let Some(slot) = slot(text) else { return };
        let mut slots = self.slots.borrow_mut();
        slots.resize(SLOTS, String::new());
        if let Some(known) = slots.get_mut(slot) {
            known.clear();
            known.push_str(text);
        }
    }
}

fn slot(text: &str) -> Option<usize> {
    let mix = |sum: u32, b: u8| (sum ^ u32::from(b)).wrapping_mul(0x0100_0193);
    (text.len() <= LONGEST).then(|| text.bytes().fold(0x811C_9DC5, mix) as usize % SLOTS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_added_is_known_and_nothing_else() {
        let clean = Clean::default();
        assert!(!clean.has("CHEST") && !clean.has(""));
        for number in 0..1000 {
            let text = format!("text {number}");
            assert!(!clean.has(&text));
            clean.add(&text);
            assert!(clean.has(&text) && !clean.has("text"));
        }
        clean.add(&"x".repeat(LONGEST + 1));
        assert!(!clean.has(&"x".repeat(LONGEST + 1)));
    }
}
