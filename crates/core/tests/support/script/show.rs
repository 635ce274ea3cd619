//! What a script can look at.

use std::collections::BTreeMap;
use std::fmt::Write;

use ackord_core::history::{DeliveryCause, ReturnCause, StepKind};
use ackord_core::id::{NodeId, QueueId, TeamId};
use ackord_core::model::{
    Class, Event, EventState, Health, Link, Mode, Node, Outcome, Phase, Queue, Session,
};
use ackord_core::rows::{Key, Row, Rows};
use ackord_core::{Why, why};

use super::approvals::say_verdict;
use super::line::Line;
use super::say::say_cause;
use super::world::World;

impl World {
    pub(crate) fn show(&mut self, verb: &str, line: &mut Line) -> String {
        let team = line.arg("team").unwrap_or_else(|| String::from("acme"));
        let team = self.teams.get(&team).copied().unwrap_or(TeamId(999));
        match verb {
            "deadline" => {
                let next = self.machine.state.next_deadline();
                next.map_or_else(|| "none\n".into(), |it| format!("{}\n", self.say_time(it)))
            }
            "outstanding" => {
                let node = NodeId(line.name().parse().expect("a node is a number"));
                let actions = self.machine.state.outstanding(node);
                let said = actions
                    .iter()
                    .map(|it| format!("> {}\n", self.say_action(it)));
                said.collect()
            }
            "why" => self.why(team, &line.name()),
            _ => match line.name().as_str() {
                "ledger" => self.show_ledger(team, &line.name()),
                "approval" => self.show_approval(&line.name()),
                "message" => self.show_message(team, &line.name()),
                "queue" => self.show_queue(team, &line.name()),
                "dead" => self.show_dead(team),
                "history" => self.show_history(team),
                "rows" => self.show_rows(),
                "cron" => self.show_cron(&line.name()),
                "nodes" => self.show_nodes(),
                name => self
                    .show_session(name)
                    .unwrap_or_else(|| self.show_event(team, name)),
            },
        }
    }

    fn show_nodes(&self) -> String {
        let show = |it: &Node| {
            let disk = it.disk.map_or_else(|| "?".into(), |it| it.to_string());
            let process = it.process.map(|it| format!(", runs {}", it.incarnation));
            let removed = it
                .removed
                .map(|at| format!(", removed at {}", self.say_time(at)));
            let (process, removed) = (process.unwrap_or_default(), removed.unwrap_or_default());
            format!(
                "{} at {}, disk {disk}{process}{removed}\n",
                it.id, it.address
            )
        };
        self.machine.state.nodes().map(show).collect()
    }

    fn why(&mut self, team: TeamId, name: &str) -> String {
        let event = self.event(name);
        let why = why(&self.machine.rows, team, event, self.now).expect("rows can be read");
        let Some(why) = why else {
            return format!("{name}: no such thing\n");
        };
        let more = match why {
            Why::Delayed { until } | Why::Backoff { until } | Why::Rate { until } => {
                format!(", until {}", self.say_time(until))
            }
            Why::OrderingKey { holder } | Why::Strict { holder } => {
                return self.named(format!("{name}: {why}\n"), holder);
            }
            Why::Leased { session } | Why::Parked { session } => {
                format!(", {}", self.say_session(session))
            }
            Why::Held { .. }
            | Why::Paused
            | Why::NoSession
            | Why::NoWellSession { .. }
            | Why::AllBusy { .. }
            | Why::Next
            | Why::Dead { .. }
            | Why::Ended { .. } => String::new(),
        };
        format!("{name}: {why}{more}\n")
    }

    fn named(&self, text: String, event: ackord_core::id::EventId) -> String {
        text.replace(&event.to_string(), &self.say_event(event))
    }

    fn show_event(&mut self, team: TeamId, name: &str) -> String {
        let key = Key::Event(team, self.event(name));
        let Some(Row::Event(event)) = self.machine.rows.get(&key).expect("rows can be read") else {
            return format!("{name}: no such thing\n");
        };
        let mut said = format!(
            "{name}: {}, delivery {}, attempts {}",
            self.say_state(&event),
            event.delivery,
            event.attempts
        );
        if let Some(note) = &event.note {
            write!(said, ", note \"{note}\"").expect("a string takes all");
        }
        if let Some(ack) = &event.ack {
            let by = ack.session.as_ref().map_or("nobody", |it| it.as_str());
            let summary = ack.summary.as_ref().map_or("", |it| it.as_str());
            write!(said, ", acked by {by} \"{summary}\"").expect("a string takes all");
        }
        said.push('\n');
        for step in &event.history.steps {
            let at = self.say_time(step.at);
            writeln!(said, "  {at} {}", self.say_step(&step.kind)).expect("a string takes all");
        }
        said
    }

