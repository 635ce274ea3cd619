//! Nobody serves from bytes that have turned.

use std::collections::BTreeMap;

use super::{Evidence, Property, Verdict};
use crate::history::{Fault, Rot};

pub(super) const PROPERTY: Property = Property {
    name: "rot_is_seen",
    proves: "a server does not start on a disk on which bits of the log, of the node's identity or of \
             the end of its log have turned",
    check,
};

fn check(evidence: &Evidence, verdict: &mut Verdict) {
    let mut rotten: BTreeMap<usize, Rot> = BTreeMap::new();
    for fault in evidence.history.faults() {
        match fault {
            // Nobody reads all rows at a start; whoever reads a rotten one ends.
            Fault::Rot { what: Rot::Row, .. } => {}
            Fault::Rot { server, what } => {
                verdict.checked += 1;
                rotten.insert(*server, *what);
            }
            Fault::Mount { server, .. } => drop(rotten.remove(server)),
            Fault::Serve { server, .. } => {
                if let Some(what) = rotten.get(server) {
                    verdict.hold(false, || {
                        format!("server {server} serves, rotten: {what:?}")
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
    use crate::history::Mount;

    fn stage(faults: Vec<Fault>) -> Stage {
        let mut stage = Stage::default();
        for fault in faults {
            stage.evidence.history.fault(Duration::ZERO, fault);
        }
        stage
    }

    const SERVE: Fault = Fault::Serve { server: 2, node: 2 };

    fn rot(what: Rot) -> Fault {
        Fault::Rot { server: 2, what }
    }

    #[test]
    fn a_replaced_disk_is_fine() {
        let (server, drive, how) = (2, 12, Mount::Empty);
        let mount = Fault::Mount { server, drive, how };
        stage(vec![rot(Rot::Log), mount, SERVE]).holds(PROPERTY);
    }

    #[test]
    fn a_rotten_log_is_wrong_and_a_rotten_row_may_not_be_read() {
        stage(vec![rot(Rot::Log), SERVE]).breaks(PROPERTY, "serves, rotten");
        let unread = stage(vec![rot(Rot::Row), SERVE]);
        assert!(unread.broken(PROPERTY).is_empty());
    }
}
