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
use futures::future::join_all;
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
/// Those whom one command speaks for.
type Together = Vec<Waiting>;

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
        let teams = by_team(self.extends.take());
        let each = teams.into_iter();
        join_all(each.map(|(team, parts)| self.extend_in(team, parts))).await;
    }

    /// Proposes what is of one team: it waits in that team's line, and has that team's turns.
    async fn extend_in(&self, team: TeamId, parts: Vec<Together>) {
        let commands = parts.iter().map(|part| command(team, part));
        let results = self.machine.propose_many(commands.collect()).await;
        for (part, result) in parts.into_iter().zip(results) {
            let items: Vec<Extension> = part.iter().map(|it| it.item.clone()).collect();
            let answers = self.extended(&items, result);
            for (waiting, answer) in part.into_iter().zip(answers) {
                // Whoever asked may be gone.
                let _ = waiting.reply.send(answer);
            }
        }
    }
}

/// What each team is to propose, command by command.
fn by_team(gathered: BTreeMap<Asker, Vec<Waiting>>) -> BTreeMap<TeamId, Vec<Together>> {
    let mut teams = BTreeMap::<TeamId, Vec<Together>>::new();
    for ((team, _), all) in gathered {
        teams.entry(team).or_default().extend(in_parts(all));
    }
    teams
}

/// As many as one command takes, each.
fn in_parts(all: Vec<Waiting>) -> impl Iterator<Item = Together> {
    let mut all = all.into_iter();
    std::iter::from_fn(move || {
        let part: Together = all.by_ref().take(DELIVERIES_PER_COMMAND).collect();
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

#[cfg(all(test, not(madsim)))]
mod tests {
    use std::sync::Arc;

    use ackord_core::command::Fence;
    use ackord_core::id::EventId;
    use ackord_core::model::{Role, Token};
    use ackord_core::time::Timestamp;
    use ackord_proto::v1::RefusalReason as Reason;

    use super::*;
    use crate::nobody::api;

    fn caller(team: u64, token: u64) -> Caller {
        let token = Token {
            id: TokenId(token),
            team: Some(TeamId(team)),
            hash: [0; 32],
            roles: vec![Role::Session],
            tags: vec![],
            label: None,
            created: Timestamp(0),
            expires: None,
            revoked: None,
        };
        Caller {
            token: Arc::new(token),
        }
    }

    fn extension() -> Extension {
        let (event, delivery) = (EventId(1), 1);
        Extension {
            fence: Fence { event, delivery },
            note: None,
        }
    }

    fn waiting(caller: &Caller) -> Waiting {
        Waiting {
            caller: caller.clone(),
            item: extension(),
            reply: oneshot::channel().0,
        }
    }

    #[test]
    fn what_is_proposed_as_one_is_of_one_team() {
        let mut gathered = BTreeMap::<Asker, Vec<Waiting>>::new();
        for (team, token, count) in [(2, 7, 1), (3, 8, DELIVERIES_PER_COMMAND + 1), (3, 9, 2)] {
            let caller = caller(team, token);
            let all = (0..count).map(|_| waiting(&caller)).collect();
            gathered.insert((TeamId(team), TokenId(token)), all);
        }
        let sizes: Vec<(TeamId, Vec<usize>)> = by_team(gathered)
            .into_iter()
            .map(|(team, parts)| (team, parts.iter().map(Vec::len).collect()))
            .collect();
        let flood = vec![DELIVERIES_PER_COMMAND, 1, 2];
        assert_eq!(sizes, [(TeamId(2), vec![1]), (TeamId(3), flood)]);
    }

    #[tokio::test]
    async fn everybody_is_answered_whoever_else_asks() {
        let api = api().await;
        let callers: Vec<Caller> = (0..40).map(|it| caller(it % 3, 1_000 + it)).collect();
        let asked = callers.iter().map(|it| {
            let team = it.token.team.expect("a team's");
            api.extend_with_others(it, team, extension())
        });
        for answer in join_all(asked).await {
            // The machine knows none of them.
            let refused = answer.expect_err("a stranger");
            assert_eq!(refused.reason(), Reason::NotAllowed);
        }
    }
}
