//! The walls between crates, as ARCHITECTURE.md draws them.

use std::collections::BTreeSet;

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};

fn workspace() -> Metadata {
    MetadataCommand::new()
        .no_deps()
        .exec()
        .expect("the workspace has a manifest")
}

fn uses(package: &Package, kind: DependencyKind) -> BTreeSet<&str> {
    let of_kind = package.dependencies.iter().filter(|it| it.kind == kind);
    of_kind.map(|it| it.name.as_str()).collect()
}

/// The crates that name one of `dependencies` in their shipped code.
fn users(dependencies: &[&str]) -> BTreeSet<String> {
    let names = |it: &&Package| {
        let uses = uses(it, DependencyKind::Normal);
        dependencies.iter().any(|name| uses.contains(name))
    };
    let workspace = workspace();
    let named = workspace.packages.iter().filter(names);
    named
        .map(|it| it.name.trim_start_matches("ackord-").to_owned())
        .collect()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|it| (*it).to_owned()).collect()
}

#[test]
fn one_crate_names_openraft() {
    assert_eq!(
        users(&["openraft", "openraft-rt", "openraft-rt-tokio"]),
        set(&["raft"])
    );
}

#[test]
fn one_crate_names_rocksdb() {
    assert_eq!(users(&["rocksdb"]), set(&["store"]));
}

#[test]
fn one_crate_names_rustls() {
    assert_eq!(
        users(&["rustls", "tokio-rustls", "rustls-native-certs", "rcgen"]),
        set(&["tls"])
    );
}

#[test]
fn the_core_depends_on_bytes_alone() {
    let workspace = workspace();
    let core = workspace
        .packages
        .iter()
        .find(|it| it.name.as_str() == "ackord-core");
    let core = core.expect("there is a core");
    assert_eq!(
        uses(core, DependencyKind::Normal),
        BTreeSet::from(["bytes"])
    );
}

#[test]
fn rooms_do_not_know_each_other() {
    let rooms = [
        "ackord-clawback",
        "ackord-delivery",
        "ackord-grpc",
        "ackord-ingress",
        "ackord-ops",
        "ackord-peer",
        "ackord-timer",
    ];
    for package in workspace()
        .packages
        .iter()
        .filter(|it| rooms.contains(&it.name.as_str()))
    {
        let uses = uses(package, DependencyKind::Normal);
        let known: Vec<_> = rooms.iter().filter(|it| uses.contains(*it)).collect();
        assert!(known.is_empty(), "{} names {known:?}", package.name);
    }
}

#[test]
fn what_judges_and_shows_webhooks_has_no_io_clock_or_randomness() {
    let workspace = workspace();
    let verify = workspace
        .packages
        .iter()
        .find(|it| it.name.as_str() == "ackord-verify");
    let uses = uses(verify.expect("it is there"), DependencyKind::Normal);
    let ours: Vec<&&str> = uses.iter().filter(|it| it.starts_with("ackord-")).collect();
    assert_eq!(ours, [&"ackord-core", &"ackord-proto"]);
    let render = workspace
        .packages
        .iter()
        .find(|it| it.name.as_str() == "ackord-render");
    let of_render = render.expect("it is there").dependencies.iter();
    assert!(
        of_render
            .clone()
            .all(|it| it.kind == DependencyKind::Development)
    );
    for worldly in ["axum", "hyper-util", "rand", "tokio", "tonic", "tracing"] {
        assert!(!uses.contains(worldly), "it names {worldly}");
    }
}

#[test]
fn schedules_know_of_time_as_data_alone() {
    let workspace = workspace();
    let mut packages = workspace.packages.iter();
    let schedule = packages.find(|it| it.name.as_str() == "ackord-schedule");
    let uses = uses(schedule.expect("it is there"), DependencyKind::Normal);
    let known = ["ackord-core", "croner", "jiff", "thiserror"];
    assert_eq!(uses, BTreeSet::from(known));
    assert_eq!(users(&["croner"]), set(&["schedule"]));
    assert_eq!(users(&["ackord-schedule"]), set(&["grpc", "timer"]));
}

#[test]
fn a_client_knows_nothing_of_a_server() {
    let workspace = workspace();
    let client = workspace
        .packages
        .iter()
        .find(|it| it.name.as_str() == "ackord-client");
    let uses = uses(client.expect("there is a client"), DependencyKind::Normal);
    let ours: Vec<&&str> = uses.iter().filter(|it| it.starts_with("ackord-")).collect();
    assert_eq!(ours, [&"ackord-proto", &"ackord-tls"]);
}

#[test]
fn the_clawback_edge_knows_the_cluster_by_its_api_alone() {
    let workspace = workspace();
    let mut packages = workspace.packages.iter();
    let clawback = packages.find(|it| it.name.as_str() == "ackord-clawback");
    let uses = uses(clawback.expect("it is there"), DependencyKind::Normal);
    let ours: Vec<&&str> = uses.iter().filter(|it| it.starts_with("ackord-")).collect();
    assert_eq!(ours, [&"ackord-proto", &"ackord-render"]);
}
