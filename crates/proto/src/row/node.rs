//! A node.

use ackord_core::id::NodeId;
use ackord_core::model::Node;

use crate::decode_error::DecodeError;
use crate::form::{Stored, required};
use crate::stored;

impl Stored for Node {
    type Form = stored::Node;

    fn store(&self) -> stored::Node {
        stored::Node {
            id: self.id.0,
            incarnation: self.incarnation,
            started: Some(self.started.store()),
        }
    }

    fn load(form: stored::Node) -> Result<Self, DecodeError> {
        Ok(Self {
            id: NodeId(form.id),
            incarnation: form.incarnation,
            started: required(form.started, "started")?,
        })
    }
}
