//! Everything that the rooms of this crate share, behind one lock that is held for moments.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::task::{Context, Poll};

use ackord_core::action::Action;
use ackord_core::command::{Detach, Fence};
use ackord_core::id::{SessionId, TokenId};
use ackord_core::model::{Phase, Token};

use crate::delivery::{Closed, Delivery, Push};
use crate::hub::{Full, StreamId};
use crate::metrics::Metrics;
use crate::outlet::{Ask, Outlet};
use crate::report::Report;
use crate::turns::Turns;

/// Streams of one node: each costs a task and a connection.
const STREAMS_MAX: usize = 65_536;
/// Beats that a stream which the machine counts as open may be missing here. Its attach may be
/// on its way back from the machine still.
const ORPHAN_BEATS: u32 = 5;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Streams {
    outlets: BTreeMap<StreamId, Outlet>,
    /// Streams to be compared with the rows: just opened, or the actions have a gap.
    unsure: Turns,
    /// Streams that wait, and for which a delivery is to be read.
    unread: Turns,
    /// Streams that the machine spoke of and that are not here, with the beats since.
    orphans: BTreeMap<StreamId, u32>,
    /// Streams whose end the machine is to be told.
    lost: Vec<Detach>,
    pub(crate) report: Report,
    /// Why each stream that is opened now is closed at once.
    closing: Option<Closed>,
    pub(crate) metrics: Metrics,
}

impl Streams {
    pub(crate) fn len(&self) -> usize {
        self.outlets.len()
    }

    /// Opens a stream for this process of its session. Older ones of the session end.
    pub(crate) fn open(&mut self, id: StreamId, nonce: u64, token: Arc<Token>) -> Result<(), Full> {
        if self.outlets.len() >= STREAMS_MAX {
            self.lose(id, false);
            return Err(Full);
        }
        let first = StreamId {
            session: id.session,
            stream: 0,
        };
        for (_, older) in self.outlets.range_mut(first..id) {
            // Whoever is read on two streams has tried twice to come, and is to come back.
            older.close(match older.nonce == nonce {
                true => Closed::Forgotten,
                false => Closed::Superseded,
            });
        }
        self.orphans.remove(&id);
        self.unsure.insert(id);
        self.outlets.insert(id, Outlet::new(nonce, token));
        if let Some(cause) = self.closing {
            self.close(id, cause);
        }
        Ok(())
    }

    pub(crate) fn poll(&mut self, id: StreamId, cx: &Context<'_>) -> Poll<Push> {
        let outlet = self
            .outlets
            .get_mut(&id)
            .expect("an inbox takes its outlet along when it ends");
        let (push, ask) = outlet.poll(cx);
        if let Poll::Ready(Push::Deliver(it)) = &push {
            self.metrics.delivered(it);
            if it.lease.phase == Phase::Offered {
                self.report.wrote(it.fence(), id.session);
            }
        }
        self.hear(id, ask);
        push
    }

    /// The inbox is gone, and with it the stream.
    pub(crate) fn remove(&mut self, id: StreamId) {
        if self.outlets.remove(&id).is_some_and(|it| !it.is_closed()) {
            tracing::debug!(stream = %id, "stream lost");
            self.lose(id, false);
        }
        self.unsure.remove(&id);
        self.unread.remove(&id);
    }

    pub(crate) fn close(&mut self, id: StreamId, cause: Closed) {
        let Some(outlet) = self.outlets.get_mut(&id) else {
            return;
        };
        if outlet.is_closed() {
            return;
        }
        tracing::debug!(stream = %id, ?cause, "stream closed");
        outlet.close(cause);
        self.metrics.closed(cause);
        if cause.leaves_a_session() {
            self.lose(id, cause == Closed::Bye);
        }
    }

    /// Closes all streams, and each that is opened from now on.
    pub(crate) fn close_all(&mut self, cause: Closed) {
        if self.closing != Some(Closed::ShuttingDown) {
            self.closing = Some(cause);
        }
        for id in self.ids() {
            self.close(id, cause);
        }
    }

    /// Streams may be opened again, unless the node shuts down.
    pub(crate) fn rejoin(&mut self) {
        self.closing = self.closing.filter(|it| *it == Closed::ShuttingDown);
    }

    /// Closes the streams of tokens that are not `live` any more.
    pub(crate) fn check_tokens(&mut self, live: impl Fn(&Token) -> bool) {
        let ended = |it: &(&StreamId, &Outlet)| !live(&it.1.token);
        let ended: Vec<StreamId> = self.outlets.iter().filter(ended).map(|it| *it.0).collect();
        for id in ended {
            self.close(id, Closed::Revoked);
        }
    }

