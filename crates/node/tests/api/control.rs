//! Teams, tokens, queues, and the node itself, as operators see them.

use ackord_proto::v1::{
    CreateTeamRequest, CreateTokenRequest, GetQueueRequest, GetStatusRequest, GetTeamRequest,
    ListQueuesRequest, ListTeamsRequest, ListTokensRequest, NodeRole, PauseQueueRequest, QueueMode,
    QueueSettings, RefusalReason, Retention, Role, SetQueueRequest, SetRetentionRequest,
};
use tonic::Code;

use crate::support::{Node, Session, assert_invalid, assert_refused, item, only};

#[tokio::test]
async fn a_node_says_how_it_stands() {
    let node = Node::start().await;
    let status = node
        .operator()
        .await
        .cluster
        .get_status(GetStatusRequest {})
        .await;
    let status = status.expect("an answer").into_inner();
    assert_eq!(
        (status.role(), status.node_id.as_str()),
        (NodeRole::Leader, "node_1")
    );
    assert_eq!(
        (status.leader_id.as_str(), status.cluster_id.len()),
        ("node_1", 32)
    );
    let member = only(status.members);
    assert_eq!((member.node_id.as_str(), member.voter), ("node_1", true));
    assert!(status.applied_index > 0 && status.last_log_index >= status.applied_index);
    node.server.shutdown().await;
}

#[tokio::test]
async fn teams_are_made_once_and_found_by_id_or_name() {
    let node = Node::start().await;
    let id = node.make_team("builders").await;
    let mut operator = node.operator().await;
    let again = CreateTeamRequest {
        name: "builders".to_owned(),
    };
    let refused = operator.teams.create_team(again).await;
    assert_refused(refused, Code::AlreadyExists, RefusalReason::Exists);
    let invalid = CreateTeamRequest {
        name: "With Capitals".to_owned(),
    };
    assert_invalid(operator.teams.create_team(invalid).await, "name");

    for name in [id.as_str(), "builders"] {
        let request = GetTeamRequest {
            team: name.to_owned(),
            at_least: None,
        };
        let team = operator
            .teams
            .get_team(request)
            .await
            .expect("found")
            .into_inner()
            .team;
        assert_eq!(team.expect("a team").id, id);
    }
    let teams = operator
        .teams
        .list_teams(ListTeamsRequest::default())
        .await
        .expect("a page");
    assert_eq!(only(teams.into_inner().teams).name, "builders");
    node.server.shutdown().await;
}

#[tokio::test]
async fn retention_changes_where_it_is_stated() {
    let node = Node::start().await;
    let mut admin = node.team("t").await;
    let retention = Retention {
        events_kept_ms: 7_200_000,
        ..Retention::default()
    };
    let request = SetRetentionRequest {
        team: String::new(),
        retention: Some(retention),
    };
    admin.teams.set_retention(request).await.expect("set");
    let team = admin
        .teams
        .get_team(GetTeamRequest::default())
        .await
        .expect("found");
    let kept = team
        .into_inner()
        .team
        .expect("a team")
        .retention
        .expect("a retention");
    assert_eq!(kept.events_kept_ms, 7_200_000);
    assert_ne!(kept.dedup_kept_ms, 0);

    let refused = admin
        .teams
        .set_retention(SetRetentionRequest::default())
        .await;
    assert_invalid(refused, "retention");
    let short = Retention {
        dedup_kept_ms: 1,
        ..Default::default()
    };
    let request = SetRetentionRequest {
        team: String::new(),
        retention: Some(short),
    };
    let refused = admin.teams.set_retention(request).await;
    assert_invalid(refused, "retention.dedup_kept_ms");
    node.server.shutdown().await;
}

