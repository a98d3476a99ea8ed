//! Draws and samplers: every random number is a pure function of names.
//!
//! A [`Key`] says who draws (seed, replication, name), a counter says for which request; together they make
//! a [`Draw`], from which a [`Sampler`] takes a number of its law. Nothing has a state, so the order of
//! events, a new service or another thread cannot shift anybody's numbers.

mod draw;
mod empirical;
mod fit;
mod moments;
mod permutation;
mod popularity;
mod sampler;
mod squares;
mod tables;
mod ziggurat;
mod zipf;

pub use draw::{Draw, Key, name_hash};
pub use empirical::Empirical;
pub use fit::LawError;
pub use permutation::Permutation;
pub use popularity::{Group, Popularity};
pub use sampler::{BoundedPareto, Branch, Part, Sampler};
pub use squares::{good_key, mix, squares64};
pub use ziggurat::{exponential, normal};

#[cfg(test)]
mod oracle_tests;
