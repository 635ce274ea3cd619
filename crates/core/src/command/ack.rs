use crate::command::Fence;
use crate::text::Summary;

/// "The work of this delivery is done."
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ack {
    /// The delivery that is answered.
    pub fence: Fence,
    /// What was done.
    pub summary: Option<Summary>,
}
