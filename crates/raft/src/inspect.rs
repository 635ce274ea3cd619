//! What is wrong with the disk of a node that does not run, and what to do about it. Nothing is
//! changed: each check says what it found.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::error::Error;

use ackord_core::State;
use ackord_core::invariants;
use ackord_store::{LOST_ADVICE, LogEnd, LogFault, LogSurvey, OpenError, RowView, Stopped};
use bytes::Bytes;

use crate::record::{self, Applied, RecordError};
use crate::types::{LogId, Membership, Payload};

/// Events up to which the rules of the machine are checked unless that is asked for: the check
/// holds all rows in memory.
const EVENTS_MAX: u64 = 1_000_000;
/// Faults of one check that are told.
const FAULTS_TOLD: usize = 20;

/// What to do about the disk of a member that is not what the member has promised to keep: the others
/// have it all.
const OF_A_MEMBER: &str = "do not start the node again under this identity: remove it from the cluster, move the \
                           data directory away, and let it join with an empty one";
/// The same of a node that is alone: there is nothing to join.
const ALONE: &str = "keep the data directory, it is the only copy, and start no empty one in its place: look for \
                     errors of the disk in the logs of the node and of the system, and restore the disk";
/// One check, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What was looked at.
    pub name: &'static str,
    /// What it is like.
    pub found: String,
    /// What came of it.
    pub verdict: Verdict,
}

/// What came of a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is as it should be.
    Good,
    /// It was not looked at, because of something else.
    Skipped,
    /// It is not as it should be.
    Bad {
        /// What is wrong; the first of it, if it is much.
        faults: Vec<String>,
        /// What to do.
        advice: &'static str,
    },
}

impl Check {
    fn good(name: &'static str, found: impl Into<String>) -> Self {
        Self::of(name, found, Vec::new())
    }

    fn skipped(name: &'static str, why: &str) -> Self {
        Self {
            name,
            found: why.to_owned(),
            verdict: Verdict::Skipped,
        }
    }

    /// Good, if there are no faults.
    fn of(name: &'static str, found: impl Into<String>, mut faults: Vec<String>) -> Self {
        faults.truncate(FAULTS_TOLD);
        let advice = LOST_ADVICE;
        Self {
            name,
            found: found.into(),
            verdict: match faults.is_empty() {
                true => Verdict::Good,
                false => Verdict::Bad { faults, advice },
            },
        }
    }

    fn failed(name: &'static str, error: &OpenError) -> Self {
        Self {
            name,
            found: "cannot be read".to_owned(),
            verdict: Verdict::Bad {
                faults: vec![chain(error)],
                advice: error.advice(),
            },
        }
    }

    /// Says more exactly what to do, now that it is known with whom the node is.
    fn advise(&mut self, company: Company) {
        if let Verdict::Bad { advice, .. } = &mut self.verdict
            && *advice == LOST_ADVICE
        {
            *advice = company.advice();
        }
    }
}

/// Looks at everything on a disk. `thorough`: checks the rules of the machine however many events
/// there are.
#[must_use]
pub fn inspect(disk: &Stopped, thorough: bool) -> Vec<Check> {
    let (log, mut checks) = look_at_log(disk);
    checks.insert(0, identity(disk, log.as_ref()));
    checks.push(log_end(disk, log.as_ref()));
    let rows = disk.rows();
    match &rows {
        Err(error) => checks.push(Check::failed("rows", error)),
        Ok(None) => checks.push(Check::good("rows", "none yet")),
        Ok(Some(rows)) => checks.extend(look_at_rows(rows, log.as_ref(), thorough)),
    }
    if matches!(rows, Ok(None)) && log.as_ref().is_some_and(|it| it.survey.purged.is_some()) {
        let fault = "the log was purged, which takes flushed rows, and there are none";
        checks.push(Check::of("applied", "nothing", vec![fault.to_owned()]));
    }
    checks.push(leftovers(disk));
    let rows = rows.as_ref().ok().and_then(Option::as_ref);
    let company = Company::of(disk, log.as_ref(), rows);
    checks.iter_mut().for_each(|it| it.advise(company));
    checks
}

/// With whom the node of a disk is, as far as the disk says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Company {
    /// With nobody: what is on its disk is nowhere else.
    Alone,
    /// With other members.
    Others,
    /// The disk does not say.
    Unknown,
}

impl Company {
    fn of(disk: &Stopped, log: Option<&Log>, rows: Option<&RowView>) -> Self {
        let identity = disk.identity().ok().flatten();
        let own = identity.as_ref().map(|it| it.0.node.0);
        let first = identity.map(|it| it.1.len());
        if first == Some(0) {
            // It began alone, and no cluster takes it in.
            return Self::Alone;
        }
        let of_log = log.and_then(|it| it.members.clone());
        let announced = log.and_then(|it| decided(it.installing.as_ref()?));
        let of_rows = rows.and_then(members_of_rows);
        let known = [of_log, announced, of_rows].into_iter().flatten();
        match (known.max_by_key(|it| it.0), own) {
            (Some((_, nodes)), Some(own)) if nodes.iter().all(|it| *it == own) => Self::Alone,
            // Perhaps others have removed it.
            (Some((_, nodes)), None) if nodes.len() < 2 => Self::Unknown,
            (Some(_), _) => Self::Others,
            (None, _) if first > Some(1) => Self::Others,
            (None, _) => Self::Unknown,
        }
    }

