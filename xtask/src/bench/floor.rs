//! The floor: what a simulation costs when it is written by hand for one system and can do nothing else.
//!
//! Each loop draws from a sequential generator, knows its stations by name and records what the benchmark
//! compares: a mean and a 99th percentile. The distance from these loops is the price of a general
//! simulator.

use std::cmp::Reverse;
use std::collections::binary_heap::PeekMut;
use std::collections::{BinaryHeap, VecDeque};

/// What a loop measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Floor {
    /// Requests that ended.
    pub(crate) requests: u64,
    /// Their mean latency, in seconds.
    pub(crate) mean_s: f64,
    /// The 99th percentile of their latency, in seconds, to within 0.2 %.
    pub(crate) p99_s: f64,
}

/// M/M/1 at 80 %: Poisson 80/s, one server, exponential services of 10 ms.
pub(crate) fn mm1(requests: u64, seed: u64) -> Floor {
    const SERVICE: f64 = 0.010;
    const BETWEEN: f64 = SERVICE / 0.8;
    let mut draw = Draw::new(seed);
    let mut latency = Latency::new();
    let mut waiting = VecDeque::new();
    let mut arrival = draw.exponential(BETWEEN);
    let mut departure = f64::INFINITY;
    // Drawn ahead, so that the processor takes the logarithms while it waits for the order of the events.
    let (mut between, mut service) = (draw.exponential(BETWEEN), draw.exponential(SERVICE));
    while latency.count < requests {
        if arrival < departure {
            if waiting.is_empty() {
                departure = arrival + service;
                service = draw.exponential(SERVICE);
            }
            waiting.push_back(arrival);
            arrival += between;
            between = draw.exponential(BETWEEN);
        } else if let Some(arrived) = waiting.pop_front() {
            latency.record(departure - arrived);
            if waiting.is_empty() {
                departure = f64::INFINITY;
            } else {
                departure += service;
                service = draw.exponential(SERVICE);
            }
        }
    }
    latency.floor()
}

/// The web: Poisson 4,480/s, in turn to 4 replicas of 8 workers (exponential, 5 ms; let go before the cache
/// is asked), a cache (exponential, 0.5 ms, any number at once, 80 % hits), and for a miss a database of 16
/// connections (lognormal, mean 8 ms, sigma of the logarithm 0.5). Queues are first in, first out.
pub(crate) fn web(requests: u64, seed: u64) -> Floor {
    let mut web = Web {
        draw: Draw::new(seed),
        latency: Latency::new(),
        pending: BinaryHeap::new(),
        arrived: Vec::new(),
        free: Vec::new(),
        replicas: Default::default(),
        database: Pool::default(),
    };
    web.run(requests);
    web.latency.floor()
}

/// Fork-join of 10 M/M/1 at 60 %: each request forks to all 10 and ends with its last branch. The mean
/// service is one second.
pub(crate) fn fork_join(requests: u64, seed: u64) -> Floor {
    const BRANCHES: usize = 10;
    const BETWEEN: f64 = 1.0 / 0.6;
    let mut draw = Draw::new(seed);
    let mut latency = Latency::new();
    // When each branch ends its service, or never, and last the next arrival: the bits of a positive float,
    // which sort as it does, the lowest four replaced by who it is. The least of eleven words is sooner
    // found than kept in a heap.
    let due_at = |at: f64, who: usize| at.to_bits() & !15 | who as u64;
    let mut due: [u64; BRANCHES + 1] = std::array::from_fn(|who| due_at(f64::INFINITY, who));
    due[BRANCHES] = due_at(draw.exponential(BETWEEN), BRANCHES);
    // Requests in flight, oldest first: arrival and branches left. All branches take them in this order, so
    // a branch's queue is no more than the number of the request it serves.
    let mut flight: VecDeque<(f64, usize)> = VecDeque::new();
    let (mut oldest, mut arrivals) = (0, 0);
    let mut serving = [0; BRANCHES];
    while latency.count < requests {
        let first = due.iter().fold(u64::MAX, |first, &next| first.min(next));
        let (now, next) = (f64::from_bits(first), (first & 15) as usize);
        if next == BRANCHES {
            flight.push_back((now, BRANCHES));
            for branch in 0..BRANCHES {
                if serving[branch] == arrivals {
                    due[branch] = due_at(now + draw.exponential(1.0), branch);
                }
            }
            arrivals += 1;
            due[BRANCHES] = due_at(now + draw.exponential(BETWEEN), BRANCHES);
        } else {
            let (arrived, left) = &mut flight[serving[next] - oldest];
            *left -= 1;
            if *left == 0 {
                latency.record(now - *arrived);
                while flight.front().is_some_and(|&(_, left)| left == 0) {
                    flight.pop_front();
                    oldest += 1;
                }
            }
            serving[next] += 1;
            let end = now + draw.exponential(1.0);
            due[next] = due_at(if serving[next] == arrivals { f64::INFINITY } else { end }, next);
        }
    }
    latency.floor()
}

