//! Fleets: the replicas of a service in one place, where their number or their version changes.

use super::check::{Lowering, sorted};
use super::laws::Unit;
use super::{
    AutoscalerRules, CounterId, FleetMetric, LawId, LevelId, Load, MeasureKind, Model, PolicyRule,
    RolloutRules, ServiceId, Source, TimingId, UNLIMITED, WatchRules,
};
use crate::random::name_hash;
use crate::spec::{self, Path};
use crate::time::{Duration, SECOND, Time};

/// The replicas of a service in one region, some of them in service.
#[derive(Clone, PartialEq, Debug)]
pub struct Fleet {
    /// Whose.
    pub service: ServiceId,
    /// The balancer in front of them.
    pub balancer: u32,
    /// The first, counted within the service; the others follow.
    pub first: u32,
    /// How many there can be at once.
    pub replicas: u32,
    /// How many are in service at the start.
    pub start: u32,
    /// Cores of each.
    pub cores: u32,
    /// What passes until one serves, one after the other.
    pub start_up: Vec<LawId>,
    /// How long one that goes may work on.
    pub drain: Option<Duration>,
    /// What changes their number.
    pub autoscaler: Option<AutoscalerRules>,
    /// Other versions that take over, in order of time.
    pub rollouts: Vec<RolloutRules>,
    /// What one request of each client asks of its cores, in nanoseconds, where somebody goes by what is offered.
    pub offered: Vec<f64>,
    /// Requests per second of closed clients, by client; 0 of open ones.
    pub closed_rates: Vec<f64>,
    /// Hash of its name: tells its events and draws from others'.
    pub site: u64,
    /// What it measures.
    pub told: FleetMeasures,
}

/// What a fleet measures.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FleetMeasures {
    /// Replicas in service.
    pub serving: LevelId,
    /// Replicas that exist, from the start of booting to the end of draining.
    pub paid: LevelId,
    /// 1 while as many are wanted as may be.
    pub at_max: LevelId,
    /// How often more were wanted.
    pub scale_outs: CounterId,
    /// How often fewer were.
    pub scale_ins: CounterId,
    /// Requests that were still there when draining was over.
    pub cut_off: CounterId,
    /// Deployments that came to their end.
    pub rolled_out: CounterId,
    /// Deployments that were taken back.
    pub rolled_back: CounterId,
    /// From the beginning to the end of a deployment.
    pub rollout: TimingId,
}

/// How many replicas there can be of one place that are not there for a deployment only.
pub(super) fn most(service: &spec::Service, start: u32) -> u32 {
    service.autoscaler.as_ref().map_or(start, |scaler| scaler.max.max(start))
}

/// How many replicas there can be at once of one place of a service that has `start` at the start.
pub(super) fn capacity(service: &spec::Service, start: u32) -> u32 {
    let most = most(service, start).max(service.room);
    let extra = |deployment: &spec::Deployment| match deployment {
        spec::Deployment::Rolling { surge, .. } => *surge,
        spec::Deployment::BlueGreen { .. } => most,
        spec::Deployment::Canary { .. } => 1,
    };
    most.saturating_add(service.deployments.iter().map(extra).max().unwrap_or(0))
}

impl Fleet {
    /// Whether requests are told apart by the version of their replica.
    pub fn has_versions(&self) -> bool {
        !self.rollouts.is_empty()
    }

    /// Whether how busy its cores are is measured.
    pub fn meters_cores(&self) -> bool {
        self.autoscaler.as_ref().is_some_and(|rules| rules.metrics.contains(&FleetMetric::Cpu))
    }

    /// Cores that clients are expected to keep busy at some time.
    pub fn offered_at(&self, model: &Model, time: Time) -> f64 {
        let of_client = |(index, client): (usize, &super::Client)| {
            let rate = match &client.source {
                Source::Open(traffic) => traffic.rate_at(time),
                Source::Closed { .. } => self.closed_rates[index],
            };
            rate * self.offered[index] / SECOND
        };
        let known = model.clients.iter().enumerate().take(self.offered.len());
        known.map(of_client).sum()
    }
}

impl Model {
    /// Whether an autoscaler goes by what clients are known to offer.
    pub(super) fn has_ideal(&self) -> bool {
        let is_ideal = |policy: &PolicyRule| matches!(policy, PolicyRule::Ideal { .. });
        let rules = self.fleets.iter().filter_map(|fleet| fleet.autoscaler.as_ref());
        rules.flat_map(|rules| &rules.policies).any(is_ideal)
    }

