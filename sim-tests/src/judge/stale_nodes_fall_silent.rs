//! Whoever has lost the others says nothing.

use std::collections::BTreeSet;
use std::time::Duration;

use super::{Evidence, Property, Verdict};
use crate::history::{Answer, Fault, History, Op, OpId, Outcome, What};

pub(super) const PROPERTY: Property = Property {
    name: "stale_nodes_fall_silent",
    proves: "a server that has heard nobody for two seconds, or only a leader that itself has lost \
             the others, answers no questions from what it knew",
    check,
};

/// A server that hears nobody may answer for so long: two seconds, and the latest message that was
/// on its way to it.
const ALONE: Duration = Duration::from_secs(4);
/// One that hears a leader which does not hear a quorum, and says since when: besides that the time for
/// which a connection to it may be made meanwhile.
const ASTRAY: Duration = Duration::from_secs(6);

/// From whom to whom messages do not get through.
type Cuts = BTreeSet<(usize, usize)>;

fn check(evidence: &Evidence, verdict: &mut Verdict) {
    let servers = 1 + evidence.others.len();
    // Whoever comes or goes changes who is a quorum.
    let members_change = evidence.journal.seats().count() > 1;
    if servers == 1 || members_change {
        return;
    }
    for server in 1..=servers {
        let lost = |cuts: &Cuts| is_lost(cuts, server, servers);
        let alone =
            |cuts: &Cuts| (1..=servers).all(|it| it == server || cuts.contains(&(it, server)));
        judge(evidence, server, ASTRAY, lost, verdict);
        judge(evidence, server, ALONE, alone, verdict);
    }
}

/// Looks at all that was asked of a server after so long in a state of the network, and answered
/// in it.
fn judge(
    evidence: &Evidence,
    server: usize,
    limit: Duration,
    is_so: impl Fn(&Cuts) -> bool,
    verdict: &mut Verdict,
) {
    for (from, to) in periods(&evidence.history, server, is_so) {
        let within = |it: Duration| from + limit < it && it < to;
        let mut asked: BTreeSet<OpId> = BTreeSet::new();
        for record in &evidence.history.records {
            match &record.what {
                What::Invoke(id, Op::Read { server: of, .. })
                    if *of == server && within(record.at) =>
                {
                    asked.insert(*id);
                }
                What::Return(id, outcome) if asked.contains(id) && within(record.at) => {
                    let told = matches!(outcome, Outcome::Ok(Answer::Read { .. }));
                    verdict.hold(!told, || {
                        let (at, since) = (record.at.as_secs_f64(), from.as_secs_f64());
                        format!("server {server}, lost since {since:.3}, answers at {at:.3}")
                    });
                }
                _ => {}
            }
        }
    }
}

/// When the network was so. What a server did not take while it stood still it takes afterwards, as
/// if it came just then: the time begins anew.
fn periods(
    history: &History,
    server: usize,
    is_so: impl Fn(&Cuts) -> bool,
) -> Vec<(Duration, Duration)> {
    let mut cuts = Cuts::new();
    let mut since: Option<Duration> = None;
    let mut periods = Vec::new();
    for (at, fault) in history.timed_faults() {
        let begins_anew = match fault {
            Fault::Cut { links } => {
                cuts.extend(links);
                false
            }
            Fault::Join => {
                cuts.clear();
                false
            }
            Fault::Thaw { server: it } => *it == server,
            _ => continue,
        };
        let so = is_so(&cuts);
        if let Some(from) = since.filter(|_| !so || begins_anew) {
            periods.push((from, at));
            since = None;
        }
        if so {
            since = since.or(Some(at));
        }
    }
    periods.extend(since.map(|it| (it, Duration::MAX)));
    periods
}

/// Whether no leader that a quorum answers can be heard there.
fn is_lost(cuts: &Cuts, server: usize, servers: usize) -> bool {
    let hears = |from: usize, to: usize| from == to || !cuts.contains(&(from, to));
    let may_lead = |leader: usize| {
        let answers = |it: &usize| hears(leader, *it) && hears(*it, leader);
        (1..=servers).filter(answers).count() > servers / 2
    };
    !(1..=servers).any(|leader| may_lead(leader) && hears(leader, server))
}

#[cfg(test)]
mod tests {
    use super::super::End;
    use super::super::stage::{Stage, event};
    use super::*;
    use crate::history::Who;
    use crate::table::Table;

    /// Three servers, the first of which is cut off after a second; asked after so many more.
    fn asked_after(seconds: u64, links: &[(usize, usize)]) -> Stage {
        let mut stage = Stage::default();
        for server in [2, 3] {
            stage.evidence.others.push(End {
                server,
                applied: 0,
                rows: Table::default(),
            });
        }
        let history = &mut stage.evidence.history;
        let at = |it| Duration::from_secs(1 + it);
        let links = links.to_vec();
        history.fault(at(0), Fault::Cut { links });
        let op = Op::Read {
            server: 1,
            event: event(1),
            at_least: None,
        };
        let id = history.invoke(at(seconds), Who::Reader(1), op);
        let answer = Answer::Read {
            is_there: true,
            is_acked: false,
        };
        history.end(at(seconds), Who::Reader(1), id, Outcome::Ok(answer));
        history.fault(at(60), Fault::Join);
        stage
    }

    fn broken(seconds: u64, links: &[(usize, usize)]) -> bool {
        !asked_after(seconds, links).broken(PROPERTY).is_empty()
    }

    #[test]
    fn whoever_hears_nobody_falls_silent_soon() {
        let deaf = [(2, 1), (3, 1)];
        assert!(broken(5, &deaf));
        assert!(!broken(3, &deaf), "it may not have noticed yet");
    }

    #[test]
    fn whoever_hears_a_leader_of_nobody_falls_silent_too() {
        // The first hears the second, which nobody answers.
        let astray = [(3, 1), (1, 2), (3, 2)];
        assert!(broken(7, &astray));
        assert!(!broken(5, &astray));
    }

    #[test]
    fn whoever_hears_a_leader_may_answer() {
        assert!(!broken(10, &[(1, 2), (1, 3)]), "it is heard by nobody");
        assert!(!broken(10, &[(2, 1)]), "the third may lead");
        assert!(!broken(10, &[]));
    }
}
