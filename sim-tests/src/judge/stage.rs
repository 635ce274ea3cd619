//! Evidence made by hand.

use std::sync::Arc;
use std::time::Duration;

use ackord_core::FORMAT;
use ackord_core::answer::{Receipt, Reply};
use ackord_core::command::{
    self, Actor, Addressed, Attach, Command, DeliveryKey, Entry, Fence, Message, Receive, Routed,
    Routing,
};
use ackord_core::history::StepKind;
use ackord_core::id::{EventId, NodeId, QueueId, SessionId, TeamId, TokenId};
use ackord_core::model::{Class, DedupKey, EventState, Outcome as End, QueueSettings};
use ackord_core::text::{EventType, MessageText, OrderingKey, SessionKey, Tag};
use ackord_core::time::{Position, Timestamp};

use super::{Evidence, Property, body_of};
use crate::history::{
    Answer, Op, OpId, Outcome, Process, Seal, Sight, Submission, Taken, Via, Webhook, Who,
};
use crate::journal::{Leader, Line, Spot, What};
use crate::story::{Lease, Move, QueueTraits, Scene, Traits};

pub(super) const SUBMITTER: Who = Who::Submitter(1);
/// The first process of the first session.
pub(super) const ANN: Process = Process {
    session: 1,
    process: 1,
};
/// The process that took over from [`ANN`].
pub(super) const ANN_AGAIN: Process = Process {
    session: 1,
    process: 2,
};
/// The first process of the second session.
pub(super) const BOB: Process = Process {
    session: 2,
    process: 1,
};
/// The team of the stage.
pub(super) const TEAM: TeamId = TeamId(1);
/// The one queue of the stage.
pub(super) const QUEUE: QueueId = QueueId(1);

pub(super) fn event(number: u128) -> EventId {
    EventId(number)
}

pub(super) fn fence(event: u128, delivery: u32) -> Fence {
    Fence {
        event: EventId(event),
        delivery,
    }
}

pub(super) fn submission(content: u64) -> Submission {
    Submission {
        content,
        tag: None,
        class: Class::Normal,
        ordering_key: None,
        dedup_key: None,
        delay: None,
        ttl: None,
        attempts: None,
        padding: 0,
        via: Via::Submit,
    }
}

/// The first session says this to everybody.
pub(super) fn broadcast(content: u64) -> command::Op {
    let text = String::from_utf8(body_of(content, 0).to_vec()).expect("a name");
    let message = Message {
        to: vec![Addressed {
            event: EventId(1),
            tag: None,
            dedup: None,
        }],
        text: MessageText::new(text).expect("a valid text"),
        class: Class::Normal,
        ordering_key: None,
        not_before: None,
        expires: None,
        thread: None,
        in_reply_to: None,
    };
    let from = command::Process {
        key: key_of(1),
        nonce: 1,
    };
    command::Op::Send(Box::new(command::Send {
        from: Some(from),
        broadcast: true,
        message,
    }))
}

fn key_of(session: u64) -> SessionKey {
    SessionKey::new(format!("s{session}")).expect("a valid key")
}

/// A webhook to the first server.
pub(super) fn webhook(content: u64, delivery: &str, seal: Seal) -> Op {
    let submission = submission(content).into();
    let hook = Webhook {
        submission,
        delivery: delivery.to_owned(),
        seal,
    };
    Op::Webhook {
        server: 1,
        hook: Arc::new(hook),
    }
}

pub(super) fn done() -> EventState {
    ended(End::Done)
}

pub(super) fn ended(outcome: End) -> EventState {
    EventState::Ended {
        outcome,
        at: Timestamp(0),
        position: Position::default(),
    }
}

pub(super) fn leased(session: u64) -> EventState {
    EventState::Leased {
        session: SessionId(session),
    }
}

/// Where evidence is made up. Time goes on by a millisecond with each record.
#[derive(Default)]
pub(super) struct Stage {
    pub(super) evidence: Evidence,
}

impl Stage {
    fn now(&self) -> Duration {
        let records = self.evidence.history.records.len();
        Duration::from_millis(u64::try_from(records).expect("few"))
    }

    pub(super) fn invoke(&mut self, who: Who, op: Op) -> OpId {
        self.evidence.history.invoke(self.now(), who, op)
    }

