//! Streams that wait for something to change, counted by token: each costs memory, and a look at the rows
//! whenever what it waits for may have changed.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ackord_core::id::TokenId;
use ackord_proto::v1::RefusalReason as Reason;

use crate::limits::WATCHES_PER_TOKEN;
use crate::refused::Refused;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Watches(Mutex<BTreeMap<TokenId, usize>>);

/// One of the watches of a token, until it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    watches: Arc<Watches>,
    token: TokenId,
}

impl Watches {
    /// Lets a token have one more.
    pub(crate) fn enter(self: &Arc<Self>, token: TokenId) -> Result<Place, Refused> {
        let mut tokens = self.tokens();
        let open = tokens.entry(token).or_default();
        if *open >= WATCHES_PER_TOKEN {
            let message = "the limit is reached: watches of a token at one node";
            return Err(Refused::new(Reason::Limit, message));
        }
        *open += 1;
        Ok(Place {
            watches: Arc::clone(self),
            token,
        })
    }

    fn tokens(&self) -> MutexGuard<'_, BTreeMap<TokenId, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut tokens = self.watches.tokens();
        if let Some(open) = tokens.get_mut(&self.token) {
            *open -= 1;
            if *open == 0 {
                tokens.remove(&self.token);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_has_a_bounded_number_of_watches_and_again_so_many_once_they_end() {
        let watches = Arc::<Watches>::default();
        let enter = |token| watches.enter(TokenId(token));
        let mut open: Vec<Place> = (0..WATCHES_PER_TOKEN)
            .map(|_| enter(1).expect("there is room"))
            .collect();
        enter(1).expect_err("there is no room");
        let other = enter(2).expect("of another token");
        open.pop();
        open.push(enter(1).expect("there is room again"));
        drop((open, other));
        assert!(watches.tokens().is_empty());
    }
}
