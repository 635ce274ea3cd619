//! What is said to everybody goes to everybody who is there, and to nobody else.

use std::collections::{BTreeMap, BTreeSet};

use ackord_core::answer::{Rejection, Reply};
use ackord_core::command::{Attach, Op as Command, Process, StartNode};
use ackord_core::id::{EventId, NodeId, SessionId, TeamId};
use ackord_core::model::Mode;
use ackord_core::text::Tag;

use super::content::named_by;
use super::{Evidence, Property, Verdict};
use crate::history::{Answer, Op};
use crate::story::{Modes, Scene, Story};

pub(super) const PROPERTY: Property = Property {
    name: "broadcasts_reach_all",
    proves: "a message to everybody is one event for each tag of the team that does not drain and to \
             which, in that moment, another session than its sender is attached, and none for any \
             other; told again it is the same; and it is refused for want of listeners only where \
             there are none",
    check,
};

/// A queue, by its team and tag.
type Name<'a> = (TeamId, Option<&'a Tag>);

/// The events of each message, by its content.
type Said = BTreeMap<u64, Vec<EventId>>;

fn check(evidence: &Evidence, verdict: &mut Verdict) {
    let story = &evidence.story;
    let mut presence = Presence::default();
    let mut said = Said::new();
    for scene in &story.scenes {
        if let (Command::Send(it), Some(team)) = (&scene.command.op, scene.command.team)
            && it.broadcast
            && let Some(content) = named_by(it.message.text.as_str().as_bytes())
        {
            let hears = presence.hears(team, it.from.as_ref());
            verdict.look(goes_there(story, scene, content, &hears, &mut said));
        }
        presence.follow(scene);
    }
    for asked in evidence.history.operations() {
        let (Op::Broadcast(it), Some(answer @ Answer::Broadcast { .. })) = (asked.op, asked.ok())
        else {
            continue;
        };
        let is = said.get(&it.content);
        verdict.hold(is == Some(&answer.events()), || {
            format!(
                "{}: {} is told {:?}, not {is:?}",
                asked.op, asked.who, answer
            )
        });
    }
}

/// What the log makes of one message, against who hears it.
fn goes_there(
    story: &Story,
    scene: &Scene,
    content: u64,
    hears: &[Name<'_>],
    said: &mut Said,
) -> Result<(), String> {
    let told: Vec<EventId> = match &scene.answer {
        Ok(Reply::Broadcast(copies)) => copies.iter().map(|it| it.1).collect(),
        Err(Rejection::Nobody) => Vec::new(),
        _ => return Ok(()),
    };
    let new = new_events(story, scene);
    let index = scene.index;
    if let Some(first) = said.get(&content) {
        let same = *first == told && new.is_empty();
        let wrong = || format!("entry {index}: c{content} was {first:?}, and is {told:?} now");
        return if same { Ok(()) } else { Err(wrong()) };
    }
    let went: Vec<Option<Name<'_>>> = told.iter().map(|it| new.get(it).copied()).collect();
    let wanted: Vec<Option<Name<'_>>> = hears.iter().copied().map(Some).collect();
    if went != wanted || new.len() != told.len() {
        let new: Vec<&Name<'_>> = new.values().collect();
        return Err(format!(
            "entry {index}: c{content} is told to go to {went:?}, and goes to {new:?}; \
             {hears:?} hear it"
        ));
    }
    if !told.is_empty() {
        said.insert(content, told);
    }
    Ok(())
}

/// The events that a command has made, and their queues.
fn new_events<'a>(story: &'a Story, scene: &Scene) -> BTreeMap<EventId, Name<'a>> {
    let new = scene.moves.iter().filter(|it| it.before.is_none());
    new.filter_map(|it| {
        let queue = story.queues.get(&story.queue_of(it.event, scene))?;
        Some((it.event, (queue.team, queue.tag.as_ref())))
    })
    .collect()
}

/// A session with a stream.
struct Attached<'a> {
    team: Option<TeamId>,
    by: &'a Attach,
    stream: u64,
    /// The scene that attached it.
    since: usize,
}

/// Who is attached, as far as the log has come.
#[derive(Default)]
struct Presence<'a> {
    sessions: BTreeMap<SessionId, Attached<'a>>,
    /// The process of each node, and the scene in which it began.
    processes: BTreeMap<NodeId, (u64, usize)>,
    modes: Modes,
}

