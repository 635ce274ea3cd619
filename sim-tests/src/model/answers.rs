//! Answers: what each command has to be told, and what it does by itself.

use std::collections::VecDeque;

use ackord_core::answer::{Answer, Part, Rejection, Reply};
use ackord_core::command::{
    Ack, Attach, Cancel, Claim, Command, Confirm, Detach, Emit, Extend, Fence, Nack, Op, StartNode,
    Submit,
};
use ackord_core::id::{EventId, SessionId};
use ackord_core::limits::ACKS_KEPT;
use ackord_core::model::{DeadCause, Outcome, Phase};
use ackord_core::time::{Millis, Timestamp};

use super::event::{Event, State};
use super::session::Session;
use super::{Model, QueueName};
use crate::story::{Move, Scene};

/// What is parked is its session's own; to claim it says nothing of time.
const PARKED: Millis = Millis(7 * 24 * 3_600_000);

/// What must be answered; none: the model leaves that open.
type Wanted = Option<Answer>;

impl Model {
    /// Carries out a command, and compares its answer.
    pub(super) fn judge_answer(&mut self, scene: &Scene) {
        // Tokens, limits and settings are not the model's.
        if scene.answer.as_ref().is_err_and(is_open) {
            return;
        }
        if let Some(wanted) = self.carry_out(scene)
            && wanted != scene.answer
        {
            let found = &scene.answer;
            self.blame(format!("it answers {found:?}, not {wanted:?}"));
        }
    }

    fn carry_out(&mut self, scene: &Scene) -> Wanted {
        if self.is_foreign(&scene.command) {
            return Some(Err(Rejection::NotFound));
        }
        let Command { team, op, .. } = &scene.command;
        let name = |tag: &Option<_>| Some((team.as_ref().copied()?, tag.clone()));
        match op {
            Op::Submit(it) => Some(self.submit(name(&it.tag)?, it)),
            Op::Receive(it) => self.receive((*team)?, it, scene),
            Op::Ack(it) => Some(self.ack(it, scene)),
            Op::Nack(it) => Some(self.nack(it, scene)),
            Op::Claim(it) => Some(self.claim(it)),
            Op::Extend(it) => Some(Ok(self.extend(it))),
            Op::Checkpoint(it) => Some(self.checkpoint(it)),
            Op::BeginEffect(it) => Some(self.begin(it)),
            Op::CompleteEffect(it) => Some(self.complete(it)),
            Op::ForceEffect(it) => Some(self.force(it)),
            Op::Handoff(it) => Some(self.hand_off(it, scene)),
            Op::Send(it) => self.send((*team)?, it, scene),
            Op::Cancel(it) => Some(self.cancel(it)),
            Op::Replay(it) => self.replay(it.event),
            Op::Purge(it) => Some(self.purge(it.event)),
            Op::Attach(it) => self.attach(name(&it.tag)?, it, scene),
            Op::Detach(it) => Some(self.detach(it)),
            Op::Confirm(it) => Some(self.confirm(it)),
            Op::StartNode(it) => self.start(it, scene),
            Op::RequestApproval(it) => self.request((*team)?, it, scene),
            Op::AnswerApproval(_) => self.answer_request(scene),
            Op::Tick(_) => self.take_alarms(scene),
            Op::CreateSource(it) => self.make_source((*team)?, it, scene),
            Op::UpdateSource(it) => self.change_source((*team)?, it, scene),
            Op::CreateCron(it) => self.make_cron((*team)?, it, scene),
            Op::UpdateCron(it) => self.change_cron(it, scene),
            Op::FireCron(it) => self.fire_cron(it, scene),
            Op::DecideTick(it) => self.tick_of_cron(it, scene),
            Op::SetQueue(it) if scene.answer.is_ok() => {
                self.queues.entry(name(&it.tag)?).or_default().settings = it.settings;
                None
            }
            Op::SetMode(it) if scene.answer.is_ok() => {
                self.queues.entry(name(&it.tag)?).or_default().mode = it.mode;
                None
            }
            _ => None,
        }
    }

