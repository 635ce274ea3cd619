//! `ackord channel`: events come to an agent, and its answers count, whatever ends in between.

use serde_json::json;

use crate::host::Host;
use crate::program::{Dev, command_in};
use crate::setup::run_in_with;

pub(crate) fn submit(dev: &Dev, event_type: &str) -> String {
    submit_with(dev, event_type, &[])
}

fn submit_with(dev: &Dev, event_type: &str, more: &[&str]) -> String {
    let words = ["submit", "--type", event_type, "--data", "the body"];
    let submitted = dev.one(&[&words, more].concat());
    submitted["event_id"].as_str().expect("an id").to_owned()
}

/// What the session of this key has, once it has it in this phase.
pub(crate) fn phase(dev: &Dev, phase: &str) {
    let begun = std::time::Instant::now();
    loop {
        let sessions = dev.json(&["session", "list"]);
        if sessions.iter().any(|it| it["lease"]["phase"] == phase) {
            return;
        }
        assert!(
            begun.elapsed() < crate::program::LONG,
            "never {phase}: {sessions:?}"
        );
    }
}

#[test]
fn an_event_comes_is_claimed_by_a_call_and_answered_and_the_next_one_comes() {
    let dev = Dev::start();
    let mut host = Host::start(&dev, "agent", &[]);
    let first = submit_with(&dev, "greeting", &["--meta", "x-who=ada"]);
    let second = submit(&dev, "second");
    let pushed = host.pushed_as("event", &first);
    let meta = &pushed["meta"];
    assert_eq!(
        (
            &meta["x_who"],
            &meta["ackord_event_type"],
            &meta["ackord_delivery"]
        ),
        (&"ada".into(), &"greeting".into(), &"1".into())
    );
    assert!(
        pushed["content"]
            .as_str()
            .expect("text")
            .contains("\nthe body\n")
    );
    phase(&dev, "confirmed");
    host.call(
        "event_extend",
        json!({"event_id": first, "note": "half done"}),
    )
    .expect("it is held");
    phase(&dev, "claimed");
    host.call("event_ack", json!({"summary": "greeted"}))
        .expect("it is at hand");
    assert_eq!(dev.one(&["history"])["ack"]["summary"], "greeted");

    host.pushed_as("event", &second);
    host.call(
        "event_nack",
        json!({"event_id": second, "reject": true, "reason": "no"}),
    )
    .expect("it is held");
    let dead = host.call("dead_list", json!({})).expect("readable");
    assert!(dead.contains(&second), "{dead}");
    host.call("dead_replay", json!({"event_id": second}))
        .expect("it is dead");
    assert_eq!(
        host.pushed_as("event", &second)["meta"]["ackord_delivery"],
        "2"
    );
    let late = host
        .call("event_ack", json!({"event_id": first}))
        .expect("the same answer again");
    assert!(late.contains("before"), "{late}");
}

#[test]
fn an_adapter_that_was_killed_comes_back_to_its_event_under_a_new_number() {
    let dev = Dev::start();
    let mut host = Host::start(&dev, "agent", &[]);
    let event = submit(&dev, "x");
    host.pushed_as("event", &event);
    host.call("event_extend", json!({"event_id": event}))
        .expect("it is held");
    host.kill();

    let mut host = Host::start(&dev, "agent", &[]);
    let again = host.pushed_as("event", &event);
    assert_eq!(again["meta"]["ackord_delivery"], "2", "it is fenced");
    let old = host.call("event_ack", json!({"event_id": event, "delivery": 1}));
    assert!(old.expect_err("that one is over").contains("number 2"));
    host.call("event_ack", json!({"event_id": event}))
        .expect("it is held");
    let shown = dev.one(&["event", "get", &event]);
    assert_eq!(
        (&shown["state"], &shown["attempts"]),
        (&"done".into(), &0.into())
    );
}

#[test]
fn an_answer_counts_through_a_kill_of_the_node() {
    let mut dev = Dev::start();
    let mut host = Host::start(&dev, "agent", &[]);
    let event = submit(&dev, "x");
    host.pushed_as("event", &event);
    dev.kill();
    dev.start_again();
    host.call("event_ack", json!({"event_id": event, "summary": "done"}))
        .expect("the session comes back");
    assert_eq!(dev.one(&["event", "get", &event])["deliveries"], 1);
    let next = submit(&dev, "y");
    host.pushed_as("event", &next);
}

