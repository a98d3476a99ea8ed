//! Load balancers that stand in front of a service: their station, their costs, and what they balance.

use super::check::{Lowering, sorted};
use super::laws::Unit;
use super::{Delay, Instruction, LawId, Resource, ServiceId, StationGroup, StationKind, UNLIMITED};
use crate::random::name_hash;
use crate::spec::{Balancer, Discipline, Front, Path, Service};

/// Connections that a load balancer keeps, at most.
const CONNECTIONS_MAX: u32 = 10_000;

/// What a request pays to the load balancer in front of a service.
#[derive(Clone, Copy, Default)]
pub(super) struct FrontCosts {
    latency: Option<LawId>,
    work: Option<(Resource, LawId)>,
}

impl Lowering<'_> {
    /// Places what stands in front of a service. Returns how many connections it balances, if not requests.
    pub(super) fn place_front(
        &mut self,
        index: u32,
        name: &str,
        service: &Service,
        path: &Path,
    ) -> Option<u32> {
        let front = service.front.as_ref()?;
        let path = path.key("front");
        let connections = self.connections(front, service, &path);
        let latency = front.latency.as_ref().and_then(|law| {
            let at = path.key("latency");
            let sampler = self.law(law, Unit::Time, &at)?;
            Some(self.place(sampler, &at.to_string()))
        });
        let work = front.work.as_ref().and_then(|law| {
            let at = path.key("work");
            let sampler = self.law(law, Unit::Time, &at)?;
            let law = self.place(sampler, &at.to_string());
            let first = self.next_station();
            self.model.stations.push(StationGroup {
                name: format!("{name}.front"),
                kind: StationKind::Front,
                first,
                count: 1,
                servers: if front.cores == 0 { UNLIMITED } else { front.cores },
                discipline: Discipline::Fifo,
                queue: UNLIMITED,
                door: None,
                site: name_hash(&at.to_string()),
            });
            Some((Resource::shared(first), law))
        });
        self.places.fronts.insert(index, FrontCosts { latency, work });
        connections
    }

    fn connections(&mut self, front: &Front, service: &Service, path: &Path) -> Option<u32> {
        let at = path.key("connections");
        match (front.layer, front.connections) {
            (7, None) => None,
            (7, Some(_)) => {
                self.findings
                    .error(
                        &at,
                        "at layer 7 each request is balanced, whatever connection it comes on",
                    )
                    .hint("leave `connections` out, or write layer: 4");
                None
            }
            (4, None) => {
                self.findings
                    .error(path, "at layer 4 connections are balanced, and it is not said how many")
                    .hint("add `connections`, such as 100, or write layer: 7");
                None
            }
            (4, Some(connections)) => {
                if connections == 0 || connections > CONNECTIONS_MAX {
                    let message =
                        format!("{connections} connections: there are 1 to {CONNECTIONS_MAX}");
                    self.findings.error(&at, message);
                }
                if let Balancer::ConsistentHash { .. } = service.balancer {
                    self.findings
                        .error(&path.key("layer"), "at layer 4 nobody sees the keys of requests")
                        .hint("write layer: 7, or choose another balancer");
                }
                Some(connections)
            }
            (other, _) => {
                self.findings
                    .error(&path.key("layer"), format!("nothing is balanced at layer {other}"))
                    .hint("write 4 (connections) or 7 (requests)");
                None
            }
        }
    }

    /// What a request goes through before it enters a service.
    pub(super) fn compile_front(&mut self, service: ServiceId) {
        let Some(costs) = self.places.fronts.get(&service.0).copied() else { return };
        if let Some(law) = costs.latency {
            self.emit(Instruction::Pause { law, delay: Delay::Network });
        }
        if let Some((station, law)) = costs.work {
            self.emit(Instruction::Serve { station, law });
        }
    }

    /// Where the service is written whose front has this name.
    pub(super) fn path_of_front(&self, name: &str) -> Path {
        let services = Path::root().key("services");
        let of = |service: &str| name.strip_suffix(".front") == Some(service);
        let found = sorted(&self.spec.services).find(|(service, _)| of(service));
        found.map_or(services.clone(), |(service, _)| services.key(service).key("front"))
    }
}