impl<'a> Presence<'a> {
    fn follow(&mut self, scene: &'a Scene) {
        self.modes.follow(scene);
        match (&scene.command.op, &scene.answer) {
            (Command::Attach(by), Ok(Reply::Attached(session, stream))) => {
                let attached = Attached {
                    team: scene.command.team,
                    by,
                    stream: *stream,
                    since: scene.number,
                };
                self.sessions.insert(*session, attached);
            }
            (Command::Detach(it), Ok(_)) => {
                let gone = |at: &Attached<'_>| at.stream == it.stream;
                if self.sessions.get(&it.session).is_some_and(gone) {
                    self.sessions.remove(&it.session);
                }
            }
            (Command::StartNode(it), Ok(_)) => self.start(it, scene.number),
            _ => {}
        }
    }

    /// Whoever was attached to an earlier process of the node is not any more.
    fn start(&mut self, it: &StartNode, number: usize) {
        let process = self.processes.entry(it.node);
        let process = process.or_insert((it.incarnation, number));
        if process.0 != it.incarnation {
            *process = (it.incarnation, number);
        }
        let began = process.1;
        self.sessions
            .retain(|_, at| at.by.node != it.node || at.since >= began);
    }

    /// Who hears what this process says, or somebody without a session: tags in their order. None of
    /// the world's sessions opts out.
    fn hears(&self, team: TeamId, from: Option<&Process>) -> Vec<Name<'a>> {
        let own = |at: &Attached<'_>| from.is_some_and(|it| it.key == at.by.key);
        let sessions = self.sessions.values();
        let others = sessions.filter(|at| at.team == Some(team) && !own(at));
        let tags = others.filter_map(|at| at.by.tag.as_ref());
        let drains = |tag: &Tag| {
            let queue = self.modes.named(Some(team), Some(tag));
            queue.is_some_and(|it| self.modes.of(it) == Mode::Draining)
        };
        let tags: BTreeSet<&Tag> = tags.filter(|it| !drains(it)).collect();
        tags.into_iter().map(|it| (team, Some(it))).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ackord_core::answer::Taken as How;
    use ackord_core::command::{Detach, SetMode};
    use ackord_core::id::QueueId;
    use ackord_core::model::{Class, EventState, QueueSettings};

    use super::super::stage::{ANN, Acts, Stage, TEAM, broadcast, event, submission};
    use super::*;
    use crate::history::{Copied, Taken, Who};
    use crate::story::{QueueTraits, Traits};

    const TAGS: [&str; 3] = ["a", "b", "c"];

    fn tag(queue: usize) -> Tag {
        Tag::new(TAGS[queue]).expect("a valid tag")
    }

    fn queue_id(queue: usize) -> QueueId {
        QueueId(u64::try_from(queue).expect("few"))
    }

    /// Three tags, and the first session at the first of them.
    fn stage() -> Stage {
        let mut stage = Stage::default();
        for queue in 0..TAGS.len() {
            let traits = QueueTraits {
                team: TEAM,
                tag: Some(tag(queue)),
                settings: QueueSettings::default(),
            };
            stage.evidence.story.queues.insert(queue_id(queue), traits);
        }
        comes(&mut stage, 1, 0);
        stage
    }

    /// A session attaches to one of the tags.
    fn comes(stage: &mut Stage, session: u64, queue: usize) {
        stage.comes(session, &tag(queue));
    }

    fn goes(stage: &mut Stage, session: u64) {
        stage.scene(Command::Detach(Detach {
            session: SessionId(session),
            stream: 1,
            bye: false,
        }));
    }

    /// The first session says something to everybody.
    fn says(stage: &mut Stage) -> &mut Scene {
        let scene = stage.scene(broadcast(7));
        scene.command.team = Some(TEAM);
        scene.answer = Err(Rejection::Nobody);
        scene
    }

    /// It becomes these events, in these queues.
    fn becomes(stage: &mut Stage, copies: &[(usize, u128)]) {
        for (queue, id) in copies {
            let traits = Traits {
                queues: vec![(0, queue_id(*queue))],
                class: Class::Normal,
                key: None,
            };
            stage.evidence.story.events.insert(event(*id), traits);
        }
        let scene = says(stage);
        for (_, id) in copies {
            scene.moved(*id, None, EventState::Ready, 1, Vec::new());
        }
        scene.answer = answer(copies, How::Accepted);
    }

    /// It is told that it is these events already.
    fn is_known(stage: &mut Stage, copies: &[(usize, u128)]) {
        says(stage).answer = answer(copies, How::Duplicate);
    }

    fn answer(copies: &[(usize, u128)], how: How) -> ackord_core::answer::Answer {
        let copy = |(queue, id): &(usize, u128)| (Some(tag(*queue)), event(*id), how);
        Ok(Reply::Broadcast(copies.iter().map(copy).collect()))
    }

