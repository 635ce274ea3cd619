//! What the tests share: requests on record, and a provider that signs.

#![allow(dead_code, reason = "no test needs all of it")]

pub(crate) mod open;
pub(crate) mod provider;
pub(crate) mod vector;

use ackord_proto::FieldError;
use ackord_proto::v1::{self, verification::Rule};
use ackord_verify::{Judged, Received, Refused, Secret, Source};

/// A definition that says nothing but how requests are verified.
pub(crate) fn definition(verification: v1::Verification) -> v1::SourceDefinition {
    v1::SourceDefinition {
        verification: Some(verification),
        ..Default::default()
    }
}

/// How a preset verifies.
pub(crate) fn by_preset(name: &str) -> v1::Verification {
    v1::Verification {
        rule: Some(Rule::Preset(name.to_owned())),
        ..Default::default()
    }
}

/// A secret that does not end.
pub(crate) fn secret(value: &str) -> Secret<'_> {
    Secret {
        value: value.as_bytes(),
        expires_at_ms: None,
    }
}

/// A source of a preset, with one secret, that says nothing else.
pub(crate) fn source(preset: &str, value: &str) -> Result<Source, FieldError> {
    Source::compile(&definition(by_preset(preset)), &[secret(value)])
}

/// The delivery that was taken.
pub(crate) fn received(judged: Result<Judged, Refused>) -> Received {
    match judged {
        Ok(Judged::Received(received)) => received,
        other => panic!("{other:?}"),
    }
}
