//! Clients: from what was written to traffic, mixes and priorities.

use super::check::{Lowering, sorted};
use super::data::{self, DataError};
use super::laws::Unit;
use super::quantity;
use super::traffic::{Factor, Profile, Traffic};
use super::{Client, Journey, LawId, OperationId, Source, shares};
use crate::random::name_hash;
use crate::spec::{self, Arrivals, Mix, MmppState, Path, Quantity};
use crate::time::{Duration, Time};
use std::collections::BTreeSet;

/// Users of a closed client, at most.
const USERS_MAX: u32 = 1_000_000;
/// Requests per second, at most: closer together than nanoseconds they cannot be told apart.
const RATE_MAX: f64 = 1e9;

impl<'a> Lowering<'a> {
    pub(super) fn lower_clients(&mut self) {
        let spec = self.spec;
        let priorities: BTreeSet<u8> =
            spec.clients.values().map(|client| client.priority).collect();
        if spec.clients.is_empty() && spec.is_read("clients", 0) {
            self.findings
                .error(&Path::root().key("clients"), "there is no client: nobody sends requests");
        }
        for (name, client) in sorted(&spec.clients) {
            let path = Path::root().key("clients").key(name);
            let source = self.source(client, &path);
            let timeout = client.timeout.as_ref().and_then(|timeout| {
                self.positive_duration(timeout, "a timeout", &path.key("timeout"))
                    .map(Duration::from_nanos)
            });
            let hop = self.client_hop(client, name, &path);
            let regions = self.client_regions(client, &path);
            let limit = self.client_limit(name, client, &path);
            let first_journey = self.model.journeys.len() as u32;
            self.check_criticality(client, &path);
            let Some(mix) = self.mix(client, &path.key("mix")) else { continue };
            let Some(source) = source else { continue };
            self.model.clients.push(Client {
                name: name.clone(),
                site: name_hash(&format!("clients.{name}")),
                source,
                first_journey,
                mix,
                lane: priorities.iter().position(|&p| p == client.priority).unwrap_or(0) as u8,
                timeout,
                hop,
                regions,
                limit,
            });
        }
    }

    fn client_hop(&mut self, client: &spec::Client, name: &str, path: &Path) -> Option<LawId> {
        let sampler = self.law(client.hop.as_ref()?, Unit::Time, &path.key("hop"))?;
        Some(self.place_hop(&sampler, &format!("clients.{name}.hop")))
    }

    /// Adds a journey for each operation of a mix and returns the cumulated shares.
    fn mix(&mut self, client: &'a spec::Client, path: &Path) -> Option<Vec<u64>> {
        let entries: Vec<(&str, f64, Path)> = match &client.mix {
            Mix::Only(target) => vec![(target.as_str(), 1.0, path.clone())],
            Mix::Weighted(weights) => sorted(weights)
                .map(|(target, &weight)| (target.as_str(), weight, path.key(target)))
                .collect(),
        };
        if entries.is_empty() {
            self.findings.error(path, "a mix needs at least one operation to ask for");
            return None;
        }
        self.check_weights(entries.iter().map(|(_, weight, at)| (*weight, at.clone())), path);
        let number = self.model.clients.len() as u32;
        for (target, _, path) in &entries {
            self.operation(target, path);
            self.places.journeys.push((*target).to_owned());
            self.model.journeys.push(Journey {
                client: number,
                entry: 0,
                operation: OperationId(0),
                criticality: client.criticality.of(target),
            });
        }
        Some(shares(&entries.iter().map(|entry| entry.1).collect::<Vec<_>>()))
    }

    fn source(&mut self, client: &'a spec::Client, path: &Path) -> Option<Source> {
        let open = client.rate.is_some() || client.arrivals.is_some();
        match client.users {
            Some(_) if open => {
                let message = "clients either send at a `rate`, or are so many `users` who wait for answers; not both";
                self.findings.error(&path.key("users"), message).hint("leave one of them out");
                None
            }
            Some(users) => self.closed(users, client, path),
            None if open => self.open(client, path).map(Source::Open),
            None => {
                let error = self
                    .findings
                    .error(path, "it does not say how many requests these clients send");
                error.hint("add a rate, such as rate: \"120/s\", or users: 50 with think: exponential(\"5s\")");
                None
            }
        }
    }

    fn closed(&mut self, users: u32, client: &spec::Client, path: &Path) -> Option<Source> {
        if users == 0 || users > USERS_MAX {
            let message = format!("{users} users: there can be from 1 to {USERS_MAX}");
            self.findings.error(&path.key("users"), message);
        }
        if !client.profile.is_empty() {
            let error = self
                .findings
                .error(&path.key("profile"), "a profile changes a rate, and users have none");
            error.hint("leave `profile` out, or give these clients a `rate`");
        }
        let think = match &client.think {
            Some(law) => Some(self.law(law, Unit::Time, &path.key("think"))?),
            None => None,
        };
        let name = format!("{path}.think");
        let think = think.map(|sampler| self.place(sampler, &name));
        Some(Source::Closed { users, think })
    }

