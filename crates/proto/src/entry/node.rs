//! "A process of this node began."

use ackord_core::command::StartNode;
use ackord_core::id::NodeId;

use crate::decode_error::DecodeError;
use crate::form::Stored;
use crate::stored;

impl Stored for StartNode {
    type Form = stored::StartNode;

    fn store(&self) -> stored::StartNode {
        stored::StartNode {
            node: self.node.0,
            incarnation: self.incarnation,
            after: self.after,
            disk: self.disk,
        }
    }

    fn load(form: stored::StartNode) -> Result<Self, DecodeError> {
        Ok(Self {
            node: NodeId(form.node),
            incarnation: form.incarnation,
            after: form.after,
            disk: form.disk,
        })
    }
}
