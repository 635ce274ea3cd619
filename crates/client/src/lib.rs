//! Client of Ackord: one object, [`Client`], cheap to clone.
//!
//! * [`Client::submit`] queues an event. All callers share one stream and its batches; a call
//!   whose answer is lost is sent again under the same key until its deadline, so it takes effect
//!   once.
//! * [`Client::attach`] opens a [`Session`], which gives one [`Delivery`] at a time and comes back
//!   by itself after any disconnect, until another process takes it over. [`Session::run`] claims,
//!   extends and answers around a handler.
//! * Everything else of the API is a method of the same name on [`Client`], such as
//!   [`Client::get_event`], with messages of [`v1`].
//!
//! Every call ends in one of four ways: it was done; it was refused ([`Error::Refused`], with what
//! to do about it); it failed and changed nothing ([`Error::Failed`]); or nobody knows
//! ([`Error::Unknown`]). Unknown is never reported as failed.
//!
//! Reads see what this client was answered before, on whichever node: each asks for at least the
//! greatest place in the log that an answer has told. With [`Options::fresh`] they see everything that
//! anybody was answered before they were made.
//!
//! A server that is named as `https://` speaks TLS: [`Tls`] says whom to trust. Plain text goes to
//! this machine only, unless [`Options::insecure`] is set: the token would go with it.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use ackord_client::{Client, Delivery, Event, Options, SessionOptions};
//!
//! let client = Client::new(Options::new("http://127.0.0.1:7400", "ack_…"))?;
//! let receipt = client.submit(Event::new("greeting", "hello").tag("build")).await?;
//! println!("{}", receipt.event_id);
//!
//! let mut session = client.attach(SessionOptions::new("worker-1").tag("build")).await?;
//! let ended = session
//!     .run(|delivery: Delivery| async move { Ok(format!("read {} bytes", delivery.body.len())) })
//!     .await;
//! println!("{ended}");
//! # Ok(())
//! # }
//! ```

mod approval;
mod backoff;
mod calls;
mod client;
mod cluster;
mod cron;
mod error;
mod event;
mod extend;
mod message;
mod options;
mod retry;
mod seen;
mod servers;
mod session;
mod submit;
#[cfg(madsim)]
mod tamper;
mod transport;
mod verdict;
mod wire;

pub use ackord_proto::v1;

pub use approval::Ask;
pub use client::Client;
pub use error::{Error, Refusal};
pub use event::{Event, Receipt, Taken};
pub use options::{Identity, Options, Tls};
pub use session::{Ack, Delivery, Ended, Facts, Instruction, Loss, Nack, Session, SessionOptions};
#[cfg(madsim)]
pub use tamper::tamper;