#[test]
fn a_host_that_ends_gives_back_whole() {
    let dev = Dev::start();
    let mut host = Host::start(&dev, "agent", &[]);
    let event = submit(&dev, "x");
    host.pushed_as("event", &event);
    host.close();
    let begun = std::time::Instant::now();
    let shown = loop {
        let shown = dev.one(&["event", "get", &event]);
        if shown["state"] == "ready" {
            break shown;
        }
        // A session that only was lost would keep it for twice as long.
        let limit = std::time::Duration::from_secs(30);
        assert!(begun.elapsed() < limit, "never: {shown}");
    };
    assert_eq!(shown["attempts"], 0);
}

#[test]
fn a_deaf_host_pulls() {
    let dev = Dev::start();
    let mut host = Host::start(&dev, "agent", &[]);
    let nothing = host
        .call("event_next", json!({}))
        .expect("attached, or about to be");
    assert!(!nothing.contains("evt_"), "{nothing}");
    let event = submit(&dev, "x");
    let got = host
        .call("event_next", json!({"wait_seconds": 60}))
        .expect("it comes");
    assert!(
        got.contains(&event) && got.contains("\nthe body\n"),
        "{got}"
    );
    phase(&dev, "claimed");
    let same = host.call("event_next", json!({})).expect("it is at hand");
    assert!(same.contains(&event), "one at a time");
    host.call("event_ack", json!({"event_id": event}))
        .expect("it is held");
}

