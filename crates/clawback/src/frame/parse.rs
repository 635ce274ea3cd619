//! How a frame is read.
//!
//! A frame is a JSON object with a `type`. Fields and types that are not known are left alone, as newer
//! plugins may say more; fields that are known have the type that they should have, or the frame is refused.
//! Whoever sent a request that is refused is answered; any other frame that makes no sense ends the connection.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::asked::{Asked, Auth, Frame, Request};
use crate::limits::{AUTH_BYTES_MAX, REQUEST_ID_MAX};

/// Why a frame ends its connection.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Malformed {
    #[error("a frame is a JSON object")]
    NotJson,
    #[error("a frame has a type, which is a text")]
    NoType,
    #[error("the first frame is the auth, and only the first")]
    AuthOnce,
    #[error("the auth needs a token, and may have a sessionTag: both are texts")]
    Auth,
    #[error("an ack needs an eventId, and may have a summary: both are texts")]
    Ack,
    #[error("a request needs a requestId: a text of 1 to 128 bytes")]
    NoRequestId,
}

/// How the fields of a request are read; or what is wrong with them, in words.
type Read = fn(Map<String, Value>) -> Result<Asked, String>;

/// All requests, by their types.
const REQUESTS: [(&str, Read); 14] = [
    ("cron_create", |it| take(it).map(Asked::CronCreate)),
    ("cron_delete", |it| take(it).map(Asked::CronDelete)),
    ("cron_list", |_| Ok(Asked::CronList)),
    ("source_create", |it| take(it).map(Asked::SourceCreate)),
    ("source_list", |_| Ok(Asked::SourceList)),
    ("source_delete", |it| take(it).map(Asked::SourceDelete)),
    ("event_history", |it| take(it).map(Asked::EventHistory)),
    // What older plugins call it.
    ("activity_list", |it| take(it).map(Asked::EventHistory)),
    ("account_info", |_| Ok(Asked::AccountInfo)),
    ("token_rotate", |it| take(it).map(Asked::TokenRotate)),
    ("token_create", |it| take(it).map(Asked::TokenCreate)),
    ("token_list", |_| Ok(Asked::TokenList)),
    ("session_send", |it| take(it).map(Asked::SessionSend)),
    ("session_list", |_| Ok(Asked::SessionList)),
];

/// The types of all requests that have an answer, for whoever tries them one by one.
pub fn request_types() -> impl Iterator<Item = &'static str> {
    REQUESTS.iter().map(|it| it.0)
}

/// Reads one frame.
pub(crate) fn parse(text: &str) -> Result<Frame, Malformed> {
    let fields: Map<String, Value> = serde_json::from_str(text).map_err(|_| Malformed::NotJson)?;
    let kind = fields
        .get("type")
        .and_then(Value::as_str)
        .ok_or(Malformed::NoType)?;
    match kind {
        "auth" => Ok(Frame::Auth(auth(fields).ok_or(Malformed::Auth)?)),
        "ack" => Ok(Frame::Ack(take(fields).map_err(|_| Malformed::Ack)?)),
        "ping" => Ok(Frame::Ping),
        "pong" => Ok(Frame::Pong),
        kind => match REQUESTS.iter().find(|it| it.0 == kind) {
            Some((_, read)) => Ok(Frame::Request(request(fields, *read)?)),
            None if fields.contains_key("requestId") => {
                Ok(Frame::Request(request(fields, |_| {
                    Err("this server knows no request of this type".to_owned())
                })?))
            }
            None => Ok(Frame::Unknown),
        },
    }
}

fn auth(fields: Map<String, Value>) -> Option<Auth> {
    let auth: Auth = take(fields).ok()?;
    let tag = auth.session_tag.as_ref().map_or(0, String::len);
    (auth.token.len().max(tag) <= AUTH_BYTES_MAX).then_some(auth)
}

fn request(fields: Map<String, Value>, read: Read) -> Result<Request, Malformed> {
    let id = fields.get("requestId").and_then(Value::as_str);
    let id = id.filter(|it| !it.is_empty() && it.len() <= REQUEST_ID_MAX);
    let id = id.ok_or(Malformed::NoRequestId)?.to_owned();
    Ok(Request {
        id,
        asked: read(fields),
    })
}

