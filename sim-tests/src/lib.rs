//! The simulation: the server's own code in a world of simulated disks, networks and clocks, with
//! sessions that crash, stall and take over; and a judge over what that world did and saw.
//!
//! * [`plan`]: what a seed decides.
//! * `world` (under `--cfg madsim`): carries a plan out.
//! * [`history`], [`journal`], [`story`], [`table`]: what a run leaves behind.
//! * [`judge`]: one property in each file, pure functions over that.
//! * `campaign` (under `--cfg madsim`): many seeds, each in a process of its own.

#[cfg(madsim)]
#[expect(clippy::print_stdout, reason = "a program tells what it finds")]
pub mod campaign;
pub mod doctor;
pub mod draw;
pub mod history;
pub mod journal;
pub mod judge;
pub mod marks;
mod model;
pub mod plan;
pub mod story;
pub mod table;
#[cfg(madsim)]
pub mod trace;
#[cfg(madsim)]
pub mod world;
