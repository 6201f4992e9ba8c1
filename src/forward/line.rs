//! The line in front of a destination: what is next, who has it, what waits for another try.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    hash::{BuildHasher, RandomState},
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::association::{MAX_CONTEXTS, Pair};
use crate::{
    route::Released,
    store::{ObjectId, StoreError},
};

/// Objects asked of the store at a time.
const REFILL: usize = 64;

/// How often the store is asked when nobody says that something waits.
const LOOK: Duration = Duration::from_secs(1);

/// An object that broke this many associations while others passed is parked.
const BREAKS: u32 = 5;

/// An object that broke this many associations is parked although no other passed.
const BREAKS_ALONE: u32 = 15;

/// Objects whose failures are remembered.
const REMEMBERED: usize = 1024;

/// What a failed try was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    /// The destination lacks resources (A7xx).
    Busy,
    /// The association was lost while the object was under way, or its file could not be read.
    Broke,
}

/// What to do after a failed try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Again,
    Park,
}

/// What a worker gets.
pub(super) enum Turn {
    /// An object, and whether it has to go on an association of its own.
    Object(Box<Released>, bool),
    /// Nothing came before the deadline.
    Nothing,
    /// The forwarder stops.
    Stop,
}

/// What is remembered of an object that failed.
#[derive(Debug, Clone, Copy)]
struct Suspect {
    failures: u32,
    breaks: u32,
    /// Failures between which another object was delivered.
    alone_to_blame: u32,
    /// Deliveries at the last failure.
    delivered_then: u64,
    due: Instant,
}

#[derive(Default)]
struct State {
    ready: VecDeque<Released>,
    /// Taken, until its outcome is in the index.
    taken: HashSet<ObjectId>,
    suspects: HashMap<ObjectId, Suspect>,
    /// Pairs that were met, the latest first.
    pairs: VecDeque<Pair>,
    /// Something may wait.
    look: bool,
    looked: Option<Instant>,
    /// Somebody is asking the store.
    looking: bool,
    /// Failures since the last delivery.
    streak: u32,
    pause_until: Option<Instant>,
    delivered: u64,
    /// Workers that have an association or are about to get one.
    live: usize,
    /// Nothing is handed out any more.
    closed: bool,
    stopping: bool,
}

/// The line.
pub(super) struct Line {
    state: Mutex<State>,
    changed: Condvar,
    first: Duration,
    longest: Duration,
}

