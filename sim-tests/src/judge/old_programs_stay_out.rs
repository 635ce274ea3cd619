//! What a program does not understand it does not guess at.

use std::collections::BTreeMap;

use ackord_core::FORMAT;

use super::{Evidence, Property, Verdict};
use crate::history::{Ask, Fault, Op, What};
use crate::plan::NEXT_FORMAT;

pub(super) const PROPERTY: Property = Property {
    name: "old_programs_stay_out",
    proves: "once the cluster's format is raised, no server serves with a program that does not know \
             it",
    check,
};

fn check(evidence: &Evidence, verdict: &mut Verdict) {
    let mut asked = Vec::new();
    let mut knows: BTreeMap<usize, u32> = BTreeMap::new();
    let mut format = FORMAT;
    for record in &evidence.history.records {
        match &record.what {
            What::Invoke(id, Op::Members(Ask::RaiseFormat)) => asked.push(*id),
            What::Return(id, outcome) if asked.contains(id) && outcome.answer().is_some() => {
                format = NEXT_FORMAT;
            }
            What::Fault(Fault::Program { server, knows: it }) => {
                verdict.checked += usize::from(format > *it);
                knows.insert(*server, *it);
            }
            What::Fault(Fault::Serve { server, .. }) => {
                let known = knows.get(server).copied().unwrap_or(FORMAT);
                verdict.hold(known >= format, || {
                    format!("server {server} serves, and knows format {known} of {format}")
                });
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
    use crate::history::{Answer, Outcome, Who};

    /// The format is raised, and a server starts whose program knows this one.
    fn stage(knows: u32) -> Stage {
        let mut stage = Stage::default();
        let (history, at, server) = (&mut stage.evidence.history, Duration::ZERO, 2);
        let id = history.invoke(at, Who::Keeper, Op::Members(Ask::RaiseFormat));
        history.end(at, Who::Keeper, id, Outcome::Ok(Answer::Somewhere));
        history.fault(at, Fault::Program { server, knows });
        history.fault(at, Fault::Serve { server, node: 2 });
        stage
    }

    #[test]
    fn a_program_that_knows_the_format_serves() {
        stage(NEXT_FORMAT).holds(PROPERTY);
    }

    #[test]
    fn an_older_one_does_not() {
        stage(FORMAT).breaks(PROPERTY, "knows format");
    }
}
