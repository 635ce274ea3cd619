//! A disk belongs to one node at one place.

use std::collections::BTreeMap;

use super::{Evidence, Property, Verdict};
use crate::history::{Fault, Mount};

pub(super) const PROPERTY: Property = Property {
    name: "strange_disks_stay_out",
    proves: "a server serves nothing from the disk of another one, from a copy of such a disk, or from \
             an old copy of its own that lacks what it had told",
    check,
};

fn check(evidence: &Evidence, verdict: &mut Verdict) {
    let mut mounted: BTreeMap<usize, Mount> = BTreeMap::new();
    for fault in evidence.history.faults() {
        match fault {
            Fault::Mount { server, how, .. } => {
                verdict.checked += usize::from(how.is_strange());
                mounted.insert(*server, *how);
            }
            Fault::Serve { server, .. } => {
                let how = mounted.get(server);
                let strange = how.filter(|it| it.is_strange());
                if let Some(how) = strange {
                    verdict.hold(false, || {
                        format!("server {server} serves, its disk is {how:?}")
                    });
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::stage::Stage;
    use super::*;

    fn stage(how: &[Mount]) -> Stage {
        let mut stage = Stage::default();
        let (server, at) = (2, Duration::ZERO);
        for (drive, how) in (1..).zip(how) {
            let (history, how) = (&mut stage.evidence.history, *how);
            history.fault(at, Fault::Mount { server, drive, how });
        }
        let history = &mut stage.evidence.history;
        history.fault(at, Fault::Serve { server, node: 2 });
        stage
    }

    #[test]
    fn its_own_disk_is_fine_after_another_one() {
        stage(&[Mount::Foreign, Mount::Own]).holds(PROPERTY);
    }

    #[test]
    fn another_ones_is_wrong() {
        for how in [Mount::Foreign, Mount::Copied, Mount::Old] {
            stage(&[how]).breaks(PROPERTY, "server 2 serves");
        }
    }
}
