//! Requests on record: `tests/vectors.json`, each with where it is from.

use std::collections::BTreeMap;

use ackord_proto::v1;
use ackord_verify::{Headers, Request, Secret};
use serde::Deserialize;

use super::by_preset;

/// A request that its provider would have sent, and what it says.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Vector {
    pub(crate) preset: String,
    /// Who says that this request is right.
    pub(crate) source: String,
    pub(crate) secret: String,
    #[serde(default)]
    pub(crate) public_url: String,
    pub(crate) query: Option<String>,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
    pub(crate) now_s: u64,
    /// Not set: its body is no event of the provider's, only the signature is right.
    pub(crate) expect: Option<Expect>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Expect {
    pub(crate) event_type: String,
    pub(crate) key: String,
    pub(crate) sender: Option<String>,
}

/// All of them.
pub(crate) fn vectors() -> Vec<Vector> {
    serde_json::from_str(include_str!("../vectors.json")).expect("vectors are JSON")
}

impl Vector {
    pub(crate) fn verification(&self) -> v1::Verification {
        v1::Verification {
            public_url: self.public_url.clone(),
            ..by_preset(&self.preset)
        }
    }

    pub(crate) fn secrets(&self) -> Vec<Secret<'_>> {
        let secret = (!self.secret.is_empty()).then(|| super::secret(&self.secret));
        secret.into_iter().collect()
    }

    pub(crate) fn headers(&self) -> Headers<'_> {
        let headers = self.headers.iter();
        headers
            .map(|(name, value)| (name.as_str(), value.as_bytes()))
            .collect()
    }

    pub(crate) fn request<'a>(&'a self, headers: &'a Headers<'a>) -> Request<'a> {
        Request {
            method: "POST",
            query: self.query.as_deref(),
            headers,
            body: self.body.as_bytes(),
            now_ms: self.now_s * 1000,
        }
    }
}
