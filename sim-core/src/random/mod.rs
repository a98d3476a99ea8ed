//! Draws and samplers: every random number is a pure function of names.
