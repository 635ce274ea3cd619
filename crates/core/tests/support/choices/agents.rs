//! Any bytes as what sessions say to each other, do outside, and hand to each other.

use ackord_core::command::{
    Actor, Addressed, AnswerApproval, BeginEffect, Checkpoint, Command, CompleteEffect, Completion,
    DedupClaim, Emit, ForceEffect, Handoff, Message, Moment, Op, Process, RequestApproval, Send,
};
use ackord_core::id::{ApprovalId, TeamId, TokenId};
use ackord_core::model::{Asked, Class, ContentHash, DedupKey, DedupKind};
use ackord_core::text::{
    EffectKey, EffectResult, InputPreview, MessageText, Note, OrderingKey, Reason, RequestId,
    SessionKey, Tag, ThreadId, ToolName,
};

use super::Choices;

impl Choices<'_> {
    pub(super) fn of_agents(&mut self) -> Option<Command> {
        let by = match self.below(4)? {
            0 => Actor::Token(TokenId(5)),
            1 => Actor::Cluster,
            _ => Actor::Token(TokenId(4)),
        };
        let op = match self.below(11)? {
            0 => Op::Checkpoint(Checkpoint {
                fence: self.fence()?,
                note: Note::new("this far").expect("a valid text"),
            }),
            1 => Op::Handoff(Handoff {
                fence: self.fence()?,
                tag: self.some_tag()?,
                note: self.maybe(|_| Note::new("yours").ok())?,
            }),
            2 | 3 => Op::Send(Box::new(Send {
                from: self.process()?,
                broadcast: self.below(3)? == 0,
                message: self.message()?,
            })),
            4 | 5 => Op::BeginEffect(BeginEffect {
                fence: self.fence()?,
                key: self.effect_key()?,
                nonce: self.maybe(|it| Some(it.below(2)?.into()))?,
            }),
            8 | 9 => Op::RequestApproval(Box::new(self.ask()?)),
            10 => Op::AnswerApproval(AnswerApproval {
                approval: ApprovalId(self.below(24)?.into()),
                allow: self.flag()?,
                reason: self.maybe(|_| Reason::new("it may").ok())?,
            }),
            6 => Op::CompleteEffect(CompleteEffect {
                fence: self.fence()?,
                completion: self.completion()?,
            }),
            _ => Op::ForceEffect(ForceEffect {
                fence: self.fence()?,
                key: self.effect_key()?,
                reason: self.maybe(|_| Reason::new("it did not happen").ok())?,
                nonce: self.maybe(|it| Some(it.below(2)?.into()))?,
            }),
        };
        let team = Some(TeamId(if self.below(16)? == 0 { 3 } else { 2 }));
        Some(Command { by, team, op })
    }

    pub(super) fn completion(&mut self) -> Option<Completion> {
        Some(Completion {
            key: self.effect_key()?,
            result: self.maybe(|_| EffectResult::new("it worked").ok())?,
        })
    }

    /// Mostly nothing: a part that is refused refuses the whole.
    pub(super) fn emits(&mut self) -> Option<Vec<Emit>> {
        match self.below(2)? {
            0 => Some(vec![]),
            _ => self.some(|it| {
                Some(match it.below(3)? {
                    0 => Emit::Submit(Box::new(it.submit()?)),
                    1 => Emit::Message(Box::new(it.message()?)),
                    _ => Emit::Cron(it.cron_change()?),
                })
            }),
        }
    }

    fn message(&mut self) -> Option<Message> {
        let moment = |it: &mut Self| it.span().map(Moment::After);
        Some(Message {
            to: self.some(Self::addressed)?,
            text: MessageText::new("hello").expect("a valid text"),
            class: self.one_of(&[Class::Interrupt, Class::Priority, Class::Normal])?,
            ordering_key: self.maybe(|_| OrderingKey::new("x").ok())?,
            not_before: self.maybe(moment)?,
            expires: self.maybe(moment)?,
            thread: self.maybe(|_| ThreadId::new("t").ok())?,
            in_reply_to: self.maybe(Self::event)?,
        })
    }

    fn addressed(&mut self) -> Option<Addressed> {
        let dedup = |it: &mut Self| {
            Some(DedupClaim {
                key: DedupKey(it.below(4)?.into()),
                kind: DedupKind::Client,
                content: ContentHash(it.below(2)?.into()),
            })
        };
        Some(Addressed {
            event: self.event()?,
            tag: self.tag()?,
            dedup: self.maybe(dedup)?,
        })
    }

    fn process(&mut self) -> Option<Option<Process>> {
        match self.flag()? {
            true => self.some_process().map(Some),
            false => Some(None),
        }
    }

    fn some_process(&mut self) -> Option<Process> {
        let key = ["r", "s", "t", "u"][usize::from(self.below(4)?)];
        Some(Process {
            key: SessionKey::new(key).expect("a valid key"),
            nonce: self.below(2)?.into(),
        })
    }

    fn ask(&mut self) -> Option<RequestApproval> {
        let token = |it: &mut Self| Some(TokenId(it.below(8)?.into()));
        let to = match self.below(4)? {
            0 => Some(Asked::Token(token(self)?)),
            1 => Some(Asked::Queue(self.tag()?)),
            _ => None,
        };
        let request = ["x", "y", "z"][usize::from(self.below(3)?)];
        Some(RequestApproval {
            from: self.some_process()?,
            fence: self.maybe(Self::fence)?,
            request: RequestId::new(request).expect("a valid id"),
            tool: ToolName::new("Bash").expect("a valid name"),
            description: Reason::new("rm -rf build").expect("a valid text"),
            preview: self.maybe(|_| InputPreview::new("{}").ok())?,
            to,
            timeout: self.span()?,
        })
    }

    fn some_tag(&mut self) -> Option<Tag> {
        self.one_of(&["a", "b", "c"])
            .map(|it| Tag::new(it).expect("a valid tag"))
    }

    fn effect_key(&mut self) -> Option<EffectKey> {
        self.one_of(&["charge", "mail"])
            .map(|it| EffectKey::new(it).expect("a valid key"))
    }
}
