//! Following single requests through a run.
//!
//! A frame runs instructions at no cost until one takes time. So whatever time has passed for a frame between two of its
//! instructions belongs to the first of them, and what the frame has been charged meanwhile says as what. That is all
//! there is to tracing: no block needs to know of it.

use super::path::PathSums;
use super::sample::{Keep, Sample};
use super::trace::{Part, Place, Span, SpanEvent, Trace, What};
use crate::component::{Ending, Frame, FrameId, FrameKind, Frames, NONE, Spent};
use crate::model::{
    CounterId, Delay, DoorStep, Instruction, LimitStep, MeasureKind, Model, OutsideStep, StationId,
    Travel,
};
use crate::simulation::Recorder;
use crate::time::{Duration, Time};
use std::collections::BTreeMap;

/// Spans of a trace that are kept, at most.
pub const SPANS_MAX: usize = 10_000;
/// Traces kept, at most.
pub const TRACES_MAX: usize = 100_000;
/// Spans of requests in flight, at most: about 300 MiB. Requests that are sent while there are more are not followed.
const LIVE_MAX: usize = 5_000_000;

/// A recorder that follows requests and keeps the traces of some.
pub struct Tracer<'m> {
    model: &'m Model,
    /// By journey: whether its requests are followed.
    wanted: Vec<bool>,
    sample: Sample,
    limit: usize,
    /// What is summed over all requests near percentiles, if that is asked for.
    pub paths: Option<PathSums>,
    /// By slot of the slab of frames.
    slots: Vec<Slot>,
    traces: Vec<Live>,
    free: Vec<u32>,
    /// Spans of all traces.
    spans: usize,
    by_request: BTreeMap<u64, u32>,
    /// Traces that are kept, each with the target that it is kept for.
    kept: Vec<(u32, u32)>,
    /// By counter: the measure that tells of it, or [`NONE`].
    measures: Vec<u32>,
    /// Who runs now.
    current: FrameId,
    now: Time,
    measuring: bool,
    /// Requests that were not followed because too much was in flight.
    pub untraced: u64,
}

/// A frame that is followed.
#[derive(Clone, Copy, Default)]
struct Slot {
    /// One more than the number of its trace; 0: it is not followed.
    trace: u32,
    generation: u32,
    /// The span in which its time is.
    span: u32,
    /// Whether that is its own: of an operation.
    owns: bool,
    /// Whether it is a branch, with a span around that.
    is_branch: bool,
    /// Whether it is the client's request.
    is_root: bool,
    /// Whether another that it waited for has ended since.
    waited: bool,
    since: Time,
    spent: Spent,
    /// Where it spends its time.
    place: Option<Place>,
}

#[derive(Default)]
struct Live {
    trace: Trace,
    generation: u32,
}