const REPLICAS: usize = 4;
const WORKERS: u32 = 8;
const CONNECTIONS: u32 = 16;
/// What ends at an event: a worker's service on one of the replicas, or one of these.
const CACHE: u32 = REPLICAS as u32;
const DATABASE: u32 = CACHE + 1;

/// A time (the bits of a positive float sort as the float does), what ends then, and for which request.
type Due = Reverse<(u64, u32, u32)>;

fn due(at: f64, ends: u32, request: u32) -> Due {
    Reverse((at.to_bits(), ends, request))
}

/// Servers and the requests that wait for one.
#[derive(Default)]
struct Pool {
    busy: u32,
    waiting: VecDeque<u32>,
}

/// The state of [`web`].
struct Web {
    draw: Draw,
    latency: Latency,
    pending: BinaryHeap<Due>,
    /// By request, in slots used again: when it arrived.
    arrived: Vec<f64>,
    free: Vec<u32>,
    replicas: [Pool; REPLICAS],
    database: Pool,
}

impl Web {
    fn run(&mut self, requests: u64) {
        const BETWEEN: f64 = 1.0 / 4480.0;
        let mut arrival = self.draw.exponential(BETWEEN);
        let mut turn = 0;
        while self.latency.count < requests {
            match self.pending.peek() {
                Some(&Reverse((at, ends, request))) if f64::from_bits(at) < arrival => {
                    self.end(f64::from_bits(at), ends, request);
                }
                _ => {
                    self.arrive(arrival, turn);
                    turn = (turn + 1) % REPLICAS;
                    arrival += self.draw.exponential(BETWEEN);
                }
            }
        }
    }

    fn arrive(&mut self, now: f64, turn: usize) {
        let request = self.free.pop().unwrap_or_else(|| {
            self.arrived.push(now);
            self.arrived.len() as u32 - 1
        });
        self.arrived[request as usize] = now;
        let replica = &mut self.replicas[turn];
        if replica.busy < WORKERS {
            replica.busy += 1;
            self.pending.push(due(now + self.draw.exponential(0.005), turn as u32, request));
        } else {
            replica.waiting.push_back(request);
        }
    }

    /// The earliest event: what follows takes its place in the heap where it can, which saves half of the
    /// sifting.
    fn end(&mut self, now: f64, ends: u32, request: u32) {
        let Some(mut first) = self.pending.peek_mut() else { return };
        match ends {
            CACHE if self.draw.uniform() < 0.8 => {
                PeekMut::pop(first);
                self.depart(now, request);
            }
            CACHE if self.database.busy < CONNECTIONS => {
                self.database.busy += 1;
                *first = due(now + self.draw.query(), DATABASE, request);
            }
            CACHE => {
                PeekMut::pop(first);
                self.database.waiting.push_back(request);
            }
            DATABASE => {
                if let Some(next) = self.database.waiting.pop_front() {
                    *first = due(now + self.draw.query(), DATABASE, next);
                    drop(first);
                } else {
                    self.database.busy -= 1;
                    PeekMut::pop(first);
                }
                self.depart(now, request);
            }
            replica => {
                *first = due(now + self.draw.exponential(0.0005), CACHE, request);
                drop(first);
                let pool = &mut self.replicas[replica as usize];
                if let Some(next) = pool.waiting.pop_front() {
                    self.pending.push(due(now + self.draw.exponential(0.005), replica, next));
                } else {
                    pool.busy -= 1;
                }
            }
        }
    }

