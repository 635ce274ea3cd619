//! Sources in a closed loop: what is asked of them, what comes to them, and a second opinion on what
//! is answered, and on the order in which what they held goes on.

use std::collections::BTreeMap;

use ackord_core::answer::{Answer, Receipt, Rejection, Reply};
use ackord_core::command::{
    Actor, Command, CreateSource, DeleteSource, DeliveryKey, Op, Receive, Reroute, Routed, Routing,
    UpdateSource,
};
use ackord_core::history::StepKind;
use ackord_core::id::{EventId, SourceId, TeamId};
use ackord_core::model::{
    Class, DeadCause, DedupKey, Event, EventState, Origin, Source, SourceMode,
};
use ackord_core::text::{EventType, Slug};
use ackord_core::time::{Millis, Timestamp};
use proptest::prelude::*;
use proptest::sample::select;

use super::commands::{TAGS, TEAMS, by, tag};
use super::coverage::Coverage;
use super::model::KEPT;
use super::order::Events;
use super::world::World;

/// Sources at a time.
const SOURCES_MAX: usize = 3;
/// How long a body is known, where a source says so.
const BODY_KEPT: Millis = Millis::from_mins(10);

/// What is asked of a source, or comes to it; the number says which.
#[derive(Debug, Clone)]
pub(crate) enum SourceStep {
    Make(SourceMode, bool),
    Mode(u8, SourceMode),
    /// Another definition: whoever has judged by the one before must judge again.
    Redefine(u8),
    Remove(u8),
    Receive(u8, Delivery),
    /// What no route had matched is routed now.
    Reroute(u8, u16),
}

/// What a provider sends.
#[derive(Debug, Clone)]
pub(crate) struct Delivery {
    key: Option<u8>,
    body: Option<u8>,
    fate: Fate,
    /// Queues of its events.
    queues: Vec<u8>,
    /// It was judged by the revision before.
    late: bool,
}

#[derive(Debug, Clone, Copy)]
enum Fate {
    Sent,
    Unmatched,
    Dropped,
}

pub(super) fn step() -> impl Strategy<Value = SourceStep> {
    let which = || any::<u8>();
    prop_oneof![
        1 => (mode(), prop::bool::weighted(0.2)).prop_map(|(mode, of_two)| SourceStep::Make(mode, of_two)),
        4 => (which(), mode()).prop_map(|(source, mode)| SourceStep::Mode(source, mode)),
        1 => which().prop_map(SourceStep::Redefine),
        1 => which().prop_map(SourceStep::Remove),
        10 => (which(), delivery()).prop_map(|(source, it)| SourceStep::Receive(source, it)),
        2 => (which(), any::<u16>()).prop_map(|(source, it)| SourceStep::Reroute(source, it)),
    ]
}

fn mode() -> impl Strategy<Value = SourceMode> {
    prop_oneof![
        4 => Just(SourceMode::Enabled),
        3 => Just(SourceMode::Paused),
        1 => Just(SourceMode::Disabled),
    ]
}

fn delivery() -> impl Strategy<Value = Delivery> {
    (
        prop::option::weighted(0.5, 0..6u8),
        prop::option::weighted(0.2, 0..3u8),
        prop_oneof![
            8 => Just(Fate::Sent),
            1 => Just(Fate::Unmatched),
            1 => Just(Fate::Dropped),
        ],
        select(vec![vec![0], vec![1], vec![0, 1], vec![2, 2]]),
        prop::bool::weighted(0.1),
    )
        .prop_map(|(key, body, fate, queues, late)| Delivery {
            key,
            body,
            fate,
            queues,
            late,
        })
}

/// What is known of a source from the answers alone.
#[derive(Debug)]
struct Known {
    team: TeamId,
    revision: u64,
    mode: SourceMode,
}

/// The second opinion.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    known: BTreeMap<SourceId, Known>,
    /// Keys of deliveries: the first event, and when the key ends.
    keys: BTreeMap<(TeamId, u128), (EventId, Timestamp)>,
}