impl<'m> Tracer<'m> {
    /// Keeps at most `limit` traces of requests that `sample` picks, of the journeys that are `wanted` (empty: all),
    /// from `from_start` or only from the end of the warm-up.
    pub fn new(
        model: &'m Model,
        wanted: &[u32],
        sample: Sample,
        limit: usize,
        from_start: bool,
    ) -> Tracer<'m> {
        let is_wanted = |journey: u32| wanted.is_empty() || wanted.contains(&journey);
        let mut measures = vec![NONE; model.measures.counters as usize];
        for (number, measure) in (0..).zip(&model.measures.reported) {
            let counter = match &measure.kind {
                MeasureKind::Rate(counter) | MeasureKind::Total(counter) => counter,
                MeasureKind::Share { part, .. } if measure.name == "refused" => part,
                _ => continue,
            };
            measures[counter.0 as usize] = number;
        }
        Tracer {
            model,
            wanted: (0..model.journeys.len() as u32).map(is_wanted).collect(),
            sample,
            limit: limit.min(TRACES_MAX),
            paths: None,
            slots: Vec::new(),
            traces: Vec::new(),
            free: Vec::new(),
            spans: 0,
            by_request: BTreeMap::new(),
            kept: Vec::new(),
            measures,
            current: NONE,
            now: Time::ZERO,
            measuring: from_start,
            untraced: 0,
        }
    }

    /// The same, which adds up where requests near percentiles spend their time too.
    #[must_use]
    pub fn with_paths(self, paths: PathSums) -> Tracer<'m> {
        Tracer { paths: Some(paths), ..self }
    }

    /// The traces that were kept, each with the number of the target that it was kept for, in the order in which the
    /// requests were sent. What had not ended is cut at `now`.
    pub fn into_traces(mut self, now: Time) -> Vec<(u32, Trace)> {
        let kept = std::mem::take(&mut self.kept);
        let mut traces: Vec<(u32, Trace)> = kept
            .into_iter()
            .map(|(index, target)| (target, std::mem::take(&mut self.traces[index as usize].trace)))
            .collect();
        traces.iter_mut().for_each(|(_, trace)| trace.close(now));
        traces.sort_by_key(|(target, trace)| (trace.sent(), *target, trace.request));
        traces
    }

    fn slot(&self, at: FrameId) -> Option<Slot> {
        let slot = *self.slots.get(at as usize)?;
        let live = self.traces.get((slot.trace as usize).checked_sub(1)?)?;
        (live.generation == slot.generation).then_some(slot)
    }

    fn set(&mut self, at: FrameId, slot: Slot) {
        if self.slots.len() <= at as usize {
            self.slots.resize(at as usize + 1, Slot::default());
        }
        self.slots[at as usize] = slot;
    }

    fn open(&mut self, slot: &Slot, parent: u32, what: What, start: Time, end: Time) -> u32 {
        let trace = &mut self.traces[slot.trace as usize - 1].trace;
        if trace.spans.len() >= SPANS_MAX {
            trace.left_out += 1;
            return parent;
        }
        self.spans += 1;
        trace.ended += u32::from(end != Time::MAX);
        let order = trace.ended;
        trace.spans.push(Span { parent, what, start, end, ending: Ending::Done, order });
        trace.spans.len() as u32 - 1
    }

    /// Writes down what a frame has done since it was last looked at.
    fn catch_up(&mut self, now: Time, slot: &mut Slot, frame: &Frame) {
        let elapsed = now.since(slot.since);
        if elapsed > Duration::ZERO {
            let grown =
                |of: fn(&Spent) -> Duration| of(&frame.spent).0.saturating_sub(of(&slot.spent).0);
            let parts = if slot.waited {
                [Part::Network, Part::Lost, Part::Lost, Part::Lost, Part::Lost]
                    .map(|part| (part, if part == Part::Network { elapsed.0 } else { 0 }))
            } else {
                [
                    (Part::Queueing, grown(|spent| spent.queueing)),
                    (Part::Connecting, grown(|spent| spent.connecting)),
                    (Part::Network, grown(|spent| spent.network)),
                    (Part::Waiting, grown(|spent| spent.waiting)),
                    (Part::Work, grown(|spent| spent.work)),
                ]
            };
            let told: u64 = parts.iter().map(|(_, time)| time).sum();
            let place = slot.place.unwrap_or(Place::Named("something"));
            let mut start = slot.since;
            let lost = (Part::Lost, elapsed.0.saturating_sub(told));
            for (part, time) in parts.into_iter().chain([lost]).filter(|(_, time)| *time > 0) {
                let end = (start + Duration(time)).min(now);
                self.open(slot, slot.span, What::Time(part, place), start, end);
                start = end;
            }
        }
        (slot.since, slot.spent, slot.waited) = (now, frame.spent, false);
    }

    /// Follows a frame that is new, if it is part of a request that is followed.
    fn attach(&mut self, now: Time, at: FrameId, frames: &Frames) -> Option<Slot> {
        let frame = &frames[at];
        let mut parent = frame.parent;
        while parent != NONE && frames[parent].kind == FrameKind::Fork {
            parent = frames[parent].parent;
        }
        let around = match parent {
            // A branch that nobody waits for, or a message: part of the request still, but of no operation.
            NONE if frame.parent == NONE => return None,
            NONE => self.of_request(frame.request)?,
            parent if frames[parent].kind == FrameKind::Delivery => {
                self.of_request(frame.request)?
            }
            parent => self.slot(parent)?,
        };
        let mut slot = Slot {
            owns: false,
            is_branch: frame.kind == FrameKind::Body
                && frames[frame.parent].kind == FrameKind::Fork,
            is_root: false,
            waited: false,
            since: frame.started,
            spent: Spent::default(),
            place: None,
            ..around
        };
        if slot.is_branch {
            let span = self.open(&slot, slot.span, What::Branch, frame.started, Time::MAX);
            (slot.is_branch, slot.span) = (span != slot.span, span);
        }
        if frame.kind == FrameKind::Operation {
            let service = self.model.operations[frame.operation as usize].service;
            slot.place = Some(Place::Service(service.0));
            self.catch_up(now, &mut slot, frame);
            self.begin_operation(now, &mut slot, frame);
        }
        Some(slot)
    }

    fn of_request(&self, request: u64) -> Option<Slot> {
        let index = *self.by_request.get(&request)?;
        let generation = self.traces[index as usize].generation;
        Some(Slot { trace: index + 1, generation, ..Slot::default() })
    }

    fn begin_operation(&mut self, now: Time, slot: &mut Slot, frame: &Frame) {
        let what = What::Operation { operation: frame.operation, replica: frame.replica };
        let span = self.open(slot, slot.span, what, now, Time::MAX);
        (slot.owns, slot.span) = (span != slot.span, span);
    }

    /// Where an instruction spends time that is spent at no station.
    fn place_of(&self, frame: &Frame, instruction: Instruction) -> Place {
        match instruction {
            Instruction::Outside(OutsideStep::Ask { external, .. }) => Place::External(external),
            Instruction::Outside(
                OutsideStep::Get { objects, .. } | OutsideStep::Put { objects, .. },
            ) => Place::Objects(objects),
            Instruction::Limit(LimitStep::Clients(_) | LimitStep::Service(_)) => {
                Place::Named("a limit on requests")
            }
            Instruction::Function(_) => Place::Named("an environment"),
            Instruction::Hold(_) => Place::Named("locks and quotas"),
            Instruction::Cache(_) => Place::Named("a fetch under way"),
            Instruction::Travel(Travel::Fetch { .. } | Travel::Return { .. })
            | Instruction::Store(_) => Place::Named("stores"),
            Instruction::Travel(Travel::SetOut(_)) | Instruction::Deliver => {
                Place::Client(self.model.journeys[frame.journey as usize].client)
            }
            Instruction::Pause { delay: Delay::Network, .. } if frame.service != NONE => {
                Place::Stores(frame.service)
            }
            Instruction::Pause { .. } if frame.service != NONE => Place::Service(frame.service),
            _ => Place::Named("something"),
        }
    }

    fn release(&mut self, index: u32) {
        let live = &mut self.traces[index as usize];
        self.spans -= live.trace.spans.len();
        live.generation = live.generation.wrapping_add(1);
        self.by_request.remove(&live.trace.request);
        live.trace.spans.clear();
        live.trace.events.clear();
        (live.trace.left_out, live.trace.ended) = (0, 0);
        self.free.push(index);
    }

    /// The trace of a request that is over is kept or let go.
    fn finish(&mut self, index: u32) {
        let trace = &self.traces[index as usize].trace;
        if let Some(paths) = &mut self.paths {
            paths.add(trace);
        }
        let response = |index: u32| self.traces[index as usize].trace.response;
        match self.sample.place(trace, &self.kept, self.limit, response) {
            Keep::Not => self.release(index),
            Keep::Beside => self.kept.push((index, 0)),
            Keep::For(target) => self.kept.push((index, target)),
            Keep::InsteadOf(place) => {
                let before = std::mem::replace(&mut self.kept[place].0, index);
                self.release(before);
            }
        }
    }
}

