//! Reading regions and what lies between them.

use super::{Handshake, Places, Region};
use crate::model::check::{Lowering, sorted};
use crate::model::laws::Unit;
use crate::model::placement::meant;
use crate::model::{Instruction, Pc, ServiceId, Travel, Way};
use crate::model::{quantity, shares};
use crate::spec::{self, Law, Path, Terminate};
use std::collections::BTreeMap;

/// Regions at most: round trips are kept for each pair.
const REGIONS_MAX: usize = 100;
/// Places at most.
const PLACES_MAX: usize = 1_000;
/// Round trips of one handshake, at most.
const ROUND_TRIPS_MAX: u32 = 10;
/// What stands between a region and its zone.
const OF_REGION: char = '/';

impl Lowering<'_> {
    /// Numbers the places and reads what lies between them.
    pub(in crate::model) fn lower_regions(&mut self) {
        let spec = self.spec;
        let all = Path::root().key("regions");
        if spec.regions.len() > REGIONS_MAX {
            let message = format!("{} regions: at most {REGIONS_MAX} can be", spec.regions.len());
            self.findings.error(&all, message);
            return;
        }
        let mut places = Places::default();
        for (name, region) in sorted(&spec.regions) {
            let path = all.key(name);
            if name.contains(OF_REGION) {
                let error = self.findings.error(&path, "a region cannot have a `/` in its name");
                error.hint("it stands between a region and its zone: \"eu/a\"").on_key = true;
            }
            let zones = self.zones_of(region, &path.key("zones"));
            let index = places.regions.len() as u16;
            let first = places.region_of.len() as u16;
            places.region_of.resize(places.region_of.len() + zones.len(), index);
            places.regions.push(Region { name: name.clone(), first, zones });
        }
        if places.region_of.len() > PLACES_MAX {
            let message = format!("{} zones: at most {PLACES_MAX} can be", places.region_of.len());
            self.findings.error(&all, message);
            return;
        }
        self.model.places = places;
        self.lower_round_trips();
        self.lower_handshake();
    }

    fn zones_of(&mut self, region: &spec::Region, path: &Path) -> Vec<String> {
        let mut zones = region.zones.clone();
        zones.sort();
        for (i, zone) in region.zones.iter().enumerate() {
            let message = if zone.trim().is_empty() || zone.contains(OF_REGION) {
                "the name of a zone is neither empty nor has a `/` in it".to_owned()
            } else if region.zones[..i].contains(zone) {
                format!("the zone `{zone}` is listed twice")
            } else {
                continue;
            };
            self.findings.error(&path.index(i), message);
        }
        zones.dedup();
        if zones.is_empty() {
            zones.push(String::new());
        }
        zones
    }

    fn lower_round_trips(&mut self) {
        let spec = self.spec;
        let path = Path::root().key("network").key("between");
        let count = self.model.places.regions.len();
        self.model.places.links = vec![None; count * count];
        let mut known: BTreeMap<(u16, u16), (Path, &Law)> = BTreeMap::new();
        for (from, trips) in &spec.network.between {
            let at = path.key(from);
            let a = self.region_index(from, &at, true);
            for (to, law) in trips {
                let at = at.key(to);
                let sampler = self.law(law, Unit::Time, &at);
                let (Some(a), Some(b)) = (a, self.region_index(to, &at, true)) else { continue };
                let pair = (a.min(b), a.max(b));
                if let Some((before, other)) = known.get(&pair) {
                    self.twice(&at, before, *other == law);
                    continue;
                }
                known.insert(pair, (at, law));
                let Some(sampler) = sampler else { continue };
                let (low, high) = (usize::from(pair.0), usize::from(pair.1));
                let names = &self.model.places.regions;
                let name = format!("network.{}/{}", names[low].name, names[high].name);
                let link = Some(self.place(sampler, &name));
                self.model.places.links[low * count + high] = link;
                self.model.places.links[high * count + low] = link;
            }
        }
        self.rank_regions();
        let at = Path::root().key("network").key("zones");
        let zones = spec.network.zones.as_ref().and_then(|law| self.law(law, Unit::Time, &at));
        if !self.model.places.is_one() {
            self.model.places.zones = zones.map(|sampler| self.place(sampler, "network.zones"));
        }
    }

    /// Says of each pair of regions how many are nearer.
    fn rank_regions(&mut self) {
        let count = self.model.places.regions.len() as u16;
        let trips: Vec<Option<f64>> = (self.model.places.links.iter())
            .map(|link| link.map(|link| self.model.laws[link.0 as usize].sampler.mean()))
            .collect();
        let trip =
            |from: u16, to: u16| trips[usize::from(from) * usize::from(count) + usize::from(to)];
        let nearer = |from: u16, to: u16| match trip(from, to) {
            Some(own) => {
                let others = (0..count).filter(|&other| other != from);
                others.filter(|&other| trip(from, other).is_some_and(|t| t < own)).count() as u16
            }
            None => u16::MAX,
        };
        self.model.places.nearer = (0..count)
            .flat_map(|from| (0..count).map(move |to| (from, to)))
            .map(|(a, b)| nearer(a, b))
            .collect();
    }

    /// A round trip is the same both ways, so one of the two is enough.
    fn twice(&mut self, path: &Path, before: &Path, same: bool) {
        let hint = format!("it is written at {before}; keep one of them");
        let findings = &mut self.findings;
        let found = if same {
            findings.warning(path, "this round trip is written twice, once from each side")
        } else {
            findings.error(path, "this round trip is written twice, with different values")
        };
        found.hint(hint).on_key = true;
    }

    /// The region of this name, or an error at `path`.
    pub(in crate::model) fn region_index(
        &mut self,
        name: &str,
        path: &Path,
        on_key: bool,
    ) -> Option<u16> {
        let found = self.model.places.region(name);
        if found.is_none() && !self.spec.names("regions").any(|known| known == name) {
            let hint = match self.spec.regions.is_empty() {
                true => {
                    Some(format!("list the regions that there are: regions: {{\"{name}\": ()}}"))
                }
                false => meant(name, self.spec.names("regions")).or_else(|| {
                    let names = self.model.places.regions.iter().map(|region| &*region.name);
                    Some(format!("there are: {}", names.collect::<Vec<_>>().join(", ")))
                }),
            };
            let error = self.findings.error(path, format!("there is no region `{name}`"));
            (error.hint, error.on_key) = (hint, on_key);
        }
        found
    }

    /// The places that `"region"` or `"region/zone"` names, or an error at `path`.
    pub(in crate::model) fn places_in(
        &mut self,
        name: &str,
        path: &Path,
        on_key: bool,
    ) -> Option<std::ops::Range<u16>> {
        let (region, zone) = match name.split_once(OF_REGION) {
            Some((region, zone)) => (region, Some(zone)),
            None => (name, None),
        };
        let index = self.region_index(region, path, on_key)?;
        let region = &self.model.places.regions[usize::from(index)];
        let Some(zone) = zone else {
            return Some(region.first..region.first + region.zones.len() as u16);
        };
        if let Some(at) = region.zones.iter().position(|known| known == zone) {
            let place = region.first + at as u16;
            return Some(place..place + 1);
        }
        let hint = match region.zones.iter().all(String::is_empty) {
            true => format!("give `{}` zones: (zones: [\"{zone}\"])", region.name),
            false => format!("there are: {}", region.zones.join(", ")),
        };
        let message = format!("there is no zone `{zone}` in `{}`", region.name);
        self.findings.error(path, message).hint(hint).on_key = on_key;
        None
    }

    /// The first place that `"region"` or `"region/zone"` names: where a store is, or a member of one. Where there is
    /// one region only, it need not be named.
    pub(in crate::model) fn place_of(
        &mut self,
        name: Option<&String>,
        what: &str,
        path: &Path,
    ) -> Option<u16> {
        match name {
            Some(name) => {
                self.places_in(name, &path.key("region"), false).map(|places| places.start)
            }
            None if self.model.places.regions.len() <= 1 => Some(0),
            None => {
                let example = self.model.places.regions[0].name.clone();
                let message = format!("it is not said in which region `{what}` is");
                let hint = format!("write region: \"{example}\", or another of the regions");
                self.findings.error(path, message).hint(hint);
                None
            }
        }
    }

    fn lower_handshake(&mut self) {
        let spec = self.spec;
        let Some(tls) = &spec.network.tls else { return };
        let path = Path::root().key("network").key("tls");
        if tls.round_trips > ROUND_TRIPS_MAX {
            let message = format!("at most {ROUND_TRIPS_MAX} round trips can be");
            self.findings.error(&path.key("round_trips"), message);
        }
        let reuse = self.read(quantity::share(&tls.reuse), &path.key("reuse"));
        let work = tls.work.as_ref().and_then(|law| self.law(law, Unit::Time, &path.key("work")));
        let at_gateway = tls.terminate == Terminate::Gateway;
        let site = self.site("network.tls");
        let work = work.map(|sampler| self.place(sampler, "network.tls.work"));
        self.model.handshake = reuse.map(|reuse| Handshake {
            round_trips: tls.round_trips.min(ROUND_TRIPS_MAX),
            opened: 1.0 - reuse,
            until: shares(&[1.0 - reuse, reuse])[0],
            at_gateway,
            work,
            site,
        });
    }

    /// Where the requests of clients that enter at `entry` begin.
    pub(in crate::model) fn set_out(&mut self, service: ServiceId, entry: Pc) -> Pc {
        if self.model.places.is_one() && self.model.handshake.is_none() {
            return entry;
        }
        let begin = self.emit(Instruction::Travel(Travel::SetOut(service)));
        self.emit(Instruction::Jump(entry));
        begin
    }

    /// Whether services open connections of clients, and work for that.
    pub(in crate::model) fn opens_connections(&self) -> bool {
        self.model.handshake.is_some_and(|tls| !tls.at_gateway && tls.work.is_some())
    }

    /// The work of a handshake, for the requests that open a connection.
    pub(in crate::model) fn open_connection(&mut self, service: ServiceId, path: &Path) {
        let Some(tls) = self.model.handshake else { return };
        let Some(work) = self.spec.network.tls.as_ref().and_then(|tls| tls.work.clone()) else {
            return;
        };
        let law = self.placed(&work, Unit::Time, &path.key("tls"));
        let choose = self.emit(Instruction::Choose { first: 0, count: 2, site: tls.site });
        let open = self.work(service, law);
        let on = self.emit(Instruction::Jump(0));
        let first = self.model.ways.len() as u32;
        self.model.plan[choose as usize] = Instruction::Choose { first, count: 2, site: tls.site };
        self.model.ways.push(Way { until: tls.until, to: open });
        self.model.ways.push(Way { until: u64::MAX, to: on });
        self.land(on);
        self.model.ways.push(Way { until: u64::MAX, to: self.model.plan.len() as Pc });
    }
}
