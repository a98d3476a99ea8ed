//! Where the time of an event goes: the queue, the draws, the measurements, and the rest.

use sim_core::engine::{Event, Queue};
use sim_core::random::{Draw, Key, exponential};
use sim_core::time::{Duration, Time};

use super::workload::{WORKLOADS, Workload};
use super::{Options, median, nanos};

/// Prints nanoseconds per event, by part. The queue and the draws are timed by themselves, the measurements as what
/// they add to a run without any, and the rest is what is left.
pub(super) fn step(options: Options) {
    println!(
        "\n{:<14}{:>12}{:>12}{:>12}{:>12}{:>12}",
        "ns per event", "all", "queue", "draws", "handling", "recording"
    );
    for workload in &WORKLOADS {
        print(workload, options);
    }
}

fn print(workload: &Workload, options: Options) {
    let model = workload.model();
    let requests = workload.requests * options.scale() * 0.5;
    let mut events = 0.0;
    let (mut all, mut bare, mut queue, mut draws) = (vec![], vec![], vec![], vec![]);
    for _ in 0..options.rounds() {
        all.push(nanos(|| workload.run(&model, requests, 0)));
        bare.push(nanos(|| events = workload.run_with(&model, requests, ()) as f64));
        let steps = events as u64;
        queue.push(nanos(|| hold(workload.pending, steps)) - nanos(|| sum_of_draws(steps)));
        draws.push(nanos(|| sum_of_draws((requests * workload.draws) as u64)));
    }
    let [all, bare, queue, draws] = [all, bare, queue, draws].map(|it| median(it) / events);
    let handling = bare - queue - draws;
    let recording = all - bare;
    println!(
        "{:<14}{all:>12.1}{queue:>12.1}{draws:>12.1}{handling:>12.1}{recording:>12.1}",
        workload.name
    );
}

/// Takes the next event and puts one back, with `pending` events in the queue and exponential delays.
fn hold(pending: usize, steps: u64) -> Time {
    let mut queue = Queue::new();
    for event in 0..pending as u32 {
        queue.push(Time(u64::from(event)), Event(event));
    }
    let mut now = Time::ZERO;
    for step in 0..steps {
        if let Some((at, event)) = queue.pop() {
            queue.push(at + delay(step), event);
            now = at;
        }
    }
    now
}

fn sum_of_draws(draws: u64) -> Duration {
    (0..draws).map(delay).fold(Duration::ZERO, |sum, delay| sum + delay)
}

/// An exponential time of mean 1 ms.
fn delay(counter: u64) -> Duration {
    const KEY: Key = Key::new(1, 0, 0);
    Duration::from_nanos(1e6 * exponential(&mut Draw::new(counter, KEY)))
}
