//! What is told after each batch: a view to whoever looks, progress to whoever waits, actions to
//! whoever listens.

use std::sync::{Arc, PoisonError, RwLock};

use ackord_core::action::Action;
use ackord_core::id::NodeId;
use ackord_core::time::Timestamp;
use tokio::sync::{broadcast, watch};

use super::View;
use crate::gate::Gate;

/// Batches of actions that a listener may be behind before it loses some.
const ACTIONS_BEHIND_MAX: usize = 1024;

/// See the module.
#[derive(Debug)]
pub(crate) struct Published {
    view: RwLock<Arc<View>>,
    applied: Gate,
    deadline: watch::Sender<Option<Timestamp>>,
    actions: broadcast::Sender<Arc<[Action]>>,
}

impl Published {
    pub(super) fn new(view: View) -> Self {
        Self {
            applied: Gate::new(view.next),
            deadline: watch::Sender::new(view.deadline),
            view: RwLock::new(Arc::new(view)),
            actions: broadcast::Sender::new(ACTIONS_BEHIND_MAX),
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

    /// Changes with the next deadline. For one waiter: the timer.
    pub(crate) fn deadline(&self) -> watch::Receiver<Option<Timestamp>> {
        self.deadline.subscribe()
    }

    /// The actions from now on that concern `node`.
    pub(crate) fn actions(&self, node: NodeId) -> Actions {
        Actions {
            node,
            batches: self.actions.subscribe(),
        }
    }

    pub(super) fn publish(&self, view: View) {
        let (next, deadline) = (view.next, view.deadline);
        *self.view.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(view);
        self.applied.open(next);
        self.deadline
            .send_if_modified(|it| std::mem::replace(it, deadline) != deadline);
    }

    pub(super) fn act(&self, actions: Vec<Action>) {
        if !actions.is_empty() {
            // Nobody need be listening.
            let _ = self.actions.send(actions.into());
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
    batches: broadcast::Receiver<Arc<[Action]>>,
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
                Ok(batch) => {
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
