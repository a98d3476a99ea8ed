//! Fingerprints: digests that two runs share exactly when they did the same.
//!
//! Three digests, so that a change can be told by which of them it moves: what happened in which order (events),
//! when (timings), and what was measured (results).

use std::fmt;

/// The three digests of a run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Fingerprint {
    /// What happened, in order: the kind of each event and whom it was about.
    pub events: Digest,
    /// The time of each event.
    pub timings: Digest,
    /// What was measured.
    pub results: Digest,
}

/// A running 64-bit digest of a sequence of numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Digest(pub u64);

impl Digest {
    /// Takes one more number in. Sensitive to order: the rotation keeps equal numbers from cancelling, the odd
    /// multiplier (the golden ratio, 2^64/φ) spreads each over the word.
    #[inline]
    pub fn fold(&mut self, number: u64) {
        self.0 = (self.0.rotate_left(5) ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

impl Fingerprint {
    /// Takes another run's fingerprint in, in order.
    pub fn fold(&mut self, other: Fingerprint) {
        self.events.fold(other.events.0);
        self.timings.fold(other.timings.0);
        self.results.fold(other.results.0);
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// `events-timings-results`, in hexadecimal.
impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}", self.events, self.timings, self.results)
    }
}
