//! How long ago this node was in touch with the group, and how old what it knows may be. Who comes back after
//! long is in touch at once, and knows nothing new until it has applied what it has missed.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use openraft::async_runtime::{Instant as _, WatchReceiver};
use openraft::type_config::alias::WatchReceiverOf;
use openraft::{RaftMetrics, ServerState};
use tokio::time::Instant;

use crate::failpoint::{Bug, Faults};
use crate::handle::RaftHandle;
use crate::types::TypeConfig;

/// When this node was in touch.
pub(crate) struct Contact {
    heard: Mutex<Heard>,
    metrics: OnceLock<WatchReceiverOf<TypeConfig, RaftMetrics<TypeConfig>>>,
    faults: Faults,
}

/// Instants that wait for what was committed then: of more, every other one is forgotten.
const AHEAD_MAX: usize = 64;

/// What was heard of leaders here.
#[derive(Debug, Default)]
struct Heard {
    /// When one of them was in touch.
    last: Option<Instant>,
    /// The latest such instant of which all that was committed then is applied here.
    known: Option<Instant>,
    /// Later ones, and the index that was committed then, which rises.
    ahead: VecDeque<(Instant, u64)>,
}

impl Heard {
    fn note(&mut self, at: Instant, committed: Option<u64>) {
        self.last = self.last.max(Some(at));
        let Some(committed) = committed else { return };
        if let Some((latest, upto)) = self.ahead.back_mut()
            && *upto >= committed
        {
            *latest = at.max(*latest);
            return;
        }
        if self.ahead.len() >= AHEAD_MAX {
            let mut stays = false;
            self.ahead.retain(|_| {
                stays = !stays;
                stays
            });
        }
        self.ahead.push_back((at, committed));
    }

    /// As of when everything is known to whoever has applied so much.
    fn known(&mut self, applied: Option<u64>) -> Option<Instant> {
        while let Some((at, committed)) = self.ahead.front()
            && Some(*committed) <= applied
        {
            self.known = self.known.max(Some(*at));
            self.ahead.pop_front();
        }
        self.known
    }
}

impl Contact {
    /// No leader was heard.
    pub(crate) fn new(faults: Faults) -> Self {
        Self {
            heard: Mutex::default(),
            metrics: OnceLock::new(),
            faults,
        }
    }

    /// From now on it is known whether this node leads, and who answers it.
    pub(crate) fn watch(&self, metrics: WatchReceiverOf<TypeConfig, RaftMetrics<TypeConfig>>) {
        // There is one raft.
        let _first = self.metrics.set(metrics);
    }

    /// A leader that was heard was in touch at this time, when it had committed this index; none: nothing of its
    /// own term, so that it did not know itself how far earlier ones had come.
    pub(crate) fn heard(&self, at: Instant, committed: Option<u64>) {
        self.of_leaders().note(at, committed);
    }

    fn of_leaders(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How long ago this node was in touch; see [`RaftHandle::contact`].
    pub(crate) fn age(&self) -> Option<Duration> {
        if self.faults.has(Bug::NeverStale) {
            return Some(Duration::ZERO);
        }
        let heard = self.of_leaders().last.map(|it| it.elapsed());
        let Some(metrics) = self.metrics.get() else {
            return heard;
        };
        let leads = as_leader(&metrics.borrow_watched());
        earlier(leads, heard)
    }

    /// How old what this node knows may be; see [`RaftHandle::knowledge`].
    pub(crate) fn knowledge_age(&self) -> Option<Duration> {
        if self.faults.has(Bug::NeverStale) {
            return Some(Duration::ZERO);
        }
        let metrics = self.metrics.get()?.borrow_watched();
        let applied = metrics.last_applied.map(|it| it.index);
        let known = self.of_leaders().known(applied);
        // What earlier leaders have committed is applied with the first entry of this one.
        let term = metrics.last_applied.map(|it| it.leader_id.term);
        let knows_all = term == Some(metrics.current_term) || leads_alone(&metrics);
        let leads = as_leader(&metrics).filter(|_| knows_all);
        earlier(leads, known.map(|it| it.elapsed()))
    }

    /// How long ago it was in touch, in milliseconds, as a leader tells it.
    pub(crate) fn age_ms(&self) -> u64 {
        let millis = |it: Duration| u64::try_from(it.as_millis()).ok();
        self.age().and_then(millis).unwrap_or(u64::MAX)
    }
}

fn earlier(one: Option<Duration>, other: Option<Duration>) -> Option<Duration> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (either, other) => either.or(other),
    }
}

fn leads_alone(metrics: &RaftMetrics<TypeConfig>) -> bool {
    let mut voters = metrics.membership_config.membership().voter_ids();
    metrics.state == ServerState::Leader && voters.all(|it| it == metrics.id)
}

/// How long ago a quorum answered this node, if it leads.
fn as_leader(metrics: &RaftMetrics<TypeConfig>) -> Option<Duration> {
    if metrics.state != ServerState::Leader {
        return None;
    }
    if leads_alone(metrics) {
        return Some(Duration::ZERO);
    }
    metrics.last_quorum_acked.as_ref().map(|it| it.elapsed())
}

impl fmt::Debug for Contact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Contact").field(&self.of_leaders()).finish()
    }
}

/// Since when the leader of a message was in touch, and what was committed then.
type Arrival = (Instant, Option<u64>);

