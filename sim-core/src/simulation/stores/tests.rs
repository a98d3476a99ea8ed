//! Scenarios whose answers are worked out by hand.
