//! Runs of index rows.

use ackord_core::model::{Run, Runs};

use crate::decode_error::DecodeError;
use crate::form::{Stored, required};
use crate::stored;

impl Stored for Run {
    type Form = stored::Run;

    fn store(&self) -> stored::Run {
        stored::Run {
            head: Some(self.head.store()),
            len: self.len,
        }
    }

    fn load(form: stored::Run) -> Result<Self, DecodeError> {
        Ok(Self {
            head: required(form.head, "head")?,
            len: form.len,
        })
    }
}

impl Stored for Runs {
    type Form = stored::Runs;

    fn store(&self) -> stored::Runs {
        stored::Runs {
            fresh: Some(self.fresh.store()),
            returned: Some(self.returned.store()),
        }
    }

    fn load(form: stored::Runs) -> Result<Self, DecodeError> {
        Ok(Self {
            fresh: required(form.fresh, "fresh")?,
            returned: required(form.returned, "returned")?,
        })
    }
}
