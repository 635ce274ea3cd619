//! The end of a run: all faults end, and all work must be done.

use ackord_core::command::{Command, Op, Tick};
use ackord_core::id::NodeId;
use ackord_core::model::{Event, Mode, QueueSettings};
use ackord_core::why;

use super::clients::Client;
use super::commands::{SESSIONS, answer, by, cluster, set_mode, set_queue, team_of};
use super::order;
use super::steps::Act;
use super::world::{World, is_over};

/// Rounds in which a healed world must have done all its work.
const ROUNDS_MAX: usize = 1_000;

impl World {
    /// All faults end; all work must be done in bounded time.
    ///
    /// # Panics
    /// Some is not.
    pub(crate) fn heal(&mut self) {
        for queue in 0..4 {
            let settings = QueueSettings::default();
            let commands = vec![set_queue(queue, settings), set_mode(queue, Mode::Active)];
            self.apply(vec![(self.now, commands)], &[]);
        }
        self.enable_sources();
        let mut healed = [false; SESSIONS];
        for _ in 0..ROUNDS_MAX {
            for (index, queue) in [0, 1, 2, 0, 1, 3].into_iter().enumerate() {
                healed[index] = healed[index] || self.attaches(index, queue);
            }
            self.catch_up();
            let acks = self.acks();
            if acks.is_empty() {
                if self.is_done() {
                    return;
                }
                let next = self.twins.whole.state.next_deadline();
                self.now = self.now.max(next.expect("somebody waits for something"));
            }
            let mut commands = acks;
            commands.push(cluster(Op::Tick(Tick)));
            self.apply(vec![(self.now, commands)], &[]);
        }
        panic!("work is left: {:#?}", self.excuses());
    }

    /// Attaches a session anew; false while it is bound to another tag by what it holds.
    fn attaches(&mut self, index: usize, queue: u8) -> bool {
        let attach = self.attach(index, true, queue, NodeId(1));
        let said = self.apply(vec![(self.now, vec![attach])], &[]);
        said.answers[0][0].is_ok()
    }

    fn acks(&self) -> Vec<Command> {
        let clients = self.clients.all.iter().enumerate();
        let ack = |(index, it): (usize, &Client)| {
            it.has
                .map(|fence| by(team_of(index), answer(fence, Act::Ack)))
        };
        clients.filter_map(ack).collect()
    }

    fn is_done(&self) -> bool {
        self.left().is_empty()
    }

    /// Why the first few events are not done.
    fn excuses(&self) -> Vec<String> {
        let excuse = |it: Event| {
            let why = why(&self.twins.whole.rows, it.team, it.id, self.now);
            format!("{} {:?}: {why:?}", it.id, it.state)
        };
        self.left().into_iter().take(5).map(excuse).collect()
    }

    fn left(&self) -> Vec<Event> {
        let events = order::events(&self.twins.whole.rows);
        events.into_values().filter(|it| !is_over(it)).collect()
    }
}
