//! Outcomes as bytes, so that a study can be kept in a file and gone on with.
//!
//! What is kept is what a study takes in when it is told of an outcome. Read back it says the same to the bit. The
//! structures are taken apart field by field, so that a new one cannot be forgotten here.

use super::blocks::{BlockMetrics, Level};
use super::slos::SloMetrics;
use super::{
    JourneyMetrics, Metrics, OperationMetrics, Outcome, Population, Presence, Resized,
    StationMetrics, Trial, Violation,
};
use crate::engine::{Digest, Fingerprint};
use crate::model::Model;
use crate::simulation::{Seed, Stopped};
use crate::stats::Bytes;
use crate::time::Duration;

impl Outcome {
    /// Its bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let Outcome { trial, metrics, course, backlog, fingerprint, stopped, events, violations } =
            self;
        let mut out = Vec::new();
        trial.write(&mut out);
        metrics.write(&mut out);
        let whole =
            |course: &[f64]| course.iter().map(|number| *number as u64).collect::<Vec<u64>>();
        whole(course).write(&mut out);
        whole(backlog).write(&mut out);
        for digest in [fingerprint.events, fingerprint.timings, fingerprint.results] {
            digest.0.write(&mut out);
        }
        (*stopped as u64).write(&mut out);
        events.write(&mut out);
        let violations: Vec<String> =
            violations.iter().map(|violation| violation.0.clone()).collect();
        violations.write(&mut out);
        out
    }

    /// The outcome of a trial of `model` that these are the bytes of; `None` if they are of something else.
    pub fn from_bytes(model: &Model, mut from: &[u8]) -> Option<Outcome> {
        let from = &mut from;
        let trial = Trial::read(from)?;
        let metrics = Metrics::read(model, from)?;
        let mut course = || Some(Vec::<u64>::read(from)?.into_iter().map(|n| n as f64).collect());
        let (course, backlog) = (course()?, course()?);
        let mut digest = || Some(Digest(u64::read(from)?));
        let fingerprint = Fingerprint { events: digest()?, timings: digest()?, results: digest()? };
        const STOPPED: [Stopped; 4] =
            [Stopped::Horizon, Stopped::Finished, Stopped::Overloaded, Stopped::Events];
        let stopped = u64::read(from)?;
        let stopped = STOPPED.into_iter().find(|reason| *reason as u64 == stopped)?;
        let events = u64::read(from)?;
        let violations = Vec::read(from)?.into_iter().map(Violation).collect();
        from.is_empty().then_some(Outcome {
            trial,
            metrics,
            course,
            backlog,
            fingerprint,
            stopped,
            events,
            violations,
        })
    }
}

impl Bytes for Trial {
    fn write(&self, out: &mut Vec<u8>) {
        let Trial { design, seed: Seed { seed, replication }, warmup, horizon, events_max } = *self;
        for number in [design as u64, seed, replication, warmup.0, horizon.0, events_max] {
            number.write(out);
        }
    }

    fn read(from: &mut &[u8]) -> Option<Trial> {
        let mut next = || u64::read(from);
        Some(Trial {
            design: usize::try_from(next()?).ok()?,
            seed: Seed { seed: next()?, replication: next()? },
            warmup: Duration(next()?),
            horizon: Duration(next()?),
            events_max: next()?,
        })
    }
}

impl Metrics {
    fn write(&self, out: &mut Vec<u8>) {
        // When faults were, and which last, counts while a run goes on.
        let Metrics {
            measured,
            journeys,
            operations,
            stations,
            blocks,
            slos,
            systems,
            outages: _,
            lasting: _,
            replications,
            presence,
            started: _,
            ended: _,
            population: Population { at_start, now },
            servers: _,
        } = self;
        for number in [measured, replications, at_start, now] {
            number.write(out);
        }
        journeys.iter().for_each(|journey| journey.write(out));
        operations.iter().for_each(|operation| operation.write(out));
        stations.iter().for_each(|station| station.write(out));
        blocks.write(out);
        slos.iter().for_each(|slo| slo.write(out));
        systems.iter().for_each(|system| system.write(out));
        let levels = |presence: &Presence| presence.levels.write(out);
        presence.iter().for_each(levels);
        let changed = (0..).zip(presence).filter_map(|(at, it)| Some((at, it.resized.as_ref()?)));
        let resized: Vec<u64> = changed.flat_map(|(at, it)| it.numbers(at)).collect();
        resized.write(out);
    }

