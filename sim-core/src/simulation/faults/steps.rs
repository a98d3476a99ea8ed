//! What a request meets where a fault can act: slow servers, and answers that are errors.

use super::super::interpreter::Flow;
use super::super::{Recorder, Simulation};
use crate::component::{Ending, FrameId};
use crate::model::{Answering, Broken, FaultKind, FaultStep, StationId};
use crate::random::Draw;
use crate::time::Duration;

impl<R: Recorder> Simulation<'_, R> {
    #[inline(never)]
    pub(in crate::simulation) fn fault_step(&mut self, at: FrameId, step: FaultStep) -> Flow {
        match step {
            FaultStep::Serve { station, law } => {
                let frame = &self.frames[at];
                let id = station.at(frame.replica, frame.chosen);
                let slowness = self.slowness(id);
                let demand = self.laws.number(law, frame.id) * slowness;
                self.serve_for(at, station, Duration::from_nanos(demand))
            }
            FaultStep::Answer { of, site } => self.answer_or_fail(at, of, site),
        }
    }

    /// How many times as long work takes at a station now.
    #[inline]
    pub(in crate::simulation) fn slowness(&self, station: StationId) -> f64 {
        if self.faults.active.is_empty() { 1.0 } else { self.slowness_by_faults(station) }
    }

    fn slowness_by_faults(&self, station: StationId) -> f64 {
        let mut slowness = 1.0;
        for &unit in &self.faults.active {
            let unit = &self.model.fault_units[unit as usize];
            if let FaultKind::Slow(factor) = self.model.faults[unit.fault as usize].kind {
                let is_it = |part: &Broken| self.stations_of(part).contains(&station.0);
                if unit.parts.iter().any(is_it) {
                    slowness *= factor;
                }
            }
        }
        slowness
    }

    /// A request has come to something that may answer with an error.
    fn answer_or_fail(&mut self, at: FrameId, coming_to: Answering, site: u32) -> Flow {
        for index in 0..self.faults.active.len() {
            let unit = &self.model.fault_units[self.faults.active[index] as usize];
            let fault = &self.model.faults[unit.fault as usize];
            if let FaultKind::Errors { of, share } = fault.kind
                && of == coming_to
            {
                let who = self.frames[at].id.wrapping_add(unit.site);
                if Draw::new(who, self.site_keys[site as usize]).chance(share) {
                    self.recorder.counted(fault.failed, 1);
                    return self.end(at, Ending::Failed);
                }
            }
        }
        Flow::Continue
    }
}
