//! Permissions that an agent asks for: somebody elsewhere answers, through the adapter and back.

use serde_json::{Value, json};

use crate::channel::{phase, submit};
use crate::host::Host;
use crate::program::Dev;

#[test]
fn a_permission_is_asked_of_whoever_may_approve_and_claims_nothing_that_was_not_seen() {
    let dev = Dev::start();
    let mut host = Host::start(&dev, "agent", &["--approvals"]);
    let made = dev.one(&["token", "create", "--team", "dev", "--role", "approve"]);
    let secret = made["secret"].as_str().expect("a secret").to_owned();
    let answer = |verb: &str, asked: &Value| {
        let id = asked["approval_id"].as_str().expect("an id");
        let server = dev.ready["server"].as_str().expect("an address");
        let by = ["--server", server, "--token", &secret];
        let said = dev.run(&[&["approvals", verb, id][..], &by].concat());
        assert_eq!(said.code, 0, "{said:?}");
    };
    let event = submit(&dev, "x");
    host.pushed_as("event", &event);
    phase(&dev, "confirmed");
    host.request_permission("abcde");
    let asked = open_approval(&dev);
    assert_eq!(
        (&asked["event_id"], &asked["tool"], &asked["input_preview"]),
        (&Value::Null, &"Bash".into(), &"ls".into())
    );
    let session = dev.one(&["session", "list"]);
    assert_eq!(
        (&session["state"], &session["lease"]["phase"]),
        (&"blocked".into(), &"confirmed".into())
    );
    answer("allow", &asked);
    assert_eq!(host.verdict("abcde"), "allow");

    host.call("event_extend", json!({"event_id": event}))
        .expect("it is held");
    host.request_permission("fghij");
    let asked = open_approval(&dev);
    assert_eq!(asked["event_id"], event);
    answer("deny", &asked);
    assert_eq!(host.verdict("fghij"), "deny");
}

/// The approval that is open, once there is one.
fn open_approval(dev: &Dev) -> Value {
    let begun = std::time::Instant::now();
    loop {
        if let Some(asked) = dev.json(&["approvals", "list"]).pop() {
            return asked;
        }
        assert!(begun.elapsed() < crate::program::LONG, "nobody asks");
    }
}
