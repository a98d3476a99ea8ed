//! Messages that are late or lost.

use super::super::{Recorder, Simulation};
use crate::model::{Disturbance, End, FaultKind};
use crate::random::Draw;
use crate::time::Duration;

/// Who sends or receives a message: a service (or [`crate::component::NONE`]), a station of a store (or none), and where
/// it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::simulation) struct Peer {
    pub(in crate::simulation) service: u32,
    pub(in crate::simulation) station: u32,
    pub(in crate::simulation) place: u16,
}

/// How a message fares.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::simulation) enum Passage {
    /// It takes so much longer.
    Late(Duration),
    /// Its sender gives up after this time.
    Lost(Duration),
}

impl End {
    fn is(&self, peer: Peer) -> bool {
        match self {
            End::Service(service) => service.0 == peer.service,
            End::Store(stations) => stations.contains(&peer.station),
            End::Places(places) => places.contains(&peer.place),
            End::Others => true,
        }
    }
}

impl Disturbance {
    /// Whether it is between these two.
    pub(in crate::simulation) fn concerns(&self, one: Peer, other: Peer) -> bool {
        let [a, b] = &self.between;
        match (a, b) {
            // What stays inside a place is not between it and others.
            (End::Places(_), End::Others) => a.is(one) != a.is(other),
            _ => a.is(one) && b.is(other) || a.is(other) && b.is(one),
        }
    }
}

impl<R: Recorder> Simulation<'_, R> {
    /// What faults of the network do to a message that is sent now; `who` names it.
    #[inline]
    pub(in crate::simulation) fn passage(&mut self, who: u64, from: Peer, to: Peer) -> Passage {
        if self.faults.active.is_empty() {
            return Passage::Late(Duration::ZERO);
        }
        self.disturbed_passage(who, from, to)
    }

    fn disturbed_passage(&mut self, who: u64, from: Peer, to: Peer) -> Passage {
        let mut late = Duration::ZERO;
        for index in 0..self.faults.active.len() {
            let number = self.faults.active[index] as usize;
            let unit = &self.model.fault_units[number];
            let fault = &self.model.faults[unit.fault as usize];
            let FaultKind::Network(disturbance) = &fault.kind else { continue };
            if !disturbance.concerns(from, to) {
                continue;
            }
            if let Some(law) = disturbance.adds {
                late += self.faults.laws.time(law, who);
            }
            let lasts = self.faults.units[number].until.since(self.now);
            match self.resent(who.wrapping_add(unit.site), disturbance, lasts) {
                Some(after) => late += after,
                None => {
                    self.recorder.counted(fault.failed, 1);
                    return Passage::Lost(disturbance.gives_up);
                }
            }
        }
        Passage::Late(late)
    }

    /// After how long a message is sent that passes; `None` if its sender gives up before.
    fn resent(&self, who: u64, disturbance: &Disturbance, lasts: Duration) -> Option<Duration> {
        if disturbance.lost == 0.0 {
            return Some(Duration::ZERO);
        }
        let mut draw = Draw::new(who, self.network_key);
        let (mut after, mut pause) = (Duration::ZERO, disturbance.resend);
        while after < lasts && draw.chance(disturbance.lost) {
            after += pause;
            pause += pause;
            if after >= disturbance.gives_up {
                return None;
            }
        }
        Some(after)
    }
}
