//! Connections without an association: how many there may be, and whose.
//!
//! Somebody who may not call must not keep out those who may: the address decides at once in which room one waits.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Connections at once from addresses from which nobody may call.
const STRANGERS: usize = 8;

/// Connections of all callers together, beside one for each association that may be open.
const SPARE: usize = 32;

/// An address may always have this many.
const LEAST_EACH: usize = 8;

#[derive(Default)]
struct Counts {
    strangers: usize,
    callers: usize,
    each: HashMap<IpAddr, usize>,
}

/// Counts the connections that are greeted, rejected or closed: all but the open associations, which have slots.
pub(super) struct Lobby {
    most: usize,
    most_each: usize,
    counts: Mutex<Counts>,
}

/// A place in the lobby, given back when dropped.
pub(super) struct Place {
    lobby: Arc<Lobby>,
    address: IpAddr,
    stranger: bool,
}

impl Lobby {
    pub(super) fn new(max_associations: usize) -> Arc<Lobby> {
        Arc::new(Lobby {
            most: max_associations.saturating_add(SPARE),
            most_each: max_associations.max(LEAST_EACH),
            counts: Mutex::default(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for a connection, while there is one for those of its kind.
    pub(super) fn enter(self: &Arc<Self>, address: IpAddr, stranger: bool) -> Option<Place> {
        let mut counts = self.lock();
        if stranger {
            if counts.strangers >= STRANGERS {
                return None;
            }
            counts.strangers += 1;
        } else {
            let here = counts.each.get(&address).copied().unwrap_or(0);
            if counts.callers >= self.most || here >= self.most_each {
                return None;
            }
            counts.callers += 1;
            counts.each.insert(address, here + 1);
        }
        Some(Place { lobby: self.clone(), address, stranger })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.lobby.lock();
        if self.stranger {
            counts.strangers -= 1;
            return;
        }
        counts.callers -= 1;
        if let Some(here) = counts.each.get_mut(&self.address) {
            *here -= 1;
            if *here == 0 {
                counts.each.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> IpAddr {
        IpAddr::from([10, 0, 0, last])
    }

    #[test]
    fn neither_strangers_nor_one_caller_keep_another_out() {
        let lobby = Lobby::new(16);
        let strangers: Vec<_> = (0..100).filter_map(|n| lobby.enter(address(n), true)).collect();
        assert_eq!(strangers.len(), STRANGERS);
        let greedy: Vec<_> = (0..100).filter_map(|_| lobby.enter(address(1), false)).collect();
        assert_eq!(greedy.len(), 16);
        let other = lobby.enter(address(2), false);
        assert!(other.is_some());
        drop((strangers, greedy, other));
        assert!(lobby.lock().each.is_empty(), "addresses are not remembered");
        assert!(
            lobby.enter(address(1), false).is_some() && lobby.enter(address(1), true).is_some()
        );
    }

    #[test]
    fn all_callers_together_are_bounded() {
        let lobby = Lobby::new(1);
        let places: Vec<_> = (0..200u8).filter_map(|n| lobby.enter(address(n), false)).collect();
        assert_eq!(places.len(), 1 + SPARE);
    }
}
