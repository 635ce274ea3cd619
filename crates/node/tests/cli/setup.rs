//! What is around the channel adapter: hooks, the login, the installation, the doctor.

use serde_json::json;

use crate::channel::submit;
use crate::host::Host;
use crate::program::{Dev, command_in, run_in};

#[test]
fn a_hook_speaks_for_its_own_session_only() {
    let dev = Dev::start();
    let mut host = Host::start(&dev, "agent", &[]);
    let event = submit(&dev, "x");
    host.pushed_as("event", &event);
    let stop = |told: &str, args: &[&str]| {
        let mut command = command_in(dev.dir(), &[&["hook", "stop"], args].concat());
        command.env("XDG_RUNTIME_DIR", dev.dir().join("run"));
        command.env("CLAUDE_PROJECT_DIR", dev.dir());
        run_in_with(command, told)
    };
    let told = stop("{}", &[]);
    assert!(
        told.contains(&event),
        "the only one in this project: {told}"
    );
    let named = r#"{"session_id": "another"}"#;
    assert_eq!(stop(named, &[]), "", "another agent in the same project");
    let told = stop(named, &["--session", "agent"]);
    assert!(told.contains(&event), "{told}");
    let config = dev.dir().join("channel.toml");
    std::fs::write(&config, "session = \"agent\"\n").expect("written");
    let told = stop(named, &["--config", config.to_str().expect("text")]);
    assert!(told.contains(&event), "{told}");
    host.kill();
    assert_eq!(stop("{}", &[]), "", "it has ended");
}

#[test]
fn a_hook_that_is_not_understood_lets_the_agent_work() {
    let dir = tempfile::tempdir().expect("a directory");
    for words in [
        &["hook"][..],
        &["hook", "no-such-moment"],
        &["hook", "stop", "--no-such-flag"],
        &["hook", "pre-tool-use"],
    ] {
        let mut command = command_in(dir.path(), words);
        // Which of the two counts is nothing that a hook must know.
        command.env("ACKORD_TOKEN", "one");
        command.env("ACKORD_TOKEN_FILE", "two");
        command.env("XDG_RUNTIME_DIR", dir.path());
        assert_eq!(run_in_with(command, "{}"), "", "{words:?}");
    }
}

#[test]
fn a_token_is_kept_for_its_owner_and_replaced_while_an_event_is_at_hand() {
    use std::os::unix::fs::PermissionsExt;
    let dev = Dev::start();
    let server = dev.ready["server"].as_str().expect("an address").to_owned();
    let made = dev.one(&["token", "create", "--role", "admin", "--label", "mine"]);
    let secret = made["secret"].as_str().expect("a secret").to_owned();
    let said = dev.run_with(&["login", "--server", &server], &secret);
    assert_eq!(said.code, 0, "{said:?}");
    let file = dev.dir().join("config/ackord/token");
    let mode = std::fs::metadata(&file)
        .expect("it is there")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);

    let elsewhere = tempfile::tempdir().expect("a directory");
    std::fs::rename(dev.dir().join("config"), elsewhere.path().join("config")).expect("moved");
    let said = run_in(elsewhere.path(), &["session", "list"], "");
    assert_eq!(said.code, 0, "the login counts: {said:?}");
    let file = elsewhere.path().join("config/ackord/token");
    let file = file.to_str().expect("text");
    let mut host = Host::start(&dev, "agent", &["--server", &server, "--token-file", file]);
    let event = submit(&dev, "x");
    host.pushed_as("event", &event);
    host.call("event_extend", json!({"event_id": event}))
        .expect("it is held");
    host.call("token_rotate", json!({})).expect("it may");
    assert_ne!(
        std::fs::read_to_string(file).expect("it is there").trim(),
        secret
    );
    host.call("event_ack", json!({"event_id": event}))
        .expect("it is held");
    let shown = dev.one(&["event", "get", &event]);
    assert_eq!(
        (&shown["state"], &shown["deliveries"]),
        (&"done".into(), &1.into())
    );
    let refused = run_in(
        elsewhere.path(),
        &["session", "list", "--server", &server, "--token", &secret],
        "",
    );
    assert_eq!(refused.code, 3, "the old one counts no more: {refused:?}");
}

