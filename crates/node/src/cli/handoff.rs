//! `ackord handoff`: gives the event of a delivery to another tag.

use ackord_client::v1;
use clap::Args;
use serde::Serialize;

use super::answer::Fence;
use super::connection::Connection;
use super::failure::Failure;
use super::output::Output;

/// To whom.
#[derive(Debug, Args)]
pub(crate) struct Handoff {
    #[command(flatten)]
    fence: Fence,
    /// The tag: another one than the event's own
    tag: String,
    /// What the next session should know; not said: the note stays
    #[arg(
        long,
        value_name = "TEXT",
        default_value = "",
        hide_default_value = true
    )]
    note: String,
}

#[derive(Serialize)]
struct HandedOff {
    event_id: String,
    delivery: u32,
    tag: String,
    again: bool,
}

impl Handoff {
    pub(crate) async fn run(self, connection: &Connection, output: Output) -> Result<(), Failure> {
        let question = v1::HandoffRequest {
            fence: self.fence.on_the_wire(),
            tag: self.tag.clone(),
            note: self.note,
        };
        let answer = connection.client()?.handoff(question).await?;
        let (event_id, delivery) = self.fence.parts();
        let earlier = if answer.again {
            " (it was already)"
        } else {
            ""
        };
        let sentence = format!("handed {event_id} to {}{earlier}", self.tag);
        let view = HandedOff {
            event_id,
            delivery,
            tag: self.tag,
            again: answer.again,
        };
        output.done(&view, &sentence);
        Ok(())
    }
}
