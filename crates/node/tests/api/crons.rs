//! Crons: what goes in comes out; what is refused, and by which field; who may.

use ackord_proto::v1::instruction::Instruction as Told;
use ackord_proto::v1::{
    CatchUp, Class, CreateCronRequest, Cron, CronTerms, DeleteCronRequest, FireCronRequest,
    GetCronRequest, Instruction, ListCronsRequest, Overlap, PauseCronRequest,
    PreviewScheduleRequest, RefusalReason, ResumeCronRequest, Role, Silence, TickFate,
    UpdateCronRequest,
};
use tonic::Code;

use crate::support::{Client, Node, assert_invalid, assert_refused};

fn terms(label: &str) -> CronTerms {
    CronTerms {
        label: label.to_owned(),
        schedule: "0 9 * * MON-FRI".to_owned(),
        time_zone: "Europe/Berlin".to_owned(),
        tag: "reports".to_owned(),
        ..CronTerms::default()
    }
}

fn silence(after_ms: u64, tag: &str) -> Silence {
    Silence {
        after_ms,
        tag: tag.to_owned(),
        ..Silence::default()
    }
}

fn prompt(text: &str) -> Option<Instruction> {
    Some(Instruction {
        instruction: Some(Told::Prompt(text.to_owned())),
    })
}

fn creation(terms: CronTerms) -> CreateCronRequest {
    CreateCronRequest {
        terms: Some(terms),
        instruction: prompt("Write the report."),
        paused: false,
    }
}

async fn create(member: &mut Client, terms: CronTerms) -> Cron {
    let made = member.crons.create_cron(creation(terms)).await;
    made.expect("a cron is made").into_inner().cron.expect("it")
}

fn fire(cron: &str) -> FireCronRequest {
    FireCronRequest {
        cron: cron.to_owned(),
        ..FireCronRequest::default()
    }
}

async fn get(member: &mut Client, cron: &str) -> Cron {
    let asked = GetCronRequest {
        cron: cron.to_owned(),
        at_least: None,
    };
    let got = member.crons.get_cron(asked).await.expect("it is there");
    got.into_inner().cron.expect("it")
}

#[tokio::test]
async fn a_cron_is_made_looked_at_changed_and_removed() {
    let node = Node::start().await;
    let mut member = node.team("acme").await;
    let made = create(&mut member, terms("report")).await;
    assert_eq!(made.revision, 1);
    assert_eq!(made.next_at_ms.len(), 5);
    assert!(made.next_at_ms.is_sorted());
    let shown = made.terms.clone().expect("terms");
    assert_eq!(
        (shown.overlap(), shown.catch_up()),
        (Overlap::Skip, CatchUp::One)
    );
    assert_eq!(made.instruction, prompt("Write the report."));
    assert_eq!(get(&mut member, "report").await, made);
    assert_eq!(get(&mut member, &made.id).await, made);

    let update = UpdateCronRequest {
        cron: "report".to_owned(),
        revision: Some(1),
        terms: Some(CronTerms {
            schedule: "@every 2h".to_owned(),
            ..terms("digest")
        }),
        instruction: None,
    };
    let changed = member.crons.update_cron(update.clone()).await;
    let changed = changed.expect("changed").into_inner().cron.expect("it");
    assert_eq!(changed.revision, 2);
    assert_eq!(changed.instruction, prompt("Write the report."));
    let steps: Vec<u64> = changed
        .next_at_ms
        .windows(2)
        .map(|it| it[1] - it[0])
        .collect();
    assert_eq!(steps, [7_200_000; 4]);
    let again = UpdateCronRequest {
        cron: made.id.clone(),
        ..update
    };
    let refused = member.crons.update_cron(again).await;
    assert_refused(refused, Code::Aborted, RefusalReason::Revision);

    let cron = made.id.clone();
    let paused = member.crons.pause_cron(PauseCronRequest { cron }).await;
    let paused = paused.expect("paused").into_inner().cron.expect("it");
    assert!(paused.paused_at_ms > 0 && paused.next_at_ms.is_empty());
    let cron = made.id.clone();
    let resumed = member.crons.resume_cron(ResumeCronRequest { cron }).await;
    let resumed = resumed.expect("resumed").into_inner().cron.expect("it");
    assert_eq!((resumed.paused_at_ms, resumed.next_at_ms.len()), (0, 5));

    let listed = member.crons.list_crons(ListCronsRequest::default()).await;
    let listed = listed.expect("listed").into_inner().crons;
    assert_eq!(listed.len(), 1);
    assert_eq!(
        (listed[0].id.as_str(), &listed[0].instruction),
        (made.id.as_str(), &None)
    );
    assert_eq!(listed[0].next_at_ms.len(), 1);

    let delete = |revision| DeleteCronRequest {
        cron: "digest".to_owned(),
        revision,
    };
    let refused = member.crons.delete_cron(delete(Some(1))).await;
    assert_refused(refused, Code::Aborted, RefusalReason::Revision);
    member
        .crons
        .delete_cron(delete(None))
        .await
        .expect("removed");
    let refused = member.crons.delete_cron(delete(None)).await;
    assert_refused(refused, Code::NotFound, RefusalReason::NotFound);
}

