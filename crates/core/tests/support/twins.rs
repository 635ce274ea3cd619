//! Machines that must not differ, whatever they are told.

use ackord_core::State;
use ackord_core::command::Entry;
use ackord_core::limits::ROWS_PER_COMMAND;

use super::machine::{Machine, Said, Touched};

/// One machine that lives on and takes each batch whole, and beside it one that takes the same
/// entries one by one.
#[derive(Debug, Default)]
pub(crate) struct Twins {
    pub(crate) whole: Machine,
    single: Machine,
}

impl Twins {
    /// Applies a batch.
    ///
    /// # Panics
    /// A machine that was restored from the rows just now answers, writes or asks for anything
    /// else; or so does the one that takes the entries one by one; or a
    /// command touches more rows than it may; or an invariant is broken.
    pub(crate) fn batch(&mut self, entries: &[Entry]) -> Said {
        let restored = self.whole.try_batch(&mut self.restored(), entries);
        let said = self.whole.batch(entries);
        assert_eq!(restored, said, "memory decides what rows should");

        let single: Vec<Said> = entries.iter().map(|it| self.one(it)).collect();
        let answers: Vec<_> = single.iter().flat_map(|it| it.answers.clone()).collect();
        let actions: Vec<_> = single.into_iter().flat_map(|it| it.actions).collect();
        assert_eq!(
            answers, said.answers,
            "the cut into batches decides answers"
        );
        assert_eq!(
            actions, said.actions,
            "the cut into batches decides actions"
        );
        assert_eq!(
            self.single.rows.all(),
            self.whole.rows.all(),
            "the cut into batches decides rows"
        );
        assert!(
            self.single.state == self.whole.state,
            "the cut into batches decides the state"
        );
        self.whole.check();
        said
    }

    /// Applies one entry to the machine that takes them one by one.
    fn one(&mut self, entry: &Entry) -> Said {
        self.single.rows.take_reads();
        let said = self.single.batch(std::slice::from_ref(entry));
        let touched = Touched::by(&said, self.single.rows.take_reads());
        let most = ROWS_PER_COMMAND * entry.commands.len();
        assert!(touched.len() <= most, "{} rows: {entry:?}", touched.len());
        said
    }

    fn restored(&self) -> State {
        State::restore(&self.whole.rows).expect("rows in memory can be read")
    }
}
