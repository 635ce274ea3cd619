//! What the answers of several nodes say together.

use std::time::Duration;

use ackord_client::Error;
use ackord_client::v1::{GetStatusResponse, Member, NodeRole, Passing};
use serde::Serialize;

use crate::cli::output::Row;
use crate::cli::values::{bytes, stated, word};

/// A leader that has not heard a member for so long does not count on it.
const SILENT: Duration = Duration::from_secs(2);
/// A member that lacks more entries than this is not just about to have them.
const BEHIND: u64 = 10_000;

/// A server, and what it said.
pub(super) struct Asked {
    pub(super) server: String,
    pub(super) answer: Result<GetStatusResponse, Error>,
}

/// How a member is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Health {
    /// It answers, and follows.
    Ok,
    /// It lacks many entries of the leader's log.
    Behind,
    /// Its clock is off, so that it does not lead.
    ClockOff,
    /// It was asked to stop, and hands over what it has.
    Draining,
    /// It answers, and knows no leader.
    NoLeader,
    /// It does not answer, or the leader does not hear it.
    Unreachable,
    /// It belongs to another cluster than the first server.
    OtherCluster,
    /// Nobody who answered knows.
    Unknown,
}

/// A member of the cluster, or a server that could be one.
#[derive(Debug, Serialize)]
pub(super) struct MemberView {
    node_id: Option<String>,
    server: Option<String>,
    peer_address: Option<String>,
    role: Option<String>,
    /// What a change of members that is not done yet does to its vote.
    passing: Option<String>,
    term: Option<u64>,
    last_log_index: Option<u64>,
    committed_index: Option<u64>,
    applied_index: Option<u64>,
    flushed_index: Option<u64>,
    /// Entries of the leader's log that it lacks.
    lag: Option<u64>,
    /// How far its wall clock is ahead of the cluster's.
    clock_offset_ms: Option<i64>,
    /// Files of its log, and of its log and rows.
    log_bytes: Option<u64>,
    disk_bytes: Option<u64>,
    version: Option<String>,
    /// The cluster's format, and the greatest that the program knows.
    format: Option<u32>,
    known_format: Option<u32>,
    health: Health,
    /// Why it is so; none if it is well.
    why: Option<String>,
}

/// All members, by their numbers, and then the servers of which nobody knows who they are.
pub(super) fn views(asked: &[Asked]) -> Vec<MemberView> {
    let answers: Vec<_> = asked
        .iter()
        .filter_map(|it| it.answer.as_ref().ok())
        .collect();
    let cluster = answers.first().map_or("", |it| it.cluster_id.as_str());
    let ours = answers.iter().filter(|it| it.cluster_id == cluster);
    let leads = |it: &&&GetStatusResponse| it.role() == NodeRole::Leader;
    // A leader that was deposed may not know it yet.
    let leader = ours.clone().filter(leads).max_by_key(|it| it.term).copied();
    let told_by = leader.or(answers.first().copied());
    let members = told_by.map_or(&[][..], |it| &it.members);

    let mut views: Vec<_> = members.iter().map(|it| of_member(it, leader)).collect();
    for Asked { server, answer } in asked {
        let Ok(status) = answer else { continue };
        let mut view = of_answer(server, status, leader);
        if status.cluster_id != cluster {
            view.health = Health::OtherCluster;
            view.why = Some(format!("it is of cluster {}", status.cluster_id));
            views.push(view);
            continue;
        }
        let known = views.iter().position(|it| it.node_id == view.node_id);
        match known {
            Some(at) => {
                view.peer_address = views[at].peer_address.take();
                view.passing = views[at].passing.take();
                views[at] = view;
            }
            None => views.push(view),
        }
    }
    let silent = asked
        .iter()
        .filter_map(|it| Some((&it.server, it.answer.as_ref().err()?)));
    let silent: Vec<_> = silent.collect();
    let mut unasked = views.iter_mut().filter(|it| it.server.is_none());
    match (&silent[..], unasked.next(), unasked.next()) {
        // One of each: they are the same.
        ([(server, error)], Some(view), None) => {
            view.server = Some((*server).clone());
            view.health = Health::Unreachable;
            view.why = Some(error.to_string());
        }
        _ => views.extend(
            silent
                .into_iter()
                .map(|(server, error)| nobody(server, error)),
        ),
    }
    views
}

/// What the whole is like, in a sentence.
pub(super) fn summary(asked: &[Asked], views: &[MemberView]) -> String {
    let answers = asked.iter().filter_map(|it| it.answer.as_ref().ok());
    let cluster = answers.clone().map(|it| it.cluster_id.as_str()).next();
    let leader = answers
        .filter(|it| it.role() == NodeRole::Leader)
        .max_by_key(|it| it.term);
    let leader = match leader {
        Some(it) => format!("{} leads in term {}", it.node_id, it.term),
        None => "none of them leads".to_owned(),
    };
    let well = views.iter().filter(|it| it.health == Health::Ok).count();
    format!(
        "cluster {}: {leader}, {well} of {} well{}",
        cluster.unwrap_or_default(),
        views.len(),
        upgrade(views).unwrap_or_default()
    )
}

/// The last step of an upgrade, if it is due: all programs know a newer format.
fn upgrade(views: &[MemberView]) -> Option<String> {
    let formats = views.iter().map(|it| Some((it.known_format?, it.format?)));
    let formats = formats.collect::<Option<Vec<_>>>()?;
    let known = formats.iter().map(|it| it.0).min()?;
    let present = formats.iter().map(|it| it.1).max()?;
    (known > present)
        .then(|| format!("; all programs know format {known}, next: `ackord cluster upgrade`"))
}

