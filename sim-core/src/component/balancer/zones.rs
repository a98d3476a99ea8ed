//! Zone affinity: a request stays in the zone that it comes from while somebody there may be sent something.

/// Where the replicas behind a balancer are.
#[derive(Debug)]
pub(super) struct Zones {
    /// The place of each replica.
    places: Vec<u16>,
    /// By place, whose turn it is there.
    pub(super) next: Vec<u32>,
    /// Who may be sent something in the zone that was asked about last, in order.
    pub(super) candidates: Vec<u32>,
}

impl Zones {
    /// Of replicas at these places.
    pub(super) fn new(places: &[u16]) -> Zones {
        let count = places.iter().max().map_or(0, |&last| usize::from(last) + 1);
        let candidates = Vec::with_capacity(places.len());
        Zones { places: places.to_vec(), next: vec![0; count], candidates }
    }

    /// Finds out who may be sent something at a place. Returns whether anybody may.
    pub(super) fn look(&mut self, place: u16, may: impl Fn(u32) -> bool) -> bool {
        self.candidates.clear();
        let here = (0..).zip(&self.places).filter(|(_, at)| **at == place);
        self.candidates.extend(here.map(|(replica, _)| replica).filter(|&replica| may(replica)));
        !self.candidates.is_empty()
    }
}
