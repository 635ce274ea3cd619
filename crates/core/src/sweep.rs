//! The sweep: removes finished events and dead letters that were kept long enough, a bounded
//! amount a tick, team by team. Their lists are in the order of log time, so the front tells all.

use crate::batch::{Batch, broken};
use crate::id::{EventId, TeamId};
use crate::model::{Event, EventState, Team};
use crate::rows::{Key, Row, RowError, Rows};
use crate::time::{Millis, Position, Timestamp};

/// Teams that one tick looks at.
const TEAMS_PER_TICK: usize = 64;
/// Time between the beginnings of two sweeps.
pub(crate) const SWEEP_EVERY: Millis = Millis::from_hours(1);

const END: Position = Position {
    index: u64::MAX,
    offset: u32::MAX,
};

/// One of the two lists of a team that are swept.
#[derive(Clone, Copy)]
enum List {
    Finished,
    Dead,
}

impl List {
    fn key(self, team: TeamId, position: Position) -> Key {
        match self {
            Self::Finished => Key::Finished(team, position),
            Self::Dead => Key::Dead(team, position),
        }
    }

    fn kept(self, team: &Team) -> Millis {
        match self {
            Self::Finished => team.events_kept,
            Self::Dead => team.dead_kept,
        }
    }

    fn front(self, team: &mut Team) -> &mut Position {
        match self {
            Self::Finished => &mut team.finished_from,
            Self::Dead => &mut team.dead_from,
        }
    }
}

fn entry((key, row): &(Key, Row)) -> Result<(Position, EventId, Timestamp), RowError> {
    match (key, row) {
        (Key::Finished(_, position), Row::Finished(it)) => Ok((*position, it.event, it.at)),
        (Key::Dead(_, position), Row::DeadLetter(it)) => Ok((*position, it.event, it.at)),
        _ => Err(broken(key)),
    }
}

/// Whether the event is in the list for this entry, and not for a later one: a replayed event
/// leaves the entry of its first end behind.
fn is_listed_at(event: &Event, position: Position) -> bool {
    match event.state {
        EventState::Ended { position: at, .. } | EventState::Dead { position: at, .. } => {
            at == position
        }
        EventState::Delayed { .. }
        | EventState::Held { .. }
        | EventState::Ready
        | EventState::Waiting
        | EventState::Leased { .. }
        | EventState::Parked { .. }
        | EventState::Backoff { .. } => false,
    }
}

impl Batch<'_> {
    /// Goes on with a sweep, if one is due. Answers how many entries it removed.
    pub(crate) fn sweep(&mut self) -> Result<usize, RowError> {
        let mut swept = 0;
        for _ in 0..TEAMS_PER_TICK {
            if self.state.meta.sweep_next > self.now() || !self.has_room() {
                break;
            }
            swept += self.sweep_team()?;
        }
        Ok(swept)
    }

    fn sweep_team(&mut self) -> Result<usize, RowError> {
        let from = self.state.meta.sweep_team;
        let Some(team) = self.state.teams.range(from..).next().map(|it| *it.0) else {
            self.state.meta.sweep_team = TeamId(0);
            self.state.meta.sweep_next = self.now().after(SWEEP_EVERY);
            return Ok(0);
        };
        let swept = self.sweep_list(team, List::Finished)? + self.sweep_list(team, List::Dead)?;
        // Without room there may be more of this team: the next tick looks again.
        let seen = self.has_room();
        self.state.meta.sweep_team = if seen { TeamId(team.0 + 1) } else { team };
        Ok(swept)
    }

    fn sweep_list(&mut self, team: TeamId, list: List) -> Result<usize, RowError> {
        let mut swept = 0;
        while self.has_room()
            && let Some((position, event)) = self.first_to_go(team, list)?
        {
            self.forget(team, list, position, event)?;
            *list.front(self.team_front_mut(team)) = position;
            swept += 1;
        }
        Ok(swept)
    }

    /// The first entry of a list, if it was kept long enough.
    fn first_to_go(
        &mut self,
        team: TeamId,
        list: List,
    ) -> Result<Option<(Position, EventId)>, RowError> {
        let row = self
            .state
            .teams
            .get_mut(&team)
            .expect("the caller has found it");
        let (kept, front) = (list.kept(row), *list.front(row));
        let (from, to) = (list.key(team, front), list.key(team, END));
        let first = self.overlay.scan(&from, &to, 1)?;
        let first = first.first().map(entry).transpose()?;
        let now = self.now();
        Ok(first
            .filter(|it| it.2.after(kept) <= now)
            .map(|it| (it.0, it.1)))
    }

    /// Removes one entry, and its event if it stands in the list by this entry.
    fn forget(
        &mut self,
        team: TeamId,
        list: List,
        position: Position,
        id: EventId,
    ) -> Result<(), RowError> {
        self.delete(list.key(team, position));
        let Some(event) = self.event(team, id)? else {
            return Ok(());
        };
        if is_listed_at(&event, position) {
            if let List::Dead = list {
                self.queue_mut(event.queue).row.dead -= 1;
            }
            self.delete_ledger(&event);
            self.delete(Key::Event(team, id));
            self.delete(Key::Content(team, id));
        }
        Ok(())
    }
}
