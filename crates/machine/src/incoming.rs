//! Commands that other nodes forward to this one, which leads.

use ackord_core::command::Command;
use ackord_proto::entry::decode_command;
use ackord_proto::peer::{
    ForwardFailure, ForwardFailureReason as Reason, ForwardRequest, ForwardResponse, ForwardUnit,
};
use ackord_raft::Leading;
use bytes::Bytes;
use futures::stream::{self, BoxStream, StreamExt};
use tokio::sync::mpsc;

use crate::Machine;
use crate::caller::{Caller, Remote};
use crate::unit::{ENTRY_MAX, Encoded, load};

/// Failures of one response, at the most.
const FAILURES_MAX: usize = 1024;

impl Machine {
    /// Proposes what node `from` forwards. Answers what has no answer; what is committed `from`
    /// learns when it applies it. Ends once all of `requests` is answered or committed; dropped
    /// before that, what it took may still be committed.
    pub fn forwarded(
        &self,
        from: u64,
        requests: BoxStream<'static, ForwardRequest>,
    ) -> BoxStream<'static, ForwardResponse> {
        let (failures, heard) = mpsc::unbounded_channel();
        let taking = Taking {
            machine: self.clone(),
            from,
            requests,
            failures,
        };
        stream::unfold((Some(taking), heard), next).boxed()
    }
}

/// A stream that is being taken in.
struct Taking {
    machine: Machine,
    from: u64,
    requests: BoxStream<'static, ForwardRequest>,
    failures: mpsc::UnboundedSender<ForwardFailure>,
}

type Open = (Option<Taking>, mpsc::UnboundedReceiver<ForwardFailure>);

/// The next response. Takes requests in only while no failure waits to be told.
async fn next((mut taking, mut heard): Open) -> Option<(ForwardResponse, Open)> {
    let mut failures = Vec::new();
    loop {
        let told = match &mut taking {
            None => heard.recv_many(&mut failures, FAILURES_MAX).await,
            Some(it) => tokio::select! {
                biased;
                told = heard.recv_many(&mut failures, FAILURES_MAX) => told,
                request = it.requests.next() => {
                    match request {
                        Some(request) => it.take_in(request),
                        // The failures end with the last unit.
                        None => taking = None,
                    }
                    continue;
                }
            },
        };
        return (told > 0).then_some((ForwardResponse { failures }, (taking, heard)));
    }
}

impl Taking {
    fn take_in(&self, request: ForwardRequest) {
        let ForwardRequest { units, run } = request;
        let refusal = self.refusal();
        for ForwardUnit { ticket, commands } in units {
            if let Some(reason) = refusal {
                self.refuse(ticket, reason);
            } else if let Some(commands) = decode(commands) {
                let remote = Remote::new(self.from, run, ticket, self.failures.clone());
                self.machine.desk.submit(commands, Caller::There(remote));
            } else {
                tracing::error!(from = self.from, ticket, "forwarded what is no command");
                self.refuse(ticket, Reason::Malformed);
            }
        }
    }

    /// Why nothing of this caller is taken. One that has joined by a change which its leader did not live
    /// to commit is no member, and must not enter the log behind the next leader: that it was there would
    /// be taken for the proof that it had been a member.
    fn refusal(&self) -> Option<Reason> {
        // In this order: the members are no older than the leader.
        let leads = self.machine.raft.leader_watch().now().leading == Leading::Here;
        match leads {
            false => Some(Reason::NotLeader),
            true if !self.machine.raft.has_member(self.from) => Some(Reason::NotMember),
            true => None,
        }
    }

    fn refuse(&self, ticket: u64, reason: Reason) {
        // The stream that would tell it is the one that takes it in.
        let _ = self.failures.send(ForwardFailure {
            ticket,
            reason: reason.into(),
            retry_after_ms: 0,
        });
    }
}

/// The commands, if they are some that an entry takes.
fn decode(commands: Vec<Bytes>) -> Option<Vec<Encoded>> {
    let decode = |bytes: Bytes| {
        let command: Command = decode_command(bytes.clone()).ok()?;
        Some(Encoded { command, bytes })
    };
    let commands: Vec<Encoded> = commands.into_iter().map(decode).collect::<Option<_>>()?;
    let load = load(&commands);
    let fits = load.commands <= ENTRY_MAX.commands && load.bytes <= ENTRY_MAX.bytes;
    (fits && !commands.is_empty()).then_some(commands)
}