    pub(super) fn end(&mut self, id: OpId, outcome: Outcome) {
        self.evidence
            .history
            .end(self.now(), SUBMITTER, id, outcome);
    }

    /// An operation that is carried out.
    pub(super) fn ok(&mut self, who: Who, op: Op, answer: Answer) {
        let id = self.invoke(who, op);
        self.end(id, Outcome::Ok(answer));
    }

    /// An operation that is refused.
    pub(super) fn refused(&mut self, who: Who, op: Op) {
        let id = self.invoke(who, op);
        self.end(
            id,
            Outcome::Fail {
                reason: None,
                text: "no".to_owned(),
            },
        );
    }

    /// A submit that is accepted as a new event.
    pub(super) fn accepted(&mut self, submission: Submission, event: u128) {
        self.submitted(submission, event, Taken::Accepted);
    }

    pub(super) fn submitted(&mut self, submission: Submission, event: u128, taken: Taken) {
        let answer = Answer::Submitted {
            event: EventId(event),
            taken,
            index: 1,
        };
        self.ok(SUBMITTER, Op::Submit(Arc::new(submission)), answer);
    }

    /// An ack that counts.
    pub(super) fn acked(&mut self, fence: Fence, index: u64) {
        self.ok(
            Who::Session(ANN),
            Op::Ack(fence),
            Answer::Acked {
                index,
                again: false,
            },
        );
    }

    /// The same ack is given again.
    pub(super) fn acked_again(&mut self, fence: Fence, index: u64) {
        let again = true;
        let answer = Answer::Acked { index, again };
        self.ok(Who::Session(ANN), Op::Ack(fence), answer);
    }

    pub(super) fn attach(&mut self, process: Process, nonce: u64) {
        let answer = Answer::Attached {
            session: SessionId(u64::from(process.session)),
        };
        self.ok(
            Who::Session(process),
            Op::Attach { tag: None, nonce },
            answer,
        );
    }

    pub(super) fn sees(&mut self, process: Process, fence: Fence, content: u64) {
        let sight = Sight::Delivered {
            fence,
            content: Some(content),
            class: Class::Normal,
            ordering_key: None,
            attempts: 0,
            cron: None,
            is_alarm: false,
            note: None,
            effects: Vec::new(),
        };
        self.evidence.history.see(self.now(), process, sight);
    }

    /// A queue, which events of the story stand in.
    pub(super) fn queue(&mut self, strict: bool) {
        let settings = QueueSettings {
            strict,
            ..QueueSettings::default()
        };
        self.evidence.story.queues.insert(
            QUEUE,
            QueueTraits {
                team: TEAM,
                tag: None,
                settings,
            },
        );
        for session in [1, 2] {
            let key = key_of(session);
            self.evidence.story.sessions.insert(SessionId(session), key);
        }
    }

    /// An event of the story.
    pub(super) fn introduce(&mut self, event: u128, class: Class, key: Option<&str>) {
        let key = key.map(|it| OrderingKey::new(it).expect("a valid key"));
        let traits = Traits {
            queues: vec![(0, QUEUE)],
            class,
            key,
        };
        self.evidence.story.events.insert(EventId(event), traits);
    }

    /// A command of the story that did nothing yet. Each has an entry of its own, from 1 on.
    pub(super) fn scene(&mut self, op: command::Op) -> &mut Scene {
        let scenes = &mut self.evidence.story.scenes;
        let index = u64::try_from(scenes.len()).expect("few") + 1;
        scenes.push(Scene {
            number: scenes.len(),
            index,
            at: Timestamp(index),
            command: Command {
                by: Actor::Token(TokenId(1)),
                team: None,
                op,
            },
            answer: Ok(Reply::Ok),
            moves: Vec::new(),
            leases: Vec::new(),
        });
        scenes.last_mut().expect("pushed just now")
    }

    /// A session attaches to a tag of the story.
    pub(super) fn comes(&mut self, session: u64, tag: &Tag) {
        let scene = self.scene(command::Op::Attach(Attach {
            key: key_of(session),
            nonce: session,
            tag: Some(tag.clone()),
            node: NodeId(1),
            accepts_messages: true,
        }));
        scene.command.team = Some(TEAM);
        scene.answer = Ok(Reply::Attached(SessionId(session), 1));
    }

