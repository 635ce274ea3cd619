//! What this process remembers of the other members' disks: how far each had the decided log. A
//! disk whose log ends before that has lost some of it: it was restored from an old copy, or its
//! syncs were lies. Such a node may neither follow nor vote, for it would count entries as kept
//! that it does not have.
//!
//! What is remembered is only what is decided, because an entry that is not may be taken back by a
//! later leader, and rightly so. It is remembered for as long as this process runs, by every member
//! of every other; when all of those who remember are gone, a disk is judged by its own record of
//! its log's end alone.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use ackord_proto::peer::HelloResponse;
use ackord_raft::Roster;
use tokio::time::Instant;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Acquaintances(Mutex<BTreeMap<u64, Met>>);

/// A member, as it was met last.
#[derive(Debug, Clone)]
pub(crate) struct Met {
    incarnation: u64,
    /// Everything up to here is decided and was in its durable log.
    kept: Option<u64>,
    /// The end of its log is before that.
    lost: Option<LostLog>,
    progress: Progress,
    /// The greatest format that its program knows.
    pub(crate) format: u32,
    /// What it remembers of this node's disk.
    pub(crate) remembers: Option<u64>,
    /// The format of its rows.
    pub(crate) cluster_format: u32,
    /// Who is in the group, as its log has it.
    roster: Roster,
    /// When it answered.
    pub(crate) when: Instant,
}

/// How far a member's log agreed with this node's in a term in which this node led. Counts are one
/// more than an index.
#[derive(Debug, Clone, Copy, Default)]
struct Progress {
    term: u64,
    /// What the member has acknowledged.
    acknowledged: u64,
    /// What this node has told it to be decided.
    decided: u64,
}

/// A log that ends before it had ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "its log ends at {}, and had entry {kept}: its disk is not as it was, so replace it like a \
     lost one",
    end.map_or_else(|| "nothing".to_owned(), |it| format!("entry {it}"))
)]
pub(crate) struct LostLog {
    /// The last entry that it has.
    end: Option<u64>,
    /// One that it had.
    kept: u64,
}

/// A disk, and what was remembered of it before it was asked: an answer that is on its way knows
/// nothing of what is acknowledged meanwhile.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Before(Option<(u64, Option<u64>)>);

impl Acquaintances {
    /// What is remembered of a node, about to be asked.
    pub(crate) fn before(&self, node: u64) -> Before {
        let met = self.met();
        Before(met.get(&node).map(|it| (it.incarnation, it.kept)))
    }

    /// A node has answered who it is.
    ///
    /// # Errors
    /// It has lost some of its log.
    pub(crate) fn meet(
        &self,
        node: u64,
        before: Before,
        hello: &HelloResponse,
    ) -> Result<(), LostLog> {
        let known = before.0.filter(|it| it.0 == hello.incarnation);
        let kept = known.and_then(|it| it.1);
        // A node that does not serve yet finds out by itself.
        let lost = kept.filter(|it| hello.serves && Some(*it) > hello.log_end);
        let lost = lost.map(|kept| LostLog {
            end: hello.log_end,
            kept,
        });
        let mut met = self.met();
        let same = met.get(&node);
        let same = same.filter(|it| it.incarnation == hello.incarnation);
        let kept = same.and_then(|it| it.kept).max(hello.kept);
        let progress = same.map(|it| it.progress).unwrap_or_default();
        let now = Met {
            incarnation: hello.incarnation,
            kept,
            lost,
            progress,
            format: hello.format,
            remembers: hello.kept_by_caller,
            cluster_format: hello.cluster_format,
            roster: Roster::from_stored(hello.members_at, hello.members.clone()),
            when: Instant::now(),
        };
        met.insert(node, now);
        lost.map_or(Ok(()), Err)
    }

    /// This node, which leads in `term`, tells a node that so many entries are decided.
    pub(crate) fn tell_decided(&self, node: u64, term: u64, count: u64) {
        self.progress(node, term, |it| it.decided = it.decided.max(count));
    }

    /// A node has acknowledged so many entries to this one, which leads in `term`.
    pub(crate) fn acknowledge(&self, node: u64, term: u64, count: u64) {
        self.progress(node, term, |it| {
            it.acknowledged = it.acknowledged.max(count)
        });
    }

    fn progress(&self, node: u64, term: u64, change: impl FnOnce(&mut Progress)) {
        let mut met = self.met();
        let Some(met) = met.get_mut(&node).filter(|it| it.progress.term <= term) else {
            return;
        };
        if met.progress.term < term {
            met.progress = Progress {
                term,
                ..Progress::default()
            };
        }
        change(&mut met.progress);
        let both = met.progress.acknowledged.min(met.progress.decided);
        met.kept = met.kept.max(both.checked_sub(1));
    }

    /// How many entries a node has acknowledged to this one in `term`: a later leader may take some
    /// of them back, this one does not.
    pub(crate) fn acknowledged(&self, node: u64, term: u64) -> u64 {
        let met = self.met();
        let progress = met.get(&node).map(|it| it.progress);
        progress
            .filter(|it| it.term == term)
            .map_or(0, |it| it.acknowledged)
    }