    const fn advice(self) -> &'static str {
        match self {
            Self::Alone => ALONE,
            Self::Others => OF_A_MEMBER,
            Self::Unknown => LOST_ADVICE,
        }
    }
}

/// The entry that decided on the members, and who they are.
type Decided = (u64, BTreeSet<u64>);

fn members_of_rows(rows: &RowView) -> Option<Decided> {
    let bytes = rows.applied().ok()??;
    decided(&record::decode_applied(&bytes).ok()?)
}

/// The members as of rows; none: the rows have none yet.
fn decided(applied: &Applied) -> Option<Decided> {
    let at = (*applied.membership.log_id())?;
    Some((at.index, nodes(applied.membership.membership())))
}

fn nodes(membership: &Membership) -> BTreeSet<u64> {
    membership.nodes().map(|it| *it.0).collect()
}

/// A log that can be read.
struct Log {
    survey: LogSurvey,
    purged: Option<LogId>,
    installing: Option<Applied>,
    members: Option<Decided>,
}

fn identity(disk: &Stopped, log: Option<&Log>) -> Check {
    const NAME: &str = "identity";
    match disk.identity() {
        Err(error) => Check::failed(NAME, &error),
        Ok(Some((identity, members))) => Check::good(
            NAME,
            format!(
                "{} of cluster {:032x}, disk {:016x}, {} first members",
                identity.node,
                identity.cluster,
                identity.incarnation,
                members.len().max(1)
            ),
        ),
        Ok(None) if log.is_some_and(|it| it.survey.end > 0 || it.survey.vote.is_some()) => {
            let fault = "the log has records, and nobody knows whose";
            Check::of(NAME, "missing", vec![fault.to_owned()])
        }
        Ok(None) => Check::good(NAME, "none yet: the disk belongs to nobody"),
    }
}

fn look_at_log(disk: &Stopped) -> (Option<Log>, Vec<Check>) {
    const RECORDS: &str = "log records";
    let mut records = Records::default();
    let survey = match disk.log(&mut |index, bytes| records.look(index, &bytes)) {
        Err(error) => {
            let why = "the log cannot be read";
            let checks = vec![Check::failed("log", &error), Check::skipped(RECORDS, why)];
            return (None, checks);
        }
        Ok(None) => return (None, vec![Check::good("log", "none yet")]),
        Ok(Some(survey)) => survey,
    };
    let mut faults: Vec<_> = survey.faults.iter().map(LogFault::to_string).collect();
    if survey.fault_count > faults.len() {
        faults.push(format!("and {} more", survey.fault_count - faults.len()));
    }
    let found = match survey.first {
        None => format!("no entries, the next is {}", survey.end),
        Some(first) => format!("entries {first} to {}", survey.end.saturating_sub(1)),
    };
    let log = Check::of("log", found, faults);

    let purged = records.known(
        "the purge record",
        survey.purged.as_deref(),
        record::decode_log_id,
    );
    let applied = survey.installing.as_deref();
    let installing = records.known("the announcement of rows", applied, record::decode_applied);
    let vote = records.known("the vote", survey.vote.as_deref(), record::decode_vote);
    let term = vote.map(|it| it.leader_id.term);
    if records.last.map(|it| it.leader_id.term) > term {
        records.fault("the last entry is of a later term than the vote".to_owned());
    }
    let term = term.map_or("no vote".to_owned(), |it| format!("vote of term {it}"));
    let found = format!("{} commands, {term}", records.commands);
    let members = records.members;
    let records = Check::of(RECORDS, found, records.faults);
    let log_view = Log {
        survey,
        purged,
        installing,
        members,
    };
    (Some(log_view), vec![log, records])
}

/// What the entries of a log are like.
#[derive(Default)]
struct Records {
    last: Option<LogId>,
    commands: usize,
    /// As of the last entry that says so.
    members: Option<Decided>,
    faults: Vec<String>,
}

impl Records {
    fn look(&mut self, index: u64, bytes: &Bytes) {
        let entry = match record::decode_entry(index, bytes) {
            Ok(entry) => entry,
            Err(error) => return self.fault(format!("entry {index}: {}", chain(&error))),
        };
        if self
            .last
            .is_some_and(|it| it.leader_id > entry.log_id.leader_id)
        {
            self.fault(format!(
                "entry {index} is of an earlier term than the one before"
            ));
        }
        self.last = Some(entry.log_id);
        match entry.payload {
            Payload::Blank => {}
            Payload::Membership(it) => self.members = Some((index, nodes(&it))),
            Payload::Normal(proposal) => match ackord_proto::entry::decode(proposal.bytes) {
                Ok(entry) => self.commands += entry.commands.len(),
                Err(error) => self.fault(format!("entry {index}: {}", chain(&error))),
            },
        }
    }

