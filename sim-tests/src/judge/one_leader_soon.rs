//! Once nothing is broken any more, somebody leads, and soon.

use std::time::Duration;

use super::{Evidence, Property, Verdict};
use crate::history::Fault;

pub(super) const PROPERTY: Property = Property {
    name: "one_leader_soon",
    proves: "soon after everything was mended one server leads, and all that serve say so: within \
             two of the longest election timeouts, after what the transport and restarts take",
    check,
};

/// Two of the longest election timeouts of the servers.
const ELECTIONS: Duration = Duration::from_millis(2 * 1_200);
/// A connection that carried nothing goes on up to ten seconds later; a process that was just started
/// has to open its disk, and asks a quorum what its disk had before it votes or stands.
const ALLOWED: Duration = Duration::from_secs(10 + 3);

fn check(evidence: &Evidence, verdict: &mut Verdict) {
    let faults: Vec<_> = evidence.history.timed_faults().collect();
    let healed = faults.iter().find(|it| *it.1 == Fault::Heal);
    let Some((healed, _)) = healed else { return };
    let led = faults.iter().find(|it| matches!(it.1, Fault::Led { .. }));
    let waited = led.map(|(at, _)| at.saturating_sub(*healed));
    verdict.hold(
        waited.is_some_and(|it| it <= ELECTIONS + ALLOWED),
        || match waited {
            Some(waited) => format!("one server leads {waited:?} after everything was mended"),
            None => "nobody leads, though nothing is broken".to_owned(),
        },
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::History;

    /// What is wrong if somebody leads so many seconds after all was mended, or nobody.
    fn led_after(seconds: Option<u64>) -> Vec<String> {
        let mut history = History::default();
        let at = Duration::from_secs;
        history.fault(at(30), Fault::Heal);
        if let Some(seconds) = seconds {
            history.fault(at(30 + seconds), Fault::Led { server: 1 });
        }
        let evidence = Evidence {
            history,
            ..Evidence::default()
        };
        PROPERTY.judge(&evidence).broken
    }

    #[test]
    fn a_leader_must_be_there() {
        assert!(led_after(None)[0].contains("nobody leads"));
        assert!(led_after(Some(5)).is_empty());
    }

    #[test]
    fn a_late_leader_is_too_late() {
        assert!(led_after(Some(30))[0].contains("leads 30s after"));
    }
}