    /// Whether it speaks of an event of another team than its own.
    fn is_foreign(&self, command: &Command) -> bool {
        let event = match &command.op {
            Op::Ack(it) => it.fence.event,
            Op::Cancel(it) => it.event,
            Op::Replay(it) => it.event,
            _ => return false,
        };
        let event = self.events.get(&event);
        event.is_some_and(|it| Some(it.queue.0) != command.team)
    }

    fn submit(&mut self, queue: QueueName, it: &Submit) -> Answer {
        if self.drains(&queue) && self.standing(queue.0, it.event, it.dedup).is_none() {
            return Err(Rejection::Draining);
        }
        let (event, taken) = self.post(queue, it.into());
        Ok(Reply::Submitted(event, taken))
    }

    /// The event that an answer speaks of, if the answer counts.
    pub(super) fn counted(&self, fence: Fence) -> Result<&Event, Rejection> {
        let event = self.events.get(&fence.event).ok_or(Rejection::NotFound)?;
        event.counts(fence).map(|()| event)
    }

    /// The session that holds the event, and hears of it.
    pub(super) fn held(&self, fence: Fence) -> Result<(EventId, SessionId), Rejection> {
        let event = self.counted(fence)?;
        let held = (event.id, event.holder().ok_or(Rejection::NotLeased)?);
        Ok(held)
    }

    pub(super) fn hear(&mut self, session: SessionId) {
        if let Some(session) = self.sessions.get_mut(&session) {
            if !session.well {
                session.well_since = self.number;
            }
            session.well = true;
        }
    }

    fn ack(&mut self, it: &Ack, scene: &Scene) -> Answer {
        let event = self.events.get(&it.fence.event);
        let mut acked = event.into_iter().flat_map(|it| &it.acked);
        if let Some((_, first)) = acked.find(|(delivery, _)| *delivery == it.fence.delivery) {
            return Ok(first.clone());
        }
        let holder = self.counted(it.fence)?.holder();
        self.check_completions(it)?;
        if is_of_a_cron(it, &scene.answer) {
            return scene.answer.clone();
        }
        self.check_emits(it)?;
        let id = it.fence.event;
        self.end(id, State::Ended(Outcome::Done));
        if let Some(holder) = holder {
            self.hear(holder);
        }
        self.complete_all(it);
        let emitted = self.emit(it, scene);
        // Where it stands in the log is the log's to say.
        let position = match &scene.answer {
            Ok(Reply::Acked { position, .. }) => *position,
            _ => Default::default(),
        };
        let answer = |again| Reply::Acked {
            at: self.now,
            position,
            again,
            emitted: emitted.clone(),
        };
        let (first, later) = (answer(false), answer(true));
        let event = self.events.get_mut(&id).expect("it counts");
        event.acked.push((it.fence.delivery, later));
        if event.acked.len() > ACKS_KEPT {
            event.acked.remove(0);
        }
        Ok(first)
    }

    fn nack(&mut self, it: &Nack, scene: &Scene) -> Answer {
        let id = it.fence.event;
        let event = self.events.get(&id).ok_or(Rejection::NotFound)?;
        let rejected = event.state == State::Dead(DeadCause::Rejected);
        let given = rejected || event.nacked == Some(it.fence.delivery);
        if given && event.delivery == it.fence.delivery {
            return Ok(nacked(event.state));
        }
        let (_, holder) = self.held(it.fence)?;
        if it.reject {
            self.end(id, State::Dead(DeadCause::Rejected));
        } else {
            self.blame_unless_moved(scene, id, |model, moved| {
                model.give_back(id, true, it.delay, moved);
            });
            let event = self.events.get_mut(&id).expect("it counts");
            event.nacked = Some(it.fence.delivery);
        }
        self.hear(holder);
        Ok(nacked(self.events[&id].state))
    }

    fn blame_unless_moved(
        &mut self,
        scene: &Scene,
        id: EventId,
        then: impl FnOnce(&mut Self, &Move),
    ) {
        match scene.moves.iter().find(|it| it.event == id) {
            Some(moved) => then(self, moved),
            None => self.blame(format!("{id} was to come back, and did not")),
        }
    }

