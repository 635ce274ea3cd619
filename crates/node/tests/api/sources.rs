//! Sources: what goes in comes out, but for secrets; who may; what is refused.

use std::fs;
use std::path::Path;

use ackord_core::limits::SECRETS_PER_SOURCE;
use ackord_proto::v1::verification::Rule;
use ackord_proto::v1::{
    CreateSourceRequest, DeleteSourceRequest, GetSourceRequest, ListSourcesRequest, NewSecret,
    OpenPairingRequest, RefusalReason, ResealSourceRequest, Role, Silence, Source,
    SourceDefinition, SourceMode, UpdateSourceRequest, Verification,
};
use bytes::Bytes;
use tonic::Code;

use crate::support::{Client, Node, assert_invalid, assert_refused};

/// In no answer, no error and no file, whatever is done with it.
const CANARY: &str = "canary-5f3a91c2d47b8e60";

fn github() -> SourceDefinition {
    SourceDefinition {
        verification: Some(Verification {
            rule: Some(Rule::Preset("github".to_owned())),
            ..Verification::default()
        }),
        ..SourceDefinition::default()
    }
}

fn secret(value: &'static str) -> NewSecret {
    NewSecret {
        value: Bytes::from_static(value.as_bytes()),
        ..NewSecret::default()
    }
}

fn creation(slug: &str) -> CreateSourceRequest {
    CreateSourceRequest {
        slug: slug.to_owned(),
        definition: Some(github()),
        secrets: vec![secret(CANARY)],
        ..CreateSourceRequest::default()
    }
}

async fn create(member: &mut Client, slug: &str) -> Source {
    let made = member.sources.create_source(creation(slug)).await;
    let made = made.expect("a source is made").into_inner();
    made.source.expect("the source")
}

fn update(slug: &str) -> UpdateSourceRequest {
    UpdateSourceRequest {
        slug: slug.to_owned(),
        ..UpdateSourceRequest::default()
    }
}

fn named(slug: &str) -> GetSourceRequest {
    GetSourceRequest {
        slug: slug.to_owned(),
        at_least: None,
    }
}

#[tokio::test]
async fn a_source_is_made_looked_at_changed_and_removed() {
    let node = Node::start().await;
    let mut member = node.team("acme").await;
    let made = create(&mut member, "github").await;
    assert_eq!((made.revision, made.mode()), (1, SourceMode::Enabled));
    assert_eq!(made.path, "/webhooks/acme/github");
    assert_eq!(made.definition, Some(github()));
    let names = |it: &Source| -> Vec<String> {
        it.secrets
            .iter()
            .map(|it| format!("{}/{}", it.name, it.key_id))
            .collect()
    };
    assert_eq!(names(&made), ["s1/k1"]);
    let got = member
        .sources
        .get_source(named("github"))
        .await
        .expect("there");
    assert_eq!(got.into_inner().source, Some(made));

    let rotation = UpdateSourceRequest {
        revision: Some(1),
        add_secrets: vec![secret("the next one")],
        ..update("github")
    };
    let changed = member
        .sources
        .update_source(rotation.clone())
        .await
        .expect("changed");
    let changed = changed.into_inner().source.expect("the source");
    assert_eq!(
        (changed.revision, names(&changed)),
        (2, vec!["s1/k1".into(), "s2/k1".into()])
    );
    let refused = member.sources.update_source(rotation).await;
    assert_refused(refused, Code::Aborted, RefusalReason::Revision);
    let end_of_rotation = UpdateSourceRequest {
        remove_secrets: vec!["s1".to_owned()],
        mode: SourceMode::Paused.into(),
        ..update("github")
    };
    let changed = member
        .sources
        .update_source(end_of_rotation)
        .await
        .expect("changed");
    let changed = changed.into_inner().source.expect("the source");
    assert_eq!(
        (changed.mode(), names(&changed)),
        (SourceMode::Paused, vec!["s2/k1".into()])
    );

    let reseal = ResealSourceRequest {
        slug: "github".to_owned(),
    };
    let resealed = member
        .sources
        .reseal_source(reseal)
        .await
        .expect("looked at")
        .into_inner();
    assert_eq!(
        (
            resealed.resealed,
            resealed.revision,
            resealed.key_id.as_str()
        ),
        (0, 3, "k1")
    );

    let pairing = OpenPairingRequest {
        slug: "github".to_owned(),
        for_ms: 60_000,
    };
    let paired = member
        .sources
        .open_pairing(pairing)
        .await
        .expect("open")
        .into_inner();
    let got = member
        .sources
        .get_source(named("github"))
        .await
        .expect("there")
        .into_inner();
    assert_eq!(
        got.source.map(|it| (it.pairing_until_ms, it.revision)),
        Some((paired.until_ms, 3))
    );

    let listed = member
        .sources
        .list_sources(ListSourcesRequest::default())
        .await;
    let listed = listed.expect("a list").into_inner().sources;
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].definition, None);
    let delete = DeleteSourceRequest {
        slug: "github".to_owned(),
        revision: None,
    };
    member.sources.delete_source(delete).await.expect("removed");
    let gone = member.sources.get_source(named("github")).await;
    assert_refused(gone, Code::NotFound, RefusalReason::NotFound);
    node.server.shutdown().await;
}

