use alloc::vec::Vec;

use crate::action::{Action, CloseCause};
use crate::answer::{Rejection, Reply};
use crate::auth::{Need, Over};
use crate::batch::{Batch, Outcome};
use crate::command::{Actor, Command};
use crate::history::{DeliveryCause, ReturnCause};
use crate::id::{NodeId, QueueId, SessionId, TeamId, TokenId};
use crate::limits::{DELIVERIES_MAX, FORMER_KEPT, OFFER, SESSIONS_PER_TEAM};
use crate::model::{Health, Link, Phase, Role, Session};
use crate::place::Return;
use crate::planted::{Bug, is_planted};
use crate::rows::RowError;
use crate::text::{SessionKey, Tag};

/// "This session has a stream, here."
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attach {
    /// What stays the same when the session comes back.
    pub key: SessionKey,
    /// The same one as before: a reconnection. Another one: a takeover.
    pub nonce: u64,
    /// The queue that it takes from; none: the untagged one.
    pub tag: Option<Tag>,
    /// The node that holds the stream.
    pub node: NodeId,
    /// Messages may be sent to its tag, as far as it is concerned.
    pub accepts_messages: bool,
}

impl Attach {
    pub(crate) fn apply(&self, batch: &mut Batch<'_>, command: &Command) -> Outcome<Reply> {
        let team = batch.allow(command, need(self.tag.as_ref()))?;
        let Actor::Token(token) = command.by else {
            return Err(Rejection::NotAllowed.into());
        };
        let known = batch
            .state
            .session_keys
            .get(&(team, self.key.clone()))
            .copied();
        self.check(batch, command, team, known)?;

        let before = known.map(|it| batch.state.session(it).queue);
        let queue = batch.ensure_queue(team, self.tag.as_ref())?;
        let id = match known {
            None => self.open(batch, team, queue, token),
            Some(id) => {
                self.come_back(batch, id, queue, token)?;
                id
            }
        };
        batch.after_free(id)?;
        batch.dispatch(queue)?;
        if let Some(left) = before.filter(|it| *it != queue) {
            batch.dispatch(left)?;
        }
        Ok(Reply::Attached(id, batch.state.session(id).stream))
    }

    fn check(
        &self,
        batch: &mut Batch<'_>,
        command: &Command,
        team: TeamId,
        known: Option<SessionId>,
    ) -> Result<(), Rejection> {
        match known {
            Some(id) => self.check_known(batch, command, batch.state.session(id)),
            None if batch.state.usage(team).sessions >= SESSIONS_PER_TEAM => {
                Err(Rejection::Limit("sessions of a team"))
            }
            None => Ok(()),
        }?;
        batch.check_queues_of_sessions(team, [self.tag.as_ref()].into_iter())
    }

    fn check_known(
        &self,
        batch: &Batch<'_>,
        command: &Command,
        session: &Session,
    ) -> Result<(), Rejection> {
        // A token may be bound to tags, and the session is one of another tag until now.
        let bound = batch.state.queue(session.queue).row.tag.as_ref();
        batch.allow(command, need(bound))?;
        if session.former.contains(&self.nonce) && !is_planted(Bug::FormerComesBack) {
            Err(Rejection::TakenOver)
        } else if bound != self.tag.as_ref() && session.holds() {
            Err(Rejection::KeyBusy)
        } else {
            Ok(())
        }
    }

    fn open(
        &self,
        batch: &mut Batch<'_>,
        team: TeamId,
        queue: QueueId,
        token: TokenId,
    ) -> SessionId {
        let id = SessionId(batch.next_id());
        let (now, idle_since) = (batch.now(), batch.position());
        batch.add_session(Session {
            id,
            team,
            key: self.key.clone(),
            nonce: self.nonce,
            former: Vec::new(),
            queue,
            token,
            node: self.node,
            stream: 1,
            link: Link::Attached,
            health: Health::Well,
            idle_since,
            lease: None,
            parked: None,
            attached: now,
            attached_at: idle_since,
            seen: now,
            accepts_messages: self.accepts_messages,
        });
        id
    }

    /// The session was here before. What it holds it is told again; another process of it gets
    /// a new delivery, so that the old one's answers do not count.
    fn come_back(
        &self,
        batch: &mut Batch<'_>,
        id: SessionId,
        queue: QueueId,
        token: TokenId,
    ) -> Result<(), RowError> {
        let before = batch.state.session(id).clone();
        if before.link == Link::Attached {
            let (node, stream) = (before.node, before.stream);
            // A late try of an attach takes the stream from the try that counted. The process is to come
            // back, once more.
            let cause = match before.nonce == self.nonce {
                true => CloseCause::Forgotten,
                false => CloseCause::Superseded,
            };
            batch.act(Action::Close {
                node,
                session: id,
                stream,
                cause,
            });
        }
        let (now, attached_at) = (batch.now(), batch.position());
        batch.change_session(id, |it| {
            if it.nonce != self.nonce {
                if it.former.len() == FORMER_KEPT {
                    it.former.remove(0);
                }
                it.former.push(it.nonce);
            }
            it.nonce = self.nonce;
            it.queue = queue;
            it.token = token;
            it.node = self.node;
            it.stream += 1;
            it.link = Link::Attached;
            it.health = Health::Well;
            it.attached = now;
            it.attached_at = attached_at;
            it.seen = now;
            it.accepts_messages = self.accepts_messages;
        });
        if before.nonce == self.nonce {
            resume(batch, id)
        } else {
            take_over(batch, id)?
        }
        Ok(())
    }
}

/// A token that serves sessions of the queue.
const fn need(tag: Option<&Tag>) -> Need<'_> {
    Need {
        roles: &[Role::Session],
        over: Over::Queue(tag),
    }
}

/// The same process is back: the same delivery, with the time that it would have had. An offer is
/// made anew, but to come back again and again does not put off the claim.
fn resume(batch: &mut Batch<'_>, id: SessionId) {
    let now = batch.now();
    batch.change_session(id, |it| {
        if let Some(lease) = &mut it.lease {
            if lease.phase == Phase::Claimed {
                lease.until = lease.until.max(now.after(lease.length).min(lease.cap));
            } else {
                lease.phase = Phase::Offered;
                lease.until = now.after(OFFER).min(lease.claim_by);
            }
        }
    });
    batch.deliver(id);
}

/// Another process has the session's key now.
fn take_over(batch: &mut Batch<'_>, id: SessionId) -> Result<(), RowError> {
    let session = batch.state.session(id);
    let Some(lease) = session.lease else {
        return Ok(());
    };
    let event = batch.event_of(session.team, lease.event)?;
    batch.lift(&event)?;
    if event.deliveries >= DELIVERIES_MAX {
        return batch.give_back(event, Return::because(ReturnCause::SessionLost, false));
    }
    batch.assign(event, id, DeliveryCause::Takeover);
    Ok(())
}
