//! A promise outlives its node.

use super::{Evidence, Property, Verdict};

pub(super) const PROPERTY: Property = Property {
    name: "votes_are_kept",
    proves: "after a crash a server has the vote that it had, or a later one: it does not promise \
             itself to two in one term",
    check,
};

fn check(evidence: &Evidence, verdict: &mut Verdict) {
    let journal = &evidence.journal;
    verdict.checked += journal.votes_kept;
    for server in &journal.votes_lost {
        verdict.hold(false, || format!("server {server} has forgotten its vote"));
    }
}

#[cfg(test)]
mod tests {
    use super::super::stage::Stage;
    use super::*;
    use crate::journal::Leader;

    fn vote(term: u64) -> Leader {
        Leader { term, node: 2 }
    }

    #[test]
    fn a_vote_that_is_there_is_fine() {
        let mut stage = Stage::default();
        stage.evidence.journal.vote(1, vote(4));
        stage.evidence.journal.found_vote(1, Some(vote(4)));
        stage.evidence.journal.found_vote(2, None);
        stage.holds(PROPERTY);
    }

    #[test]
    fn an_earlier_vote_is_wrong_and_so_is_none() {
        for found in [Some(vote(3)), None] {
            let mut stage = Stage::default();
            stage.evidence.journal.vote(1, vote(4));
            stage.evidence.journal.found_vote(1, found);
            stage.breaks(PROPERTY, "server 1 has forgotten");
        }
    }
}
