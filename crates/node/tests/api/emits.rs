//! Changes of crons that go out with an ack: all of it, or nothing and the part is named.

use ackord_proto::v1::answer::Result as Answered;
use ackord_proto::v1::attach_request::Message as Asked;
use ackord_proto::v1::instruction::Instruction as Told;
use ackord_proto::v1::{
    Ack, AckRequest, Acked, CreateCronRequest, Cron, CronTerms, DeleteCronRequest, Emit,
    EventState, Fence, FireCronRequest, Instruction, ListCronsRequest, PauseCronRequest, Refusal,
    RefusalReason, ResumeCronRequest, Role, UpdateCronRequest, emit,
};

use crate::support::{Client, Node, Session, item, refusal};

fn terms(label: &str, schedule: &str) -> CronTerms {
    CronTerms {
        label: label.to_owned(),
        schedule: schedule.to_owned(),
        tag: "build".to_owned(),
        ..CronTerms::default()
    }
}

fn creation(terms: CronTerms) -> CreateCronRequest {
    CreateCronRequest {
        terms: Some(terms),
        instruction: Some(Instruction {
            instruction: Some(Told::Prompt("Look around.".to_owned())),
        }),
        paused: false,
    }
}

async fn make(team: &mut Client, label: &str) -> Cron {
    let made = team
        .crons
        .create_cron(creation(terms(label, "@daily")))
        .await;
    made.expect("made").into_inner().cron.expect("it")
}

async fn labels(team: &mut Client) -> Vec<String> {
    let listed = team.crons.list_crons(ListCronsRequest::default()).await;
    let crons = listed.expect("listed").into_inner().crons.into_iter();
    crons.filter_map(|it| it.terms).map(|it| it.label).collect()
}

fn fire(cron: &str) -> emit::Emit {
    emit::Emit::FireCron(FireCronRequest {
        cron: cron.to_owned(),
        ..FireCronRequest::default()
    })
}

fn pause(cron: &str) -> emit::Emit {
    let cron = cron.to_owned();
    emit::Emit::PauseCron(PauseCronRequest { cron })
}

fn delete(cron: &str) -> emit::Emit {
    emit::Emit::DeleteCron(DeleteCronRequest {
        cron: cron.to_owned(),
        revision: None,
    })
}

fn ack(fence: &Option<Fence>, emits: Vec<emit::Emit>) -> Ack {
    let emit = |it| Emit { emit: Some(it) };
    Ack {
        fence: fence.clone(),
        emits: emits.into_iter().map(emit).collect(),
        ..Ack::default()
    }
}

async fn acked(session: &mut Session, ack: Ack) -> Result<Acked, Refusal> {
    match session.call(Asked::Ack(ack)).await? {
        Answered::Acked(acked) => Ok(acked),
        other => panic!("an ack is answered as one: {other:?}"),
    }
}

/// Reason, field and words of an ack that is refused.
async fn refused(session: &mut Session, ack: Ack) -> (RefusalReason, String, String) {
    let refusal = acked(session, ack).await.expect_err("a part is wrong");
    (refusal.reason(), refusal.field, refusal.message)
}

#[tokio::test]
async fn crons_change_with_the_ack_and_the_same_ack_changes_them_once() {
    let node = Node::start().await;
    let mut team = node.team("t").await;
    let (watch, old) = (make(&mut team, "watch").await, make(&mut team, "old").await);
    let mut session = Session::attach(&team, "builder", 1, "build").await;
    let event = team.submit_one(item("build")).await;
    let fence = session.deliver().await.fence;

    let resume = ResumeCronRequest {
        cron: "watch".to_owned(),
    };
    let renamed = UpdateCronRequest {
        cron: watch.id.clone(),
        revision: Some(1),
        terms: Some(terms("watcher", "@every 2h")),
        instruction: None,
    };
    let twice = ack(&fence, vec![pause("watch"), emit::Emit::ResumeCron(resume)]);
    let (reason, field, words) = refused(&mut session, twice).await;
    assert_eq!(
        (reason, field.as_str()),
        (RefusalReason::Invalid, "emits[1].cron")
    );
    assert!(words.contains("each one once"), "{words}");

    let emits = vec![
        emit::Emit::CreateCron(creation(terms("look", "*/5 * * * *"))),
        emit::Emit::UpdateCron(renamed),
        delete("old"),
        emit::Emit::Submit(item("deploy")),
    ];
    let whole = ack(&fence, emits);
    let first = acked(&mut session, whole.clone()).await.expect("it counts");
    assert_eq!(labels(&mut team).await, ["watcher", "look"]);
    let crons: Vec<&str> = first.emitted.iter().map(|it| it.cron_id.as_str()).collect();
    assert_eq!(crons[1..], [watch.id.as_str(), old.id.as_str(), ""]);
    assert_eq!(first.emitted[3].event_ids.len(), 1);

    // Each part would be refused now; but the ack is known.
    let again = acked(&mut session, whole.clone()).await.expect("known");
    assert!(again.again);
    assert_eq!(again.emitted, first.emitted);
    let alone = team.sessions.ack(AckRequest { ack: Some(whole) }).await;
    let alone = alone.expect("known").into_inner().acked.expect("it");
    assert_eq!(alone.emitted, first.emitted);
    assert_eq!(labels(&mut team).await, ["watcher", "look"]);
    let recorded = team.event(&event).await.ack.expect("it is acked");
    assert_eq!(recorded.emitted, first.emitted);
    node.server.shutdown().await;
}

