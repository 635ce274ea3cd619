//! Crons of three nodes: every tick is decided once, and every silence told of once, whoever leads.

use std::collections::BTreeMap;

use ackord_client::{Client, v1};

use crate::{ALL, LONG, born, until};

fn every_second(label: &str) -> v1::CreateCronRequest {
    use v1::instruction::Instruction;
    v1::CreateCronRequest {
        terms: Some(v1::CronTerms {
            label: label.to_owned(),
            schedule: "@every 1s".to_owned(),
            tag: "t".to_owned(),
            overlap: v1::Overlap::Allow.into(),
            catch_up: v1::CatchUp::All.into(),
            catch_up_max_age_ms: 3_600_000,
            ..v1::CronTerms::default()
        }),
        instruction: Some(v1::Instruction {
            instruction: Some(Instruction::Skill("tidy-up".to_owned())),
        }),
        paused: false,
    }
}

async fn cron(client: &Client) -> v1::Cron {
    let question = v1::GetCronRequest {
        cron: "beat".to_owned(),
        at_least: None,
    };
    let answer = client.get_cron(question).await.expect("it is there");
    answer.cron.expect("a cron")
}

/// The events of the cron, by the instant that their bodies name.
async fn fired(client: &Client) -> BTreeMap<u64, Vec<String>> {
    let (mut found, mut page_token) = (BTreeMap::<_, Vec<_>>::new(), String::new());
    loop {
        let question = v1::ListEventsRequest {
            page_token,
            ..v1::ListEventsRequest::default()
        };
        let page = client.list_events(question).await.expect("readable");
        for event in page.events {
            let question = v1::GetBodyRequest {
                event_id: event.id.clone(),
                at_least: None,
            };
            let body = client.get_body(question).await.expect("readable");
            let at = body.meta["ackord.scheduled_at_ms"]
                .parse()
                .expect("an instant");
            found.entry(at).or_default().push(event.id);
        }
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return found;
        }
    }
}

#[tokio::test]
async fn every_tick_is_decided_once_though_leaders_die_between_them() {
    let (_dir, mut fleet) = born().await;
    let token = fleet.make_team("team").await.expect("made");
    let client = fleet.client_of(&ALL, &token, LONG);
    let made = client
        .create_cron(every_second("beat"))
        .await
        .expect("made");
    let first = made.cron.expect("a cron").next_at_ms[0];

    for round in 1..=2 {
        let ticks = cron(&client).await.ticks_fired;
        until(async || cron(&client).await.ticks_fired > ticks + 1).await;
        let leader = fleet.leader().await.expect("one leads");
        fleet.kill(leader);
        let ticks = cron(&client).await.ticks_fired;
        until(async || cron(&client).await.ticks_fired > ticks + 2).await;
        fleet.start_all().expect("it runs");
        fleet.serving(&ALL).await.expect("they serve");
        assert!(cron(&client).await.ticks_fired > 4 * round);
    }
    let paused = client.pause_cron(v1::PauseCronRequest {
        cron: "beat".to_owned(),
    });
    let paused = paused.await.expect("paused").cron.expect("a cron");
    // A tick that was due when it was paused is skipped, and decided by that.
    assert!(paused.ticks_skipped <= 1, "{paused:?}");

    for at in ALL {
        let node = fleet.client_of(&[at], &token, LONG);
        until(async || cron(&node).await.revision == paused.revision).await;
        let fired = fired(&node).await;
        let instants: Vec<u64> = fired.keys().copied().collect();
        let expected: Vec<u64> = (0..paused.ticks_fired)
            .map(|it| first + 1000 * it)
            .collect();
        assert_eq!(instants, expected);
        let twice: Vec<_> = fired.iter().filter(|it| it.1.len() != 1).collect();
        assert!(twice.is_empty(), "{twice:?}");
    }
}

#[tokio::test]
async fn what_fell_due_while_nobody_led_is_decided_by_who_leads_next() {
    let (_dir, mut fleet) = born().await;
    let token = fleet.make_team("team").await.expect("made");
    let client = fleet.client_of(&ALL, &token, LONG);
    client
        .create_cron(every_second("beat"))
        .await
        .expect("made");
    until(async || cron(&client).await.ticks_fired > 0).await;
    for at in ALL {
        fleet.kill(at);
    }
    fleet.start_all().expect("they run");
    fleet.serving(&ALL).await.expect("they serve");
    let back = cron(&client).await;
    until(async || cron(&client).await.ticks_fired > back.ticks_fired + 1).await;
    let now = cron(&client).await;
    assert_eq!(now.ticks_skipped, 0, "{now:?}");
}

/// The events that tell of a silence, as a node knows them.
async fn alarms(client: &Client) -> Vec<String> {
    let events = client.list_events(v1::ListEventsRequest::default()).await;
    let events = events.expect("readable").events.into_iter();
    let alarms = events.filter(|it| it.event_type == "ackord.silence");
    alarms.map(|it| it.id).collect()
}

#[tokio::test]
async fn a_silence_is_told_of_once_though_leaders_die() {
    let (_dir, mut fleet) = born().await;
    let token = fleet.make_team("team").await.expect("made");
    let client = fleet.client_of(&ALL, &token, LONG);
    let mut unanswered = every_second("beat");
    let terms = unanswered.terms.as_mut().expect("it has terms");
    terms.silence = Some(v1::Silence {
        after_ms: 2_000,
        tag: "ops".to_owned(),
        ..v1::Silence::default()
    });
    client.create_cron(unanswered).await.expect("made");
    let told = async |client: &Client| {
        let watch = cron(client).await.watch.expect("it is watched");
        Some(watch).filter(|it| it.alarm_at_ms > 0)
    };
    for _ in 0..2 {
        let leader = fleet.leader().await.expect("one leads");
        fleet.kill(leader);
        until(async || told(&client).await.is_some()).await;
        fleet.start_all().expect("it runs");
        fleet.serving(&ALL).await.expect("they serve");
    }
    let alarm = told(&client).await.expect("it was told");
    for at in ALL {
        let node = fleet.client_of(&[at], &token, LONG);
        until(async || told(&node).await.is_some()).await;
        let once = std::slice::from_ref(&alarm.alarm_event_id);
        assert_eq!(alarms(&node).await, once);
    }
}