#[tokio::test]
async fn what_is_wrong_is_told_by_its_field() {
    type Change = fn(&mut CronTerms);
    let node = Node::start().await;
    let mut member = node.team("acme").await;
    let with = |change: Change| {
        let mut terms = terms("x");
        change(&mut terms);
        creation(terms)
    };
    let wrong: [(&str, Change); 14] = [
        ("terms.label", |it| it.label.clear()),
        ("terms.label", |it| it.label = "cron_7".to_owned()),
        ("terms.schedule", |it| {
            it.schedule = "*/70 * * * *".to_owned()
        }),
        ("terms.schedule", |it| it.schedule = "0 0 30 2 *".to_owned()),
        ("terms.schedule", |it| it.schedule = "x".repeat(257)),
        ("terms.time_zone", |it| {
            it.time_zone = "Europe/Atlantis".to_owned()
        }),
        ("terms.ends_at_ms", |it| {
            (it.starts_at_ms, it.ends_at_ms) = (4_000_000_000_000, 3_900_000_000_000);
        }),
        ("terms.ends_at_ms", |it| it.ends_at_ms = 1_000),
        ("terms.tag", |it| it.tag = "no tag".to_owned()),
        ("terms.ttl_ms", |it| it.ttl_ms = u64::MAX),
        ("terms.attempts", |it| it.attempts = 101),
        ("terms.catch_up_max_age_ms", |it| {
            it.catch_up = CatchUp::All.into()
        }),
        ("terms.silence.after_ms", |it| {
            it.silence = Some(silence(999, "ops"))
        }),
        ("terms.silence.tag", |it| {
            it.silence = Some(silence(1_000, ""))
        }),
    ];
    for (field, change) in wrong {
        let refused = member.crons.create_cron(with(change)).await;
        assert_invalid(refused, field);
    }
    let long = CreateCronRequest {
        instruction: prompt(&"x".repeat(32_769)),
        ..creation(terms("x"))
    };
    assert_invalid(member.crons.create_cron(long).await, "instruction.prompt");
    let mute = CreateCronRequest {
        instruction: None,
        ..creation(terms("x"))
    };
    assert_invalid(member.crons.create_cron(mute).await, "instruction");
    create(&mut member, terms("x")).await;
    let refused = member.crons.create_cron(creation(terms("x"))).await;
    assert_refused(refused, Code::AlreadyExists, RefusalReason::Exists);
}

#[tokio::test]
async fn a_preview_says_when_it_would_fire() {
    let node = Node::start().await;
    let mut member = node.team("acme").await;
    let preview = |schedule: &str, starts_at_ms| PreviewScheduleRequest {
        schedule: schedule.to_owned(),
        time_zone: "Europe/Berlin".to_owned(),
        count: 3,
        starts_at_ms,
        ends_at_ms: 0,
    };
    // 2040-03-24T12:00Z; on the 25th the clocks leave out 02:00 to 03:00.
    let shown = member
        .crons
        .preview_schedule(preview("30 2 * * *", 2_216_203_200_000))
        .await;
    let shown = shown.expect("shown").into_inner().next_at_ms;
    let expected = [2_216_250_000_000u64, 2_216_334_600_000, 2_216_421_000_000];
    assert_eq!(shown, expected);
    let refused = member.crons.preview_schedule(preview("* * *", 0)).await;
    assert_invalid(refused, "schedule");
}

#[tokio::test]
async fn a_tick_becomes_an_event_of_its_cron() {
    let node = Node::start().await;
    let mut member = node.team("acme").await;
    let every_second = CronTerms {
        schedule: "@every 1s".to_owned(),
        tag: "t".to_owned(),
        overlap: Overlap::Skip.into(),
        ..terms("beat")
    };
    let made = create(&mut member, every_second).await;
    let ticked = loop {
        let cron = get(&mut member, "beat").await;
        if cron.ticks_fired > 0 {
            break cron;
        }
        tokio::task::yield_now().await;
    };
    let tick = ticked.last_tick.clone().expect("it was decided");
    if ticked.ticks_fired + ticked.ticks_skipped == 1 {
        assert_eq!(tick.fate(), TickFate::Fired);
        assert_eq!(tick.scheduled_at_ms, made.next_at_ms[0]);
    }
    let event = member.event(&ticked.last_event_id).await;
    assert_eq!(
        (event.origin, event.event_type.as_str()),
        (made.id.clone(), "ackord.cron")
    );

    let order = fire(&made.id);
    let fired = member.crons.fire_cron(order).await;
    let fired = fired.expect("fired").into_inner().event_id;
    let cron = get(&mut member, "beat").await;
    assert_eq!((cron.last_event_id, cron.fired_by_hand), (fired, 1));
}

