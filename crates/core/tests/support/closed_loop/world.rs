//! The world of a closed loop: what happens, to whom, and what must be so after it.

use std::collections::BTreeMap;

use ackord_core::action::Action;
use ackord_core::answer::{Answer, Reply};
use ackord_core::command::{Ack, Actor, Birth, Command, CreateTeam, CreateToken, Fence, Nack, Op};
use ackord_core::id::{EventId, NodeId, QueueId, TeamId};
use ackord_core::model::{Event, EventState, Role};
use ackord_core::rows::Row;
use ackord_core::text::{SessionKey, TeamName};
use ackord_core::time::{Millis, Timestamp};

use super::agents::Agents;
use super::approvals::{APPROVERS, Approvals};
use super::clients::{Client, Clients};
use super::commands::{NODES, SESSIONS, TEAMS, cluster, first_member, session_key};
use super::coverage::Coverage;
use super::crons::Crons;
use super::model::Model;
use super::sources::{self, Sources};
use super::steps::BatchPlan;
use super::{histories, order};
use crate::support::machine::{Said, entry};
use crate::support::twins::Twins;

/// In milliseconds.
const DAY: u64 = 24 * 3_600_000;

/// See the module.
pub(crate) struct World {
    pub(super) twins: Twins,
    pub(super) now: Timestamp,
    pub(super) clients: Clients,
    pub(super) model: Model,
    pub(super) crons: Crons,
    pub(super) agents: Agents,
    pub(super) approvals: Approvals,
    pub(super) sources: Sources,
    pub(crate) coverage: Coverage,
    /// Every event that was submitted, for commands that name one.
    pub(super) submitted: Vec<(TeamId, EventId)>,
    /// The incarnation that each node began with last.
    pub(super) starts: BTreeMap<NodeId, u64>,
}

/// What must be compared across a batch.
struct Before {
    events: order::Events,
    revisions: BTreeMap<QueueId, u64>,
}

impl World {
    pub(crate) fn new() -> Self {
        let mut world = Self {
            twins: Twins::default(),
            now: Timestamp(1_800_000_000_000),
            clients: Clients::new(SESSIONS),
            model: Model::default(),
            crons: Crons::default(),
            agents: Agents::default(),
            approvals: Approvals::default(),
            sources: Sources::default(),
            coverage: Coverage::default(),
            submitted: vec![],
            starts: BTreeMap::new(),
        };
        let team = |name| {
            Op::CreateTeam(CreateTeam {
                name: TeamName::new(name).expect("valid"),
            })
        };
        let mut commands = vec![
            cluster(Op::Birth(Birth {
                cluster: 1,
                admin: [0; 32],
                members: (1..=NODES).map(first_member).collect(),
            })),
            cluster(team("one")),
            cluster(team("two")),
        ];
        let workers = vec![Role::Manage, Role::Submit, Role::Session];
        let workers = TEAMS.map(|(team, token)| (team, token, workers.clone()));
        let approvers = TEAMS.iter().zip(APPROVERS);
        let approvers = approvers.map(|(team, token)| (team.0, token, vec![Role::Approve]));
        for (team, token, roles) in workers.into_iter().chain(approvers) {
            let op = Op::CreateToken(CreateToken {
                hash: [u8::try_from(token.0).expect("small"); 32],
                roles,
                tags: vec![],
                label: None,
                expires: None,
            });
            commands.push(Command {
                by: Actor::Cluster,
                team: Some(team),
                op,
            });
        }
        world.twins.batch(&[entry(world.now, commands)]);
        world
    }

    /// One batch, and everything that must be so after it.
    pub(crate) fn batch(&mut self, plan: &BatchPlan) {
        self.catch_up();
        let mut entries = vec![];
        for (number, (pause, steps)) in plan.entries.iter().enumerate() {
            // No event ends and is forgotten within one batch: the model compares batches.
            let pause = if number == 0 { *pause } else { *pause % DAY };
            self.now = self.now.after(Millis(pause));
            let commands = steps.iter().filter_map(|it| self.command(it)).collect();
            entries.push((self.now, commands));
        }
        self.apply(entries, &plan.lost);
    }

    /// Nodes that missed actions ask what is outstanding.
    pub(super) fn catch_up(&mut self) {
        for node in self.clients.lagging.clone() {
            let outstanding = self.twins.whole.state.outstanding(node);
            self.clients.catch_up(node, &outstanding);
        }
    }