impl World {
    pub(super) fn source_step(&mut self, step: &SourceStep) -> Option<Command> {
        match *step {
            SourceStep::Make(mode, of_two) => {
                let team = TEAMS[usize::from(of_two)].0;
                let sources = self.twins.whole.state.sources().count();
                let slug = Slug::new(format!("p{}", self.now.0)).expect("valid");
                let make = CreateSource {
                    slug,
                    mode,
                    definition: vec![].into(),
                    secrets: vec![],
                    silence: None,
                };
                (sources < SOURCES_MAX).then(|| by(team, Op::CreateSource(make)))
            }
            SourceStep::Mode(which, mode) => {
                let source = self.source(which)?;
                Some(change(&source, Some(mode), false))
            }
            SourceStep::Redefine(which) => Some(change(&self.source(which)?, None, true)),
            SourceStep::Remove(which) => {
                let it = self.source(which)?;
                let (source, revision) = (it.id, None);
                let remove = DeleteSource { source, revision };
                Some(by(it.team, Op::DeleteSource(remove)))
            }
            SourceStep::Receive(which, ref delivery) => {
                let source = self.source(which)?;
                Some(self.receive(&source, delivery))
            }
            SourceStep::Reroute(which, event) => {
                let source = self.source(which)?;
                self.reroute(&source, event)
            }
        }
    }

    fn source(&self, which: u8) -> Option<Source> {
        let sources: Vec<_> = self.twins.whole.state.sources().collect();
        let at = usize::from(which) % sources.len().max(1);
        sources.get(at).map(|it| (***it).clone())
    }

    /// All sources let go of what they hold.
    pub(super) fn enable_sources(&mut self) {
        let sources = self.twins.whole.state.sources();
        let enable = sources.map(|it| change(it, Some(SourceMode::Enabled), false));
        let commands: Vec<_> = enable.collect();
        self.apply(vec![(self.now, commands)], &[]);
    }

    fn receive(&mut self, source: &Source, it: &Delivery) -> Command {
        // Nodes draw keys that no other source has.
        let key = |kind: u128, number: u8| {
            DedupKey((u128::from(source.id.0) << 64) + (kind << 32) + u128::from(number) + 1000)
        };
        let routing = match it.fate {
            Fate::Sent => Routing::Events(self.routed(source.team, &it.queues)),
            Fate::Unmatched => Routing::Unmatched {
                event: self.draw(source.team),
                tag: None,
            },
            Fate::Dropped => Routing::Dropped,
        };
        let receive = Receive {
            revision: source.revision - u64::from(it.late && source.revision > 1),
            delivery: it.key.map(|it| DeliveryKey {
                key: key(1, it),
                kept: None,
            }),
            same_body: it.body.map(|it| DeliveryKey {
                key: key(2, it),
                kept: Some(BODY_KEPT),
            }),
            event_type: EventType::new("push").expect("valid"),
            content_type: None,
            meta: vec![],
            body: vec![].into(),
            routing,
        };
        Command {
            by: Actor::Source(source.id),
            team: Some(source.team),
            op: Op::Receive(Box::new(receive)),
        }
    }

    fn reroute(&mut self, source: &Source, which: u16) -> Option<Command> {
        let events = super::order::events(&self.twins.whole.rows);
        let kept: Vec<_> = events.values().filter(|it| is_kept(it, source)).collect();
        let kept = kept.get(usize::from(which) % kept.len().max(1))?.id;
        let mut routed = self.routed(source.team, &[0, 1]);
        routed[0].event = kept;
        let reroute = Reroute {
            source: source.id,
            revision: source.revision,
            event: kept,
            routed,
        };
        Some(by(source.team, Op::Reroute(reroute)))
    }