    fn say_state(&self, event: &Event) -> String {
        match event.state {
            EventState::Delayed { until } => format!("delayed until {}", self.say_time(until)),
            EventState::Held { until: None } => String::from("held"),
            EventState::Held { until: Some(until) } => {
                format!("held, and delayed until {}", self.say_time(until))
            }
            EventState::Ready => String::from("ready"),
            EventState::Waiting => String::from("waiting"),
            EventState::Leased { session } => format!("leased to {}", self.say_session(session)),
            EventState::Parked { session } => format!("parked on {}", self.say_session(session)),
            EventState::Backoff { until } => format!("backoff until {}", self.say_time(until)),
            EventState::Dead { cause, .. } => format!("dead: {}", say_cause(cause)),
            EventState::Ended { outcome, .. } => say_outcome(outcome).into(),
        }
    }

    fn say_step(&self, step: &StepKind) -> String {
        let because = |it: &Option<_>| match it {
            None => String::new(),
            Some(reason) => format!(": {reason}"),
        };
        match step {
            StepKind::Accepted => String::from("accepted"),
            StepKind::Due => String::from("due"),
            StepKind::Leased {
                session,
                delivery,
                cause,
            } => {
                let cause = match cause {
                    DeliveryCause::First => "first",
                    DeliveryCause::Again => "again",
                    DeliveryCause::Takeover => "takeover",
                    DeliveryCause::Resume => "resume",
                };
                let session = self.say_session(*session);
                format!("delivery {delivery} to {session}, {cause}")
            }
            StepKind::Returned {
                delivery,
                cause,
                reason,
            } => {
                let cause = match cause {
                    ReturnCause::Unconfirmed => "unconfirmed",
                    ReturnCause::Unclaimed => "unclaimed",
                    ReturnCause::SessionLost => "session lost",
                    ReturnCause::LeaseExpired => "lease expired",
                    ReturnCause::Nack => "nack",
                };
                format!("delivery {delivery} returned, {cause}{}", because(reason))
            }
            StepKind::Parked { delivery } => format!("delivery {delivery} parked"),
            StepKind::Dead { cause, reason } => {
                format!("dead, {}{}", say_cause(*cause), because(reason))
            }
            StepKind::Acked { delivery } => format!("delivery {delivery} acked"),
            StepKind::Cancelled { reason } => format!("cancelled{}", because(reason)),
            StepKind::Replayed => String::from("replayed"),
            StepKind::Purged => String::from("purged"),
            StepKind::Held => String::from("held"),
            StepKind::Released => String::from("released"),
            StepKind::Rerouted => String::from("rerouted"),
            StepKind::HandedOff { delivery, to, .. } => {
                format!("delivery {delivery} handed it off to {to}")
            }
            StepKind::Forced {
                delivery,
                key,
                reason,
            } => format!("delivery {delivery} forced {key}{}", because(reason)),
            StepKind::Approval {
                delivery,
                tool,
                verdict,
                reason,
                ..
            } => {
                let verdict = say_verdict(*verdict);
                format!("delivery {delivery} {verdict} {tool}{}", because(reason))
            }
        }
    }

    fn show_session(&self, name: &str) -> Option<String> {
        let session = self
            .machine
            .state
            .sessions()
            .find(|it| it.key.as_str() == name);
        Some(self.say_session_row(session?))
    }

    fn say_session_row(&self, session: &Session) -> String {
        let mut said = format!("{}: ", session.key);
        match session.link {
            Link::Attached => write!(said, "attached to {}", session.node),
            Link::Detached { since, until } => write!(
                said,
                "detached since {}, kept until {}",
                self.say_time(since),
                self.say_time(until)
            ),
        }
        .expect("a string takes all");
        said.push_str(match session.health {
            Health::Well => "",
            Health::Unreachable => ", unreachable",
            Health::Deaf => ", deaf",
        });
        if let Some(lease) = session.lease {
            let phase = match lease.phase {
                Phase::Offered => "offered",
                Phase::Confirmed => "confirmed",
                Phase::Claimed => "claimed",
            };
            let fence = ackord_core::command::Fence {
                event: lease.event,
                delivery: lease.delivery,
            };
            let (fence, until) = (self.say_fence(fence), self.say_time(lease.until));
            let cap = self.say_time(lease.cap);
            write!(said, ", {phase} {fence} until {until}, cap {cap}").expect("a string takes all");
        }
        if let Some(parked) = session.parked {
            write!(
                said,
                ", parked {}/{}",
                self.say_event(parked.event),
                parked.delivery
            )
            .expect("a string takes all");
        }
        said.push('\n');
        said
    }

