//! Whether a webhook is its provider's, what it says, and where it goes.
//!
//! Picture a request that was read whole: method, query, headers, body. A [`Source`] is compiled once
//! from what somebody defined, and then judges each request in this order:
//!
//! 1. *Is it the provider's?* [`Verifier`]: over the bytes as they came, with every active secret, in
//!    constant time. Nothing reads the body before that, but for unsigned [handshakes](Answer) while
//!    somebody has opened the source for pairing.
//! 2. *What does it say?* One walk through its JSON takes out the values that some rule asks for, and
//!    builds nothing else: the event's type, the key that it is known by, who caused it.
//! 3. *Where does it go?* The first route that matches decides.
//!
//! Schemes, rules and presets are data, in the messages of `ackord.v1`; [`presets`] has a row for each
//! provider. Pure: no IO, no clock, no randomness. Whatever the bytes, the answer is a value.

mod condition;
mod dedup;
mod document;
mod encoding;
mod event_type;
mod fault;
mod form;
mod handshake;
mod hmac_scheme;
mod instant;
mod key;
mod place;
mod pointer;
mod preset;
mod refused;
mod request;
mod route;
mod sender;
mod signature;
mod source;
mod stored;
mod token;
mod verifier;

pub use dedup::Dedup;
pub use handshake::Answer;
pub use key::Secret;
pub use preset::{Preset, Unsupported, preset, presets, unsupported};
pub use refused::Refused;
pub use request::{Headers, Request};
pub use route::{Destination, Routed};
pub use source::{Judged, Received, Source};
pub use verifier::{Proof, Verifier};
