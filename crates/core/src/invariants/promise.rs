//! Rules about time: work never waits silently, and whoever waits is woken.

use alloc::format;
use alloc::string::String;

use super::all::All;
use super::ensure;
use crate::id::QueueId;
use crate::model::{Class, EventState, Health, Link, Mode, Queue};
use crate::state::State;
use crate::time::Timestamp;

/// If an event may go and a session may take it, it has gone; but for the queue's rate and the
/// bound of one command's work, and then a tick comes for it.
pub(super) fn work_does_not_wait_for_an_idle_session(
    state: &State,
    all: &All,
) -> Result<(), String> {
    for queue in all.queues.values() {
        let wake = state
            .wakes
            .iter()
            .find(|it| it.1 == queue.id)
            .map(|it| it.0);
        let interrupt = could_interrupt(all, queue);
        let other = is_idle(all, queue.id) && may_give(all, queue);
        let bounded = queue.settings.leases_per_minute.is_some();
        let right = match wake {
            None => !interrupt && !other,
            Some(at) if at <= all.meta.now => interrupt || other,
            Some(at) => !interrupt && other && bounded && at == queue.rate_next,
        };
        ensure(right, || {
            format!(
                "{}: an interrupt could go: {interrupt}, another event: {other}, wake at {wake:?}",
                queue.id
            )
        })?;
    }
    Ok(())
}

/// An interrupt is ready, and a session is idle or at work on something else.
fn could_interrupt(all: &All, queue: &Queue) -> bool {
    let taker = all.sessions.values().any(|it| {
        it.queue == queue.id
            && it.link == Link::Attached
            && it.health == Health::Well
            && it.lease.is_none_or(|it| it.class != Class::Interrupt)
    });
    taker && queue.mode != Mode::Paused && is_ready(all, queue, &[Class::Interrupt])
}

/// An event other than an interrupt is ready, and its queue does not hold it back but for its
/// rate.
fn may_give(all: &All, queue: &Queue) -> bool {
    if queue.mode == Mode::Paused {
        return false;
    }
    if !queue.settings.strict {
        return is_ready(all, queue, &[Class::Priority, Class::Normal]);
    }
    match queue.strict_hold {
        Some(hold) => hold.ready,
        None => {
            let out = all.sessions.values().any(|it| {
                let lease = it.lease.is_some_and(|it| it.class != Class::Interrupt);
                it.queue == queue.id && (lease || it.parked.is_some())
            });
            !out && is_ready(all, queue, &[Class::Priority, Class::Normal])
        }
    }
}

fn is_ready(all: &All, queue: &Queue, classes: &[Class]) -> bool {
    all.events.values().any(|it| {
        it.queue == queue.id && it.state == EventState::Ready && classes.contains(&it.class)
    })
}

fn is_idle(all: &All, queue: QueueId) -> bool {
    all.sessions.values().any(|it| {
        it.queue == queue
            && it.link == Link::Attached
            && it.health == Health::Well
            && it.lease.is_none()
            && it.parked.is_none()
    })
}

/// A tick at the next deadline is early enough for everything that time brings about.
pub(super) fn the_next_deadline_is_in_time(state: &State, all: &All) -> Result<(), String> {
    if all.meta.cluster == 0 {
        return Ok(());
    }
    let next = state.next_deadline().unwrap_or(Timestamp(u64::MAX));
    let due = all.due.first().map(|it| it.0);
    let wake = state.wakes.first().map(|it| it.0);
    let job = all.jobs.values().any(|it| it.ended.is_none());
    let lost = all.sessions.values().filter_map(|it| match it.link {
        Link::Attached => it.lease.map(|it| it.until),
        Link::Detached { until, .. } => Some(it.lease.map_or(until, |it| it.until.min(until))),
    });
    let asked = all.approvals.values().filter(|it| it.decision.is_none());
    let asked = asked.map(|it| it.deadline);
    let alarm = all.watches.values().filter_map(|it| it.deadline).min();
    let times = [
        due,
        wake,
        alarm.map(|it| it.max(all.meta.alarms_from)),
        job.then_some(all.meta.now),
        Some(all.meta.sweep_next),
    ];
    let times = times.into_iter().flatten();
    let first = times.chain(lost).chain(asked).min();
    ensure(first.is_none_or(|it| next <= it), || {
        format!("{next}, but something is due at {first:?}")
    })
}
