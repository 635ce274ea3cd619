//! Rules about nodes.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;

use super::all::All;
use super::ensure;
use crate::id::NodeId;
use crate::state::State;

/// Every number that was ever given to a node is on record, from one on.
pub(super) fn the_number_of_a_node_is_never_forgotten(_: &State, all: &All) -> Result<(), String> {
    for (number, id) in (1..).zip(all.nodes.keys()) {
        ensure(*id == NodeId(number), || {
            format!("{id} is on record, and not node_{number}")
        })?;
    }
    Ok(())
}

/// No disk has two numbers.
pub(super) fn a_disk_is_one_node(_: &State, all: &All) -> Result<(), String> {
    let mut disks = BTreeSet::new();
    for node in all.nodes.values() {
        let first = node.disk.is_none_or(|it| disks.insert(it));
        ensure(first, || {
            format!("the disk of {} is another node's", node.id)
        })?;
    }
    Ok(())
}

/// A process begins on a disk that is known.
pub(super) fn a_node_that_runs_has_a_disk(_: &State, all: &All) -> Result<(), String> {
    for node in all.nodes.values() {
        ensure(node.process.is_none() || node.disk.is_some(), || {
            format!("{} runs on no disk", node.id)
        })?;
    }
    Ok(())
}
