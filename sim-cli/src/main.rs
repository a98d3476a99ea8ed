//! archsim on the command line.
fn main() {}
