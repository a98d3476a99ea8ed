//! Where the time of requests went: on average, and for those near a percentile.

use crate::component::Spent;
use crate::engine::Digest;
use crate::stats::Bytes;
use crate::time::Duration;
use schemars::JsonSchema;
use serde::Serialize;

/// Sums of [`Spent`] over requests, kept apart by how long the requests took.
///
/// Response times fall into classes an eighth of an octave wide (9 % on average), so that the requests around any
/// percentile can be looked at by themselves.
#[derive(Clone, Debug, Default)]
pub struct Breakdown {
    classes: Vec<Class>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Class {
    requests: u64,
    /// Nanoseconds: work, queueing, connecting, network, waiting.
    sums: [u128; 5],
}

/// Mean times in seconds.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, JsonSchema)]
pub struct Parts {
    /// Being served: on cores, by stores.
    pub work: f64,
    /// Waiting for a thread, a core or a store.
    pub queueing: f64,
    /// Waiting for a connection.
    pub connecting: f64,
    /// On the network.
    pub network: f64,
    /// Waiting on purpose.
    pub waiting: f64,
}

const CLASSES: usize = 64 * 8;

/// The class of a response time: its binary exponent and the three bits that follow.
#[inline]
fn class(nanos: u64) -> usize {
    let value = nanos | 8;
    let exponent = 63 - value.leading_zeros();
    (exponent as usize) << 3 | ((value >> (exponent - 3)) & 7) as usize
}

/// The classes that hold a request: how many are passed over from the one before, the requests and their sums.
impl Bytes for Breakdown {
    fn write(&self, out: &mut Vec<u8>) {
        let held = || self.classes.iter().enumerate().filter(|(_, class)| class.requests > 0);
        (held().count() as u64).write(out);
        let mut next = 0;
        for (place, Class { requests, sums }) in held() {
            ((place - next) as u64).write(out);
            requests.write(out);
            sums.iter().for_each(|sum| sum.write(out));
            next = place + 1;
        }
    }

    fn read(from: &mut &[u8]) -> Option<Breakdown> {
        let held = u64::read(from)?;
        if held == 0 {
            return Some(Breakdown::default());
        }
        let mut classes = vec![Class::default(); CLASSES];
        let mut next = 0;
        for _ in 0..held {
            let place = usize::try_from(u64::read(from)?).ok()?.checked_add(next)?;
            let class = classes.get_mut(place)?;
            class.requests = u64::read(from)?;
            for sum in &mut class.sums {
                *sum = u128::read(from)?;
            }
            next = place + 1;
        }
        Some(Breakdown { classes })
    }
}

impl Breakdown {
    /// Adds a request.
    #[inline]
    pub fn record(&mut self, response: Duration, spent: &Spent) {
        if self.classes.is_empty() {
            self.classes = vec![Class::default(); CLASSES];
        }
        let class = &mut self.classes[class(response.0)];
        class.requests += 1;
        class.sums[0] += u128::from(spent.work.0);
        class.sums[1] += u128::from(spent.queueing.0);
        class.sums[2] += u128::from(spent.connecting.0);
        class.sums[3] += u128::from(spent.network.0);
        class.sums[4] += u128::from(spent.waiting.0);
    }

    /// Mean parts of all requests.
    pub fn mean(&self) -> Parts {
        parts(&self.classes)
    }

    /// Mean parts of the requests about as long as `nanos`, say a percentile.
    pub fn near(&self, nanos: u64) -> Parts {
        match self.classes.get(class(nanos)) {
            Some(class) => parts(std::slice::from_ref(class)),
            None => Parts::default(),
        }
    }

    /// Adds the requests of another.
    pub fn merge(&mut self, other: &Breakdown) {
        if self.classes.is_empty() {
            self.classes.clone_from(&other.classes);
            return;
        }
        for (mine, other) in self.classes.iter_mut().zip(&other.classes) {
            mine.requests += other.requests;
            for (mine, other) in mine.sums.iter_mut().zip(other.sums) {
                *mine += other;
            }
        }
    }

    pub(super) fn clear(&mut self) {
        self.classes.fill(Class::default());
    }

    pub(super) fn fold_into(&self, digest: &mut Digest) {
        for class in self.classes.iter().filter(|class| class.requests > 0) {
            class.sums.iter().for_each(|&sum| digest.fold(sum as u64));
        }
    }
}

fn parts(classes: &[Class]) -> Parts {
    let requests: u64 = classes.iter().map(|class| class.requests).sum();
    let mean = |part: usize| {
        let sum: f64 = classes.iter().map(|class| class.sums[part] as f64).sum();
        if requests == 0 { 0.0 } else { sum / requests as f64 / crate::time::SECOND }
    };
    Parts {
        work: mean(0),
        queueing: mean(1),
        connecting: mean(2),
        network: mean(3),
        waiting: mean(4),
    }
}
