//! The Clawback protocol: events for plugins over WebSocket.
//!
//! An edge that speaks two languages. On one side JSON frames, as the published plugin of
//! [Clawback](https://github.com/clawback-io/clawback) sends and takes them; on the other `ackord.v1`, by
//! the handlers that serve gRPC, called within the process. It knows nothing else of the cluster: what is
//! allowed, proposed or refused is decided where it is for every other client.
//!
//! * [`Door`] takes connections and hears the first frame; `arrival` hears what was done meanwhile, and
//!   `farewell` what was done last.
//! * `desk` serves one connection; `hand` knows what its plugin holds, `acks` has its acks decided, `work`
//!   its `requests` answered.
//! * `frame` reads untrusted bytes; `page` and `remind` write what an agent reads.

mod acks;
mod arrival;
mod cluster;
mod desk;
mod door;
mod ending;
mod farewell;
mod frame;
mod hand;
mod limits;
mod line;
mod link;
mod metrics;
mod page;
mod rate;
mod remind;
mod requests;
mod secret;
mod spare;
mod time;
mod work;

pub use door::{Door, Options, Stop};
pub use frame::request_types;
pub use secret::to_clawback;