#[test]
fn a_stated_token_does_not_follow_a_file_of_the_present_directory_to_another_machine() {
    let dev = Dev::start();
    let server = dev.ready["server"].as_str().expect("an address").to_owned();
    let made = dev.one(&["token", "create", "--role", "observe,session"]);
    let secret = made["secret"].as_str().expect("a secret").to_owned();
    let list = ["event", "list", "--token", &secret];
    let said = dev.run(&list);
    assert_eq!(said.code, 0, "the node is on this machine: {said:?}");

    let cloned = tempfile::tempdir().expect("a directory");
    let theirs = cloned.path().join("ackord-data");
    std::fs::create_dir(&theirs).expect("made");
    // Plain text does not go there anyhow, so that nobody has to be there.
    let lure = json!({"server": "http://192.0.2.1:7400", "operator_token": "t", "token": "t"});
    std::fs::write(theirs.join("credentials.json"), lure.to_string()).expect("written");
    let run = |args: &[&str]| run_in(cloned.path(), args, "");
    let said = run(&list);
    assert_eq!(said.code, 2, "{said:?}");
    assert!(said.err.contains("other machines") && said.err.contains("--server"));
    let said = run(&["event", "list", "--insecure", "--timeout", "1s"]);
    assert_eq!(said.code, 2, "nor does what else is stated: {said:?}");
    for words in [
        &["event", "list"][..],
        &[
            "event",
            "list",
            "--token",
            &secret,
            "--data-dir",
            "ackord-data",
        ],
    ] {
        let said = run(words);
        assert!(said.err.contains("192.0.2.1:7400"), "{words:?}: {said:?}");
    }
    let said = run_in(cloned.path(), &["login", "--server", &server], &secret);
    assert_eq!(said.code, 0, "{said:?}");
    let said = run(&list);
    assert_eq!(said.code, 0, "the login counts: {said:?}");
    std::fs::write(theirs.join("credentials.json"), "{").expect("written");
    let said = run(&list);
    assert_eq!(said.code, 0, "nobody has asked for that file: {said:?}");
    let said = run(&["event", "list"]);
    assert!(said.err.contains("credentials.json"), "{said:?}");
}

#[test]
fn what_was_written_is_told_though_the_rest_could_not_be() {
    let dev = Dev::start();
    let server = dev.ready["server"].as_str().expect("an address").to_owned();
    let made = dev.one(&["token", "create", "--role", "session"]);
    let secret = made["secret"].as_str().expect("a secret").to_owned();
    // Neither can be written as a file, or read as what it should be.
    let kept = dev.dir().join("config/ackord");
    std::fs::create_dir_all(kept.join("login.json")).expect("made");
    let settings = dev.dir().join(".claude/settings.json");
    std::fs::create_dir_all(&settings).expect("made");
    let login = dev.run_with(&["login", "--server", &server], &secret);
    assert_eq!(login.code, 4, "{login:?}");
    assert!(kept.join("token").exists());
    let install = dev.run(&["channel", "install", "--hooks"]);
    assert_eq!(install.code, 4, "{install:?}");
    assert!(dev.dir().join(".mcp.json").exists());
}

#[test]
fn the_adapter_is_installed_and_the_doctor_finds_it() {
    let dev = Dev::start();
    let data = dev.dir().join("ackord-data");
    let data = data.to_str().expect("text");
    let sick = dev.run(&["channel", "doctor", "--data-dir", data]);
    assert_eq!(sick.code, 1, "{sick:?}");
    assert!(sick.out.contains("ackord channel install"), "{sick:?}");
    let words = [
        "channel",
        "install",
        "--tag",
        "build",
        "--hooks",
        "--data-dir",
        data,
    ];
    let installed = dev.run(&words);
    assert_eq!(installed.code, 0, "{installed:?}");
    assert!(
        installed
            .err
            .contains("--dangerously-load-development-channels server:ackord")
    );
    let entry = std::fs::read_to_string(dev.dir().join(".mcp.json")).expect("written");
    assert!(
        entry.contains("\"alwaysLoad\": true") && entry.contains(data),
        "{entry}"
    );
    assert!(!entry.contains("ackord_"), "no secret is in it: {entry}");
    let hooks = std::fs::read_to_string(dev.dir().join(".claude/settings.json")).expect("written");
    assert!(hooks.contains("hook pre-tool-use"), "{hooks}");
    let well = dev.run(&["channel", "doctor", "--tag", "build", "--data-dir", data]);
    assert_eq!(well.code, 0, "{well:?}");
}

/// Runs a command with this on its input; what it prints.
pub(crate) fn run_in_with(mut command: std::process::Command, input: &str) -> String {
    use std::io::Write;
    use std::process::Stdio;
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut process = command.spawn().expect("the program runs");
    let mut stdin = process.stdin.take().expect("asked for");
    stdin.write_all(input.as_bytes()).expect("it reads");
    drop(stdin);
    let output = process.wait_with_output().expect("it is our child");
    assert!(output.status.success());
    String::from_utf8(output.stdout).expect("text")
}