    /// What its sender is told.
    fn hears_of(stage: &mut Stage, copies: &[(usize, u128)]) {
        let copy = |(queue, id): &(usize, u128)| Copied {
            tag: Some(tag(*queue)),
            event: event(*id),
            taken: Taken::Accepted,
        };
        let copies = copies.iter().map(copy).collect();
        let op = Op::Broadcast(Arc::new(submission(7)));
        let answer = Answer::Broadcast { copies, index: 1 };
        stage.ok(Who::Session(ANN), op, answer);
    }

    #[test]
    fn all_who_are_there_hear_it_once() {
        let mut stage = stage();
        comes(&mut stage, 2, 1);
        comes(&mut stage, 3, 1);
        comes(&mut stage, 4, 2);
        becomes(&mut stage, &[(1, 1), (2, 2)]);
        goes(&mut stage, 4);
        is_known(&mut stage, &[(1, 1), (2, 2)]);
        hears_of(&mut stage, &[(1, 1), (2, 2)]);
        stage.holds(PROPERTY);
    }

    #[test]
    fn the_tag_of_the_sender_hears_it_if_he_is_not_alone_there() {
        let mut alone = stage();
        becomes(&mut alone, &[(0, 1)]);
        alone.breaks(PROPERTY, "[] hear it");
        let mut together = stage();
        comes(&mut together, 2, 0);
        becomes(&mut together, &[(0, 1)]);
        together.holds(PROPERTY);
    }

    #[test]
    fn whoever_is_left_out_is_missed() {
        let mut stage = stage();
        comes(&mut stage, 2, 1);
        comes(&mut stage, 3, 2);
        becomes(&mut stage, &[(1, 1)]);
        stage.breaks(PROPERTY, "c7 is told to go to");
    }

    #[test]
    fn a_tag_hears_it_once_and_only_if_somebody_is_there() {
        let mut twice = stage();
        comes(&mut twice, 2, 1);
        becomes(&mut twice, &[(1, 1), (1, 2)]);
        twice.breaks(PROPERTY, "c7 is told to go to");
        let mut gone = stage();
        comes(&mut gone, 2, 1);
        goes(&mut gone, 2);
        becomes(&mut gone, &[(1, 1)]);
        gone.breaks(PROPERTY, "[] hear it");
    }

    #[test]
    fn a_tag_that_drains_does_not_hear_it() {
        let mut stage = stage();
        comes(&mut stage, 2, 1);
        let (tag, mode) = (Some(tag(1)), Mode::Draining);
        let scene = stage.scene(Command::SetMode(SetMode { tag, mode }));
        scene.command.team = Some(TEAM);
        scene.answer = Ok(Reply::Queue(queue_id(1), 1));
        says(&mut stage);
        stage.holds(PROPERTY);
        becomes(&mut stage, &[(1, 1)]);
        stage.breaks(PROPERTY, "[] hear it");
    }

    #[test]
    fn another_team_does_not_hear_it() {
        let mut stage = stage();
        comes(&mut stage, 2, 1);
        let queues = &mut stage.evidence.story.queues;
        queues.get_mut(&queue_id(1)).expect("a queue").team = TeamId(2);
        becomes(&mut stage, &[(1, 1)]);
        stage.breaks(PROPERTY, "c7 is told to go to");
    }

    #[test]
    fn it_is_refused_only_where_nobody_hears() {
        let mut stage = stage();
        says(&mut stage);
        stage.holds(PROPERTY);
        comes(&mut stage, 2, 1);
        says(&mut stage);
        stage.breaks(PROPERTY, "hear it");
    }

    #[test]
    fn who_was_attached_to_an_earlier_process_of_a_node_is_not_there() {
        let mut stage = stage();
        comes(&mut stage, 2, 1);
        stage.scene(Command::StartNode(StartNode {
            node: NodeId(1),
            disk: 1,
            incarnation: 7,
            after: None,
        }));
        says(&mut stage);
        stage.holds(PROPERTY);
    }

    #[test]
    fn told_again_it_is_the_same() {
        let mut fewer = stage();
        comes(&mut fewer, 2, 1);
        becomes(&mut fewer, &[(1, 1)]);
        is_known(&mut fewer, &[]);
        fewer.breaks(PROPERTY, "now");
        let mut anew = stage();
        comes(&mut anew, 2, 1);
        becomes(&mut anew, &[(1, 1)]);
        becomes(&mut anew, &[(1, 2)]);
        anew.breaks(PROPERTY, "now");
        let mut misled = stage();
        comes(&mut misled, 2, 1);
        becomes(&mut misled, &[(1, 1)]);
        hears_of(&mut misled, &[(1, 2)]);
        misled.breaks(PROPERTY, "is told");
    }
}