/// The words say what is wrong, and where; of what was sent they repeat a short word at the most.
fn take<T: DeserializeOwned>(fields: Map<String, Value>) -> Result<T, String> {
    serde_json::from_value(Value::Object(fields)).map_err(|error| {
        let words = error.to_string();
        let cut = words.floor_char_boundary(200);
        format!("the request is not as it should be: {}", &words[..cut])
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_frames_of_the_published_plugin_are_known() {
        let auth = parse(r#"{"type":"auth","token":"cbt_x","sessionTag":"deploys"}"#);
        let expected = Auth {
            token: "cbt_x".to_owned(),
            session_tag: Some("deploys".to_owned()),
        };
        assert_eq!(auth, Ok(Frame::Auth(expected)));
        assert_eq!(parse(r#"{"type":"pong"}"#), Ok(Frame::Pong));
        let ack = parse(r#"{"type":"ack","eventId":"evt_1.1","summary":"done"}"#);
        assert!(matches!(ack, Ok(Frame::Ack(it)) if it.event_id == "evt_1.1"));
        let kinds = [
            r#""type":"cron_create","schedule":"0 9 * * *","prompt":"/x","priority":"interrupt""#,
            r#""type":"cron_delete","cronId":"c""#,
            r#""type":"cron_list""#,
            r#""type":"source_create","slug":"github","verifierType":"github","secret":"s",
               "routes":{"*":"/x"},"eventType":{"header":"X-GitHub-Event","action":"action"}"#,
            r#""type":"source_list""#,
            r#""type":"source_delete","sourceId":"s""#,
            r#""type":"event_history","limit":20"#,
            r#""type":"activity_list""#,
            r#""type":"account_info""#,
            r#""type":"token_rotate""#,
            r#""type":"token_create","label":"laptop""#,
            r#""type":"token_list""#,
            r#""type":"session_send","targets":["a"],"content":"hello""#,
            r#""type":"session_list""#,
        ];
        for fields in kinds {
            let frame = parse(&format!(r#"{{{fields},"requestId":"r-1"}}"#));
            let Ok(Frame::Request(request)) = frame else {
                panic!("{fields}: {frame:?}")
            };
            assert_eq!(request.id, "r-1");
            assert!(request.asked.is_ok(), "{fields}: {request:?}");
        }
    }

    #[test]
    fn a_request_that_makes_no_sense_is_answered() {
        for fields in [
            r#""type":"cron_create""#,
            r#""type":"session_send","targets":"a","content":"hello""#,
            r#""type":"session_send","targets":["a"],"content":"hello","priority":"urgent""#,
            r#""type":"make_coffee""#,
        ] {
            let frame = parse(&format!(r#"{{{fields},"requestId":"r-1"}}"#));
            assert!(
                matches!(&frame, Ok(Frame::Request(it)) if it.asked.is_err()),
                "{frame:?}"
            );
        }
    }

    #[test]
    fn what_newer_plugins_may_say_is_left_alone() {
        for text in [
            r#"{"type":"presence","since":7}"#,
            r#"{"type":"ack_later"}"#,
        ] {
            assert_eq!(parse(text), Ok(Frame::Unknown));
        }
        let ack = parse(r#"{"type":"ack","eventId":"evt_1.1","summary":null,"more":[]}"#);
        assert!(matches!(ack, Ok(Frame::Ack(it)) if it.summary.is_none()));
    }

    #[test]
    fn what_is_no_frame_is_refused() {
        let deep = format!("{{\"type\":{}", "[".repeat(100_000));
        let long = format!("{{\"type\":\"auth\",\"token\":\"{}\"}}", "x".repeat(10_000));
        let cases = [
            ("", Malformed::NotJson),
            ("[]", Malformed::NotJson),
            ("{", Malformed::NotJson),
            (deep.as_str(), Malformed::NotJson),
            ("{}", Malformed::NoType),
            (r#"{"type":7}"#, Malformed::NoType),
            (r#"{"type":"auth"}"#, Malformed::Auth),
            (r#"{"type":"auth","token":7}"#, Malformed::Auth),
            (long.as_str(), Malformed::Auth),
            (r#"{"type":"ack","summary":"x"}"#, Malformed::Ack),
            (r#"{"type":"ack","eventId":null}"#, Malformed::Ack),
            (r#"{"type":"cron_list"}"#, Malformed::NoRequestId),
            (
                r#"{"type":"cron_list","requestId":""}"#,
                Malformed::NoRequestId,
            ),
            (
                r#"{"type":"cron_list","requestId":1}"#,
                Malformed::NoRequestId,
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(
                parse(text),
                Err(expected),
                "{}",
                &text[..text.len().min(60)]
            );
        }
    }

    #[test]
    fn no_secret_is_in_a_debug_form() {
        let frames = [
            r#"{"type":"auth","token":"canary"}"#,
            r#"{"type":"source_create","requestId":"r","slug":"s","secret":"canary"}"#,
        ];
        for text in frames {
            assert!(!format!("{:?}", parse(text)).contains("canary"), "{text}");
        }
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "[a-z_]{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 16, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[a-zA-Z]{0,6}", inner, 0..4)
                    .prop_map(|it| Value::Object(it.into_iter().collect())),
            ]
        })
    }

    const OTHER_TYPES: [&str; 5] = ["auth", "ack", "ping", "pong", "x"];
    const FIELDS: [&str; 12] = [
        "token",
        "sessionTag",
        "eventId",
        "summary",
        "requestId",
        "schedule",
        "prompt",
        "routes",
        "eventType",
        "targets",
        "limit",
        "priority",
    ];

    proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(text in "\\PC*") {
            let _ = parse(&text);
        }

        #[test]
        fn no_object_makes_the_parser_panic(
            kind in prop::sample::select(
                request_types().chain(OTHER_TYPES).collect::<Vec<_>>(),
            ),
            fields in prop::collection::btree_map(prop::sample::select(&FIELDS[..]), value(), 0..8),
        ) {
            let mut object: Map<String, Value> = fields
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect();
            object.insert("type".to_owned(), Value::from(kind));
            let _ = parse(&Value::Object(object).to_string());
        }
    }
}
