//! Checking components: every step of every operation, called or not.

use super::REPEATS_MAX;
use super::check::{Lowering, operations};
use super::compile::plain_law;
use super::laws::Unit;
use super::placement::meant;
use super::views::view_law;
use crate::spec::{Count, Path, Query, Spec, Step, did_you_mean};
use std::collections::{BTreeMap, BTreeSet};

/// Branches of one `parallel`, at most.
const BRANCHES_MAX: usize = 100_000;

/// Calls in a chain, at most.
const CALL_DEPTH_MAX: usize = 200;

impl Lowering<'_> {
    pub(super) fn check_components(&mut self) {
        let spec = self.spec;
        if spec.components.is_empty() && spec.is_read("components", 0) {
            self.findings
                .error(&Path::root().key("components"), "there is no component: nothing to run");
        }
        for (component, operation, steps) in operations(spec) {
            let path = Path::root().key("components").key(component).key(operation);
            self.check_steps(steps, &path);
        }
    }

    pub(super) fn check_steps(&mut self, steps: &[Step], path: &Path) {
        for (i, step) in steps.iter().enumerate() {
            self.check_step(step, &path.index(i));
        }
    }

    fn check_step(&mut self, step: &Step, path: &Path) {
        match step {
            Step::Work(law) => {
                self.law(law, Unit::Time, &path.key("work"));
            }
            Step::Wait(law) => {
                self.law(law, Unit::Time, &path.key("wait"));
            }
            Step::Call(target) => {
                self.operation(target, &path.key("call"));
            }
            Step::Read(query) => self.check_query(query, "read", &path.key("read")),
            Step::Write(query) => self.check_query(query, "write", &path.key("write")),
            Step::Send(message) => self.check_message(message, &path.key("send")),
            Step::Parallel { branches, first } => {
                let at = Step::branches_path(path, first.is_some());
                let count = branches.len();
                if count == 0 || count > BRANCHES_MAX {
                    let message =
                        format!("{count} branches: from 1 to {BRANCHES_MAX} can run in parallel");
                    self.findings.error(&at, message);
                }
                if let Some(first) = *first
                    && (first == 0 || first as usize > count)
                {
                    let message = format!("cannot wait for the first {first} of {count} branches");
                    self.findings.error(&path.key("parallel").key("first"), message);
                }
                for (i, steps) in branches.iter().enumerate() {
                    self.check_steps(steps, &at.index(i));
                }
            }
            Step::Choose(ways) => {
                let at = path.key("choose");
                if ways.is_empty() {
                    self.findings.error(&at, "there is nothing to choose from");
                } else {
                    let weights = ways.iter().enumerate();
                    self.check_weights(weights.map(|(i, way)| (way.0, at.index(i).index(0))), &at);
                }
                for (i, way) in ways.iter().enumerate() {
                    self.check_steps(&way.1, &at.index(i).index(1));
                }
            }
            Step::Repeat(count, steps) => {
                let at = path.key("repeat");
                match count {
                    Count::Times(times) if *times > REPEATS_MAX => {
                        let message = format!(
                            "{times} repetitions are more than {REPEATS_MAX}, the most there can be"
                        );
                        self.findings.error(&at.index(0), message);
                    }
                    Count::Times(_) => {}
                    Count::Drawn(law) => {
                        self.law(law, Unit::Number, &at.index(0));
                    }
                }
                self.check_steps(steps, &at.index(1));
            }
        }
    }

    /// Weights have to be finite, not negative, and not all 0. Fractions that do not make 1 are probably meant as
    /// probabilities.
    pub(super) fn check_weights(
        &mut self,
        weights: impl Iterator<Item = (f64, Path)>,
        path: &Path,
    ) {
        let (mut sum, mut most) = (0.0, 0.0f64);
        for (weight, at) in weights {
            if !weight.is_finite() || weight < 0.0 {
                let message = format!("a weight of {weight} makes no sense: weights are 0 or more");
                self.findings.error(&at, message);
                return;
            }
            sum += weight;
            most = most.max(weight);
        }
        if sum <= 0.0 || !sum.is_finite() {
            self.findings.error(path, "the weights must not all be 0");
        } else if most < 1.0 && (sum - 1.0).abs() > 1e-6 {
            let message =
                format!("the weights add up to {sum}, not to 1, and are taken in proportion");
            let hint = "write a way for what is left, or whole numbers if only their ratio counts";
            self.findings.warning(path, message).hint(hint);
        }
    }

    fn check_query(&mut self, query: &Query, kind: &str, path: &Path) {
        let whole = query;
        if let Some(key) = &query.key {
            self.check_key(key, &query.key_path(path));
        }
        let (target, path) = (query.store.as_str(), &query.store_path(path));
        if self.query(target, kind).is_some() {
            self.check_shard_key(whole, kind, path);
            return;
        }
        let (name, query) =
            target.split_once('.').map_or((target, None), |(name, query)| (name, Some(query)));
        let Some(store) = self.spec.stores.get(name) else {
            if self.spec.is_written(&["stores", name]) {
                return;
            }
            let hint = meant(name, self.spec.names("stores"));
            self.findings.error(path, format!("there is no store `{name}`")).hint = hint;
            return;
        };
        match query {
            Some(query) if view_law(store, query).is_some() => {
                let message = format!("`{target}` is a view: it is read, and refreshed");
                let hint = format!("write what it shows, such as write(\"{name}\")");
                self.findings.error(path, message).hint(hint);
            }
            Some(query) => {
                let near = did_you_mean(query, store.queries().keys().map(String::as_str));
                let hint = near.map(|near| format!("did you mean `{name}.{near}`?"));
                self.findings.error(path, format!("store `{name}` has no query `{query}`")).hint =
                    hint;
            }
            None => {
                let field = plain_law(store, kind).0;
                let message = format!("store `{name}` does not say how long a {kind} takes");
                self.findings
                    .error(path, message)
                    .hint(format!("give it a law: {field}: exponential(\"2ms\")"));
            }
        }
    }

    /// Operations must not call each other in circles: such a request would never end.
    pub(super) fn check_cycles(&mut self) {
        let spec = self.spec;
        let calls: BTreeMap<String, Vec<&str>> = operations(spec)
            .map(|(component, operation, steps)| {
                let mut targets = Vec::new();
                called(spec, component, steps, &mut targets);
                (format!("{component}.{operation}"), targets)
            })
            .collect();
        // Depth-first with a stack of our own: a chain of calls may be longer than the machine's stack is deep. An
        // operation that is done has its depth; one on the trail has none yet.
        let mut depths: BTreeMap<&str, Option<usize>> = BTreeMap::new();
        for start in calls.keys() {
            if depths.contains_key(start.as_str()) {
                continue;
            }
            let mut trail: Vec<(&str, usize)> = vec![(start, 0)];
            depths.insert(start, None);
            while let Some((operation, next)) = trail.last_mut() {
                let targets = calls.get(*operation).map_or(&[][..], Vec::as_slice);
                let Some(&target) = targets.get(*next) else {
                    let below = targets
                        .iter()
                        .filter_map(|target| depths.get(target).copied().flatten())
                        .max();
                    let depth = below.unwrap_or(0) + 1;
                    depths.insert(operation, Some(depth));
                    let operation = *operation;
                    trail.pop();
                    if depth == CALL_DEPTH_MAX {
                        self.report_depth(operation);
                    }
                    continue;
                };
                *next += 1;
                match depths.get(target) {
                    Some(Some(_)) => {}
                    Some(None) => {
                        let trail: Vec<&str> =
                            trail.iter().map(|&(operation, _)| operation).collect();
                        self.report_cycle(&trail, target);
                    }
                    None => {
                        depths.insert(target, None);
                        trail.push((target, 0));
                    }
                }
            }
        }
    }

    fn report_depth(&mut self, operation: &str) {
        let (component, operation) = operation.split_once('.').unwrap_or((operation, ""));
        let path = Path::root().key("components").key(component).key(operation);
        self.findings.error(
            &path,
            format!("a chain of {CALL_DEPTH_MAX} calls begins here, more than can be run"),
        );
    }

    fn report_cycle(&mut self, trail: &[&str], back_to: &str) {
        let start = trail.iter().position(|&operation| operation == back_to).unwrap_or(0);
        let circle = trail[start..].join(" → ");
        let (component, operation) = back_to.split_once('.').unwrap_or((back_to, ""));
        let path = Path::root().key("components").key(component).key(operation);
        let message = format!("operations call each other in a circle: {circle} → {back_to}");
        self.findings
            .error(&path, message)
            .hint("a request would never end; let one of them stop calling");
    }
}

