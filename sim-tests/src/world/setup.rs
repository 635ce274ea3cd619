//! The beginning of a run: a team, a token, the queues.

use std::time::Duration;

use ackord_client::{Client, Options, v1};
use ackord_core::text::Tag;

use super::host::Host;
use super::process::ADMIN;
use crate::plan::{Plan, QueuePlan};

/// How long a call is tried: nothing is broken yet.
const PATIENCE: Duration = Duration::from_secs(30);

/// Makes what the plan needs. Returns the secret of a token of the team.
pub(super) async fn set_up(plan: &Plan, server: &str, host: &Host) -> String {
    let (queues, server) = (plan.queues.clone(), server.to_owned());
    let work = async move {
        let token = make_team(&client(&server, ADMIN)).await;
        let client = client(&server, &token);
        for queue in &queues {
            make_queue(&client, queue).await;
        }
        token
    };
    host.spawn(work).await.expect("nothing is broken yet")
}

fn client(server: &str, token: &str) -> Client {
    let options = Options {
        deadline: PATIENCE,
        ..Options::new(server, token)
    };
    Client::new(options).expect("the address is one")
}

async fn make_team(admin: &Client) -> String {
    let team = v1::CreateTeamRequest {
        name: "sim".to_owned(),
    };
    let team = admin
        .create_team(team)
        .await
        .expect("nothing is broken yet");
    let roles = [
        v1::Role::Manage,
        v1::Role::Submit,
        v1::Role::Session,
        v1::Role::Observe,
    ];
    let token = v1::CreateTokenRequest {
        team: team.team_id,
        roles: roles.map(Into::into).to_vec(),
        ..Default::default()
    };
    admin
        .create_token(token)
        .await
        .expect("nothing is broken yet")
        .secret
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