    fn claim(&mut self, it: &Claim) -> Answer {
        let (event, holder) = self.held(it.fence)?;
        self.hear(holder);
        let held = self.sessions[&holder].held.filter(|it| it.event == event);
        let until = match held {
            Some(held) if held.phase == Phase::Claimed => held.until,
            _ => self.run(event, holder),
        };
        Ok(Reply::Extended(vec![Ok(until)]))
    }

    fn extend(&mut self, it: &Extend) -> Reply {
        let items = it.items.iter();
        Reply::Extended(items.map(|it| self.extend_one(it.fence)).collect())
    }

    fn extend_one(&mut self, fence: Fence) -> Result<Timestamp, Rejection> {
        let (event, holder) = self.held(fence)?;
        let held = self.sessions[&holder].held.filter(|it| it.event == event);
        let now = self.now;
        let whole = held.is_some_and(|it| it.until >= it.cap && now.after(it.length) >= it.cap);
        if whole && held.is_some_and(|it| it.phase == Phase::Claimed) {
            return Err(Rejection::LeaseCap);
        }
        // A note is written to the event; no state changes.
        self.hear(holder);
        Ok(self.run(event, holder))
    }

    /// The lease of what is in hand runs anew, from the latest instant at which its session hears what it
    /// has asked for, within its cap, which counts from the claim.
    pub(super) fn run(&mut self, event: EventId, holder: SessionId) -> Timestamp {
        let settings = self.queue(&self.events[&event].queue).settings;
        let now = self.now;
        let asked = self.waits_until(holder, event).unwrap_or_default();
        let session = self.sessions.get_mut(&holder).expect("it holds something");
        let Some(held) = session.held.as_mut().filter(|it| it.event == event) else {
            return now.after(PARKED);
        };
        if held.phase != Phase::Claimed {
            held.phase = Phase::Claimed;
            held.cap = now.after(settings.lease_cap.max(held.length));
        }
        held.until = asked.max(now).after(held.length).min(held.cap);
        held.until
    }

    fn cancel(&mut self, it: &Cancel) -> Answer {
        let event = self.events.get(&it.event).ok_or(Rejection::NotFound)?;
        match event.state {
            State::Ended(Outcome::Cancelled) => return Ok(Reply::Ok),
            State::Ended(Outcome::Done) => return Err(Rejection::AlreadyAcked),
            State::Ended(Outcome::Purged) | State::Dead(_) => return Err(Rejection::WrongState),
            _ => {}
        }
        self.end(it.event, State::Ended(Outcome::Cancelled));
        Ok(Reply::Ok)
    }

    fn replay(&mut self, id: EventId) -> Wanted {
        let Some(event) = self.events.get_mut(&id) else {
            return Some(Err(Rejection::NotFound));
        };
        if !event.is_over() {
            return Some(Err(Rejection::WrongState));
        }
        event.was_gone = event.is_gone();
        (event.attempts, event.deliveries, event.expires) = (0, 0, None);
        self.enter(id);
        None
    }

    fn purge(&mut self, id: EventId) -> Answer {
        let event = self.events.get(&id).ok_or(Rejection::NotFound)?;
        match event.state {
            State::Dead(_) => self.end(id, State::Ended(Outcome::Purged)),
            State::Ended(Outcome::Purged) => {}
            _ => return Err(Rejection::WrongState),
        }
        Ok(Reply::Ok)
    }

