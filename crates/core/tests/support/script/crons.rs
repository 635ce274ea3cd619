//! Verbs of crons, and what is shown of one.

use std::fmt::Write;

use ackord_core::answer::{Answer, Reply};
use ackord_core::command::{
    Command, CreateCron, CronChange, DecideTick, DedupClaim, DeleteCron, Emit, FireCron, Missed,
    Op, PauseCron, ResumeCron, UpdateCron,
};
use ackord_core::id::CronId;
use ackord_core::model::{
    CatchUp, Class, ContentHash, Cron, CronTerms, DedupKey, DedupKind, Fate, Instruction, Overlap,
    Silence, SkipCause, Watched,
};
use ackord_core::text::{Label, OrderingKey, Prompt, ScheduleText, ZoneName};
use ackord_core::time::Timestamp;

use super::line::{Line, span};
use super::verbs::{class, hash, tag};
use super::world::{BEGIN, World};

impl World {
    /// What is asked of a cron, or decided of it.
    pub(super) fn cron_op(&mut self, verb: &str, line: &mut Line) -> Op {
        let name = line.name();
        let cron = self.cron(&name);
        let known = self.cron_row(&name);
        match verb {
            "cron" => Op::CreateCron(Box::new(CreateCron {
                instruction: prompt(line).unwrap_or_else(|| said("do it")),
                anchor: instant(line, "anchor").unwrap_or(self.now),
                next: instant(line, "next"),
                silence: silence(line),
                terms: terms(&name, line),
            })),
            "set-cron" => Op::UpdateCron(Box::new(UpdateCron {
                cron,
                revision: line.number("revision"),
                instruction: prompt(line),
                anchor: instant(line, "anchor").unwrap_or(self.now),
                next: instant(line, "next"),
                silence: silence(line),
                terms: terms(&line.arg("label").unwrap_or(name), line),
            })),
            "uncron" => Op::DeleteCron(DeleteCron {
                cron,
                revision: line.number("revision"),
            }),
            "pause-cron" => Op::PauseCron(PauseCron { cron }),
            "resume-cron" => Op::ResumeCron(ResumeCron {
                cron,
                revision: revision(line, known.as_ref()),
                next: instant(line, "next").expect("it goes on then"),
            }),
            "fire" => Op::FireCron(FireCron {
                cron,
                event: self.event(&line.name()),
                dedup: line.arg("dedup").map(|it| DedupClaim {
                    key: DedupKey(hash(&it)),
                    kind: DedupKind::Client,
                    content: ContentHash(0),
                }),
            }),
            "decide" => Op::DecideTick(DecideTick {
                cron,
                revision: revision(line, known.as_ref()),
                nominal: instant(line, "at").expect("a tick has a name"),
                over: line.number("over").map(|ticks| Missed {
                    ticks,
                    last: instant(line, "last").expect("the last one has a name"),
                }),
                next: instant(line, "next"),
            }),
            _ => panic!("no such verb: {verb}"),
        }
    }

    /// What goes out with an ack.
    pub(super) fn cron_change(&mut self, verb: &str, line: &mut Line) -> CronChange {
        match self.cron_op(verb, line) {
            Op::CreateCron(it) => CronChange::Create(it),
            Op::UpdateCron(it) => CronChange::Update(it),
            Op::DeleteCron(it) => CronChange::Delete(it),
            Op::PauseCron(it) => CronChange::Pause(it),
            Op::ResumeCron(it) => CronChange::Resume(it),
            Op::FireCron(it) => CronChange::Fire(it),
            other => panic!("it does not go out with an ack: {other:?}"),
        }
    }

    fn cron(&self, name: &str) -> CronId {
        self.crons.get(name).copied().unwrap_or(CronId(999))
    }

    fn cron_row(&self, name: &str) -> Option<Cron> {
        let id = self.cron(name);
        let cron = self.machine.state.crons().find(|it| it.id == id);
        cron.map(|it| (**it).clone())
    }

    pub(super) fn learn_cron(&mut self, command: &Command, answer: &Answer) {
        match (&command.op, answer) {
            (Op::CreateCron(it), Ok(Reply::Cron(id, _))) => {
                self.crons.insert(it.terms.label.to_string(), *id);
            }
            (
                Op::DecideTick(it),
                Ok(Reply::Decided(Fate::Fired(event) | Fate::Replaced { event, .. })),
            ) => {
                let named = self.crons.iter().find(|known| *known.1 == it.cron);
                let (name, _) = named.expect("it was named when it was made");
                let at = self.say_time(it.nominal);
                self.events.insert(format!("{name}@{at}"), *event);
            }
            (Op::Ack(it), Ok(Reply::Acked { emitted, .. })) => {
                for (emit, emitted) in it.emits.iter().zip(emitted) {
                    if let (Emit::Cron(CronChange::Create(it)), Some(id)) = (emit, emitted.cron) {
                        self.crons.insert(it.terms.label.to_string(), id);
                    }
                }
            }
            (Op::Tick(_), Ok(_)) => self.learn_alarms(),
            _ => {}
        }
    }

