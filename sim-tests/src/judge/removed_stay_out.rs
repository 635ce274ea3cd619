//! Who has left never comes back.

use std::collections::BTreeMap;

use ackord_core::command::Op;

use super::{Evidence, Property, Verdict};

pub(super) const PROPERTY: Property = Property {
    name: "removed_stay_out",
    proves: "a node that was removed is no member any more, from the entry on that says so, and \
             leads in no later term",
    check,
};

/// A leader that finds itself taken out leads until its followers have that (Raft, dissertation,
/// section 4.2.2), and what it writes meanwhile counts: it may be it who says that it was removed.
fn check(evidence: &Evidence, verdict: &mut Verdict) {
    let mut removed: BTreeMap<u64, u64> = BTreeMap::new();
    for (index, entry) in evidence.journal.entries() {
        for command in &entry.commands {
            if let Op::RemoveNode(it) = &command.op {
                removed.entry(it.node.0).or_insert(index);
            }
        }
    }
    for (node, at) in removed {
        let term = evidence.journal.get(at).map(|it| it.by.term);
        let mut later = evidence.journal.lines().filter(|it| it.0 > at);
        let leads = later.find(|(_, line)| line.by.node == node && Some(line.by.term) > term);
        verdict.hold(leads.is_none(), || {
            let index = leads.map_or(at, |it| it.0);
            format!("node_{node}, removed at entry {at}, leads at entry {index}")
        });
        let mut later = evidence.journal.seats().filter(|it| it.0 > at);
        let sits = later.find(|(_, _, seats)| seats.all.contains(&node));
        verdict.hold(sits.is_none(), || {
            let index = sits.map_or(at, |it| it.0);
            format!("node_{node}, removed at entry {at}, is a member at entry {index}")
        });
    }
}

#[cfg(test)]
mod tests {
    use ackord_core::FORMAT;
    use ackord_core::command::{Actor, Command, Entry, RemoveNode};
    use ackord_core::id::NodeId;
    use ackord_core::time::Timestamp;

    use super::super::stage::Stage;
    use super::*;
    use crate::journal::{Leader, Line, Seats, Spot, What};

    /// Node 3 is removed by entry 5.
    fn stage() -> Stage {
        let mut stage = Stage::default();
        let remove = Command {
            by: Actor::Cluster,
            team: None,
            op: Op::RemoveNode(RemoveNode { node: NodeId(3) }),
        };
        let entry = Entry {
            format: FORMAT,
            at: Timestamp(1),
            commands: vec![remove],
        };
        stage.copy(5, What::Commands(entry));
        stage
    }

    #[test]
    fn others_go_on() {
        let mut stage = stage();
        stage.copy(6, What::Members(Seats::default()));
        stage.holds(PROPERTY);
    }

    #[test]
    fn it_does_not_sit_and_does_not_lead() {
        let mut sits = stage();
        let seats = Seats {
            quorums: vec![[3].into()],
            all: [3].into(),
        };
        sits.copy(6, What::Members(seats));
        sits.breaks(PROPERTY, "is a member at entry 6");
        let mut leads = stage();
        let (by, what) = (Leader { term: 9, node: 3 }, What::Raft);
        let spot = Spot {
            server: 1,
            index: 6,
        };
        leads.evidence.journal.copy(spot, Line { by, what });
        leads.breaks(PROPERTY, "leads at entry 6");
    }

    #[test]
    fn who_leads_goes_on_until_the_others_have_it() {
        let mut leads = stage();
        let by = leads.evidence.journal.get(5).expect("the removal").by;
        let (by, what) = (Leader { node: 3, ..by }, What::Raft);
        let spot = Spot {
            server: 1,
            index: 6,
        };
        leads.evidence.journal.copy(spot, Line { by, what });
        leads.holds(PROPERTY);
    }
}
