//! One value for each case of what is stored, every field set where it can be. Their bytes are
//! frozen in `tests/golden`.

mod agents;
mod approvals;
mod commands;
mod crons;
mod events;
mod rows;
mod sources;

use ackord_core::command::{Entry, Op};
use ackord_core::rows::{Key, Row};
use ackord_core::text::TextError;
use ackord_proto::{DecodeError, entry, row};

/// Something that is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    /// An entry of the log.
    Entry(Entry),
    /// A row under its key.
    Row(Key, Row),
}

impl Value {
    pub(crate) fn encode(&self) -> Vec<u8> {
        match self {
            Self::Entry(it) => entry::encode(it).to_vec(),
            Self::Row(_, it) => row::encode(it),
        }
    }

    /// Reads a value of the same kind, under the same key.
    pub(crate) fn decode_as(&self, bytes: &[u8]) -> Result<Self, DecodeError> {
        match self {
            Self::Entry(_) => entry::decode(bytes.to_vec().into()).map(Self::Entry),
            Self::Row(key, _) => row::decode(key, bytes).map(|it| Self::Row(key.clone(), it)),
        }
    }

    /// The case that this is a sample of.
    pub(crate) fn case(&self) -> &'static str {
        match self {
            Self::Entry(it) => it
                .commands
                .first()
                .map_or("command/none", |it| op_case(&it.op)),
            Self::Row(key, _) => key_case(key),
        }
    }
}

/// The cases that have samples; the functions below name them all.
pub(crate) const CASES: [&str; 71] = [
    "command/none",
    "command/birth",
    "command/start_node",
    "command/admit_node",
    "command/remove_node",
    "command/raise_format",
    "command/create_team",
    "command/set_team",
    "command/create_token",
    "command/revoke_token",
    "command/set_queue",
    "command/set_mode",
    "command/submit",
    "command/cancel",
    "command/attach",
    "command/detach",
    "command/confirm",
    "command/claim",
    "command/ack",
    "command/nack",
    "command/extend",
    "command/replay",
    "command/purge",
    "command/start_job",
    "command/tick",
    "command/create_source",
    "command/update_source",
    "command/delete_source",
    "command/open_pairing",
    "command/receive",
    "command/reroute",
    "command/create_cron",
    "command/update_cron",
    "command/delete_cron",
    "command/pause_cron",
    "command/resume_cron",
    "command/fire_cron",
    "command/decide_tick",
    "command/checkpoint",
    "command/handoff",
    "command/send",
    "command/begin_effect",
    "command/complete_effect",
    "command/force_effect",
    "command/request_approval",
    "command/answer_approval",
    "row/meta",
    "row/node",
    "row/team",
    "row/token",
    "row/queue",
    "row/session",
    "row/job",
    "row/event",
    "row/content",
    "row/dedup",
    "row/lane",
    "row/lane_waiting",
    "row/fresh",
    "row/returned",
    "row/due",
    "row/dead",
    "row/finished",
    "row/source",
    "row/holding",
    "row/held",
    "row/cron",
    "row/cron_instruction",
    "row/ledger",
    "row/approval",
    "row/watch",
];

