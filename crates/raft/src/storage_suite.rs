//! openraft's own tests of a log and a state machine, on both engines.
//!
//! Left out is `transfer_snapshot`: it installs a snapshot, which takes a peer.

use std::sync::Arc;

use ackord_core::State;
use ackord_store::{Disk, DiskOptions, Identity, SimDisk};
use openraft::testing::log::{StoreBuilder, Suite};
use tempfile::TempDir;

use crate::apply::{Applier, Snapshots, StateMachine};
use crate::config::Options;
use crate::failpoint::Faults;
use crate::gate::Gate;
use crate::log::{Log, WriterOptions};
use crate::record::Applied;
use crate::tickets::NobodyWaits;
use crate::types::TypeConfig;

type StorageError = openraft::StorageError<TypeConfig>;

/// Makes stores on the simulated disk.
struct Twin;

impl StoreBuilder<TypeConfig, Log, StateMachine> for Twin {
    async fn build(&self) -> Result<((), Log, StateMachine), StorageError> {
        let (log, machine) = on_twin();
        Ok(((), log, machine))
    }
}

/// New stores on a simulated disk of their own.
pub(crate) fn on_twin() -> (Log, StateMachine) {
    let disk = Disk::simulated(&SimDisk::new(), &DiskOptions::default());
    stores(disk.expect("an empty disk opens"))
}

/// Makes stores on RocksDB.
struct Rocks;

impl StoreBuilder<TypeConfig, Log, StateMachine, TempDir> for Rocks {
    async fn build(&self) -> Result<(TempDir, Log, StateMachine), StorageError> {
        let dir = tempfile::tempdir().expect("a directory for tests");
        let disk = Disk::open(dir.path(), &DiskOptions::default()).expect("an empty disk opens");
        let (log, machine) = stores(disk);
        Ok((dir, log, machine))
    }
}

fn stores(mut disk: Disk) -> (Log, StateMachine) {
    let identity = Identity {
        cluster: 1,
        node: ackord_core::id::NodeId(1),
        incarnation: 1,
    };
    disk.owner
        .adopt(identity)
        .expect("a new disk takes any identity");
    let rows = Arc::new(disk.rows);
    let log = Log::open(disk.log, Faults::default(), WriterOptions::default());
    let (log, _) = log.expect("an empty log opens");
    let announcer = log.announcer();
    let state = State::restore(&*rows).expect("no rows are rows");
    let options = Options::new(1);
    let applier = Applier::new(&options, Arc::new(NobodyWaits), state, 0, Arc::clone(&rows));
    let (snapshots, _) = Snapshots::new(rows, applier.published(), &Applied::default());
    let (jobs, _) = applier.spawn();
    // The suite applies entries that its log never saw: nothing to wait for.
    let durable = Arc::new(Gate::new(u64::MAX));
    let (applies, _) = tokio::sync::oneshot::channel();
    (
        log,
        StateMachine::new(
            jobs,
            durable,
            Applied::default(),
            snapshots,
            announcer,
            applies,
        ),
    )
}

macro_rules! suite {
    ($($test:ident)*) => {
        mod twin {
            use super::*;
            $(#[tokio::test]
            async fn $test() {
                let ((), log, machine) = Twin.build().await.expect("stores");
                Suite::<TypeConfig, _, _, Twin, _>::$test(log, machine).await.expect("no error");
            })*
        }

        mod rocks {
            use super::*;
            $(#[tokio::test]
            async fn $test() {
                let (_dir, log, machine) = Rocks.build().await.expect("stores");
                Suite::<TypeConfig, _, _, Rocks, _>::$test(log, machine).await.expect("no error");
            })*
        }
    };
}

suite! {
    last_membership_in_log_initial
    last_membership_in_log
    last_membership_in_log_multi_step
    get_membership_initial
    get_membership_from_log_and_empty_sm
    get_membership_from_empty_log_and_sm
    get_membership_from_log_le_sm_last_applied
    get_membership_from_log_gt_sm_last_applied_1
    get_membership_from_log_gt_sm_last_applied_2
    get_initial_state_without_init
    get_initial_state_membership_from_empty_log_and_sm
    get_initial_state_membership_from_sm_inlog_is_smaller
    get_initial_state_membership_from_log_insm_is_smaller
    get_initial_state_with_state
    get_initial_state_last_log_gt_sm
    get_initial_state_last_log_lt_sm
    get_initial_state_inverted_log_order
    get_initial_state_conflict_at_same_index
    get_initial_state_log_ids
    get_initial_state_re_apply_committed
    save_vote
    get_log_entries
    limited_get_log_entries
    leader_bounded_stream
    entries_stream
    try_get_log_entry
    log_reader_reads_new_entries
    initial_logs
    get_log_state
    get_log_id
    last_id_in_log
    last_applied_state
    purge_logs_upto_0
    purge_logs_upto_5
    purge_logs_upto_20
    delete_logs_after_11
    delete_logs_after_5
    delete_logs_after_0
    delete_logs_after_none
    append_to_log
    snapshot_meta
    snapshot_meta_optional
    apply_single
    apply_multiple
}
