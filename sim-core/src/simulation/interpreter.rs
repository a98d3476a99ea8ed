//! Running the plan: what each instruction does to a frame.

use super::travel::DISTANT;
use super::{Happening, MAX_IN_FLIGHT, Recorder, Simulation};
use crate::component::{Admission, Departure, Ending, Frame, FrameId, FrameKind, NONE};
use crate::model::{
    DELIVER, Delay, Instruction, LawId, OperationId, Pc, REPEATS_MAX, Resource, StationId,
    UNLIMITED,
};
use crate::random::Draw;
use crate::time::Duration;

/// How far apart the identities of the branches of one scatter are.
const MEMBERS_APART: u64 = 0x9e37_79b9_7f4a_7c15;

/// What comes after an instruction.
pub(super) enum Flow {
    /// The same frame's next instruction.
    Continue,
    /// Another frame goes on.
    Switch(FrameId),
    /// Time has to pass.
    Stop,
}

impl<R: Recorder> Simulation<'_, R> {
    /// Runs a frame, and those that it hands over to, until time has to pass.
    #[inline]
    pub(super) fn run(&mut self, mut at: FrameId) {
        loop {
            let frame = &mut self.frames[at];
            let instruction = self.model.plan[frame.pc as usize];
            frame.pc += 1;
            if R::TRACES {
                self.recorder.stepped(self.now, at, &self.frames, instruction);
            }
            match self.execute(at, instruction) {
                Flow::Continue => {}
                Flow::Switch(other) => {
                    self.switches += 1;
                    self.overloaded |= self.frames.len() > MAX_IN_FLIGHT;
                    if self.switches > self.switches_max || self.overloaded {
                        return;
                    }
                    at = other;
                }
                Flow::Stop => return,
            }
        }
    }

    #[inline]
    fn execute(&mut self, at: FrameId, instruction: Instruction) -> Flow {
        match instruction {
            Instruction::Serve { station, law } => self.serve(at, station, law),
            Instruction::Enter(service) => self.enter(at, service.0),
            Instruction::Return => self.end(at, Ending::Done),
            Instruction::Arrive => self.begin(at),
            Instruction::Deliver => {
                self.deliver(at);
                Flow::Stop
            }
            Instruction::Call { entry, operation, site, hop: None }
            | Instruction::Invoke { entry, operation, site } => {
                self.call(at, entry, operation, site)
            }
            Instruction::Call { entry, operation, site, hop: Some(hop) } => {
                let child = self.child(at, entry, operation, site);
                self.frames[child].reply = hop.0 + 1;
                self.travel(child, hop)
            }
            Instruction::Pause { law, delay: Delay::Network } => self.travel(at, law),
            Instruction::Pause { law, delay: Delay::Wait } => {
                let frame = &mut self.frames[at];
                let pause = self.laws.time(law, frame.id);
                frame.spent.waiting += pause;
                self.schedule(self.now + pause, Happening::Resume(at));
                Flow::Stop
            }
            Instruction::Connect(pool) => self.connect(at, pool),
            Instruction::Disconnect => {
                self.disconnect(at);
                Flow::Continue
            }
            Instruction::Choose { first, count, site } => {
                let (ways, _) = self.model.ways_of(first, count);
                let frame = &mut self.frames[at];
                let point = Draw::new(frame.id, self.site_keys[site as usize]).bits();
                let way =
                    ways.iter().find(|way| point <= way.until).unwrap_or(&ways[ways.len() - 1]);
                frame.pc = way.to;
                Flow::Continue
            }
            Instruction::Jump(to) => {
                self.frames[at].pc = to;
                Flow::Continue
            }
            Instruction::Cache(step) => self.cache(at, step),
            Instruction::Pick { keys, another } => self.pick(at, keys, another),
            Instruction::Travel(step) => self.travel_far(at, step),
            Instruction::Fault(step) => self.fault_step(at, step),
            Instruction::Fork { first, count, need } => self.fork(at, first, count, need),
            Instruction::Scatter { count, need } => self.scatter(at, count, need),
            Instruction::Hold(step) => self.hold(at, step),
            Instruction::View(step) => self.view(step),
            Instruction::Outside(step) => self.outside(at, step),
            Instruction::Search(step) => self.search(at, step),
            Instruction::Store(step) => self.store(at, step),
            Instruction::Join => self.end(at, Ending::Done),
            Instruction::Queue(step) => self.queue_step(at, step),
            Instruction::Limit(step) => self.limit_step(at, step),
            Instruction::Door(step) => self.door_step(at, step),
            Instruction::Guard(step) => self.guard_step(at, step),
            Instruction::Function(service) => self.take_environment(at, service),
            Instruction::Balanced { service, asked } => self.pass_balancer(at, service, asked),
            Instruction::Version(service) => self.try_version(at, service),
            Instruction::Bury => self.bury(at),
            Instruction::Repeat { law, after } => self.repeat(at, law, after),
            Instruction::Again { body, site } => self.again(at, body, site),
        }
    }

    /// A message on behalf of `at` crosses the network.
    pub(super) fn travel(&mut self, at: FrameId, hop: LawId) -> Flow {
        let frame = &mut self.frames[at];
        let latency = self.laws.time(hop, frame.id);
        frame.spent.network += latency;
        self.schedule(self.now + latency, Happening::Resume(at));
        Flow::Stop
    }

    /// Calls an operation without a message.
    #[inline]
    fn call(&mut self, at: FrameId, entry: Pc, operation: OperationId, site: u32) -> Flow {
        let frame = &mut self.frames[at];
        if frame.kind == FrameKind::Body && self.model.plan[frame.pc as usize] == Instruction::Join
        {
            // A branch that ends with its last call becomes that call.
            frame.kind = FrameKind::Operation;
            frame.id = frame.id.wrapping_add(self.model.sites[site as usize]);
            frame.operation = operation.0;
            frame.pc = entry;
            frame.started = self.now;
            return Flow::Continue;
        }
        Flow::Switch(self.child(at, entry, operation, site))
    }

    /// A new frame that `at` waits for.
    #[inline]
    pub(super) fn child(
        &mut self,
        at: FrameId,
        entry: Pc,
        operation: OperationId,
        site: u32,
    ) -> FrameId {
        let parent = &self.frames[at];
        let id = parent.id.wrapping_add(self.model.sites[site as usize]);
        let mut child = parent.part(id, entry, at, self.now);
        child.operation = operation.0;
        self.frames.insert(child)
    }

    #[inline]
    fn enter(&mut self, at: FrameId, service: u32) -> Flow {
        self.choose(at, service);
        self.enter_chosen(at, service)
    }

    /// Chooses the replica that a frame is to enter, where all are in one place.
    #[inline(always)]
    pub(super) fn choose(&mut self, at: FrameId, service: u32) {
        let balancer = &mut self.balancers[service as usize];
        let replica = match balancer.is_careful() {
            false => balancer.choose(self.frames[at].id),
            true => self.balance(at, service, service as usize, None),
        };
        self.assign(at, service, replica);
    }

    /// A frame is to enter this replica.
    #[inline]
    pub(super) fn assign(&mut self, at: FrameId, service: u32, replica: u32) {
        let frame = &mut self.frames[at];
        frame.replica = replica;
        frame.service = service;
        frame.entered = true;
    }

    /// Enters the replica that has been chosen.
    #[inline(always)]
    pub(super) fn enter_chosen(&mut self, at: FrameId, service: u32) -> Flow {
        let target = &self.model.services[service as usize];
        let frame = &mut self.frames[at];
        let replica = frame.replica;
        frame.started = self.now;
        let cores = StationId(target.cores.0 + replica);
        if self.faults.closed > 0 && self.is_down(cores) {
            let (balancer, number) = self.balancer_of(service, replica);
            self.balancers[balancer].disconnect(number);
            return self.turn_away(at, cores);
        }
        let Some(threads) = target.threads else {
            // The limit of the line is the door's: inside, work always finds a place to wait.
            if target.queue != UNLIMITED && self.stations[cores.0 as usize].is_full() {
                return self.refuse(at, cores);
            }
            return Flow::Continue;
        };
        let threads = StationId(threads.0 + replica);
        if self.stations[threads.0 as usize].is_full() {
            return self.refuse(at, threads);
        }
        self.frames[at].holds_thread = true;
        self.acquire(at, threads)
    }

    /// Takes a thread or a connection, now or when it is this frame's turn.
    pub(super) fn acquire(&mut self, at: FrameId, pool: StationId) -> Flow {
        let station = &mut self.stations[pool.0 as usize];
        self.recorder.occupancy(self.now, pool, station.in_system());
        self.frames[at].since = self.now;
        if R::TRACES {
            self.recorder.came(at, pool);
        }
        match station.arrive(&mut self.frames, at, self.now) {
            Admission::Waits => Flow::Stop,
            Admission::Served | Admission::Interrupts(_) => {
                self.recorder.granted(self.now, pool, Duration::ZERO);
                Flow::Continue
            }
            Admission::ComesToDoor => {
                self.comes_to_door(at, pool);
                Flow::Stop
            }
            Admission::PassesDoor => {
                self.passes_door(at, pool);
                self.recorder.granted(self.now, pool, Duration::ZERO);
                Flow::Continue
            }
        }
    }

    /// Gives a thread or a connection back; the next in line goes on at this instant. Returns who that is.
    pub(super) fn release(&mut self, at: FrameId, pool: StationId) -> Option<FrameId> {
        let station = &mut self.stations[pool.0 as usize];
        self.recorder.occupancy(self.now, pool, station.in_system());
        let next = match station.leave(&self.frames, at) {
            Departure::Idle => return None,
            Departure::Next(next) => next,
            Departure::Door => self.open_door(pool, Some(at))?,
        };
        self.ready.push_back(next);
        let wait = self.now.since(self.frames[next].since);
        self.recorder.granted(self.now, pool, wait);
        Some(next)
    }

    fn connect(&mut self, at: FrameId, pool: Resource) -> Flow {
        let frame = &self.frames[at];
        let pool = pool.at(frame.replica, frame.chosen);
        self.frames[at].connection = pool.0;
        self.acquire(at, pool)
    }

    pub(super) fn disconnect(&mut self, at: FrameId) {
        let pool = std::mem::replace(&mut self.frames[at].connection, NONE);
        if let Some(next) = self.release(at, StationId(pool)) {
            let wait = self.now.since(self.frames[next].since);
            self.frames[next].spent.connecting += wait;
        }
    }

    #[inline]
    fn serve(&mut self, at: FrameId, resource: Resource, law: LawId) -> Flow {
        let demand = self.laws.time(law, self.frames[at].id);
        self.serve_for(at, resource, demand)
    }

    /// Comes to a station and asks it for some time.
    #[inline(always)]
    pub(super) fn serve_for(&mut self, at: FrameId, resource: Resource, demand: Duration) -> Flow {
        let frame = &mut self.frames[at];
        let id = resource.at(frame.replica, frame.chosen);
        let station = &mut self.stations[id.0 as usize];
        if resource.is_shared() && station.is_full() {
            return self.refuse(at, id);
        }
        frame.station = id.0;
        frame.since = self.now;
        frame.demand = demand;
        frame.due = demand.0;
        self.recorder.occupancy(self.now, id, station.in_system());
        self.meter.occupancy(self.now, id, station.in_system());
        self.recorder.joined(self.now, id, demand);
        if R::TRACES {
            self.recorder.came(at, id);
        }
        if let Some(sharing) = station.sharing() {
            let wake = sharing.arrive(self.now, at, demand);
            let present = sharing.len();
            station.share(present);
            if let Some(wake) = wake {
                self.schedule(wake, Happening::Wake(id.0));
            }
            return Flow::Stop;
        }
        match station.arrive(&mut self.frames, at, self.now) {
            Admission::Waits => {}
            Admission::Served | Admission::Interrupts(_) => self.start(at),
            Admission::ComesToDoor => self.comes_to_door(at, id),
            Admission::PassesDoor => {
                self.passes_door(at, id);
                self.start(at);
            }
        }
        Flow::Stop
    }

    /// A server turns to a frame, which has `due` nanoseconds of service left.
    #[inline]
    pub(super) fn start(&mut self, at: FrameId) {
        let frame = &mut self.frames[at];
        let end = self.now + Duration(frame.due);
        frame.due = end.0;
        self.schedule(end, Happening::Served(at));
    }

    /// A frame's service ends, unless the event is one that an interruption has made void.
    #[inline]
    pub(super) fn served(&mut self, at: FrameId) {
        let frame = &mut self.frames[at];
        if frame.void_events > 0 {
            frame.void_events -= 1;
            if frame.kind == FrameKind::Ghost && frame.void_events == 0 && frame.station == NONE {
                // It was thrown out of its station, and only this event was still scheduled for it.
                self.bury(at);
            }
            return;
        }
        let id = StationId(frame.station);
        let station = &mut self.stations[id.0 as usize];
        self.recorder.occupancy(self.now, id, station.in_system());
        self.meter.occupancy(self.now, id, station.in_system());
        match station.leave(&self.frames, at) {
            Departure::Idle => {}
            Departure::Next(next) => self.start(next),
            Departure::Door => self.next_at_door(id, at),
        }
        self.account(at, id);
        self.run(at);
    }

    /// Someone may leave a shared station.
    pub(super) fn wake(&mut self, station: u32) {
        let id = StationId(station);
        let now = self.now;
        if !self.sharing(id).wakes(now) {
            return;
        }
        while let Some(frame) = self.sharing(id).leave(now) {
            let station = &mut self.stations[id.0 as usize];
            let before = station.in_system();
            self.recorder.occupancy(now, id, before);
            self.meter.occupancy(now, id, before);
            station.share(before - 1);
            self.account(frame, id);
            self.ready.push_back(frame);
        }
        if let Some(wake) = self.sharing(id).schedule(now) {
            self.schedule(wake, Happening::Wake(id.0));
        }
    }

    fn sharing(&mut self, station: StationId) -> &mut crate::component::Sharing {
        self.stations[station.0 as usize].sharing().expect("only shared stations wake")
    }

    /// Accounts for what a frame that has been served got and how long it waited.
    #[inline]
    fn account(&mut self, at: FrameId, station: StationId) {
        let frame = &mut self.frames[at];
        let sojourn = self.now.since(frame.since);
        let wait = sojourn - frame.demand;
        frame.station = NONE;
        frame.spent.work += sojourn - wait;
        frame.spent.queueing += wait;
        self.recorder.served(self.now, station, wait, sojourn - wait);
    }

    /// A frame goes on after a pause or a message.
    #[inline]
    pub(super) fn resume(&mut self, at: FrameId) {
        let frame = &self.frames[at];
        if frame.ending != Ending::Done && frame.pc != DELIVER {
            let ending = frame.ending;
            if let Flow::Switch(next) = self.end(at, ending) {
                self.run(next);
            }
        } else {
            self.run(at);
        }
    }

    pub(super) fn refuse(&mut self, at: FrameId, station: StationId) -> Flow {
        if self.is_down(station) {
            return self.turn_away(at, station);
        }
        self.recorder.refused(self.now, station);
        self.end(at, Ending::Refused)
    }

    /// A frame ends, well or not; if not, so do those that wait for it.
    #[inline]
    pub(super) fn end(&mut self, mut at: FrameId, mut ending: Ending) -> Flow {
        loop {
            let frame = &self.frames[at];
            let (parent, kind) = (frame.parent, frame.kind);
            if kind == FrameKind::Ghost {
                return self.bury(at);
            }
            if R::TRACES {
                self.recorder.ended(self.now, at, &self.frames, ending);
            }
            // All are all ones where there is none: one test for the three.
            if frame.connection & frame.holds & frame.fetch != NONE {
                self.let_go(at, Some(ending));
            }
            if kind == FrameKind::Operation {
                self.reply(at, ending);
            }
            if parent == NONE {
                if kind == FrameKind::Delivery {
                    return self.worked(at, ending);
                }
                return self.answer_client(at, ending);
            }
            match self.frames[parent].kind {
                FrameKind::Fork => match self.join(at, ending) {
                    Some((waiter, Ending::Done)) => return Flow::Switch(waiter),
                    Some((waiter, bad)) => {
                        (at, ending) = (waiter, bad);
                        continue;
                    }
                    None => return Flow::Stop,
                },
                FrameKind::Delivery => {
                    self.frames.remove(at);
                    return self.worked(parent, ending);
                }
                FrameKind::Guarded => return self.attempt_ended(at, ending),
                FrameKind::Operation | FrameKind::Body | FrameKind::Ghost => {}
            }
            let frame = &self.frames[at];
            let (spent, reply, id) = (frame.spent, frame.reply, frame.id);
            let (place, operation) = (frame.place, frame.operation);
            self.frames.remove(at);
            self.frames[parent].spent += spent;
            let mut is_lost = false;
            let latency = match reply {
                NONE => None,
                reply if reply & DISTANT == 0 => Some(self.laws.time(LawId(reply), id)),
                reply => {
                    let Frame { place: home, service: caller, .. } = self.frames[parent];
                    let (latency, lost) =
                        self.way_back((place, home), reply, id, operation, caller);
                    is_lost = lost;
                    latency
                }
            };
            if let Some(latency) = latency {
                let waiter = &mut self.frames[parent];
                waiter.ending = if is_lost { Ending::Failed } else { ending };
                waiter.spent.network += latency;
                self.schedule(self.now + latency, Happening::Resume(parent));
                return Flow::Stop;
            }
            if ending == Ending::Done {
                return Flow::Switch(parent);
            }
            at = parent;
        }
    }

    /// What is left of a frame that was given up ends.
    pub(super) fn bury(&mut self, at: FrameId) -> Flow {
        if R::TRACES {
            self.recorder.ended(self.now, at, &self.frames, Ending::Failed);
        }
        self.let_go(at, None);
        self.buried(at);
        self.frames.remove(at);
        Flow::Stop
    }

    /// An operation's answer leaves: what it holds is given back.
    #[inline]
    fn reply(&mut self, at: FrameId, ending: Ending) {
        let frame = &self.frames[at];
        let (replica, service) = (frame.replica, frame.service as usize);
        let (entered, holds_thread, limit) = (frame.entered, frame.holds_thread, frame.limit);
        let operation = OperationId(frame.operation);
        let took = self.now.since(frame.started);
        // What only passes caches on its way has come to no service.
        if frame.service != NONE {
            self.recorder.replied(self.now, operation, ending, took);
        }
        if entered {
            if limit != NONE {
                self.leave_door(at, ending);
            }
            let (balancer, number) = self.balancer_of(service as u32, replica);
            self.balancers[balancer].answered(number);
            if self.balancers[balancer].is_careful() {
                self.watch_answer(service as u32, replica, ending, took);
                self.fleet_left(balancer, number);
                self.leave_environment(service as u32, replica, took);
            }
            if holds_thread
                && let Some(threads) = self.model.services[service].threads
                && let Some(next) = self.release(at, StationId(threads.0 + replica))
            {
                let wait = self.now.since(self.frames[next].since);
                self.frames[next].spent.queueing += wait;
            }
        }
    }

    #[inline(always)]
    pub(super) fn answer_client(&mut self, at: FrameId, ending: Ending) -> Flow {
        if self.frames[at].passed_gateway {
            self.leave_gateway(at, ending);
        }
        let frame = &mut self.frames[at];
        frame.ending = ending;
        frame.pc = DELIVER;
        let client = self.model.journeys[frame.journey as usize].client;
        if !self.model.places.is_one() {
            return self.answer_far_client(at);
        }
        match self.model.clients[client as usize].hop {
            Some(hop) => self.travel(at, LawId(hop.0 + 1)),
            None => {
                self.deliver(at);
                Flow::Stop
            }
        }
    }

    fn fork(&mut self, at: FrameId, first: u32, count: u32, need: u32) -> Flow {
        if self.frames.len() + count as usize > MAX_IN_FLIGHT {
            self.overloaded = true;
            return Flow::Stop;
        }
        let fork = self.branch_off(at, count, need);
        for &pc in &self.model.branches[first as usize..(first + count) as usize] {
            let mut branch = self.frames[at].part(self.frames[at].id, pc, fork, self.now);
            branch.kind = FrameKind::Body;
            let branch = self.frames.insert(branch);
            self.ready.push_back(branch);
        }
        if need == 0 { Flow::Continue } else { Flow::Stop }
    }

    /// What branches of a frame report to; the frame waits for it if it needs any of them.
    pub(super) fn branch_off(&mut self, at: FrameId, count: u32, need: u32) -> FrameId {
        let parent = &self.frames[at];
        let waiter = if need == 0 { NONE } else { at };
        let mut fork = parent.part(parent.id, parent.pc, waiter, self.now);
        (fork.kind, fork.left, fork.need) = (FrameKind::Fork, count, need);
        self.frames.insert(fork)
    }

    /// Starts the branch behind the next instruction for each of `count` members from the one that is chosen.
    fn scatter(&mut self, at: FrameId, count: u32, need: u32) -> Flow {
        if self.frames.len() + count as usize > MAX_IN_FLIGHT {
            self.overloaded = true;
            return Flow::Stop;
        }
        let fork = self.branch_off(at, count, need);
        for member in 0..count {
            let parent = &self.frames[at];
            let id = parent.id.wrapping_add(MEMBERS_APART.wrapping_mul(u64::from(member) + 1));
            let mut branch = parent.part(id, parent.pc + 1, fork, self.now);
            branch.kind = FrameKind::Body;
            branch.chosen += member;
            let branch = self.frames.insert(branch);
            self.ready.push_back(branch);
        }
        if need == 0 { Flow::Continue } else { Flow::Stop }
    }

    /// Starts the branch behind the next instruction at `count` members, of each a number that tells it from the others
    /// and which it is. Branches belong to the store and not to the service that the frame runs in.
    pub(super) fn scatter_over(
        &mut self,
        at: FrameId,
        count: u32,
        need: u32,
        members: impl Iterator<Item = (u32, u32)>,
    ) -> Flow {
        if self.frames.len() + count as usize > MAX_IN_FLIGHT {
            self.overloaded = true;
            return Flow::Stop;
        }
        let fork = self.branch_off(at, count, need);
        for (number, member) in members {
            let parent = &self.frames[at];
            let id = parent.id.wrapping_add(MEMBERS_APART.wrapping_mul(u64::from(number) + 1));
            let mut branch = parent.part(id, parent.pc + 1, fork, self.now);
            (branch.kind, branch.service, branch.chosen) = (FrameKind::Body, NONE, member);
            let branch = self.frames.insert(branch);
            self.ready.push_back(branch);
        }
        if need == 0 { Flow::Continue } else { Flow::Stop }
    }

    /// A branch ends. Returns who waits for the fork, and how it ended, when enough branches have ended well or too
    /// few still can.
    fn join(&mut self, at: FrameId, ending: Ending) -> Option<(FrameId, Ending)> {
        let branch = &self.frames[at];
        let (spent, fork_id) = (branch.spent, branch.parent);
        self.frames.remove(at);
        let fork = &mut self.frames[fork_id];
        fork.left -= 1;
        if ending == Ending::Done {
            fork.need = fork.need.saturating_sub(1);
        }
        let (waiter, well) = (fork.parent, fork.need == 0);
        let decided = well || fork.left < fork.need;
        if decided {
            fork.parent = NONE;
        }
        if fork.left == 0 {
            self.frames.remove(fork_id);
        }
        if !decided || waiter == NONE {
            return None;
        }
        self.frames[waiter].spent += spent;
        Some((waiter, if well { Ending::Done } else { ending }))
    }

    fn repeat(&mut self, at: FrameId, law: LawId, after: u32) -> Flow {
        let parent = &mut self.frames[at];
        let body = std::mem::replace(&mut parent.pc, after);
        let times = self.laws.number(law, parent.id) + 0.5;
        let times = times.min(f64::from(REPEATS_MAX)) as u32;
        if times == 0 {
            return Flow::Continue;
        }
        let id = parent.id.wrapping_add(self.model.laws[law.0 as usize].name);
        let mut frame = parent.part(id, body, at, self.now);
        (frame.kind, frame.left) = (FrameKind::Body, times);
        Flow::Switch(self.frames.insert(frame))
    }

    fn again(&mut self, at: FrameId, body: u32, site: u32) -> Flow {
        let frame = &mut self.frames[at];
        frame.left -= 1;
        if frame.left == 0 {
            return self.end(at, Ending::Done);
        }
        frame.id = frame.id.wrapping_add(self.model.sites[site as usize]);
        frame.pc = body;
        Flow::Switch(at)
    }
}