    fn show_queue(&self, team: TeamId, name: &str) -> String {
        let queue =
            self.machine.state.queues().find(|it| {
                it.team == team && it.tag.as_ref().map_or("-", |it| it.as_str()) == name
            });
        let Some(queue) = queue else {
            return format!("{name}: no such queue\n");
        };
        let mode = match queue.mode {
            Mode::Active => "active",
            Mode::Paused => "paused",
            Mode::Draining => "draining",
        };
        let mut said = format!("{name}: {mode}, revision {}\n", queue.revision);
        for class in Class::ALL {
            let ready = self.ready(queue.id, class);
            if !ready.is_empty() {
                writeln!(said, "  ready, {class:?}: {}", ready.join(" "))
                    .expect("a string takes all");
            }
        }
        let Queue {
            delayed,
            backoff,
            waiting,
            dead,
            held,
            ..
        } = queue;
        for (count, what) in [
            (delayed, "delayed"),
            (backoff, "backoff"),
            (waiting, "waiting"),
            (dead, "dead"),
            (held, "held"),
        ] {
            if *count > 0 {
                writeln!(said, "  {what}: {count}").expect("a string takes all");
            }
        }
        if let Some(hold) = queue.strict_hold {
            writeln!(said, "  blocked by {}", self.say_event(hold.event))
                .expect("a string takes all");
        }
        said
    }

    /// Ready events of a class in the order of their places.
    fn ready(&self, queue: QueueId, class: Class) -> Vec<String> {
        let mut ready = BTreeMap::new();
        for (key, row) in self.machine.rows.all() {
            if let (Key::Fresh(id, of, at) | Key::Returned(id, of, at), Row::EventRef(event)) =
                (key, row)
                && (*id, *of) == (queue, class)
            {
                ready.insert(*at, self.say_event(*event));
            }
        }
        ready.into_values().collect()
    }

    fn show_dead(&self, team: TeamId) -> String {
        let mut said = String::new();
        for (key, row) in self.machine.rows.all() {
            if let (Key::Dead(of, _), Row::DeadLetter(it)) = (key, row)
                && *of == team
            {
                let (event, at) = (self.say_event(it.event), self.say_time(it.at));
                writeln!(said, "{event}: {} at {at}", say_cause(it.cause))
                    .expect("a string takes all");
            }
        }
        said
    }

    fn show_history(&self, team: TeamId) -> String {
        let mut said = String::new();
        for (key, row) in self.machine.rows.all() {
            if let (Key::Finished(of, _), Row::Finished(it)) = (key, row)
                && *of == team
            {
                let (event, at) = (self.say_event(it.event), self.say_time(it.at));
                writeln!(said, "{event}: {} at {at}", say_outcome(it.outcome))
                    .expect("a string takes all");
            }
        }
        said
    }

    /// How many rows of events there are.
    fn show_rows(&self) -> String {
        let count =
            |of: fn(&Key) -> bool| self.machine.rows.all().keys().filter(|it| of(it)).count();
        let counts = [
            ("events", count(|it| matches!(it, Key::Event(..)))),
            ("contents", count(|it| matches!(it, Key::Content(..)))),
            ("dedup keys", count(|it| matches!(it, Key::Dedup(..)))),
            ("lanes", count(|it| matches!(it, Key::Lane(..)))),
            ("due", count(|it| matches!(it, Key::Due(..)))),
            ("sessions", count(|it| matches!(it, Key::Session(..)))),
            ("jobs", count(|it| matches!(it, Key::Job(..)))),
        ];
        let said = counts.map(|(what, count)| format!("{what} {count}"));
        format!("{}\n", said.join(", "))
    }
}

fn say_outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Done => "done",
        Outcome::Cancelled => "cancelled",
        Outcome::Purged => "purged",
    }
}
