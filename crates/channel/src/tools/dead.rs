//! Dead letters: what nobody could do.

use ackord_client::v1;
use schemars::JsonSchema;
use serde::Deserialize;

use super::args::{Limit, stated};
use super::{Told, Tools, said, words};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ListArgs {
    /// Only of this tag; left out: of all
    tag: Option<String>,
    /// At most so many, up to 100; 20 if left out
    #[schemars(range(min = 1, max = 100))]
    limit: Option<u32>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReplayArgs {
    /// The event, such as evt_01k4…
    event_id: String,
}

/// `dead_list`.
pub(super) async fn list(tools: &Tools, args: ListArgs) -> Told {
    let question = v1::ListDeadRequest {
        tag: stated(args.tag),
        page_size: Limit::size(args.limit),
        ..v1::ListDeadRequest::default()
    };
    let answer = said(tools.client()?.list_dead(question).await)?;
    Ok(words::list(
        "There are no dead letters.",
        answer.events.iter().map(words::dead),
    ))
}

/// `dead_replay`.
pub(super) async fn replay(tools: &Tools, args: ReplayArgs) -> Told {
    let event_id = args.event_id;
    let question = v1::ReplayRequest {
        event_id: event_id.clone(),
    };
    said(tools.client()?.replay(question).await)?;
    Ok(format!(
        "{event_id} goes round again, with all its attempts."
    ))
}
