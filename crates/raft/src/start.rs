//! How a group starts on what its disk holds.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use ackord_core::planted::{Bug, is_planted};
use ackord_core::{State, format_of};
use ackord_store::{LogStore, RowStore};
use openraft::error::{InitializeError, RaftError};
use tokio::sync::{oneshot, watch};

use crate::apply::{Applier, Snapshots, StateMachine};
use crate::config::{self, Options};
use crate::contact::Contact;
use crate::error::StartError;
use crate::handle::{Inner, RaftHandle, Running};
use crate::log::{Log, LogWatch, WriterOptions};
use crate::members::{Finisher, Members};
use crate::peer::{Network, Peers};
use crate::record::{self, Applied};
use crate::retention::Keeper;
use crate::runtime::vital;
use crate::tickets::Tickets;
use crate::types::{LogId, Raft};
use crate::watchdog;

/// The end of a stopped node's log, in its entries or in its rows: a snapshot that was installed is in the
/// rows alone. None: it never had an entry.
///
/// # Errors
/// The disk cannot be read, or does not hold what was written.
pub fn log_end(log: &LogStore, rows: &RowStore) -> Result<Option<u64>, StartError> {
    let applied = applied(rows)?.last.map(|it| it.index);
    Ok(log.last().max(applied))
}

/// What the rows have applied.
fn applied(rows: &RowStore) -> std::io::Result<Applied> {
    let record = rows.applied()?;
    let applied = record.map(|it| record::decode_applied(&it)).transpose();
    Ok(applied.map_err(std::io::Error::from)?.unwrap_or_default())
}

