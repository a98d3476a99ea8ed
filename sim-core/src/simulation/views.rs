//! Materialised views in a run: who reads what is old, and the refreshes.

use super::interpreter::Flow;
use super::{Happening, Recorder, Simulation};
use crate::component::{Frame, FrameId, FrameKind, NONE};
use crate::model::ViewStep;
use crate::time::Time;

/// A view.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct ViewState {
    /// The first write that it does not show.
    missing: Option<Time>,
    /// The first write since the refresh that is running began.
    since_start: Option<Time>,
    running: bool,
    /// Another refresh is to follow the one that is running.
    again: bool,
    /// How many refreshes have been started.
    started: u64,
}

/// The operation of a frame that refreshes a view: none.
const REFRESH: u32 = NONE;

impl<R: Recorder> Simulation<'_, R> {
    /// Schedules the first refresh of every view that has a period.
    pub(super) fn start_views(&mut self) {
        for view in 0..self.model.views.len() as u32 {
            self.schedule_refresh(view);
        }
    }

    fn schedule_refresh(&mut self, view: u32) {
        if let Some(every) = self.model.views[view as usize].every {
            self.schedule(self.now + every, Happening::Refresh(view));
        }
    }

    /// A view is due to be refreshed.
    pub(super) fn refresh_due(&mut self, view: u32) {
        self.schedule_refresh(view);
        if !self.views[view as usize].running {
            self.refresh(view);
        }
    }

    fn refresh(&mut self, view: u32) {
        let model = &self.model.views[view as usize];
        let state = &mut self.views[view as usize];
        let id = model.site.wrapping_add(state.started);
        state.started += 1;
        (state.running, state.since_start) = (true, None);
        let mut frame = Frame::new(id, model.entry, NONE, self.now);
        frame.kind = FrameKind::Ghost;
        (frame.operation, frame.left) = (REFRESH, view);
        // Refreshes give way to requests where priorities count.
        frame.lane = self.model.clients.iter().map(|client| client.lane).max().unwrap_or(0);
        let frame = self.frames.insert(frame);
        self.ready.push_back(frame);
    }

    /// A frame for which nobody waits has ended: if it was a refresh, the next may begin.
    pub(super) fn buried(&mut self, at: FrameId) {
        let frame = &self.frames[at];
        if frame.operation != REFRESH {
            return;
        }
        let view = frame.left;
        let state = &mut self.views[view as usize];
        state.running = false;
        if std::mem::take(&mut state.again) {
            self.refresh(view);
        }
    }

    #[inline(never)]
    pub(super) fn view(&mut self, step: ViewStep) -> Flow {
        match step {
            ViewStep::Read(view) => {
                let model = &self.model.views[view as usize];
                match self.views[view as usize].missing {
                    Some(since) => {
                        self.recorder.counted(model.stale, 1);
                        self.recorder.timed(model.staleness, self.now.since(since));
                    }
                    None => self.recorder.counted(model.fresh, 1),
                }
            }
            ViewStep::Written(view) => {
                let state = &mut self.views[view as usize];
                state.missing.get_or_insert(self.now);
                state.since_start.get_or_insert(self.now);
                if self.model.views[view as usize].every.is_none() {
                    state.again = state.running;
                    if !state.running {
                        self.refresh(view);
                    }
                }
            }
            ViewStep::Publish(view) => {
                let state = &mut self.views[view as usize];
                state.missing = state.since_start;
                self.recorder.counted(self.model.views[view as usize].refreshes, 1);
            }
        }
        Flow::Continue
    }
}
