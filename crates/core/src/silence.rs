//! Dead man's switches: a cron or a source none of whose events was acknowledged for so long is told
//! of, by an event of its own. One for each silence: the next ack ends it, and begins the next wait.
//!
//! Nothing is expected, and nothing told, of a cron that is paused or has no tick to come, and of a
//! source that is not enabled. When that changes, the wait begins anew: that of a cron at its first
//! tick. The last tick of a cron ends no wait: its event may be the one that nobody acknowledges.
//!
//! Nothing is told for a while after an outage of the whole cluster, in which nobody could acknowledge
//! anything. The log itself shows one: something was due, and for long nobody led who would have seen to it.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use bytes::Bytes;

use crate::answer::Rejection;
use crate::arrival::{Arrival, Door, Times};
use crate::batch::Batch;
use crate::id::{EventId, TeamId};
use crate::limits::{SILENCE_GRACE, SILENCE_MAX, SILENCE_MIN, TICK_LATE};
use crate::model::{Alarm, Content, Event, Origin, Silence, SourceMode, Watch, Watched};
use crate::planted::{Bug, is_planted};
use crate::rows::RowError;
use crate::state::State;
use crate::text::{ContentType, EventType, MetaKey, MetaValue};
use crate::time::{Millis, Timestamp};

/// What kind of event an alarm is. No submit has it.
pub(crate) const SILENCE_TYPE: &str = "ackord.silence";
/// The media type of its body.
const TEXT: &str = "text/plain; charset=utf-8";

impl Silence {
    pub(crate) fn check(&self) -> Result<(), Rejection> {
        match (SILENCE_MIN..=SILENCE_MAX).contains(&self.after) {
            true => Ok(()),
            false => Err(Rejection::Invalid("silence.after: 1 second to 366 days")),
        }
    }
}

impl Watch {
    /// The wait begins at this instant; none: nothing is expected.
    fn expect(&mut self, from: Option<Timestamp>) {
        let mut after = self.silence.after;
        if is_planted(Bug::SilenceEarly) {
            after = Millis(after.0 / 2);
        }
        self.deadline = from.map(|it| it.after(after));
        if from.is_some() {
            self.alarm = None;
        }
    }

    /// The event of the alarm that this deadline brings, whoever decides it.
    fn event(&self, deadline: Timestamp) -> EventId {
        /// Apart from what a draw gives and from ticks, as far as 16 bits can be.
        const MARKS: [u128; 2] = [0x51c0, 0x51c1];
        let (mark, id) = match self.of {
            Watched::Cron(id) => (MARKS[0], id.0),
            Watched::Source(id) => (MARKS[1], id.0),
        };
        EventId::new(deadline.0, (mark << 64) | u128::from(id))
    }
}

impl State {
    /// Log time comes to this instant, and never goes back.
    pub(crate) fn come_to(&mut self, at: Timestamp) {
        let before = self.meta.now;
        let now = before.max(at);
        // Once: what is late for another reason does not put alarms off for ever.
        if self.meta.alarms_from <= before && self.was_out(now) {
            self.meta.alarms_from = now.after(SILENCE_GRACE);
        }
        self.meta.now = now;
    }

    /// Whether something has been due for so long that nobody can have led. Only what is in the memory
    /// of every node counts: the due index is read ahead by some, and not by others.
    fn was_out(&self, now: Timestamp) -> bool {
        if self.meta.cluster == 0 {
            return false;
        }
        let due = [
            self.deadlines.first().map(|it| it.0),
            self.approval_deadlines.first().map(|it| it.0),
            self.next_alarm(),
            self.next_cron(),
            Some(self.meta.sweep_next),
        ];
        let first = due.into_iter().flatten().min();
        first.is_some_and(|it| now.since(it) > TICK_LATE)
    }

    /// When the next silence is told of.
    pub(crate) fn next_alarm(&self) -> Option<Timestamp> {
        let (mut deadline, _) = *self.silences.first()?;
        if is_planted(Bug::SilenceLate) {
            deadline = deadline.after(Millis(3_000));
        }
        Some(deadline.max(self.meta.alarms_from))
    }

