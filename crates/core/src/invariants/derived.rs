//! Rules about what is held in memory.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use core::fmt::Debug;

use super::all::All;
use super::ensure;
use crate::due::DueKey;
use crate::id::{EventId, QueueId};
use crate::limits::{ENDED_JOBS_KEPT, REVOKED_TOKENS_KEPT};
use crate::model::Class;
use crate::rows::Rows;
use crate::state::{Entry, State};
use crate::time::Position;
use crate::window::Window;

/// A process that starts from these rows now has this state.
pub(super) fn the_state_is_what_its_rows_say(state: &State, rows: &dyn Rows) -> Result<(), String> {
    let restored = State::restore(rows).map_err(|it| format!("{it}"))?;
    if restored == *state {
        return Ok(());
    }
    same("meta", &state.meta, &restored.meta)?;
    same_entries("nodes", &state.nodes, &restored.nodes)?;
    same_entries("teams", &state.teams, &restored.teams)?;
    same_entries("team names", &state.team_names, &restored.team_names)?;
    same_entries("tokens", &state.tokens, &restored.tokens)?;
    same_entries("token hashes", &state.token_hashes, &restored.token_hashes)?;
    same_entries("queues", &state.queues, &restored.queues)?;
    same_entries("queue names", &state.queue_names, &restored.queue_names)?;
    same_entries("sessions", &state.sessions, &restored.sessions)?;
    same_entries("session keys", &state.session_keys, &restored.session_keys)?;
    same("present", &state.present, &restored.present)?;
    same_entries("jobs", &state.jobs, &restored.jobs)?;
    same_entries("sources", &state.sources, &restored.sources)?;
    same_entries("source names", &state.source_slugs, &restored.source_slugs)?;
    same_entries("holdings", &state.holdings, &restored.holdings)?;
    same_entries("crons", &state.crons, &restored.crons)?;
    same_entries("cron labels", &state.cron_labels, &restored.cron_labels)?;
    same("cron ticks", &state.cron_ticks, &restored.cron_ticks)?;
    same("releasing", &state.releasing, &restored.releasing)?;
    same_entries("tokens of", &state.team_tokens, &restored.team_tokens)?;
    same_entries("jobs of", &state.team_jobs, &restored.team_jobs)?;
    same("open jobs", &state.open_jobs, &restored.open_jobs)?;
    same_entries("usage", &state.usage, &restored.usage)?;
    same_entries("approvals", &state.approvals, &restored.approvals)?;
    let (memory, rows) = (&state.decided_approvals, &restored.decided_approvals);
    same_entries("decided approvals", memory, rows)?;
    same_entries(
        "approvals of a team",
        &state.team_approvals,
        &restored.team_approvals,
    )?;
    let (memory, rows) = (&state.approval_requests, &restored.approval_requests);
    same_entries("requests", memory, rows)?;
    let (memory, rows) = (&state.approval_deadlines, &restored.approval_deadlines);
    same("approval deadlines", memory, rows)?;
    let (memory, rows) = (&state.session_approvals, &restored.session_approvals);
    same_entries("approvals of", memory, rows)?;
    same("stale", &state.stale_approvals, &restored.stale_approvals)?;
    same("deadlines", &state.deadlines, &restored.deadlines)?;
    same("wakes", &state.wakes, &restored.wakes)?;
    Err(String::from("they differ"))
}

fn same<T: Debug + PartialEq>(what: &str, memory: &T, rows: &T) -> Result<(), String> {
    ensure(memory == rows, || {
        format!("{what}: in memory {memory:?}, by the rows {rows:?}")
    })
}

fn same_entries<K: Debug + Ord, V: Debug + PartialEq>(
    what: &str,
    memory: &BTreeMap<K, V>,
    rows: &BTreeMap<K, V>,
) -> Result<(), String> {
    for key in memory.keys().chain(rows.keys()) {
        same(&format!("{what} {key:?}"), &memory.get(key), &rows.get(key))?;
    }
    Ok(())
}

/// Numbers come from one counter: no two things have the same one, and none is above it.
pub(super) fn numbers_are_given_once(_: &State, all: &All) -> Result<(), String> {
    let ids = (all.teams.keys().map(|it| it.0))
        .chain(all.tokens.keys().map(|it| it.0))
        .chain(all.queues.keys().map(|it| it.0))
        .chain(all.sessions.keys().map(|it| it.0))
        .chain(all.jobs.keys().map(|it| it.0))
        .chain(all.sources.keys().map(|it| it.0))
        .chain(all.crons.keys().map(|it| it.0))
        .chain(all.approvals.keys().map(|it| it.0));
    let mut given = BTreeMap::new();
    for id in ids {
        let times = given.entry(id).or_insert(0);
        *times += 1;
        ensure(*times == 1 && id != 0 && id <= all.meta.last_id, || {
            format!("{id} of {}, given {times} times", all.meta.last_id)
        })?;
    }
    Ok(())
}

/// Ended jobs and revoked tokens are in memory too, for people to look up: a bounded number.
pub(super) fn what_is_only_remembered_is_bounded(_: &State, all: &All) -> Result<(), String> {
    let mut jobs = BTreeMap::new();
    for job in all.jobs.values().filter(|it| it.ended.is_some()) {
        *jobs.entry(job.team).or_insert(0) += 1;
    }
    let mut tokens = BTreeMap::new();
    for token in all.tokens.values().filter(|it| it.revoked.is_some()) {
        *tokens.entry(token.team).or_insert(0) += 1;
    }
    let right = jobs.values().all(|it| *it <= ENDED_JOBS_KEPT)
        && tokens.values().all(|it| *it <= REVOKED_TOKENS_KEPT);
    ensure(right, || format!("{jobs:?}, {tokens:?}"))
}

/// What is cached of a run is its first rows, without a gap: a window that misses one would let
/// a later event go first.
pub(super) fn windows_are_the_fronts_of_their_runs(state: &State, all: &All) -> Result<(), String> {
    for (id, cell) in &state.queues {
        for class in Class::ALL {
            let [fresh, returned] = &cell.derived.windows[class.index()];
            for (window, index) in [(fresh, &all.fresh), (returned, &all.returned)] {
                is_front(window, run(index, *id, class))
                    .map_err(|it| format!("{id} {class:?}: {it}"))?;
            }
        }
    }
    let due = all.due.iter().map(|it| DueKey {
        at: it.0,
        team: it.1,
        event: it.2,
        kind: it.3,
    });
    is_front(&state.due, due).map_err(|it| format!("due: {it}"))
}

fn run(
    index: &BTreeMap<(QueueId, Class, Position), EventId>,
    queue: QueueId,
    class: Class,
) -> impl Iterator<Item = Entry> {
    index
        .iter()
        .filter(move |it| (it.0.0, it.0.1) == (queue, class))
        .map(|it| (it.0.2, *it.1))
}

fn is_front<K: Ord + Copy + Debug>(
    window: &Window<K>,
    rows: impl Iterator<Item = K>,
) -> Result<(), String> {
    let rows: alloc::vec::Vec<K> = rows.take(window.keys().count()).collect();
    ensure(window.keys().eq(rows.iter().copied()), || {
        format!("{window:?}, but the rows begin {rows:?}")
    })
}
