//! Lists, a page at a time until enough is read.

use ackord_client::Error;
use clap::Args;

use super::failure::Failure;
use super::output::{Output, Row, note};

/// Items of a page at the most.
const PAGE_MAX: usize = 1000;

/// How much of a list is shown.
#[derive(Debug, Clone, Args)]
pub(crate) struct Limit {
    /// Show at most so many; 0: all
    #[arg(long, value_name = "COUNT", default_value_t = 100)]
    limit: usize,
}

impl Limit {
    /// Fetches pages and shows them. `fetch` is given the size of the page and the token of the
    /// page before, and returns the items and the token of the next.
    pub(crate) async fn show<T, R, F>(
        &self,
        output: Output,
        none: &str,
        fetch: impl Fn(u32, String) -> F,
    ) -> Result<(), Failure>
    where
        F: Future<Output = Result<(Vec<T>, String), Error>>,
        R: Row + From<T>,
    {
        let limit = if self.limit == 0 {
            usize::MAX
        } else {
            self.limit
        };
        let mut rows: Vec<R> = Vec::new();
        let mut token = String::new();
        loop {
            let size = u32::try_from((limit - rows.len()).min(PAGE_MAX)).expect("at most 1,000");
            let (page, next) = fetch(size, token).await?;
            rows.extend(page.into_iter().map(R::from));
            token = next;
            if token.is_empty() || rows.len() >= limit {
                break;
            }
        }
        output.list(&rows, none);
        if !token.is_empty() {
            note(format!(
                "there are more than {}; see them with --limit",
                rows.len()
            ));
        }
        Ok(())
    }
}
