//! The node and its Raft group.

use ackord_core::id::NodeId;
use ackord_machine::{Machine, Member, Status};
use prometheus_client::registry::Registry;

use super::{Labels, flag, number, show, show_each};

/// What is known of any node.
pub(crate) fn figures(registry: &mut Registry, ready: bool) {
    let version = vec![("version", env!("CARGO_PKG_VERSION").to_owned())];
    let help = "1, with the version of the program";
    show_each(registry, "build_info", help, [(version, 1.0)]);
    let help = "1 if calls should be sent to this node, by /readyz";
    show(registry, "ready", help, flag(ready));
}

/// What is known of a node whose machine runs.
pub(crate) fn of(registry: &mut Registry, machine: &Machine) {
    let (commands, bytes) = machine.waiting();
    let help = "Commands that wait for an entry, or for the way to the leader";
    show(registry, "waiting_commands", help, number(commands as u64));
    let help = "Bytes of the commands that wait";
    show(registry, "waiting_bytes", help, number(bytes as u64));

    let status = machine.status();
    let node = NodeId(status.node).to_string();
    let cluster = format!("{:032x}", machine.view().cluster);
    let labels = vec![("cluster", cluster), ("node", node)];
    let help = "1, with who this node is";
    show_each(registry, "node_info", help, [(labels, 1.0)]);
    let raft = registry.sub_registry_with_prefix("raft");
    if let Some(age) = machine.contact() {
        let help = "Time since this node was in touch with the group: with the leader, or as the \
                    leader with a quorum. Absent if it never was";
        show(raft, "contact_age_seconds", help, age.as_secs_f64());
    }
    positions(raft, &status, machine.is_stale());
    members(raft, &status);
}

fn positions(raft: &mut Registry, status: &Status, is_stale: bool) {
    let help = "1 on the node that leads, while a quorum answers it";
    show(raft, "is_leader", help, flag(status.leads && !is_stale));
    show(raft, "term", "The term", number(status.term));
    let mut index = |name, help, at: Option<u64>| {
        show(raft, name, help, number(at.unwrap_or_default()));
    };
    let help = "Last index of this node's log";
    index("last_index", help, status.last_log);
    let help = "Last index that this node knows a quorum to have";
    index("committed_index", help, status.committed);
    index("applied_index", "Last index applied here", status.applied);
    let help = "Last index in the rows on disk: a restart begins there";
    index("flushed_index", help, status.flushed);
    index(
        "purged_index",
        "Last index purged from the log",
        status.purged,
    );
}

fn members(raft: &mut Registry, status: &Status) {
    let voters = status.members.iter().filter(|it| it.votes).count();
    show(raft, "voters", "Members that vote", number(voters as u64));
    let learners = status.members.len() - voters;
    let help = "Members that do not vote";
    show(raft, "learners", help, number(learners as u64));

    let others = || status.members.iter().filter(|it| it.node != status.node);
    let labels = |it: &Member| -> Labels { vec![("member", NodeId(it.node).to_string())] };
    let end = status.last_log.unwrap_or_default();
    let lags = others().filter_map(|it| {
        let lag = end.saturating_sub(it.matching?);
        Some((labels(it), number(lag)))
    });
    let help = "Entries of the leader's log that a member lacks; on the leader alone";
    show_each(raft, "member_lag_entries", help, lags);
    let ages = others().filter_map(|it| Some((labels(it), it.answered?.as_secs_f64())));
    let help = "Time since the leader sent what a member has answered since; on the leader alone";
    show_each(raft, "member_contact_age_seconds", help, ages);
}