    pub(crate) fn add_watch(&mut self, watch: Watch) {
        let deadline = watch.deadline.map(|at| (at, watch.of));
        self.silences.extend(deadline);
        self.watches.insert(watch.of, watch);
    }

    fn remove_watch(&mut self, of: Watched) -> Option<Watch> {
        let watch = self.watches.remove(&of)?;
        if let Some(at) = watch.deadline {
            self.silences.remove(&(at, of));
        }
        Some(watch)
    }

    /// Whether events of it are to be expected at present.
    pub(crate) fn is_expected(&self, of: Watched) -> bool {
        match of {
            Watched::Cron(id) => self.crons.get(&id).is_some_and(|it| it.next.is_some()),
            Watched::Source(id) => {
                let source = self.sources.get(&id);
                source.is_some_and(|it| it.mode == SourceMode::Enabled)
            }
        }
    }

    /// From when on events of it are to be expected; none: none are.
    fn expected_from(&self, of: Watched, now: Timestamp) -> Option<Timestamp> {
        let first = match of {
            Watched::Cron(id) => self.crons.get(&id)?.next?,
            Watched::Source(_) => now,
        };
        self.is_expected(of).then_some(first.max(now))
    }

    /// Whether it has come to its end by itself.
    fn has_run_out(&self, of: Watched) -> bool {
        let Watched::Cron(id) = of else { return false };
        let cron = self.crons.get(&id);
        cron.is_some_and(|it| it.next.is_none() && it.paused.is_none())
    }

    /// What it depends on whether an alarm is to come: acks are expected, or it has run out and they were.
    pub(crate) fn waits_for(&self, of: Watched) -> (bool, bool) {
        (self.is_expected(of), self.has_run_out(of))
    }

    /// What an alarm calls it: what it is, its name for people, the fact that names it, and its id.
    fn name(&self, of: Watched) -> (&'static str, String, &'static str, String) {
        match of {
            Watched::Cron(id) => {
                let cron = self.crons.get(&id);
                let label = cron.map(|it| it.terms.label.to_string());
                (
                    "cron",
                    label.unwrap_or_default(),
                    "ackord.cron_label",
                    id.to_string(),
                )
            }
            Watched::Source(id) => {
                let source = self.sources.get(&id);
                let slug = source.map(|it| it.slug.to_string());
                (
                    "source",
                    slug.unwrap_or_default(),
                    "ackord.source_slug",
                    id.to_string(),
                )
            }
        }
    }
}

