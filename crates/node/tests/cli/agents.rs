//! What people see and do of the work of agents.

use std::io::BufReader;

use crate::program::{Dev, next_object};

#[test]
fn an_effect_a_note_and_a_handoff_are_told_to_whoever_is_next() {
    let dev = Dev::start();
    let submitted = dev.one(&["submit", "--type", "x", "--tag", "build", "--data", ""]);
    let event = submitted["event_id"].as_str().expect("an id");
    let mut attached = dev.begin(&["attach", "--tag", "build", "--output", "json"]);
    let mut out = BufReader::new(attached.stdout.take().expect("asked for"));
    assert_eq!(next_object(&mut out)["event_id"], event);

    let begin = ["effect", "begin", event, "1", "upload"];
    assert_eq!(dev.one(&begin)["outcome"], "new");
    assert_eq!(dev.one(&begin)["outcome"], "unfinished");
    let force = [
        "effect",
        "force",
        event,
        "1",
        "upload",
        "--reason",
        "no such file",
    ];
    assert_eq!(dev.one(&force)["outcome"], "forced");
    let complete = [
        "effect", "complete", event, "1", "upload", "--result", "v17",
    ];
    assert_eq!(dev.one(&complete)["result"], "v17");
    dev.one(&["checkpoint", event, "1", "--note", "uploaded"]);
    assert_eq!(dev.one(&["session", "list"])["state"], "working");
    let handoff = ["handoff", event, "1", "deploy"];
    assert_eq!(dev.one(&handoff)["again"], false);
    assert_eq!(dev.one(&handoff)["again"], true);

    let shown = dev.one(&["event", "get", event]);
    assert_eq!(
        (&shown["tag"], &shown["note"]),
        (&"deploy".into(), &"uploaded".into())
    );
    assert_eq!(shown["effects"][0]["result"], "v17");
    assert_eq!(dev.json(&["effect", "list", event]).len(), 1);
    attached.kill().expect("it runs");
    attached.wait().expect("it has ended");
}