impl Line {
    /// Pauses begin with `first` and double up to `longest`.
    pub(super) fn new(first: Duration, longest: Duration) -> Line {
        let state = State { look: true, ..State::default() };
        Line { state: Mutex::new(state), changed: Condvar::new(), first, longest }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something new waits in the store.
    pub(super) fn notify(&self) {
        self.lock().look = true;
        self.changed.notify_one();
    }

    /// Nothing is handed out any more, for as long as this line lives.
    pub(super) fn close(&self) {
        self.lock().closed = true;
    }

    /// Whether nothing may leave.
    pub(super) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// Everybody goes home after what is in hand.
    pub(super) fn stop(&self) {
        self.lock().stopping = true;
        self.changed.notify_all();
    }

    /// The next object; waits for one until `deadline`. `refill` asks the store.
    pub(super) fn next(
        &self,
        deadline: Option<Instant>,
        refill: impl Fn(&[ObjectId], usize) -> Result<Vec<Released>, StoreError>,
    ) -> Turn {
        let mut state = self.lock();
        loop {
            let now = Instant::now();
            if state.stopping {
                return Turn::Stop;
            }
            let paused = state.pause_until.filter(|until| *until > now);
            // A closed line looks now and then whether it is to stop, and at nothing else.
            let paused = if state.closed { Some(now + LOOK) } else { paused };
            if paused.is_none()
                && let Some(object) = state.ready.pop_front()
            {
                state.taken.insert(object.id());
                let alone = state.suspects.contains_key(&object.id());
                if !state.ready.is_empty() {
                    self.changed.notify_one();
                }
                return Turn::Object(Box::new(object), alone);
            }
            let due = state.looked.map_or(now, |at| at + LOOK);
            if paused.is_none() && !state.looking && (state.look || due <= now) {
                state = self.look(state, now, &refill);
                continue;
            }
            if deadline.is_some_and(|deadline| deadline <= now) {
                return Turn::Nothing;
            }
            let wake = paused.unwrap_or(due.max(now + Duration::from_millis(1)));
            let wake = deadline.map_or(wake, |deadline| wake.min(deadline));
            let wait = wake.saturating_duration_since(now);
            state =
                self.changed.wait_timeout(state, wait).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Asks the store, without holding up whoever calls `notify`.
    fn look<'a>(
        &'a self,
        mut state: MutexGuard<'a, State>,
        now: Instant,
        refill: &impl Fn(&[ObjectId], usize) -> Result<Vec<Released>, StoreError>,
    ) -> MutexGuard<'a, State> {
        state.look = false;
        state.looking = true;
        let resting = state.suspects.iter().filter(|(_, s)| s.due > now).map(|(id, _)| *id);
        let except: Vec<ObjectId> = state.taken.iter().copied().chain(resting).collect();
        drop(state);
        let found = refill(&except, REFILL);
        let mut state = self.lock();
        state.looking = false;
        state.looked = Some(Instant::now());
        match found {
            Ok(found) => {
                // A full answer means that there is more.
                state.look |= found.len() == REFILL;
                // What was taken or failed while the store was asked is not to go twice.
                let State { taken, suspects, ready, .. } = &mut *state;
                let now = Instant::now();
                ready.extend(found.into_iter().filter(|object| {
                    !taken.contains(&object.id())
                        && suspects.get(&object.id()).is_none_or(|s| s.due <= now)
                }));
            }
            Err(error) => tracing::error!(%error, "cannot read the outgoing queue"),
        }
        if state.ready.len() > 1 {
            self.changed.notify_one();
        }
        state
    }

    /// The pairs to propose for an object: its own, those that wait, and those met before.
    pub(super) fn pairs(&self, own: &Pair) -> Vec<Pair> {
        let mut state = self.lock();
        let mut pairs = vec![own.clone()];
        let State { ready, pairs: met, .. } = &mut *state;
        let waiting = ready.iter().map(|object| Pair {
            sop_class: object.sop_class().to_owned(),
            transfer_syntax: object.transfer_syntax().to_owned(),
        });
        for pair in waiting.chain(met.iter().cloned()) {
            if pairs.len() < MAX_CONTEXTS && !pairs.contains(&pair) {
                pairs.push(pair);
            }
        }
        *met = pairs.iter().cloned().collect();
        pairs
    }

    /// A worker is about to open an association; whether others have one or are at it as well.
    pub(super) fn enter(&self) -> bool {
        let mut state = self.lock();
        state.live += 1;
        state.live > 1
    }

    /// A worker's association is gone, or did not come about.
    pub(super) fn leave(&self) {
        let mut state = self.lock();
        state.live = state.live.saturating_sub(1);
    }

    /// Back to the front, for whoever is ready first.
    pub(super) fn give_back(&self, object: Released) {
        let mut state = self.lock();
        state.taken.remove(&object.id());
        state.ready.push_front(object);
        drop(state);
        self.changed.notify_one();
    }

    /// A worker rests after this many failures of its own.
    pub(super) fn rest(&self, failures: u32) {
        let until = Instant::now() + self.delay(failures);
        let mut state = self.lock();
        while !state.stopping {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            state =
                self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// The destination took an object.
    pub(super) fn delivered(&self) {
        let mut state = self.lock();
        state.delivered += 1;
        state.streak = 0;
        state.pause_until = None;
    }

    /// The outcome of an object is in the index: it is done with.
    pub(super) fn done(&self, id: ObjectId) {
        let mut state = self.lock();
        state.taken.remove(&id);
        state.suspects.remove(&id);
    }

    /// No association came about: no fault of the object, which goes back to the front. How long all pause.
    pub(super) fn unreachable(&self, object: Released) -> Duration {
        let mut state = self.lock();
        state.taken.remove(&object.id());
        state.ready.push_front(object);
        state.streak += 1;
        let streak = state.streak;
        self.pause(&mut state, streak)
    }

    /// An object's try failed. It rests for a while; where the destination fails as such (nothing passed since the
    /// last failure), all rest.
    pub(super) fn failed(&self, id: ObjectId, failure: Failure) -> Verdict {
        let mut state = self.lock();
        let now = Instant::now();
        let delivered = state.delivered;
        let suspect = state.suspects.entry(id).or_insert(Suspect {
            failures: 0,
            breaks: 0,
            alone_to_blame: 0,
            delivered_then: delivered,
            due: now,
        });
        suspect.failures += 1;
        suspect.breaks += u32::from(failure == Failure::Broke);
        suspect.alone_to_blame += u32::from(delivered > suspect.delivered_then);
        suspect.delivered_then = delivered;
        suspect.due = now + self.delay(suspect.failures);
        let verdict = match *suspect {
            Suspect { breaks, .. } if failure == Failure::Busy || breaks < BREAKS => Verdict::Again,
            Suspect { alone_to_blame: 0, breaks, .. } if breaks < BREAKS_ALONE => Verdict::Again,
            _ => Verdict::Park,
        };
        state.streak += 1;
        if state.streak > 1 {
            let rounds = state.streak - 1;
            self.pause(&mut state, rounds);
        }
        if state.suspects.len() > REMEMBERED
            && let Some(oldest) =
                state.suspects.iter().min_by_key(|(_, s)| s.due).map(|(id, _)| *id)
        {
            state.suspects.remove(&oldest);
        }
        verdict
    }

    /// A failed object may be taken again, once it has rested.
    pub(super) fn put_back(&self, id: ObjectId) {
        self.lock().taken.remove(&id);
    }

    /// Pauses everybody; workers that fail at the same time do not make it longer.
    fn pause(&self, state: &mut State, rounds: u32) -> Duration {
        let now = Instant::now();
        if let Some(until) = state.pause_until.filter(|until| *until > now) {
            state.streak = state.streak.saturating_sub(1);
            return until - now;
        }
        let delay = self.delay(rounds);
        state.pause_until = Some(now + delay);
        delay
    }

    /// Doubled for each round up to the longest, and between half and whole of it, so that gateways that failed
    /// together do not come back together.
    fn delay(&self, rounds: u32) -> Duration {
        let doubled = self.first.saturating_mul(1 << rounds.saturating_sub(1).min(20));
        let jitter = RandomState::new().hash_one(rounds) % 512;
        doubled.min(self.longest).mul_f64(0.5 + jitter as f64 / 1024.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line() -> Line {
        Line::new(Duration::from_millis(100), Duration::from_secs(10))
    }

    #[test]
    fn pauses_double_with_jitter_up_to_the_longest() {
        let line = line();
        for (rounds, whole) in
            [(1, 100), (2, 200), (4, 800), (8, 10_000), (40, 10_000), (u32::MAX, 10_000)]
        {
            for _ in 0..50 {
                let delay = line.delay(rounds).as_millis();
                assert!((whole / 2..=whole).contains(&delay), "{rounds}: {delay}");
            }
        }
    }

    #[test]
    fn one_bad_object_does_not_pause_its_neighbours() {
        let line = line();
        for n in 1..BREAKS {
            assert_eq!(line.failed(1, Failure::Broke), Verdict::Again, "{n}");
            assert!(line.lock().pause_until.is_none());
            line.delivered();
        }
        assert_eq!(line.failed(1, Failure::Broke), Verdict::Park);
    }

    #[test]
    fn a_destination_that_fails_pauses_all_and_blames_none() {
        let line = line();
        for id in 0..4 {
            assert_eq!(line.failed(id, Failure::Broke), Verdict::Again);
        }
        let state = line.lock();
        assert!(state.pause_until.is_some());
        assert_eq!(state.streak, 2, "failures of one round count once");
        drop(state);
        for n in 1..BREAKS_ALONE {
            assert_eq!(line.failed(9, Failure::Broke), Verdict::Again, "{n}");
        }
        assert_eq!(line.failed(9, Failure::Broke), Verdict::Park);
    }

    #[test]
    fn a_full_archive_never_parks() {
        let line = line();
        for _ in 0..100 {
            assert_eq!(line.failed(1, Failure::Busy), Verdict::Again);
            line.delivered();
        }
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let line = line();
        for id in 0..5000 {
            line.failed(id, Failure::Broke);
        }
        assert_eq!(line.lock().suspects.len(), REMEMBERED);
    }

    #[test]
    fn a_closed_line_hands_nothing_out_and_does_not_ask_the_store() {
        let line = line();
        line.close();
        let asked = std::cell::Cell::new(false);
        let turn = line.next(Some(Instant::now() + Duration::from_millis(20)), |_, _| {
            asked.set(true);
            Ok(Vec::new())
        });
        assert!(matches!(turn, Turn::Nothing) && !asked.get() && line.is_closed());
        line.stop();
        assert!(matches!(line.next(None, |_, _| Ok(Vec::new())), Turn::Stop));
    }

    #[test]
    fn stopping_ends_the_wait() {
        let line = std::sync::Arc::new(line());
        let waiting = line.clone();
        let thread = std::thread::spawn(move || {
            matches!(waiting.next(None, |_, _| Ok(Vec::new())), Turn::Stop)
        });
        std::thread::sleep(Duration::from_millis(30));
        line.stop();
        assert!(thread.join().unwrap());
        let nothing = Line::new(Duration::ZERO, Duration::ZERO);
        let turn =
            nothing.next(Some(Instant::now() + Duration::from_millis(10)), |_, _| Ok(Vec::new()));
        assert!(matches!(turn, Turn::Nothing));
    }
}
