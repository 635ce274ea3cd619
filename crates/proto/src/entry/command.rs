//! A command: who asks, for which team, and what.

use ackord_core::command::{Actor, Command, Op, Tick};
use ackord_core::id::{TeamId, TokenId};

use crate::decode_error::{DecodeError, Fault, Within};
use crate::form::Stored;
use crate::stored;
use crate::stored::command::Op as Form;

impl Stored for Command {
    type Form = stored::Command;

    fn store(&self) -> stored::Command {
        let token = match self.by {
            Actor::Cluster => None,
            Actor::Token(token) => Some(token.0),
        };
        stored::Command {
            token,
            team: self.team.map(|it| it.0),
            op: Some(store_op(&self.op)),
        }
    }

    fn load(form: stored::Command) -> Result<Self, DecodeError> {
        let op = form
            .op
            .ok_or_else(|| DecodeError::new("op", Fault::Missing))?;
        Ok(Self {
            by: form
                .token
                .map_or(Actor::Cluster, |it| Actor::Token(TokenId(it))),
            team: form.team.map(TeamId),
            op: load_op(op)?,
        })
    }
}

fn store_op(op: &Op) -> Form {
    match op {
        Op::Birth(it) => Form::Birth(it.store()),
        Op::StartNode(it) => Form::StartNode(it.store()),
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
    }
}

fn load_op(form: Form) -> Result<Op, DecodeError> {
    Ok(match form {
        Form::Birth(it) => Op::Birth(Stored::load(it).within("birth")?),
        Form::StartNode(it) => Op::StartNode(Stored::load(it).within("start_node")?),
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
    })
}
