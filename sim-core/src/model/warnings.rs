//! Warnings: what can be run but was probably not meant.

use super::check::{Lowering, operations};
use super::components::called;
use super::poolers::POOLER;
use super::{Load, Source, StationKind};
use crate::spec::{Path, Quantity};
use crate::time::Time;
use std::collections::BTreeSet;

/// Instructions of one request, at most, on average: more than this would hardly ever end.
const STEPS_MAX: f64 = 1e8;

impl Lowering<'_> {
    /// Warns of what the load and the calls show.
    pub(super) fn warn(&mut self, load: &Load) {
        self.warn_of_endless(load);
        self.warn_of_queues(load);
        if self.findings.has_errors() {
            // The load of what cannot be run is no news.
            return;
        }
        self.warn_of_silence(load);
        self.warn_of_overload(load);
        self.warn_of_locks(load);
        self.warn_of_limits(load);
        self.warn_of_tight_timeouts(load);
        self.warn_of_idle();
        self.warn_of_idle_guards();
        self.warn_of_idle_criticality();
    }

    fn warn_of_endless(&mut self, load: &Load) {
        for (index, journey) in self.model.journeys.clone().iter().enumerate() {
            let client = &self.model.clients[journey.client as usize];
            let path = Path::root().key("clients").key(&client.name);
            let steps = load.steps[index];
            let never_thinks = match client.source {
                Source::Closed { think: Some(law), .. } => {
                    self.model.laws[law.0 as usize].sampler.mean() <= 0.0
                }
                Source::Closed { think: None, .. } => true,
                Source::Open(_) => false,
            };
            let stuck = never_thinks && load.unloaded[index] <= 0.0;
            if steps > STEPS_MAX || !steps.is_finite() {
                let name = &self.places.journeys[index];
                let message =
                    format!("a request for `{name}` takes {steps:.0e} steps, more than can be run");
                self.findings.error(&path.key("mix"), message).hint("call or repeat less often");
            }
            if stuck {
                let message = "these users neither think nor ever wait: time would stand still";
                self.findings.error(&path, message).hint("add think: exponential(\"5s\")");
            }
        }
    }

    fn warn_of_overload(&mut self, load: &Load) {
        for (group, offered) in self.model.stations.clone().iter().zip(&load.stations) {
            let path = self.path_of(&group.name, group.kind);
            let closed = self.model.has_closed_clients();
            let door = group.door.map(|door| &self.model.doors[door.0 as usize]);
            let limited = group.queue != super::UNLIMITED || !self.model.limits.is_empty();
            if offered.utilisation >= 1.0 && !closed {
                let consequence = if door.is_some_and(|door| door.patience.is_some()) {
                    "requests will leave before their turn"
                } else if limited || door.is_some() {
                    "requests will be refused"
                } else {
                    "the queue will grow without end"
                };
                let message = format!(
                    "`{}` is offered {:.0} % of what it can do: {consequence}",
                    group.name,
                    offered.utilisation * 100.0
                );
                self.findings.warning(&path, message).hint(at_most(offered.capacity));
            } else if offered.peak_utilisation >= 1.0 && !closed {
                let message = format!(
                    "`{}` is offered {:.0} % of what it can do at the peak",
                    group.name,
                    offered.peak_utilisation * 100.0
                );
                self.findings.warning(&path, message).hint(at_most(offered.capacity));
            }
        }
    }

    /// Clients whose rate is 0.
    fn warn_of_silence(&mut self, load: &Load) {
        for client in &self.model.clients {
            let first = client.first_journey as usize;
            let rate: f64 = load.rates[first..first + client.mix.len()].iter().sum();
            let scheduled = match &client.source {
                Source::Open(traffic) => traffic.scheduled(),
                Source::Closed { .. } => None,
            };
            let horizon = self.model.run.horizon;
            if let Some(first) = scheduled.filter(|first| first.0 >= horizon.0) {
                let path = Path::root().key("clients").key(&client.name).key("arrivals");
                let message = format!(
                    "the first comes after {}, and a run ends after {horizon}: it never happens",
                    first.since(Time::ZERO)
                );
                let hint = "simulate longer, run: (horizon: …), or let it come sooner with `first`";
                self.findings.warning(&path, message).hint(hint);
            } else if rate <= 0.0 {
                let path = Path::root().key("clients").key(&client.name);
                self.findings.warning(&path, "these clients never send a request");
            }
        }
    }

    /// Where a group of stations is written.
    fn path_of(&self, name: &str, kind: StationKind) -> Path {
        let root = Path::root();
        // Where others have the same name, the section stands before it.
        let own = name.strip_prefix(kind.section()).and_then(|rest| rest.strip_prefix('.'));
        let name = own.unwrap_or(name);
        // The stations of a service are named by its regions, if there are several.
        let name = match name.rsplit_once('@') {
            Some((name, _))
                if self.model.places.regions.len() > 1 && kind != StationKind::Store =>
            {
                name
            }
            _ => name,
        };
        match kind {
            StationKind::Front => self.path_of_front(name),
            // The members of a store are named after it: `orders.replicas`.
            StationKind::Store => {
                root.key("stores").key(name.split_once('.').map_or(name, |(store, _)| store))
            }
            StationKind::Cache => root.key("caches").key(name),
            StationKind::Cores => root.key("services").key(name),
            StationKind::Workers => {
                let queue = name.split_once(".workers").map_or(name, |(queue, _)| queue);
                root.key("queues").key(queue)
            }
            StationKind::Threads => root
                .key("services")
                .key(name.strip_suffix(".threads").unwrap_or(name))
                .key("threads"),
            StationKind::Connections if name.ends_with(POOLER) => root
                .key("stores")
                .key(name.strip_suffix(POOLER).unwrap_or(name))
                .key("database")
                .key("pooler"),
            StationKind::Connections => {
                let (service, store) = name.split_once(".pools.").unwrap_or((name, ""));
                root.key("services").key(service).key("pools").key(store)
            }
        }
    }

    fn warn_of_tight_timeouts(&mut self, load: &Load) {
        let spec = self.spec;
        for (index, journey) in self.model.journeys.iter().enumerate() {
            let client = &self.model.clients[journey.client as usize];
            let Some(timeout) = client.timeout else { continue };
            let unloaded = load.unloaded[index];
            if timeout.as_secs() >= unloaded {
                continue;
            }
            let path = Path::root().key("clients").key(&client.name).key("timeout");
            let written = match spec.clients.get(&client.name).and_then(|c| c.timeout.as_ref()) {
                Some(Quantity::Text(text)) => text.clone(),
                _ => timeout.to_string(),
            };
            let message = format!(
                "a timeout of {written} is shorter than `{}` takes on an idle system: {} on average",
                self.places.journeys[index],
                crate::time::Duration::from_secs(unloaded)
            );
            self.findings.warning(&path, message);
        }
    }

    /// Operations that nobody calls, components and stores that nothing uses.
    fn warn_of_idle(&mut self) {
        let spec = self.spec;
        let mut targets = Vec::new();
        for (component, _, steps) in operations(spec) {
            called(spec, component, steps, &mut targets);
        }
        let mut wanted: BTreeSet<&str> = targets.into_iter().collect();
        wanted.extend(self.places.journeys.iter().map(String::as_str));
        wanted.extend(self.places.consumers.iter().map(String::as_str));
        for (component, operation, _) in operations(spec) {
            if !wanted.contains(format!("{component}.{operation}").as_str()) {
                let path = Path::root().key("components").key(component).key(operation);
                self.findings.warning(&path, format!("nobody calls `{component}.{operation}`"));
            }
        }
    }
}

/// What a station or a limit can take.
pub(super) fn at_most(capacity: f64) -> String {
    let capacity = match capacity {
        few if few < 0.01 => format!("{few:.1e}"),
        some if some < 100.0 => format!("{some:.2}"),
        many => format!("{many:.0}"),
    };
    format!("it keeps up with at most {capacity} requests/s in all")
}
