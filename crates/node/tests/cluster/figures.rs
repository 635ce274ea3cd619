//! `docs/metrics.md` names what `/metrics` serves, and nothing else. Written anew with `UPDATE=1`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use ackord_chaos::fleet::Fleet;
use ackord_chaos::http;
use ackord_client::{Event, SessionOptions};

use crate::{ALL, LONG, calm};

/// What a page says of one figure.
#[derive(Debug, Default, PartialEq, Eq)]
struct Figure {
    kind: String,
    help: String,
    labels: BTreeSet<String>,
}

type Figures = BTreeMap<String, Figure>;

const BEGIN: &str = "<!-- begin: crates/node/tests/cluster/figures.rs -->\n";
const END: &str = "<!-- end -->\n";

/// Adds what a page says.
fn read(page: &str, figures: &mut Figures) {
    let mut family = String::new();
    for line in page.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').expect("a name and its help");
            name.clone_into(&mut family);
            let figure = figures.entry(family.clone()).or_default();
            help.trim_end_matches('.').clone_into(&mut figure.help);
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').expect("a name and its type");
            assert_eq!(name, family);
            let figure = figures.entry(family.clone()).or_default();
            kind.clone_into(&mut figure.kind);
        } else if !line.starts_with('#') {
            assert!(line.starts_with(&family), "{line} is not of {family}");
            let figure = figures.get_mut(&family).expect("it was named");
            figure.labels.extend(labels(line));
        }
    }
}

/// The labels of a sample, but those of a histogram's buckets.
fn labels(line: &str) -> impl Iterator<Item = String> + use<'_> {
    let inside = line.split_once('{').and_then(|it| it.1.rsplit_once('}'));
    let parts = inside.map_or("", |it| it.0).split("\",");
    let names = parts.filter_map(|it| Some(it.split_once('=')?.0.to_owned()));
    names.filter(|it| it != "le")
}

fn table(figures: &Figures) -> String {
    let mut table = "| name | type | labels | what |\n|---|---|---|---|\n".to_owned();
    for (name, figure) in figures {
        let name = match figure.kind.as_str() {
            "counter" => format!("{name}_total"),
            _ => name.clone(),
        };
        let labels: Vec<_> = figure.labels.iter().map(|it| format!("`{it}`")).collect();
        let (kind, help) = (&figure.kind, &figure.help);
        let line = writeln!(
            table,
            "| `{name}` | {kind} | {} | {help} |",
            labels.join(", ")
        );
        line.expect("a text takes any text");
    }
    table
}

async fn figures(fleet: &Fleet) -> Figures {
    let token = fleet.make_team("team").await.expect("made");
    let client = fleet.client(&token);
    let options = SessionOptions::new("one").tag("t");
    let _session = client.attach(options).await.expect("attached");
    let event = Event::new("x", "").tag("t");
    client.submit(event).await.expect("accepted");
    let mut figures = Figures::new();
    for at in ALL {
        let (code, page) = http::get(fleet.operations(at), "/metrics").expect("it answers");
        assert_eq!(code, 200, "{page}");
        assert!(page.ends_with("# EOF\n"), "{page}");
        read(&page, &mut figures);
    }
    figures
}

#[tokio::test]
async fn the_table_of_figures_is_what_nodes_serve() {
    let (_dir, fleet) = calm().await;
    let table = table(&figures(&fleet).await);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/metrics.md");
    let text = std::fs::read_to_string(&path).expect("it is there");
    let (before, rest) = text.split_once(BEGIN).expect("the table has a begin");
    let (stated, after) = rest.split_once(END).expect("the table has an end");
    if std::env::var_os("UPDATE").is_some() {
        let text = format!("{before}{BEGIN}{table}{END}{after}");
        std::fs::write(&path, text).expect("written");
    } else {
        assert_eq!(stated, table, "run this test again with UPDATE=1");
    }
}

#[tokio::test]
async fn figures_tell_what_happened_and_who_leads() {
    let (_dir, fleet) = calm().await;
    let token = fleet.make_team("team").await.expect("made");
    let leader = fleet.leader().await.expect("one leads");
    let client = fleet.client_of(&[leader], &token, LONG);
    let event = |key: &'static str| {
        let event = Event::new("x", key).tag("t");
        event.dedup_key(key).namespace("n")
    };
    for key in ["a", "b", "a"] {
        client.submit(event(key)).await.expect("accepted");
    }
    let options = SessionOptions::new("one").tag("t");
    let mut session = client.attach(options).await.expect("attached");
    let first = session.next().await.expect("an event");
    first.ack("done").await.expect("it counts");
    session.next().await.expect("another one");

    let (_, page) = http::get(fleet.operations(leader), "/metrics").expect("it answers");
    for line in [
        "ackord_submits_total{result=\"accepted\"} 2\n",
        "ackord_submits_total{result=\"duplicate\"} 1\n",
        "ackord_acks_total{result=\"acked\"} 1\n",
        "ackord_deliveries_total{cause=\"first\"} 2\n",
        "ackord_queue_events{team=\"team\",tag=\"t\",state=\"leased\"} 1.0\n",
        "ackord_queue_events{team=\"team\",tag=\"t\",state=\"ready\"} 0.0\n",
        "ackord_sessions{state=\"busy\"} 1.0\n",
        "ackord_raft_is_leader 1.0\n",
        "ackord_raft_voters 3.0\n",
        "ackord_ready 1.0\n",
    ] {
        assert!(page.contains(line), "no {line}{page}");
    }
    // Nothing that tells a caller from others, or opens anything.
    assert!(!page.contains(&token), "{page}");
}
