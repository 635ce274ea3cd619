//! To look at events: one, its body, why it is where it is, and what became of others.

use ackord_client::v1;
use ackord_render::{Page, show};
use schemars::JsonSchema;
use serde::Deserialize;

use super::args::{Limit, OneEvent};
use super::{Told, Tools, said, words};

/// Bytes of a body that are shown at once, at the most.
const SHOWN_MAX: u32 = 65_536;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct BodyArgs {
    /// The event, such as evt_01k4…; left out: the one at hand
    event_id: Option<String>,
    /// Begin at this byte; 0 if left out
    offset: Option<u32>,
    /// Show at most so many bytes, up to 65,536; 32,768 if left out
    #[schemars(range(min = 1, max = 65_536))]
    bytes: Option<u32>,
}

/// `event_get`.
pub(super) async fn get(tools: &Tools, args: OneEvent) -> Told {
    let event_id = tools.event_id(args.event_id).await?;
    let question = v1::GetEventRequest {
        event_id,
        at_least: None,
    };
    let answer = said(tools.client()?.get_event(question).await)?;
    Ok(words::event(&answer.event.unwrap_or_default()))
}

/// `event_why`.
pub(super) async fn why(tools: &Tools, args: OneEvent) -> Told {
    let event_id = tools.event_id(args.event_id).await?;
    let question = v1::WhyRequest {
        event_id: event_id.clone(),
        at_least: None,
    };
    let answer = said(tools.client()?.why(question).await)?;
    let until = match answer.until_ms {
        0 => String::new(),
        at => format!(" Until {}.", words::time(at)),
    };
    Ok(format!(
        "{event_id}: {}.{until}",
        answer.message.trim_end_matches('.')
    ))
}

/// `event_body`.
pub(super) async fn body(tools: &Tools, args: BodyArgs) -> Told {
    let event_id = tools.event_id(args.event_id).await?;
    let question = v1::GetBodyRequest {
        event_id: event_id.clone(),
        at_least: None,
    };
    let answer = said(tools.client()?.get_body(question).await)?;
    let whole = answer.body.len();
    let offset = usize::try_from(args.offset.unwrap_or_default()).unwrap_or(usize::MAX);
    let Some(rest) = answer.body.get(offset..) else {
        return Err(format!(
            "the body of {event_id} has {whole} bytes: begin before that"
        ));
    };
    let bytes = args.bytes.unwrap_or(32_768).clamp(1, SHOWN_MAX);
    let shown = show(&Page {
        instruction: None,
        body: rest,
        shown_bytes: usize::try_from(bytes).unwrap_or(usize::MAX),
        whole: "event_body with an offset",
        nonce: rand::random(),
    });
    let end = offset + shown.body_bytes;
    let more = match end < whole {
        true => format!("The rest begins at offset {end}.\n"),
        false => String::new(),
    };
    Ok(format!(
        "Bytes {offset} to {end} of {whole} of {event_id}.\n\n{}{more}",
        shown.text
    ))
}

/// `event_history`.
pub(super) async fn history(tools: &Tools, args: Limit) -> Told {
    let question = v1::ListHistoryRequest {
        page_size: Limit::size(args.limit),
        ..v1::ListHistoryRequest::default()
    };
    let answer = said(tools.client()?.list_history(question).await)?;
    Ok(words::list(
        "Nothing has ended yet.",
        answer.events.iter().map(words::ended),
    ))
}
