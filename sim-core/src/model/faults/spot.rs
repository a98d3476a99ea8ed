//! Interruptions of spot machines: crashes at random, and hours that are not paid for.

use crate::model::check::{Lowering, sorted};
use crate::spec::{self, InFlight, Path, Purchase};

impl Lowering<'_> {
    /// Replicas on spare capacity crash when they are taken back, and are paid for only while they run.
    pub(super) fn lower_interruptions(&mut self) {
        for (name, service) in sorted(&self.spec.services) {
            let Purchase::Spot { every, lasts } = &service.purchase else { continue };
            let path = Path::root().key("services").key(name).key("purchase").key("spot");
            let Some(every) = every else {
                if lasts.is_some() {
                    let message = "what is never taken back is never replaced";
                    let hint = "say how long it runs: every: exponential(\"72h\")";
                    self.findings.error(&path.key("lasts"), message).hint(hint);
                }
                continue;
            };
            let crash = spec::Fault::Crash {
                name: None,
                of: format!("services.{name}"),
                replica: None,
                at: None,
                every: Some(every.clone()),
                lasts: lasts.clone(),
                crews: None,
                in_flight: InFlight::Lost,
            };
            let known = self.model.faults.len();
            self.lower_fault(&format!("spot services.{name}"), &crash, &path);
            let index = self.model.services.iter().position(|service| service.name == *name);
            if let (Some(index), true) = (index, self.model.faults.len() > known) {
                self.model.services[index].spot = Some(known as u32);
                self.model.services[index].billed = Some(self.model.measures.level());
            }
        }
    }
}