impl Recorder for Tracer<'_> {
    const TRACES: bool = true;

    fn turned(&mut self, now: Time) {
        (self.current, self.now) = (NONE, now);
    }

    fn sent(&mut self, now: Time, at: FrameId, frames: &Frames) {
        let frame = &frames[at];
        self.set(at, Slot::default());
        let has_room = self.paths.is_some() || self.limit > 0;
        if !self.measuring || !self.wanted[frame.journey as usize] || !has_room {
            return;
        }
        if self.paths.is_none() && !self.sample.wants(frame.id, frame.journey) {
            return;
        }
        if self.spans > LIVE_MAX {
            self.untraced += 1;
            return;
        }
        let index = self.free.pop().unwrap_or_else(|| {
            self.traces.push(Live::default());
            self.traces.len() as u32 - 1
        });
        let live = &mut self.traces[index as usize];
        (live.trace.request, live.trace.journey) = (frame.id, frame.journey);
        let client = self.model.journeys[frame.journey as usize].client;
        let slot = Slot {
            trace: index + 1,
            generation: live.generation,
            is_root: true,
            since: now,
            spent: frame.spent,
            place: Some(Place::Client(client)),
            ..Slot::default()
        };
        self.by_request.insert(frame.id, index);
        self.open(&slot, NONE, What::Request, now, Time::MAX);
        self.set(at, slot);
    }

    fn stepped(&mut self, now: Time, at: FrameId, frames: &Frames, instruction: Instruction) {
        self.current = at;
        let frame = &frames[at];
        let mut slot = match self.slot(at) {
            Some(slot) => slot,
            None if frame.kind == FrameKind::Delivery || frame.kind == FrameKind::Ghost => return,
            None => match self.attach(now, at, frames) {
                Some(slot) => slot,
                None => return,
            },
        };
        self.catch_up(now, &mut slot, frame);
        if !slot.owns && frame.kind == FrameKind::Operation {
            let enters = matches!(
                instruction,
                Instruction::Enter(_)
                    | Instruction::Travel(Travel::Enter(_))
                    | Instruction::Limit(LimitStep::Service(_) | LimitStep::Replica(..))
                    | Instruction::Door(DoorStep::Choose(_))
            );
            // A client's request arrives at its service; or a branch has become the call that it ends with.
            if if slot.is_root { enters } else { frame.started == now } {
                self.begin_operation(now, &mut slot, frame);
            }
        }
        if slot.owns
            && let Some(span) =
                self.traces[slot.trace as usize - 1].trace.spans.get_mut(slot.span as usize)
            && let What::Operation { replica, .. } = &mut span.what
        {
            *replica = frame.replica;
        }
        slot.place = Some(self.place_of(frame, instruction));
        self.set(at, slot);
    }

    fn attempted(
        &mut self,
        now: Time,
        at: FrameId,
        frames: &Frames,
        (guard, number, is_hedge): (u32, u32, bool),
    ) {
        // The first is the call itself.
        if number == 0 {
            return;
        }
        let Some(mut slot) = self.attach(now, at, frames) else { return };
        let what = What::Attempt { guard, number, is_hedge };
        let span = self.open(&slot, slot.span, what, now, Time::MAX);
        (slot.is_branch, slot.span) = (span != slot.span, span);
        self.set(at, slot);
    }

    fn came(&mut self, at: FrameId, station: StationId) {
        if let Some(slot) = self.slot(at) {
            let after = self.model.stations.partition_point(|group| group.first <= station);
            self.set(at, Slot { place: Some(Place::Station(after as u32 - 1)), ..slot });
        }
    }

    fn moved(&mut self, from: FrameId, to: FrameId) {
        let slot = self.slots.get(from as usize).copied().unwrap_or_default();
        self.set(from, Slot::default());
        self.set(to, slot);
    }

    fn ended(&mut self, now: Time, at: FrameId, frames: &Frames, ending: Ending) {
        let Some(mut slot) = self.slot(at) else { return };
        let frame = &frames[at];
        if frame.kind != FrameKind::Ghost {
            self.catch_up(now, &mut slot, frame);
        }
        for _ in 0..u32::from(slot.owns) + u32::from(slot.is_branch) {
            let trace = &mut self.traces[slot.trace as usize - 1].trace;
            trace.ended += 1;
            let span = &mut trace.spans[slot.span as usize];
            (span.end, span.ending, span.order) = (now, ending, trace.ended);
            slot.span = span.parent;
        }
        (slot.owns, slot.is_branch) = (false, false);
        if slot.is_root {
            let client = self.model.journeys[frame.journey as usize].client;
            // It goes back to its client, who is told later.
            self.set(at, Slot { place: Some(Place::Client(client)), is_root: true, ..slot });
            return;
        }
        self.set(at, Slot::default());
        let mut parent = frame.parent;
        while parent != NONE && frames[parent].kind == FrameKind::Fork {
            parent = frames[parent].parent;
        }
        if parent != NONE
            && let Some(around) = self.slot(parent)
        {
            let place = match frame.kind {
                FrameKind::Operation => {
                    let service = self.model.operations[frame.operation as usize].service;
                    Place::Service(service.0)
                }
                _ => Place::Named("something"),
            };
            self.set(parent, Slot { waited: true, since: now, place: Some(place), ..around });
        }
    }

    fn answered(&mut self, now: Time, at: FrameId, frames: &Frames, ending: Ending) {
        let Some(mut slot) = self.slot(at) else { return };
        let frame = &frames[at];
        if ending != Ending::TimedOut {
            self.catch_up(now, &mut slot, frame);
            self.set(at, Slot::default());
        }
        let live = &mut self.traces[slot.trace as usize - 1];
        live.trace.response = now.since(frame.sent);
        live.trace.ending = ending;
        (live.trace.spans[0].end, live.trace.spans[0].ending) = (now, ending);
        self.finish(slot.trace - 1);
    }

    fn counted(&mut self, counter: CounterId, times: u64) {
        let measure = self.measures[counter.0 as usize];
        if measure == NONE || times == 0 || self.current == NONE {
            return;
        }
        let Some(slot) = self.slot(self.current) else { return };
        let trace = &mut self.traces[slot.trace as usize - 1].trace;
        if trace.events.len() < SPANS_MAX {
            trace.events.push(SpanEvent { span: slot.span, at: self.now, measure });
        }
    }

    fn restart(&mut self, _: Time) {
        for index in std::mem::take(&mut self.kept).into_iter().map(|(index, _)| index) {
            self.release(index);
        }
        self.measuring = true;
    }
}