/// A member as the leader knows it, or as somebody does who does not lead.
fn of_member(member: &Member, leader: Option<&GetStatusResponse>) -> MemberView {
    let end = leader.map(|it| it.last_log_index);
    let silence = member.answered_ms_ago.map(Duration::from_millis);
    let (health, why) = match (leader, silence) {
        (Some(_), Some(silence)) if silence < SILENT => (Health::Ok, None),
        (Some(_), Some(silence)) => {
            let silence = silence.as_secs();
            let why = format!("the leader has not heard it for {silence} s");
            (Health::Unreachable, Some(why))
        }
        (Some(_), None) => {
            let why = "the leader has not heard it yet";
            (Health::Unreachable, Some(why.to_owned()))
        }
        (None, _) => {
            let why = "none of the servers is this member, and none leads";
            (Health::Unknown, Some(why.to_owned()))
        }
    };
    MemberView {
        node_id: Some(member.node_id.clone()),
        server: None,
        peer_address: stated(member.peer_address.clone()),
        role: (!member.voter).then(|| "learner".to_owned()),
        passing: match member.passing() {
            Passing::Unspecified => None,
            Passing::Entering => Some("entering".to_owned()),
            Passing::Leaving => Some("leaving".to_owned()),
        },
        term: None,
        last_log_index: member.matching_index,
        committed_index: None,
        applied_index: None,
        flushed_index: None,
        lag: lag(end, member.matching_index),
        clock_offset_ms: None,
        log_bytes: None,
        disk_bytes: None,
        version: None,
        format: None,
        known_format: None,
        health,
        why,
    }
}

fn of_answer(
    server: &str,
    status: &GetStatusResponse,
    leader: Option<&GetStatusResponse>,
) -> MemberView {
    let lag = lag(
        leader.map(|it| it.last_log_index),
        Some(status.last_log_index),
    );
    let (health, why) = match lag {
        _ if status.draining => {
            let why = "it was asked to stop, and hands over what it has";
            (Health::Draining, Some(why.to_owned()))
        }
        _ if status.leader_id.is_empty() => {
            let why = "it knows no leader: it serves no reads and takes no events";
            (Health::NoLeader, Some(why.to_owned()))
        }
        _ if status.clock_off => {
            let offset = shown(status.clock_offset_ms);
            let why = format!("its clock is off by {offset}, so it does not lead: set it by NTP");
            (Health::ClockOff, Some(why))
        }
        Some(lag) if lag > BEHIND => (Health::Behind, Some(format!("it lacks {lag} entries"))),
        _ => (Health::Ok, None),
    };
    MemberView {
        node_id: Some(status.node_id.clone()),
        server: Some(server.to_owned()),
        peer_address: None,
        role: Some(word(status.role().as_str_name(), "NODE_ROLE")),
        passing: None,
        term: Some(status.term),
        last_log_index: Some(status.last_log_index),
        committed_index: Some(status.committed_index),
        applied_index: Some(status.applied_index),
        flushed_index: Some(status.flushed_index),
        lag,
        clock_offset_ms: status.clock_offset_ms,
        log_bytes: Some(status.log_bytes),
        disk_bytes: Some(status.disk_bytes),
        version: stated(status.version.clone()),
        format: Some(status.format),
        known_format: Some(status.known_format),
        health,
        why,
    }
}

/// A server that does not answer, and may be anybody.
fn nobody(server: &str, error: &Error) -> MemberView {
    MemberView {
        node_id: None,
        server: Some(server.to_owned()),
        role: None,
        health: Health::Unreachable,
        why: Some(error.to_string()),
        ..of_member(&Member::default(), None)
    }
}

/// An offset of a clock, for people.
fn shown(offset_ms: Option<i64>) -> String {
    match offset_ms {
        None => "-".to_owned(),
        Some(it) if it.abs() < 10_000 => format!("{it:+} ms"),
        Some(it) => format!("{:+} s", it / 1_000),
    }
}

fn lag(end: Option<u64>, own: Option<u64>) -> Option<u64> {
    Some(end?.saturating_sub(own?))
}

impl Row for MemberView {
    const HEAD: &'static [&'static str] = &[
        "node",
        "server",
        "peers",
        "role",
        "term",
        "log",
        "applied",
        "on disk",
        "lag",
        "log size",
        "disk size",
        "clock",
        "health",
    ];

    fn cells(&self) -> Vec<String> {
        let text = |it: &Option<String>| it.clone().unwrap_or_else(|| "-".to_owned());
        let number = |it: Option<u64>| it.map_or_else(|| "-".to_owned(), |it| it.to_string());
        let size = |it: Option<u64>| it.map_or_else(|| "-".to_owned(), bytes);
        let health = match self.health {
            Health::Ok => "ok",
            Health::Behind => "behind",
            Health::ClockOff => "clock off",
            Health::Draining => "draining",
            Health::NoLeader => "no leader",
            Health::Unreachable => "unreachable",
            Health::OtherCluster => "other cluster",
            Health::Unknown => "unknown",
        };
        let health = match &self.why {
            Some(why) => format!("{health}: {why}"),
            None => health.to_owned(),
        };
        vec![
            text(&self.node_id),
            text(&self.server),
            text(&self.peer_address),
            match &self.passing {
                Some(passing) => format!("{} ({passing})", text(&self.role)),
                None => text(&self.role),
            },
            number(self.term),
            number(self.last_log_index),
            number(self.applied_index),
            number(self.flushed_index),
            number(self.lag),
            size(self.log_bytes),
            size(self.disk_bytes),
            shown(self.clock_offset_ms),
            health,
        ]
    }
}

#[cfg(test)]
mod tests;