    fn read(model: &Model, from: &mut &[u8]) -> Option<Metrics> {
        let mut metrics = Metrics::new(model);
        let population = &mut metrics.population;
        let numbers = [
            &mut metrics.measured,
            &mut metrics.replications,
            &mut population.at_start,
            &mut population.now,
        ];
        for number in numbers {
            *number = u64::read(from)?;
        }
        for journey in &mut metrics.journeys {
            *journey = JourneyMetrics::read(from)?;
        }
        for operation in &mut metrics.operations {
            *operation = OperationMetrics::read(from)?;
        }
        for station in &mut metrics.stations {
            *station = StationMetrics::read(from)?;
        }
        let blocks = BlockMetrics::read(from)?;
        let sizes = |blocks: &BlockMetrics| {
            [blocks.counts.len(), blocks.levels.len(), blocks.timings.len()]
        };
        metrics.blocks = (sizes(&blocks) == sizes(&metrics.blocks)).then_some(blocks)?;
        for slo in &mut metrics.slos {
            slo.fill(from)?;
        }
        for system in &mut metrics.systems {
            system.fill(from)?;
        }
        for presence in &mut metrics.presence {
            presence.levels = Bytes::read(from)?;
        }
        for numbers in Vec::<u64>::read(from)?.chunks(Resized::NUMBERS) {
            let presence = metrics.presence.get_mut(usize::try_from(numbers[0]).ok()?)?;
            presence.resized = Some(Box::new(Resized::of(numbers)?));
        }
        Some(metrics)
    }
}

impl Resized {
    const NUMBERS: usize = 7;

    /// The station and what is known of it, as numbers.
    fn numbers(&self, station: u64) -> [u64; Resized::NUMBERS] {
        let Resized { servers, most, busy, there } = *self;
        let halves = |it: i128| [(it >> 64) as u64, it as u64];
        let ([busy_high, busy_low], [there_high, there_low]) = (halves(busy), halves(there));
        [station, servers.into(), most.into(), busy_high, busy_low, there_high, there_low]
    }

    fn of(numbers: &[u64]) -> Option<Resized> {
        let &[_, servers, most, busy_high, busy_low, there_high, there_low] = numbers else {
            return None;
        };
        let whole = |high: u64, low: u64| i128::from(high as i64) << 64 | i128::from(low);
        Some(Resized {
            servers: u32::try_from(servers).ok()?,
            most: u32::try_from(most).ok()?,
            busy: whole(busy_high, busy_low),
            there: whole(there_high, there_low),
        })
    }
}

impl Bytes for JourneyMetrics {
    fn write(&self, out: &mut Vec<u8>) {
        let JourneyMetrics { sent, refused, timed_out, failed, response, breakdown } = self;
        [sent, refused, timed_out, failed].into_iter().for_each(|number| number.write(out));
        response.write(out);
        breakdown.write(out);
    }

    fn read(from: &mut &[u8]) -> Option<JourneyMetrics> {
        Some(JourneyMetrics {
            sent: Bytes::read(from)?,
            refused: Bytes::read(from)?,
            timed_out: Bytes::read(from)?,
            failed: Bytes::read(from)?,
            response: Bytes::read(from)?,
            breakdown: Bytes::read(from)?,
        })
    }
}

impl Bytes for OperationMetrics {
    fn write(&self, out: &mut Vec<u8>) {
        let OperationMetrics { failed, duration } = self;
        failed.write(out);
        duration.write(out);
    }

    fn read(from: &mut &[u8]) -> Option<OperationMetrics> {
        Some(OperationMetrics { failed: Bytes::read(from)?, duration: Bytes::read(from)? })
    }
}

impl Bytes for StationMetrics {
    fn write(&self, out: &mut Vec<u8>) {
        let StationMetrics { wait, service, refused, dropped, dropped_wait } = self;
        wait.write(out);
        service.write(out);
        refused.write(out);
        dropped.write(out);
        dropped_wait.write(out);
    }

