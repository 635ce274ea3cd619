//! What sessions say to each other, by tag and to everybody.

use ackord_proto::refusal::from_details;
use ackord_proto::v1::attach_request::Message as Asked;
use ackord_proto::v1::{
    Ack, Deliver, Emit, Hello, Message, RefusalReason, Role, SendRequest, Sent, SubmitOutcome, emit,
};
use tonic::Status;

use crate::support::{Client, Node, Session, hello, item};

pub(crate) fn to(tags: &[&str], text: &str) -> Message {
    Message {
        tags: tags.iter().map(|it| (*it).to_owned()).collect(),
        text: text.to_owned(),
        ..Message::default()
    }
}

fn to_everybody(text: &str) -> Message {
    Message {
        broadcast: true,
        ..to(&[], text)
    }
}

/// A message of the first process of a session.
pub(crate) fn from(key: &str, message: Message) -> SendRequest {
    SendRequest {
        message: Some(message),
        session_key: key.to_owned(),
        nonce: 1,
        ..SendRequest::default()
    }
}

pub(crate) async fn send(client: &mut Client, asked: SendRequest) -> Result<Sent, Status> {
    let answer = client.messages.send(asked).await?;
    Ok(answer.into_inner().sent.expect("a message that is in"))
}

pub(crate) fn refused(status: &Status) -> (RefusalReason, String) {
    let refusal = from_details(status.details()).expect("a refusal");
    (refusal.reason(), refusal.field)
}

fn said(deliver: &Deliver) -> &str {
    str::from_utf8(&deliver.body).expect("a message is a text")
}

#[tokio::test]
async fn a_message_waits_for_its_tag_and_is_answered_without_one() {
    let node = Node::start().await;
    let mut team = node.team("t").await;
    let mut build = Session::attach(&team, "builder", 1, "build").await;
    let sent = send(
        &mut team,
        from("builder", to(&["deploy", "review"], "it is green")),
    )
    .await;
    let sent = sent.expect("nobody needs to be there");
    assert_eq!(sent.events.len(), 2);

    let mut deploy = Session::attach(&team, "deployer", 1, "deploy").await;
    let message = deploy.deliver().await;
    assert_eq!(
        (message.event_type.as_str(), said(&message)),
        ("ackord.message", "it is green")
    );
    let fact = |name: &str| message.meta.get(name).map(String::as_str);
    assert_eq!(fact("ackord.from"), Some("builder"));
    assert_eq!(fact("ackord.from_tag"), Some("build"));
    let event = message.fence.as_ref().expect("a fence").event_id.clone();
    let shown = team.event(&event).await;
    assert_eq!(
        (shown.origin_session_key, shown.origin_tag),
        ("builder".to_owned(), "build".to_owned())
    );

    let reply = Message {
        in_reply_to: event.clone(),
        ..to(&[], "rolled out")
    };
    send(&mut team, from("deployer", reply))
        .await
        .expect("answered");
    let answer = build.deliver().await;
    assert_eq!(said(&answer), "rolled out");
    assert_eq!(answer.meta["ackord.in_reply_to"], event);
    assert_eq!(answer.meta["ackord.thread"], message.meta["ackord.thread"]);
    node.server.shutdown().await;
}

#[tokio::test]
async fn a_message_that_cannot_be_is_refused_with_what_is_wrong() {
    let node = Node::start().await;
    let mut team = node.team("t").await;
    let _build = Session::attach(&team, "builder", 1, "build").await;
    let long = "x".repeat(65_537);
    let other = SendRequest {
        nonce: 2,
        ..from("builder", to(&["deploy"], "hi"))
    };
    let both = Message {
        broadcast: true,
        ..to(&["deploy"], "hi")
    };
    let cases = [
        (
            from("builder", to(&[], "hi")),
            RefusalReason::Invalid,
            "message.tags",
        ),
        (
            from("builder", to(&["build"], "hi")),
            RefusalReason::Invalid,
            "tags",
        ),
        (
            from("builder", to(&["deploy"], &long)),
            RefusalReason::TooLarge,
            "message.text",
        ),
        (
            from("builder", to(&["deploy"], "")),
            RefusalReason::Invalid,
            "message.text",
        ),
        (
            from("nobody", to(&["deploy"], "hi")),
            RefusalReason::Invalid,
            "session_key",
        ),
        (
            from("builder", both),
            RefusalReason::Invalid,
            "message.tags",
        ),
        (
            from("builder", to_everybody("hi")),
            RefusalReason::Nobody,
            "",
        ),
        (other, RefusalReason::Invalid, "session_key"),
    ];
    for (asked, reason, field) in cases {
        let status = send(&mut team, asked.clone()).await.expect_err("refused");
        assert_eq!(refused(&status), (reason, field.to_owned()), "{asked:?}");
    }
    node.server.shutdown().await;
}