impl Batch<'_> {
    /// From now on it is watched so, or not at all. What is watched as before goes on.
    pub(crate) fn set_silence(&mut self, team: TeamId, of: Watched, silence: Option<&Silence>) {
        let present = self.state.watches.get(&of);
        if present.map(|it| &it.silence) == silence {
            return;
        }
        let present = self.state.remove_watch(of);
        self.touch_watch(of);
        let Some(silence) = silence.cloned() else {
            return;
        };
        let watch = match present {
            // Who hears of it, and how, is no other silence.
            Some(present) if present.silence.after == silence.after => Watch { silence, ..present },
            present => {
                let mut watch = Watch {
                    of,
                    team,
                    silence,
                    last_ack: present.and_then(|it| it.last_ack),
                    deadline: None,
                    alarm: None,
                };
                watch.expect(self.state.expected_from(of, self.now()));
                watch
            }
        };
        self.state.add_watch(watch);
    }

    /// Events of it are expected from now on, or none any more.
    pub(crate) fn expect_acks(&mut self, of: Watched) {
        if !self.state.has_run_out(of) {
            let from = self.state.expected_from(of, self.now());
            self.change_watch(of, |it| it.expect(from));
        }
    }

    /// An event was acknowledged. That an alarm was is no sign of life.
    pub(crate) fn heard_of_work(&mut self, event: &Event) {
        let of = match &event.origin {
            Origin::Cron(id) => Watched::Cron(*id),
            Origin::Source(id) => Watched::Source(*id),
            Origin::Token(_) | Origin::Session(_) => return,
        };
        if event.event_type.as_str() == SILENCE_TYPE {
            return;
        }
        let now = self.now();
        let from = self.state.is_expected(of).then_some(now);
        self.change_watch(of, |it| {
            it.last_ack = Some(now);
            it.alarm = None;
            if !is_planted(Bug::AckEndsNoSilence) {
                it.expect(from);
            }
        });
    }

    fn change_watch(&mut self, of: Watched, change: impl FnOnce(&mut Watch)) {
        let Some(mut watch) = self.state.remove_watch(of) else {
            return;
        };
        change(&mut watch);
        self.touch_watch(of);
        self.state.add_watch(watch);
    }

    /// Tells of the silences that have lasted long enough. Answers how many.
    pub(crate) fn tell_of_silences(&mut self) -> Result<usize, RowError> {
        let mut told = 0;
        while self.has_room()
            && self.state.next_alarm().is_some_and(|it| it <= self.now())
            && let Some((deadline, of)) = self.state.silences.first().copied()
        {
            let watch = self.state.watches[&of].clone();
            let event = match is_planted(Bug::SilenceForgotten) {
                true => None,
                false => self.alarm(&watch, deadline)?,
            };
            let at = self.now();
            self.change_watch(of, |it| {
                let again = is_planted(Bug::SilenceTwice);
                it.deadline = again.then(|| at.after(it.silence.after));
                it.alarm = Some(Alarm { at, event });
            });
            told += 1;
        }
        Ok(told)
    }

    /// Queues an alarm, where its queue is draining too: nobody else would tell. None: the team may have
    /// no more queues.
    fn alarm(&mut self, watch: &Watch, deadline: Timestamp) -> Result<Option<EventId>, RowError> {
        let tag = Some(&watch.silence.tag);
        let Ok(queue) = self.ensure_queue(watch.team, tag) else {
            return Ok(None);
        };
        let event = watch.event(deadline);
        let (kind, name, name_fact, id) = self.state.name(watch.of);
        let seconds = watch.silence.after.0.div_ceil(1000);
        let said = format!("No event of {kind} {name} was acknowledged for {seconds} s.");
        let content = Content {
            content_type: Some(ContentType::new(TEXT).expect("a valid type")),
            meta: facts(watch, (kind, id), (name_fact, name)),
            instruction: None,
            shown_bytes: None,
            body: Bytes::from(said),
        };
        let arrival = Arrival {
            event,
            team: watch.team,
            queue,
            origin: match watch.of {
                Watched::Cron(id) => Origin::Cron(id),
                Watched::Source(id) => Origin::Source(id),
            },
            class: watch.silence.class,
            ordering_key: None,
            event_type: EventType::new(SILENCE_TYPE).expect("a valid type"),
            times: Times {
                not_before: None,
                expires: None,
            },
            attempts: None,
            lease: None,
            replayed_from: None,
            content,
        };
        self.admit(arrival, Door::Queue)?;
        self.dispatch(queue)?;
        Ok(Some(event))
    }
}

/// Verified facts, sorted by name.
fn facts(
    watch: &Watch,
    (kind, id): (&str, String),
    (name_fact, name): (&str, String),
) -> Vec<(MetaKey, MetaValue)> {
    let mut facts = vec![
        (format!("ackord.{kind}"), id),
        (name_fact.to_string(), name),
        (
            "ackord.silent_for_ms".to_string(),
            watch.silence.after.0.to_string(),
        ),
    ];
    if let Some(at) = watch.last_ack {
        facts.push(("ackord.last_ack_at_ms".to_string(), at.0.to_string()));
    }
    facts.sort();
    let fact = |(key, value): (String, String)| {
        let key = MetaKey::new(key).expect("a valid name");
        (
            key,
            MetaValue::new(value).expect("a name or a number is a valid value"),
        )
    };
    facts.into_iter().map(fact).collect()
}
