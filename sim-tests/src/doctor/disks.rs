//! What disks, programs and clocks made of servers, falsified.

use std::time::Duration;

use ackord_core::FORMAT;

use crate::draw::Draw;
use crate::history::{Answer, Ask, Fault, Op, Outcome, Rot, Who};
use crate::judge::Evidence;

pub(super) fn go_on(evidence: &mut Evidence, _: &mut Draw) {
    add(evidence, Fault::DiskFailed { server: 1 });
}

pub(super) fn serve_rotten(evidence: &mut Evidence, _: &mut Draw) {
    let (server, what) = (1, Rot::Log);
    add(evidence, Fault::Rot { server, what });
    add(evidence, Fault::Serve { server, node: 1 });
}

pub(super) fn serve_old(evidence: &mut Evidence, _: &mut Draw) {
    let (at, who) = (end(evidence), Who::Keeper);
    let history = &mut evidence.history;
    let id = history.invoke(at, who, Op::Members(Ask::RaiseFormat));
    history.end(at, who, id, Outcome::Ok(Answer::Somewhere));
    let (server, knows) = (1, FORMAT);
    add(evidence, Fault::Program { server, knows });
    add(evidence, Fault::Serve { server, node: 1 });
}

pub(super) fn lead_off(evidence: &mut Evidence, _: &mut Draw) {
    let (server, ahead_ms) = (1, 60_000);
    add(evidence, Fault::Leading { servers: vec![1] });
    add(evidence, Fault::Clock { server, ahead_ms });
    let later = end(evidence) + Duration::from_mins(1);
    let ahead_ms = 0;
    evidence
        .history
        .fault(later, Fault::Clock { server, ahead_ms });
}

fn add(evidence: &mut Evidence, fault: Fault) {
    evidence.history.fault(end(evidence), fault);
}

fn end(evidence: &Evidence) -> Duration {
    let last = evidence.history.records.last();
    last.map_or(Duration::ZERO, |it| it.at)
}
