//! The task that has the wires: it owns the desk, the session and its deliveries, and does what the desk
//! orders. It never waits for the cluster or the host itself: what takes long runs beside it and comes back
//! as a [`Note`].

mod hand;
mod kept;
mod link;
mod note;
mod orders;
mod scribe;

use std::time::Duration;

use ackord_client::v1::Fence;
use ackord_client::{Delivery, Ended, Loss, Session, SessionOptions};
use rmcp::{Peer, RoleServer};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tracing::{info, warn};

use crate::desk::{Desk, Rules, Ticket};
use crate::mark::Mark;
use hand::Call;
use kept::Kept;
pub use link::Connect;
pub(crate) use link::{Line, words};
pub(crate) use note::{Door, Linked, Meant, Next, NotMeant, Note, Standing};
use scribe::Scribe;

/// Who asks for an event while the session attaches waits so long at least.
const ATTACH_WAIT: Duration = Duration::from_secs(3);
/// How long a good-bye may take, so that the cluster gives what is held to somebody else at once.
const BYE_MAX: Duration = Duration::from_secs(3);

/// See the module.
pub(crate) struct Room {
    begun: Instant,
    desk: Desk,
    line: Line,
    options: SessionOptions,
    session: Option<Session>,
    linked: Linked,
    /// What is on the desk came by a session that has ended, and is told again by the next one.
    orphan: Option<Fence>,
    attaching: Option<JoinHandle<()>>,
    /// Until then what a session is given that takes events again may be on its way.
    reviving_until: Duration,
    /// Who waits until the session has gone over to another token.
    renewing: Option<oneshot::Sender<()>>,
    kept: Kept,
    calls: Vec<Call>,
    next_ticket: u64,
    scribe: Scribe,
    mark: Option<Mark>,
    notes: mpsc::Sender<Note>,
}

/// What a room needs.
pub(crate) struct Plan {
    pub(crate) line: Line,
    pub(crate) options: SessionOptions,
    pub(crate) rules: Rules,
    pub(crate) mark: Option<Mark>,
    pub(crate) shown_bytes: usize,
}

impl Room {
    /// A room whose notifications go to this host.
    pub(crate) fn new(plan: Plan, host: Peer<RoleServer>, door: &Door) -> Self {
        let notes = door.notes();
        Self {
            begun: Instant::now(),
            desk: Desk::new(plan.rules),
            line: plan.line,
            options: plan.options,
            session: None,
            linked: Linked::Trying(None),
            orphan: None,
            attaching: None,
            reviving_until: Duration::ZERO,
            renewing: None,
            kept: Kept::default(),
            calls: Vec::new(),
            next_ticket: 0,
            scribe: Scribe::start(host, notes.clone(), plan.shown_bytes),
            mark: plan.mark,
            notes,
        }
    }

    /// Works until somebody asks it to stop, and says good-bye.
    pub(crate) async fn run(
        mut self,
        mut inbox: mpsc::Receiver<Note>,
        stop: oneshot::Receiver<()>,
    ) {
        self.attach();
        let mut stop = stop;
        loop {
            self.put_mark();
            let held = self.held();
            let wakes_at = self.desk.wakes_at().map(|it| self.begun + it);
            tokio::select! {
                biased;
                _ = &mut stop => break,
                (fence, loss) = lost(held) => self.lose(fence, loss),
                note = inbox.recv() => match note {
                    Some(note) => self.hear(note),
                    None => break,
                },
                next = next(&mut self.session) => match next {
                    Ok(delivery) => self.take(delivery),
                    Err(ended) => self.over(ended),
                },
                () = until(wakes_at) => {
                    let orders = self.desk.tick(self.now());
                    self.carry_out(orders);
                }
            }
        }
        self.leave().await;
    }

    /// What is held goes back with the session, at once.
    async fn leave(mut self) {
        if let Some(mark) = &mut self.mark {
            mark.remove();
        }
        if let Some(attaching) = self.attaching.take() {
            attaching.abort();
        }
        if let Some(session) = self.session.take() {
            let _late = tokio::time::timeout(BYE_MAX, session.bye()).await;
        }
    }

    /// Says for hooks what the session has, unless another process has the session.
    fn put_mark(&mut self) {
        match (&mut self.mark, &self.linked) {
            (Some(mark), Linked::Over(_)) => mark.remove(),
            (Some(mark), _) => {
                mark.put(self.desk.holds(), self.desk.standing(), self.desk.is_deaf());
            }
            (None, _) => {}
        }
    }

