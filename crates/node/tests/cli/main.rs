//! The program as people run it.

mod attach;
mod nouns;
mod program;
mod rot;
mod start;
