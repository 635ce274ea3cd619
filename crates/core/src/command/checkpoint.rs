use crate::answer::Reply;
use crate::batch::{Batch, DONE, Outcome};
use crate::command::{Command, Fence};
use crate::planted::{Bug, is_planted};
use crate::text::Note;

/// "This is how far I am": a note for whoever goes on with the event. It says that the model has
/// seen the event; the lease stays as it is after that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The delivery that speaks.
    pub fence: Fence,
    /// Replaces the note.
    pub note: Note,
}

impl Checkpoint {
    pub(crate) fn apply(&self, batch: &mut Batch<'_>, command: &Command) -> Outcome<Reply> {
        let mut event = batch.in_hand(command, self.fence)?;
        batch.speaks_for(&event);
        if !is_planted(Bug::CheckpointLost) {
            event.note = Some(self.note.clone());
            batch.put_event(event);
        }
        DONE
    }
}