    /// Does what the machine asks.
    pub(crate) fn act(&mut self, action: Action) {
        match action {
            Action::Deliver {
                session,
                stream,
                fence,
                ..
            } => {
                let id = StreamId { session, stream };
                match self.outlets.get_mut(&id) {
                    Some(outlet) => {
                        let ask = outlet.deliver(fence);
                        self.hear(id, ask);
                    }
                    None => {
                        self.orphans.entry(id).or_default();
                    }
                }
            }
            Action::Revoke {
                session,
                stream,
                fence,
                cause,
                ..
            } => {
                let id = StreamId { session, stream };
                self.report.answered(fence);
                if let Some(outlet) = self.outlets.get_mut(&id) {
                    let ask = outlet.revoke(fence, cause);
                    self.hear(id, ask);
                }
            }
            Action::Close {
                session,
                stream,
                cause,
                ..
            } => {
                self.close(StreamId { session, stream }, cause.into());
            }
            Action::TokenEnded(token) => self.end_token(token),
        }
    }

    /// The stream itself is about to answer this delivery.
    pub(crate) fn answering(&mut self, id: StreamId, fence: Fence) {
        if let Some(outlet) = self.outlets.get_mut(&id) {
            outlet.answering(fence);
        }
    }

    /// That answer did not count.
    pub(crate) fn not_answered(&mut self, id: StreamId, fence: Fence) {
        if let Some(outlet) = self.outlets.get_mut(&id).filter(|it| !it.is_closed()) {
            let ask = outlet.not_answered(fence);
            self.hear(id, ask);
        }
    }

    fn end_token(&mut self, token: TokenId) {
        self.check_tokens(|it| it.id != token);
    }

    fn hear(&mut self, id: StreamId, ask: Ask) {
        match ask {
            Ask::Nothing => {}
            Ask::Read => {
                self.unread.insert(id);
            }
            Ask::Stalled => self.close(id, Closed::Stalled),
        }
    }

    /// Actions were lost: every stream is to be compared with the rows.
    pub(crate) fn lagged(&mut self) {
        self.outlets.keys().for_each(|it| self.unsure.insert(*it));
    }

    pub(crate) fn has_unsure(&self) -> bool {
        !self.unsure.is_empty()
    }

    pub(crate) fn has_unread(&self) -> bool {
        !self.unread.is_empty()
    }

    /// Some streams to compare with the rows, and which process opened each.
    pub(crate) fn take_unsure(&mut self, limit: usize) -> Vec<(StreamId, u64)> {
        let some = self.unsure.take(limit).into_iter();
        some.filter_map(|it| Some((it, self.outlets.get(&it)?.nonce)))
            .collect()
    }

    /// Some deliveries to read.
    pub(crate) fn take_unread(&mut self, limit: usize) -> Vec<(StreamId, Fence)> {
        let begin = |id: StreamId| {
            let fence = self.outlets.get_mut(&id)?.begin_read()?;
            Some((id, fence))
        };
        let some = self.unread.take(limit);
        some.into_iter().filter_map(begin).collect()
    }

    /// What the rows say of a stream: the delivery that its session holds, or that it is over.
    pub(crate) fn compared(&mut self, id: StreamId, held: Result<Option<Fence>, Closed>) {
        match held {
            Err(cause) => self.close(id, cause),
            Ok(None) => {}
            Ok(Some(fence)) => {
                if let Some(outlet) = self.outlets.get_mut(&id).filter(|it| !it.is_closed()) {
                    let ask = outlet.deliver(fence);
                    self.hear(id, ask);
                }
            }
        }
    }

    /// What the rows had for a stream.
    pub(crate) fn read(&mut self, id: StreamId, fence: Fence, found: Option<Box<Delivery>>) {
        if let Some(outlet) = self.outlets.get_mut(&id) {
            let ask = outlet.end_read(fence, found);
            self.hear(id, ask);
        }
    }

    /// A second has passed: streams that are still missing are given up.
    pub(crate) fn beat(&mut self) {
        self.orphans.values_mut().for_each(|it| *it += 1);
        let overdue = |it: &(&StreamId, &u32)| *it.1 >= ORPHAN_BEATS;
        let overdue: Vec<StreamId> = self
            .orphans
            .iter()
            .filter(overdue)
            .map(|it| *it.0)
            .collect();
        for id in overdue {
            self.orphans.remove(&id);
            self.lose(id, false);
        }
    }

    /// Nothing happens here until somebody calls.
    pub(crate) fn is_quiet(&self) -> bool {
        self.outlets.is_empty() && self.orphans.is_empty() && self.report.is_empty()
    }

    fn lose(&mut self, id: StreamId, bye: bool) {
        self.lost.push(Detach {
            session: id.session,
            stream: id.stream,
            bye,
        });
    }

    pub(crate) fn has_lost(&self) -> bool {
        !self.lost.is_empty()
    }

    pub(crate) fn take_lost(&mut self, limit: usize) -> Vec<Detach> {
        let some = self.lost.len().min(limit);
        self.lost.drain(..some).collect()
    }

    pub(crate) fn lost_again(&mut self, lost: Vec<Detach>) {
        self.lost.extend(lost);
    }

    pub(crate) fn heard(&mut self, session: SessionId) {
        self.report.seen(session);
    }

    fn ids(&self) -> Vec<StreamId> {
        self.outlets.keys().copied().collect()
    }
}
