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

mod backoff;
mod calls;
mod client;
mod error;
mod event;
mod options;
mod retry;
mod servers;
mod session;
mod submit;
mod verdict;
mod wire;

pub use ackord_proto::v1;

pub use client::Client;
pub use error::{Error, Refusal};
pub use event::{Event, Receipt, Taken};
pub use options::Options;
pub use session::{Delivery, Ended, Facts, Loss, Nack, Session, SessionOptions};
