//! The public API: its rules of style, what it refuses, and how it reads what callers send.

mod defaults;
mod hashes;
mod refusals;
mod requests;
mod style;
