//! Mutants: bugs put in on purpose. Most are planted in the servers' code, some in the evidence of a
//! run that went well. A judge that does not see one of them has a hole.

use ackord_core::planted::{self, Bug};
use ackord_raft::failpoint::Bug as Fault;

use crate::doctor::{DOCTORS, Doctor};
use crate::draw::Draw;
use crate::judge::Evidence;

/// One of them.
#[derive(Clone, Copy)]
pub(super) enum Mutant {
    /// In the code of all servers, and of whoever replays their log.
    Planted(Bug),
    /// In how the servers use their disks and each other: bugs that tests plant in the real program,
    /// too.
    Fault(Fault),
    /// In the evidence.
    Doctored(Doctor),
}

impl Mutant {
    /// The mutant of this name.
    pub(super) fn named(name: &str) -> Self {
        let known = || Self::all().map(Self::name).collect::<Vec<_>>();
        let mut named = Self::all().filter(|it| it.name() == name);
        named
            .next()
            .unwrap_or_else(|| panic!("no such mutant: {name}; there are {:?}", known()))
    }

    /// All of them.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        let faults = Fault::ALL.into_iter().map(Self::Fault);
        let planted = Bug::ALL.iter().copied();
        let planted = planted.map(Self::Planted);
        let doctored = DOCTORS.iter().copied().map(Self::Doctored);
        faults.chain(planted).chain(doctored)
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Planted(bug) => bug.name(),
            Self::Fault(fault) => fault.name(),
            Self::Doctored(doctor) => doctor.name,
        }
    }

    pub(super) fn what(self) -> &'static str {
        match self {
            Self::Planted(bug) => bug.what(),
            Self::Fault(fault) => fault.what(),
            Self::Doctored(doctor) => doctor.what,
        }
    }

    /// Whether it is in the code, not in the evidence.
    pub(super) fn is_real(self) -> bool {
        !matches!(self, Self::Doctored(_))
    }

    /// The property that must see it; none: any will do.
    pub(super) fn seen_by(self) -> Option<&'static str> {
        match self {
            Self::Planted(bug) => own_property(bug),
            Self::Fault(_) => None,
            Self::Doctored(doctor) => Some(doctor.seen_by),
        }
    }

    /// Plants it in this process, if it belongs into the code. Returns what servers are told.
    pub(super) fn plant(self) -> &'static str {
        match self {
            Self::Planted(bug) => {
                planted::plant(bug);
                ""
            }
            Self::Fault(fault) => fault.name(),
            Self::Doctored(_) => "",
        }
    }

    /// Falsifies the evidence, if it is that kind of mutant and finds something to falsify.
    pub(super) fn doctor(self, evidence: &mut Evidence, draw: &mut Draw) {
        if let Self::Doctored(doctor) = self {
            (doctor.falsify)(evidence, draw);
        }
    }
}

/// The property that is about what a bug breaks, where there is one.
fn own_property(bug: Bug) -> Option<&'static str> {
    Some(match bug {
        Bug::DrainingTakesMore => "draining_takes_nothing",
        Bug::EffectNewTwice => "effects_begin_once",
        Bug::CheckpointLost => "checkpoints_come_back",
        Bug::PreemptedNotResumed => "parked_comes_back",
        Bug::EmitSurvives => "emits_go_with_their_ack",
        Bug::MessagesReordered => "messages_in_order",
        Bug::BroadcastSkipsOne => "broadcasts_reach_all",
        Bug::HandedOffAckCounts => "handed_off_is_gone",
        Bug::AskerAnswers => "askers_do_not_answer",
        Bug::LateAnswerCounts => "no_answer_is_a_denial",
        Bug::SecondAnswerWins => "approvals_are_answered_once",
        Bug::RequestReused => "requests_are_asked_once",
        Bug::AskingGivesNoTime => "askers_keep_their_delivery",
        Bug::TickDecidedTwice
        | Bug::TickOfOldRevision
        | Bug::OverlapIgnored
        | Bug::LeasedIsReplaced
        | Bug::ReplacesOneOnly
        | Bug::FirstTickLost
        | Bug::LateTickFires
        | Bug::EmittedCronLost => "every_tick_once",
        Bug::SilenceTwice
        | Bug::SilenceForgotten
        | Bug::SilenceLate
        | Bug::SilenceEarly
        | Bug::AckEndsNoSilence => "silences_are_told_once",
        _ => return None,
    })
}