    fn open(&mut self, client: &spec::Client, path: &Path) -> Option<Traffic> {
        if client.think.is_some() {
            let error = self
                .findings
                .error(&path.key("think"), "only `users` think; these clients send at a rate");
            error.hint("leave `think` out, or write `users` in place of the rate");
        }
        let rate = match &client.rate {
            Some(rate) => Some(self.rate(rate, &path.key("rate"))?),
            None => None,
        };
        let at = path.key("arrivals");
        let needs_rate = |what: &str| format!("{what} arrivals need a `rate`");
        let traffic = match (client.arrivals.as_ref().unwrap_or(&Arrivals::Poisson), rate) {
            (Arrivals::Poisson, Some(rate)) => Traffic::poisson(rate),
            (Arrivals::Constant, Some(rate)) => Traffic::constant(rate),
            (Arrivals::Batches(size), Some(rate)) => {
                Traffic::batches(self.law(size, Unit::Number, &at.key("batches"))?, rate)
            }
            (Arrivals::Renewal(gap), rate) => {
                Traffic::renewal(&self.law(gap, Unit::Time, &at.key("renewal"))?, rate)
            }
            (Arrivals::Mmpp(states), rate) => {
                Traffic::mmpp(&self.states(states, &at.key("mmpp"))?, rate)
            }
            (Arrivals::Schedule { .. }, Some(_)) => {
                Err("a schedule says how often: leave `rate` out".to_owned())
            }
            (Arrivals::Schedule { every, first, jitter }, None) => {
                self.schedule(every, first.as_ref(), jitter.as_ref(), &at.key("schedule"))?
            }
            (Arrivals::Replay { .. }, Some(_)) => {
                Err("a replay sends at its recorded rate: leave `rate` out, or change its `speed`"
                    .to_owned())
            }
            (Arrivals::Replay { file, column, speed }, None) => {
                let offsets = self.recorded(file, column.as_deref(), &at.key("replay"))?;
                Traffic::replay(offsets, speed.unwrap_or(1.0))
            }
            (Arrivals::Poisson, None) => Err(needs_rate("poisson")),
            (Arrivals::Constant, None) => Err(needs_rate("constant")),
            (Arrivals::Batches(_), None) => Err(needs_rate("batches of")),
        };
        let profile = self.profile(&client.profile, &path.key("profile"))?;
        let shaped = traffic.and_then(|traffic| match profile {
            Some(profile) => traffic.with_profile(profile),
            None => Ok(traffic),
        });
        match shaped {
            Ok(traffic) => Some(traffic),
            Err(message) => {
                self.findings.error(if client.arrivals.is_some() { &at } else { path }, message);
                None
            }
        }
    }

    fn schedule(
        &mut self,
        every: &Quantity,
        first: Option<&Quantity>,
        jitter: Option<&spec::Law>,
        path: &Path,
    ) -> Option<Result<Traffic, String>> {
        let every =
            self.positive_duration(every, "the time from one to the next", &path.key("every"));
        let first = match first {
            Some(first) => self.value(first, Unit::Time, &path.key("first")),
            None => every,
        };
        let jitter = match jitter {
            Some(law) => Some(self.law(law, Unit::Time, &path.key("jitter"))?),
            None => None,
        };
        Some(Traffic::schedule(first?, every?, jitter))
    }

    fn rate(&mut self, rate: &Quantity, path: &Path) -> Option<f64> {
        let rate = self.read(quantity::rate(rate), path)?;
        if rate > RATE_MAX {
            let message = format!("{rate:e} requests per second are more than can be told apart");
            self.findings.error(path, message).hint(format!("at most {RATE_MAX:e} can"));
            return None;
        }
        Some(rate)
    }

    fn states(&mut self, states: &[MmppState], path: &Path) -> Option<Vec<(f64, Duration)>> {
        let mut lowered = Vec::new();
        for (i, state) in states.iter().enumerate() {
            let at = path.index(i);
            let rate = self.rate(&state.rate, &at.key("rate"));
            let lasts = self.positive_duration(&state.lasts, "a state", &at.key("lasts"));
            lowered.extend(rate.zip(lasts.map(Duration::from_nanos)));
        }
        (lowered.len() == states.len()).then_some(lowered)
    }

    fn recorded(&mut self, file: &str, column: Option<&str>, path: &Path) -> Option<Vec<u64>> {
        let read = self.files.read(file).and_then(|text| match column {
            Some(column) => data::timestamps(text, column),
            None => data::access_log(text),
        });
        match read {
            Ok(offsets) => Some(offsets),
            Err(error) => {
                self.data_error(file, error, path);
                None
            }
        }
    }

