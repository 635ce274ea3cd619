use crate::answer::{Rejection, Reply};
use crate::batch::{Batch, Outcome};
use crate::command::Command;

/// "All members know this format: from here on it may be used." The entry itself needs the format,
/// so that a member that does not know it stops here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RaiseFormat {
    /// The format; at least the present one.
    pub format: u32,
}

impl RaiseFormat {
    pub(crate) fn apply(&self, batch: &mut Batch<'_>, command: &Command) -> Outcome<Reply> {
        batch.allow_operator(command)?;
        let meta = &batch.state.meta;
        if meta.cluster == 0 {
            return Err(Rejection::NotFound.into());
        }
        if self.format < meta.format {
            return Err(Rejection::Invalid("format: not below the present one").into());
        }
        if self.format > batch.format() {
            return Err(
                Rejection::Invalid("format: not above the one that the entry needs").into(),
            );
        }
        batch.state.meta.format = self.format;
        Ok(Reply::Ok)
    }
}