#[tokio::test]
async fn a_secret_is_told_once_and_its_token_is_listed_without_it() {
    let node = Node::start().await;
    let team = node.make_team("t").await;
    let request = CreateTokenRequest {
        team: team.clone(),
        roles: vec![Role::Observe.into(), Role::Submit.into()],
        label: "ci".to_owned(),
        ..CreateTokenRequest::default()
    };
    let mut operator = node.operator().await;
    let made = operator
        .tokens
        .create_token(request)
        .await
        .expect("made")
        .into_inner();
    assert!(made.secret.starts_with("ackord_"));
    let request = ListTokensRequest {
        team,
        ..ListTokensRequest::default()
    };
    let listed = operator
        .tokens
        .list_tokens(request)
        .await
        .expect("a page")
        .into_inner();
    let token = only(listed.tokens);
    assert_eq!((token.id, token.label.as_str()), (made.token_id, "ci"));
    assert!(!format!("{:?}", node.client(&made.secret).await.token_id).contains(&made.secret));
    node.server.shutdown().await;
}

#[tokio::test]
async fn a_queue_tells_its_depth_and_its_sessions() {
    let node = Node::start().await;
    let mut team = node.team("t").await;
    team.submit(vec![item("a"); 3]).await.expect("answered");
    let mut session = Session::attach(&team, "s", 1, "a").await;
    session.deliver().await;

    let request = GetQueueRequest {
        tag: "a".to_owned(),
        at_least: None,
    };
    let queue = team
        .queues
        .get_queue(request)
        .await
        .expect("found")
        .into_inner()
        .queue;
    let queue = queue.expect("a queue");
    let depth = queue.depth.expect("a depth");
    assert_eq!((depth.ready_normal, depth.leased), (2, 1));
    assert_eq!((queue.sessions_attached, queue.sessions_idle), (1, 0));

    let queues = team
        .queues
        .list_queues(ListQueuesRequest::default())
        .await
        .expect("a page");
    assert_eq!(only(queues.into_inner().queues).tag, "a");
    let unknown = GetQueueRequest {
        tag: "b".to_owned(),
        at_least: None,
    };
    let refused = team.queues.get_queue(unknown).await;
    assert_refused(refused, Code::NotFound, RefusalReason::NotFound);
    node.server.shutdown().await;
}

#[tokio::test]
async fn a_change_from_an_older_revision_is_refused() {
    let node = Node::start().await;
    let mut team = node.team("t").await;
    let pause = PauseQueueRequest {
        tag: "a".to_owned(),
    };
    let revision = team
        .queues
        .pause_queue(pause)
        .await
        .expect("paused")
        .into_inner()
        .revision;
    let set = |revision| SetQueueRequest {
        tag: "a".to_owned(),
        settings: Some(QueueSettings {
            attempts: 3,
            ..QueueSettings::default()
        }),
        revision: Some(revision),
    };
    let refused = team.queues.set_queue(set(revision + 1)).await;
    assert_refused(refused, Code::Aborted, RefusalReason::Revision);
    team.queues.set_queue(set(revision)).await.expect("set");

    let request = GetQueueRequest {
        tag: "a".to_owned(),
        at_least: None,
    };
    let queue = team
        .queues
        .get_queue(request)
        .await
        .expect("found")
        .into_inner()
        .queue;
    let queue = queue.expect("a queue");
    assert_eq!(queue.mode(), QueueMode::Paused);
    assert_eq!(queue.settings.expect("settings").attempts, 3);
    node.server.shutdown().await;
}

#[tokio::test]
async fn invalid_settings_are_refused() {
    let node = Node::start().await;
    let mut team = node.team("t").await;
    for (settings, field) in [
        (
            QueueSettings {
                attempts: 101,
                ..Default::default()
            },
            "settings.attempts",
        ),
        (
            QueueSettings {
                lease_ms: 1,
                ..Default::default()
            },
            "settings.lease_ms",
        ),
        (
            QueueSettings {
                leases_per_minute: 60_001,
                ..Default::default()
            },
            "settings.leases_per_minute",
        ),
    ] {
        let request = SetQueueRequest {
            tag: "a".to_owned(),
            settings: Some(settings),
            revision: None,
        };
        assert_invalid(team.queues.set_queue(request).await, field);
    }
    node.server.shutdown().await;
}
