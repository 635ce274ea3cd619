//! What sessions say about their deliveries, on their stream or by a call of its own.

use ackord_core::answer::{Rejection, Reply};
use ackord_core::command::{Extend, Extension, Op};
use ackord_core::id::TeamId;
use ackord_core::limits::DELIVERIES_PER_COMMAND;
use ackord_core::time::Timestamp;
use ackord_machine::{Committed, ProposeError};
use ackord_proto::v1::extend_result::Result as Extended;
use ackord_proto::{from_wire, to_wire, v1};

use crate::api::{Api, LOG};
use crate::auth::Caller;
use crate::emits::judged_here;
use crate::refused::Refused;

impl Api {
    pub(crate) async fn ack(
        &self,
        caller: &Caller,
        team: TeamId,
        ack: v1::Ack,
    ) -> Result<v1::Acked, Refused> {
        let acked = self.carry_out_ack(caller, team, ack).await;
        self.metrics.acked(&acked);
        acked
    }

    async fn carry_out_ack(
        &self,
        caller: &Caller,
        team: TeamId,
        mut ack: v1::Ack,
    ) -> Result<v1::Acked, Refused> {
        let emits = std::mem::take(&mut ack.emits);
        let judged_here = judged_here(&emits);
        let mut ack = from_wire::ack(ack, Vec::new())?;
        let fence = ack.fence;
        ack.emits = match self.emits(caller, team, emits).await {
            Ok(emits) => emits,
            Err(refused) if judged_here => {
                let recorded = self.recorded(caller, team, fence).await;
                return recorded.ok_or(refused);
            }
            Err(refused) => return Err(refused),
        };
        let done = self
            .propose(caller.command(Some(team), Op::Ack(ack)))
            .await?;
        self.sessions.answered(fence);
        let Reply::Acked {
            at,
            position,
            again,
            emitted,
        } = done.reply
        else {
            unreachable!("an ack that counts says when")
        };
        let position = LOG.position(position);
        Ok(to_wire::acked(at, position, again, &emitted))
    }

    pub(crate) async fn nack(
        &self,
        caller: &Caller,
        team: TeamId,
        nack: v1::Nack,
    ) -> Result<v1::Nacked, Refused> {
        let nacked = self.carry_out_nack(caller, team, nack).await;
        self.metrics.nacked(&nacked);
        nacked
    }

    async fn carry_out_nack(
        &self,
        caller: &Caller,
        team: TeamId,
        nack: v1::Nack,
    ) -> Result<v1::Nacked, Refused> {
        let nack = from_wire::nack(nack)?;
        let fence = nack.fence;
        let done = self
            .propose(caller.command(Some(team), Op::Nack(nack)))
            .await?;
        self.sessions.answered(fence);
        match done.reply {
            Reply::Retrying { until } => Ok(to_wire::retrying(until, done.position)),
            Reply::Dead(cause) => Ok(to_wire::dead(cause, done.position)),
            // It was given before, and the event has gone on since.
            _ => Ok(v1::Nacked {
                next: None,
                position: Some(done.position),
            }),
        }
    }

    pub(crate) async fn claim(
        &self,
        caller: &Caller,
        team: TeamId,
        claim: v1::Claim,
    ) -> Result<v1::Claimed, Refused> {
        let claim = from_wire::claim(claim)?;
        let fence = claim.fence;
        let position = self
            .carry_out(caller.command(Some(team), Op::Claim(claim)))
            .await?;
        self.sessions.answered(fence);
        Ok(v1::Claimed { position })
    }

    pub(crate) async fn checkpoint(
        &self,
        caller: &Caller,
        team: TeamId,
        checkpoint: v1::Checkpoint,
    ) -> Result<v1::Checkpointed, Refused> {
        let checkpoint = from_wire::checkpoint(checkpoint)?;
        let fence = checkpoint.fence;
        let position = self
            .carry_out(caller.command(Some(team), Op::Checkpoint(checkpoint)))
            .await?;
        self.sessions.answered(fence);
        Ok(v1::Checkpointed { position })
    }

    pub(crate) async fn extend(
        &self,
        caller: &Caller,
        team: TeamId,
        item: v1::Extension,
    ) -> Result<v1::Extended, Refused> {
        self.extend_with_others(caller, team, from_wire::extension(item)?)
            .await
    }

    /// An answer for each item, in their order.
    pub(crate) async fn extend_all(
        &self,
        caller: &Caller,
        team: TeamId,
        items: Vec<v1::Extension>,
    ) -> Vec<Result<v1::Extended, Refused>> {
        let mut valid = Vec::with_capacity(items.len());
        let items = items.into_iter().enumerate();
        let refused: Vec<Option<Refused>> = items
            .map(|(at, item)| match from_wire::extension(item) {
                Ok(item) => {
                    valid.push(item);
                    None
                }
                Err(error) => Some(error.within(&format!("items[{at}]")).into()),
            })
            .collect();
        let mut results = self.extend_valid(caller, team, valid).await.into_iter();
        let in_order = refused.into_iter().map(|refused| match refused {
            Some(refused) => Err(refused),
            None => results.next().expect("a result for each valid item"),
        });
        in_order.collect()
    }

    async fn extend_valid(
        &self,
        caller: &Caller,
        team: TeamId,
        items: Vec<Extension>,
    ) -> Vec<Result<v1::Extended, Refused>> {
        let parts: Vec<&[Extension]> = items.chunks(DELIVERIES_PER_COMMAND).collect();
        let command = |part: &&[Extension]| {
            caller.command(
                Some(team),
                Op::Extend(Extend {
                    items: part.to_vec(),
                }),
            )
        };
        let results = self
            .machine
            .propose_many(parts.iter().map(command).collect())
            .await;
        let parts = parts.into_iter().zip(results);
        parts
            .flat_map(|(part, result)| self.extended(part, result))
            .collect()
    }

    /// The answers to the items of one command.
    pub(crate) fn extended(
        &self,
        items: &[Extension],
        result: Result<Committed, ProposeError>,
    ) -> Vec<Result<v1::Extended, Refused>> {
        let answers = result
            .map_err(Refused::from)
            .and_then(|it| Ok((it.answer?, it.position)));
        let (answers, position) = match answers {
            Ok((Reply::Extended(answers), position)) => (answers, LOG.position(position)),
            Ok(_) => unreachable!("an extend answers each of its items"),
            Err(refused) => return vec![Err(refused); items.len()],
        };
        let one = |(item, answer): (&Extension, Result<Timestamp, Rejection>)| {
            let until = answer?;
            self.sessions.answered(item.fence);
            Ok(to_wire::extended(until, position))
        };
        items.iter().zip(answers).map(one).collect()
    }
}

/// The answer to one extension, as a call of its own tells it.
pub(crate) fn extend_result(result: Result<v1::Extended, Refused>) -> v1::ExtendResult {
    let result = match result {
        Ok(extended) => Extended::Extended(extended),
        Err(refused) => Extended::Refusal(refused.into_refusal()),
    };
    v1::ExtendResult {
        result: Some(result),
    }
}
