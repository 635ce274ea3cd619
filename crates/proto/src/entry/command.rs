//! A command: who asks, for which team, and what.

use ackord_core::command::{Actor, Command, Op, Tick};
use ackord_core::id::{SourceId, TeamId, TokenId};

use crate::decode_error::{DecodeError, Fault, Within};
use crate::form::Stored;
use crate::stored;
use crate::stored::command::Op as Form;

impl Stored for Command {
    type Form = stored::Command;

    fn store(&self) -> stored::Command {
        let (token, source) = match self.by {
            Actor::Cluster => (None, None),
            Actor::Token(token) => (Some(token.0), None),
            Actor::Source(source) => (None, Some(source.0)),
        };
        stored::Command {
            token,
            source,
            team: self.team.map(|it| it.0),
            op: Some(store_op(&self.op)),
        }
    }

    fn load(form: stored::Command) -> Result<Self, DecodeError> {
        let op = form
            .op
            .ok_or_else(|| DecodeError::new("op", Fault::Missing))?;
        Ok(Self {
            by: actor(form.token, form.source)?,
            team: form.team.map(TeamId),
            op: load_op(op)?,
        })
    }
}

fn actor(token: Option<u64>, source: Option<u64>) -> Result<Actor, DecodeError> {
    match (token, source) {
        (None, None) => Ok(Actor::Cluster),
        (Some(token), None) => Ok(Actor::Token(TokenId(token))),
        (None, Some(source)) => Ok(Actor::Source(SourceId(source))),
        (Some(_), Some(_)) => Err(DecodeError::new("source", Fault::Rule("not with a token"))),
    }
}

fn store_op(op: &Op) -> Form {
    match op {
        Op::Birth(it) => Form::Birth(it.store()),
        Op::StartNode(it) => Form::StartNode(it.store()),
        Op::AdmitNode(it) => Form::AdmitNode(it.store()),
        Op::RemoveNode(it) => Form::RemoveNode(it.store()),
        Op::RaiseFormat(it) => Form::RaiseFormat(it.store()),
        Op::CreateTeam(it) => Form::CreateTeam(it.store()),
        Op::SetTeam(it) => Form::SetTeam(it.store()),
        Op::CreateToken(it) => Form::CreateToken(it.store()),
        Op::RevokeToken(it) => Form::RevokeToken(it.store()),
        Op::SetQueue(it) => Form::SetQueue(it.store()),
        Op::SetMode(it) => Form::SetMode(it.store()),
        Op::Submit(it) => Form::Submit(it.store()),
        Op::Cancel(it) => Form::Cancel(it.store()),
        Op::Attach(it) => Form::Attach(it.store()),
        Op::Detach(it) => Form::Detach(it.store()),
        Op::Confirm(it) => Form::Confirm(it.store()),
        Op::Claim(it) => Form::Claim(it.store()),
        Op::Ack(it) => Form::Ack(it.store()),
        Op::Nack(it) => Form::Nack(it.store()),
        Op::Extend(it) => Form::Extend(it.store()),
        Op::Replay(it) => Form::Replay(it.store()),
        Op::Purge(it) => Form::Purge(it.store()),
        Op::StartJob(it) => Form::StartJob(it.store()),
        Op::Tick(Tick) => Form::Tick(stored::Unit {}),
        Op::CreateSource(it) => Form::CreateSource(it.store()),
        Op::UpdateSource(it) => Form::UpdateSource(it.store()),
        Op::DeleteSource(it) => Form::DeleteSource(it.store()),
        Op::OpenPairing(it) => Form::OpenPairing(it.store()),
        Op::Receive(it) => Form::Receive(it.store()),
        Op::Reroute(it) => Form::Reroute(it.store()),
        Op::CreateCron(it) => Form::CreateCron(it.store()),
        Op::UpdateCron(it) => Form::UpdateCron(it.store()),
        Op::DeleteCron(it) => Form::DeleteCron(it.store()),
        Op::PauseCron(it) => Form::PauseCron(it.store()),
        Op::ResumeCron(it) => Form::ResumeCron(it.store()),
        Op::FireCron(it) => Form::FireCron(it.store()),
        Op::DecideTick(it) => Form::DecideTick(it.store()),
        Op::Checkpoint(it) => Form::Checkpoint(it.store()),
        Op::Handoff(it) => Form::Handoff(it.store()),
        Op::Send(it) => Form::Send(it.store()),
        Op::BeginEffect(it) => Form::BeginEffect(it.store()),
        Op::CompleteEffect(it) => Form::CompleteEffect(it.store()),
        Op::ForceEffect(it) => Form::ForceEffect(it.store()),
        Op::RequestApproval(it) => Form::RequestApproval(it.store()),
        Op::AnswerApproval(it) => Form::AnswerApproval(it.store()),
    }
}

