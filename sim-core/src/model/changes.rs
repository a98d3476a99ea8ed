//! Changes while the system runs: the model as it is after each of them, with the same things in the same places.

use super::{Checked, Files, Load, MeasureKind, Model, Source, UNLIMITED, quantity, scaling};
use crate::model::traffic::Base;
use crate::random::Sampler;
use crate::spec::{Diagnostics, Path, Segment, Spec};
use crate::time::{Duration, SECOND, Time};

/// What a model is from an instant on.
#[derive(Clone, PartialEq, Debug)]
pub struct Change {
    /// From when.
    pub at: Time,
    /// What it is then. It has the frame of the model before ([`Model::has_frame_of`]).
    pub model: Model,
    /// What its stations are offered then.
    pub load: Load,
}

/// Changes of a model, at most: each is a model of its own.
const CHANGES_MAX: usize = 1_000;

/// Parts of a model in which a change has nothing to do: they are not of the system, or have times of their own.
const NOT_OF_THE_SYSTEM: [&str; 13] = [
    "question",
    "keys",
    "faults",
    "changes",
    "availability",
    "designs",
    "prices",
    "objectives",
    "slos",
    "run",
    "regions",
    "studies",
    "playground",
];

/// What is to become of a model at an instant: which change of the text, and what is written then.
struct Phase {
    at: Time,
    index: usize,
    spec: Spec,
}

/// Checks a model that is changed while it runs.
pub(super) fn check(spec: &Spec, files: &Files) -> Result<Checked, Diagnostics> {
    let mut findings = Diagnostics::new(spec.file());
    let order = order(spec, &mut findings);
    if findings.has_errors() {
        return Err(located(findings, spec));
    }
    let (mut first, mut phases) = (spec.clone(), Vec::<Phase>::new());
    for (at, index) in order {
        let before = phases.last().map_or(&first, |phase| &phase.spec);
        let changed = before.changed(index)?;
        match at {
            Time::ZERO => first = changed,
            at => phases.push(Phase { at, index, spec: changed }),
        }
    }
    make_room(&mut first, &mut phases);
    let mut checked = Model::check_unchanged(&first, files)?;
    for Phase { at, index, spec: changed } in &phases {
        let then = Model::check_unchanged(changed, files)?;
        if !then.model.has_frame_of(&checked.model) {
            refuse(changed, *index, &mut findings);
            return Err(located(findings, spec));
        }
        for warning in &then.warnings {
            if !checked.warnings.iter().any(|known| known.path == warning.path) {
                let mut warning = warning.clone();
                warning.message += &format!(" (from {} on)", at.since(Time::ZERO));
                checked.warnings.push(warning);
            }
        }
        checked.model.changes.push(Change { at: *at, model: then.model, load: then.load });
    }
    Ok(checked)
}

/// What is written of a model at an instant of its run: as if its changes until then had been there from the start.
///
/// # Errors
/// What is wrong with a change.
pub fn spec_at(spec: &Spec, now: Time) -> Result<Spec, Diagnostics> {
    let mut findings = Diagnostics::new(spec.file());
    let order = order(spec, &mut findings);
    if findings.has_errors() {
        return Err(located(findings, spec));
    }
    let mut past = order.into_iter().filter(|&(at, _)| at <= now);
    past.try_fold(spec.clone(), |spec, (_, index)| spec.changed(index))
}

/// When each change of a model happens, in seconds; of what is no time NaN.
pub fn instants(spec: &Spec) -> Vec<f64> {
    let nanos = spec.changes.iter().map(|change| quantity::duration(&change.at));
    nanos.map(|nanos| nanos.map_or(f64::NAN, |nanos| nanos / SECOND)).collect()
}

fn located(mut findings: Diagnostics, spec: &Spec) -> Diagnostics {
    spec.point(&mut findings);
    findings.sort();
    findings
}

