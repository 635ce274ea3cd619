//! The program `ackord-sim`.

fn main() {}
