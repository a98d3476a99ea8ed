//! Materialised views: what they show, when they are refreshed, and what that costs.

use super::check::{Lowering, sorted};
use super::laws::Unit;
use super::placement::meant;
use super::{CounterId, Instruction, LawId, MeasureKind, Pc, Resource, StationId, TimingId};
use crate::random::name_hash;
use crate::spec::{Database, Path, Query, Refresh, Store, View as Written, did_you_mean};
use crate::time::Duration;

/// What happens to a view.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ViewStep {
    /// It is read.
    Read(u32),
    /// What it is computed from has been written.
    Written(u32),
    /// A refresh has been computed.
    Publish(u32),
}

/// A materialised view.
#[derive(Clone, PartialEq, Debug)]
pub struct View {
    /// `store.view`.
    pub name: String,
    /// Hash of the name: the start of its refreshes' identities.
    pub site: u64,
    /// Time between refreshes; absent: one at every write.
    pub every: Option<Duration>,
    /// How long a refresh takes.
    pub cost: LawId,
    /// Where.
    pub station: Resource,
    /// Where a refresh begins in the plan.
    pub entry: Pc,
    /// Reads of what is up to date.
    pub fresh: CounterId,
    /// Reads of what is not.
    pub stale: CounterId,
    /// Of a stale read: how long ago the first write was that it does not show.
    pub staleness: TimingId,
    /// Refreshes that were computed.
    pub refreshes: CounterId,
}

/// A view's number, and whose writes change it.
pub(super) struct ViewPlace {
    pub(super) index: u32,
    of: Vec<String>,
}

impl Lowering<'_> {
    pub(super) fn place_views(
        &mut self,
        name: &str,
        database: &Database,
        station: StationId,
        path: &Path,
    ) {
        for (view, written) in sorted(&database.views) {
            let path = path.key("views").key(view);
            if database.queries.contains_key(view) {
                let message = format!("`{name}` has a query and a view of the name `{view}`");
                let error = self.findings.error(&path, message);
                error.on_key = true;
                error.hint("give one of them another name");
            }
            self.place_view(name, view, written, station, &path);
        }
    }

    fn place_view(
        &mut self,
        store: &str,
        view: &str,
        written: &Written,
        station: StationId,
        path: &Path,
    ) {
        self.law(&written.read, Unit::Time, &path.key("read"));
        let every = match &written.refresh {
            Refresh::OnWrite => None,
            Refresh::Every(every) => {
                let at = path.key("refresh").key("every");
                let nanos = self.positive_duration(every, "the time between refreshes", &at);
                Some(Duration(nanos.unwrap_or(1e9) as u64))
            }
        };
        for (i, source) in written.of.iter().enumerate() {
            self.check_source(source, &path.key("of").index(i));
        }
        let name = format!("{store}.{view}");
        let cost = self.placed(&written.cost, Unit::Time, &path.key("cost"));
        let measures = &mut self.model.measures;
        let lowered = View {
            site: name_hash(&format!("stores.{name}")),
            every,
            cost,
            station: Resource::shared(station),
            entry: 0,
            fresh: measures.counter(),
            stale: measures.counter(),
            staleness: measures.timing(),
            refreshes: measures.counter(),
            name: name.clone(),
        };
        let of = format!("stores.{store}.views.{view}");
        let whole = vec![lowered.fresh, lowered.stale];
        measures.report(&of, "stale_reads", MeasureKind::Share { part: lowered.stale, whole });
        measures.report(&of, "staleness", MeasureKind::MeanTime(lowered.staleness));
        measures.report(&of, "staleness_p99", MeasureKind::P99Time(lowered.staleness));
        measures.report(&of, "refreshes", MeasureKind::Rate(lowered.refreshes));
        let index = self.model.views.len() as u32;
        self.model.views.push(lowered);
        let of = if written.of.is_empty() { vec![store.to_owned()] } else { written.of.clone() };
        self.places.views.insert(name, ViewPlace { index, of });
    }

    /// A view can only show stores and queries that there are.
    fn check_source(&mut self, source: &str, path: &Path) {
        let (name, query) = source.split_once('.').map_or((source, None), |(n, q)| (n, Some(q)));
        let Some(store) = self.spec.stores.get(name) else {
            if !self.spec.is_written(&["stores", name]) {
                let hint = meant(name, self.spec.names("stores")).unwrap_or_else(|| {
                    "a view shows stores, or queries of stores: \"orders\", \"orders.restock\""
                        .into()
                });
                let message = format!("a view of `{source}`: there is no store `{name}`");
                self.findings.error(path, message).hint(hint);
            }
            return;
        };
        if let Some(query) = query
            && !store.queries().contains_key(query)
        {
            let message = format!("a view of `{source}`: store `{name}` has no query `{query}`");
            let near = did_you_mean(query, store.queries().keys().map(String::as_str));
            let hint = near.map(|near| format!("did you mean `{name}.{near}`?"));
            self.findings.error(path, message).hint = hint;
        }
    }

    /// The view that a query reads.
    pub(super) fn view_of(&self, target: &str) -> Option<u32> {
        self.places.views.get(target).map(|view| view.index)
    }

    /// Tells the views that show it of a write.
    pub(super) fn compile_written(&mut self, query: &Query) {
        let shows = |of: &String| *of == query.store || of == query.name();
        let views: Vec<u32> = (self.places.views.values())
            .filter(|view| view.of.iter().any(shows))
            .map(|view| view.index)
            .collect();
        for view in views {
            self.emit(Instruction::View(ViewStep::Written(view)));
        }
    }

    /// Compiles the refreshes.
    pub(super) fn compile_refreshes(&mut self) {
        for index in 0..self.model.views.len() {
            let View { station, cost: law, .. } = self.model.views[index];
            self.model.views[index].entry = self.emit(Instruction::Serve { station, law });
            self.emit(Instruction::View(ViewStep::Publish(index as u32)));
            self.emit(Instruction::Bury);
        }
    }
}

/// The law by which a view of a store is read.
pub(super) fn view_law<'s>(store: &'s Store, view: &str) -> Option<&'s crate::spec::Law> {
    match store {
        Store::Database(database) => database.views.get(view).map(|view| &view.read),
        _ => None,
    }
}
