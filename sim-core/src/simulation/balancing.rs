//! Balancers in a run: what they look at when they choose, and the controller that checks replicas.

use super::{Happening, Recorder, Simulation};
use crate::component::{Ending, FrameId};
use crate::model::{LevelId, ServiceId, StationId};

impl<R: Recorder> Simulation<'_, R> {
    /// Schedules the first check of every service that is checked.
    pub(super) fn start_checks(&mut self) {
        for index in 0..self.model.services.len() as u32 {
            self.schedule_check(index);
        }
    }

    fn schedule_check(&mut self, service: u32) {
        let watch = self.model.services[service as usize].watch;
        if let Some(health) = watch.and_then(|watch| watch.health) {
            self.schedule(self.now + health.interval, Happening::Check(2 * service));
        }
    }

    /// All replicas of a service are checked (an even number), or those that have not answered have no more time.
    #[inline(never)]
    pub(super) fn check(&mut self, index: u32) {
        let model = self.model;
        let (number, is_late) = (index / 2, index % 2 == 1);
        let service = &model.services[number as usize];
        let Some(health) = service.watch.and_then(|watch| watch.health) else { return };
        let mut pending = std::mem::take(&mut self.unanswered[number as usize]);
        if !is_late {
            pending.clear();
            pending.extend(0..service.replicas);
        }
        let mut changed = false;
        pending.retain(|&replica| {
            let cores = StationId(service.cores.0 + replica);
            let up = !self.is_down(cores);
            let answers = !self.is_halted(cores);
            if up && !answers && !is_late {
                return true;
            }
            let (balancer, replica) = self.balancer_of(number as usize, replica);
            if let Some(watch) = self.balancers[balancer].watch() {
                changed |= watch.checked(replica, up && answers, self.now);
            }
            false
        });
        if !pending.is_empty() {
            self.schedule(self.now + health.timeout, Happening::Check(2 * number + 1));
        }
        self.unanswered[number as usize] = pending;
        if !is_late {
            self.schedule_check(number);
        }
        if changed {
            self.health_changed(number, health.level);
        }
    }

    /// Replicas of a service have become healthy or unhealthy: regions without a healthy one are routed around.
    fn health_changed(&mut self, number: u32, level: LevelId) {
        let service = &self.model.services[number as usize];
        let mut unhealthy = 0;
        for (index, front) in service.fronts.iter().enumerate() {
            let balancer = service.first_front as usize + index;
            let Some(watch) = self.balancers[balancer].watch() else { continue };
            let here = watch.unhealthy();
            unhealthy += u64::from(here);
            self.set_region_healthy(ServiceId(number), front.region, here < front.replicas);
        }
        self.recorder.level(self.now, level, unhealthy);
    }

    /// A balancer of a service chooses that looks at keys or watches its replicas.
    #[inline(never)]
    pub(super) fn balance(&mut self, at: FrameId, service: u32, balancer: u32) -> u32 {
        let frame = &self.frames[at];
        let keys = self.model.services[service as usize].sticky;
        let key = keys.map_or(0, |keys| self.key_of(keys, frame.request, frame));
        let id = frame.id;
        self.balancers[balancer as usize].choose_with_care(id, key, self.now)
    }

    /// A balancer that watches its replicas sees how a request has ended.
    #[inline(never)]
    pub(super) fn watch_answer(&mut self, service: u32, replica: u32, ending: Ending) {
        let rules = self.model.services[service as usize].watch;
        let (balancer, replica) = self.balancer_of(service as usize, replica);
        if let Some(watch) = self.balancers[balancer].watch()
            && watch.answered(replica, ending == Ending::Done, self.now)
            && let Some(ejection) = rules.and_then(|rules| rules.ejection)
        {
            self.recorder.counted(ejection.ejections, 1);
        }
    }
}
