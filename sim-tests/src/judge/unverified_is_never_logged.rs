//! What failed verification goes nowhere.

use std::collections::BTreeSet;

use ackord_core::command::{Command, Op as Said};
use bytes::Bytes;

use super::content::named_by;
use super::{Evidence, Property, Verdict};
use crate::history::{Op, Seal};

pub(super) const PROPERTY: Property = Property {
    name: "unverified_is_never_logged",
    proves: "a webhook whose signature is not the source's is never told 2xx, and its body is in no \
             entry of the log, whatever that entry makes of it",
    check,
};

fn check(evidence: &Evidence, verdict: &mut Verdict) {
    let mut forged = BTreeSet::new();
    for asked in evidence.history.operations() {
        let Op::Webhook { hook, .. } = asked.op else {
            continue;
        };
        if hook.seal == Seal::Genuine {
            continue;
        }
        forged.insert(hook.submission.content);
        verdict.hold(asked.ok().is_none(), || format!("{} was taken", asked.op));
    }
    for (index, entry) in evidence.journal.entries() {
        for body in entry.commands.iter().filter_map(body) {
            let content = named_by(body).filter(|it| forged.contains(it));
            verdict.hold(content.is_none(), || {
                let content = content.unwrap_or_default();
                format!("entry {index} carries c{content}, which nobody has verified")
            });
        }
    }
}

/// What a command brings in from outside.
fn body(command: &Command) -> Option<&Bytes> {
    match &command.op {
        Said::Receive(it) => Some(&it.body),
        Said::Submit(it) => Some(&it.body),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::stage::{Stage, event, webhook};
    use super::*;
    use crate::history::{Answer, Who};

    fn forged(content: u64) -> Op {
        webhook(content, "d1", Seal::OtherSecret)
    }

    #[test]
    fn a_refused_webhook_that_is_nowhere_is_fine() {
        let mut stage = Stage::default();
        stage.refused(Who::Sender, forged(7));
        stage.received(5, 8, "d2", Some(1));
        stage.holds(PROPERTY);
    }

    #[test]
    fn it_must_be_in_no_entry_even_if_nothing_comes_of_it() {
        let mut stage = Stage::default();
        stage.refused(Who::Sender, forged(7));
        stage.received(5, 7, "d1", None);
        stage.breaks(PROPERTY, "entry 5 carries c7");
    }

    #[test]
    fn it_must_not_be_taken() {
        let mut stage = Stage::default();
        let answer = Answer::Received {
            event: event(1),
            again: true,
        };
        stage.ok(Who::Sender, forged(7), answer);
        stage.breaks(PROPERTY, "was taken");
    }
}
