//! Carries deliveries to the sessions attached to this node, and tells the machine what became
//! of their streams.
//!
//! * [`Hub`]: the streams that are open here, and what each is to be told next. A stream takes
//!   what it can write; it never holds up another one.
//! * [`Pump`]: what the machine wants done here, on its way into the hub.
//! * [`Beat`]: once a second, what was written and who made a call, on its way back.
//! * [`Detacher`]: streams that are gone.
//! * [`Isolation`]: closes the streams of a node that has lost the others.
//! * [`Silence`]: detaches the sessions of a node that is not heard, where this one leads.
//! * [`start_node`]: ends what an earlier process of this node held.
//!
//! Which session gets which event is decided by the machine alone. What arrives here are hints;
//! before a session is told anything, the rows are asked whether it still holds.

mod beat;
mod delivery;
mod detach;
mod hub;
mod inbox;
mod isolation;
mod metrics;
mod outlet;
mod pump;
mod report;
mod silence;
mod start;
mod streams;
#[cfg(test)]
mod tests;
mod turns;

pub use beat::Beat;
pub use delivery::{Closed, Delivery, Push};
pub use detach::Detacher;
pub use hub::{Full, Hub, StreamId};
pub use inbox::Inbox;
pub use isolation::Isolation;
pub use pump::Pump;
pub use silence::Silence;
pub use start::{StartError, start_node};
