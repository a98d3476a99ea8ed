//! Spare capacity that has been taken back is not paid for until its replacement runs.

use crate::model::{Broken, ServiceId};
use crate::simulation::{Recorder, Simulation};

impl<R: Recorder> Simulation<'_, R> {
    /// A unit of a fault has changed: where it stands for a spot machine, the bill does too.
    pub(super) fn bill_of_unit(&mut self, unit: u32) {
        let broken = &self.model.fault_units[unit as usize];
        if let [Broken::Replicas(service, _)] = broken.parts[..]
            && self.model.services[service.0 as usize].spot == Some(broken.fault)
        {
            self.tell_spot(service);
        }
    }

    /// Tells how many replicas on spare capacity are paid for: those that the fleet has, where there is one, and that have
    /// not been taken back.
    pub(in crate::simulation) fn tell_spot(&mut self, service: ServiceId) {
        let model = &self.model.services[service.0 as usize];
        let (Some(fault), Some(billed)) = (model.spot, model.billed) else { return };
        let units = self.model.faults[fault as usize].units.clone();
        let is_paid = |&(replica, unit): &(u32, u32)| {
            !self.faults.units[unit as usize].is_broken && self.has_replica(service, replica)
        };
        let paid = (0..model.replicas).zip(units).filter(is_paid).count();
        self.recorder.level(self.now, billed, paid as u64);
    }
}
