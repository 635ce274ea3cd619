use crate::command::Fence;
use crate::text::{Note, Reason};
use crate::time::Millis;

/// "The work of this delivery is not done."
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nack {
    /// The delivery that is answered.
    pub fence: Fence,
    /// Nobody should try again: the event becomes a dead letter at once.
    pub reject: bool,
    /// Wait at least this long before the next try, instead of the usual backoff.
    pub delay: Option<Millis>,
    /// Why.
    pub reason: Option<Reason>,
    /// What the next session should know.
    pub note: Option<Note>,
}