/// The changes in order of time.
fn order(spec: &Spec, findings: &mut Diagnostics) -> Vec<(Time, usize)> {
    let root = Path::root().key("changes");
    if spec.changes.len() > CHANGES_MAX {
        let message = format!("a model can be changed {CHANGES_MAX} times at most");
        findings.error(&root, message);
    }
    let mut order = Vec::new();
    for (index, change) in spec.changes.iter().enumerate() {
        let path = root.index(index);
        match quantity::duration(&change.at) {
            Ok(nanos) if nanos >= 0.0 => {
                order.push((Time::ZERO + Duration::from_nanos(nanos), index));
            }
            Ok(_) => {
                let message = "a change cannot be before the start of the run";
                findings.error(&path.key("at"), message);
            }
            Err(error) => {
                findings.error(&path.key("at"), error.message).hint = error.hint;
            }
        }
        for target in change.set.keys() {
            let at = path.key("set").key(target);
            match Path::parse(target).map(|path| path.segments().first().cloned()) {
                Err(message) => findings.error(&at, message).on_key = true,
                Ok(Some(Segment::Key(section))) if NOT_OF_THE_SYSTEM.contains(&&*section) => {
                    let message = format!("`{section}` cannot change while the system runs");
                    let error = findings.error(&at, message);
                    error.on_key = true;
                    error.hint("set it in a design, or in the model itself");
                }
                Ok(_) => {}
            }
        }
    }
    order.sort_by_key(|&(at, _)| at);
    order
}

/// Where the number of replicas changes, all that there will be are there from the start, and some of them off.
fn make_room(first: &mut Spec, phases: &mut [Phase]) {
    let names: Vec<String> = first.services.keys().cloned().collect();
    for name in names {
        let specs = std::iter::once(&*first).chain(phases.iter().map(|phase| &phase.spec));
        let of = |spec: &Spec| spec.services.get(&name).map(|it| scaling::most(it, it.replicas));
        let most: Vec<u32> = specs.filter_map(of).collect();
        let (Some(&least), Some(&room)) = (most.iter().min(), most.iter().max()) else { continue };
        // None at all is wrong, which is said of each for itself.
        if least == room || least == 0 {
            continue;
        }
        let specs = std::iter::once(&mut *first).chain(phases.iter_mut().map(|it| &mut it.spec));
        for service in specs.filter_map(|spec| spec.services.get_mut(&name)) {
            service.room = room;
        }
    }
}

/// Says that a change is none of how much there is of something.
fn refuse(changed: &Spec, index: usize, findings: &mut Diagnostics) {
    let change = &changed.changes[index];
    let path = Path::root().key("changes").index(index).key("set");
    let (at, what) = match change.set.keys().next() {
        Some(only) if change.set.len() == 1 => (path.key(only), format!("`{only}`")),
        _ => (path, "something of this".to_owned()),
    };
    let is_of_shards = |path: &String| {
        let is_shards = |segment: &Segment| *segment == Segment::Key("shards".into());
        Path::parse(path).is_ok_and(|path| path.segments().iter().any(is_shards))
    };
    let (reason, hint) = if change.set.keys().any(is_of_shards) {
        (
            "the data would have to be copied first",
            "`reshard: (at: …, to: …)` copies it to more shards while they serve; a design starts anew with others",
        )
    } else {
        ("it decides what there is, not how much of it", "make it a design: that starts anew")
    };
    let message = format!("{what} cannot change while the system runs: {reason}");
    findings.error(&at, message).hint(hint);
}

impl Checked {
    /// What the model is at an instant, and what is offered then.
    #[must_use]
    pub fn at(mut self, now: Time) -> Checked {
        let past = self.model.changes.partition_point(|change| change.at <= now);
        let last = self.model.changes.drain(..past).next_back();
        match last {
            Some(Change { model, load, .. }) => Checked { model, load, ..self },
            None => self,
        }
    }
}