    /// Reports what is wrong with a file whose name and column the model has at `path`.
    pub(super) fn data_error(&mut self, file: &str, error: DataError, path: &Path) {
        let message = match error.line {
            Some(line) => format!("{file}, line {line}: {}", error.message),
            None if self.files.read(file).is_err() => error.message,
            None => format!("{file}: {}", error.message),
        };
        // Of a file that is there, the candidates are its columns.
        let is_column = error.line.is_some() && !error.candidates.is_empty();
        let hint = error.hint.or_else(|| {
            (!error.candidates.is_empty())
                .then(|| format!("there are: {}", error.candidates.join(", ")))
        });
        let at = path.key(if is_column { "column" } else { "file" });
        self.findings.error(&at, message).hint = hint;
    }

    /// The profile; `Some(None)` where none is written.
    fn profile(&mut self, factors: &[spec::Profile], path: &Path) -> Option<Option<Profile>> {
        if factors.is_empty() {
            return Some(None);
        }
        let lowered: Vec<_> = factors
            .iter()
            .enumerate()
            .map(|(i, factor)| self.factor(factor, &path.index(i)))
            .collect();
        let lowered: Vec<Factor> = lowered.into_iter().collect::<Option<_>>()?;
        match Profile::new(&lowered) {
            Ok(profile) => Some(Some(profile)),
            Err(error) => {
                self.findings.error(&path.index(error.factor), error.message);
                None
            }
        }
    }

    fn factor(&mut self, factor: &spec::Profile, path: &Path) -> Option<Factor> {
        match factor {
            spec::Profile::Piecewise(points) => {
                let at = path.key("piecewise");
                let points: Vec<_> = points
                    .iter()
                    .enumerate()
                    .map(|(i, (time, factor))| {
                        Some((self.instant(time, &at.index(i).index(0))?, *factor))
                    })
                    .collect();
                Some(Factor::Piecewise(points.into_iter().collect::<Option<_>>()?))
            }
            spec::Profile::Sinusoid { period, amplitude, shift } => {
                let at = path.key("sinusoid");
                let period = self.positive_duration(period, "a period", &at.key("period"));
                let shift = match shift {
                    Some(shift) => self.value(shift, Unit::Time, &at.key("shift"))?,
                    None => 0.0,
                };
                Some(Factor::Sinusoid {
                    period: Duration::from_nanos(period?),
                    amplitude: *amplitude,
                    shift: Duration::from_nanos(shift),
                })
            }
            spec::Profile::Ramp { from, to, factor } => {
                let at = path.key("ramp");
                let (from, to) =
                    (self.instant(from, &at.key("from")), self.instant(to, &at.key("to")));
                Some(Factor::Ramp { from: from?, to: to?, factor: *factor })
            }
            spec::Profile::Spike { at: start, lasts, factor } => {
                let at = path.key("spike");
                let start = self.instant(start, &at.key("at"));
                let lasts = self.positive_duration(lasts, "a spike", &at.key("lasts"));
                Some(Factor::Spike {
                    at: start?,
                    lasts: Duration::from_nanos(lasts?),
                    factor: *factor,
                })
            }
            spec::Profile::FlashCrowd { .. } => self.flash_crowd(factor, &path.key("flash_crowd")),
            spec::Profile::Present { from, until } => {
                self.present([from, until].map(Option::as_ref), &path.key("present"))
            }
        }
    }

    fn flash_crowd(&mut self, factor: &spec::Profile, at: &Path) -> Option<Factor> {
        let spec::Profile::FlashCrowd { at: start, rise, factor, holds, half_life } = factor else {
            return None;
        };
        let start = self.instant(start, &at.key("at"));
        let rise = self.positive_duration(rise, "the rise of a crowd", &at.key("rise"));
        let holds = match holds {
            Some(holds) => self.value(holds, Unit::Time, &at.key("holds"))?,
            None => 0.0,
        };
        let half_life = self.positive_duration(half_life, "a half-life", &at.key("half_life"));
        Some(Factor::flash_crowd(
            start?,
            Duration::from_nanos(rise?),
            *factor,
            Duration::from_nanos(holds),
            Duration::from_nanos(half_life?),
        ))
    }

    fn present(&mut self, bounds: [Option<&Quantity>; 2], at: &Path) -> Option<Factor> {
        let [from, until] = bounds;
        let mut bound = |bound: Option<&Quantity>, name: &str| match bound {
            Some(bound) => self.instant(bound, &at.key(name)).map(Some),
            None => Some(None),
        };
        let (from, until) = (bound(from, "from")?, bound(until, "until")?);
        if let (Some(from), Some(until)) = (from, until)
            && from >= until
        {
            self.findings
                .error(at, format!("they leave at {until}, before they come at {from}"))
                .hint("`until` has to be later than `from`");
            return None;
        }
        Some(Factor::present(from, until))
    }

    fn instant(&mut self, quantity: &Quantity, path: &Path) -> Option<Time> {
        self.value(quantity, Unit::Time, path).map(|nanos| Time(nanos as u64))
    }
}
