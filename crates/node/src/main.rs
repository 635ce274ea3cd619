//! The program `ackord`.

fn main() {}