impl Model {
    /// What it is at an instant.
    pub fn at(&self, now: Time) -> &Model {
        let past = self.changes.partition_point(|change| change.at <= now);
        past.checked_sub(1).map_or(self, |last| &self.changes[last].model)
    }

    /// Whether both have the same things in the same places, so that a run of one can go on as a run of the other. What may
    /// differ is what [`crate::spec::Change`] tells.
    pub fn has_frame_of(&self, other: &Model) -> bool {
        self.plan == other.plan && self.frame() == other.frame()
    }

    /// The model without what a change may change.
    pub(super) fn frame(&self) -> Model {
        let mut it = Model { changes: Vec::new(), plan: Vec::new(), ..self.clone() };
        it.question = None;
        it.run = super::RunPlan::default();
        // What is paid for, and who causes it, is told of the model at the start.
        (it.charges, it.objectives) = (Vec::new(), Vec::new());
        let none = Sampler::constant(0.0).expect("zero is a time");
        for law in it.laws.iter_mut().chain(&mut it.fault_laws) {
            law.sampler = none.clone();
        }
        it.ways.iter_mut().for_each(|way| way.until = 0);
        it.clients.iter_mut().for_each(super::Client::without_amounts);
        for service in &mut it.services {
            (service.queue, service.contention) = (0, Duration::ZERO);
        }
        for group in &mut it.stations {
            group.servers = if group.servers == UNLIMITED { UNLIMITED } else { 0 };
            group.queue = 0;
        }
        for guard in &mut it.guards {
            (guard.timeout, guard.deadline) = (None, None);
            guard.retry.attempts = 0;
            guard.bulkhead = guard.bulkhead.map(|_| (0, 0));
        }
        for fleet in &mut it.fleets {
            (fleet.start, fleet.cores, fleet.drain) = (0, 0, None);
            (fleet.offered, fleet.closed_rates) = (Vec::new(), Vec::new());
            if let Some(rules) = &mut fleet.autoscaler {
                (rules.min, rules.max, rules.tolerance) = (0, 0, 0.0);
            }
        }
        for cache in &mut it.caches {
            (cache.ttl, cache.jitter, cache.stale) = (None, 0.0, Duration::ZERO);
            cache.size = cache.size.without_amount();
        }
        it.limits.iter_mut().for_each(|place| place.limit = place.limit.without_amounts());
        it.holds.quotas.iter_mut().for_each(|quota| quota.rule = quota.rule.without_amounts());
        for queue in &mut it.queues {
            queue.limit = if queue.limit == UNLIMITED { UNLIMITED } else { 0 };
        }
        for consumer in &mut it.subscriptions {
            (consumer.workers, consumer.per_replica) = (0, consumer.per_replica.map(|_| 0));
            let limit = &mut consumer.terms.limit;
            *limit = if *limit == UNLIMITED { UNLIMITED } else { 0 };
        }
        for measure in &mut it.measures.reported {
            if let MeasureKind::BusiestUtilisation { servers, .. }
            | MeasureKind::Utilisation { servers, .. } = &mut measure.kind
            {
                *servers = 0;
            }
        }
        it
    }
}

impl super::Client {
    /// Without what a change may change of it.
    fn without_amounts(&mut self) {
        self.mix.iter_mut().for_each(|until| *until = 0);
        self.timeout = None;
        match &mut self.source {
            Source::Closed { users, .. } => *users = 0,
            Source::Open(traffic) => {
                // What goes by a clock of its own is not carried over to another pace.
                let none = Sampler::constant(1.0).expect("one is a number");
                match &mut traffic.base {
                    Base::Mmpp(_) | Base::Schedule { .. } | Base::Replay(_) => return,
                    Base::Poisson | Base::Constant => {}
                    Base::Renewal(gap) => *gap = none,
                    Base::Batches { size, mean } => (*size, *mean) = (none, 1.0),
                }
                (traffic.period, traffic.profile) = (1.0, Default::default());
            }
        }
    }
}