fn load_op(form: Form) -> Result<Op, DecodeError> {
    Ok(match form {
        Form::Birth(it) => Op::Birth(Stored::load(it).within("birth")?),
        Form::StartNode(it) => Op::StartNode(Stored::load(it).within("start_node")?),
        Form::AdmitNode(it) => Op::AdmitNode(Stored::load(it).within("admit_node")?),
        Form::RemoveNode(it) => Op::RemoveNode(Stored::load(it).within("remove_node")?),
        Form::RaiseFormat(it) => Op::RaiseFormat(Stored::load(it).within("raise_format")?),
        Form::CreateTeam(it) => Op::CreateTeam(Stored::load(it).within("create_team")?),
        Form::SetTeam(it) => Op::SetTeam(Stored::load(it).within("set_team")?),
        Form::CreateToken(it) => Op::CreateToken(Stored::load(it).within("create_token")?),
        Form::RevokeToken(it) => Op::RevokeToken(Stored::load(it).within("revoke_token")?),
        Form::SetQueue(it) => Op::SetQueue(Stored::load(it).within("set_queue")?),
        Form::SetMode(it) => Op::SetMode(Stored::load(it).within("set_mode")?),
        Form::Submit(it) => Op::Submit(Box::new(Stored::load(it).within("submit")?)),
        Form::Cancel(it) => Op::Cancel(Stored::load(it).within("cancel")?),
        Form::Attach(it) => Op::Attach(Stored::load(it).within("attach")?),
        Form::Detach(it) => Op::Detach(Stored::load(it).within("detach")?),
        Form::Confirm(it) => Op::Confirm(Stored::load(it).within("confirm")?),
        Form::Claim(it) => Op::Claim(Stored::load(it).within("claim")?),
        Form::Ack(it) => Op::Ack(Stored::load(it).within("ack")?),
        Form::Nack(it) => Op::Nack(Stored::load(it).within("nack")?),
        Form::Extend(it) => Op::Extend(Stored::load(it).within("extend")?),
        Form::Replay(it) => Op::Replay(Stored::load(it).within("replay")?),
        Form::Purge(it) => Op::Purge(Stored::load(it).within("purge")?),
        Form::StartJob(it) => Op::StartJob(Stored::load(it).within("start_job")?),
        Form::Tick(stored::Unit {}) => Op::Tick(Tick),
        Form::CreateSource(it) => Op::CreateSource(Stored::load(it).within("create_source")?),
        Form::UpdateSource(it) => Op::UpdateSource(Stored::load(it).within("update_source")?),
        Form::DeleteSource(it) => Op::DeleteSource(Stored::load(it).within("delete_source")?),
        Form::OpenPairing(it) => Op::OpenPairing(Stored::load(it).within("open_pairing")?),
        Form::Receive(it) => Op::Receive(Box::new(Stored::load(it).within("receive")?)),
        Form::Reroute(it) => Op::Reroute(Stored::load(it).within("reroute")?),
        Form::CreateCron(it) => Op::CreateCron(Box::new(Stored::load(it).within("create_cron")?)),
        Form::UpdateCron(it) => Op::UpdateCron(Box::new(Stored::load(it).within("update_cron")?)),
        Form::DeleteCron(it) => Op::DeleteCron(Stored::load(it).within("delete_cron")?),
        Form::PauseCron(it) => Op::PauseCron(Stored::load(it).within("pause_cron")?),
        Form::ResumeCron(it) => Op::ResumeCron(Stored::load(it).within("resume_cron")?),
        Form::FireCron(it) => Op::FireCron(Stored::load(it).within("fire_cron")?),
        Form::DecideTick(it) => Op::DecideTick(Stored::load(it).within("decide_tick")?),
        Form::Checkpoint(it) => Op::Checkpoint(Stored::load(it).within("checkpoint")?),
        Form::Handoff(it) => Op::Handoff(Stored::load(it).within("handoff")?),
        Form::Send(it) => Op::Send(Box::new(Stored::load(it).within("send")?)),
        Form::BeginEffect(it) => Op::BeginEffect(Stored::load(it).within("begin_effect")?),
        Form::CompleteEffect(it) => Op::CompleteEffect(Stored::load(it).within("complete_effect")?),
        Form::ForceEffect(it) => Op::ForceEffect(Stored::load(it).within("force_effect")?),
        Form::RequestApproval(it) => {
            Op::RequestApproval(Box::new(Stored::load(it).within("request_approval")?))
        }
        Form::AnswerApproval(it) => Op::AnswerApproval(Stored::load(it).within("answer_approval")?),
    })
}
