//! Who waits for changes of approvals: by team, so that nobody is woken by what another team does.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use ackord_core::id::TeamId;
use ackord_core::rows::{Change, Key};
use tokio::sync::watch;

/// See the module. It knows the teams of which somebody has listened since their last change.
#[derive(Debug, Default)]
pub(super) struct Listeners(Mutex<BTreeMap<TeamId, watch::Sender<()>>>);

impl Listeners {
    /// Changes whenever an approval of the team has; ends with this.
    pub(super) fn subscribe(&self, team: TeamId) -> watch::Receiver<()> {
        let mut teams = self.teams();
        let sender = teams.entry(team);
        sender.or_insert_with(|| watch::Sender::new(())).subscribe()
    }

    /// Wakes those whose team has an approval among these changes.
    pub(super) fn changed(&self, changes: &[Change]) {
        let mut teams = self.teams();
        if teams.is_empty() {
            return;
        }
        let concerned: BTreeSet<TeamId> = changes.iter().filter_map(team_of).collect();
        teams.retain(|team, it| !concerned.contains(team) || is_heard(it));
    }

    /// Wakes everybody: nobody knows what has changed.
    pub(super) fn all_changed(&self) {
        self.teams().retain(|_, it| is_heard(it));
    }

    fn teams(&self) -> MutexGuard<'_, BTreeMap<TeamId, watch::Sender<()>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The team of the approval that this changes.
fn team_of(change: &Change) -> Option<TeamId> {
    let (Change::Put(key, _) | Change::Delete(key)) = change;
    match key {
        Key::Approval(team, _) => Some(*team),
        _ => None,
    }
}

/// Wakes who listens, if anybody still does.
fn is_heard(sender: &watch::Sender<()>) -> bool {
    sender.send(()).is_ok()
}

#[cfg(test)]
mod tests {
    use ackord_core::id::{ApprovalId, NodeId};

    use super::*;

    fn of(team: u64) -> Change {
        Change::Delete(Key::Approval(TeamId(team), ApprovalId(9)))
    }

    fn has_changed(listener: &mut watch::Receiver<()>) -> bool {
        let changed = listener.has_changed().expect("it goes on");
        listener.mark_unchanged();
        changed
    }

    #[test]
    fn a_team_is_woken_by_its_own_approvals_alone() {
        let listeners = Listeners::default();
        let (mut one, mut other) = (
            listeners.subscribe(TeamId(1)),
            listeners.subscribe(TeamId(2)),
        );
        listeners.changed(&[of(2), Change::Delete(Key::Node(NodeId(1)))]);
        assert_eq!([&mut one, &mut other].map(has_changed), [false, true]);
        listeners.changed(&[of(1), of(1)]);
        assert_eq!([&mut one, &mut other].map(has_changed), [true, false]);
        listeners.all_changed();
        assert_eq!([&mut one, &mut other].map(has_changed), [true, true]);
    }

    #[test]
    fn a_team_that_nobody_listens_to_any_more_is_forgotten() {
        let listeners = Listeners::default();
        drop(listeners.subscribe(TeamId(1)));
        let _other = listeners.subscribe(TeamId(2));
        listeners.changed(&[of(1)]);
        assert_eq!(listeners.teams().keys().collect::<Vec<_>>(), [&TeamId(2)]);
    }

    #[test]
    fn whoever_listens_hears_the_end() {
        let listeners = Listeners::default();
        let listener = listeners.subscribe(TeamId(1));
        drop(listeners);
        listener.has_changed().expect_err("it has ended");
    }
}
