//! What happens in one event, for whoever goes through a run step by step: in words, and where.

use super::Spot;
use crate::component::{Ending, FrameId, Frames, NONE, Spent};
use crate::model::{Broken, Instruction, Model, OutsideStep, QueueStep, StationId};
use crate::simulation::Recorder;
use crate::time::{Duration, Time};

/// Sentences about one event, at most: what a crash does to each of thousands of requests is not read.
const SAID_MAX: usize = 3;

/// A recorder that is told of one event at a time.
pub struct Witness<'m> {
    model: &'m Model,
    /// Whether the present event is looked at.
    is_awake: bool,
    seen: Vec<Seen>,
    /// Where the first frame ran, if nothing more is to be told.
    ran: Option<(u32, u32)>,
}

/// Something that was seen.
#[derive(Clone, Copy)]
enum Seen {
    Fault(u32, bool),
    Sent(u32, u16),
    Finished(u32, Ending, Duration),
    Came(StationId, Duration),
    Served(StationId, Duration, Duration),
    Granted(StationId, Duration),
    Refused(StationId),
    Dropped(StationId),
    Halted(StationId, bool),
    Asked(Spot),
}

impl<'m> Witness<'m> {
    /// One that looks at nothing yet.
    pub fn new(model: &'m Model) -> Witness<'m> {
        Witness { model, is_awake: false, seen: Vec::new(), ran: None }
    }

    /// Looks at what happens from now on.
    pub fn wake(&mut self, model: &'m Model) {
        (self.model, self.is_awake, self.ran) = (model, true, None);
        self.seen.clear();
    }

    /// Looks no longer. What has been seen, in sentences without a stop, and where.
    pub fn tell(&mut self) -> (Vec<String>, Vec<Spot>) {
        self.is_awake = false;
        let mut seen = std::mem::take(&mut self.seen);
        // What is broken comes before what that does.
        seen.sort_by_key(|it| !matches!(it, Seen::Fault(..)));
        let mut says: Vec<String> =
            seen.iter().take(SAID_MAX).map(|&it| self.in_words(it)).collect();
        let mut spots: Vec<Spot> =
            seen.iter().take(SAID_MAX).flat_map(|&it| self.places_of(it)).collect();
        if seen.len() > SAID_MAX {
            says.push(format!("and {} more", seen.len() - SAID_MAX));
        }
        if let Some((service, replica)) = self.ran.take().filter(|_| seen.is_empty()) {
            let name = &self.model.services[service as usize].name;
            says.push(format!("a request goes on at {name}"));
            spots.push(Spot::Service(service, replica));
        }
        spots.dedup();
        (says, spots)
    }

    fn see(&mut self, seen: Seen) {
        if self.is_awake {
            self.seen.push(seen);
        }
    }

    fn in_words(&self, seen: Seen) -> String {
        let name = |station: StationId| self.model.station_group(station).name.as_str();
        let waited = |wait: Duration| match wait {
            Duration::ZERO => String::new(),
            wait => format!(", after {wait} in line"),
        };
        match seen {
            Seen::Fault(unit, begins) => {
                let unit = &self.model.fault_units[unit as usize];
                let name = &self.model.faults[unit.fault as usize].name;
                format!("{name} {}", if begins { "begins" } else { "is over" })
            }
            Seen::Sent(journey, _) => {
                let (client, operation) = self.journey(journey);
                format!("{client} send {operation}")
            }
            Seen::Finished(journey, ending, took) => {
                let (client, operation) = self.journey(journey);
                match ending {
                    Ending::Done => format!("{operation} of {client} is answered after {took}"),
                    Ending::Refused => format!("{operation} of {client} is refused after {took}"),
                    Ending::TimedOut => {
                        format!("{operation} of {client} has timed out after {took}")
                    }
                    Ending::Failed => format!("{operation} of {client} has failed after {took}"),
                }
            }
            Seen::Came(station, demand) => {
                format!("a request comes to {}, for {demand} of work", name(station))
            }
            Seen::Served(station, wait, service) => {
                format!("{} has served a request in {service}{}", name(station), waited(wait))
            }
            Seen::Granted(station, wait) => {
                format!("a request takes one of {}{}", name(station), waited(wait))
            }
            Seen::Refused(station) => format!("{} turns a request away", name(station)),
            Seen::Dropped(station) => format!("a request leaves {} unserved", name(station)),
            Seen::Halted(station, true) => format!("{} stands still", name(station)),
            Seen::Halted(station, false) => format!("{} works again", name(station)),
            Seen::Asked(Spot::External(external)) => {
                format!("{} is asked", self.model.externals[external as usize].name)
            }
            Seen::Asked(Spot::Objects(objects)) => {
                format!("{} is asked", self.model.objects[objects as usize].name)
            }
            Seen::Asked(Spot::Queue(queue)) => {
                format!("a message goes to {}", self.model.queues[queue as usize].name)
            }
            Seen::Asked(_) => "somebody is asked".to_owned(),
        }
    }

    /// The client and the operation of a journey.
    fn journey(&self, journey: u32) -> (&str, &str) {
        let journey = &self.model.journeys[journey as usize];
        let client = &self.model.clients[journey.client as usize];
        let operation = &self.model.operations[journey.operation.0 as usize];
        (&client.name, &operation.name)
    }

    fn places_of(&self, seen: Seen) -> Vec<Spot> {
        match seen {
            Seen::Fault(unit, _) => {
                let parts = &self.model.fault_units[unit as usize].parts;
                parts.iter().filter_map(|part| self.place_of_part(part)).collect()
            }
            Seen::Sent(journey, region) => {
                vec![Spot::Client(self.model.journeys[journey as usize].client, region)]
            }
            Seen::Finished(journey, ..) => self.places_of_client(journey),
            Seen::Came(station, _)
            | Seen::Served(station, ..)
            | Seen::Granted(station, _)
            | Seen::Refused(station)
            | Seen::Dropped(station)
            | Seen::Halted(station, _) => vec![Spot::of_station(self.model, station)],
            Seen::Asked(spot) => vec![spot],
        }
    }

    /// Wherever the client of a journey is: in which region the one is who has an answer, the event does not tell.
    fn places_of_client(&self, journey: u32) -> Vec<Spot> {
        let number = self.model.journeys[journey as usize].client;
        let shares = &self.model.clients[number as usize].regions;
        let there = (0..).zip(shares).filter(|(_, share)| **share > 0.0);
        let spots: Vec<Spot> = there.map(|(region, _)| Spot::Client(number, region)).collect();
        if spots.is_empty() { vec![Spot::Client(number, 0)] } else { spots }
    }

    fn place_of_part(&self, part: &Broken) -> Option<Spot> {
        match part {
            Broken::Replicas(service, replicas) => Some(Spot::Service(service.0, replicas.start)),
            Broken::Store(stations) => {
                Some(Spot::of_station(self.model, StationId(stations.start)))
            }
            Broken::Cache(cache) => {
                let name = &self.model.caches[*cache as usize].name;
                let group = self.model.stations.iter().position(|group| group.name == *name)?;
                Some(Spot::Station(group as u32, 0))
            }
        }
    }
}

impl Recorder for Witness<'_> {
    const TRACES: bool = true;