    fn now(&self) -> Duration {
        self.begun.elapsed()
    }

    /// What is on the desk, as far as it says by itself when it is lost.
    fn held(&self) -> Option<Delivery> {
        let fence = self.desk.holds()?;
        let held = self.kept.latest(&fence.event_id).cloned();
        held.filter(|_| self.orphan.as_ref() != Some(fence))
    }

    fn lose(&mut self, fence: Fence, loss: Loss) {
        if loss == Loss::SessionEnded && !matches!(self.linked, Linked::Over(_)) {
            self.orphan = Some(fence);
            return;
        }
        let orders = self.desk.lost(&fence, loss);
        self.carry_out(orders);
    }

    fn hear(&mut self, note: Note) {
        let now = self.now();
        let orders = match note {
            Note::HostListens => self.desk.host_listens(now),
            Note::Called => self.desk.called(),
            Note::Next(patience, reply) => return self.next(patience, reply),
            Note::Meant(meant, reply) => return self.meant(&meant, reply),
            Note::Standing(reply) => {
                let _gone = reply.send(self.standing());
                return;
            }
            Note::Renew(reply) => return self.renew(reply),
            Note::Attached(session) => return self.attached(session),
            Note::NotAttached(why) => {
                self.linked = Linked::Trying(Some(why));
                return;
            }
            Note::TakenOver => return self.over(Ended::Superseded),
            Note::WaitsOn(call) => return self.wait_for_next(call),
            Note::Answers(fence, said) => {
                self.desk.answers(&fence, said);
                return;
            }
            Note::NotAnswered(fence) => {
                self.desk.not_answered(&fence);
                return;
            }
            Note::Showing(fence) => {
                self.desk.showing(&fence);
                return;
            }
            Note::Pushed(fence) => {
                self.desk.pushed(now, &fence);
                return;
            }
            Note::Heard(fence) => {
                self.desk.heard(now, &fence);
                return;
            }
            Note::AtCap(fence) => {
                self.desk.at_cap(&fence);
                return;
            }
            Note::Unheard(fence) => self.desk.unheard(now, &fence),
            Note::Gone(fence, loss) => self.desk.lost(&fence, loss),
            Note::Counted(fence, waiting) => self.desk.counted(now, &fence, waiting),
        };
        self.carry_out(orders);
    }

    fn next(&mut self, patience: Duration, reply: oneshot::Sender<Next>) {
        let ticket = Ticket(self.next_ticket);
        self.next_ticket += 1;
        let patience = match self.is_about_to_attach() {
            true => patience.max(ATTACH_WAIT),
            false => patience,
        };
        let until = self.now() + patience;
        self.wait_for_next(Call {
            ticket,
            until,
            reply,
        });
    }

    fn wait_for_next(&mut self, call: Call) {
        self.forget_who_has_gone();
        let (ticket, until) = (call.ticket, call.until);
        self.calls.push(call);
        let orders = self.desk.ask_next(self.now(), ticket, until);
        self.carry_out(orders);
    }

    /// Calls that were cancelled take nothing.
    fn forget_who_has_gone(&mut self) {
        self.calls.retain(|it| {
            let is_gone = it.reply.is_closed();
            if is_gone {
                self.desk.forget(it.ticket);
            }
            !is_gone
        });
    }

    /// It attaches, or attaches again, and nothing has gone wrong yet: an event may be about to come.
    fn is_about_to_attach(&self) -> bool {
        let is_at_it = self.attaching.as_ref().is_some_and(|it| !it.is_finished());
        let is_reviving = self.now() < self.reviving_until;
        (is_at_it || is_reviving) && !matches!(self.linked, Linked::Trying(Some(_)))
    }

    fn meant(&mut self, meant: &Meant, reply: oneshot::Sender<Result<Delivery, NotMeant>>) {
        let found = self.find(meant);
        if let Ok(delivery) = &found {
            let orders = self.desk.seen(self.now(), delivery.fence());
            self.carry_out(orders);
        }
        let _gone = reply.send(found);
    }

