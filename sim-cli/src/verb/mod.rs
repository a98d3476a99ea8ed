//! A file for each thing that `archsim` does.

pub(crate) mod capacity;
pub(crate) mod check;
pub(crate) mod compare;
pub(crate) mod completions;
pub(crate) mod events;
pub(crate) mod fingerprint;
pub(crate) mod gate;
pub(crate) mod graph;
pub(crate) mod man;
pub(crate) mod merge;
pub(crate) mod new;
pub(crate) mod optimize;
pub(crate) mod plot;
pub(crate) mod reference;
pub(crate) mod report;
pub(crate) mod run;
pub(crate) mod schema;
pub(crate) mod sensitivity;
pub(crate) mod series;
pub(crate) mod study;
pub(crate) mod sweep;
pub(crate) mod trace;
