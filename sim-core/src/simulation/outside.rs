//! External systems and object storage in a run.

use super::interpreter::Flow;
use super::{Happening, Recorder, Simulation};
use crate::component::{Ending, FrameId};
use crate::model::{KeysId, LawId, OutsideStep};
use crate::random::Draw;
use crate::time::Duration;

impl<R: Recorder> Simulation<'_, R> {
    /// Asks a system that has no queue of ours.
    #[inline(never)]
    pub(super) fn outside(&mut self, at: FrameId, step: OutsideStep) -> Flow {
        match step {
            OutsideStep::Ask { external, law } => self.ask_outside(at, external, law),
            OutsideStep::Get { objects, law, keys } => {
                let time = self.get(at, objects, law, keys);
                self.await_answer(at, time)
            }
            OutsideStep::Put { objects, law, keys } => {
                let frame = &self.frames[at];
                let time = self.laws.time(law, frame.id);
                let bytes = self.object_size(at, objects, law, keys);
                let objects = &self.model.objects[objects as usize];
                self.recorder.counted(objects.puts, 1);
                self.recorder.counted(objects.put_bytes, bytes);
                self.await_answer(at, time)
            }
        }
    }

    fn ask_outside(&mut self, at: FrameId, external: u32, law: LawId) -> Flow {
        let model = &self.model.externals[external as usize];
        let frame = &mut self.frames[at];
        let latency = self.laws.time(law, frame.id);
        // The same frame may ask twice, by other laws.
        let who = frame.id.wrapping_add(self.model.laws[law.0 as usize].name);
        let fails = model.failures > 0.0
            && Draw::new(who, self.failure_keys[external as usize]).chance(model.failures);
        let (time, counter, ending) = match model.timeout {
            Some(timeout) if latency > timeout => (timeout, model.timed_out, Ending::Failed),
            _ if fails => (latency, model.failed, Ending::Failed),
            _ => (latency, model.answered, Ending::Done),
        };
        // A frame that resumes with a bad ending ends so.
        frame.ending = ending;
        self.recorder.counted(counter, 1);
        self.recorder.timed(model.latency, time);
        self.await_answer(at, time)
    }

    /// Finds the tier of an object. Returns how long it takes to get it.
    fn get(&mut self, at: FrameId, objects: u32, law: LawId, keys: Option<KeysId>) -> Duration {
        let bytes = self.object_size(at, objects, law, keys);
        let model = &self.model.objects[objects as usize];
        let frame = &self.frames[at];
        let who = frame.id.wrapping_add(self.model.laws[law.0 as usize].name);
        let age = model.ages.map_or(Duration::ZERO, |ages| {
            // An object is as old whoever reads it.
            let object = keys
                .map_or(who, |keys| frame.key.wrapping_add(self.model.keys[keys.0 as usize].site));
            self.laws.time(ages, object)
        });
        if model.is_gone(age) {
            self.recorder.counted(model.gone, 1);
            return self.laws.time(law, frame.id);
        }
        let tier = &model.tiers[model.tier_at(age) as usize];
        self.recorder.counted(tier.gets, 1);
        self.recorder.counted(tier.got_bytes, bytes);
        let retrieval = tier.retrieval.map_or(Duration::ZERO, |law| self.laws.time(law, who));
        retrieval + self.laws.time(law, frame.id)
    }

    fn object_size(&self, at: FrameId, objects: u32, law: LawId, keys: Option<KeysId>) -> u64 {
        let frame = &self.frames[at];
        match keys {
            Some(keys) => self.size_of(keys, frame.key),
            None => {
                let who = frame.id.wrapping_add(self.model.laws[law.0 as usize].name);
                self.laws.number(self.model.objects[objects as usize].size, who) as u64
            }
        }
    }

    fn await_answer(&mut self, at: FrameId, time: Duration) -> Flow {
        self.frames[at].spent.waiting += time;
        self.schedule(self.now + time, Happening::Resume(at));
        Flow::Stop
    }
}