#[tokio::test]
async fn a_message_is_queued_once_under_its_key() {
    let node = Node::start().await;
    let mut team = node.team("t").await;
    let asked = |text| SendRequest {
        message: Some(to(&["deploy"], text)),
        dedup_key: "k".to_owned(),
        ..SendRequest::default()
    };
    let first = send(&mut team, asked("hi")).await.expect("in");
    let second = send(&mut team, asked("hi")).await.expect("in");
    assert_eq!(first.events[0].event_id, second.events[0].event_id);
    assert_ne!(first.events[0].outcome(), second.events[0].outcome());
    node.server.shutdown().await;
}

#[tokio::test]
async fn a_message_to_everybody_is_an_event_for_each_tag_that_has_somebody() {
    let node = Node::start().await;
    let mut team = node.team("t").await;
    let _build = Session::attach(&team, "builder", 1, "build").await;
    let mut review = Session::attach(&team, "reviewer", 1, "review").await;
    let mut deploy = Session::attach(&team, "deployer", 1, "deploy").await;
    let _untagged = Session::attach(&team, "anybody", 1, "").await;
    let closed = Asked::Hello(Hello {
        accept_messages: Some(false),
        ..match hello("closed", 1, "quiet") {
            Asked::Hello(it) => it,
            it => panic!("no hello: {it:?}"),
        }
    });
    let (_requests, quiet) = Session::open(&team, Some(closed)).await;
    let attached = quiet.expect("open").message().await;
    assert!(attached.expect("attached").is_some());
    let stranger = node.team("u").await;
    let _stranger = Session::attach(&stranger, "stranger", 1, "foreign").await;

    let asked = SendRequest {
        dedup_key: "hold".to_owned(),
        ..from("builder", to_everybody("hold the deploys"))
    };
    let sent = send(&mut team, asked.clone()).await.expect("two are there");
    assert_eq!(sent.tags, ["deploy", "review"]);
    let outcomes = |it: &Sent| it.events.iter().map(|it| it.outcome()).collect::<Vec<_>>();
    assert_eq!(outcomes(&sent), [SubmitOutcome::Accepted; 2]);
    for (session, event) in [(&mut deploy, 0), (&mut review, 1)] {
        let heard = session.deliver().await;
        assert_eq!(said(&heard), "hold the deploys");
        assert_eq!(heard.meta["ackord.from"], "builder");
        let fence = heard.fence.expect("a fence");
        assert_eq!(fence.event_id, sent.events[event].event_id);
    }

    // The same message again is the same events, whoever is there by now.
    let _late = Session::attach(&team, "latecomer", 1, "api").await;
    let again = send(&mut team, asked).await.expect("it is in");
    assert_eq!(again.tags, sent.tags);
    assert_eq!(outcomes(&again), [SubmitOutcome::Duplicate; 2]);
    let ids = |it: &Sent| {
        it.events
            .iter()
            .map(|it| it.event_id.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(ids(&again), ids(&sent));
    node.server.shutdown().await;
}

#[tokio::test]
async fn whoever_has_a_token_for_some_tags_speaks_to_everybody_of_those() {
    let node = Node::start().await;
    let id = node.make_team("t").await;
    let team = node.member(&id, &[Role::Admin], &[]).await;
    let mut submits = node
        .member(&id, &[Role::Submit], &["deploy", "night"])
        .await;
    let all = || SendRequest {
        message: Some(to_everybody("hi")),
        ..SendRequest::default()
    };
    let _review = Session::attach(&team, "reviewer", 1, "review").await;
    let nobody = send(&mut submits, all())
        .await
        .expect_err("none of its tags");
    assert_eq!(refused(&nobody).0, RefusalReason::Nobody);
    let _deploy = Session::attach(&team, "deployer", 1, "deploy").await;
    let sent = send(&mut submits, all()).await.expect("one is there");
    assert_eq!(sent.tags, ["deploy"]);
    node.server.shutdown().await;
}

#[tokio::test]
async fn nothing_goes_to_everybody_with_an_ack() {
    let node = Node::start().await;
    let mut team = node.team("t").await;
    let mut build = Session::attach(&team, "builder", 1, "build").await;
    team.submit_one(item("build")).await;
    let fence = build.deliver().await.fence;
    let ack = Ack {
        fence,
        emits: vec![Emit {
            emit: Some(emit::Emit::Message(to_everybody("done"))),
        }],
        ..Ack::default()
    };
    let refusal = build.call(Asked::Ack(ack)).await.expect_err("not so");
    assert_eq!(
        (refusal.reason(), refusal.field.as_str()),
        (RefusalReason::Invalid, "emits[0].message.broadcast")
    );
    node.server.shutdown().await;
}