#[tokio::test]
async fn who_may_is_the_queue_s_manager() {
    let node = Node::start().await;
    let mut member = node.team("acme").await;
    let made = create(&mut member, terms("report")).await;
    let mut reader = node.member("acme", &[Role::Observe], &[]).await;
    assert_eq!(get(&mut reader, "report").await.id, made.id);
    let refused = reader.crons.fire_cron(fire(&made.id)).await;
    assert_refused(refused, Code::PermissionDenied, RefusalReason::NotAllowed);
    let mut stranger = node.team("other").await;
    let cron = made.id.clone();
    let refused = stranger.crons.pause_cron(PauseCronRequest { cron }).await;
    assert_refused(refused, Code::NotFound, RefusalReason::NotFound);
}

#[tokio::test]
async fn an_order_to_fire_that_comes_again_fires_once() {
    let node = Node::start().await;
    let mut member = node.team("acme").await;
    create(&mut member, terms("report")).await;
    let mut events = vec![];
    for key in ["monday", "monday", "tuesday", "", ""] {
        let order = FireCronRequest {
            dedup_key: key.to_owned(),
            ..fire("report")
        };
        let fired = member.crons.fire_cron(order).await.expect("fired");
        events.push(fired.into_inner().event_id);
    }
    assert_eq!(events[0], events[1]);
    events.dedup();
    assert_eq!(events.len(), 4);
    assert_eq!(get(&mut member, "report").await.fired_by_hand, 4);
    let long = FireCronRequest {
        dedup_key: "x".repeat(513),
        ..fire("report")
    };
    assert_invalid(member.crons.fire_cron(long).await, "dedup_key");
}

#[tokio::test]
async fn a_silence_is_told_of_to_whom_it_concerns() {
    let node = Node::start().await;
    let mut member = node.team("acme").await;
    let mut asked = silence(1_000, "on-call");
    asked.set_class(Class::Priority);
    let watched = CronTerms {
        silence: Some(asked.clone()),
        schedule: "@every 1s".to_owned(),
        time_zone: String::new(),
        ..terms("backup")
    };
    let made = create(&mut member, watched).await;
    let due = made.watch.clone().expect("it is watched").due_at_ms;
    // A second after the first tick, and that comes within two.
    assert!((1..=3_000).contains(&(due - made.created_at_ms)));
    assert_eq!(made.terms.expect("terms").silence.as_ref(), Some(&asked));
    let told = loop {
        let watch = get(&mut member, "backup")
            .await
            .watch
            .expect("it is watched");
        assert_eq!(
            (watch.silence.as_ref(), watch.last_ack_at_ms),
            (Some(&asked), 0)
        );
        if watch.alarm_at_ms > 0 {
            break watch;
        }
        assert_eq!(watch.due_at_ms, due);
        tokio::task::yield_now().await;
    };
    assert_eq!(told.due_at_ms, 0);
    let event = member.event(&told.alarm_event_id).await;
    assert_eq!(
        (event.event_type.as_str(), event.tag.as_str(), event.class()),
        ("ackord.silence", "on-call", Class::Priority)
    );
    assert_eq!(event.origin, made.id);

    let listed = member.crons.list_crons(ListCronsRequest::default()).await;
    let listed = listed.expect("listed").into_inner().crons.remove(0);
    assert_eq!(listed.watch, Some(told));
    let update = UpdateCronRequest {
        cron: made.id,
        revision: None,
        terms: Some(terms("backup")),
        instruction: None,
    };
    let changed = member.crons.update_cron(update).await.expect("changed");
    let changed = changed.into_inner().cron.expect("it");
    assert_eq!(
        (changed.watch, changed.terms.and_then(|it| it.silence)),
        (None, None)
    );
}

#[tokio::test]
async fn a_silence_is_told_of_where_the_caller_may_manage() {
    let node = Node::start().await;
    node.team("acme").await;
    let mut member = node.member("acme", &[Role::Manage], &["reports"]).await;
    let watched = |tag| CronTerms {
        silence: Some(silence(60_000, tag)),
        ..terms("report")
    };
    let refused = member.crons.create_cron(creation(watched("ops"))).await;
    assert_refused(refused, Code::PermissionDenied, RefusalReason::NotAllowed);
    create(&mut member, watched("reports")).await;
}