#[test]
fn an_interrupt_goes_first_and_what_it_set_aside_comes_back_with_its_note() {
    let dev = Dev::start();
    let mut host = Host::start(&dev, "agent", &[]);
    let event = submit(&dev, "x");
    host.pushed_as("event", &event);
    host.call(
        "checkpoint",
        json!({"event_id": event, "note": "half done"}),
    )
    .expect("it is held");
    let urgent = submit_with(&dev, "urgent", &["--class", "interrupt"]);
    host.pushed_as("gone", &event);
    assert_eq!(
        host.pushed_as("event", &urgent)["meta"]["ackord_class"],
        "interrupt"
    );

    let hook = |moment: &str, told: &str| {
        let mut command = command_in(dev.dir(), &["hook", moment, "--session", "agent"]);
        command.env("XDG_RUNTIME_DIR", dev.dir().join("run"));
        run_in_with(command, told)
    };
    let denied = hook("pre-tool-use", r#"{"tool_name": "Bash"}"#);
    assert!(
        denied.contains("deny") && denied.contains(&urgent),
        "{denied}"
    );
    let none = host.call("event_ack", json!({"summary": "of the first one"}));
    assert!(none.expect_err("which one?").contains("has changed"));
    host.call("event_extend", json!({"event_id": urgent}))
        .expect("it is held");
    assert_eq!(hook("pre-tool-use", r#"{"tool_name": "Bash"}"#), "");
    let blocked = hook("stop", "{}");
    assert!(
        blocked.contains("block") && blocked.contains(&urgent),
        "{blocked}"
    );
    host.call("event_ack", json!({"event_id": urgent}))
        .expect("it is held");
    let back = host.pushed_as("event", &event);
    assert!(
        back["content"]
            .as_str()
            .expect("text")
            .contains("\nhalf done\n----- end")
    );
}

#[test]
fn a_call_that_was_cancelled_takes_no_event() {
    let dev = Dev::start();
    let mut host = Host::start(&dev, "agent", &[]);
    host.call("event_next", json!({}))
        .expect("attached, or about to be");
    host.call_and_cancel("event_next", &json!({"wait_seconds": 60}));
    let event = submit(&dev, "x");
    host.pushed_as("event", &event);
    phase(&dev, "confirmed");
}

#[test]
fn an_answer_without_a_name_never_counts_for_an_event_that_came_meanwhile() {
    let dev = Dev::start();
    let mut host = Host::start(&dev, "agent", &[]);
    let state = |event: &str| dev.one(&["event", "get", event])["state"].clone();
    let first = submit(&dev, "first");
    let second = submit(&dev, "second");
    host.pushed_as("event", &first);
    host.call("event_ack", json!({"summary": "done"}))
        .expect("it is the only one");
    host.pushed_as("event", &second);
    let again = host.call("event_ack", json!({"summary": "done"}));
    let again = again.expect("it counts already");
    assert!(
        again.contains(&format!("{first} was already acknowledged")) && again.contains(&second),
        "{again}"
    );
    assert_eq!(state(&second), "leased");
    host.call("event_ack", json!({"summary": "done", "event_id": second}))
        .expect("it was named");
    let second = submit(&dev, "third");
    host.pushed_as("event", &second);
    host.call("event_extend", json!({}))
        .expect("it is the only one");

    let urgent = submit_with(&dev, "urgent", &["--class", "interrupt"]);
    host.pushed_as("gone", &second);
    host.pushed_as("event", &urgent);
    for _ in 0..2 {
        let which = host.call("event_ack", json!({"summary": "the second one is done"}));
        assert!(which.expect_err("which one?").contains("has changed"));
    }
    assert_eq!(state(&urgent), "leased");
    host.call("event_extend", json!({"event_id": urgent}))
        .expect("it is held");
    host.call("event_ack", json!({})).expect("it was named");
    assert_eq!(state(&urgent), "done");
}

#[test]
fn an_event_is_not_said_to_be_claimed_before_the_cluster_agrees() {
    let mut dev = Dev::start();
    let mut host = Host::start(&dev, "agent", &[]);
    let event = submit(&dev, "x");
    host.pushed_as("event", &event);
    dev.kill();
    let got = host.call("event_next", json!({})).expect("it is at hand");
    assert!(
        got.contains(&event) && got.contains("not confirmed"),
        "{got}"
    );
    dev.start_again();
    phase(&dev, "claimed");
    let got = host.call("event_next", json!({})).expect("it is at hand");
    assert!(got.contains("It is claimed"), "{got}");
}

#[test]
fn a_deaf_session_revives_through_a_disconnect() {
    let mut dev = Dev::start();
    dev.one(&["queue", "set", "--claim-limit", "1s"]);
    let mut host = Host::start(&dev, "agent", &[]);
    let event = submit(&dev, "x");
    host.pushed_as("event", &event);
    host.pushed_as("gone", &event);
    dev.kill();
    // It tries, and says so once it has noticed.
    let told = loop {
        if let Err(told) = host.call("event_next", json!({})) {
            break told;
        }
    };
    assert!(told.contains("is tried again and again"), "{told}");
    dev.start_again();
    host.pushed_as("event", &event);
    host.call("event_ack", json!({"event_id": event}))
        .expect("it is held");
    let next = submit(&dev, "y");
    let got = host
        .call("event_next", json!({"wait_seconds": 60}))
        .expect("nobody has taken the session over");
    assert!(got.contains(&next), "{got}");
}

#[test]
fn of_two_adapters_with_one_key_the_later_one_has_the_event_and_the_other_says_so() {
    let dev = Dev::start();
    let mut first = Host::start(&dev, "agent", &[]);
    let event = submit(&dev, "x");
    first.pushed_as("event", &event);
    let mut second = Host::start(&dev, "agent", &[]);
    assert_eq!(
        second.pushed_as("event", &event)["meta"]["ackord_delivery"],
        "2"
    );
    first.pushed_as("gone", &event);
    let late = first.call("event_ack", json!({"event_id": event}));
    assert!(
        late.expect_err("it is not its any more")
            .contains("not yours any more")
    );
    let over = first.call("event_next", json!({})).expect_err("it is over");
    assert!(over.contains("same session key"), "{over}");
    second
        .call("event_ack", json!({"event_id": event}))
        .expect("it is its");
}

#[test]
fn who_forgets_an_answer_is_asked_once_others_wait() {
    let dev = Dev::start();
    let mut host = Host::start(
        &dev,
        "agent",
        &["--remind-after", "100ms", "--again-after", "100ms"],
    );
    let event = submit(&dev, "x");
    submit(&dev, "y");
    host.pushed_as("event", &event);
    host.pushed_as("waiting", &event);
    host.call("event_extend", json!({"event_id": event}))
        .expect("it is held");
    let reminder = loop {
        let pushed = host.pushed();
        if pushed["meta"]["ackord_kind"] != "waiting" {
            break pushed;
        }
    };
    assert_eq!(reminder["meta"]["ackord_kind"], "reminder");
    assert!(
        reminder["content"]
            .as_str()
            .expect("text")
            .contains("Another event waits")
    );
}

#[test]
fn what_happens_outside_happens_once_through_a_kill() {
    let dev = Dev::start();
    let mut host = Host::start(&dev, "agent", &[]);
    let event = submit(&dev, "x");
    host.pushed_as("event", &event);
    let says = |host: &mut Host, tool: &str, arguments, expected: &str| {
        let said = host
            .call(tool, arguments)
            .unwrap_or_else(|it| panic!("{tool}: {it}"));
        assert!(said.starts_with(expected), "{tool}: {said}");
    };
    says(&mut host, "effect_begin", json!({"key": "charge"}), "new");
    says(
        &mut host,
        "effect_complete",
        json!({"key": "charge", "result": "ch_1"}),
        "charge is on record",
    );
    says(&mut host, "effect_begin", json!({"key": "mail"}), "new");
    host.kill();

    let mut host = Host::start(&dev, "agent", &[]);
    let again = host.pushed_as("event", &event);
    let text = again["content"].as_str().expect("text");
    assert!(
        text.contains("- charge: done: ch_1") && text.contains("- mail: begun by delivery 1"),
        "{text}"
    );
    says(&mut host, "effect_begin", json!({"key": "charge"}), "done");
    says(
        &mut host,
        "effect_begin",
        json!({"key": "mail"}),
        "unfinished",
    );
    let force = json!({"key": "mail", "force_reason": "not in the outbox"});
    says(&mut host, "effect_begin", force, "new");
    says(
        &mut host,
        "effect_complete",
        json!({"key": "mail"}),
        "mail is on record",
    );
    host.call("event_ack", json!({"event_id": event}))
        .expect("it is held");
}

#[test]
fn crons_change_with_an_ack_or_the_wrong_one_is_named() {
    let dev = Dev::start();
    let mut host = Host::start(&dev, "agent", &["--tag", "build"]);
    let event = submit_with(&dev, "x", &["--tag", "build"]);
    host.pushed_as("event", &event);
    let message = json!({"target": "deploy", "message": "built"});
    let look = json!({"schedule": "@daily", "prompt": "look around", "label": "look"});
    let wrong = json!({"event_id": event, "messages": [message],
        "crons": {"create": [look], "pause": ["nothing"]}});
    let refused = host.call("event_ack", wrong).expect_err("no such cron");
    assert!(refused.contains("crons.pause[0]"), "{refused}");
    assert!(dev.json(&["cron", "list"]).is_empty());
    let right = json!({"event_id": event, "messages": [message], "crons": {"create": [look]}});
    host.call("event_ack", right).expect("it is held");
    assert_eq!(dev.one(&["cron", "list"])["label"], "look");
    assert_eq!(dev.one(&["history"])["event_id"], event.as_str());
}

#[test]
fn tools_look_at_what_there_is() {
    let dev = Dev::start();
    let mut host = Host::start(&dev, "agent", &["--tag", "build"]);
    let event = submit_with(&dev, "x", &["--tag", "build"]);
    host.pushed_as("event", &event);
    let mut says = |tool: &str, arguments, expected: &str| {
        let said = host
            .call(tool, arguments)
            .unwrap_or_else(|it| panic!("{tool}: {it}"));
        assert!(said.contains(expected), "{tool}: {said}");
    };
    says("event_get", json!({}), "leased");
    says("event_why", json!({"event_id": event}), "session");
    says("event_body", json!({"offset": 4, "bytes": 3}), "\nbod\n");
    says("session_list", json!({}), "this session");
    says("account_info", json!({}), "team: dev");
    says("token_list", json!({}), "this session's");
    says("event_history", json!({"limit": 5}), "Nothing");
    let source = json!({"slug": "github", "type": "github", "secret": "a secret of the tests", "routes": {"push": "review"}});
    says("source_create", source, "/webhooks/dev/github");
    says(
        "source_update",
        json!({"id": "github", "mode": "paused"}),
        "paused",
    );
    says("source_list", json!({}), "github");
    let test = json!({"id": "github", "body": "{}", "headers": {"x-github-event": "push"}});
    says("source_test", test, "refused");
    says("source_delete", json!({"id": "github"}), "Removed");
    let cron = json!({"schedule": "@daily", "prompt": "look around", "label": "daily"});
    says("cron_create", cron, "for build");
    let silence = json!({"id": "daily", "silence": {"after_seconds": 90_000, "session": "ops"}});
    says("cron_update", silence, "tells ops after 90000 s of silence");
    let weekly = json!({"id": "daily", "schedule": "@weekly"});
    says("cron_update", weekly, "@weekly (UTC) for build, next at");
    assert_eq!(dev.one(&["cron", "get", "daily"])["watch"]["tag"], "ops");
    let nobody = json!({"id": "daily", "silence": {"after_seconds": 0}});
    says("cron_update", nobody, "daily");
    assert!(dev.one(&["cron", "get", "daily"])["watch"].is_null());
    says("cron_pause", json!({"id": "daily"}), "paused");
    says("cron_resume", json!({"id": "daily"}), "next at");
    says("cron_fire", json!({"id": "daily"}), "is queued");
    says("cron_list", json!({}), "@weekly");
    says("cron_delete", json!({"id": "daily"}), "Removed");
    says(
        "token_create",
        json!({"label": "other"}),
        "for this user alone",
    );
    let kept = dev.dir().join("config/ackord/tokens");
    assert_eq!(std::fs::read_dir(kept).expect("it is there").count(), 1);
}