    fn routed(&mut self, team: TeamId, queues: &[u8]) -> Vec<Routed> {
        let routed = |queue: &u8| Routed {
            event: self.draw(team),
            // The second team has sessions on one queue only.
            tag: match team == TEAMS[0].0 {
                true => TAGS[usize::from(*queue) % TAGS.len()].map(tag),
                false => None,
            },
            class: Class::Normal,
            ordering_key: None,
            instruction: None,
            shown_bytes: None,
            not_before: None,
            expires: None,
            attempts: None,
            lease: None,
        };
        queues.iter().map(routed).collect()
    }

    fn draw(&mut self, team: TeamId) -> EventId {
        let event = EventId::new(self.now.0, self.submitted.len() as u128);
        self.submitted.push((team, event));
        event
    }
}

fn change(source: &Source, mode: Option<SourceMode>, redefines: bool) -> Command {
    let update = UpdateSource {
        source: source.id,
        revision: redefines.then_some(source.revision),
        mode,
        definition: redefines.then(|| vec![0; 3].into()),
        secrets: None,
        silence: None,
    };
    by(source.team, Op::UpdateSource(update))
}

fn is_kept(event: &Event, source: &Source) -> bool {
    let unmatched = matches!(
        event.state,
        EventState::Dead {
            cause: DeadCause::Unmatched,
            ..
        }
    );
    unmatched && event.origin == Origin::Source(source.id)
}

impl Sources {
    /// Judges an answer, and says which events came of it.
    ///
    /// # Panics
    /// It is not the one that the design demands.
    pub(super) fn judge(
        &mut self,
        now: Timestamp,
        command: &Command,
        answer: &Answer,
        coverage: &mut Coverage,
    ) -> Vec<EventId> {
        let Some(team) = command.team else {
            return vec![];
        };
        match (&command.op, answer) {
            (Op::CreateSource(it), Ok(Reply::Source(id, 1))) => {
                let (revision, mode) = (1, it.mode);
                let known = Known {
                    team,
                    revision,
                    mode,
                };
                let before = self.known.insert(*id, known);
                assert!(before.is_none(), "{id} is given twice");
            }
            (Op::UpdateSource(it), answer) => self.changed(it, answer),
            (Op::DeleteSource(it), Ok(_)) => {
                self.known.remove(&it.source).expect("it was made");
            }
            (Op::Receive(it), answer) => {
                let Actor::Source(source) = command.by else {
                    panic!("requests come from sources");
                };
                return self.received(now, team, source, it, answer, coverage);
            }
            (Op::Reroute(it), Ok(Reply::Received(receipt))) => {
                let known = &self.known[&it.source];
                assert_eq!(known.revision, it.revision, "{it:?}");
                // The first one is known already.
                return taken(known, &it.routed, receipt, coverage)[1..].to_vec();
            }
            _ => {}
        }
        vec![]
    }

    fn changed(&mut self, it: &UpdateSource, answer: &Answer) {
        let known = self.known.get_mut(&it.source);
        let present = known.as_ref().map(|it| it.revision);
        let expected = match present {
            None => Err(Rejection::NotFound),
            Some(present) if it.revision.is_some_and(|it| it != present) => {
                Err(Rejection::Revision { present })
            }
            Some(present) => Ok(Reply::Source(it.source, present + 1)),
        };
        assert_eq!(*answer, expected, "{it:?}");
        if let (Some(known), Ok(_)) = (known, answer) {
            known.revision += 1;
            known.mode = it.mode.unwrap_or(known.mode);
        }
    }