    /// How far this disk of a node had the decided log.
    pub(crate) fn kept(&self, node: u64, incarnation: u64) -> Option<u64> {
        let met = self.met();
        let met = met.get(&node).filter(|it| it.incarnation == incarnation);
        met.and_then(|it| it.kept)
    }

    /// Whether a node may be relied upon, as far as is known.
    ///
    /// # Errors
    /// It has lost some of its log.
    pub(crate) fn check(&self, node: u64) -> Result<(), LostLog> {
        let lost = self.met().get(&node).and_then(|it| it.lost);
        lost.map_or(Ok(()), Err)
    }

    /// Forgets all but these.
    pub(crate) fn retain(&self, nodes: &[u64]) {
        self.met().retain(|node, _| nodes.contains(node));
    }

    /// Who is in the group, as each node's log has it.
    pub(crate) fn rosters(&self) -> Vec<Roster> {
        self.met().values().map(|it| it.roster.clone()).collect()
    }

    /// A node as it was met last.
    pub(crate) fn last(&self, node: u64) -> Option<Met> {
        self.met().get(&node).cloned()
    }

    fn met(&self) -> MutexGuard<'_, BTreeMap<u64, Met>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(incarnation: u64, log_end: u64, kept: u64) -> HelloResponse {
        HelloResponse {
            incarnation,
            log_end: Some(log_end),
            kept: Some(kept),
            serves: true,
            ..HelloResponse::default()
        }
    }

    fn meet(known: &Acquaintances, hello: &HelloResponse) -> Result<(), LostLog> {
        known.meet(3, known.before(3), hello)
    }

    #[test]
    fn a_log_that_ends_before_what_it_had_is_lost() {
        let known = Acquaintances::default();
        assert_eq!(meet(&known, &says(7, 20, 18)), Ok(()));
        // Not decided, and taken back.
        assert_eq!(meet(&known, &says(7, 18, 18)), Ok(()));
        let lost = LostLog {
            end: Some(17),
            kept: 18,
        };
        assert_eq!(meet(&known, &says(7, 17, 17)), Err(lost));
        assert_eq!(known.check(3), Err(lost));
        assert_eq!(known.kept(3, 7), Some(18));
        assert!(lost.to_string().contains("ends at entry 17"), "{lost}");
    }

    #[test]
    fn what_was_acknowledged_is_remembered_once_it_is_decided() {
        let known = Acquaintances::default();
        known.tell_decided(3, 1, 31);
        known.acknowledge(3, 1, 31);
        assert_eq!(known.kept(3, 7), None, "nobody knows which disk it was");
        assert_eq!(meet(&known, &says(7, 20, 20)), Ok(()));
        known.acknowledge(3, 1, 26);
        assert_eq!(known.kept(3, 7), Some(20));
        known.tell_decided(3, 1, 24);
        assert_eq!(known.kept(3, 7), Some(23));
        known.tell_decided(3, 1, 40);
        assert_eq!(known.kept(3, 7), Some(25));
        assert!(meet(&known, &says(7, 24, 20)).is_err());
    }

    #[test]
    fn what_was_acknowledged_counts_for_the_leader_of_that_term() {
        let known = Acquaintances::default();
        assert_eq!(meet(&known, &says(7, 20, 20)), Ok(()));
        known.acknowledge(3, 4, 31);
        known.acknowledge(3, 4, 29);
        assert_eq!(known.acknowledged(3, 4), 31);
        assert_eq!(known.acknowledged(3, 6), 0);
        known.acknowledge(3, 6, 25);
        known.acknowledge(3, 4, 33);
        assert_eq!(known.acknowledged(3, 6), 25);
        assert_eq!(known.acknowledged(3, 4), 0);
        // Not decided: another leader may have taken it back.
        assert_eq!(meet(&known, &says(7, 21, 20)), Ok(()));
    }

    #[test]
    fn what_is_acknowledged_while_an_answer_is_on_its_way_is_not_held_against_it() {
        let known = Acquaintances::default();
        assert_eq!(meet(&known, &says(7, 20, 20)), Ok(()));
        let before = known.before(3);
        known.acknowledge(3, 1, 26);
        known.tell_decided(3, 1, 26);
        assert_eq!(known.meet(3, before, &says(7, 20, 20)), Ok(()));
        assert_eq!(known.kept(3, 7), Some(25));
    }

    #[test]
    fn a_node_that_does_not_serve_yet_is_not_judged() {
        let known = Acquaintances::default();
        assert_eq!(meet(&known, &says(7, 20, 20)), Ok(()));
        let starts = HelloResponse {
            incarnation: 7,
            ..HelloResponse::default()
        };
        assert_eq!(meet(&known, &starts), Ok(()));
        assert_eq!(known.kept(3, 7), Some(20));
    }

    #[test]
    fn another_disk_begins_anew() {
        let known = Acquaintances::default();
        assert_eq!(meet(&known, &says(7, 20, 20)), Ok(()));
        assert_eq!(meet(&known, &says(8, 5, 5)), Ok(()));
        assert_eq!((known.kept(3, 7), known.kept(3, 8)), (None, Some(5)));
    }

    #[test]
    fn who_is_no_member_is_forgotten() {
        let known = Acquaintances::default();
        assert_eq!(meet(&known, &says(7, 20, 20)), Ok(()));
        known.retain(&[1, 2]);
        assert_eq!(known.kept(3, 7), None);
    }
}
