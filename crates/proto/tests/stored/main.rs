//! What is stored: that it comes back as it was, that its bytes never change, and that no bytes
//! whatever end in a panic.

mod arbitrary;
mod error_paths;
mod garbage;
mod golden;
mod raft_records;
mod round_trip;
mod samples;
