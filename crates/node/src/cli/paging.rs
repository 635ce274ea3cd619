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

/// How far a list was read.
#[derive(Debug, PartialEq, Eq)]
struct Read {
    count: usize,
    /// There are more.
    more: bool,
}

impl Limit {
    /// Fetches pages and shows them: to programs each as it comes, to people all at once, for a table must
    /// know how wide its columns are. `fetch` is given the size of the page and the token of the page before,
    /// and returns the items and the token of the next.
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
        let mut rows: Vec<R> = Vec::new();
        let take = |page: Vec<T>| {
            rows.extend(page.into_iter().map(R::from));
            if output.is_json() {
                output.list(&rows, none);
                rows.clear();
            }
        };
        let Read { count, more } = self.read(fetch, take).await?;
        if !output.is_json() {
            output.list(&rows, none);
        }
        if more {
            note(format!(
                "there are more than {count}; see them with --limit"
            ));
        }
        Ok(())
    }

    /// Fetches pages until enough is read, and hands over each as it comes.
    async fn read<T, F>(
        &self,
        fetch: impl Fn(u32, String) -> F,
        mut take: impl FnMut(Vec<T>),
    ) -> Result<Read, Error>
    where
        F: Future<Output = Result<(Vec<T>, String), Error>>,
    {
        let limit = if self.limit == 0 {
            usize::MAX
        } else {
            self.limit
        };
        let (mut count, mut token) = (0, String::new());
        loop {
            let size = u32::try_from((limit - count).min(PAGE_MAX)).expect("at most 1,000");
            let (page, next) = fetch(size, token).await?;
            count += page.len();
            take(page);
            token = next;
            if token.is_empty() || count >= limit {
                let more = !token.is_empty();
                return Ok(Read { count, more });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::future::ready;

    use super::*;

    /// A list of three pages of two items each, and what is asked for.
    struct Pages {
        sizes: RefCell<Vec<u32>>,
        /// This page cannot be read.
        broken: Option<usize>,
    }

    impl Pages {
        fn new(broken: Option<usize>) -> Self {
            let sizes = RefCell::default();
            Self { sizes, broken }
        }

        fn fetch(&self, size: u32, token: &str) -> Result<(Vec<usize>, String), Error> {
            self.sizes.borrow_mut().push(size);
            let page = token.len();
            if self.broken == Some(page) {
                return Err(Error::Failed("no node answers".to_owned()));
            }
            let next = if page < 2 { page + 1 } else { 0 };
            Ok((vec![2 * page, 2 * page + 1], "t".repeat(next)))
        }

        /// Reads up to `limit`: what was handed over, and how it ended.
        async fn read(&self, limit: usize) -> (Vec<Vec<usize>>, Result<Read, Error>) {
            let mut taken = Vec::new();
            let fetch = |size, token: String| ready(self.fetch(size, &token));
            let end = Limit { limit }.read(fetch, |it| taken.push(it)).await;
            (taken, end)
        }
    }

    #[tokio::test]
    async fn what_was_read_is_handed_over_though_a_later_page_fails() {
        let (taken, end) = Pages::new(Some(2)).read(0).await;
        assert_eq!(taken, [[0, 1], [2, 3]]);
        end.expect_err("the third page is broken");
    }

    #[tokio::test]
    async fn a_list_is_read_up_to_its_limit_or_its_end() {
        let pages = Pages::new(None);
        let (taken, end) = pages.read(0).await;
        let all = Read {
            count: 6,
            more: false,
        };
        assert_eq!(end.expect("all pages are well"), all);
        assert_eq!(taken.len(), 3);

        let pages = Pages::new(None);
        let end = pages.read(4).await.1;
        let some = Read {
            count: 4,
            more: true,
        };
        assert_eq!(end.expect("both pages are well"), some);
        assert_eq!(pages.sizes.into_inner(), [4, 2]);
    }
}
