//! The beginning of a run: a team, its tokens, its queues; and another team.

use std::time::Duration;

use ackord_client::{Client, Options, v1};
use ackord_core::text::Tag;

use super::host::Host;
use super::process::ADMIN;
use super::sender;
use crate::history::{Bearer, Power};
use crate::plan::{Craft, Plan, QueuePlan};

/// How long a call is tried: nothing is broken yet.
const PATIENCE: Duration = Duration::from_secs(30);

/// The secrets of tokens, each of which allows what its bearer does and no more.
#[derive(Clone)]
pub(super) struct Tokens {
    /// May submit.
    pub(super) submit: String,
    /// May attach sessions.
    pub(super) session: String,
    /// What sessions show, every other one the same: may attach, and where the plan has that, submit
    /// with an ack, change crons with one, and approve.
    pub(super) agents: [Badge; 2],
    /// Of those who are asked what agents may not do alone.
    pub(super) approvers: Vec<Badge>,
    /// Of those who are not, and are in the cluster's way: without the role, or of another team.
    pub(super) powerless: Vec<Badge>,
    /// May look.
    pub(super) observe: String,
    /// May look, cancel, replay, purge, and set queues.
    pub(super) manage: String,
    /// May do all of that in another team.
    pub(super) foreign: String,
}

/// A token, and what it stands for.
#[derive(Clone)]
pub(super) struct Badge {
    pub(super) secret: String,
    pub(super) bearer: Bearer,
}

/// Makes what the plan needs.
pub(super) async fn set_up(plan: &Plan, server: &str, host: &Host) -> Tokens {
    let (queues, server) = (plan.queues.clone(), server.to_owned());
    let agents = Agents {
        emits: plan.knows(Craft::Emits),
        asks: plan.knows(Craft::Asks),
        crons: plan.knows(Craft::Crons),
        tag: plan.queues[0].tag.clone(),
    };
    let source = (plan.webhooks > 0).then(|| sender::source(plan));
    let work = async move {
        let admin = client(&server, ADMIN);
        let tokens = make_tokens(&admin, &agents).await;
        let client = client(&server, &tokens.manage);
        for queue in &queues {
            make_queue(&client, queue).await;
        }
        if let Some(source) = source {
            let made = client.create_source(source).await;
            made.expect("nothing is broken yet");
        }
        tokens
    };
    host.spawn(work).await.expect("nothing is broken yet")
}

/// What sessions do that takes tokens for it.
struct Agents {
    emits: bool,
    asks: bool,
    crons: bool,
    /// The tag of the first queue.
    tag: Option<Tag>,
}

async fn make_tokens(admin: &Client, agents: &Agents) -> Tokens {
    let ours = make_team(admin, sender::TEAM).await;
    let theirs = make_team(admin, "other").await;
    let mut all = vec![
        v1::Role::Manage,
        v1::Role::Submit,
        v1::Role::Session,
        v1::Role::Observe,
    ];
    let mut agent = vec![v1::Role::Session];
    if agents.emits {
        agent.push(v1::Role::Submit);
    }
    if agents.asks {
        agent.push(v1::Role::Approve);
        all.push(v1::Role::Approve);
    }
    if agents.crons {
        agent.push(v1::Role::Manage);
    }
    let one = make_badge(admin, &ours, &agent, Power::All).await;
    let other = match agents.asks {
        true => make_badge(admin, &ours, &agent, Power::All).await,
        false => one.clone(),
    };
    let submit = make_token(admin, &ours, &[v1::Role::Submit]).await;
    let session = make_badge(admin, &ours, &[v1::Role::Session], Power::Nothing).await;
    let observe = make_badge(admin, &ours, &[v1::Role::Observe], Power::Nothing).await;
    let manage = make_token(admin, &ours, &[v1::Role::Manage]).await;
    let foreign = make_badge(admin, &theirs, &all, Power::Nothing).await;
    Tokens {
        agents: [one, other],
        approvers: make_approvers(admin, &ours, agents).await,
        submit,
        session: session.secret.clone(),
        observe: observe.secret.clone(),
        manage,
        foreign: foreign.secret.clone(),
        powerless: vec![session, observe, foreign],
    }
}

/// One who is asked over all tags, and one over the first.
async fn make_approvers(admin: &Client, team: &str, agents: &Agents) -> Vec<Badge> {
    let role = &[v1::Role::Approve];
    let mut approvers = Vec::new();
    if agents.asks {
        approvers.push(make_badge(admin, team, role, Power::All).await);
        if let Some(tag) = agents.tag.clone() {
            approvers.push(make_badge(admin, team, role, Power::Tag(tag)).await);
        }
    }
    approvers
}

fn client(server: &str, token: &str) -> Client {
    let options = Options {
        deadline: PATIENCE,
        ..Options::new(server, token)
    };
    Client::new(options).expect("the address is one")
}

async fn make_team(admin: &Client, name: &str) -> String {
    let team = v1::CreateTeamRequest {
        name: name.to_owned(),
    };
    let team = admin.create_team(team).await;
    team.expect("nothing is broken yet").team_id
}

async fn make_token(admin: &Client, team: &str, roles: &[v1::Role]) -> String {
    let badge = make_badge(admin, team, roles, Power::Nothing).await;
    badge.secret
}

async fn make_badge(admin: &Client, team: &str, roles: &[v1::Role], power: Power) -> Badge {
    let bound = match &power {
        Power::Tag(tag) => vec![tag.to_string()],
        Power::All | Power::Nothing => Vec::new(),
    };
    let token = v1::CreateTokenRequest {
        team: team.to_owned(),
        roles: roles.iter().copied().map(Into::into).collect(),
        tags: bound,
        ..Default::default()
    };
    let made = admin.create_token(token).await;
    let made = made.expect("nothing is broken yet");
    let token = made.token_id.parse();
    Badge {
        secret: made.secret,
        bearer: Bearer {
            token: token.expect("a server names tokens by their ids"),
            power,
        },
    }
}

async fn make_queue(client: &Client, queue: &QueuePlan) {
    let settings = &queue.settings;
    let settings = v1::QueueSettings {
        lease_ms: settings.lease.0,
        claim_limit_ms: settings.claim_limit.0,
        lease_cap_ms: settings.lease_cap.0,
        attempts: settings.attempts,
        strict: settings.strict,
        leases_per_minute: settings.leases_per_minute.unwrap_or(0),
    };
    let request = v1::SetQueueRequest {
        tag: queue
            .tag
            .as_ref()
            .map(Tag::as_str)
            .unwrap_or_default()
            .to_owned(),
        settings: Some(settings),
        revision: None,
    };
    client
        .set_queue(request)
        .await
        .expect("nothing is broken yet");
}
