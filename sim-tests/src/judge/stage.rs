//! Evidence made by hand.

use std::sync::Arc;
use std::time::Duration;

use ackord_core::FORMAT;
use ackord_core::answer::Reply;
use ackord_core::command::{self, Actor, Command, Entry, Fence};
use ackord_core::history::StepKind;
use ackord_core::id::{EventId, QueueId, SessionId, TokenId};
use ackord_core::model::{Class, EventState, Outcome as End, QueueSettings};
use ackord_core::text::{OrderingKey, SessionKey};
use ackord_core::time::{Position, Timestamp};

use super::{Evidence, Property};
use crate::history::{Answer, Op, OpId, Outcome, Process, Sight, Submission, Taken, Who};
use crate::journal::Line;
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
                tag: None,
                settings,
            },
        );
        for session in [1, 2] {
            let key = SessionKey::new(format!("s{session}")).expect("a valid key");
            self.evidence.story.sessions.insert(SessionId(session), key);
        }
    }

    /// An event of the story.
    pub(super) fn introduce(&mut self, event: u128, class: Class, key: Option<&str>) {
        let key = key.map(|it| OrderingKey::new(it).expect("a valid key"));
        let traits = Traits {
            queue: QUEUE,
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
            self.evidence.journal.copy(index, Line::Commands(entry));
        }
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
