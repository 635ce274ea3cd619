//! Why a request was refused, and what its sender is told: one fixed answer for each.

use ackord_proto::v1::RequestRefusal as Refusal;
use ackord_verify::Refused;
use bytes::Bytes;

use super::reply::Reply;

/// What every name of a reason begins with.
const PREFIX: &str = "REQUEST_REFUSAL_";
/// Beyond the largest number of a reason: a closed list, numbered without gaps.
const REASONS_MAX: i32 = 64;
/// Seconds after which a sender that was put off may come again.
const AGAIN_AFTER_S: u64 = 1;

/// What whoever cannot be known to be a provider is told, and who asks for what is not there: nobody
/// learns from it which sources there are.
const NOBODY: (u16, &str) = (401, "not accepted");

/// The name of a reason, as logs, figures and `source requests` have it.
pub(crate) fn name(reason: Refusal) -> String {
    let name = reason.as_str_name();
    name.trim_start_matches(PREFIX).to_ascii_lowercase()
}

/// The names of all reasons, by their numbers.
pub(crate) fn names() -> impl Iterator<Item = String> {
    let all = (0..REASONS_MAX).map_while(|it| Refusal::try_from(it).ok());
    all.map(name)
}

/// The reason that the verifier's is.
pub(crate) const fn of(refused: Refused) -> Refusal {
    match refused {
        Refused::MissingSignature => Refusal::MissingSignature,
        Refused::MalformedSignature => Refusal::MalformedSignature,
        Refused::BadSignature => Refusal::BadSignature,
        Refused::StaleTimestamp => Refusal::StaleTimestamp,
        Refused::BadToken => Refusal::BadToken,
        Refused::NotJson => Refusal::NotJson,
        Refused::BadContentType => Refusal::BadContentType,
        Refused::TooDeep => Refusal::TooDeep,
        Refused::MissingEventType => Refusal::MissingEventType,
        Refused::MissingDedupKey => Refusal::MissingDedupKey,
        Refused::SenderNotAllowed => Refusal::SenderNotAllowed,
        Refused::NotPaired => Refusal::NotPaired,
    }
}

/// The status and the words for a sender. A provider that did all right hears 200, whoever it speaks
/// of: after others it comes again, holds later deliveries back, or switches the webhook off.
const fn status(reason: Refusal) -> (u16, &'static str) {
    match reason {
        Refusal::UnknownSource
        | Refusal::MissingSignature
        | Refusal::MalformedSignature
        | Refusal::BadSignature
        | Refusal::StaleTimestamp
        | Refusal::BadToken => NOBODY,
        Refusal::Disabled => (403, "this source is disabled"),
        Refusal::Method => (405, "webhooks are sent with POST"),
        Refusal::TooLarge => (413, "the body is too large"),
        Refusal::Slow => (408, "the body took too long"),
        Refusal::RateLimited => (429, "too many requests: send it again later"),
        Refusal::NotJson => (400, "the body is not JSON"),
        Refusal::BadContentType => (415, "send JSON, not packed: Content-Type: application/json"),
        Refusal::TooDeep => (400, "the body's JSON is nested too deeply"),
        Refusal::MissingEventType => (400, "the event's type is missing"),
        Refusal::MissingDedupKey => (400, "the delivery's id is missing"),
        Refusal::SenderNotAllowed => (200, "whoever caused this is not listened to"),
        Refusal::NetworkNotAllowed => (403, "not from this network"),
        Refusal::NotPaired => (403, "this source answers no handshakes now"),
        Refusal::Overloaded => (503, "too much to do: send it again later"),
        Refusal::Deadline => (503, "not known to be kept: send it again"),
        Refusal::Unspecified => (500, "refused"),
    }
}

/// What a sender is told.
pub(crate) fn reply(reason: Refusal) -> Reply {
    let (status, words) = status(reason);
    Reply {
        status,
        content_type: "text/plain; charset=utf-8",
        body: Bytes::from_static(words.as_bytes()),
        retry_after_s: matches!(status, 429 | 503).then_some(AGAIN_AFTER_S),
    }
}

/// A sentence for the people of the source.
pub(crate) const fn sentence(reason: Refusal) -> &'static str {
    match reason {
        Refusal::Unspecified => "",
        Refusal::UnknownSource => "there is no such source",
        Refusal::Disabled => "the source is disabled: enable it to take requests",
        Refusal::Method => "webhooks are sent with POST",
        Refusal::TooLarge => "the body is larger than the source takes",
        Refusal::Slow => "the body did not come in time",
        Refusal::RateLimited => "more requests than the source's rate allows",
        Refusal::MissingSignature => "there is no signature: is the secret set at the provider?",
        Refusal::MalformedSignature => "the signature is not of the scheme's shape",
        Refusal::BadSignature => {
            "no secret of the source makes this signature: compare it with the provider's"
        }
        Refusal::StaleTimestamp => "the signed time is too far from now, or cannot be read",
        Refusal::BadToken => "the token or password is none of the source's secrets",
        Refusal::NotJson => {
            "the body, or the field of its form, is not JSON, and a rule of the source must read it"
        }
        Refusal::BadContentType => {
            "the body says that it is no JSON, or packed: choose application/json at the provider, or \
             name the field of its form as `verification.form_field`"
        }
        Refusal::TooDeep => "the body's JSON is nested too deeply",
        Refusal::MissingEventType => "the event's type is not where the source looks for it",
        Refusal::MissingDedupKey => "the dedup key is not where the source looks for it",
        Refusal::SenderNotAllowed => "the source does not listen to whoever caused this",
        Refusal::NetworkNotAllowed => "the source takes nothing from this network",
        Refusal::NotPaired => {
            "a handshake: open the source for pairing, and let the provider try again"
        }
        Refusal::Overloaded => {
            "the node had too much to do, or could not open the source's secrets: see its log"
        }
        Refusal::Deadline => "the cluster did not take it in time",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_numbered_without_gaps() {
        let names: Vec<_> = names().collect();
        assert_eq!(names[Refusal::BadSignature as usize], "bad_signature");
        let beyond = i32::try_from(names.len()).expect("a short list");
        for number in beyond..REASONS_MAX {
            assert!(Refusal::try_from(number).is_err(), "{number}");
        }
    }

    #[test]
    fn a_reason_of_the_verifier_keeps_its_name() {
        for refused in Refused::ALL {
            assert_eq!(name(of(refused)), refused.name());
        }
    }

    #[test]
    fn who_cannot_be_known_is_told_nothing_but_that() {
        let nobody = reply(Refusal::UnknownSource);
        assert_eq!(nobody, reply(Refusal::BadSignature));
        assert_eq!(nobody, reply(Refusal::MissingSignature));
        assert_eq!(nobody, reply(Refusal::BadToken));
        assert_eq!(nobody, reply(Refusal::StaleTimestamp));
        assert_ne!(nobody, reply(Refusal::NotJson));
    }
}
