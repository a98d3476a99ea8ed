//! Balancers in a run: what they look at when they choose, and the controller that checks replicas.

use super::{Happening, Recorder, Simulation};
use crate::component::{Ending, FrameId};
use crate::model::{ServiceId, StationId};
use crate::time::Duration;

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
            let (balancer, seen_as) = self.balancer_of(number, replica);
            if let Some(watch) = self.balancers[balancer].watch() {
                changed |= watch.checked(seen_as, up && answers, self.now);
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
            let unhealthy = self.see_health(ServiceId(number));
            self.recorder.level(self.now, health.level, u64::from(unhealthy));
        }
    }

    /// A region of which no replica is healthy is not routed to. Returns how many replicas are unhealthy in all.
    fn see_health(&mut self, service: ServiceId) -> u32 {
        let model = self.model;
        let target = &model.services[service.0 as usize];
        let mut all = 0;
        for (balancer, front) in (target.first_front as usize..).zip(&target.fronts) {
            let watch = self.balancers[balancer].watch();
            let (unhealthy, all_here) =
                watch.map_or((0, 1), |watch| (watch.unhealthy(), watch.in_service()));
            self.set_region_healthy(service, front.region, unhealthy < all_here);
            all += unhealthy;
        }
        all
    }

    /// A balancer chooses that looks at keys or watches its replicas. `from` is the place of a caller in the same region,
    /// where that counts.
    #[inline(never)]
    pub(super) fn balance(
        &mut self,
        at: FrameId,
        service: u32,
        balancer: usize,
        from: Option<u16>,
    ) -> u32 {
        let frame = &self.frames[at];
        let keys = self.model.services[service as usize].sticky;
        let key = keys.map_or(0, |keys| self.key_of(keys, frame.request, frame));
        let id = frame.id;
        self.fleet_asked(balancer);
        self.balancers[balancer].choose_with_care(id, key, from, self.now)
    }

    /// A balancer that watches its replicas sees how a request has ended.
    #[inline(never)]
    pub(super) fn watch_answer(
        &mut self,
        service: u32,
        replica: u32,
        ending: Ending,
        took: Duration,
    ) {
        let rules = self.model.services[service as usize].watch;
        let (balancer, replica) = self.balancer_of(service, replica);
        self.version_answered(balancer, replica, ending, took);
        if let Some(watch) = self.balancers[balancer].watch()
            && watch.answered(replica, ending == Ending::Done, self.now)
            && let Some(ejection) = rules.and_then(|rules| rules.ejection)
        {
            self.recorder.counted(ejection.ejections, 1);
        }
    }
}
