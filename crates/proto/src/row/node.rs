//! A node.

use ackord_core::id::NodeId;
use ackord_core::model::{Node, Process};
use ackord_core::time::Timestamp;

use crate::decode_error::DecodeError;
use crate::form::{Stored, text};
use crate::stored;
use crate::text::owned;

impl Stored for Node {
    type Form = stored::Node;

    fn store(&self) -> stored::Node {
        stored::Node {
            id: self.id.0,
            incarnation: self.process.map_or(0, |it| it.incarnation),
            started: self.process.map(|it| it.started.store()),
            address: owned(&self.address),
            disk: self.disk,
            removed_ms: self.removed.map(|it| it.0),
        }
    }

    fn load(form: stored::Node) -> Result<Self, DecodeError> {
        let incarnation = form.incarnation;
        let process = form.started.map(|it| {
            Ok(Process {
                incarnation,
                started: Stored::load(it)?,
            })
        });
        Ok(Self {
            id: NodeId(form.id),
            address: text(form.address, "address")?,
            disk: form.disk,
            removed: form.removed_ms.map(Timestamp),
            process: process.transpose()?,
        })
    }
}
