//! After one failure a disk is not trusted any more.

use std::time::Duration;

use super::{Evidence, Property, Verdict};
use crate::history::Fault;

pub(super) const PROPERTY: Property = Property {
    name: "fail_stop",
    proves: "a server whose disk has failed once, in a write, a sync or a read, ends at once, though \
             the disk would work again",
    check,
};

/// Longest time from the failure to the end: what waits for the disk by then waits for two more syncs, and
/// a disk is slow.
const LIMIT: Duration = Duration::from_secs(2);

fn check(evidence: &Evidence, verdict: &mut Verdict) {
    let faults: Vec<(Duration, &Fault)> = evidence.history.timed_faults().collect();
    for (nth, (at, fault)) in faults.iter().enumerate() {
        let Fault::DiskFailed { server } = fault else {
            continue;
        };
        let mut later = faults[nth..].iter();
        let ends =
            later.find(|(_, it)| matches!(it, Fault::FailStop { server: who } if who == server));
        let in_time = ends.is_some_and(|it| it.0 <= *at + LIMIT);
        verdict.hold(in_time, || {
            let at = at.as_secs_f64();
            format!("server {server}, whose disk failed at {at:.3}, goes on")
        });
    }
}

#[cfg(test)]
mod tests {
    use super::super::stage::Stage;
    use super::*;

    fn ends_after(millis: Option<u64>) -> Stage {
        let mut stage = Stage::default();
        let history = &mut stage.evidence.history;
        history.fault(Duration::ZERO, Fault::DiskFailed { server: 2 });
        history.fault(Duration::ZERO, Fault::FailStop { server: 1 });
        if let Some(millis) = millis {
            let at = Duration::from_millis(millis);
            history.fault(at, Fault::FailStop { server: 2 });
        }
        stage
    }

    #[test]
    fn an_end_at_once_is_fine() {
        ends_after(Some(20)).holds(PROPERTY);
    }

    #[test]
    fn a_late_end_is_wrong_and_so_is_none() {
        ends_after(Some(2_500)).breaks(PROPERTY, "server 2");
        ends_after(None).breaks(PROPERTY, "goes on");
    }
}
