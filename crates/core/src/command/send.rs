use alloc::vec::Vec;

use crate::answer::{Rejection, Reply, Taken};
use crate::auth::{Need, Over};
use crate::batch::{Batch, Outcome};
use crate::command::{Actor, Command};
use crate::id::{EventId, SessionId, TeamId};
use crate::message::Message;
use crate::model::{Origin, Role};
use crate::text::SessionKey;

/// A process of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// The session's key.
    pub key: SessionKey,
    /// What the process drew.
    pub nonce: u64,
}

/// "Tell them this."
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Send {
    /// The session that sends; none: the token's holder does, as he would submit.
    pub from: Option<Process>,
    /// It goes to every tag of the team that has an attached session by then; the message names none.
    pub broadcast: bool,
    /// What.
    pub message: Message,
}

impl Send {
    pub(crate) fn apply(&self, batch: &mut Batch<'_>, command: &Command) -> Outcome<Reply> {
        let roles = &[Role::Session, Role::Submit];
        let over = Over::SomeQueue;
        let team = batch.allow(command, Need { roles, over })?;
        let session = self.from.as_ref().map(|it| it.session(batch, team));
        let session = match session {
            Some(None) => return self.of_another_process(batch, command, team),
            Some(present) => present,
            None => None,
        };
        let origin = match session {
            Some(id) => batch.sender(command, batch.state.session(id))?,
            None => self.holder(batch, command)?,
        };
        let plans = match self.broadcast {
            false => self.message.plan(batch, command, team, &origin)?,
            true => {
                let from = (&origin, session);
                self.message.plan_broadcast(batch, command, team, from)?
            }
        };
        batch.check_queues_of(team, plans.iter())?;

        let published = batch.publish(team, plans)?;
        batch.dispatch_published(&published)?;
        if let Some(id) = session {
            batch.heard_from(id);
            batch.dispatch(batch.state.session(id).queue)?;
        }
        let sent = published.iter().map(|it| (it.event, it.taken)).collect();
        self.reply(batch, team, sent)
    }

    /// The process that sends has its session no more, or never had it. What is in is in all the same.
    fn of_another_process(
        &self,
        batch: &Batch<'_>,
        command: &Command,
        team: TeamId,
    ) -> Outcome<Reply> {
        let roles = &[Role::Session];
        let over = Over::SomeQueue;
        batch.allow(command, Need { roles, over })?;
        let known = match self.broadcast {
            false => self.message.known(batch, team)?,
            true => Some(self.message.known_broadcast(batch, team)?).filter(|it| !it.is_empty()),
        };
        match known {
            Some(sent) => self.reply(batch, team, sent),
            None => Err(Rejection::Invalid(
                "session_key: not a session of this process: attach it first, or send without it",
            )
            .into()),
        }
    }

    fn reply(
        &self,
        batch: &Batch<'_>,
        team: TeamId,
        sent: Vec<(EventId, Taken)>,
    ) -> Outcome<Reply> {
        match self.broadcast {
            false => Ok(Reply::Sent(sent)),
            true => Ok(Reply::Broadcast(batch.copies(team, sent.into_iter())?)),
        }
    }

    /// Without a session, a message is as good as a submit to each of its tags.
    fn holder(&self, batch: &Batch<'_>, command: &Command) -> Result<Origin, Rejection> {
        let Actor::Token(token) = command.by else {
            return Err(Rejection::NotAllowed);
        };
        for to in &self.message.to {
            let need = Need {
                roles: &[Role::Submit],
                over: match &to.tag {
                    Some(tag) => Over::Queue(Some(tag)),
                    None => Over::SomeQueue,
                },
            };
            batch.allow(command, need)?;
        }
        Ok(Origin::Token(token))
    }
}

impl Process {
    /// The session, if this is the process that it has now.
    pub(crate) fn session(&self, batch: &Batch<'_>, team: TeamId) -> Option<SessionId> {
        let id = self.record(batch, team);
        id.filter(|it| batch.state.session(*it).nonce == self.nonce)
    }

    /// The session, whichever process has it now.
    pub(crate) fn record(&self, batch: &Batch<'_>, team: TeamId) -> Option<SessionId> {
        let keys = &batch.state.session_keys;
        keys.get(&(team, self.key.clone())).copied()
    }
}