impl RaftHandle {
    /// Starts the group on this node's disk: restores the machine from its rows, and goes on from
    /// there; its other members are reached over `network`. What the log has beyond the rows is
    /// applied once it is known to be committed; see [`Self::recovered`]. `tickets` hears of what
    /// other members proposed for this one.
    ///
    /// # Errors
    /// The disk does not hold what was promised, or the options do not fit together.
    pub async fn start(
        options: &Options,
        log: LogStore,
        rows: RowStore,
        network: Arc<dyn Network>,
        tickets: Arc<dyn Tickets>,
    ) -> Result<Self, StartError> {
        let config = config::openraft(options)?;
        if !options.faults.is_none() {
            tracing::warn!(faults = ?options.faults, "faults are armed: this is a test");
        }
        let rows = Arc::new(rows);
        let applied = applied(&rows)?;
        let needed = format_of(&*rows)?;
        if needed > options.format && !is_planted(Bug::UnknownEntrySkipped) {
            let known = options.format;
            return Err(StartError::Newer { needed, known });
        }
        let state = State::restore(&*rows)?.knowing(options.format);
        rows.expire_until(state.meta().now);
        let (log, log_ended) = Log::open(log, options.faults.clone(), writer_options(options))?;
        let watch = log.watch();
        let glance = watch.glance();
        check_rows_against_log(&applied, &watch)?;

        let next = applied.last.map_or(0, |it| it.index + 1);
        let applier = Applier::new(options, tickets, state, next, Arc::clone(&rows));
        let published = applier.published();
        let (jobs, applier_ended) = applier.spawn();
        let (snapshots, snapshots_ended) =
            Snapshots::new(Arc::clone(&rows), Arc::clone(&published), &applied);
        let (applies, applies_no_more) = oneshot::channel();
        let machine = StateMachine::new(
            jobs.clone(),
            watch.durable(),
            applied,
            snapshots,
            log.announcer(),
            applies,
        );
        #[cfg(madsim)]
        let network = crate::peer::tampered(network, options.faults.clone());
        let contact = Arc::new(Contact::new(options.faults.clone()));
        let network = Peers::new(
            network,
            glance.clone(),
            Arc::clone(&contact),
            options.metrics.clone(),
        );
        let raft = Raft::new(options.node, config, network, log, machine)
            .await
            .map_err(|error| StartError::Raft(error.to_string()))?;
        contact.watch(raft.metrics());

        let stopping = watch::Sender::new(false);
        let keeper = Keeper::new(raft.clone(), watch, options.retention);
        let watchdog = watchdog::watch(raft.clone(), applies_no_more, stopping.subscribe());
        let members = Members::new(raft.clone());
        let finisher = Finisher::new(members.clone());
        let running = Running {
            tasks: vec![
                vital("retention of the log", keeper.run(stopping.subscribe())),
                vital("watchdog of raft", watchdog),
                vital("changes of members", finisher.run(stopping.subscribe())),
            ],
            ended: vec![log_ended, applier_ended],
            snapshots_ended: Some(snapshots_ended),
        };
        let inner = Inner {
            raft,
            members,
            rows,
            published,
            receiving: tokio::sync::Mutex::default(),
            contact,
            stands: AtomicBool::new(true),
            log: glance,
            metrics: options.metrics.clone(),
            jobs: Mutex::new(Some(jobs)),
            stopping,
            running: Mutex::new(running),
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// Founds the group with these members and the addresses at which their peers reach them; this
    /// node is one of them. Does nothing if the group was founded before.
    ///
    /// # Errors
    /// Raft has ended, or the members are none.
    pub async fn found(&self, members: BTreeMap<u64, String>) -> Result<(), StartError> {
        match self.inner.raft.initialize(members).await {
            Ok(()) | Err(RaftError::APIError(InitializeError::NotAllowed(_))) => Ok(()),
            Err(error) => Err(StartError::Raft(error.to_string())),
        }
    }

    /// Whether the log, as the start found it, says who the members are: [`Self::status`] does then,
    /// sooner or later.
    ///
    /// # Errors
    /// Raft has ended.
    pub async fn has_members(&self) -> Result<bool, StartError> {
        let has = self.inner.raft.with_raft_state(|state| {
            let effective = state.membership_state.effective();
            effective.membership().nodes().next().is_some()
        });
        has.await
            .map_err(|error| StartError::Raft(error.to_string()))
    }

    /// Returns once the machine is at least where it was before this start: only then may anybody
    /// be served. Waits for a leader as long as that takes.
    ///
    /// # Errors
    /// Raft has ended.
    pub async fn recovered(&self) -> Result<(), StartError> {
        let recovered = self.inner.raft.wait_for_recovery(None).await;
        recovered.map_err(|error| StartError::Raft(error.to_string()))?;
        Ok(())
    }
}

fn writer_options(options: &Options) -> WriterOptions {
    WriterOptions {
        node: options.node,
        metrics: options.metrics.clone(),
        #[cfg(madsim)]
        sync_max: options.sync_max.clone(),
    }
}

/// Rows never lead the log, unless a crash came between the installation of a snapshot and the
/// purge of the log behind it; and the log is purged only behind the rows. Anything else was lost.
fn check_rows_against_log(applied: &Applied, log: &LogWatch) -> Result<(), StartError> {
    let announced = log.installing()?.map(|it| record::decode_applied(&it));
    let announced = announced.transpose().map_err(std::io::Error::from)?;
    let index = |it: Option<LogId>| it.map(|it| it.index);
    let installed = announced.is_some_and(|it| it == *applied);
    let (applied, end, purged) = (index(applied.last), index(log.last()), index(log.purged()));
    if let Some(applied) = applied.filter(|it| Some(*it) > end && !installed) {
        return Err(StartError::LogLost { applied, end });
    }
    if let Some(purged) = purged.filter(|it| Some(*it) > applied) {
        return Err(StartError::RowsLost { applied, purged });
    }
    Ok(())
}

#[cfg(all(test, not(madsim)))]
mod tests {
    use ackord_core::id::NodeId;
    use ackord_store::{Disk, DiskOptions, Identity, SimDisk};
    use openraft::vote::RaftLeaderId;

    use super::*;
    use crate::types::LeaderId;

    fn applied(index: u64) -> Applied {
        Applied {
            last: Some(LogId::new(LeaderId::new(3, 1), index)),
            ..Applied::default()
        }
    }

    /// What a start says to rows at `found` and an empty log, for which rows at `announced` were
    /// on their way.
    fn start(found: u64, announced: Option<u64>) -> Result<(), StartError> {
        let disk = Disk::simulated(&SimDisk::new(), &DiskOptions::default());
        let mut disk = disk.expect("an empty disk opens");
        let identity = Identity {
            cluster: 7,
            node: NodeId(1),
            incarnation: 1,
        };
        disk.owner.adopt(identity).expect("a new identity");
        if let Some(index) = announced {
            let announced = record::encode_applied(&applied(index));
            disk.log.save_installing(&announced).expect("announced");
        }
        let options = WriterOptions::default();
        let (log, _) = Log::open(disk.log, crate::failpoint::Faults::default(), options)
            .expect("an empty log opens");
        check_rows_against_log(&applied(found), &log.watch())
    }

    #[test]
    fn rows_ahead_of_the_log_are_right_only_if_they_were_announced() {
        assert!(start(9, Some(9)).is_ok());
        for announced in [None, Some(8), Some(10)] {
            let lost = start(9, announced);
            assert!(
                matches!(lost, Err(StartError::LogLost { applied: 9, .. })),
                "{announced:?}: {lost:?}"
            );
        }
    }
}
