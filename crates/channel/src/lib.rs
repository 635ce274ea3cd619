//! The channel adapter: a session of Ackord inside an agent.
//!
//! A host such as Claude Code starts it as an MCP server on its standard input and output. Events of the
//! session come to the model as notifications, one at a time, and the model answers them by calling tools.
//!
//! * [`desk`] decides: what is done about a delivery, a loss, a call, the passing of time. Pure.
//! * `room` has the wires: the session, and what the desk orders.
//! * `relay` asks elsewhere for what the agent may not do alone.
//! * `mcp` is the host's side: JSON-RPC, the handshake, tools; `tools` is what models may call.
//! * [`mark`] says beside it what the session has, for [`hook`]s, which are processes of their own.
//! * [`settings`], [`install`] and [`secret_file`] are the files of the user.
//!
//! What must hold: only a call that names an event, or asks for one, proves that the model has seen it; an
//! answer that names none never counts for an event that came meanwhile; nothing that a host, a model or a
//! server says ends the adapter.

pub mod desk;
pub mod hook;
pub mod install;
pub mod mark;
pub mod secret_file;
pub mod settings;

mod adapter;
mod desktop;
mod instructions;
mod mcp;
mod page;
mod raw;
mod relay;
mod room;
mod tools;

pub use adapter::{SHOWN_BYTES_DEFAULT, ServeError, Settings, serve};
pub use desktop::Desktop;
pub use relay::{Approvals, Approver, TIMEOUT_MAX, TIMEOUT_MIN};
pub use room::Connect;