    pub(super) fn apply(
        &mut self,
        entries: Vec<(Timestamp, Vec<Command>)>,
        lost: &[NodeId],
    ) -> Said {
        let state = &self.twins.whole.state;
        let before = Before {
            events: order::events(&self.twins.whole.rows),
            revisions: state.queues().map(|it| (it.id, it.revision)).collect(),
        };
        let over = before
            .events
            .iter()
            .filter(|it| is_over(it.1))
            .map(|it| *it.0);
        self.model.begin(over.collect());
        let log: Vec<_> = entries.iter().map(|it| entry(it.0, it.1.clone())).collect();
        let said = self.twins.batch(&log);

        for ((now, commands), answers) in entries.iter().zip(&said.answers) {
            for (command, answer) in commands.iter().zip(answers) {
                self.model.judge(*now, command, answer, &mut self.coverage);
                let fired = self.crons.judge(*now, command, answer, &mut self.coverage);
                if let Some((team, event)) = fired {
                    self.model.fired(team, event);
                    self.submitted.push((team, event));
                }
                self.agents.judge(command, answer, &mut self.coverage);
                self.approvals.judge(command, answer, &mut self.coverage);
                let came = self
                    .sources
                    .judge(*now, command, answer, &mut self.coverage);
                for event in came {
                    let team = command.team.expect("sources have teams");
                    self.model.fired(team, event);
                }
                self.learn(command, answer);
            }
        }
        self.check(&before);
        self.act(&said, lost);
        said
    }

    fn check(&mut self, before: &Before) {
        let events = order::events(&self.twins.whole.rows);
        for (id, event) in &events {
            histories::check(event);
            // An id that was forgotten may be given to another event.
            let was = before
                .events
                .get(id)
                .filter(|it| it.accepted_at == event.accepted_at);
            if was.is_none() && event.event_type.as_str() == "ackord.silence" {
                self.model.fired(event.team, event.id);
                self.coverage.saw("silence told");
            }
            let number = was.map_or(0, |it| it.delivery);
            assert!(
                number <= event.delivery,
                "a delivery number goes back: {event:?}"
            );
            for delivery in number + 1..=event.delivery {
                let fence = Fence {
                    event: event.id,
                    delivery,
                };
                self.model.deliveries.push((event.team, fence));
            }
            if was.is_none_or(|it| it.history != event.history) {
                self.coverage.saw_event(event);
            }
        }
        let queues = self.twins.whole.state.queues();
        let unchanged = |id| before.revisions.get(id).copied();
        let queues = queues.filter(|it| unchanged(&it.id) == Some(it.revision));
        order::check(&before.events, &events, queues);
        sources::check(&events);
        self.model.end(|id| events.contains_key(id));
        self.agents.check(&events);

        for queue in self.twins.whole.state.queues() {
            if queue.strict_hold.is_some() {
                self.coverage.saw("strict queue blocked");
            }
            if queue.settings.leases_per_minute.is_some() && queue.rate_next > self.now {
                self.coverage.saw("limited by rate");
            }
        }
    }

    /// The actions arrive, but for those of the nodes that lose theirs.
    fn act(&mut self, said: &Said, lost: &[NodeId]) {
        for action in &said.actions {
            match node_of(action) {
                Some(node) if lost.contains(&node) => {
                    self.coverage.saw("actions lost");
                    self.clients.lagging.insert(node);
                }
                _ => self.clients.act(action),
            }
        }
    }

    fn learn(&mut self, command: &Command, answer: &Answer) {
        match (&command.op, answer) {
            (Op::Attach(it), Ok(Reply::Attached(id, stream))) => {
                let client = self.client_of(&it.key);
                client.id = Some(*id);
                client.stream = Some(*stream);
                client.has = None;
                (client.nonce, client.node) = (it.nonce, it.node);
                client.latest = client.latest.max(it.nonce);
            }
            (Op::Ack(Ack { fence, .. }) | Op::Nack(Nack { fence, .. }), Ok(_)) => {
                for client in &mut self.clients.all {
                    client.has = client.has.filter(|it| it != fence);
                }
            }
            (Op::Tick(_), Ok(_)) => {
                let mut rows = self.twins.whole.rows.all().values();
                if rows.any(|it| matches!(it, Row::Job(it) if it.done > 0)) {
                    self.coverage.saw("job replays or purges");
                }
            }
            _ => {}
        }
    }

    fn client_of(&mut self, key: &SessionKey) -> &mut Client {
        let index = (0..SESSIONS).find(|it| session_key(*it) == *key);
        &mut self.clients.all[index.expect("keys are made here")]
    }
}

pub(super) fn is_over(event: &Event) -> bool {
    matches!(
        event.state,
        EventState::Ended { .. } | EventState::Dead { .. }
    )
}

fn node_of(action: &Action) -> Option<NodeId> {
    match action {
        Action::Deliver { node, .. } | Action::Revoke { node, .. } | Action::Close { node, .. } => {
            Some(*node)
        }
        Action::TokenEnded(_) => None,
    }
}