    fn read(from: &mut &[u8]) -> Option<StationMetrics> {
        Some(StationMetrics {
            wait: Bytes::read(from)?,
            service: Bytes::read(from)?,
            refused: Bytes::read(from)?,
            dropped: Bytes::read(from)?,
            dropped_wait: Bytes::read(from)?,
        })
    }
}

impl Bytes for BlockMetrics {
    fn write(&self, out: &mut Vec<u8>) {
        let BlockMetrics { counts, levels, timings } = self;
        counts.write(out);
        levels.write(out);
        timings.write(out);
    }

    fn read(from: &mut &[u8]) -> Option<BlockMetrics> {
        let counts = Bytes::read(from)?;
        let levels: Vec<Level> = Bytes::read(from)?;
        Some(BlockMetrics { counts, levels, timings: Bytes::read(from)? })
    }
}

impl SloMetrics {
    fn write(&self, out: &mut Vec<u8>) {
        let (counts, sums) = self.kept();
        counts.iter().for_each(|number| number.write(out));
        sums.iter().for_each(|sum| sum.write(out));
    }

    fn fill(&mut self, from: &mut &[u8]) -> Option<()> {
        let (mut counts, mut sums) = self.kept();
        for number in &mut counts {
            *number = u64::read(from)?;
        }
        for sum in &mut sums {
            *sum = u128::read(from)?;
        }
        self.keep(&counts, &sums);
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::run;
    use crate::model::Files;
    use crate::spec::Spec;

    fn model() -> Model {
        let text = r#"(
            components: {"api": {"get": [work(exponential("5ms")), read("db"), send("mail")]},
                "post": {"send": [work("1ms")]}},
            services: {"api": (components: ["api"], queue: 20), "post": (components: ["post"])},
            stores: {"db": database(servers: 2, read: exponential("4ms"))},
            queues: {"mail": (consumers: {"post.send": (concurrency: 2)})},
            clients: {"users": (rate: "150/s", mix: "api.get", timeout: "1s")},
            slos: {"fast": (objective: "99%", below: "50ms")},
        )"#;
        let spec = Spec::parse("kept.ron", text).unwrap_or_else(|e| panic!("{e:?}"));
        Model::check(&spec, &Files::default()).unwrap_or_else(|e| panic!("{e:?}")).model
    }

    fn outcome(model: &Model) -> Outcome {
        let (warmup, horizon) = (Duration::from_secs(2.0), Duration::from_secs(40.0));
        let seed = Seed { seed: 3, replication: 5 };
        run(model, Trial { design: 2, seed, warmup, horizon, events_max: u64::MAX })
    }

    /// Everything that a digest of the results covers, and everything beside the metrics.
    #[test]
    fn an_outcome_comes_back_to_the_bit() {
        let model = model();
        let outcome = outcome(&model);
        let bytes = outcome.to_bytes();
        let back = Outcome::from_bytes(&model, &bytes).expect("these are its bytes");
        assert_eq!(back.to_bytes(), bytes);
        assert_eq!(back.metrics.digest(), outcome.metrics.digest());
        assert_eq!(back.fingerprint.results, outcome.metrics.digest());
        assert_eq!(
            (back.trial, back.events, back.stopped),
            (outcome.trial, outcome.events, outcome.stopped)
        );
        assert_eq!((back.course, back.backlog), (outcome.course, outcome.backlog));
        // What is merged out of both is the same too.
        let mut twice = [outcome.metrics.clone(), back.metrics.clone()];
        twice.iter_mut().for_each(|metrics| metrics.merge(&back.metrics));
        assert_eq!(twice[0].digest(), twice[1].digest());
    }

    #[test]
    fn a_part_of_the_bytes_is_nothing() {
        let model = model();
        let bytes = outcome(&model).to_bytes();
        for length in (0..bytes.len()).step_by(7) {
            assert!(Outcome::from_bytes(&model, &bytes[..length]).is_none(), "{length}");
        }
        assert!(Outcome::from_bytes(&Model::default(), &bytes).is_none());
    }
}