    fn find(&mut self, meant: &Meant) -> Result<Delivery, NotMeant> {
        let event_id = match &meant.event_id {
            Some(event_id) => event_id.clone(),
            None => {
                self.desk
                    .meant(meant.said)
                    .map_err(NotMeant::None)?
                    .event_id
            }
        };
        let kept = self.kept.latest(&event_id);
        let unknown = match &self.linked {
            // It may be told again once the session is there.
            Linked::Trying(_) => NotMeant::NotYet,
            Linked::Attached(_) | Linked::Over(_) => NotMeant::Foreign(event_id.clone()),
        };
        let delivery = kept.cloned().ok_or(unknown)?;
        match meant.delivery {
            Some(number) if number != delivery.number => {
                Err(NotMeant::Older(delivery.fence().clone()))
            }
            _ => Ok(delivery),
        }
    }

    /// Whether the cluster can give this session anything now: one that was attached may have lost its stream.
    fn linked(&self) -> Linked {
        let session = self.session.as_ref();
        match (&self.linked, session.and_then(Session::trouble)) {
            (Linked::Attached(_), Some(why)) => Linked::Trying(Some(why)),
            (linked, _) => linked.clone(),
        }
    }

    fn standing(&self) -> Standing {
        let holds = self.desk.holds().cloned().zip(self.desk.standing());
        let holds = holds.map(|(fence, (is_claimed, class))| (fence, is_claimed, class));
        let lost = self.desk.last_lost().cloned();
        Standing {
            linked: self.linked(),
            holds,
            lost,
        }
    }

    /// Attaches beside what goes on. With the same nonce it is a reconnection, which keeps what is held.
    fn attach(&mut self) {
        let is_at_it = |it: &JoinHandle<()>| !it.is_finished();
        if self.attaching.as_ref().is_some_and(is_at_it) {
            return;
        }
        let (line, options) = (self.line.clone(), self.options.clone());
        let task = link::attach(self.session.take(), line, options, self.notes.clone());
        self.attaching = Some(tokio::spawn(task));
    }

    /// Goes on with the token as it is by now. What is held stays: the cluster keeps it meanwhile.
    fn renew(&mut self, reply: oneshot::Sender<()>) {
        self.line.renew();
        if !matches!(self.linked, Linked::Over(_)) {
            self.linked = Linked::Trying(None);
            self.renewing = Some(reply);
            self.attach();
        }
    }

    fn attached(&mut self, session: Session) {
        self.attaching = None;
        self.linked = Linked::Attached(session.id().to_owned());
        self.session = Some(session);
        // What is at hand is told again, and answers go that way from then on.
        if self.desk.holds().is_none() {
            self.renewed();
        }
    }

    fn renewed(&mut self) {
        if let Some(reply) = self.renewing.take() {
            let _gone = reply.send(());
        }
    }

    fn take(&mut self, delivery: Delivery) {
        let offer = orders::offer(&delivery);
        self.orphan = None;
        self.reviving_until = Duration::ZERO;
        self.renewed();
        self.kept.put(delivery);
        self.forget_who_has_gone();
        let orders = self.desk.delivered(self.now(), offer);
        self.carry_out(orders);
    }

    fn over(&mut self, ended: Ended) {
        self.session = None;
        let why = ended.to_string();
        match ended {
            Ended::Superseded => {
                warn!(key = %self.options.key, "taken over by another process");
                self.linked = Linked::Over(format!(
                    "{why}: it has the same session key, {}. Only one of them gets events. To take it \
                     back, restart this MCP server; to have both, give them different keys \
                     (ACKORD_SESSION)",
                    self.options.key
                ));
                if let Some(fence) = self.orphan.take() {
                    self.lose(fence, Loss::SessionEnded);
                }
                // Whoever waits for that hears that it does not come.
                self.renewing = None;
            }
            Ended::Revoked | Ended::Refused(_) | Ended::Failed(_) | Ended::Bye => {
                info!(key = %self.options.key, %why, "session has ended, and is begun again");
                self.line.renew();
                self.linked = Linked::Trying(Some(why));
                self.attach();
            }
        }
    }
}

/// Waits until the delivery is lost.
async fn lost(held: Option<Delivery>) -> (Fence, Loss) {
    match held {
        Some(delivery) => (delivery.fence().clone(), delivery.lost().await),
        None => std::future::pending().await,
    }
}

async fn next(session: &mut Option<Session>) -> Result<Delivery, Ended> {
    match session {
        Some(session) => session.next().await,
        None => std::future::pending().await,
    }
}

async fn until(instant: Option<Instant>) {
    match instant {
        Some(instant) => tokio::time::sleep_until(instant).await,
        None => std::future::pending().await,
    }
}
