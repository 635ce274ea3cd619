//! Events that no route had matched, routed again.

use std::sync::Arc;

use ackord_core::answer::{Receipt, Rejection, Reply};
use ackord_core::command::{Op, Purge, Reroute, Routing};
use ackord_core::id::{EventId, TeamId};
use ackord_core::model::{Content, DeadCause, Event, EventState, Origin, Source};
use ackord_core::rows::{Key, Row, RowError, Rows};
use ackord_core::time::Position;
use ackord_machine::RowView;
use ackord_proto::v1::RequestOutcome as Outcome;
use ackord_proto::{from_wire, v1};

use crate::auth::Caller;
use crate::event_rows;
use crate::limits::PAGE_ROWS_MAX;
use crate::page::{Ask, At};
use crate::refused::Refused;
use crate::source::Sources;
use crate::walk::Walk;

/// Events of one call.
const EVENTS_MAX: usize = 256;

/// An event that a source has kept, and what came with it.
struct Kept {
    event: Box<Event>,
    content: Content,
}

/// Events that are to be routed again.
struct Found {
    ids: Vec<EventId>,
    /// The last dead letter that was looked at, if there are more behind it.
    last: Option<At>,
}

/// What became of one event.
struct Fate {
    outcome: Outcome,
    events: Vec<EventId>,
}

impl Sources {
    pub(crate) async fn reroute(
        &self,
        caller: &Caller,
        asked: v1::RerouteEventsRequest,
    ) -> Result<v1::RerouteEventsResponse, Refused> {
        let team = self.manage(caller).await?;
        let source = self.find(team, asked.slug.clone())?;
        let Found { ids, last } = if asked.event_ids.is_empty() {
            let after = Ask::<At>::read(0, &asked.page_token)?.after;
            let of = Arc::clone(&source);
            let read = move |rows: &RowView| kept_by(rows, &of, after);
            self.0.machine.read(read).await
        } else {
            named(&asked)?
        };
        let mut events = Vec::with_capacity(ids.len());
        for id in ids {
            let fate = self.reroute_one(caller, &source, id).await;
            events.push(rerouted(id, fate));
        }
        Ok(v1::RerouteEventsResponse {
            events,
            more: last.is_some(),
            next_page_token: last.map_or_else(String::new, |it| it.to_string()),
        })
    }

    async fn reroute_one(
        &self,
        caller: &Caller,
        source: &Arc<Source>,
        id: EventId,
    ) -> Result<Fate, Refused> {
        let of = Arc::clone(source);
        let kept = self.0.machine.read(move |rows| kept(rows, &of, id)).await;
        let Kept { event, content } = kept.ok_or_else(Refused::not_found)?;
        if !is_unmatched(&event) {
            return Err(Rejection::WrongState.into());
        }
        let routed = match self.0.door()?.reroute(source, &event, &content)? {
            Routing::Events(routed) => routed,
            Routing::Unmatched { .. } => {
                return Ok(Fate {
                    outcome: Outcome::Unmatched,
                    events: vec![id],
                });
            }
            Routing::Dropped => {
                let purge = Op::Purge(Purge { event: id });
                let command = caller.command(Some(source.team), purge);
                self.0.propose(command).await?;
                return Ok(Fate {
                    outcome: Outcome::Dropped,
                    events: Vec::new(),
                });
            }
        };
        let reroute = Reroute {
            source: source.id,
            revision: source.revision,
            event: id,
            routed,
        };
        let command = caller.command(Some(source.team), Op::Reroute(reroute));
        match self.0.propose(command).await?.reply {
            Reply::Received(Receipt::Accepted(events)) => Ok(Fate {
                outcome: Outcome::Accepted,
                events,
            }),
            Reply::Received(Receipt::Held(events)) => Ok(Fate {
                outcome: Outcome::Held,
                events,
            }),
            _ => unreachable!("what is routed again is queued or held"),
        }
    }
}

/// The events that a caller names.
fn named(asked: &v1::RerouteEventsRequest) -> Result<Found, Refused> {
    if asked.event_ids.len() > EVENTS_MAX {
        return Err(Refused::invalid("event_ids", "has at most 256"));
    }
    if !asked.page_token.is_empty() {
        return Err(Refused::invalid("page_token", "is left out with event_ids"));
    }
    let ids = asked.event_ids.iter();
    let ids = ids.map(|it| from_wire::id(it, "event_ids"));
    Ok(Found {
        ids: ids.collect::<Result<Vec<_>, _>>()?,
        last: None,
    })
}

fn rerouted(id: EventId, fate: Result<Fate, Refused>) -> v1::Rerouted {
    let event_id = id.to_string();
    match fate {
        Ok(fate) => v1::Rerouted {
            event_id,
            outcome: fate.outcome.into(),
            event_ids: fate.events.iter().map(ToString::to_string).collect(),
            refusal: None,
        },
        Err(refused) => v1::Rerouted {
            event_id,
            outcome: Outcome::Unspecified.into(),
            event_ids: Vec::new(),
            refusal: Some(refused.into_refusal()),
        },
    }
}

fn is_unmatched(event: &Event) -> bool {
    let cause = match event.state {
        EventState::Dead { cause, .. } => Some(cause),
        _ => None,
    };
    cause == Some(DeadCause::Unmatched)
}

/// An event of the source.
fn kept(rows: &RowView, source: &Source, id: EventId) -> Result<Option<Kept>, RowError> {
    let event = match rows.get(&Key::Event(source.team, id))? {
        Some(Row::Event(event)) if event.origin == Origin::Source(source.id) => event,
        Some(_) | None => return Ok(None),
    };
    let content = match rows.get(&Key::Content(source.team, id))? {
        Some(Row::Content(content)) => content,
        Some(_) | None => return Ok(None),
    };
    Ok(Some(Kept { event, content }))
}

/// The oldest events that the source keeps, of the dead letters behind one.
fn kept_by(rows: &RowView, source: &Source, after: Option<At>) -> Result<Found, RowError> {
    let team: TeamId = source.team;
    let from = after.map(|it| event_rows::after(it.0)).unwrap_or_default();
    let letters = Walk::forward(rows, Key::Dead(team, from), Key::Dead(team, END));
    let (mut ids, mut last) = (Vec::new(), None);
    for (seen, letter) in letters.enumerate() {
        let (Key::Dead(_, at), Row::DeadLetter(letter)) = letter? else {
            continue;
        };
        if ids.len() == EVENTS_MAX || seen == PAGE_ROWS_MAX {
            return Ok(Found { ids, last });
        }
        last = Some(At(at));
        if letter.cause != DeadCause::Unmatched {
            continue;
        }
        let row = rows.get(&Key::Event(team, letter.event))?;
        let own = matches!(row, Some(Row::Event(it)) if it.origin == Origin::Source(source.id));
        if own {
            ids.push(letter.event);
        }
    }
    Ok(Found { ids, last: None })
}

/// After every position that the log can give.
const END: Position = Position {
    index: u64::MAX,
    offset: u32::MAX,
};