#[tokio::test]
async fn a_secret_is_in_no_file_and_no_answer() {
    let node = Node::start().await;
    let mut member = node.team("acme").await;
    let made = create(&mut member, "github").await;
    let got = member
        .sources
        .get_source(named("github"))
        .await
        .expect("there");
    let mut told = format!("{made:?} {got:?}");
    let malformed = CreateSourceRequest {
        definition: Some(SourceDefinition {
            verification: Some(Verification {
                rule: Some(Rule::Preset("standard-webhooks".to_owned())),
                ..Verification::default()
            }),
            ..SourceDefinition::default()
        }),
        ..creation("other")
    };
    let refused = member.sources.create_source(malformed).await;
    told += &format!("{:?}", refused.expect_err("the secret is not of that kind"));
    assert!(!told.contains(CANARY), "{told}");
    node.server.shutdown().await;
    let mut files = 0;
    look(node.dir.path(), &mut files);
    assert!(files > 5, "only {files} files");
}

/// Looks for the canary in each file.
fn look(dir: &Path, files: &mut usize) {
    for entry in fs::read_dir(dir).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            look(&path, files);
        } else {
            let bytes = fs::read(&path).expect("a file");
            let found = bytes
                .windows(CANARY.len())
                .any(|it| it == CANARY.as_bytes());
            assert!(!found, "{}", path.display());
            *files += 1;
        }
    }
}

#[tokio::test]
async fn a_source_of_another_team_is_as_unknown_as_one_that_never_was() {
    let node = Node::start().await;
    let mut member = node.team("acme").await;
    create(&mut member, "github").await;
    let mut other = node.team("other").await;
    for slug in ["github", "nothing"] {
        let refused = other.sources.get_source(named(slug)).await;
        assert_refused(refused, Code::NotFound, RefusalReason::NotFound);
        let refused = other.sources.update_source(update(slug)).await;
        assert_refused(refused, Code::NotFound, RefusalReason::NotFound);
    }
    create(&mut other, "github").await;
    let refused = member.sources.create_source(creation("github")).await;
    assert_refused(refused, Code::AlreadyExists, RefusalReason::Exists);
    node.server.shutdown().await;
}

#[tokio::test]
async fn looking_needs_observe_and_changing_needs_manage() {
    let node = Node::start().await;
    let team = node.make_team("acme").await;
    let mut manager = node.member(&team, &[Role::Manage], &[]).await;
    create(&mut manager, "github").await;
    let mut observer = node.member(&team, &[Role::Observe], &[]).await;
    observer
        .sources
        .get_source(named("github"))
        .await
        .expect("may look");
    let refused = observer.sources.create_source(creation("other")).await;
    assert_refused(refused, Code::PermissionDenied, RefusalReason::NotAllowed);
    let mut submitter = node.member(&team, &[Role::Submit], &[]).await;
    let refused = submitter.sources.get_source(named("github")).await;
    assert_refused(refused, Code::PermissionDenied, RefusalReason::NotAllowed);
    let mut tagged = node.member(&team, &[Role::Manage], &["build"]).await;
    let refused = tagged.sources.create_source(creation("other")).await;
    assert_refused(refused, Code::PermissionDenied, RefusalReason::NotAllowed);
    node.server.shutdown().await;
}