const fn op_case(op: &Op) -> &'static str {
    match op {
        Op::Birth(_) => "command/birth",
        Op::StartNode(_) => "command/start_node",
        Op::AdmitNode(_) => "command/admit_node",
        Op::RemoveNode(_) => "command/remove_node",
        Op::RaiseFormat(_) => "command/raise_format",
        Op::CreateTeam(_) => "command/create_team",
        Op::SetTeam(_) => "command/set_team",
        Op::CreateToken(_) => "command/create_token",
        Op::RevokeToken(_) => "command/revoke_token",
        Op::SetQueue(_) => "command/set_queue",
        Op::SetMode(_) => "command/set_mode",
        Op::Submit(_) => "command/submit",
        Op::Cancel(_) => "command/cancel",
        Op::Attach(_) => "command/attach",
        Op::Detach(_) => "command/detach",
        Op::Confirm(_) => "command/confirm",
        Op::Claim(_) => "command/claim",
        Op::Ack(_) => "command/ack",
        Op::Nack(_) => "command/nack",
        Op::Extend(_) => "command/extend",
        Op::Replay(_) => "command/replay",
        Op::Purge(_) => "command/purge",
        Op::StartJob(_) => "command/start_job",
        Op::Tick(_) => "command/tick",
        Op::CreateSource(_) => "command/create_source",
        Op::UpdateSource(_) => "command/update_source",
        Op::DeleteSource(_) => "command/delete_source",
        Op::OpenPairing(_) => "command/open_pairing",
        Op::Receive(_) => "command/receive",
        Op::Reroute(_) => "command/reroute",
        Op::CreateCron(_) => "command/create_cron",
        Op::UpdateCron(_) => "command/update_cron",
        Op::DeleteCron(_) => "command/delete_cron",
        Op::PauseCron(_) => "command/pause_cron",
        Op::ResumeCron(_) => "command/resume_cron",
        Op::FireCron(_) => "command/fire_cron",
        Op::DecideTick(_) => "command/decide_tick",
        Op::Checkpoint(_) => "command/checkpoint",
        Op::Handoff(_) => "command/handoff",
        Op::Send(_) => "command/send",
        Op::BeginEffect(_) => "command/begin_effect",
        Op::CompleteEffect(_) => "command/complete_effect",
        Op::ForceEffect(_) => "command/force_effect",
        Op::RequestApproval(_) => "command/request_approval",
        Op::AnswerApproval(_) => "command/answer_approval",
    }
}

const fn key_case(key: &Key) -> &'static str {
    match key {
        Key::Meta => "row/meta",
        Key::Node(_) => "row/node",
        Key::Team(_) => "row/team",
        Key::Token(_) => "row/token",
        Key::Queue(_) => "row/queue",
        Key::Session(_) => "row/session",
        Key::Job(_) => "row/job",
        Key::Event(_, _) => "row/event",
        Key::Content(_, _) => "row/content",
        Key::Dedup(_, _) => "row/dedup",
        Key::Lane(_, _) => "row/lane",
        Key::LaneWaiting(_, _, _) => "row/lane_waiting",
        Key::Fresh(_, _, _) => "row/fresh",
        Key::Returned(_, _, _) => "row/returned",
        Key::Due(_, _, _, _) => "row/due",
        Key::Dead(_, _) => "row/dead",
        Key::Finished(_, _) => "row/finished",
        Key::Source(_) => "row/source",
        Key::Holding(_) => "row/holding",
        Key::Held(_, _) => "row/held",
        Key::Cron(_, _) => "row/cron",
        Key::CronInstruction(_, _) => "row/cron_instruction",
        Key::Ledger(_, _) => "row/ledger",
        Key::Approval(_, _) => "row/approval",
        Key::Watch(_) => "row/watch",
    }
}

/// All samples. The name is the case, with an ending where a case has several.
pub(crate) fn all() -> Vec<(String, Value)> {
    let commands = commands::all()
        .into_iter()
        .chain(sources::commands())
        .chain(crons::commands())
        .chain(agents::commands())
        .chain(approvals::commands())
        .map(|(ending, it)| (ending, Value::Entry(it)));
    let rows = rows::all()
        .into_iter()
        .chain(sources::rows())
        .chain(crons::rows())
        .chain(agents::rows())
        .chain(approvals::rows())
        .map(|(ending, key, it)| (ending, Value::Row(key, it)));
    commands
        .chain(rows)
        .map(|(ending, value)| (format!("{}{ending}", value.case()), value))
        .collect()
}

/// A text that is known to be valid.
fn text<T>(text: Result<T, TextError>) -> T {
    text.expect("a sample is valid")
}
