//! What is told of changes. One that was made is never told as one that was not, whatever fails after it.

use ackord_client::Error;

use super::failure::Failure;
use super::output::note;

/// What is read of a thing that was changed just now; none if it cannot be read, which is told. The
/// change stands.
pub(crate) fn seen<T>(read: Result<T, Error>) -> Option<T> {
    let told = |it: &Error| note(format!("it was done, but cannot be shown: {it}"));
    read.inspect_err(told).ok()
}

/// Changes of several things, each asked for by itself.
#[derive(Debug)]
pub(crate) struct Changes {
    asked: usize,
    made: usize,
    failures: Vec<Failure>,
}

impl Changes {
    /// So many are asked for, one after the other.
    pub(crate) fn new(asked: usize) -> Self {
        Self {
            asked,
            made: 0,
            failures: Vec::new(),
        }
    }

    /// One was made.
    pub(crate) fn made(&mut self) {
        self.made += 1;
    }

    /// The one of this thing was not. Says why, unless there is no other, and the command ends so.
    pub(crate) fn failed(&mut self, thing: &str, failure: Failure) {
        if self.asked > 1 {
            note(format!("{thing}: {failure}"));
        }
        self.failures.push(failure);
    }

    /// How all of them end. `verb` is what was to be done to the `things`, such as "purged".
    pub(crate) fn end(mut self, verb: &str, things: &str) -> Result<(), Failure> {
        if self.asked == 1 {
            return self.failures.pop().map_or(Ok(()), Err);
        }
        if self.failures.is_empty() {
            return Ok(());
        }
        let what = format!("{verb} {} of {} {things}", self.made, self.asked);
        Err(Failure::of_several(what, self.made, &self.failures)
            .next("see what is said of each of the others, and name those alone"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_only_change_ends_as_it_ended() {
        let mut changes = Changes::new(1);
        changes.failed("a", Failure::refused("no such event").next("look"));
        let end = changes.end("purged", "events").expect_err("it was refused");
        assert_eq!(end.to_string(), "refused: no such event\n  next: look");
    }

    #[test]
    fn what_was_made_is_told_though_others_were_not() {
        let mut changes = Changes::new(3);
        changes.made();
        changes.failed("b", Failure::refused("no such event"));
        changes.made();
        let end = changes.end("purged", "events").expect_err("one is left");
        assert_eq!(end.code(), 4);
        let told = end.to_string();
        assert!(
            told.starts_with("partly done: purged 2 of 3 events"),
            "{told}"
        );
    }

    #[test]
    fn all_that_went_well_went_well() {
        let mut changes = Changes::new(2);
        changes.made();
        changes.made();
        changes.end("purged", "events").expect("both were");
        let nothing = Changes::new(0);
        nothing.end("purged", "events").expect("nothing failed");
    }

    #[test]
    fn what_cannot_be_read_after_a_change_is_no_failure() {
        assert_eq!(seen(Ok(1)), Some(1));
        assert_eq!(seen::<u32>(Err(Error::Failed("gone".to_owned()))), None);
    }
}
