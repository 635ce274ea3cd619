//! "Here begins a cluster."

use ackord_core::command::Birth;
use bytes::Bytes;

use crate::decode_error::DecodeError;
use crate::form::{Stored, hash, required};
use crate::stored;

impl Stored for Birth {
    type Form = stored::Birth;

    fn store(&self) -> stored::Birth {
        stored::Birth {
            cluster: Some(self.cluster.store()),
            admin: Bytes::copy_from_slice(&self.admin),
        }
    }

    fn load(form: stored::Birth) -> Result<Self, DecodeError> {
        Ok(Self {
            cluster: required(form.cluster, "cluster")?,
            admin: hash(&form.admin, "admin")?,
        })
    }
}
