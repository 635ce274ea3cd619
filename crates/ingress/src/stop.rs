//! When a server ends.

use futures::future::{BoxFuture, Shared};

/// Resolves when no more connections are taken, and those that are there are to end.
pub type Stop = Shared<BoxFuture<'static, ()>>;
