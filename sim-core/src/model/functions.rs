//! Functions: services that have an environment for each request instead of replicas.

use super::check::{Lowering, sorted};
use super::{CounterId, Instruction, LawId, LevelId, MeasureKind, ServiceId, quantity};
use crate::spec::{self, Path};
use crate::time::Duration;

/// How long an environment is kept, in nanoseconds, where nothing is said: 10 minutes.
const KEEP: f64 = 600e9;
/// To what durations are rounded up, in nanoseconds, where nothing is said: 1 ms.
const ROUNDING: f64 = 1e6;

/// A service whose requests have environments to themselves.
#[derive(Clone, PartialEq, Debug)]
pub struct Function {
    /// The cold start of an environment: one after the other.
    pub start_up: Vec<LawId>,
    /// How long one is kept that nobody uses.
    pub keep: Duration,
    /// Memory of one, in bytes.
    pub memory: f64,
    /// To what the time of a request is rounded up on the bill.
    pub rounding: Duration,
    /// Requests.
    pub requests: CounterId,
    /// Of these, those for which an environment had to be started.
    pub cold_starts: CounterId,
    /// What is paid of their time: so many times `rounding`.
    pub billed: CounterId,
    /// Environments in use.
    pub in_use: LevelId,
}

impl Lowering<'_> {
    /// Lowers the functions among the services.
    pub(super) fn lower_functions(&mut self) {
        let spec = self.spec;
        for (name, service) in sorted(&spec.services) {
            let Some(written) = &service.function else { continue };
            let path = Path::root().key("services").key(name);
            self.check_function(service, &path);
            let start_up = self.start_up(service, &path);
            let at = path.key("function");
            let keep = match &written.keep {
                Some(keep) => self.read(quantity::duration(keep), &at.key("keep")),
                None => Some(KEEP),
            };
            let memory = self.read(quantity::bytes(&written.memory), &at.key("memory"));
            let rounding = self.rounding(written);
            let found = self.model.services.iter().position(|it| it.name == *name);
            let (Some(index), Some(keep), Some(memory)) = (found, keep, memory) else { continue };
            let measures = &mut self.model.measures;
            let function = Function {
                start_up,
                keep: Duration::from_nanos(keep),
                memory,
                rounding,
                requests: measures.counter(),
                cold_starts: measures.counter(),
                billed: measures.counter(),
                in_use: measures.level(),
            };
            let of = path.to_string();
            let Function { requests, cold_starts, in_use, .. } = function;
            let cold = MeasureKind::Share { part: cold_starts, whole: vec![requests] };
            measures.report(&of, "requests", MeasureKind::Rate(requests));
            measures.report(&of, "cold_starts", cold);
            measures.report(&of, "environments", MeasureKind::Mean(in_use));
            measures.watch(in_use);
            measures.report(&of, "environments_peak", MeasureKind::Peak(in_use));
            self.model.services[index].function = Some(function);
        }
    }

    /// A function has no replicas, and nothing of what they have.
    fn check_function(&mut self, service: &spec::Service, path: &Path) {
        let written = [
            ("replicas", service.replicas > 1),
            ("autoscaler", service.autoscaler.is_some()),
            ("deployments", !service.deployments.is_empty()),
            ("instance", service.instance.is_some()),
            ("queue", service.queue.is_some()),
            ("shed", service.shed.is_some()),
            ("patience", service.patience.is_some()),
            ("drain", service.drain.is_some()),
        ];
        for (field, _) in written.into_iter().filter(|(_, is_written)| *is_written) {
            let message =
                format!("a function has an environment for each request, and no `{field}`");
            let hint = format!("leave out `{field}`, or `function`");
            self.findings.error(&path.key(field), message).hint(hint);
        }
    }

    fn rounding(&self, written: &spec::Function) -> Duration {
        let kind = written.price.as_ref();
        let price = kind.and_then(|kind| self.prices.find(|prices| prices.functions.get(kind)));
        let rounding = price.and_then(|price| price.rounding.as_ref());
        let nanos = rounding.and_then(|rounding| quantity::duration(rounding).ok());
        Duration::from_nanos(nanos.unwrap_or(ROUNDING))
    }

    /// Inside the door of a function: take an environment.
    pub(super) fn compile_function(&mut self, service: ServiceId) {
        if self.model.services[service.0 as usize].function.is_some() {
            self.emit(Instruction::Function(service));
        }
    }
}
