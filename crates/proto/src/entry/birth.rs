//! "Here begins a cluster."

use ackord_core::command::{Birth, FirstMember};
use bytes::Bytes;

use crate::decode_error::DecodeError;
use crate::form::{Stored, hash, load_all, required, store_all, text};
use crate::stored;
use crate::text::owned;

impl Stored for Birth {
    type Form = stored::Birth;

    fn store(&self) -> stored::Birth {
        stored::Birth {
            cluster: Some(self.cluster.store()),
            admin: Bytes::copy_from_slice(&self.admin),
            members: store_all(&self.members),
        }
    }

    fn load(form: stored::Birth) -> Result<Self, DecodeError> {
        Ok(Self {
            cluster: required(form.cluster, "cluster")?,
            admin: hash(&form.admin, "admin")?,
            members: load_all(form.members, "members")?,
        })
    }
}

impl Stored for FirstMember {
    type Form = stored::FirstMember;

    fn store(&self) -> stored::FirstMember {
        stored::FirstMember {
            address: owned(&self.address),
            disk: self.disk,
        }
    }

    fn load(form: stored::FirstMember) -> Result<Self, DecodeError> {
        Ok(Self {
            address: text(form.address, "address")?,
            disk: form.disk,
        })
    }
}
