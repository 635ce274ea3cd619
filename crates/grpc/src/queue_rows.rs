//! Queues and sessions in the rows.

use std::collections::BTreeMap;
use std::sync::Arc;

use ackord_core::id::{QueueId, SessionId, TeamId};
use ackord_core::model::{Health, Link, Queue, Session, Token};
use ackord_core::rows::{Key, Row, RowError};
use ackord_core::text::Tag;
use ackord_machine::RowView;
use ackord_proto::to_wire::{self, Occupancy};
use ackord_proto::v1;

use crate::approval_rows;
use crate::event_rows::Tags;
use crate::page::{Ask, Page};
use crate::walk::{Walk, unexpected};

fn queues(
    rows: &RowView,
    from: QueueId,
) -> impl Iterator<Item = Result<(QueueId, Box<Queue>), RowError>> {
    let to = Key::Queue(QueueId(u64::MAX));
    Walk::forward(rows, Key::Queue(from), to).map(|it| match it? {
        (Key::Queue(id), Row::Queue(queue)) => Ok((id, queue)),
        (key, _) => Err(unexpected(&key)),
    })
}

fn sessions(
    rows: &RowView,
    from: SessionId,
) -> impl Iterator<Item = Result<(SessionId, Box<Session>), RowError>> {
    let to = Key::Session(SessionId(u64::MAX));
    Walk::forward(rows, Key::Session(from), to).map(|it| match it? {
        (Key::Session(id), Row::Session(session)) => Ok((id, session)),
        (key, _) => Err(unexpected(&key)),
    })
}

/// What the sessions of each of the team's queues are at.
fn occupancies(rows: &RowView, team: TeamId) -> Result<BTreeMap<QueueId, Occupancy>, RowError> {
    let mut found = BTreeMap::new();
    for session in sessions(rows, SessionId(0)) {
        let (_, session) = session?;
        if session.team == team {
            count(found.entry(session.queue).or_default(), &session);
        }
    }
    Ok(found)
}

fn count(occupancy: &mut Occupancy, session: &Session) {
    let attached = session.link == Link::Attached;
    let free = session.lease.is_none() && session.parked.is_none();
    occupancy.leased += u64::from(session.lease.is_some());
    occupancy.parked += u64::from(session.parked.is_some());
    occupancy.attached += u32::from(attached);
    occupancy.idle += u32::from(attached && free && session.health == Health::Well);
}

/// The team's queue with this tag, if there is one.
pub(crate) fn queue(
    rows: &RowView,
    team: TeamId,
    tag: Option<&Tag>,
) -> Result<Option<v1::Queue>, RowError> {
    for queue in queues(rows, QueueId(0)) {
        let (id, queue) = queue?;
        if queue.team == team && queue.tag.as_ref() == tag {
            let occupancy = occupancies(rows, team)?.remove(&id).unwrap_or_default();
            return Ok(Some(to_wire::queue(&queue, occupancy)));
        }
    }
    Ok(None)
}

/// The team's queues that the token reaches, by number.
pub(crate) fn list_queues(
    rows: &RowView,
    team: TeamId,
    token: &Token,
    ask: &Ask<QueueId>,
) -> Result<Page<v1::Queue>, RowError> {
    let occupancies = occupancies(rows, team)?;
    let from = ask
        .after
        .map_or(QueueId(0), |it| QueueId(it.0.saturating_add(1)));
    ask.page(queues(rows, from), |queue| {
        let shown = queue.team == team && token.reaches(queue.tag.as_ref());
        let occupancy = || occupancies.get(&queue.id).copied().unwrap_or_default();
        Ok(shown.then(|| to_wire::queue(&queue, occupancy())))
    })
}

/// Which sessions a list shows.
#[derive(Debug, Clone)]
pub(crate) struct SessionFilter {
    /// Shows only what its holder may see.
    pub(crate) token: Arc<Token>,
    /// Inner none: the untagged queue.
    pub(crate) tag: Option<Option<Tag>>,
    pub(crate) link: Option<v1::SessionLink>,
}

/// The team's sessions, by number.
pub(crate) fn list_sessions(
    rows: &RowView,
    team: TeamId,
    filter: &SessionFilter,
    ask: &Ask<SessionId>,
) -> Result<Page<v1::Session>, RowError> {
    let blocked = approval_rows::blocked(rows, team)?;
    let mut tags = Tags::new(rows);
    let from = ask
        .after
        .map_or(SessionId(0), |it| SessionId(it.0.saturating_add(1)));
    ask.page(sessions(rows, from), |session| {
        if session.team != team {
            return Ok(None);
        }
        let tag = tags.of(session.queue)?;
        let link = to_wire::session_link(session.link);
        let shown = filter.token.reaches(tag)
            && filter.tag.as_ref().is_none_or(|it| it.as_ref() == tag)
            && filter.link.is_none_or(|it| it == link);
        let asked = blocked.get(&session.id).copied();
        Ok(shown.then(|| to_wire::session(&session, tag, asked)))
    })
}
