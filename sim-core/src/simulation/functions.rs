//! What is counted because it is paid for: functions with their environments, and what passes load balancers.

use super::interpreter::Flow;
use super::{Happening, Recorder, Simulation};
use crate::component::{Environments, FrameId, NONE};
use crate::model::{CounterId, Model, OperationId, ServiceId};
use crate::time::Duration;

/// The environments of functions, by the cores of the replica that stands for them in each of their places; empty where
/// there is no function.
pub(super) fn environments(model: &Model) -> Vec<Environments> {
    if model.services.iter().all(|service| service.function.is_none()) {
        return Vec::new();
    }
    vec![Environments::default(); model.station_count()]
}

impl<R: Recorder> Simulation<'_, R> {
    /// A request has come into a function: it needs an environment.
    #[inline(never)]
    pub(super) fn take_environment(&mut self, at: FrameId, service: ServiceId) -> Flow {
        let model = self.model;
        let target = &model.services[service.0 as usize];
        let Some(function) = &target.function else { return Flow::Continue };
        let frame = &self.frames[at];
        let (id, place) = (frame.id, target.cores.0 + frame.replica);
        let is_warm = self.environments[place as usize].take(self.now, function.keep);
        self.tell_environments(service);
        self.recorder.counted(function.requests, 1);
        if is_warm {
            return Flow::Continue;
        }
        self.recorder.counted(function.cold_starts, 1);
        let mut start = Duration::ZERO;
        for &law in &function.start_up {
            start += self.laws.time(law, id);
        }
        self.frames[at].spent.queueing += start;
        self.schedule(self.now + start, Happening::Resume(at));
        Flow::Stop
    }

    /// A request leaves a service that may be a function, so long after it came in.
    pub(super) fn leave_environment(&mut self, service: u32, replica: u32, took: Duration) {
        let target = &self.model.services[service as usize];
        let Some(function) = &target.function else { return };
        self.environments[(target.cores.0 + replica) as usize].give_back(self.now);
        self.tell_environments(ServiceId(service));
        self.recorder.counted(function.billed, took.0.div_ceil(function.rounding.0.max(1)));
    }

    /// What a crashed replica had in memory is gone: its caches and, of a function, its environments.
    pub(super) fn forget_memory(&mut self, service: ServiceId, replica: u32) {
        let target = &self.model.services[service.0 as usize];
        if target.function.is_some() {
            self.environments[(target.cores.0 + replica) as usize].clear();
            self.tell_environments(service);
        }
        self.forget_process_caches(service, replica);
    }

    fn tell_environments(&mut self, service: ServiceId) {
        let target = &self.model.services[service.0 as usize];
        let Some(function) = &target.function else { return };
        let first = target.cores.0 as usize;
        let all = &self.environments[first..first + target.replicas as usize];
        let in_use = all.iter().map(Environments::in_use).sum();
        self.recorder.level(self.now, function.in_use, in_use);
    }

    /// A request passes the load balancer in front of a service.
    #[inline(never)]
    pub(super) fn passes(&mut self, at: FrameId, service: ServiceId, asked: OperationId) -> Flow {
        let Some(balanced) = self.model.services[service.0 as usize].balanced else {
            return Flow::Continue;
        };
        let frame = &self.frames[at];
        let front = if self.model.places.is_one() { 0 } else { frame.need };
        let counter = |first: CounterId| CounterId(first.0 + front);
        if frame.parent == NONE && self.opens_connection(frame.id) {
            self.recorder.counted(counter(balanced.connections), 1);
        }
        let transfers = &self.model.transfers;
        let bytes = transfers.request + transfers.reply_of(asked);
        self.recorder.counted(counter(balanced.bytes), bytes);
        Flow::Continue
    }
}
