//! Checking what a database consists of.

use super::COPIES_MAX;
use crate::model::check::Lowering;
use crate::model::laws::Unit;
use crate::model::placement::{STATIONS_MAX, meant};
use crate::model::quantity;
use crate::model::sharding::RING_POINTS_MAX;
use crate::spec::{
    Assignment, Database, Partition, Path, Primaries, Query, Quorum, Reads, Replication,
    ReplicationMode, Reshard, Shards, did_you_mean,
};

impl Lowering<'_> {
    /// Whether a database can consist of what is written at `path`; what is wrong is reported.
    pub(super) fn are_members_sound(&mut self, database: &Database, path: &Path) -> bool {
        let before = self.findings.error_count();
        for (at, law) in database.member_laws(path) {
            self.law(law, Unit::Time, &at);
        }
        if let Some(shards) = &database.shards {
            self.check_shards(shards, &path.key("shards"));
        }
        let kinds = [
            ("replication", database.replication.is_some()),
            ("quorum", database.quorum.is_some()),
            ("primaries", database.primaries.is_some()),
        ];
        let mut written = kinds.iter().filter(|kind| kind.1).map(|kind| kind.0);
        if let (Some(one), Some(other)) = (written.next(), written.next()) {
            let message = format!("a database has either `{one}` or `{other}`");
            let hint = "replication: one primary that replicas follow; quorum: no primary; primaries: several";
            self.findings.error(&path.key(other), message).hint(hint);
        }
        if let Some(replication) = &database.replication {
            self.check_replication(replication, database, &path.key("replication"));
        }
        if let Some(quorum) = &database.quorum {
            self.check_quorum(quorum, &path.key("quorum"));
        }
        if let Some(primaries) = &database.primaries {
            self.check_primaries(primaries, &path.key("primaries"));
        }
        let sound = self.findings.error_count() == before;
        if let Some(quorum) = database.quorum.as_ref().filter(|_| sound) {
            self.warn_of_quorum(quorum, &path.key("quorum"));
        }
        sound && self.is_room_for_members(database, path)
    }

    fn is_room_for_members(&mut self, database: &Database, path: &Path) -> bool {
        let shards = database.shards.as_ref().map_or(1, |shards| {
            shards.count.max(shards.reshard.as_ref().map_or(0, |reshard| reshard.to))
        });
        let replicas = database.replication.as_ref().map_or(0, |replication| {
            replication.replicas + u32::from(!replication.analytics.is_empty())
        });
        let quorum = database.quorum.map_or(1, |quorum| quorum.members);
        let primaries = database.primaries.as_ref().map_or(1, |primaries| primaries.count);
        let copies = u64::from((1 + replicas).max(quorum).max(primaries));
        let all = u64::from(self.next_station().0) + u64::from(shards) * copies;
        if all > u64::from(STATIONS_MAX) {
            let message = format!(
                "with this database there are {all} stations, shards times copies; at most \
                 {STATIONS_MAX} can be run"
            );
            self.findings.error(path, message).hint("run fewer, larger shards");
        }
        all <= u64::from(STATIONS_MAX)
    }

    fn check_shards(&mut self, shards: &Shards, path: &Path) {
        if shards.count == 0 {
            let message = "a database has at least one shard";
            self.findings.error(&path.key("count"), message).hint("leave `shards` out for one");
        }
        let Some(keys) = self.spec.keys.get(&shards.key) else {
            if !self.spec.is_written(&["keys", &shards.key]) {
                let name = &shards.key;
                let hint = meant(name, self.spec.names("keys")).unwrap_or_else(|| {
                    format!("define them: keys: {{ \"{name}\": (count: 1000) }}")
                });
                let message = format!("there are no keys `{name}` to spread over shards");
                self.findings.error(&path.key("key"), message).hint(hint);
            }
            return;
        };
        if u64::from(shards.count) > keys.count {
            let message =
                format!("{} shards for {} keys: some can hold none", shards.count, keys.count);
            self.findings.error(&path.key("count"), message);
        }
        self.check_partition(shards, keys.count, &path.key("by"));
        if let Some(reshard) = &shards.reshard {
            self.check_reshard(reshard, shards, keys.count, &path.key("reshard"));
        }
    }

    fn check_partition(&mut self, shards: &Shards, keys: u64, path: &Path) {
        let count = shards.count;
        let mut error = |at: Path, message: String, hint: &str| {
            self.findings.error(&at, message).hint(hint);
        };
        match &shards.by {
            Partition::Hash | Partition::Modulo => {}
            Partition::Range { until } if until.is_empty() => {}
            Partition::Range { until } => {
                let at = path.key("range").key("until");
                if until.len() + 1 != count as usize {
                    let message = format!(
                        "{} ends for {count} ranges: all but the last need one",
                        until.len()
                    );
                    error(at, message, "leave `until` out for ranges that are equal");
                } else if !until.is_sorted_by(|a, b| a < b) || until.iter().any(|&end| end >= keys)
                {
                    let message = format!("the ends of ranges rise, and lie below {keys}");
                    error(at, message, "write them in ascending order");
                }
            }
            Partition::Consistent { vnodes } => {
                let points = u64::from(*vnodes) * u64::from(count);
                if *vnodes == 0 || points > u64::from(RING_POINTS_MAX) {
                    let message = format!(
                        "{points} points on the ring: there are from one for each shard to {RING_POINTS_MAX} in all"
                    );
                    error(path.key("consistent").key("vnodes"), message, "100 for each are many");
                }
            }
            Partition::Directory(table) => {
                self.check_directory(table, count, &path.key("directory"))
            }
            Partition::Time { periods } => {
                if *periods == 0 {
                    let at = path.key("time").key("periods");
                    error(at, "a shard has to hold some time".into(), "30 for a month of days");
                }
            }
            Partition::Region { weights } => {
                let at = path.key("region").key("weights");
                let sum: f64 = weights.iter().sum();
                let is_weight = |weight: &f64| *weight >= 0.0;
                if weights.is_empty() {
                    return;
                }
                if weights.len() != count as usize {
                    let message = format!(
                        "{} weights for {count} shards: each belongs to a region",
                        weights.len()
                    );
                    error(at, message, "leave `weights` out for regions alike");
                } else if !(sum.is_finite() && sum > 0.0 && weights.iter().all(is_weight)) {
                    error(at, "weights have to be 0 or more, and not all 0".into(), "[6, 3, 1]");
                }
            }
        }
    }

    fn check_directory(&mut self, table: &[Assignment], shards: u32, path: &Path) {
        for (i, it) in table.iter().enumerate() {
            let at = path.index(i);
            if it.shard >= shards {
                let last = shards.saturating_sub(1);
                let message = format!("there is no shard {}: they are 0 to {last}", it.shard);
                self.findings.error(&at.key("shard"), message).hint("the first shard is 0");
            }
            if it.last.is_some_and(|last| last < it.first) {
                let message = "the last key comes before the first";
                self.findings.error(&at.key("last"), message).hint("leave `last` out for one key");
            }
        }
    }

    fn check_reshard(&mut self, reshard: &Reshard, shards: &Shards, keys: u64, path: &Path) {
        let by_number = match &shards.by {
            Partition::Hash | Partition::Modulo | Partition::Consistent { .. } => true,
            Partition::Range { until } => until.is_empty(),
            Partition::Directory(_) | Partition::Time { .. } | Partition::Region { .. } => false,
        };
        if !by_number {
            let message = "only shards by hash, modulo, consistent hashing or equal ranges follow from their number";
            self.findings.error(path, message).hint("use by: consistent(vnodes: 100)");
        }
        if reshard.to == shards.count {
            let message = format!("there are {} shards before and after", reshard.to);
            self.findings.error(&path.key("to"), message).hint("leave `reshard` out");
        } else if reshard.to == 0 || u64::from(reshard.to) > keys {
            let message = format!(
                "{} shards for {keys} keys: there are from 1 to as many as keys",
                reshard.to
            );
            self.findings.error(&path.key("to"), message);
        }
        if let Partition::Consistent { vnodes } = shards.by
            && u64::from(vnodes) * u64::from(reshard.to) > u64::from(RING_POINTS_MAX)
        {
            let message = format!("more than {RING_POINTS_MAX} points would be on the ring");
            self.findings.error(&path.key("to"), message).hint("give each shard fewer: vnodes");
        }
        let begins = self.value(&reshard.at, Unit::Time, &path.key("at"));
        let horizon = self.spec.run.horizon.as_ref().and_then(|it| quantity::duration(it).ok());
        if let (Some(begins), Some(horizon)) = (begins, horizon)
            && begins >= horizon
        {
            let message = "resharding would begin when the run is over";
            let hint = "begin earlier, or simulate longer: run: (horizon: …)";
            self.findings.error(&path.key("at"), message).hint(hint);
        }
        if let Some(rate) = self.read(quantity::rate(&reshard.rate), &path.key("rate"))
            && !(1e-6..=1e9).contains(&rate)
        {
            let message = "keys have to be copied at some rate, up to 1e9 a second";
            self.findings.error(&path.key("rate"), message).hint("rate: \"1000/s\"");
        }
    }

    fn check_replication(&mut self, replication: &Replication, database: &Database, path: &Path) {
        let Replication { replicas, mode, reads, analytics, failover } = replication;
        let replicas = *replicas;
        if replicas == 0 && analytics.is_empty() {
            let message = "replication without replicas copies nothing";
            self.findings.error(&path.key("replicas"), message).hint("leave `replication` out");
        } else if replicas >= COPIES_MAX - 1 {
            let message =
                format!("{replicas} replicas are too many: up to {} can be run", COPIES_MAX - 2);
            self.findings.error(&path.key("replicas"), message);
        }
        if replicas == 0 && failover.is_some() {
            let message = "there is no replica that could become the primary";
            self.findings.error(&path.key("failover"), message).hint("add one: replicas: 1");
        }
        if let ReplicationMode::SemiSynchronous { acknowledgements, .. } = mode {
            let at = path.key("mode").key(mode.name()).key("acknowledgements");
            if *acknowledgements > replicas {
                let message = format!(
                    "{acknowledgements} acknowledgements of {replicas} replicas never come"
                );
                self.findings.error(&at, message).hint("wait for at most all: synchronous");
            } else if *acknowledgements == 0 {
                let message = "who waits for no acknowledgement replicates asynchronously";
                self.findings.error(&at, message).hint("write mode: asynchronous(lag: …)");
            }
        }
        self.check_reads(reads, replicas, &path.key("reads"));
        for (i, query) in analytics.iter().enumerate() {
            if !database.queries.contains_key(query) {
                let near = did_you_mean(query, database.queries.keys().map(String::as_str));
                let message = format!("the database has no query `{query}`");
                let error = self.findings.error(&path.key("analytics").index(i), message);
                error.hint = near.map(|near| format!("did you mean `{near}`?"));
            }
        }
        if let Some(failover) = failover {
            let at = path.key("failover");
            self.law(&failover.detection, Unit::Time, &at.key("detection"));
            self.law(&failover.promotion, Unit::Time, &at.key("promotion"));
        }
    }

    fn check_reads(&mut self, reads: &Reads, replicas: u32, path: &Path) {
        match reads {
            Reads::Primary | Reads::Any => {}
            Reads::Nearest => {
                if self.spec.names("regions").next().is_none() {
                    let message = "without regions no replica is nearer than another";
                    self.findings.error(path, message).hint("reads: any goes to each alike");
                }
            }
            Reads::Replica | Reads::ReadYourWrites { .. } if replicas == 0 => {
                let message = "there is no replica to read";
                self.findings.error(path, message).hint("add one: replicas: 1");
            }
            Reads::Replica => {}
            Reads::ReadYourWrites { within } => {
                let at = path.key("read_your_writes").key("within");
                self.positive_duration(within, "the time for which writers read the primary", &at);
            }
            Reads::Newest { of } if *of == 0 || *of > replicas => {
                let message = format!("cannot read {of} of {replicas} replicas");
                self.findings.error(&path.key("newest").key("of"), message);
            }
            Reads::Newest { .. } => {}
        }
    }

    fn check_quorum(&mut self, quorum: &Quorum, path: &Path) {
        let Quorum { members, read, write } = *quorum;
        if members == 0 || members > COPIES_MAX {
            let message = format!("{members} members: a key has from 1 to {COPIES_MAX}");
            self.findings.error(&path.key("members"), message);
            return;
        }
        for (name, need) in [("read", read), ("write", write)] {
            if need == 0 || need > members {
                let message =
                    format!("a {name} waits for {need} of {members} members: from 1 to all");
                self.findings.error(&path.key(name), message);
            }
        }
    }

    /// A read that may miss what was written is no error.
    fn warn_of_quorum(&mut self, quorum: &Quorum, path: &Path) {
        let Quorum { members, read, write } = *quorum;
        if read + write <= members {
            let message = format!(
                "{read} of {members} read and {write} written need not have a member in common: \
                 reads may be stale"
            );
            let hint = format!("with read + write > {members} they are not");
            self.findings.warning(path, message).hint(hint);
        }
    }

    fn check_primaries(&mut self, primaries: &Primaries, path: &Path) {
        let count = primaries.count;
        if !(2..=COPIES_MAX).contains(&count) {
            let message =
                format!("active-active takes from 2 to {COPIES_MAX} primaries, not {count}");
            self.findings.error(&path.key("count"), message).hint("leave `primaries` out for one");
        }
    }

    /// A query of a sharded store without its shard key cannot be sent to one shard.
    pub(in crate::model) fn check_shard_key(&mut self, query: &Query, kind: &str, path: &Path) {
        let name = query.store.split_once('.').map_or(query.store.as_str(), |(name, _)| name);
        let Some(keys) = self.shard_key(name) else { return };
        let needed = self.model.keys[keys.0 as usize].name.clone();
        let given = query.key.as_ref().map(|key| key.population());
        if given == Some(needed.as_str()) {
            return;
        }
        let without = match given {
            Some(given) => format!("with a key of `{given}`"),
            None => "without a key".to_owned(),
        };
        let hint = format!("{kind}(store: \"{}\", key: \"{needed}\")", query.store);
        if kind == "write" {
            let message = format!(
                "`{name}` is sharded by `{needed}`: a write {without} has no shard to go to"
            );
            self.findings.error(path, message).hint(hint);
        } else {
            let message = format!(
                "`{name}` is sharded by `{needed}`: a read {without} asks every shard and waits for all"
            );
            self.findings.warning(path, message).hint(hint);
        }
    }
}
