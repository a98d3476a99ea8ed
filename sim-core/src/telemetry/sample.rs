//! Which requests are worth keeping a trace of.

use super::trace::Trace;
use crate::component::Ending;
use crate::random::mix;
use crate::time::Duration;

/// Which traces are kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Sample {
    /// One request in so many, by its identity alone: whether it is kept follows from no other request and no event
    /// (head sampling).
    Head {
        /// In so many.
        one_in: u64,
    },
    /// The slowest of those answered well (tail sampling).
    Slowest,
    /// Those that ended badly (tail sampling).
    Errors,
    /// For each journey and response time the request answered well that comes nearest to it.
    Nearest(Vec<(u32, Duration)>),
    /// None: each is looked at when it ends, and let go.
    Nothing,
}

impl Sample {
    /// Whether a request may be kept, by what is known when it is sent.
    pub(super) fn wants(&self, request: u64, journey: u32) -> bool {
        match self {
            Sample::Head { one_in } => picks(request, *one_in),
            Sample::Nearest(targets) => targets.iter().any(|(of, _)| *of == journey),
            Sample::Slowest | Sample::Errors | Sample::Nothing => true,
        }
    }

    /// What a finished request takes the place of, if it is to be kept.
    pub(super) fn place(
        &self,
        trace: &Trace,
        kept: &[(u32, u32)],
        limit: usize,
        of: impl Fn(u32) -> Duration,
    ) -> Keep {
        let has_room = kept.len() < limit;
        match self {
            Sample::Head { .. } if has_room => Keep::Beside,
            Sample::Errors if has_room && trace.ending != Ending::Done => Keep::Beside,
            Sample::Slowest if trace.ending == Ending::Done => {
                let fastest = (0..kept.len()).min_by_key(|&i| of(kept[i].0));
                match fastest {
                    _ if has_room => Keep::Beside,
                    Some(i) if of(kept[i].0) < trace.response => Keep::InsteadOf(i),
                    _ => Keep::Not,
                }
            }
            Sample::Nearest(targets) if trace.ending == Ending::Done => {
                let off = |response: Duration, target: Duration| response.0.abs_diff(target.0);
                let wanted = (0u32..).zip(targets).filter(|(_, (of, _))| *of == trace.journey);
                for (number, &(_, target)) in wanted {
                    match kept.iter().position(|&(_, of)| of == number) {
                        None => return Keep::For(number),
                        Some(i) if off(trace.response, target) < off(of(kept[i].0), target) => {
                            return Keep::InsteadOf(i);
                        }
                        Some(_) => {}
                    }
                }
                Keep::Not
            }
            _ => Keep::Not,
        }
    }
}

/// What becomes of a finished trace.
pub(super) enum Keep {
    /// It is let go.
    Not,
    /// It is kept beside the others.
    Beside,
    /// It is kept for a target.
    For(u32),
    /// It takes the place of another.
    InsteadOf(usize),
}

/// Whether a request is one of those that head sampling picks.
fn picks(request: u64, one_in: u64) -> bool {
    one_in <= 1 || mix(request).is_multiple_of(one_in)
}
