//! Commands that wait for an entry: bounded, and fair between teams.
//!
//! Teams take turns (deficit round robin): at each turn a team may put so many bytes into the
//! entry. No team can fill the queue: it may hold its equal share, counting one team more than
//! there are, so that whoever comes next finds room.

use std::collections::{BTreeMap, VecDeque};

use ackord_core::id::TeamId;

/// Bytes that a team may put into an entry at one turn; what is larger waits for more turns.
const TURN_BYTES: usize = 64 << 10;

/// What a queue holds at the most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Commands.
    pub commands: usize,
    /// Their bytes.
    pub bytes: usize,
}

impl Bounds {
    fn divided_by(self, shares: usize) -> Self {
        Self {
            commands: self.commands / shares,
            bytes: self.bytes / shares,
        }
    }

    fn holds(self, load: Load) -> bool {
        load.commands <= self.commands && load.bytes <= self.bytes
    }
}

/// How much something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Load {
    pub(crate) commands: usize,
    pub(crate) bytes: usize,
}

impl Load {
    pub(crate) fn plus(self, more: Self) -> Self {
        Self {
            commands: self.commands + more.commands,
            bytes: self.bytes + more.bytes,
        }
    }

    fn minus(self, less: Self) -> Self {
        Self {
            commands: self.commands - less.commands,
            bytes: self.bytes - less.bytes,
        }
    }
}

/// Whose turn something waits for; none: the cluster's own.
pub(crate) type Owner = Option<TeamId>;

/// See the module. What is pushed as one is taken as one.
#[derive(Debug)]
pub(crate) struct Queue<T> {
    bounds: Bounds,
    load: Load,
    lines: BTreeMap<Owner, Line<T>>,
    /// Those with a line, in the order of their turns.
    turns: VecDeque<Owner>,
}

#[derive(Debug)]
struct Line<T> {
    waiting: VecDeque<(Load, T)>,
    load: Load,
    /// Bytes left of its turns.
    credit: usize,
}

/// There is no room: the item is given back.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Full<T>(pub(crate) T);