    /// Tells fleets what a request of each client asks of them.
    pub(super) fn offer_to_fleets(&mut self, load: &Load) {
        if load.caused.is_empty() || !self.has_ideal() {
            return;
        }
        for index in 0..self.fleets.len() {
            let fleet = &self.fleets[index];
            let cores = self.services[fleet.service.0 as usize].cores;
            let first = super::StationId(cores.0 + fleet.first);
            let group = self.group_of(super::Resource::per_replica(first));
            let (mut offered, mut rates) = (Vec::new(), Vec::new());
            for client in &self.clients {
                let journeys = client.first_journey as usize..;
                let shares = super::load::shares_of(&client.mix);
                let caused = &load.caused[journeys.clone()];
                let asked = shares.iter().zip(caused).map(|(share, it)| share * it.service[group]);
                offered.push(asked.sum());
                let sent = &load.rates[journeys][..shares.len()];
                let is_open = matches!(client.source, Source::Open(_));
                rates.push(if is_open { 0.0 } else { sent.iter().sum() });
            }
            let fleet = &mut self.fleets[index];
            (fleet.offered, fleet.closed_rates) = (offered, rates);
        }
    }

    /// The fleet that a station of a replica belongs to.
    pub fn fleet_of(&self, station: super::StationId) -> Option<&Fleet> {
        self.fleets.iter().find(|fleet| {
            let service = &self.services[fleet.service.0 as usize];
            let begins = |first: super::StationId| first.0 + fleet.first == station.0;
            begins(service.cores) || service.threads.is_some_and(begins)
        })
    }
}

/// What all fleets of a service have in common.
struct Terms {
    cores: u32,
    start_up: Vec<LawId>,
    /// In nanoseconds.
    drain: Option<f64>,
    autoscaler: Option<AutoscalerRules>,
    rollouts: Vec<RolloutRules>,
}

