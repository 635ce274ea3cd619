//! A session alone on its tag sees events for the first time in the order in which the log took
//! them. (Several sessions on one tag race each other to the sink, so they prove nothing here.)

use std::collections::BTreeMap;

use ackord_client::Taken;

use super::Violation;
use crate::load::SOLO;
use crate::sink::Heard;

pub(super) fn judge(heard: &Heard) -> Vec<Violation> {
    // The answer to a repeated submit names the entry of the repetition, not of the event.
    let answers = heard
        .submits
        .values()
        .flatten()
        .filter(|it| it.taken == Taken::Accepted);
    let index: BTreeMap<&str, u64> = answers.map(|it| (it.event.as_str(), it.index)).collect();
    let alone = heard
        .first_seen
        .iter()
        .filter(|(session, _)| session.starts_with(SOLO));
    alone
        .filter_map(|(session, events)| first_inversion(session, events, &index))
        .collect()
}

fn first_inversion(
    session: &str,
    events: &[String],
    index: &BTreeMap<&str, u64>,
) -> Option<Violation> {
    let known: Vec<(&str, u64)> = events
        .iter()
        .filter_map(|it| index.get(it.as_str()).map(|at| (it.as_str(), *at)))
        .collect();
    let pair = known.windows(2).find(|pair| pair[0].1 > pair[1].1)?;
    Some(Violation {
        property: "first deliveries keep the order of their submits",
        detail: format!(
            "{session} saw {} (entry {}) before {} (entry {})",
            pair[0].0, pair[0].1, pair[1].0, pair[1].1
        ),
    })
}
