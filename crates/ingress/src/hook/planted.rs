//! Planted bugs of the door; see `ackord_core::planted`.

use ackord_core::command::{Actor, Command, Op, Receive, Routing};
use ackord_core::model::Source;
use ackord_core::planted::{Bug, is_planted};
use ackord_core::text::EventType;
use ackord_machine::Machine;
use bytes::Bytes;

/// Proposes a webhook that is answered all the same, before anybody has decided; if that is planted.
pub(super) fn answers_early(machine: &Machine, command: &Command) -> bool {
    let planted = is_planted(Bug::WebhookBeforeCommit);
    if planted {
        propose(machine, command.clone());
    }
    planted
}

/// Proposes a webhook that was refused, of which nothing comes; if that is planted.
pub(super) fn propose_refused(machine: &Machine, source: &Source, body: &Bytes) {
    if !is_planted(Bug::UnverifiedIsLogged) {
        return;
    }
    let receive = Receive {
        revision: source.revision,
        delivery: None,
        same_body: None,
        event_type: EventType::new("refused").expect("a valid name"),
        content_type: None,
        meta: Vec::new(),
        body: body.clone(),
        routing: Routing::Dropped,
    };
    let command = Command {
        by: Actor::Source(source.id),
        team: Some(source.team),
        op: Op::Receive(Box::new(receive)),
    };
    propose(machine, command);
}

fn propose(machine: &Machine, command: Command) {
    let machine = machine.clone();
    tokio::spawn(async move { machine.propose(command).await });
}
