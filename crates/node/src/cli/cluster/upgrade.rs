//! The last step of an upgrade: a newer format, once all programs know it.

use ackord_client::v1;
use serde::Serialize;

use crate::cli::connection::{Connection, Who};
use crate::cli::failure::Failure;
use crate::cli::output::Output;

/// The cluster's format.
#[derive(Debug, Serialize)]
struct Format {
    format: u32,
}

/// Lets the cluster use a format: the greatest that all members know, if none is named.
pub(super) async fn upgrade(
    format: Option<u32>,
    connection: &Connection,
    output: Output,
) -> Result<(), Failure> {
    let client = connection.client_as(Who::Operator)?;
    let request = v1::RaiseFormatRequest {
        format: format.unwrap_or_default(),
    };
    let format = client.raise_format(request).await?.format;
    let sentence = format!("the cluster has format {format}");
    output.done(&Format { format }, &sentence);
    Ok(())
}