#[tokio::test]
async fn a_wrong_change_of_a_cron_is_named_and_nothing_goes_out() {
    let node = Node::start().await;
    let mut team = node.team("t").await;
    make(&mut team, "watch").await;
    let mut session = Session::attach(&team, "builder", 1, "build").await;
    let event = team.submit_one(item("build")).await;
    let fence = session.deliver().await.fence;
    let with = |emit| ack(&fence, vec![fire("watch"), emit]);

    let bad = creation(terms("bad", "*/70 * * * *"));
    let (reason, field, words) = refused(&mut session, with(emit::Emit::CreateCron(bad))).await;
    assert_eq!(
        (reason, field.as_str()),
        (RefusalReason::Invalid, "emits[1].terms.schedule")
    );
    assert!(
        words.starts_with("emits[1]: ") && words.contains("*/70"),
        "{words}"
    );
    let taken = creation(terms("watch", "@daily"));
    let (reason, field, _) = refused(&mut session, with(emit::Emit::CreateCron(taken))).await;
    assert_eq!(
        (reason, field.as_str()),
        (RefusalReason::Exists, "emits[1]")
    );
    let (reason, field, words) = refused(&mut session, with(delete("nothing"))).await;
    assert_eq!(
        (reason, field.as_str()),
        (RefusalReason::NotFound, "emits[1]")
    );
    assert!(words.starts_with("emits[1]: "), "{words}");
    let stale = emit::Emit::DeleteCron(DeleteCronRequest {
        cron: "watch".to_owned(),
        revision: Some(7),
    });
    let (reason, field, _) = refused(&mut session, ack(&fence, vec![stale])).await;
    assert_eq!(
        (reason, field.as_str()),
        (RefusalReason::Revision, "emits[0]")
    );

    assert_eq!(team.state(&event).await, EventState::Leased);
    let watch = team.crons.list_crons(ListCronsRequest::default()).await;
    let watch = watch.expect("listed").into_inner().crons.remove(0);
    assert_eq!((watch.fired_by_hand, watch.revision), (0, 1));
    node.server.shutdown().await;
}

#[tokio::test]
async fn more_than_goes_out_with_one_ack_is_refused_before_anything_is_looked_up() {
    let node = Node::start().await;
    let mut team = node.team("t").await;
    let mut session = Session::attach(&team, "builder", 1, "build").await;
    let event = team.submit_one(item("build")).await;
    let fence = session.deliver().await.fence;
    // None of these crons is there, which nobody finds out.
    let changes = (0..9).map(|it| pause(&format!("cron{it}"))).collect();
    let (reason, field, words) = refused(&mut session, ack(&fence, changes)).await;
    assert_eq!(
        (reason, field.as_str()),
        (RefusalReason::Invalid, "emits[8]")
    );
    assert!(words.contains("at most 8 changes of crons"), "{words}");
    let mut events = vec![emit::Emit::Submit(item("deploy")); 16];
    events.push(fire("nothing"));
    let (reason, field, words) = refused(&mut session, ack(&fence, events)).await;
    assert_eq!(
        (reason, field.as_str()),
        (RefusalReason::Invalid, "emits[16]")
    );
    assert!(words.contains("at most 16 events"), "{words}");
    assert_eq!(team.state(&event).await, EventState::Leased);

    // One that has counted is known whatever it says now.
    let first = acked(&mut session, ack(&fence, vec![])).await;
    first.expect("it counts");
    let events = vec![emit::Emit::Submit(item("deploy")); 17];
    let again = acked(&mut session, ack(&fence, events)).await;
    assert!(again.expect("known").again);
    node.server.shutdown().await;
}

#[tokio::test]
async fn who_may_not_manage_may_not_do_so_with_an_ack() {
    let node = Node::start().await;
    let id = node.make_team("t").await;
    let mut team = node.member(&id, &[Role::Admin], &[]).await;
    make(&mut team, "watch").await;
    let far = CronTerms {
        tag: "deploy".to_owned(),
        ..terms("far", "@daily")
    };
    team.crons.create_cron(creation(far)).await.expect("made");
    team.submit_one(item("build")).await;
    let agent = node.member(&id, &[Role::Session], &[]).await;
    let mut session = Session::attach(&agent, "builder", 1, "build").await;
    let fence = session.deliver().await.fence;
    for cron in ["watch", "nothing"] {
        let (reason, field, _) = refused(&mut session, ack(&fence, vec![delete(cron)])).await;
        assert_eq!(
            (reason, field.as_str()),
            (RefusalReason::NotAllowed, "emits[0]"),
            "whether it is there or not"
        );
    }

    let roles = [Role::Session, Role::Manage];
    let mut keeper = node.member(&id, &roles, &["build"]).await;
    let foreign = AckRequest {
        ack: Some(ack(&fence, vec![pause("watch"), pause("far")])),
    };
    let (_, foreign) = refusal(keeper.sessions.ack(foreign).await);
    assert_eq!(
        (foreign.reason(), foreign.field.as_str()),
        (RefusalReason::NotAllowed, "emits[1]")
    );
    let own = AckRequest {
        ack: Some(ack(&fence, vec![pause("watch")])),
    };
    keeper.sessions.ack(own).await.expect("its own tag");
    node.server.shutdown().await;
}
