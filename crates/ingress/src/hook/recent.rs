//! The latest requests of each source, as this node saw them: for people who wonder where a webhook
//! is. In memory, and bounded; no body, nothing that verifies.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use ackord_core::id::TeamId;
use ackord_proto::v1::{ReceivedRequest, RequestOutcome};

/// Requests that are remembered of one source.
const OF_SOURCE: usize = 64;
/// Sources whose requests are remembered: for one more, that which was asked for longest ago is
/// forgotten.
const SOURCES: usize = 1024;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Recent(Mutex<Rings>);

#[derive(Debug, Default)]
struct Rings {
    /// By team and slug; under no slug, those to sources that are not there.
    of: BTreeMap<(TeamId, Option<String>), Ring>,
    /// Counts what was remembered.
    clock: u64,
}

#[derive(Debug, Default)]
struct Ring {
    /// The latest last, each with its number among all.
    requests: VecDeque<(u64, ReceivedRequest)>,
    touched: u64,
}

impl Recent {
    /// Remembers a request to a source; `is_known`: there is such a one.
    pub(crate) fn remember(&self, team: TeamId, is_known: bool, request: ReceivedRequest) {
        let slug = is_known.then(|| request.slug.clone());
        let mut rings = self.rings();
        rings.clock += 1;
        let now = rings.clock;
        let ring = rings.of.entry((team, slug)).or_default();
        ring.touched = now;
        if ring.requests.len() >= OF_SOURCE {
            ring.requests.pop_front();
        }
        ring.requests.push_back((now, request));
        if rings.of.len() > SOURCES {
            let oldest = rings.of.iter().min_by_key(|(_, it)| it.touched);
            if let Some(oldest) = oldest.map(|(key, _)| key.clone()) {
                rings.of.remove(&oldest);
            }
        }
    }

    /// The latest of a team, the one that was answered last first: of one source or of all, refused ones only or all.
    pub(crate) fn list(
        &self,
        team: TeamId,
        slug: Option<&str>,
        refused_only: bool,
        most: usize,
    ) -> Vec<ReceivedRequest> {
        let rings = self.rings();
        let of_team = rings.of.range((team, None)..);
        let of_team = of_team.take_while(|((it, _), _)| *it == team);
        let is_asked = |(_, it): &&(u64, ReceivedRequest)| {
            slug.is_none_or(|slug| it.slug == slug)
                && (!refused_only || it.outcome() == RequestOutcome::Refused)
        };
        let mut found: Vec<_> = of_team
            .flat_map(|(_, ring)| &ring.requests)
            .filter(is_asked)
            .cloned()
            .collect();
        drop(rings);
        // By when they were answered: many come within one millisecond.
        found.sort_by_key(|(number, _)| std::cmp::Reverse(*number));
        found.truncate(most);
        found.into_iter().map(|(_, request)| request).collect()
    }

    fn rings(&self) -> MutexGuard<'_, Rings> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEAM: TeamId = TeamId(7);

    fn request(slug: &str, at_ms: u64, outcome: RequestOutcome) -> ReceivedRequest {
        ReceivedRequest {
            slug: slug.to_owned(),
            at_ms,
            outcome: outcome.into(),
            ..ReceivedRequest::default()
        }
    }

    fn times(found: &[ReceivedRequest]) -> Vec<u64> {
        found.iter().map(|it| it.at_ms).collect()
    }

    #[test]
    fn the_newest_come_first_and_only_the_teams_own() {
        let recent = Recent::default();
        recent.remember(TEAM, true, request("a", 1, RequestOutcome::Accepted));
        recent.remember(TEAM, true, request("b", 2, RequestOutcome::Refused));
        recent.remember(TEAM, false, request("c", 3, RequestOutcome::Refused));
        recent.remember(TeamId(8), true, request("a", 4, RequestOutcome::Accepted));
        assert_eq!(times(&recent.list(TEAM, None, false, 9)), [3, 2, 1]);
        assert_eq!(times(&recent.list(TEAM, None, true, 9)), [3, 2]);
        assert_eq!(times(&recent.list(TEAM, Some("a"), false, 9)), [1]);
        assert_eq!(times(&recent.list(TEAM, None, false, 1)), [3]);
    }

    #[test]
    fn of_one_instant_the_one_that_was_answered_last_comes_first() {
        let recent = Recent::default();
        for slug in ["b", "a", "c"] {
            recent.remember(TEAM, true, request(slug, 7, RequestOutcome::Accepted));
        }
        let found = recent.list(TEAM, None, false, 9);
        let slugs: Vec<_> = found.iter().map(|it| it.slug.as_str()).collect();
        assert_eq!(slugs, ["c", "a", "b"]);
    }

    #[test]
    fn a_busy_source_pushes_out_its_own_requests_only() {
        let recent = Recent::default();
        recent.remember(TEAM, true, request("quiet", 0, RequestOutcome::Accepted));
        for at in 1..=2 * OF_SOURCE as u64 {
            recent.remember(TEAM, true, request("busy", at, RequestOutcome::Accepted));
        }
        assert_eq!(recent.list(TEAM, Some("busy"), false, 999).len(), OF_SOURCE);
        assert_eq!(times(&recent.list(TEAM, Some("quiet"), false, 9)), [0]);
    }

    #[test]
    fn names_that_strangers_make_up_take_one_place() {
        let recent = Recent::default();
        for at in 0..5000 {
            recent.remember(
                TEAM,
                false,
                request(&at.to_string(), at, RequestOutcome::Refused),
            );
        }
        assert_eq!(recent.rings().of.len(), 1);
    }

    #[test]
    fn there_is_room_for_so_many_sources() {
        let recent = Recent::default();
        for at in 0..2 * SOURCES as u64 {
            recent.remember(TeamId(at), true, request("a", at, RequestOutcome::Accepted));
        }
        assert_eq!(recent.rings().of.len(), SOURCES);
    }
}
