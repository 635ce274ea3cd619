//! Log time is not left to somebody whose clock is off.

use std::time::Duration;

use super::{Evidence, Property, Verdict};
use crate::history::Fault;

pub(super) const PROPERTY: Property = Property {
    name: "wrong_clocks_do_not_lead",
    proves: "where all servers are there and reach each other, one whose clock is more than ten \
             seconds off lets another one lead",
    check,
};

/// A clock that is farther off than this must be taken for wrong: ten seconds, and how far the
/// others' have drifted apart.
const FAR_MS: u64 = 11_500;
/// So long after its clock is set a server still may lead: all ask each other for the time once a
/// second, then it hands over.
const LIMIT: Duration = Duration::from_secs(8);

fn check(evidence: &Evidence, verdict: &mut Verdict) {
    let faults = evidence.history.timed_faults();
    let calm = faults.skip_while(|it| *it.1 != Fault::Heal);
    let mut leading: Vec<usize> = Vec::new();
    let mut off: Option<(usize, Duration)> = None;
    for (at, fault) in calm {
        if let Some((server, since)) = off
            && at > since + LIMIT
        {
            verdict.hold(!leading.contains(&server), || {
                let at = at.as_secs_f64();
                format!("server {server}, whose clock is off, still leads at {at:.3}")
            });
        }
        match fault {
            Fault::Leading { servers } => leading.clone_from(servers),
            Fault::Led { server } => leading = vec![*server],
            Fault::Clock { server, ahead_ms } => {
                let far = ahead_ms.unsigned_abs() > FAR_MS;
                off = far.then_some((*server, at));
            }
            // Of two clocks nobody knows which one is wrong: whoever comes may be the third.
            Fault::Start { .. } => off = off.map(|it| (it.0, at)),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::stage::Stage;
    use super::*;

    fn stage(ahead_ms: i64, heir: usize) -> Stage {
        let mut stage = Stage::default();
        let history = &mut stage.evidence.history;
        let at = Duration::from_secs;
        history.fault(at(0), Fault::Heal);
        history.fault(at(1), Fault::Leading { servers: vec![1] });
        let set = |ahead_ms| Fault::Clock {
            server: 1,
            ahead_ms,
        };
        history.fault(at(2), set(ahead_ms));
        let servers = vec![heir];
        history.fault(at(5), Fault::Leading { servers });
        history.fault(at(14), set(0));
        stage
    }

    #[test]
    fn another_one_leads() {
        stage(60_000, 2).holds(PROPERTY);
        stage(-60_000, 3).holds(PROPERTY);
    }

    #[test]
    fn whoever_goes_on_is_wrong_unless_it_is_little() {
        stage(60_000, 1).breaks(PROPERTY, "still leads");
        assert!(stage(5_000, 1).broken(PROPERTY).is_empty());
    }
}
