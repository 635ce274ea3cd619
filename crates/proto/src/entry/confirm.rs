//! "These offers were written, and these sessions made calls."

use ackord_core::command::{Confirm, Written};
use ackord_core::id::{NodeId, SessionId};

use crate::decode_error::DecodeError;
use crate::form::{Stored, load_all, required, store_all};
use crate::stored;

impl Stored for Confirm {
    type Form = stored::Confirm;

    fn store(&self) -> stored::Confirm {
        stored::Confirm {
            node: self.node.0,
            written: store_all(&self.written),
            seen: self.seen.iter().map(|it| it.0).collect(),
        }
    }

    fn load(form: stored::Confirm) -> Result<Self, DecodeError> {
        Ok(Self {
            node: NodeId(form.node),
            written: load_all(form.written, "written")?,
            seen: form.seen.into_iter().map(SessionId).collect(),
        })
    }
}

impl Stored for Written {
    type Form = stored::Written;

    fn store(&self) -> stored::Written {
        stored::Written {
            session: self.session.0,
            fence: Some(self.fence.store()),
        }
    }

    fn load(form: stored::Written) -> Result<Self, DecodeError> {
        Ok(Self {
            session: SessionId(form.session),
            fence: required(form.fence, "fence")?,
        })
    }
}
