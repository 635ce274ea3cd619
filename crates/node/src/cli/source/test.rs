//! `ackord source test`: a saved request, and what a source would make of it.

use std::io::Read;
use std::path::PathBuf;

use ackord_client::{Client, v1};
use bytes::Bytes;
use clap::Args;

use super::definition;
use super::view::TestedView;
use crate::cli::failure::Failure;

/// A request as somebody has saved it. Nothing is queued.
#[derive(Debug, Clone, Args)]
pub(crate) struct Test {
    /// The source
    slug: String,
    /// The body, byte for byte; `-`: what is piped in
    #[arg(long, value_name = "FILE")]
    body: PathBuf,
    /// A header, as `Name: value`
    #[arg(long, short = 'H', value_name = "HEADER", value_parser = header)]
    header: Vec<(String, String)>,
    /// What stands after the `?` of the URL
    #[arg(
        long,
        value_name = "TEXT",
        default_value = "",
        hide_default_value = true
    )]
    query: String,
    /// The address that it came from; not said: one that is allowed
    #[arg(
        long,
        value_name = "ADDRESS",
        default_value = "",
        hide_default_value = true
    )]
    from: String,
    /// When it came, in seconds since 1970; not said: now. For requests that sign their time
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 0,
        hide_default_value = true
    )]
    at: u64,
    /// With this definition instead of the source's own, and with its secrets
    #[arg(long, value_name = "FILE")]
    definition: Option<PathBuf>,
}

impl Test {
    pub(super) async fn run(self, client: &Client) -> Result<TestedView, Failure> {
        let definition = self.definition.as_deref().map(definition::read);
        let headers = self.header.iter().map(|(name, value)| v1::RequestHeader {
            name: name.clone(),
            value: Bytes::copy_from_slice(value.as_bytes()),
        });
        let request = v1::SavedRequest {
            query: self.query.clone(),
            headers: headers.collect(),
            body: self.body()?.into(),
            sender_address: self.from.clone(),
            at_ms: self.at.saturating_mul(1000),
            ..v1::SavedRequest::default()
        };
        let question = v1::TestSourceRequest {
            slug: self.slug,
            request: Some(request),
            definition: definition.transpose()?,
        };
        Ok(TestedView::from(client.test_source(question).await?))
    }

    fn body(&self) -> Result<Vec<u8>, Failure> {
        if self.body.as_os_str() == "-" {
            let mut body = Vec::new();
            std::io::stdin().lock().read_to_end(&mut body)?;
            return Ok(body);
        }
        std::fs::read(&self.body)
            .map_err(|it| Failure::failed(format!("read {}: {it}", self.body.display())))
    }
}

/// `Name: value`.
fn header(text: &str) -> Result<(String, String), String> {
    match text.split_once(':') {
        Some((name, value)) if !name.is_empty() => {
            Ok((name.to_owned(), value.trim_start().to_owned()))
        }
        _ => Err("write it as 'Name: value'".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_has_a_name() {
        let own = |name: &str, value: &str| Ok((name.to_owned(), value.to_owned()));
        assert_eq!(
            header("X-GitHub-Event: push"),
            own("X-GitHub-Event", "push")
        );
        assert_eq!(header("a:b: c"), own("a", "b: c"));
        assert!(header(": push").is_err() && header("push").is_err());
    }
}
