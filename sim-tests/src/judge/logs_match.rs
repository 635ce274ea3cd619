//! An entry is named by its place and its leader.

use super::{Evidence, Property, Verdict};

pub(super) const PROPERTY: Property = Property {
    name: "logs_match",
    proves: "whatever two logs, or one log before and after a crash, have under one index from one \
             leader is the same entry, committed or not: no leader goes on after it has forgotten \
             what it wrote",
    check,
};

fn check(evidence: &Evidence, verdict: &mut Verdict) {
    let journal = &evidence.journal;
    verdict.checked += journal.named_again;
    for it in &journal.ambiguous {
        verdict.hold(false, || {
            let (index, server) = (it.index, it.server);
            format!("entry {index} of server {server} is another one of the same leader")
        });
    }
}

#[cfg(test)]
mod tests {
    use super::super::stage::Stage;
    use super::*;
    use crate::journal::{Leader, Spot};

    fn named(stage: &mut Stage, server: usize, term: u64, hash: u64) {
        let spot = Spot { server, index: 9 };
        let by = Leader { term, node: 1 };
        stage.evidence.journal.name(spot, by, hash);
    }

    #[test]
    fn leaders_may_write_different_things() {
        let mut stage = Stage::default();
        named(&mut stage, 1, 1, 70);
        named(&mut stage, 2, 1, 70);
        named(&mut stage, 2, 2, 80);
        stage.holds(PROPERTY);
    }

    #[test]
    fn a_leader_writes_one_thing() {
        let mut stage = Stage::default();
        named(&mut stage, 1, 1, 70);
        named(&mut stage, 2, 1, 71);
        stage.breaks(PROPERTY, "entry 9 of server 2");
    }
}
