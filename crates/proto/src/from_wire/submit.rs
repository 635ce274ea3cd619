//! An event to be queued.

use std::collections::BTreeMap;

use ackord_core::command::{DedupClaim, Moment, Submit};
use ackord_core::id::EventId;
use ackord_core::limits::{BODY_BYTES_MAX, META_FIELDS_MAX};
use ackord_core::model::{Class, ContentHash, DedupKind};
use ackord_core::text::{MetaKey, MetaValue};
use ackord_core::time::{Millis, Timestamp};

use super::field::{text, text_or_none};
use super::{FieldError, FieldFault, constant, hash};
use crate::v1;
use crate::v1::submit_item::{Expires, NotBefore};

/// Longest scope of a dedup key, in bytes.
const NAMESPACE_BYTES_MAX: usize = 128;
/// Longest dedup key, in bytes.
const DEDUP_KEY_BYTES_MAX: usize = 512;

/// An event to be queued under this id.
///
/// # Errors
/// A field breaks a rule.
pub fn submit(item: v1::SubmitItem, event: EventId) -> Result<Submit, FieldError> {
    let dedup = dedup(&item)?;
    let mut submit = Submit {
        event,
        tag: text_or_none(item.tag, "tag")?,
        class: constant::class(item.class)?.unwrap_or(Class::Normal),
        ordering_key: text_or_none(item.ordering_key, "ordering_key")?,
        dedup,
        event_type: text(item.event_type, "event_type")?,
        content_type: text_or_none(item.content_type, "content_type")?,
        meta: meta(item.meta)?,
        body: item.body,
        not_before: item.not_before.map(not_before),
        expires: item.expires.map(expires),
        attempts: (item.attempts != 0).then_some(item.attempts),
        lease: (item.lease_ms != 0).then_some(Millis(item.lease_ms)),
        replayed_from: None,
    };
    if submit.body.len() > BODY_BYTES_MAX {
        let fault = FieldFault::TooLarge {
            bytes_max: BODY_BYTES_MAX,
        };
        return Err(FieldError::new("body", fault));
    }
    if let Some(mut claim) = submit.dedup.take() {
        claim.content = hash::content_hash(&submit);
        submit.dedup = Some(claim);
    }
    Ok(submit)
}

/// The dedup key, if there is one; its content is not known yet.
fn dedup(item: &v1::SubmitItem) -> Result<Option<DedupClaim>, FieldError> {
    check_dedup(&item.namespace, &item.dedup_key)?;
    if item.dedup_key.is_empty() {
        return Ok(None);
    }
    Ok(Some(DedupClaim {
        key: hash::dedup_key(&item.namespace, &item.dedup_key),
        kind: DedupKind::Client,
        content: ContentHash(0),
    }))
}

/// Checks the length of a dedup key and of its scope.
pub(super) fn check_dedup(namespace: &str, key: &str) -> Result<(), FieldError> {
    let too_long = |field, rule| Err(FieldError::new(field, FieldFault::Rule(rule)));
    if namespace.len() > NAMESPACE_BYTES_MAX {
        return too_long("namespace", "at most 128 bytes");
    }
    if key.len() > DEDUP_KEY_BYTES_MAX {
        return too_long("dedup_key", "at most 512 bytes");
    }
    Ok(())
}

/// The map gives its fields in the order of their keys, each once.
fn meta(fields: BTreeMap<String, String>) -> Result<Vec<(MetaKey, MetaValue)>, FieldError> {
    if fields.len() > META_FIELDS_MAX {
        return Err(FieldError::new(
            "meta",
            FieldFault::Rule("at most 32 fields"),
        ));
    }
    let fields = fields.into_iter();
    fields
        .map(|(key, value)| Ok((text(key, "meta.key")?, text(value, "meta.value")?)))
        .collect()
}

fn not_before(wire: NotBefore) -> Moment {
    match wire {
        NotBefore::NotBeforeMs(at) => Moment::At(Timestamp(at)),
        NotBefore::DelayMs(span) => Moment::After(Millis(span)),
    }
}

fn expires(wire: Expires) -> Moment {
    match wire {
        Expires::ExpiresAtMs(at) => Moment::At(Timestamp(at)),
        Expires::TtlMs(span) => Moment::After(Millis(span)),
    }
}