/// Every step of some steps, at any depth.
pub(super) fn visit<'a>(steps: &'a [Step], see: &mut dyn FnMut(&'a Step)) {
    for step in steps {
        see(step);
        match step {
            Step::Parallel { branches, .. } => {
                branches.iter().for_each(|branch| visit(branch, see))
            }
            Step::Choose(ways) => ways.iter().for_each(|way| visit(&way.1, see)),
            Step::Repeat(_, steps) => visit(steps, see),
            Step::Work(_)
            | Step::Wait(_)
            | Step::Call(_)
            | Step::Read(_)
            | Step::Write(_)
            | Step::Send(_) => {}
        }
    }
}

/// The operations that steps of a component call, at any depth, the fallbacks of its guarded calls included.
pub(super) fn called<'a>(
    spec: &'a Spec,
    component: &str,
    steps: &'a [Step],
    targets: &mut Vec<&'a str>,
) {
    let mut guards = BTreeSet::new();
    called_beside(spec, component, steps, targets, &mut guards);
}

fn called_beside<'a>(
    spec: &'a Spec,
    component: &str,
    steps: &'a [Step],
    targets: &mut Vec<&'a str>,
    guards: &mut BTreeSet<&'a str>,
) {
    let mut fallbacks = Vec::new();
    visit(steps, &mut |step| {
        if let Step::Call(target) = step {
            targets.push(target);
        }
        let Some(on) = guarded_as(step) else { return };
        for (name, guard) in spec.guards.iter().filter(|(_, guard)| guard.on == on) {
            let is_meant = guard.from.as_deref().is_none_or(|from| from == component);
            if is_meant && guards.insert(name) {
                fallbacks.extend(&guard.fallback);
            }
        }
    });
    for steps in fallbacks {
        called_beside(spec, component, steps, targets, guards);
    }
}

/// What a guard on a step names, if there can be one.
pub(super) fn guarded_as(step: &Step) -> Option<String> {
    match step {
        Step::Call(target) => Some(target.clone()),
        Step::Read(query) | Step::Write(query) => Some(format!("stores.{}", query.name())),
        _ => None,
    }
}

/// The queries of steps, at any depth, and whether each is a write.
pub(super) fn asked<'a>(steps: &'a [Step], queries: &mut Vec<(&'a Query, bool)>) {
    visit(steps, &mut |step| match step {
        Step::Read(query) => queries.push((query, false)),
        Step::Write(query) => queries.push((query, true)),
        _ => {}
    });
}