impl Lowering<'_> {
    /// Checks what changes the number and the version of replicas.
    pub(super) fn lower_fleets(&mut self) {
        let spec = self.spec;
        for (name, service) in sorted(&spec.services) {
            let path = Path::root().key("services").key(name);
            let is_fixed = service.autoscaler.is_none() && service.deployments.is_empty();
            if is_fixed && service.room == 0 {
                self.warn_of_unstarted(service, &path);
                continue;
            }
            let start_up = self.start_up(service, &path);
            let drain = service.drain.as_ref().and_then(|drain| {
                self.positive_duration(drain, "a time to drain", &path.key("drain"))
            });
            let found = self.model.services.iter().position(|it| it.name == *name);
            let cores = found.map_or(1, |index| self.cores_of(index));
            let ahead = start_up.iter().map(|law| self.model.laws[law.0 as usize].sampler.mean());
            let ahead = Duration::from_nanos(ahead.sum());
            let autoscaler = (service.autoscaler.as_ref())
                .and_then(|it| self.autoscaler(name, service, it, (cores, ahead), &path));
            let rollouts = self.rollouts(name, service, &path);
            let Some(index) = found else { continue };
            let has_versions = rollouts.iter().any(|rollout| rollout.work != 1.0);
            let lowered = &mut self.model.services[index];
            lowered.watch.get_or_insert(WatchRules::default());
            lowered.work_varies = has_versions;
            lowered.has_errors = rollouts.iter().any(|rollout| rollout.errors > 0.0);
            let first = self.model.fleets.len() as u32;
            let terms = Terms { cores, start_up, drain, autoscaler, rollouts };
            for front in 0..self.model.services[index].fronts.len() {
                let fleet = self.fleet(service, (index, front), &terms, &path);
                self.model.fleets.push(fleet);
            }
            self.model.services[index].fleet = Some(first);
            self.model.services[index].billed =
                Some(match self.model.services[index].fronts.len() {
                    1 => self.model.fleets[first as usize].told.paid,
                    _ => self.model.measures.level(),
                });
        }
    }

    /// The replicas of a service behind one of its balancers.
    fn fleet(
        &mut self,
        service: &spec::Service,
        (index, front): (usize, usize),
        terms: &Terms,
        path: &Path,
    ) -> Fleet {
        let lowered = &self.model.services[index];
        let place = lowered.fronts[front];
        let balancer = lowered.first_front + front as u32;
        let region = self.model.places.regions.get(usize::from(place.region));
        let region = region.map(|region| region.name.clone()).unwrap_or_default();
        let is_one = lowered.fronts.len() == 1;
        let of = if is_one { path.to_string() } else { format!("{path}@{region}") };
        let start = started(service, &region);
        let scaler = terms.autoscaler.as_ref();
        Fleet {
            service: ServiceId(index as u32),
            balancer,
            first: place.first,
            replicas: place.replicas,
            start: scaler.map_or(start, |it| start.clamp(it.min, it.max)),
            cores: terms.cores,
            start_up: terms.start_up.clone(),
            drain: terms.drain.map(Duration::from_nanos),
            autoscaler: terms.autoscaler.clone(),
            rollouts: terms.rollouts.clone(),
            offered: Vec::new(),
            closed_rates: Vec::new(),
            site: name_hash(&of),
            told: self.fleet_measures(&of, index, front, scaler.is_some()),
        }
    }

    fn cores_of(&self, service: usize) -> u32 {
        let cores = self.model.services[service].cores;
        self.model.stations[self.model.group_of(super::Resource::per_replica(cores))].servers
    }

    fn warn_of_unstarted(&mut self, service: &spec::Service, path: &Path) {
        let written = [
            ("start_up", service.start_up.is_some() && service.function.is_none()),
            ("drain", service.drain.is_some()),
        ];
        for (field, _) in written.into_iter().filter(|(_, is_written)| *is_written) {
            let message = "nothing starts or takes away a replica of this service";
            let warning = self.findings.warning(&path.key(field), message);
            warning.hint(format!("add an `autoscaler` or `deployments`, or leave `{field}` out"));
        }
    }

    pub(super) fn start_up(&mut self, service: &spec::Service, path: &Path) -> Vec<LawId> {
        let Some(start_up) = &service.start_up else { return Vec::new() };
        let path = path.key("start_up");
        let steps = [
            ("boot", &start_up.boot),
            ("image_pull", &start_up.image_pull),
            ("warm_up", &start_up.warm_up),
        ];
        let mut laws = Vec::new();
        for (field, law) in steps {
            let at = path.key(field);
            let sampler = law.as_ref().and_then(|law| self.law(law, Unit::Time, &at));
            laws.extend(sampler.map(|sampler| self.place(sampler, &at.to_string())));
        }
        laws
    }

    fn fleet_measures(
        &mut self,
        of: &str,
        service: usize,
        front: usize,
        scales: bool,
    ) -> FleetMeasures {
        let target = &self.model.services[service];
        let first = super::StationId(target.cores.0 + target.fronts[front].first);
        let count = target.fronts[front].replicas;
        let has_rollouts = !self.spec.services[&target.name].deployments.is_empty();
        let servers = self.cores_of(service);
        let measures = &mut self.model.measures;
        let told = FleetMeasures {
            serving: measures.level(),
            paid: measures.level(),
            at_max: measures.level(),
            scale_outs: measures.counter(),
            scale_ins: measures.counter(),
            cut_off: measures.counter(),
            rolled_out: measures.counter(),
            rolled_back: measures.counter(),
            rollout: measures.timing(),
        };
        measures.watch(told.serving);
        measures.watch(told.paid);
        let mut report = |name, kind| measures.report(of, name, kind);
        report("replicas", MeasureKind::Mean(told.serving));
        report("replicas_peak", MeasureKind::Peak(told.serving));
        report("replicas_paid", MeasureKind::Mean(told.paid));
        if servers != UNLIMITED {
            let level = told.paid;
            report("cpu", MeasureKind::Utilisation { first, count, servers, level });
        }
        if scales {
            report("scale_outs", MeasureKind::Total(told.scale_outs));
            report("scale_ins", MeasureKind::Total(told.scale_ins));
            report("time_at_max", MeasureKind::TotalTime(told.at_max));
        }
        report("cut_off", MeasureKind::Total(told.cut_off));
        if has_rollouts {
            report("rolled_out", MeasureKind::Total(told.rolled_out));
            report("rolled_back", MeasureKind::Total(told.rolled_back));
            report("rollout", MeasureKind::MeanTime(told.rollout));
        }
        told
    }
}

/// How many replicas a service has at the start in each region, or in its only place.
pub(super) fn starts(service: &spec::Service) -> Vec<(Option<String>, u32)> {
    if service.regions.is_empty() {
        return vec![(None, service.replicas)];
    }
    let mut starts: Vec<(Option<String>, u32)> = Vec::new();
    for (place, &replicas) in sorted(&service.regions) {
        let region = region_of(place);
        match starts.iter_mut().find(|(known, _)| known.as_deref() == Some(region)) {
            Some((_, sum)) => *sum = sum.saturating_add(replicas),
            None => starts.push((Some(region.to_owned()), replicas)),
        }
    }
    starts.retain(|&(_, replicas)| replicas > 0);
    starts
}

/// How many of these are in a region.
fn started(service: &spec::Service, region: &str) -> u32 {
    let is_it =
        |(place, _): &&(Option<String>, u32)| place.as_deref().is_none_or(|it| it == region);
    starts(service).iter().find(is_it).map_or(0, |&(_, replicas)| replicas)
}

/// The region of `"eu"` or `"eu/a"`.
fn region_of(place: &str) -> &str {
    place.split_once('/').map_or(place, |(region, _)| region)
}

/// How many replicas a service can have in all.
pub(super) fn capacity_of(service: &spec::Service) -> u32 {
    let all = starts(service);
    all.iter().fold(0, |sum: u32, &(_, start)| sum.saturating_add(capacity(service, start)))
}
