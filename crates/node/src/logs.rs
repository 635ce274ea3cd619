//! Logs: structured, on the standard error output.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};

use crate::config::{Log, LogFormat};

/// Logs cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The filter is not one.
    #[error("log.filter: {0}")]
    Filter(#[from] ParseError),
    /// Somebody has set them up.
    #[error("set up logs")]
    Taken(#[from] TryInitError),
}

/// Sets up logs for this process, once.
///
/// # Errors
/// See [`LogError`].
pub fn init(log: &Log) -> Result<(), LogError> {
    let filter = EnvFilter::try_new(&log.filter)?;
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    match log.format {
        LogFormat::Text => lines.finish().try_init()?,
        LogFormat::Json => lines.json().flatten_event(true).finish().try_init()?,
    }
    Ok(())
}