    /// A record, decoded if it is there and can be.
    fn known<T>(
        &mut self,
        name: &str,
        bytes: Option<&[u8]>,
        decode: impl Fn(&[u8]) -> Result<T, RecordError>,
    ) -> Option<T> {
        match decode(bytes?) {
            Ok(it) => Some(it),
            Err(error) => {
                self.fault(format!("{name}: {}", chain(&error)));
                None
            }
        }
    }

    fn fault(&mut self, fault: String) {
        self.faults.push(fault);
    }
}

fn log_end(disk: &Stopped, log: Option<&Log>) -> Check {
    const NAME: &str = "log end";
    let has_records = log.is_some_and(|it| it.survey.end > 0 || it.survey.vote.is_some());
    let LogEnd { end, sound_slots } = match disk.log_end() {
        Err(error) => return Check::failed(NAME, &error),
        Ok(None) if has_records => {
            let fault = "the log has records, and nobody knows how far it was durable";
            return Check::of(NAME, "missing", vec![fault.to_owned()]);
        }
        Ok(None) => return Check::good(NAME, "none yet"),
        Ok(Some(it)) => it,
    };
    let found = format!("durable before {end}, {sound_slots} of 2 slots sound");
    match log {
        Some(log) if log.survey.end < end => {
            let ends = log.survey.end;
            let fault = format!("the log ends before {ends}, and was durable before {end}");
            Check::of(NAME, found, vec![fault])
        }
        None if end > 0 => {
            let fault = format!("the log was durable before {end}, and cannot be read");
            Check::of(NAME, found, vec![fault])
        }
        _ => Check::good(NAME, found),
    }
}

fn look_at_rows(rows: &RowView, log: Option<&Log>, thorough: bool) -> Vec<Check> {
    let survey = match rows.survey() {
        Err(source) => {
            let error = OpenError::Damaged {
                what: "the rows",
                source,
            };
            let why = "rows cannot be read";
            return vec![Check::failed("rows", &error), Check::skipped("state", why)];
        }
        Ok(survey) => survey,
    };
    let mut faults = survey.faults;
    if survey.fault_count > faults.len() {
        faults.push(format!("and {} more", survey.fault_count - faults.len()));
    }
    let sound = faults.is_empty();
    let found = format!("{} rows, {} events", survey.rows, survey.events);
    let mut checks = vec![Check::of("rows", found, faults), applied(rows, log)];
    if !sound {
        checks.push(Check::skipped("state", "some rows cannot be read"));
    } else if survey.events > EVENTS_MAX && !thorough {
        let why = "more than a million events: --thorough checks them, and holds them in memory";
        checks.push(Check::skipped("state", why));
    } else {
        checks.push(state(rows));
    }
    checks
}

/// How far the rows are, beside what the log has.
fn applied(rows: &RowView, log: Option<&Log>) -> Check {
    const NAME: &str = "applied";
    let applied = match rows.applied() {
        Err(source) => {
            let what = "the rows";
            return Check::failed(NAME, &OpenError::Io { what, source });
        }
        Ok(None) => Applied::default(),
        Ok(Some(bytes)) => match record::decode_applied(&bytes) {
            Ok(applied) => applied,
            Err(error) => return Check::of(NAME, "cannot be read", vec![chain(&error)]),
        },
    };
    let index = applied.last.map(|it| it.index);
    let found = index.map_or("nothing".to_owned(), |it| format!("up to entry {it}"));
    let mut faults = Vec::new();
    if let Some(log) = log {
        let announced = log.installing.as_ref() == Some(&applied);
        if let Some(ahead) = index.filter(|it| *it >= log.survey.end && !announced) {
            let end = log.survey.end;
            faults.push(format!(
                "the rows have entry {ahead}, the log ends before {end}"
            ));
        }
        if let Some(purged) = log.purged.filter(|it| Some(it.index) > index) {
            let purged = purged.index;
            faults.push(format!(
                "the log was purged up to {purged}, which the rows lack"
            ));
        }
    }
    Check::of(NAME, found, faults)
}

fn state(rows: &RowView) -> Check {
    const NAME: &str = "state";
    match State::restore(rows) {
        Err(error) => Check::of(NAME, "does not restore", vec![error.to_string()]),
        Ok(state) => match invariants::check(&state, rows) {
            Ok(()) => Check::good(NAME, "restores, and keeps all rules"),
            Err(broken) => {
                let faults = broken.lines().map(str::to_owned).collect();
                Check::of(NAME, "breaks rules", faults)
            }
        },
    }
}

/// Never a fault: the next start removes them.
fn leftovers(disk: &Stopped) -> Check {
    const NAME: &str = "leftovers";
    match disk.leftovers() {
        Err(error) => Check::failed(NAME, &error),
        Ok(left) if left.is_empty() => Check::good(NAME, "none"),
        Ok(left) => {
            let left = left.join(", ");
            Check::good(NAME, format!("{left}: the next start removes them"))
        }
    }
}

/// An error and its causes, in one line.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(it) = cause {
        text.push_str(": ");
        text.push_str(&it.to_string());
        cause = it.source();
    }
    text
}
