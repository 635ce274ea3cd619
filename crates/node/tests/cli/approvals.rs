//! What people see of what agents ask, and say to it.

use std::io::BufReader;

use ackord_client::{Ask, Client, Options, SessionOptions};

use crate::program::{Dev, next_object};

fn secret(dev: &Dev, role: &str) -> String {
    let made = dev.one(&["token", "create", "--team", "dev", "--role", role]);
    made["secret"].as_str().expect("a secret").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_agent_asks_is_listed_and_answered_once() {
    let dev = Dev::start();
    let server = dev.ready["server"].as_str().expect("an address").to_owned();
    let asker = Options::new(server.clone(), secret(&dev, "session"));
    let asker = Client::new(asker).expect("an address and a token");
    let session = asker.attach(SessionOptions::new("worker").tag("build"));
    let session = session.await.expect("attached");
    let none = dev.run(&["approvals", "list"]);
    assert_eq!((none.code, none.out.as_str()), (0, ""), "{none:?}");
    let ask = Ask {
        tool: "Bash".to_owned(),
        description: "deploys v17".to_owned(),
        input_preview: "make deploy".to_owned(),
        ..Ask::default()
    };
    let asked = session.ask(ask).await.expect("asked").id;

    let listed = dev.one(&["approvals", "list"]);
    assert_eq!(listed["approval_id"], asked);
    assert_eq!(
        (
            &listed["tool"],
            &listed["description"],
            &listed["asked_tag"]
        ),
        (&"Bash".into(), &"deploys v17".into(), &"build".into())
    );
    let table = dev.run(&["approvals", "get", &asked]).out;
    assert!(table.contains("make deploy"), "{table}");
    assert_eq!(dev.one(&["session", "list"])["state"], "blocked");
    let mut watch = dev.begin(&["approvals", "watch", &asked, "--output", "json"]);
    let mut told = BufReader::new(watch.stdout.take().expect("asked for"));

    let approver = secret(&dev, "approve");
    let by = ["--server", &server, "--token", &approver];
    let deny = ["approvals", "deny", &asked, "--reason", "not on a Friday"];
    let denied = dev.run(&[&deny[..], &by].concat());
    let said = format!("{asked}: denied by ");
    assert!(denied.out.starts_with(&said), "{denied:?}");
    assert!(denied.out.ends_with(": not on a Friday\n"), "{denied:?}");
    let late = dev.run(&[&["approvals", "allow", &asked][..], &by].concat());
    assert_eq!(late.out, denied.out, "the first answer counts");
    assert_eq!((denied.code, late.code), (0, 3), "{late:?}");
    assert!(late.err.contains("does not count"), "{late:?}");
    let again = dev.run(&[&deny[..], &by].concat());
    assert_eq!((again.code, again.out), (0, denied.out), "it is denied");
    assert_eq!(next_object(&mut told)["state"], "denied");
    assert_eq!(watch.wait().expect("it has ended").code(), Some(3));
    let all = dev.one(&["approvals", "list", "--state", "all"]);
    assert_eq!(all["reason"], "not on a Friday");
    assert_eq!(
        dev.run(&["approvals", "watch", &asked]).code,
        3,
        "it is not allowed"
    );
    let unknown = dev.run(&[&["approvals", "allow", "apr_999"][..], &by].concat());
    assert_eq!(unknown.code, 3, "{unknown:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_allowed_is_told_by_the_exit_code_and_nothing_else_is() {
    let dev = Dev::start();
    let server = dev.ready["server"].as_str().expect("an address").to_owned();
    let asker = Options::new(server.clone(), secret(&dev, "session"));
    let asker = Client::new(asker).expect("an address and a token");
    let session = asker.attach(SessionOptions::new("worker").tag("build"));
    let session = session.await.expect("attached");
    let ask = || Ask {
        tool: "Bash".to_owned(),
        description: "deploys v17".to_owned(),
        ..Ask::default()
    };
    let approver = secret(&dev, "approve");
    let run = |verb: &str, asked: &str| {
        let by = ["--server", &server, "--token", &approver];
        dev.run(&[&["approvals", verb, asked][..], &by].concat())
    };
    let asked = session.ask(ask()).await.expect("asked").id;
    assert_eq!(run("allow", &asked).code, 0);
    assert_eq!(run("watch", &asked).code, 0);
    assert_eq!(run("deny", &asked).code, 3, "the first answer counts");

    // Nobody waits for it any more.
    let asked = session.ask(ask()).await.expect("asked").id;
    let next = asker.attach(SessionOptions::new("worker").tag("build"));
    let _next = next.await.expect("it takes the session over");
    for verb in ["allow", "deny", "watch"] {
        let late = run(verb, &asked);
        assert_eq!(late.code, 3, "{late:?}");
        assert!(late.out.contains("withdrawn"), "{late:?}");
    }
}
