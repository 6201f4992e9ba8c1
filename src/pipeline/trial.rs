//! An object led along the way in memory: the same stages and the same decision, and nothing of it is stored.
//!
//! A canary (`operate::canary`) takes this way. It knows no store, so that what is tried can reach neither the outgoing
//! queue, nor the quarantine, nor the ledger.

use super::{lead, passage::past_the_bound};
use crate::{
    deidentify::nothing_behind,
    dicom::{Tag, dataset::DataSet, syntax::Encoding},
    policy::{self, checks::Checks},
    receive::collect::{Announced, Collector, Fault, Limits, Sink},
    records::{Reason, batch::BatchKeys},
    route::{Decision, Passing, Route},
};

/// What would have become of an object.
pub enum Trial {
    /// It would have left, so.
    Leaves(Leaving),
    /// It would have been kept back, for these reasons.
    Kept(Vec<Reason>),
    /// It would not have been taken.
    Refused(Fault),
}

/// The bytes of an object that would have left.
pub struct Leaving {
    /// Preamble and file meta information.
    pub meta: Vec<u8>,
    /// The data set with its pixels (not deflated).
    pub data_set: Vec<u8>,
    /// The layout of the data set.
    pub encoding: Encoding,
}

/// Leads an object along the way of a route. `data_set` is encoded as its transfer syntax says.
pub fn trial(
    checks: &Checks,
    keys: &BatchKeys,
    limits: Limits,
    route: &Route,
    announced: Announced,
    data_set: &[u8],
) -> Trial {
    let encoding = announced.transfer_syntax.encoding;
    let mut collector = Collector::new(announced, limits);
    let mut load = Load { checks, keys, route, sop_class: String::new(), way: Way::Open };
    let taken = collector.feed(data_set, &mut load).and_then(|()| collector.finish(&mut load));
    if let Err(fault) = taken {
        return Trial::Refused(fault);
    }
    match load.way {
        Way::Passing(mut passing, data_set) => {
            let meta = passing.inspected().meta().to_vec();
            Trial::Leaves(Leaving { meta, data_set, encoding })
        }
        Way::Kept(reasons) => Trial::Kept(reasons),
        Way::Open => Trial::Kept(Vec::new()),
    }
}

enum Way {
    /// The header is not complete.
    Open,
    /// Passing so far, with the bytes that would leave.
    Passing(Box<Passing>, Vec<u8>),
    Kept(Vec<Reason>),
}

struct Load<'a> {
    checks: &'a Checks,
    keys: &'a BatchKeys,
    route: &'a Route,
    sop_class: String,
    way: Way,
}

impl Sink for Load<'_> {
    fn discards(&self, tag: Tag) -> bool {
        policy::discards(tag)
    }

    fn begin_copy(&mut self, _: &[u8]) {}

    fn copy(&mut self, _: &[u8]) {}

    fn overflow(&mut self) {
        self.way = Way::Kept(vec![past_the_bound()]);
    }

    fn head(&mut self, received: crate::receive::collect::Received) {
        self.sop_class.clone_from(&received.announced().sop_class);
        self.way = match lead(self.checks, self.keys, self.route, received, &[]) {
            Decision::Release(mut passing) => {
                let encoded = passing.inspected().deidentified().encoded().to_vec();
                Way::Passing(passing, encoded)
            }
            Decision::Keep(kept) => Way::Kept(kept.reasons),
        };
    }

    fn bulk(&mut self, bytes: &[u8]) {
        let Way::Passing(passing, data_set) = &mut self.way else { return };
        passing.inspected().search_pixels(bytes);
        match passing.inspected().pixel_finding() {
            Some(reason) => self.way = Way::Kept(vec![reason]),
            None => data_set.extend_from_slice(bytes),
        }
    }

    fn tail(&mut self, tail: DataSet) {
        if let Way::Passing(..) = self.way
            && let Err(reason) =
                nothing_behind(&self.route.policy, self.keys, &self.sop_class, &tail)
        {
            self.way = Way::Kept(vec![reason]);
        }
    }
}
