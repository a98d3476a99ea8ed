//! Statistics of simulation output: numbers in, numbers out.
