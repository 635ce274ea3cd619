use crate::action::{Action, CloseCause};
use crate::answer::Reply;
use crate::batch::{Batch, DONE, Outcome};
use crate::command::Command;
use crate::id::SessionId;
use crate::limits::{GRACE, SESSION_KEPT};
use crate::model::Link;
use crate::rows::RowError;

/// "This session lost its stream." Proposed by the node that held it, or by the leader where that
/// node is not heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detach {
    /// The session.
    pub session: SessionId,
    /// The stream that is gone; another one since then is not.
    pub stream: u64,
    /// The session said that it ends: what it holds goes back at once, without a grace.
    pub bye: bool,
}

impl Detach {
    pub(crate) fn apply(&self, batch: &mut Batch<'_>, command: &Command) -> Outcome<Reply> {
        batch.allow_cluster(command)?;
        let Some(session) = batch.state.sessions.get(&self.session) else {
            return DONE;
        };
        if session.stream == self.stream && session.link == Link::Attached {
            batch.detach(self.session, self.bye)?;
        }
        DONE
    }
}

impl Batch<'_> {
    /// A session lost its stream: what it holds is kept for a grace, or given back at once if it
    /// said that it ends.
    pub(crate) fn detach(&mut self, id: SessionId, bye: bool) -> Result<(), RowError> {
        let since = self.now();
        let session = self.state.session(id);
        let queue = session.queue;
        // Whoever says so may be another node than the one that holds the stream.
        let close = Action::Close {
            node: session.node,
            session: id,
            stream: session.stream,
            cause: CloseCause::Forgotten,
        };
        let until = since.after(if session.holds() { GRACE } else { SESSION_KEPT });
        self.change_session(id, |it| it.link = Link::Detached { since, until });
        if bye {
            self.lose_session(id)?;
        } else {
            self.act(close);
        }
        self.dispatch(queue)
    }
}
