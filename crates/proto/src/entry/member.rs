//! Nodes that come and go.

use ackord_core::command::{AdmitNode, RemoveNode};
use ackord_core::id::NodeId;

use crate::decode_error::DecodeError;
use crate::form::{Stored, text};
use crate::stored;
use crate::text::owned;

impl Stored for AdmitNode {
    type Form = stored::AdmitNode;

    fn store(&self) -> stored::AdmitNode {
        stored::AdmitNode {
            disk: self.disk,
            address: owned(&self.address),
        }
    }

    fn load(form: stored::AdmitNode) -> Result<Self, DecodeError> {
        Ok(Self {
            disk: form.disk,
            address: text(form.address, "address")?,
        })
    }
}

impl Stored for RemoveNode {
    type Form = stored::RemoveNode;

    fn store(&self) -> stored::RemoveNode {
        stored::RemoveNode { node: self.node.0 }
    }

    fn load(form: stored::RemoveNode) -> Result<Self, DecodeError> {
        Ok(Self {
            node: NodeId(form.node),
        })
    }
}