    /// An alarm is called by what has been silent, and when it was given.
    fn learn_alarms(&mut self) {
        let crons = self.crons.iter().map(|it| (it.0, Watched::Cron(*it.1)));
        let sources = self.sources.iter().map(|it| (it.0, Watched::Source(*it.1)));
        let mut alarms = vec![];
        for (name, of) in crons.chain(sources) {
            let alarm = self.machine.state.watch(of).and_then(|it| it.alarm);
            if let Some(alarm) = alarm
                && let Some(event) = alarm.event
            {
                alarms.push((format!("{name}!{}", self.say_time(alarm.at)), event));
            }
        }
        self.events.extend(alarms);
    }

    pub(super) fn say_fate(&self, fate: Fate) -> String {
        match fate {
            Fate::Fired(event) => format!("fired {}", self.say_event(event)),
            Fate::Replaced { event, before } => format!(
                "fired {} in the place of {}",
                self.say_event(event),
                self.say_event(before)
            ),
            Fate::Skipped(cause) => {
                let cause = match cause {
                    SkipCause::Missed => "missed",
                    SkipCause::Overlap => "overlap",
                    SkipCause::Draining => "draining",
                    SkipCause::NoQueue => "no queue",
                    SkipCause::Edited => "edited",
                    SkipCause::Paused => "paused",
                };
                format!("skipped: {cause}")
            }
        }
    }

    pub(super) fn show_cron(&self, name: &str) -> String {
        let Some(cron) = self.cron_row(name) else {
            return format!("{name}: no such thing\n");
        };
        let next = match cron.next {
            Some(at) => format!("next {}", self.say_time(at)),
            None => String::from("no next"),
        };
        let paused = cron.paused.map_or("", |_| ", paused");
        let mut said = format!("{name}: revision {}, {next}{paused}\n", cron.revision);
        if let Some(last) = cron.last {
            let (nominal, at) = (self.say_time(last.nominal), self.say_time(last.at));
            let fate = self.say_fate(last.fate);
            writeln!(said, "  last {nominal}, at {at}: {fate}").expect("a string takes all");
        }
        let counts = cron.counts;
        writeln!(
            said,
            "  fired {} (replaced {}), skipped {}, by hand {}",
            counts.fired, counts.replaced, counts.skipped, counts.by_hand
        )
        .expect("a string takes all");
        said += &self.show_watch(Watched::Cron(cron.id));
        said
    }

    /// What is known of its silence; nothing if nobody asked.
    pub(super) fn show_watch(&self, of: Watched) -> String {
        let Some(watch) = self.machine.state.watch(of) else {
            return String::new();
        };
        let time = |it: Option<Timestamp>| it.map_or("never".into(), |it| self.say_time(it));
        let alarm = match watch.alarm {
            None => String::from("none"),
            Some(it) => {
                let event = it.event.map_or("nobody".into(), |it| self.say_event(it));
                format!("{event} at {}", self.say_time(it.at))
            }
        };
        let (ack, deadline) = (time(watch.last_ack), time(watch.deadline));
        format!("  last ack {ack}, alarm due {deadline}, given {alarm}\n")
    }
}

/// `silence=2h` goes to the queue of `silence_tag=`.
pub(super) fn silence(line: &mut Line) -> Option<Silence> {
    let tag = line.arg("silence_tag").unwrap_or_else(|| "ops".into());
    let class = line.arg("silence_class");
    let after = line.span("silence")?;
    Some(Silence {
        after,
        tag: super::verbs::tag(tag),
        class: class.map_or(Class::Normal, |it| super::verbs::class(&it)),
    })
}

fn terms(label: &str, line: &mut Line) -> CronTerms {
    CronTerms {
        label: Label::new(label).expect("a valid label"),
        schedule: ScheduleText::new(line.arg("schedule").unwrap_or_else(|| "@hourly".into()))
            .expect("a valid text"),
        zone: ZoneName::new(line.arg("zone").unwrap_or_else(|| "UTC".into()))
            .expect("a valid name"),
        tag: line.arg("tag").map(tag),
        class: line.arg("class").map_or(Class::Normal, |it| class(&it)),
        ordering_key: line
            .arg("key")
            .map(|it| OrderingKey::new(it).expect("a valid key")),
        ttl: line.span("ttl"),
        attempts: line
            .number("attempts")
            .map(|it| u32::try_from(it).expect("a small number")),
        lease: line.span("lease"),
        overlap: line
            .arg("overlap")
            .map_or(Overlap::Skip, |it| match it.as_str() {
                "allow" => Overlap::Allow,
                "skip" => Overlap::Skip,
                "replace" => Overlap::Replace,
                _ => panic!("no such overlap: {it}"),
            }),
        catch_up: line
            .arg("catch_up")
            .map_or(CatchUp::One, |it| match it.as_str() {
                "skip" => CatchUp::Skip,
                "one" => CatchUp::One,
                _ => CatchUp::All { max_age: span(&it) },
            }),
        starts: instant(line, "starts"),
        ends: instant(line, "ends"),
    }
}

fn said(text: &str) -> Instruction {
    Instruction::Prompt(Prompt::new(text).expect("a valid text"))
}

fn prompt(line: &mut Line) -> Option<Instruction> {
    line.arg("prompt").map(|it| said(&it))
}

fn instant(line: &mut Line, key: &str) -> Option<Timestamp> {
    line.span(key).map(|it| BEGIN.after(it))
}

/// The present one, unless the line names another.
fn revision(line: &mut Line, cron: Option<&Cron>) -> u64 {
    line.number("revision")
        .unwrap_or_else(|| cron.map_or(1, |it| it.revision))
}
