//! From the members as they are to those that are to be: one step at a time.

use std::collections::BTreeMap;
use std::time::Duration;

use ackord_client::v1;
use tokio::time::sleep;

use super::super::recorder::now;
use super::Keeper;
use crate::history::{Ask, Mount};
use crate::plan::Chore;

/// All are members so long after everything was mended. The transport's own backoff (10 s), a
/// snapshot and some changes fit into it.
const LIMIT: Duration = Duration::from_mins(3);
/// How often somebody looks.
const LOOK: Duration = Duration::from_millis(500);

impl Keeper {
    /// Brings in who is missing, and takes one step after the other until all is in order, but not
    /// for ever: the judge tells.
    pub(super) async fn settle(mut self) {
        self.fill();
        self.put_in_order().await;
        let chores = self.scene.plan.cluster.chores.clone();
        let some = |it: &Chore| it.needs_calm() || matches!(it, Chore::Rot | Chore::Upgrade);
        for chore in chores.into_iter().filter(some) {
            self.begin(chore).await;
            self.put_in_order().await;
        }
    }

    async fn put_in_order(&mut self) {
        let end = now() + LIMIT;
        while !self.step().await && now() < end {
            sleep(LOOK).await;
        }
    }

    /// Lets as many servers in as there were in the beginning.
    fn fill(&mut self) {
        let inside = self.servers.iter().filter(|it| !it.is_out()).count();
        let missing = usize::from(self.scene.plan.cluster.nodes).saturating_sub(inside);
        for _ in 0..missing {
            self.let_in();
        }
    }

    /// Lets a server in that was out, with an empty disk. False: there is none.
    pub(super) fn let_in(&mut self) -> bool {
        let Some(server) = self.servers.iter().find(|it| it.is_out()).cloned() else {
            return false;
        };
        server.mount(&server.drive().successor(), Mount::Empty);
        // One that knows less might not be let in.
        let newest = self.servers.iter().map(super::Server::knows).max();
        server.set_program(newest.unwrap_or(ackord_core::FORMAT));
        server.set_out(false);
        server.start();
        if let Some(hold) = self.release(server.number()) {
            self.hinder(server, hold);
        }
        true
    }

    /// Asks for the next step. True: the members are those that are to be.
    pub(super) async fn step(&mut self) -> bool {
        let Ok(status) = self
            .client
            .get_status(v1::GetStatusRequest::default())
            .await
        else {
            return false;
        };
        let Some(ask) = self.missing(&status.members) else {
            return self.are_all_known() && !is_changing(&status.members) && self.most_have_it();
        };
        self.endanger();
        self.ask(ask).await;
        false
    }

    /// What is to be asked for first.
    fn missing(&self, members: &[v1::Member]) -> Option<Ask> {
        let wanted = self.wanted();
        let found: BTreeMap<u64, bool> = members
            .iter()
            .filter_map(|it| Some((number(&it.node_id)?, it.voter)))
            .collect();
        let mut learners = wanted.keys().filter(|it| found.get(it) == Some(&false));
        let learner = learners.next().copied();
        let strangers = found.iter().filter(|it| !wanted.contains_key(it.0));
        let absent = wanted.iter().find(|it| !found.contains_key(it.0));
        for (stranger, votes) in strangers {
            return Some(match learner {
                Some(new) if *votes => Ask::Replace {
                    old: *stranger,
                    new,
                },
                // Somebody is to take its place who is not there yet, or it is that somebody.
                _ if absent.is_some() || !self.are_all_known() => continue,
                _ if self.leads(*stranger) => Ask::Lead(None),
                _ => Ask::Remove(*stranger),
            });
        }
        let absent = absent.map(|(_, server)| Ask::Add { server: *server });
        let unknown = self.unknown().map(|server| Ask::Add { server });
        learner.map(Ask::Promote).or(absent).or(unknown)
    }

    /// The nodes that are to be members, with their servers.
    fn wanted(&self) -> BTreeMap<u64, usize> {
        let stays = |it: &&super::Server| !it.is_out() && !self.leaving.contains(&it.number());
        let servers = self.servers.iter().filter(stays);
        let known = servers.filter_map(|it| Some((it.node_number()?, it.number())));
        known.collect()
    }

    /// A server whose disk has no number yet, as far as anybody knows.
    fn unknown(&self) -> Option<usize> {
        let mut servers = self.servers.iter();
        let new = servers.find(|it| !it.is_out() && it.node_number().is_none());
        new.map(super::Server::number)
    }

    fn are_all_known(&self) -> bool {
        self.unknown().is_none()
    }

    /// Most of those that are to be members have the group as it is to be. What the leader alone has
    /// may be gone with it, and then a member that is thought to be out is still needed.
    fn most_have_it(&self) -> bool {
        let wanted = self.wanted();
        let has_it = |it: &super::Server| {
            let status = it.status();
            status.is_some_and(|it| {
                let mut members = it.members.iter();
                members.all(|it| wanted.contains_key(&it.node) && it.passing.is_none())
            })
        };
        let have_it = self.servers.iter().filter(|it| has_it(it)).count();
        have_it * 2 > wanted.len()
    }

    fn leads(&self, node: u64) -> bool {
        let leads = |it: &super::Server| it.status().is_some_and(|it| it.leads && it.node == node);
        self.servers.iter().any(leads)
    }
}

fn is_changing(members: &[v1::Member]) -> bool {
    members
        .iter()
        .any(|it| it.passing() != v1::Passing::Unspecified)
}

/// The number in a node's name.
fn number(name: &str) -> Option<u64> {
    name.strip_prefix("node_")?.parse().ok()
}
