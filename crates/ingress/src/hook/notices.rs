//! Refusals in the log: operators must see them, and strangers must not be able to fill it.
//!
//! Of each kind, which is a source and a reason, there is one line a minute: the first at once, each
//! later one with how many were left out since.

use std::collections::BTreeMap;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ackord_core::id::TeamId;
use ackord_proto::v1::RequestRefusal as Refusal;
use tokio::time::Instant;

use super::{Arrived, refusal};

/// Between two lines of one kind.
const PAUSE: Duration = Duration::from_secs(60);
/// Kinds at a time: of more, the new ones are left out.
const KINDS_MAX: usize = 4096;

/// A source, and why its requests are refused. Those to sources that are not there are one kind.
type Kind = (Option<TeamId>, Option<String>, Refusal);

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Notices(Mutex<BTreeMap<Kind, Last>>);

/// The last line of a kind.
#[derive(Debug)]
struct Last {
    at: Instant,
    left_out: u64,
}

impl Notices {
    /// Logs a refusal, unless one of its kind was logged just now. `slug`: the source's name, or what
    /// stands in its place; `is_known`: there is such a source.
    pub(crate) fn tell(
        &self,
        team: Option<TeamId>,
        slug: &str,
        is_known: bool,
        arrived: &Arrived,
        reason: Refusal,
    ) {
        let kind = (team, is_known.then(|| slug.to_owned()), reason);
        let due = self.due(kind, Instant::now());
        let from = arrived.from.map(|it| it.to_string());
        let (team, name) = (team.map(|it| it.to_string()), refusal::name(reason));
        match due {
            Some(left_out) if needs_a_look(reason) => {
                tracing::warn!(
                    team,
                    slug,
                    from,
                    reason = name,
                    left_out,
                    "a webhook is refused"
                );
            }
            Some(left_out) => {
                tracing::info!(
                    team,
                    slug,
                    from,
                    reason = name,
                    left_out,
                    "a webhook is refused"
                );
            }
            None => tracing::debug!(team, slug, from, reason = name, "a webhook is refused"),
        }
    }

    /// How many of its kind were left out since the last line; none: leave this one out too.
    fn due(&self, kind: Kind, now: Instant) -> Option<u64> {
        let mut kinds = self.kinds();
        if let Some(last) = kinds.get_mut(&kind) {
            if now.duration_since(last.at) < PAUSE {
                last.left_out += 1;
                return None;
            }
            last.at = now;
            return Some(mem::take(&mut last.left_out));
        }
        if kinds.len() >= KINDS_MAX {
            kinds.retain(|_, last| now.duration_since(last.at) < PAUSE);
        }
        if kinds.len() >= KINDS_MAX {
            return None;
        }
        kinds.insert(
            kind,
            Last {
                at: now,
                left_out: 0,
            },
        );
        Some(0)
    }

    fn kinds(&self) -> MutexGuard<'_, BTreeMap<Kind, Last>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A provider that is known sends what its source cannot take, or this node cannot judge: somebody has
/// to mend that, for deliveries are lost. The rest is of strangers, or as the source is set.
const fn needs_a_look(reason: Refusal) -> bool {
    match reason {
        Refusal::NotJson
        | Refusal::BadContentType
        | Refusal::TooDeep
        | Refusal::MissingEventType
        | Refusal::MissingDedupKey
        | Refusal::Overloaded
        | Refusal::Deadline => true,
        Refusal::Unspecified
        | Refusal::UnknownSource
        | Refusal::Disabled
        | Refusal::Method
        | Refusal::TooLarge
        | Refusal::Slow
        | Refusal::RateLimited
        | Refusal::MissingSignature
        | Refusal::MalformedSignature
        | Refusal::BadSignature
        | Refusal::StaleTimestamp
        | Refusal::BadToken
        | Refusal::SenderNotAllowed
        | Refusal::NetworkNotAllowed
        | Refusal::NotPaired => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(slug: &str, reason: Refusal) -> Kind {
        (Some(TeamId(7)), Some(slug.to_owned()), reason)
    }

    #[test]
    fn of_each_kind_there_is_one_line_a_minute_and_how_many_it_leaves_out() {
        let notices = Notices::default();
        let begun = Instant::now();
        let forged = || kind("github", Refusal::BadSignature);
        assert_eq!(notices.due(forged(), begun), Some(0));
        for _ in 0..5 {
            assert_eq!(notices.due(forged(), begun), None);
        }
        let other_reason = kind("github", Refusal::NotJson);
        assert_eq!(notices.due(other_reason, begun), Some(0));
        let other_source = kind("gitlab", Refusal::BadSignature);
        assert_eq!(notices.due(other_source, begun), Some(0));
        assert_eq!(notices.due(forged(), begun + PAUSE), Some(5));
        assert_eq!(notices.due(forged(), begun + 2 * PAUSE), Some(0));
    }

    #[test]
    fn there_is_room_for_so_many_kinds_and_for_new_ones_once_they_are_old() {
        let notices = Notices::default();
        let begun = Instant::now();
        let due = |at: usize, now| {
            let slug = at.to_string();
            notices.due(kind(&slug, Refusal::BadSignature), now)
        };
        for at in 0..KINDS_MAX {
            assert_eq!(due(at, begun), Some(0));
        }
        assert_eq!(due(KINDS_MAX, begun), None);
        assert_eq!(due(KINDS_MAX, begun + PAUSE), Some(0));
        assert_eq!(notices.kinds().len(), 1);
    }
}
