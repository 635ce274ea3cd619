//! Approvals, as far as the lease of whoever asks goes: it waits for the answer. How they are decided,
//! other properties say: here it is taken from the log.

use ackord_core::answer::{Answer, Reply};
use ackord_core::command::RequestApproval;
use ackord_core::id::{EventId, SessionId, TeamId};
use ackord_core::time::Timestamp;

use super::Model;
use crate::story::Scene;

/// A session waits for an answer, with an event in its hands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Waiting {
    session: SessionId,
    /// The process that asked.
    nonce: u64,
    event: EventId,
    deadline: Timestamp,
}

impl Model {
    pub(super) fn request(
        &mut self,
        team: TeamId,
        it: &RequestApproval,
        scene: &Scene,
    ) -> Option<Answer> {
        let Ok(Reply::Approval(approval)) = &scene.answer else {
            return None;
        };
        let session = self
            .session_keys
            .get(&(team, it.from.key.clone()))
            .copied()?;
        let name = (session, it.from.nonce, it.request.clone());
        if !self.requests.insert(name) {
            return None;
        }
        self.hear(session);
        let event = it.fence?.event;
        let waiting = Waiting {
            session,
            nonce: it.from.nonce,
            event,
            deadline: self.now.after(it.timeout),
        };
        self.waiting.insert(approval.id, waiting);
        let held = self.sessions[&session].held;
        if held.is_some_and(|it| it.event == event) {
            self.run(event, session);
        }
        None
    }

    pub(super) fn answer_request(&mut self, scene: &Scene) -> Option<Answer> {
        if let Ok(Reply::Approval(approval)) = &scene.answer {
            self.waiting.remove(&approval.id);
        }
        None
    }

    /// The session has the event no more.
    pub(super) fn wait_no_more(&mut self, session: SessionId, event: EventId) {
        let its = |it: &Waiting| (it.session, it.event) == (session, event);
        self.waiting.retain(|_, it| !its(it));
    }

    /// Another process is the session now: nobody hears what those before it have asked for, even if one
    /// of them comes back.
    pub(super) fn only_waits(&mut self, session: SessionId, nonce: u64) {
        let of_another = |it: &Waiting| it.session == session && it.nonce != nonce;
        self.waiting.retain(|_, it| !of_another(it));
    }

    /// Until when a session waits for what it asked for an event.
    pub(super) fn waits_until(&self, session: SessionId, event: EventId) -> Option<Timestamp> {
        let its = |it: &&Waiting| (it.session, it.event) == (session, event);
        let waiting = self.waiting.values().filter(its);
        waiting.map(|it| it.deadline).max()
    }
}