    fn depart(&mut self, now: f64, request: u32) {
        self.latency.record(now - self.arrived[request as usize]);
        self.free.push(request);
    }
}

/// SplitMix64 (Steele, Lea and Flood 2014) and the laws drawn from it.
struct Draw(u64);

#[allow(clippy::disallowed_methods, reason = "a floor owes nobody the same bits on every machine")]
impl Draw {
    fn new(seed: u64) -> Draw {
        Draw(seed)
    }

    /// Uniform in (0, 1).
    #[inline]
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (((z ^ (z >> 31)) >> 12) as f64 + 0.5) * (1.0 / (1_u64 << 52) as f64)
    }

    #[inline]
    fn exponential(&mut self, mean: f64) -> f64 {
        -mean * self.uniform().ln()
    }

    /// A service of the web's database, its normal variate by Box and Muller.
    fn query(&mut self) -> f64 {
        const SIGMA: f64 = 0.5;
        let radius = (-2.0 * self.uniform().ln()).sqrt();
        let normal = radius * (std::f64::consts::TAU * self.uniform()).cos();
        0.008 * (SIGMA * normal - SIGMA * SIGMA / 2.0).exp()
    }
}

/// The sum of latencies and a histogram of 256 buckets to each power of two, from 2⁻⁴⁰ s to 2²⁴ s.
struct Latency {
    count: u64,
    sum: f64,
    buckets: Vec<u32>,
}

/// Bits of a float below a bucket's index: all but sign, exponent and 8 bits of the fraction.
const BELOW_BUCKET: u32 = 44;
/// The bucket of 2⁻⁴⁰ s.
const FIRST_BUCKET: u64 = (1023 - 40) << 8;

impl Latency {
    fn new() -> Latency {
        Latency { count: 0, sum: 0.0, buckets: vec![0; 64 << 8] }
    }

    #[inline]
    fn record(&mut self, seconds: f64) {
        self.count += 1;
        self.sum += seconds;
        let bucket = (seconds.to_bits() >> BELOW_BUCKET).saturating_sub(FIRST_BUCKET) as usize;
        let last = self.buckets.len() - 1;
        self.buckets[bucket.min(last)] += 1;
    }

    fn floor(&self) -> Floor {
        let mut below = 0;
        let bucket = self.buckets.iter().position(|&count| {
            below += u64::from(count);
            below as f64 >= 0.99 * self.count as f64
        });
        let middle =
            (bucket.unwrap_or(0) as u64 + FIRST_BUCKET) << BELOW_BUCKET | 1 << (BELOW_BUCKET - 1);
        Floor {
            requests: self.count,
            mean_s: self.sum / self.count as f64,
            p99_s: f64::from_bits(middle),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(run: fn(u64, u64) -> Floor, requests: u64, mean_s: f64, p99_s: f64) {
        let floor = run(requests, 1);
        assert_eq!(floor.requests, requests);
        let off = |got: f64, want: f64| (got / want - 1.0).abs();
        assert!(off(floor.mean_s, mean_s) < 0.02, "mean {} s, not {mean_s} s", floor.mean_s);
        assert!(off(floor.p99_s, p99_s) < 0.03, "p99 {} s, not {p99_s} s", floor.p99_s);
    }

    #[test]
    fn mm1_agrees_with_theory() {
        // The sojourn is exponential with mean 10 ms / (1 - 0.8); ln 100 = 4.60517.
        check(mm1, 1_000_000, 0.050, 0.050 * 4.605_17);
    }

    #[test]
    fn web_agrees_with_long_runs_of_other_simulators() {
        check(web, 300_000, 0.007_310, 0.028_47);
    }

    #[test]
    fn fork_join_agrees_with_long_runs_of_other_simulators() {
        check(fork_join, 200_000, 6.3217, 17.04);
    }
}