    fn sent(&mut self, _: Time, at: FrameId, frames: &Frames) {
        let frame = &frames[at];
        self.see(Seen::Sent(frame.journey, self.model.places.region_of(frame.place)));
    }

    fn finished(&mut self, _: Time, journey: u32, ending: Ending, took: Duration, _: &Spent) {
        self.see(Seen::Finished(journey, ending, took));
    }

    fn joined(&mut self, _: Time, station: StationId, demand: Duration) {
        self.see(Seen::Came(station, demand));
    }

    fn served(&mut self, _: Time, station: StationId, wait: Duration, service: Duration) {
        self.see(Seen::Served(station, wait, service));
    }

    fn dropped(&mut self, _: Time, station: StationId, _: Duration, _: Duration) {
        self.see(Seen::Dropped(station));
    }

    fn halted(&mut self, _: Time, station: StationId, stopped: bool) {
        self.see(Seen::Halted(station, stopped));
    }

    fn granted(&mut self, _: Time, station: StationId, wait: Duration) {
        self.see(Seen::Granted(station, wait));
    }

    fn refused(&mut self, _: Time, station: StationId) {
        self.see(Seen::Refused(station));
    }

    fn fault(&mut self, _: Time, unit: u32, begins: bool) {
        self.see(Seen::Fault(unit, begins));
    }

    fn stepped(&mut self, _: Time, at: FrameId, frames: &Frames, instruction: Instruction) {
        if !self.is_awake {
            return;
        }
        let frame = &frames[at];
        if frame.service != NONE {
            let replica = if frame.replica == NONE { 0 } else { frame.replica };
            self.ran.get_or_insert((frame.service, replica));
        }
        let spot = match instruction {
            Instruction::Outside(OutsideStep::Ask { external, .. }) => Spot::External(external),
            Instruction::Outside(
                OutsideStep::Get { objects, .. } | OutsideStep::Put { objects, .. },
            ) => Spot::Objects(objects),
            Instruction::Queue(QueueStep::Send { queue, .. }) => Spot::Queue(queue.0),
            _ => return,
        };
        self.seen.push(Seen::Asked(spot));
    }
}