impl<T> Queue<T> {
    pub(crate) fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            load: Load::default(),
            lines: BTreeMap::new(),
            turns: VecDeque::new(),
        }
    }

    /// How much it holds.
    pub(crate) fn load(&self) -> Load {
        self.load
    }

    /// Puts `item` behind what its owner has.
    pub(crate) fn push(&mut self, owner: Owner, load: Load, item: T) -> Result<(), Full<T>> {
        let held = self.lines.get(&owner).map(|it| it.load);
        let lines = self.lines.len() + usize::from(held.is_none());
        let share = self.bounds.divided_by(lines + 1);
        let room = self.bounds.holds(self.load.plus(load))
            // An item larger than a share is let in on its own.
            && held.is_none_or(|it| share.holds(it.plus(load)));
        if !room {
            return Err(Full(item));
        }
        self.load = self.load.plus(load);
        let line = self.line(owner);
        line.load = line.load.plus(load);
        line.waiting.push_back((load, item));
        Ok(())
    }

    /// The line of an owner, who gets a turn if there was none.
    fn line(&mut self, owner: Owner) -> &mut Line<T> {
        self.lines.entry(owner).or_insert_with(|| {
            self.turns.push_back(owner);
            Line {
                waiting: VecDeque::new(),
                load: Load::default(),
                credit: TURN_BYTES,
            }
        })
    }

    /// Puts an item that was taken before those of its owner that are `later`, whether or not there
    /// is room.
    pub(crate) fn put_back(
        &mut self,
        owner: Owner,
        load: Load,
        item: T,
        later: impl Fn(&T) -> bool,
    ) {
        self.load = self.load.plus(load);
        let line = self.line(owner);
        line.load = line.load.plus(load);
        let place = line.waiting.iter().position(|(_, it)| later(it));
        let place = place.unwrap_or(line.waiting.len());
        line.waiting.insert(place, (load, item));
    }

    /// The first item of each owner.
    pub(crate) fn heads(&self) -> impl Iterator<Item = &T> {
        let heads = self.lines.values().filter_map(|it| it.waiting.front());
        heads.map(|(_, item)| item)
    }

    /// Takes the first items of each owner for which this is so.
    pub(crate) fn take_heads_if(&mut self, so: impl Fn(&T) -> bool) -> Vec<T> {
        let mut taken = Vec::new();
        for line in self.lines.values_mut() {
            while let Some((load, item)) = line.waiting.pop_front_if(|(_, it)| so(it)) {
                line.load = line.load.minus(load);
                self.load = self.load.minus(load);
                taken.push(item);
            }
        }
        self.lines.retain(|_, it| !it.waiting.is_empty());
        self.turns.retain(|it| self.lines.contains_key(it));
        taken
    }

    /// Takes what fits within `most`, at least one item if there is any.
    pub(crate) fn take(&mut self, most: Load) -> Vec<T> {
        let mut taken = Vec::new();
        let mut load = Load::default();
        while let Some(owner) = self.turns.front().copied() {
            let line = self
                .lines
                .get_mut(&owner)
                .expect("who has a turn has a line");
            let (next, _) = line.waiting.front().expect("a line is not empty");
            if next.bytes > line.credit {
                line.credit += TURN_BYTES;
                self.turns.rotate_left(1);
                continue;
            }
            let with = load.plus(*next);
            let fits = with.commands <= most.commands && with.bytes <= most.bytes;
            if !fits && !taken.is_empty() {
                break;
            }
            load = with;
            taken.push(self.pop(owner));
        }
        taken
    }

    /// Takes the first item of a line.
    fn pop(&mut self, owner: Owner) -> T {
        let line = self
            .lines
            .get_mut(&owner)
            .expect("who has a turn has a line");
        let (load, item) = line.waiting.pop_front().expect("a line is not empty");
        line.load = line.load.minus(load);
        line.credit -= load.bytes;
        self.load = self.load.minus(load);
        if line.waiting.is_empty() {
            self.lines.remove(&owner);
            self.turns.pop_front();
        }
        item
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds {
        commands: 100,
        bytes: 1 << 20,
    };
    const MOST: Load = Load {
        commands: 10,
        bytes: 256 << 10,
    };

    fn one(bytes: usize) -> Load {
        Load { commands: 1, bytes }
    }

    fn team(id: u64) -> Owner {
        Some(TeamId(id))
    }

    fn queue(items: &[(u64, usize, &'static str)]) -> Queue<&'static str> {
        let mut queue = Queue::new(BOUNDS);
        for (id, bytes, item) in items {
            queue
                .push(team(*id), one(*bytes), *item)
                .expect("there is room");
        }
        queue
    }

    #[test]
    fn one_team_goes_in_its_order() {
        let mut queue = queue(&[(1, 10, "a"), (1, 10, "b"), (1, 10, "c")]);
        assert_eq!(queue.take(MOST), ["a", "b", "c"]);
        assert!(queue.turns.is_empty());
        assert_eq!(queue.take(MOST), Vec::<&str>::new());
    }

    #[test]
    fn teams_take_turns_by_bytes() {
        let turn = TURN_BYTES;
        let mut queue = queue(&[
            (1, turn, "a1"),
            (1, turn, "a2"),
            (1, turn, "a3"),
            (2, turn, "b1"),
            (2, turn, "b2"),
        ]);
        assert_eq!(queue.take(MOST), ["a1", "b1", "a2", "b2"]);
        assert_eq!(queue.take(MOST), ["a3"]);
    }

    #[test]
    fn many_small_ones_wait_no_longer_for_few_large_ones() {
        let mut queue = queue(&[(1, 200 << 10, "large"), (2, 10, "small"), (2, 10, "other")]);
        assert_eq!(queue.take(MOST), ["small", "other", "large"]);
    }

    #[test]
    fn an_item_larger_than_an_entry_goes_alone() {
        let mut queue = queue(&[(1, 10, "small"), (1, 300 << 10, "large"), (1, 10, "last")]);
        assert_eq!(queue.take(MOST), ["small"]);
        assert_eq!(queue.take(MOST), ["large"]);
        assert_eq!(queue.take(MOST), ["last"]);
    }

    #[test]
    fn the_number_of_commands_is_bounded_too() {
        let mut queue = queue(&[(1, 1, "x"); 12]);
        assert_eq!(queue.take(MOST).len(), 10);
        assert_eq!(queue.take(MOST).len(), 2);
    }

    #[test]
    fn a_team_that_fills_its_share_leaves_room_for_the_next() {
        let mut queue = Queue::new(BOUNDS);
        let mut first = 0;
        while queue.push(team(1), one(1), ()).is_ok() {
            first += 1;
        }
        let mut second = 0;
        while queue.push(team(2), one(1), ()).is_ok() {
            second += 1;
        }
        assert_eq!((first, second), (50, 33));
        assert_eq!(queue.push(team(3), one(1), ()), Ok(()));
    }

    #[test]
    fn what_was_put_back_has_its_place_again() {
        let mut queue = queue(&[(1, 10, "a"), (1, 10, "b"), (1, 10, "c"), (2, 10, "x")]);
        let taken = queue.take(Load {
            commands: 2,
            bytes: 1 << 10,
        });
        assert_eq!(taken, ["a", "b"]);
        for item in ["b", "a"] {
            queue.put_back(team(1), one(10), item, |it| *it > item);
        }
        queue.put_back(team(3), one(10), "y", |_| false);
        assert_eq!(queue.take(MOST), ["a", "b", "c", "x", "y"]);
        assert_eq!(queue.load, Load::default());
    }

    #[test]
    fn heads_are_taken_as_long_as_they_are_meant() {
        let mut queue = queue(&[(1, 10, "a"), (1, 10, "b"), (1, 10, "c"), (2, 10, "a")]);
        assert_eq!(queue.heads().collect::<Vec<_>>(), [&"a", &"a"]);
        assert_eq!(queue.take_heads_if(|it| *it != "c"), ["a", "b", "a"]);
        assert_eq!(queue.load, one(10));
        assert_eq!(queue.take(MOST), ["c"]);
        assert!(queue.take_heads_if(|_| true).is_empty());
    }

    #[test]
    fn a_full_queue_gives_back_what_it_does_not_take() {
        let mut queue = Queue::new(BOUNDS);
        queue
            .push(team(1), one(1 << 20), "all")
            .expect("an item may fill the queue");
        assert_eq!(queue.push(team(2), one(1), "more"), Err(Full("more")));
    }
}
