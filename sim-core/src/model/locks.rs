//! Locks of databases: who locks what, and whether the most wanted lock can keep up.

use super::check::{Lowering, operations};
use super::components::asked;
use super::laws::Unit;
use super::{
    Ceiling, CeilingOf, CounterId, HoldStep, Instruction, KeysId, Load, MeasureKind, Model,
    Ranking, TimingId,
};
use crate::spec::{Database, Law, Locks, Path, Query};

/// The locks of a database, and what they tell of themselves.
#[derive(Clone, PartialEq, Debug)]
pub struct LockTable {
    /// Name of the database.
    pub store: String,
    /// Queries that found their lock taken.
    pub waited: CounterId,
    /// Queries that did not.
    pub passed: CounterId,
    /// How long queries waited for a lock; 0 of those that did not.
    pub wait: TimingId,
}

/// Where a query takes a lock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LockSite {
    /// Whose: one of [`super::Holds::tables`].
    pub table: u32,
    /// The row of the frame's key in this population; absent: all of the database.
    pub keys: Option<KeysId>,
    /// Whether nobody else may hold it.
    pub exclusive: bool,
    /// The first lock that the query takes: its wait begins.
    pub first: bool,
    /// The last: its wait is over.
    pub last: bool,
}

impl LockSite {
    /// The number of the lock that a query of `key` means.
    #[inline]
    pub fn lock(&self, key: u64) -> u64 {
        // There are fewer than 2^32 keys in a population.
        self.keys.map_or(0, |keys| (u64::from(keys.0) + 1) << 32 | key)
    }
}

impl Lowering<'_> {
    pub(super) fn place_locks(&mut self, name: &str, database: &Database, path: &Path) {
        let Some(locks) = &database.locks else { return };
        if let Some(hold) = locks.hold() {
            self.law(hold, Unit::Time, &path.key("locks").key(locks.name()).key("hold"));
        }
        let measures = &mut self.model.measures;
        let table = LockTable {
            store: name.to_owned(),
            waited: measures.counter(),
            passed: measures.counter(),
            wait: measures.timing(),
        };
        let of = format!("stores.{name}.locks");
        let whole = vec![table.waited, table.passed];
        measures.report(&of, "waits", MeasureKind::Share { part: table.waited, whole });
        measures.report(&of, "wait", MeasureKind::MeanTime(table.wait));
        measures.report(&of, "wait_p99", MeasureKind::P99Time(table.wait));
        self.places.locks.insert(name.to_owned(), self.model.holds.tables.len() as u32);
        self.model.holds.tables.push(table);
    }

    /// Takes the locks of a query. Returns how many are to be given back.
    pub(super) fn compile_locks(&mut self, query: &Query, kind: &str) -> u32 {
        let name = query.name();
        let (Some(locks), Some(&table)) = (self.locks_of(name), self.places.locks.get(name)) else {
            return 0;
        };
        let exclusive = kind == "write";
        if !exclusive && matches!(locks, Locks::Writes { .. }) {
            return 0;
        }
        let keys = query.key.as_ref().and_then(|key| self.keys_id(key.population()));
        let site = LockSite { table, keys, exclusive, first: true, last: true };
        let sites = match keys {
            Some(_) if self.is_written_whole(name) => {
                let announced = LockSite { keys: None, exclusive: false, last: false, ..site };
                vec![announced, LockSite { first: false, ..site }]
            }
            _ => vec![site],
        };
        let count = sites.len() as u32;
        for site in sites {
            let index = self.model.holds.sites.len() as u32;
            self.model.holds.sites.push(site);
            self.emit(Instruction::Hold(HoldStep::Lock(index)));
        }
        count
    }

    /// How long a query that has locked keeps its locks after its service.
    pub(super) fn lock_hold(&self, name: &str) -> Option<&Law> {
        self.locks_of(name).and_then(Locks::hold)
    }

    fn locks_of(&self, name: &str) -> Option<&Locks> {
        match self.spec.stores.get(name)? {
            crate::spec::Store::Database(database) => database.locks.as_ref(),
            _ => None,
        }
    }

    /// Whether some write to a store names no key.
    fn is_written_whole(&self, name: &str) -> bool {
        let mut queries = Vec::new();
        for (_, _, steps) in operations(self.spec) {
            asked(steps, &mut queries);
        }
        queries
            .iter()
            .any(|(query, is_write)| *is_write && query.name() == name && query.key.is_none())
    }

    /// Warns where the lock that is wanted most is wanted more than all the time.
    pub(super) fn warn_of_locks(&mut self, load: &Load) {
        if self.model.has_closed_clients() {
            return;
        }
        for &Ceiling { of, utilisation, .. } in &load.ceilings {
            let CeilingOf::Lock { table, keys } = of else { continue };
            let store = &self.model.holds.tables[table as usize].store;
            if utilisation < 1.0 {
                continue;
            }
            let percent = utilisation * 100.0;
            let message = match keys {
                Some(keys) => format!(
                    "the lock of the most popular of `{}` is asked for {percent:.0} % of the time: \
                     its line will grow without end",
                    self.model.keys[keys.0 as usize].name
                ),
                None => format!(
                    "writes without a key lock all of `{store}`, {percent:.0} % of the time: the line \
                     will grow without end"
                ),
            };
            let hint = match keys {
                Some(_) => "hold it for less long, or write to more keys",
                None => "name the key that they are about: write(store: …, key: …)",
            };
            let path = Path::root().key("stores").key(store).key("database").key("locks");
            self.findings.warning(&path, message).hint(hint);
        }
    }
}

impl Model {
    /// The part of the requests of a population that are about its most popular key; nobody's favourite is everybody's
    /// for ever.
    pub(super) fn share_of_favourite(&self, keys: KeysId) -> f64 {
        let population = &self.keys[keys.0 as usize];
        match (population.ranking, population.changes) {
            (Ranking::Common, None) => population.popularity.probability(0),
            _ => 0.0,
        }
    }
}