/// As of when those messages of a stream are that are not yet answered. An answer may wait for the disk for
/// long, and what it says is not known any longer for that.
#[derive(Debug, Default)]
pub(crate) struct Arrivals(Mutex<VecDeque<Option<Arrival>>>);

impl Arrivals {
    /// A message has come now, of a leader that was in touch so many milliseconds ago; the greatest
    /// number: not yet. `committed`: the index that it has committed in its own term.
    pub(crate) fn came(&self, contact_ms: u64, committed: Option<u64>) {
        let age = (contact_ms != u64::MAX).then(|| Duration::from_millis(contact_ms));
        let at = age.and_then(|it| Instant::now().checked_sub(it));
        self.all().push_back(at.map(|it| (it, committed)));
    }

    /// As of when the message is that is answered now: answers go in the order of the messages. None:
    /// its leader was not in touch yet.
    pub(crate) fn answered(&self) -> Option<Arrival> {
        self.all().pop_front().flatten()
    }

    fn all(&self) -> MutexGuard<'_, VecDeque<Option<Arrival>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RaftHandle {
    /// How long ago this node was in touch with the group; none: not since it started. For a
    /// leader that is when it sent what a quorum has answered since, for all others when the leader that
    /// they hear was in touch: one that has lost the others goes on, and is heard from time to time.
    pub fn contact(&self) -> Option<Duration> {
        self.inner.contact.age()
    }

    /// How old what this node knows may be: how long ago the group was in touch that had committed no more than
    /// this node has applied; none: nothing is known since it started. No less than [`RaftHandle::contact`].
    pub fn knowledge(&self) -> Option<Duration> {
        self.inner.contact.knowledge_age()
    }

    /// Whether this node was not in touch with the group for so long.
    pub fn is_out_of_touch(&self, limit: Duration) -> bool {
        self.contact().is_none_or(|it| it >= limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whose_disk_is_slow_was_in_touch_when_the_message_came() {
        let contact = Contact::new(Faults::default());
        let (slow, quick) = (Arrivals::default(), Arrivals::default());
        slow.came(0, None);
        quick.came(0, None);
        let (first, _) = slow.answered().expect("its leader is in touch");
        let (second, _) = quick.answered().expect("its leader is in touch");
        contact.heard(second, None);
        contact.heard(first, None);
        assert_eq!(contact.of_leaders().last, Some(second));
    }

    /// Instants a second apart.
    fn instants() -> impl Iterator<Item = Instant> {
        let begun = Instant::now();
        (0..).map(move |it| begun + Duration::from_secs(it))
    }

    #[test]
    fn what_is_known_is_as_old_as_what_is_applied() {
        let mut heard = Heard::default();
        let at: Vec<_> = instants().take(4).collect();
        heard.note(at[0], Some(5));
        assert_eq!(heard.known(None), None);
        assert_eq!(heard.known(Some(5)), Some(at[0]));
        heard.note(at[1], None);
        assert_eq!(
            heard.known(Some(5)),
            Some(at[0]),
            "its leader is new, and knows no better"
        );
        // Back after long: ninety entries came meanwhile.
        heard.note(at[1], Some(95));
        heard.note(at[2], Some(95));
        heard.note(at[3], Some(96));
        assert_eq!(heard.last, Some(at[3]));
        assert_eq!(heard.known(Some(94)), Some(at[0]));
        assert_eq!(heard.known(Some(95)), Some(at[2]));
        assert_eq!(heard.known(Some(200)), Some(at[3]));
        assert!(heard.ahead.is_empty());
    }

    #[test]
    fn who_is_far_behind_remembers_few_instants_and_no_wrong_ones() {
        let mut heard = Heard::default();
        let at: Vec<_> = instants().take(1000).collect();
        for (index, at) in (0..).zip(&at) {
            heard.note(*at, Some(index));
            assert!(heard.ahead.len() <= AHEAD_MAX);
        }
        for applied in 0..1000 {
            let known = heard.known(Some(applied)).expect("the first stays");
            assert!(known <= at[usize::try_from(applied).expect("small")]);
        }
        assert_eq!(heard.known(Some(999)), Some(at[999]));
    }

    #[test]
    fn answers_go_in_the_order_of_the_messages() {
        let stream = Arrivals::default();
        stream.came(0, Some(1));
        let between = Instant::now();
        stream.came(0, Some(2));
        assert!(
            stream
                .answered()
                .is_some_and(|it| it.0 <= between && it.1 == Some(1))
        );
        assert!(
            stream
                .answered()
                .is_some_and(|it| it.0 >= between && it.1 == Some(2))
        );
        assert_eq!(stream.answered(), None);
    }

    #[test]
    fn who_hears_a_leader_is_as_much_in_touch_as_that_is() {
        let stream = Arrivals::default();
        let before = Instant::now();
        stream.came(5, None);
        stream.came(u64::MAX, None);
        let five = Duration::from_millis(5);
        let at = stream.answered().expect("its leader was in touch").0 + five;
        assert!(before <= at && at <= Instant::now());
        assert_eq!(stream.answered(), None, "it was not yet");
    }

    #[test]
    fn who_was_never_in_touch_says_so() {
        let contact = Contact::new(Faults::default());
        assert_eq!(contact.age_ms(), u64::MAX);
        contact.heard(Instant::now(), None);
        assert_ne!(contact.age_ms(), u64::MAX);
    }
}
