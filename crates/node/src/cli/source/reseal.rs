//! Secrets that are sealed again: each source by itself.

use ackord_client::{Client, v1};

use super::view::Resealed;
use crate::cli::changes::Changes;
use crate::cli::failure::Failure;
use crate::cli::output::Output;

/// Seals the secrets of a source again, or of all. One that fails does not keep the others from it.
pub(super) async fn reseal(
    client: &Client,
    slug: Option<String>,
    output: Output,
) -> Result<(), Failure> {
    let slugs = match slug {
        Some(slug) => vec![slug],
        None => all_slugs(client).await?,
    };
    let mut changes = Changes::new(slugs.len());
    for slug in slugs {
        let question = v1::ResealSourceRequest { slug: slug.clone() };
        match client.reseal_source(question).await {
            Ok(answer) => {
                changes.made();
                let resealed = Resealed::new(slug, &answer);
                output.done(&resealed, &resealed.sentence());
            }
            Err(error) => changes.failed(&slug, error.into()),
        }
    }
    changes.end("resealed", "sources")
}

async fn all_slugs(client: &Client) -> Result<Vec<String>, Failure> {
    let (mut slugs, mut page_token) = (Vec::new(), String::new());
    loop {
        let question = v1::ListSourcesRequest {
            page_size: 1000,
            page_token,
            at_least: None,
        };
        let page = client.list_sources(question).await?;
        slugs.extend(page.sources.into_iter().map(|it| it.slug));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return Ok(slugs);
        }
    }
}
