//! Placing the members of databases, and what is measured of them.

use super::{
    Cluster, Copies, Failover, Freshness, Member, ReadPolicy, Replicated, Resharding, Sharded,
    Shipping, Store,
};
use crate::model::check::Lowering;
use crate::model::laws::Unit;
use crate::model::sharding::{DirectoryEntry, Scheme, Sharding};
use crate::model::{KeysId, MeasureKind, Ranking, StationGroup, StationId, UNLIMITED, quantity};
use crate::random::{Sampler, name_hash};
use crate::spec::{self, Database, Partition, Path, Reads, ReplicationMode, WriteOrder};
use crate::time::Duration;

impl Lowering<'_> {
    /// Places a database whose members are like those of `group`: shard by shard, copy by copy.
    pub(in crate::model) fn place_members(
        &mut self,
        name: &str,
        database: &Database,
        group: StationGroup,
        path: &Path,
    ) {
        let is_plain = database.replication.is_none()
            && database.quorum.is_none()
            && database.primaries.is_none()
            && database.shards.as_ref().is_none_or(|it| it.count == 1 && it.reshard.is_none());
        let cluster = match self.are_members_sound(database, path) && !is_plain {
            true => Some(self.cluster(name, database, path)),
            false => None,
        };
        let (first, servers) = (group.first, group.servers);
        let counts = cluster.as_ref().map_or(vec![("", 1)], groups);
        for (suffix, count) in counts.iter().copied().filter(|(_, count)| *count > 0) {
            let site = match suffix {
                "" => group.site,
                _ => name_hash(&format!("stores.{name}{suffix}")),
            };
            let first = self.next_station();
            let name = format!("{name}{suffix}");
            self.model.stations.push(StationGroup { name, first, count, site, ..group.clone() });
        }
        let members: u32 = counts.iter().map(|(_, count)| count).sum();
        if let Some(cluster) = &cluster {
            self.report_cluster(&format!("stores.{name}"), cluster, first, members, servers);
        }
        let places = self.places_of_copies(name, database, cluster.is_some(), path);
        let place = |member| {
            let copy = cluster.as_ref().map_or(0, |cluster| cluster.shard_and_copy(member).1);
            places[copy as usize % places.len()]
        };
        if !self.model.places.is_one() {
            (0..members).for_each(|member| {
                self.model.places.put(StationId(first.0 + member), place(member));
            });
        }
        let member = |at| Member { station: StationId(first.0 + at), place: place(at) };
        self.model.stores.push(Store {
            name: name.to_owned(),
            members: (0..members).map(member).collect(),
            cluster,
        });
    }

    /// Where the copies of each shard are, in turn; at least one place.
    fn places_of_copies(
        &mut self,
        name: &str,
        database: &Database,
        has_copies: bool,
        path: &Path,
    ) -> Vec<u16> {
        if database.regions.is_empty() {
            return vec![self.place_of(database.region.as_ref(), name, path).unwrap_or(0)];
        }
        let at = path.key("regions");
        if database.region.is_some() {
            let message = "where it is is said twice";
            let hint = "`region` puts all of it in one place, `regions` its copies in several";
            self.findings.error(&at, message).hint(hint);
        } else if !has_copies && database.regions.len() > 1 {
            let message = format!("`{name}` has no copies that could be in several places");
            self.findings.error(&at, message).hint("write region: \"…\", or add `replication`");
        }
        let mut places = Vec::new();
        for (index, region) in database.regions.iter().enumerate() {
            let found = self.places_in(region, &at.index(index), false);
            places.extend(found.map(|places| places.start));
        }
        if places.is_empty() { vec![0] } else { places }
    }

    fn cluster(&mut self, name: &str, database: &Database, path: &Path) -> Cluster {
        let sharding = database.shards.as_ref().and_then(|it| self.sharded(name, it, path));
        let shards = sharding.as_ref().map_or(1, |it| {
            let to = it.reshard.as_ref().map_or(0, |reshard| reshard.placement.shards());
            it.placement.shards().max(to)
        });
        let copies = if let Some(replication) = &database.replication {
            Copies::Replicated(self.replicated(name, replication, path))
        } else if let Some(quorum) = database.quorum {
            let spec::Quorum { members, read, write } = quorum;
            Copies::Quorum { members, read, write, freshness: self.freshness() }
        } else if let Some(primaries) = &database.primaries {
            let at = path.key("primaries");
            let order = WriteOrder::Independent;
            Copies::Primaries {
                count: primaries.count,
                shipping: self.shipping(name, &primaries.lag, order, &primaries.replay, &at),
                freshness: self.freshness(),
                writes: self.model.measures.counter(),
                conflicts: self.model.measures.counter(),
            }
        } else {
            Copies::Single
        };
        let site = name_hash(&format!("stores.{name}.members"));
        Cluster { shards, sharding, copies, site }
    }

    fn sharded(&mut self, name: &str, shards: &spec::Shards, path: &Path) -> Option<Sharded> {
        let keys = self.keys_id(&shards.key)?;
        let population = &self.model.keys[keys.0 as usize];
        let (count, ranking) = (population.popularity.count(), population.ranking);
        let seed = name_hash(&format!("stores.{name}.shards"));
        let scheme = scheme(&shards.by, shards.count);
        let placement = Sharding::new(&scheme, shards.count, count, seed);
        // In rankings of their own every key is as popular as any other, taken over all who rank.
        let load = match ranking {
            Ranking::Common if !population.popularity.is_uniform() => {
                placement.shares(|key| population.popularity.probability(key))
            }
            _ => placement.even_shares(),
        };
        let hottest = load.into_iter().fold(0.0, f64::max);
        let mut most = shards.count;
        let reshard = shards.reshard.as_ref().and_then(|reshard| {
            most = most.max(reshard.to);
            let at = path.key("shards").key("reshard");
            let begins = self.value(&reshard.at, Unit::Time, &at.key("at"))?;
            let rate = quantity::rate(&reshard.rate).ok()?;
            self.law(&reshard.copy, Unit::Time, &at.key("copy"))?;
            Some(Resharding {
                at: Duration::from_nanos(begins),
                placement: Sharding::new(&scheme, reshard.to, count, seed),
                every: Duration::from_secs(1.0 / rate).max(Duration(1)),
                program: 0,
                moved: self.model.measures.counter(),
                duration: self.model.measures.timing(),
            })
        });
        let asked = self.model.measures.counters(most);
        Some(Sharded { keys, placement, hottest, asked, reshard })
    }

    fn replicated(
        &mut self,
        name: &str,
        replication: &spec::Replication,
        path: &Path,
    ) -> Replicated {
        let path = path.key("replication");
        let (lag, order, replay) = replication.mode.shipping();
        let at = path.key("mode").key(replication.mode.name());
        let analytics = !replication.analytics.is_empty();
        let failover = replication.failover.as_ref().and_then(|failover| {
            let at = path.key("failover");
            let detection = self.law(&failover.detection, Unit::Time, &at.key("detection"))?;
            let promotion = self.law(&failover.promotion, Unit::Time, &at.key("promotion"))?;
            Some(Failover {
                detection: self.place(detection, &format!("stores.{name}.detection")),
                promotion: self.place(promotion, &format!("stores.{name}.promotion")),
                promotions: self.model.measures.counter(),
                lost_since: self.model.measures.timing(),
            })
        });
        Replicated {
            replicas: replication.replicas,
            analytics,
            acknowledgements: match &replication.mode {
                ReplicationMode::Asynchronous { .. } => 0,
                ReplicationMode::SemiSynchronous { acknowledgements, .. } => *acknowledgements,
                ReplicationMode::Synchronous { .. } => replication.replicas + u32::from(analytics),
            },
            shipping: self.shipping(name, lag, order, &replay.cloned(), &at),
            reads: match &replication.reads {
                Reads::Primary => ReadPolicy::Primary,
                Reads::Replica => ReadPolicy::Replica,
                Reads::Any => ReadPolicy::Any,
                Reads::Nearest => ReadPolicy::Nearest,
                Reads::ReadYourWrites { within } => {
                    let at = path.key("reads").key("read_your_writes").key("within");
                    let within = self.value(within, Unit::Time, &at).unwrap_or(0.0);
                    ReadPolicy::OwnWrites(Duration::from_nanos(within))
                }
                Reads::Newest { of } => ReadPolicy::Newest(*of),
            },
            failover,
            freshness: self.freshness(),
            lost: self.model.measures.counter(),
            outage: self.model.measures.timing(),
        }
    }

    fn shipping(
        &mut self,
        name: &str,
        lag: &spec::Law,
        order: WriteOrder,
        replay: &Option<spec::Law>,
        path: &Path,
    ) -> Shipping {
        let lag = self.law(lag, Unit::Time, &path.key("lag")).unwrap_or(Sampler::Constant(0.0));
        let replay = (replay.as_ref())
            .and_then(|replay| self.law(replay, Unit::Time, &path.key("replay")))
            .map(|replay| self.place(replay, &format!("stores.{name}.replay")));
        Shipping { lag: self.place(lag, &format!("stores.{name}.lag")), order, replay }
    }

    fn freshness(&mut self) -> Freshness {
        let measures = &mut self.model.measures;
        Freshness {
            reads: measures.counter(),
            stale: measures.counter(),
            staleness: measures.timing(),
            behind: measures.counter(),
            lag: measures.timing(),
        }
    }

    fn report_cluster(
        &mut self,
        of: &str,
        cluster: &Cluster,
        first: StationId,
        members: u32,
        servers: u32,
    ) {
        let measures = &mut self.model.measures;
        let mut report = |name, kind| measures.report(of, name, kind);
        if let Some(sharded) = &cluster.sharding {
            let asked = MeasureKind::Busiest { first: sharded.asked, count: cluster.shards };
            report("busiest_share", asked);
        }
        if servers != UNLIMITED {
            let busiest = MeasureKind::BusiestUtilisation { first, count: members, servers };
            report("busiest_utilisation", busiest);
        }
        if let Some(reshard) = cluster.sharding.as_ref().and_then(|it| it.reshard.as_ref()) {
            report("moved", MeasureKind::Total(reshard.moved));
            report("resharding", MeasureKind::MeanTime(reshard.duration));
        }
        if let Some(Freshness { reads, stale, staleness, behind, lag }) = cluster.freshness() {
            report("stale_reads", MeasureKind::Share { part: stale, whole: vec![reads] });
            report("staleness", MeasureKind::MeanTime(staleness));
            if cluster.shipping().is_some() {
                // Of several answers the newest is taken, which may be any of them.
                if !cluster.takes_newest() {
                    report("versions_behind", MeasureKind::Ratio { of: behind, per: reads });
                }
                report("lag", MeasureKind::MeanTime(lag));
            }
        }
        match &cluster.copies {
            Copies::Replicated(Replicated { failover: Some(failover), lost, outage, .. }) => {
                report("promotions", MeasureKind::Total(failover.promotions));
                report("lost_writes", MeasureKind::Total(*lost));
                report("recovery_point", MeasureKind::LongestTime(failover.lost_since));
                report("recovery_time", MeasureKind::LongestTime(*outage));
                report("outage", MeasureKind::MeanTime(*outage));
            }
            Copies::Primaries { writes, conflicts, .. } => {
                let whole = vec![*writes];
                report("conflicts", MeasureKind::Share { part: *conflicts, whole });
            }
            _ => {}
        }
    }

    /// The population that decides on the shard of a key of this store, if there are several shards.
    pub(in crate::model) fn shard_key(&self, store: &str) -> Option<KeysId> {
        let store = self.model.stores.iter().find(|known| known.name == store)?;
        Some(store.cluster.as_ref()?.sharding.as_ref()?.keys)
    }
}

