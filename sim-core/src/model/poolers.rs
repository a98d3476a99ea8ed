//! Poolers: connections to a database that all callers share.

use super::check::Lowering;
use super::laws::Unit;
use super::{HoldStep, Instruction, StationGroup, StationId, StationKind, UNLIMITED};
use crate::random::{Sampler, name_hash};
use crate::spec::{Database, Discipline, Path, PoolMode};

/// A pooler.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Pooler {
    /// Its connections.
    pub station: StationId,
    /// Whether a request keeps its connection while it is in its service.
    pub session: bool,
}

/// Where a pooler lies, for the compiler.
#[derive(Clone)]
pub(super) struct PoolerPlace {
    /// One of [`super::Holds::poolers`].
    pub(super) index: u32,
    pub(super) session: bool,
    pub(super) hop: Option<Sampler>,
}

impl Lowering<'_> {
    pub(super) fn place_pooler(&mut self, name: &str, database: &Database, path: &Path) {
        let Some(pooler) = &database.pooler else { return };
        let path = path.key("pooler");
        if pooler.connections == 0 {
            let error = self.findings.error(
                &path.key("connections"),
                "a pooler without a connection lets no query through",
            );
            error.hint("leave `pooler` out if callers connect by themselves");
        }
        let hop = pooler.hop.as_ref().and_then(|hop| self.law(hop, Unit::Time, &path.key("hop")));
        let station = self.next_station();
        let group = StationGroup {
            name: format!("{name}{POOLER}"),
            kind: StationKind::Connections,
            first: station,
            count: 1,
            servers: pooler.connections.max(1),
            discipline: Discipline::Fifo,
            queue: pooler.queue.unwrap_or(UNLIMITED),
            door: None,
            site: name_hash(&format!("stores.{name}.pooler")),
        };
        self.model.stations.push(group);
        let session = pooler.mode == PoolMode::Session;
        let index = self.model.holds.poolers.len() as u32;
        self.model.holds.poolers.push(Pooler { station, session });
        self.places.poolers.insert(name.to_owned(), PoolerPlace { index, session, hop });
    }

    /// Takes a connection of the pooler of a database, if there is one.
    pub(super) fn compile_pooler(&mut self, name: &str) -> Option<PoolerPlace> {
        let pooler = self.places.poolers.get(name).cloned()?;
        self.emit(Instruction::Hold(HoldStep::Pooler(pooler.index)));
        if pooler.session {
            self.emit(Instruction::Hold(HoldStep::Session(pooler.index)));
        }
        Some(pooler)
    }
}

/// What the name of a pooler's connections ends with.
pub(super) const POOLER: &str = ".pooler";