    /// A webhook in the log and in the story, which is accepted as an event, or dropped.
    pub(super) fn received(
        &mut self,
        index: u64,
        content: u64,
        delivery: &str,
        event: Option<u128>,
    ) {
        let receive = received(content, delivery, event);
        let op = command::Op::Receive(Box::new(receive));
        let scene = self.scene(op.clone());
        let receipt = match event {
            Some(event) => Receipt::Accepted(vec![EventId(event)]),
            None => Receipt::Dropped,
        };
        scene.answer = Ok(Reply::Received(receipt));
        let command = scene.command.clone();
        let entry = Entry {
            format: FORMAT,
            at: Timestamp(index),
            commands: vec![command],
        };
        self.copy(index, What::Commands(entry));
    }

    /// A tick of the story.
    pub(super) fn tick(&mut self) -> &mut Scene {
        self.scene(command::Op::Tick(command::Tick))
    }

    /// Entries of the log with these stamps.
    pub(super) fn log(&mut self, stamps: &[u64]) {
        for (index, at) in (1..).zip(stamps) {
            let entry = Entry {
                format: FORMAT,
                at: Timestamp(*at),
                commands: Vec::new(),
            };
            self.copy(index, What::Commands(entry));
        }
    }

    /// A copy of an entry that the first server has applied.
    pub(super) fn copy(&mut self, index: u64, what: What) {
        let by = Leader::default();
        let spot = Spot { server: 1, index };
        self.evidence.journal.copy(spot, Line { by, what });
    }

    pub(super) fn broken(&self, property: Property) -> Vec<String> {
        property.judge(&self.evidence).broken
    }

    #[track_caller]
    pub(super) fn holds(&self, property: Property) {
        let verdict = property.judge(&self.evidence);
        assert_eq!(verdict.broken, Vec::<String>::new());
        assert!(verdict.checked > 0, "{} looked at nothing", property.name);
    }

    #[track_caller]
    pub(super) fn breaks(&self, property: Property, word: &str) {
        let broken = self.broken(property);
        assert!(
            broken.iter().any(|it| it.contains(word)),
            "no {word:?} in {broken:?}"
        );
    }
}

/// What a source makes of a webhook; none: it is dropped.
fn received(content: u64, delivery: &str, event: Option<u128>) -> Receive {
    let key = delivery
        .bytes()
        .fold(0, |key, it| key << 8 | u128::from(it));
    let routed = |event| Routed {
        event: EventId(event),
        tag: None,
        class: Class::Normal,
        ordering_key: None,
        instruction: None,
        shown_bytes: None,
        not_before: None,
        expires: None,
        attempts: None,
        lease: None,
    };
    Receive {
        revision: 1,
        delivery: Some(DeliveryKey {
            key: DedupKey(key),
            kept: None,
        }),
        same_body: None,
        event_type: EventType::new("sim.webhook").expect("a valid name"),
        content_type: None,
        meta: Vec::new(),
        body: body_of(content, 0),
        routing: event.map_or(Routing::Dropped, |it| Routing::Events(vec![routed(it)])),
    }
}

/// Making up what a command of the story did.
pub(super) trait Acts {
    fn moved(
        &mut self,
        event: u128,
        from: Option<EventState>,
        to: EventState,
        place: u64,
        steps: Vec<StepKind>,
    ) -> &mut Self;
    fn gives(&mut self, event: u128, delivery: u32, session: u64) -> &mut Self;
}

impl Acts for Scene {
    fn moved(
        &mut self,
        event: u128,
        from: Option<EventState>,
        to: EventState,
        place: u64,
        steps: Vec<StepKind>,
    ) -> &mut Self {
        self.moves.push(Move {
            event: EventId(event),
            before: from,
            after: Some(to),
            place: Position {
                index: place,
                offset: 0,
            },
            steps,
        });
        self
    }

    fn gives(&mut self, event: u128, delivery: u32, session: u64) -> &mut Self {
        let session = SessionId(session);
        self.leases.push(Lease {
            fence: fence(event, delivery),
            session,
        });
        self
    }
}