/// The groups of a cluster's stations: what their names end in, and how many there are.
fn groups(cluster: &Cluster) -> Vec<(&'static str, u32)> {
    let shards = cluster.shards;
    match &cluster.copies {
        Copies::Replicated(it) => vec![
            ("", shards),
            (".replicas", shards * it.replicas),
            (".analytics", shards * u32::from(it.analytics)),
        ],
        _ => vec![("", shards * cluster.copies())],
    }
}

/// A scheme as it is written, for so many shards.
fn scheme(partition: &Partition, shards: u32) -> Scheme {
    match partition {
        Partition::Hash => Scheme::Hash,
        Partition::Modulo => Scheme::Modulo,
        Partition::Range { until } => Scheme::Range { until: until.clone() },
        Partition::Consistent { vnodes } => Scheme::Consistent { vnodes: *vnodes },
        Partition::Directory(table) => {
            let entry = |it: &spec::Assignment| DirectoryEntry {
                first: it.first,
                last: it.last.unwrap_or(it.first),
                shard: it.shard,
            };
            Scheme::Directory(table.iter().map(entry).collect())
        }
        Partition::Time { periods } => Scheme::Time { periods: *periods },
        Partition::Region { weights } if weights.is_empty() => {
            Scheme::Region { weights: vec![1.0; shards as usize] }
        }
        Partition::Region { weights } => Scheme::Region { weights: weights.clone() },
    }
}