    fn attach(&mut self, queue: QueueName, it: &Attach, scene: &Scene) -> Wanted {
        let key = (queue.0, it.key.clone());
        let known = self.session_keys.get(&key);
        let known = known.and_then(|id| self.sessions.get(id));
        let is_former = known.is_some_and(|session| session.former.contains(&it.nonce));
        let told = scene.answer == Err(Rejection::TakenOver);
        if is_former || told {
            if told && !is_former {
                self.blame("it was taken over by nobody");
            }
            return Some(Err(Rejection::TakenOver));
        }
        let Ok(Reply::Attached(id, _)) = scene.answer else {
            return None;
        };
        let id = *self.session_keys.entry(key).or_insert(id);
        self.queues.entry(queue.clone()).or_default();
        let (now, number) = (self.now, self.number);
        let session = self.sessions.entry(id).or_insert_with(|| Session {
            queue: queue.clone(),
            nonce: it.nonce,
            former: VecDeque::new(),
            node: it.node,
            stream: 0,
            attached_at: number,
            detached: None,
            well: true,
            well_since: 0,
            listens: it.accepts_messages,
            held: None,
            parked: None,
            idle_since: number,
        });
        session.stream += 1;
        let takes_over = session.nonce != it.nonce;
        if takes_over {
            session.pass_on(it.nonce);
        }
        (session.queue, session.node) = (queue, it.node);
        (session.attached_at, session.detached, session.well) = (number, None, true);
        session.listens = it.accepts_messages;
        if !takes_over {
            session.resume(now);
            return Some(Ok(Reply::Attached(id, self.sessions[&id].stream)));
        }
        if session.held.is_some() && scene.leases.is_empty() {
            self.blame("another process has taken over, and the old one's delivery counts");
        }
        self.only_waits(id, it.nonce);
        Some(Ok(Reply::Attached(id, self.sessions[&id].stream)))
    }

    fn detach(&mut self, it: &Detach) -> Answer {
        let (now, number) = (self.now, self.number);
        if let Some(session) = self.sessions.get_mut(&it.session)
            && session.stream == it.stream
            && session.detached.is_none()
        {
            session.detach(now, number);
        }
        Ok(Reply::Ok)
    }

    fn confirm(&mut self, it: &Confirm) -> Answer {
        for written in &it.written {
            let session = self.sessions.get_mut(&written.session);
            let Some(session) = session.filter(|session| session.node == it.node) else {
                continue;
            };
            let limit = self.queues[&session.queue].settings.claim_limit;
            let delivery = self.events.get(&written.fence.event).map(|it| it.delivery);
            if let Some(held) = &mut session.held
                && held.event == written.fence.event
                && delivery == Some(written.fence.delivery)
                && held.phase == Phase::Offered
            {
                held.phase = Phase::Confirmed;
                held.until = self.now.after(limit).min(held.claim_by);
            }
        }
        for id in &it.seen {
            if self
                .sessions
                .get(id)
                .is_some_and(|session| session.node == it.node)
            {
                self.hear(*id);
            }
        }
        Ok(Reply::Ok)
    }

    /// Whoever was attached to an earlier process of the node is not any more.
    fn start(&mut self, it: &StartNode, scene: &Scene) -> Wanted {
        let Ok(Reply::Detaching(_)) = scene.answer else {
            return None;
        };
        let (now, number) = (self.now, self.number);
        let process = self
            .processes
            .entry(it.node)
            .or_insert((it.incarnation, number));
        if process.0 != it.incarnation {
            *process = (it.incarnation, number);
        }
        let began = process.1;
        let sessions = self.sessions.values_mut();
        let ghosts = sessions.filter(|session| {
            session.node == it.node && session.detached.is_none() && session.attached_at < began
        });
        ghosts.for_each(|session| session.detach(now, number));
        // Few enough for one command.
        Some(Ok(Reply::Detaching(0)))
    }
}

/// Whether the model leaves it open who is refused for that.
fn is_open(why: &Rejection) -> bool {
    match why {
        Rejection::NotAllowed | Rejection::Limit(_) | Rejection::Invalid(_) => true,
        Rejection::Part { why, .. } => is_open(why),
        _ => false,
    }
}

/// Whether an ack is refused for what it does with a cron. Which is refused the model leaves open.
fn is_of_a_cron(ack: &Ack, answer: &Answer) -> bool {
    match answer {
        Err(Rejection::Part {
            part: Part::Emit,
            index,
            ..
        }) => matches!(ack.emits.get(*index), Some(Emit::Cron(_))),
        _ => false,
    }
}

/// What a nack is told of an event that stands there.
fn nacked(state: State) -> Reply {
    match state {
        State::Dead(cause) => Reply::Dead(cause),
        State::Backoff(until) => Reply::Retrying { until },
        _ => Reply::Ok,
    }
}
