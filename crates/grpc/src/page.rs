//! Paging: how many items a page has, and where the next one begins.
//!
//! The token of the next page is the name of the last item seen, in its usual form: there is
//! nothing to hide, and it stays good whatever is added or removed.

use std::fmt::{self, Display};
use std::str::FromStr;

use ackord_core::time::Position;
use ackord_proto::from_wire;
use prost::Message;

use crate::limits::{PAGE_BYTES_MAX, PAGE_ROWS_MAX};
use crate::refused::Refused;

/// What page is asked for. `T` names an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ask<T> {
    size: usize,
    /// The last item that the caller has seen.
    pub(crate) after: Option<T>,
}

/// A page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Page<T> {
    pub(crate) items: Vec<T>,
    /// Asks for the next page; empty: there is none.
    pub(crate) next: String,
}

impl<T: FromStr> Ask<T> {
    pub(crate) fn read(size: u32, token: &str) -> Result<Self, Refused> {
        let after = (!token.is_empty()).then(|| token.parse()).transpose();
        let after = after.map_err(|_| {
            Refused::invalid(
                "page_token",
                "must be the `next_page_token` of the page before",
            )
        })?;
        Ok(Self {
            size: from_wire::page_size(size),
            after,
        })
    }
}

impl<T: Display> Ask<T> {
    /// Items of a page at the most.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// Takes a page of all items that come after the one seen, in order, each with its name. What
    /// the filter answers with none is left out.
    pub(crate) fn page<I, U: Message, E>(
        &self,
        items: impl IntoIterator<Item = Result<(T, I), E>>,
        mut filter: impl FnMut(I) -> Result<Option<U>, E>,
    ) -> Result<Page<U>, E> {
        let mut page = Page {
            items: Vec::new(),
            next: String::new(),
        };
        let (mut last, mut bytes) = (None, 0);
        for (seen, item) in items.into_iter().enumerate() {
            let (name, item) = item?;
            let full = page.items.len() == self.size || bytes >= PAGE_BYTES_MAX;
            if full || seen == PAGE_ROWS_MAX {
                page.next = last.map_or_else(String::new, |it: T| it.to_string());
                break;
            }
            if let Some(item) = filter(item)? {
                bytes += item.encoded_len();
                page.items.push(item);
            }
            last = Some(name);
        }
        Ok(page)
    }
}

/// A position as a page token: `index.offset`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct At(pub(crate) Position);

impl FromStr for At {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (index, offset) = text.split_once('.').ok_or(())?;
        let index = index.parse().map_err(|_| ())?;
        let offset = offset.parse().map_err(|_| ())?;
        Ok(Self(Position { index, offset }))
    }
}

impl Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use ackord_proto::v1;

    use super::*;

    fn item(id: u64) -> v1::Team {
        v1::Team {
            id: id.to_string(),
            ..v1::Team::default()
        }
    }

    fn page(size: usize, items: u64, even: bool) -> (Vec<String>, String) {
        let items = (0..items).map(|it| Ok::<_, ()>((it, it)));
        let filter = |it: u64| Ok((!even || it.is_multiple_of(2)).then(|| item(it)));
        let page = Ask { size, after: None }
            .page(items, filter)
            .expect("no row fails");
        (page.items.into_iter().map(|it| it.id).collect(), page.next)
    }

    #[test]
    fn a_page_names_its_last_item_if_there_is_more() {
        assert_eq!(
            page(2, 5, false),
            (vec!["0".into(), "1".into()], "1".to_owned())
        );
        assert_eq!(
            page(2, 2, false),
            (vec!["0".into(), "1".into()], String::new())
        );
        assert_eq!(page(2, 0, false), (vec![], String::new()));
    }

    #[test]
    fn a_filter_does_not_lose_the_way() {
        assert_eq!(
            page(2, 9, true),
            (vec!["0".into(), "2".into()], "2".to_owned())
        );
    }

    #[test]
    fn a_page_looks_at_a_bounded_number_of_rows() {
        let items = (0..).map(|it: u64| Ok::<_, ()>((it, it)));
        let ask = Ask {
            size: 10,
            after: None,
        };
        let page = ask
            .page(items, |_| Ok(None::<v1::Team>))
            .expect("no row fails");
        assert_eq!(page.items, []);
        assert_eq!(page.next, (PAGE_ROWS_MAX - 1).to_string());
    }

    #[test]
    fn a_page_has_a_bounded_number_of_bytes() {
        let items = (0..1000).map(|it: u64| Ok::<_, ()>((it, it)));
        let large = |_| {
            Ok(Some(v1::Team {
                name: "x".repeat(PAGE_BYTES_MAX / 2),
                ..item(0)
            }))
        };
        let page = Ask {
            size: 1000,
            after: None,
        }
        .page(items, large)
        .expect("no row fails");
        assert_eq!((page.items.len(), page.next.as_str()), (2, "1"));
    }

    #[test]
    fn a_position_is_read_as_it_is_written() {
        let at = At(Position {
            index: 12,
            offset: 3,
        });
        assert_eq!(at.to_string().parse(), Ok(at));
        assert_eq!("12".parse::<At>(), Err(()));
    }

    #[test]
    fn a_page_token_of_another_kind_is_refused() {
        assert!(Ask::<At>::read(0, "evt_1").is_err());
        assert!(Ask::<At>::read(0, "").is_ok());
    }
}
