//! What faults add to the plan, where they could act: models without them run the same instructions as ever.

use super::super::check::Lowering;
use super::super::{Instruction, LawId, Resource, StationId, Travel};
use super::{Answering, Broken, FaultKind};
use crate::model::ServiceId;
use crate::spec::{self, Path};

/// An instruction at which a fault can act.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum FaultStep {
    /// Be served at a station that may be slow.
    Serve {
        /// Where.
        station: Resource,
        /// For how long, while it is well.
        law: LawId,
    },
    /// Come to something that may answer with an error.
    Answer {
        /// What.
        of: Answering,
        /// The stream of draws that says who gets one: an index into [`super::super::Model::sites`].
        site: u32,
    },
}

impl Lowering<'_> {
    /// Whether messages can be late or lost.
    pub(in crate::model) fn has_network_faults(&self) -> bool {
        self.model.faults.iter().any(|fault| matches!(fault.kind, FaultKind::Network(_)))
    }

    /// Lets requests to a service get errors, where a fault says so.
    pub(in crate::model) fn compile_errors_of_service(&mut self, service: ServiceId) {
        let name = format!("services.{}", self.model.services[service.0 as usize].name);
        self.compile_errors(&name, Answering::Service(service), &name);
    }

    /// Lets queries of a store get errors, where a fault says so.
    pub(in crate::model) fn compile_errors_of_store(&mut self, store: &str, path: &Path) {
        if let Some(number) = self.store_number(store) {
            let name = format!("stores.{store}");
            self.compile_errors(&name, Answering::Store(number), &path.to_string());
        }
    }

    fn compile_errors(&mut self, name: &str, of: Answering, path: &str) {
        let fails =
            |fault: &spec::Fault| matches!(fault, spec::Fault::Errors { of, .. } if of == name);
        if self.spec.faults.iter().any(fails) {
            let site = self.site(&format!("{path}.errors"));
            self.emit(Instruction::Fault(FaultStep::Answer { of, site }));
        }
    }

    /// Looks at the clock of faults wherever something may be slow, and on the way of messages that may be late or lost.
    /// The load is known by now: it is that of a day on which all is well.
    pub(in crate::model) fn expose_to_faults(&mut self) {
        let slow = self.slow_stations();
        let is_parted = self.has_network_faults() && self.model.places.is_one();
        if slow.is_empty() && !is_parted {
            return;
        }
        let is_slow = |station: StationId| slow.iter().any(|range| range.contains(&station.0));
        for instruction in &mut self.model.plan {
            *instruction = match *instruction {
                Instruction::Serve { station, law } if is_slow(station.first()) => {
                    Instruction::Fault(FaultStep::Serve { station, law })
                }
                Instruction::Call { entry, operation, site, hop } if is_parted => {
                    Instruction::Travel(Travel::Call { entry, operation, site, near: hop })
                }
                other => other,
            };
        }
    }

    /// The stations of whatever may be slow: all of a service or a store of which a part may be.
    fn slow_stations(&self) -> Vec<std::ops::Range<u32>> {
        let mut slow = Vec::new();
        let is_slow = |fault: &&super::Fault| matches!(fault.kind, FaultKind::Slow(_));
        for fault in self.model.faults.iter().filter(is_slow) {
            let units = fault.units.start as usize..fault.units.end as usize;
            for part in self.model.fault_units[units].iter().flat_map(|unit| &unit.parts) {
                match part {
                    Broken::Replicas(service, _) => {
                        let service = &self.model.services[service.0 as usize];
                        slow.push(service.cores.0..service.cores.0 + service.replicas);
                    }
                    Broken::Store(stations) => {
                        let first = StationId(stations.start);
                        let of = self.model.stores.iter().find(|store| {
                            let members = store.members.len() as u32;
                            let station = store.members[0].station.0;
                            (station..station + members).contains(&first.0)
                        });
                        slow.push(match of {
                            Some(store) => {
                                let station = store.members[0].station.0;
                                station..station + store.members.len() as u32
                            }
                            None => {
                                let group = self.model.station_group(first);
                                group.first.0..group.first.0 + group.count
                            }
                        });
                    }
                    Broken::Cache(_) => {}
                }
            }
        }
        slow.sort_by_key(|range| (range.start, range.end));
        slow.dedup();
        slow
    }
}
