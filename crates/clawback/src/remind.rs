//! What a plugin's agent is told of an event that it has had for long, or had too long.
//!
//! The plugin names the event that an ack is of: the one that it has in its hands, which is not always the one
//! that its agent means. These words are for that agent.

use ackord_proto::v1::Fence;
use ackord_render::{Fields, meta};

/// A type that the published plugin tells its agent not to stop for. No event from outside is shown with it.
pub(crate) const REMINDER_TYPE: &str = "ack_reminder";

/// Tells of an event again that is at work still: the text, and the facts.
pub(crate) fn reminder(fence: &Fence) -> (String, Fields) {
    let Fence { event_id, delivery } = fence;
    let text = format!(
        "This is no new event: you still have {event_id}. Go on with it, and call event_ack once it is done. \
         If it is done already, call event_ack now: an earlier call may have been lost."
    );
    let number = delivery.to_string();
    let facts = [
        ("source", "system"),
        ("type", REMINDER_TYPE),
        ("ackord.event_id", event_id),
        ("ackord.delivery", &number),
    ];
    (text, meta(facts))
}

/// Stands before the event that comes after one whose lease has ended.
pub(crate) fn missed(event_id: &str) -> String {
    format!(
        "The time of the event before this one, {event_id}, has passed: it will come again. Whatever came of it, \
         event_ack means the event below from now on, and is for its work alone.\n\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reminder_names_its_event_and_does_not_stop_the_agent() {
        let fence = Fence {
            event_id: "evt_1".to_owned(),
            delivery: 2,
        };
        let (text, facts) = reminder(&fence);
        assert!(text.contains("evt_1"), "{text}");
        assert_eq!(facts["type"], "ack_reminder");
        assert_eq!(facts["ackord_event_id"], "evt_1");
        assert_eq!(facts["ackord_delivery"], "2");
    }
}