#[tokio::test]
async fn a_source_that_could_not_work_is_refused_for_its_field() {
    let node = Node::start().await;
    let mut member = node.team("acme").await;
    let bad = |change: fn(&mut CreateSourceRequest)| {
        let mut request = creation("github");
        change(&mut request);
        request
    };
    let requests: [(&str, CreateSourceRequest); 7] = [
        ("slug", bad(|it| it.slug = "Git Hub".to_owned())),
        ("definition", bad(|it| it.definition = None)),
        (
            "secrets.value",
            bad(|it| it.secrets = vec![NewSecret::default()]),
        ),
        (
            "secrets.name",
            bad(|it| it.secrets[0].name = "S 1".to_owned()),
        ),
        (
            "definition.networks[0]",
            bad(|it| it.definition.as_mut().expect("one").networks = vec!["192.0.2.0/33".into()]),
        ),
        (
            "definition.deadline_ms",
            bad(|it| it.definition.as_mut().expect("one").deadline_ms = 1),
        ),
        (
            "definition.description",
            bad(|it| it.definition.as_mut().expect("one").description = "a\nb".into()),
        ),
    ];
    for (field, request) in requests {
        let refused = member.sources.create_source(request).await;
        assert_invalid(refused, field);
    }
    let without_secret = bad(|it| it.secrets.clear());
    let refused = member.sources.create_source(without_secret).await;
    let status = refused.expect_err("github signs");
    assert_eq!(status.code(), Code::InvalidArgument, "{status}");
    node.server.shutdown().await;
}

#[tokio::test]
async fn more_secrets_than_a_source_may_have_are_refused_before_any_is_sealed() {
    let node = Node::start().await;
    let mut member = node.team("acme").await;
    for count in [SECRETS_PER_SOURCE + 1, 100_000] {
        let crowd = CreateSourceRequest {
            secrets: vec![secret(CANARY); count],
            ..creation("github")
        };
        let refused = member.sources.create_source(crowd).await;
        assert_refused(refused, Code::ResourceExhausted, RefusalReason::Limit);
    }
    create(&mut member, "github").await;
    let rotation = |count: usize| UpdateSourceRequest {
        add_secrets: vec![secret("the next one"); count],
        ..update("github")
    };
    for count in [SECRETS_PER_SOURCE, 100_000] {
        let refused = member.sources.update_source(rotation(count)).await;
        assert_refused(refused, Code::ResourceExhausted, RefusalReason::Limit);
    }
    let whole = UpdateSourceRequest {
        remove_secrets: vec!["s1".to_owned()],
        ..rotation(SECRETS_PER_SOURCE)
    };
    let changed = member.sources.update_source(whole).await;
    let changed = changed.expect("as many as it may have").into_inner();
    let source = changed.source.expect("the source");
    assert_eq!(source.secrets.len(), SECRETS_PER_SOURCE);
    node.server.shutdown().await;
}

#[tokio::test]
async fn a_page_of_sources_shows_which_of_them_are_watched() {
    let node = Node::start().await;
    let mut other = node.team("other").await;
    let mut member = node.team("acme").await;
    let watched = |slug: &str| CreateSourceRequest {
        silence: Some(Silence {
            after_ms: 3_600_000,
            tag: format!("{slug}-ops"),
            ..Silence::default()
        }),
        ..creation(slug)
    };
    let theirs = other.sources.create_source(watched("theirs")).await;
    theirs.expect("made");
    for asked in [watched("one"), creation("two"), watched("three")] {
        member.sources.create_source(asked).await.expect("made");
    }
    let (mut tags, mut page_token) = (vec![], String::new());
    loop {
        let asked = ListSourcesRequest {
            page_size: 2,
            page_token,
            ..ListSourcesRequest::default()
        };
        let page = member.sources.list_sources(asked).await;
        let page = page.expect("a page").into_inner();
        let silence = |it: Source| it.watch.and_then(|it| it.silence).map(|it| it.tag);
        tags.extend(page.sources.into_iter().map(silence));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    let tags: Vec<_> = tags.iter().map(Option::as_deref).collect();
    assert_eq!(tags, [Some("one-ops"), None, Some("three-ops")]);

    // A length of zero asks no more, whatever else is said.
    let nobody = UpdateSourceRequest {
        silence: Some(Silence {
            tag: "one-ops".to_owned(),
            ..Silence::default()
        }),
        ..update("one")
    };
    let changed = member.sources.update_source(nobody).await.expect("changed");
    let changed = changed.into_inner().source.expect("the source");
    assert_eq!(changed.watch, None);
    node.server.shutdown().await;
}
