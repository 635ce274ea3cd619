//! Extensions of leases, of all streams of this node: gathered for a moment, and proposed as one.
//! However many sessions are at work, what keeps their leases costs a few entries a second.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use ackord_core::command::{Command, Extend, Extension, Op};
use ackord_core::id::{TeamId, TokenId};
use ackord_core::limits::DELIVERIES_PER_COMMAND;
use ackord_machine::ProposeError;
use ackord_proto::v1;
use tokio::sync::oneshot;
use tokio::time::sleep;

use crate::api::Api;
use crate::auth::Caller;
use crate::refused::Refused;

/// How long the first of them waits for others: little of the shortest lease.
const GATHER: Duration = Duration::from_millis(100);

/// What an extension is answered.
type Extended = Result<v1::Extended, Refused>;
/// Who asks: one command speaks for one token in one team.
type Asker = (TeamId, TokenId);

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Extends {
    waiting: Mutex<BTreeMap<Asker, Vec<Waiting>>>,
}

#[derive(Debug)]
struct Waiting {
    caller: Caller,
    item: Extension,
    reply: oneshot::Sender<Extended>,
}

impl Extends {
    /// Whether it is the first since they were taken.
    fn add(&self, asker: Asker, waiting: Waiting) -> bool {
        let mut all = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let first = all.is_empty();
        all.entry(asker).or_default().push(waiting);
        first
    }

    fn take(&self) -> BTreeMap<Asker, Vec<Waiting>> {
        let mut all = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *all)
    }
}

impl Api {
    /// Extends one delivery, with those of others.
    pub(crate) async fn extend_with_others(
        &self,
        caller: &Caller,
        team: TeamId,
        item: Extension,
    ) -> Extended {
        let (reply, answer) = oneshot::channel();
        let waiting = Waiting {
            caller: caller.clone(),
            item,
            reply,
        };
        if self.extends.add((team, caller.token.id), waiting) {
            let api = self.clone();
            tokio::spawn(async move {
                sleep(GATHER).await;
                api.extend_gathered().await;
            });
        }
        answer
            .await
            .unwrap_or_else(|_| Err(ProposeError::Unknown.into()))
    }

    async fn extend_gathered(&self) {
        let gathered = self.extends.take();
        let parts: Vec<(TeamId, Vec<Waiting>)> = gathered
            .into_iter()
            .flat_map(|((team, _), all)| in_parts(all).map(move |part| (team, part)))
            .collect();
        let commands = parts.iter().map(|(team, part)| command(*team, part));
        let results = self.machine.propose_many(commands.collect()).await;
        for ((_, part), result) in parts.into_iter().zip(results) {
            let items: Vec<Extension> = part.iter().map(|it| it.item.clone()).collect();
            let answers = self.extended(&items, result);
            for (waiting, answer) in part.into_iter().zip(answers) {
                // Whoever asked may be gone.
                let _ = waiting.reply.send(answer);
            }
        }
    }
}

/// As many as one command takes, each.
fn in_parts(all: Vec<Waiting>) -> impl Iterator<Item = Vec<Waiting>> {
    let mut all = all.into_iter();
    std::iter::from_fn(move || {
        let part: Vec<Waiting> = all.by_ref().take(DELIVERIES_PER_COMMAND).collect();
        (!part.is_empty()).then_some(part)
    })
}

fn command(team: TeamId, part: &[Waiting]) -> Command {
    let items = part.iter().map(|it| it.item.clone()).collect();
    let first = part.first().expect("no part is empty");
    first
        .caller
        .command(Some(team), Op::Extend(Extend { items }))
}