    fn received(
        &mut self,
        now: Timestamp,
        team: TeamId,
        source: SourceId,
        it: &Receive,
        answer: &Answer,
        coverage: &mut Coverage,
    ) -> Vec<EventId> {
        let Some(known) = self.known.get(&source).filter(|it| it.team == team) else {
            assert_eq!(*answer, Err(Rejection::NotFound), "{it:?}");
            return vec![];
        };
        let keys = [it.delivery, it.same_body].into_iter().flatten();
        let mut firsts = keys.clone().filter_map(|it| {
            let first = self.keys.get(&(team, it.key.0))?;
            (now < first.1).then_some(first.0)
        });
        if let Some(first) = firsts.next() {
            let expected = Ok(Reply::Received(Receipt::Duplicate(first)));
            assert_eq!(*answer, expected, "{it:?}");
            coverage.saw("webhook again");
            return vec![];
        }
        if known.mode == SourceMode::Disabled {
            assert_eq!(*answer, Err(Rejection::Disabled), "{it:?}");
            coverage.saw("webhook to a disabled source");
            return vec![];
        }
        let present = known.revision;
        if it.revision != present {
            assert_eq!(*answer, Err(Rejection::Revision { present }), "{it:?}");
            coverage.saw("webhook of an older revision");
            return vec![];
        }
        let events = match (&it.routing, answer) {
            (Routing::Dropped, Ok(Reply::Received(Receipt::Dropped))) => vec![],
            (Routing::Unmatched { event, .. }, Ok(Reply::Received(Receipt::Unmatched(kept)))) => {
                assert_eq!(event, kept);
                vec![*kept]
            }
            (Routing::Events(routed), Ok(Reply::Received(receipt))) => {
                taken(known, routed, receipt, coverage)
            }
            (Routing::Events(_), Err(Rejection::Draining)) => vec![],
            _ => panic!("{answer:?}: {it:?}"),
        };
        if let Some(first) = events.first() {
            for key in keys {
                let ends = now.after(key.kept.unwrap_or(KEPT));
                self.keys.insert((team, key.key.0), (*first, ends));
            }
        }
        events
    }
}

/// The events of a request that was taken in, all of them.
fn taken(
    known: &Known,
    routed: &[Routed],
    receipt: &Receipt,
    coverage: &mut Coverage,
) -> Vec<EventId> {
    let events = match (receipt, known.mode) {
        (Receipt::Held(events), SourceMode::Paused | SourceMode::Disabled) => events,
        // Behind what it held before.
        (Receipt::Held(events), SourceMode::Enabled) => {
            coverage.saw("held behind others");
            events
        }
        (Receipt::Accepted(events), SourceMode::Enabled | SourceMode::Disabled) => events,
        _ => panic!("{receipt:?} of {known:?}"),
    };
    let expected: Vec<_> = routed.iter().map(|it| it.event).collect();
    assert_eq!(*events, expected);
    events.clone()
}

/// What a source has accepted goes on in that order: nothing overtakes what it holds, and what it
/// lets go of has places in its order.
///
/// # Panics
/// Something did.
pub(super) fn check(events: &Events) {
    let mut of: BTreeMap<SourceId, Vec<&Event>> = BTreeMap::new();
    for event in events.values() {
        if let Origin::Source(source) = event.origin
            && is_in_its_first_order(event)
        {
            of.entry(source).or_default().push(event);
        }
    }
    for line in of.values_mut() {
        line.sort_by_key(|it| it.accepted_at);
        let is_held = |it: &Event| matches!(it.state, EventState::Held { .. });
        let mut last: Option<&Event> = None;
        let mut held: Option<&Event> = None;
        for event in line {
            if is_held(event) {
                held = held.or(Some(event));
                continue;
            }
            // What has ended while it was held was never let go of.
            let went = event.position.index > 0;
            assert!(!went || held.is_none(), "{event:#?} went before {held:#?}");
            if went {
                let before = last.is_none_or(|it| it.position < event.position);
                assert!(before, "{event:#?} has a place before {last:#?}");
                last = Some(event);
            }
        }
    }
}

/// It was not routed, replayed or handed on later, which gives it another place.
fn is_in_its_first_order(event: &Event) -> bool {
    let other = |it: &StepKind| {
        matches!(
            it,
            StepKind::Rerouted
                | StepKind::Replayed
                | StepKind::HandedOff { .. }
                | StepKind::Dead {
                    cause: DeadCause::Unmatched,
                    ..
                }
        )
    };
    let history = &event.history;
    history.dropped == 0
        && event.replayed_from.is_none()
        && !history.steps.iter().any(|it| other(&it.kind))
}
