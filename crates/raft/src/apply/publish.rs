//! What is told after each batch: a view to whoever looks, progress to whoever waits, actions to
//! whoever listens.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use ackord_core::action::Action;
use ackord_core::id::{NodeId, TeamId};
use ackord_core::planted::{Bug, is_planted};
use ackord_core::rows::Change;
use ackord_core::time::Timestamp;
use tokio::sync::{broadcast, watch};

use super::View;
use super::listeners::Listeners;
use crate::gate::Gate;

/// Batches of actions that a listener may be behind before it loses some.
const ACTIONS_BEHIND_MAX: usize = 1024;

/// A planted bug is that nobody asks for what was lost: some is lost often, then.
fn behind_max() -> usize {
    match is_planted(Bug::ActionsLost) {
        true => 1,
        false => ACTIONS_BEHIND_MAX,
    }
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Published {
    view: RwLock<Arc<View>>,
    applied: Gate,
    /// None once the group has ended: whoever listens then hears the end.
    voice: RwLock<Option<Voice>>,
}

#[derive(Debug)]
struct Voice {
    deadline: watch::Sender<Option<Timestamp>>,
    cron: watch::Sender<Option<Timestamp>>,
    approvals: Listeners,
    actions: broadcast::Sender<Heard>,
}

/// What listeners hear.
#[derive(Debug, Clone)]
enum Heard {
    /// Actions, in order.
    Actions(Arc<[Action]>),
    /// Entries were skipped, and nobody knows their actions.
    Skipped,
}

impl Voice {
    fn new(view: &View) -> Self {
        Self {
            deadline: watch::Sender::new(view.deadline),
            cron: watch::Sender::new(view.cron),
            approvals: Listeners::default(),
            actions: broadcast::Sender::new(behind_max()),
        }
    }
}

impl Published {
    pub(super) fn new(view: View) -> Self {
        Self {
            applied: Gate::new(view.next),
            voice: RwLock::new(Some(Voice::new(&view))),
            view: RwLock::new(Arc::new(view)),
        }
    }

    /// The latest view.
    pub(crate) fn view(&self) -> Arc<View> {
        Arc::clone(&self.view.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Opens for each index that the view has reached.
    pub(crate) fn applied(&self) -> &Gate {
        &self.applied
    }

    /// Changes with the next deadline; ends with the group. For one waiter: the timer.
    pub(crate) fn deadline(&self) -> watch::Receiver<Option<Timestamp>> {
        self.listen(|it| it.deadline.subscribe())
    }

    /// The same of the first cron's tick.
    pub(crate) fn cron(&self) -> watch::Receiver<Option<Timestamp>> {
        self.listen(|it| it.cron.subscribe())
    }

    /// Changes whenever an approval of the team has; ends with the group.
    pub(crate) fn approvals(&self, team: TeamId) -> watch::Receiver<()> {
        self.listen(|it| it.approvals.subscribe(team))
    }

    /// The actions from now on that concern `node`.
    pub(crate) fn actions(&self, node: NodeId) -> Actions {
        Actions {
            node,
            batches: self.listen(|it| it.actions.subscribe()),
        }
    }

    /// Tells whoever listens that nothing more comes.
    pub(crate) fn end(&self) {
        *self.voice.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn listen<T>(&self, subscribe: impl FnOnce(&Voice) -> T) -> T {
        match &*self.voice() {
            Some(voice) => subscribe(voice),
            None => subscribe(&Voice::new(&self.view())),
        }
    }

    fn voice(&self) -> RwLockReadGuard<'_, Option<Voice>> {
        self.voice.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn publish(&self, view: View) {
        let (next, deadline, cron) = (view.next, view.deadline, view.cron);
        *self.view.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(view);
        self.applied.open(next);
        if let Some(voice) = &*self.voice() {
            let replace = |it: &mut _, by| std::mem::replace(it, by) != by;
            voice.deadline.send_if_modified(|it| replace(it, deadline));
            voice.cron.send_if_modified(|it| replace(it, cron));
        }
    }

    /// Tells of what changed in the rows, once it is published.
    pub(super) fn changed(&self, changes: &[Change]) {
        if let Some(voice) = &*self.voice() {
            voice.approvals.changed(changes);
        }
    }

    pub(super) fn act(&self, actions: Vec<Action>) {
        if actions.is_empty() {
            return;
        }
        if let Some(voice) = &*self.voice() {
            // Nobody need be listening.
            let _ = voice.actions.send(Heard::Actions(actions.into()));
        }
    }

    /// Tells listeners that they have missed actions, and changes.
    pub(super) fn skip(&self) {
        if let Some(voice) = &*self.voice() {
            voice.approvals.all_changed();
            // Nobody need be listening.
            let _ = voice.actions.send(Heard::Skipped);
        }
    }
}

/// The listener was too slow, and actions are gone: it must ask what is outstanding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("actions were lost")]
pub struct Lagged;

/// The actions that concern one node, as they come. Hints: any may be lost.
#[derive(Debug)]
pub struct Actions {
    node: NodeId,
    batches: broadcast::Receiver<Heard>,
}

impl Actions {
    /// The next actions, never empty; none once the machine has ended. May be dropped and called
    /// again without losing any.
    ///
    /// # Errors
    /// Some were lost. The next call goes on after them.
    pub async fn next(&mut self) -> Option<Result<Vec<Action>, Lagged>> {
        loop {
            match self.batches.recv().await {
                Ok(Heard::Skipped) => return Some(Err(Lagged)),
                Ok(Heard::Actions(batch)) => {
                    let mine: Vec<Action> = self.mine(&batch).collect();
                    if !mine.is_empty() {
                        return Some(Ok(mine));
                    }
                }
                Err(broadcast::error::RecvError::Lagged(_)) => return Some(Err(Lagged)),
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }

    fn mine<'a>(&self, batch: &'a [Action]) -> impl Iterator<Item = Action> + use<'a> {
        let me = self.node;
        batch.iter().copied().filter(move |it| match it {
            Action::Deliver { node, .. }
            | Action::Revoke { node, .. }
            | Action::Close { node, .. } => *node == me,
            Action::TokenEnded(_) => true,
        })
    }
}

#[cfg(test)]
mod tests {
    use ackord_core::State;
    use ackord_core::id::TokenId;
    use futures::FutureExt;

    use super::*;

    fn published() -> Published {
        Published::new(View::of(&State::default(), 0, Arc::default()))
    }

    fn next(actions: &mut Actions) -> Option<Option<Result<Vec<Action>, Lagged>>> {
        actions.next().now_or_never()
    }

    #[test]
    fn a_node_hears_what_concerns_it() {
        let published = published();
        let mut actions = published.actions(NodeId(1));
        let fence = ackord_core::command::Fence {
            event: Default::default(),
            delivery: 1,
        };
        let deliver = |node| Action::Deliver {
            node: NodeId(node),
            session: Default::default(),
            stream: 1,
            fence,
        };
        published.act(vec![deliver(2)]);
        published.act(vec![]);
        published.act(vec![deliver(2), deliver(1), Action::TokenEnded(TokenId(3))]);
        let mine = vec![deliver(1), Action::TokenEnded(TokenId(3))];
        assert_eq!(next(&mut actions), Some(Some(Ok(mine))));
        assert_eq!(next(&mut actions), None);
    }

    #[test]
    fn a_slow_listener_is_told_that_it_lost_some() {
        let published = published();
        let mut actions = published.actions(NodeId(1));
        for _ in 0..=ACTIONS_BEHIND_MAX {
            published.act(vec![Action::TokenEnded(TokenId(3))]);
        }
        assert_eq!(next(&mut actions), Some(Some(Err(Lagged))));
        assert!(matches!(next(&mut actions), Some(Some(Ok(_)))));
    }

    #[test]
    fn nobody_listens_after_the_end() {
        let published = published();
        let mut actions = published.actions(NodeId(1));
        published.end();
        assert_eq!(next(&mut actions), Some(None));
        assert_eq!(next(&mut published.actions(NodeId(1))), Some(None));
    }
}
