//! What a plugin is told.

use std::collections::BTreeMap;

use ackord_proto::v1::Class;
use serde::Serialize;
use serde_json::Value;

/// The name of a class.
pub(crate) const fn priority(class: Class) -> &'static str {
    match class {
        Class::Interrupt => "interrupt",
        Class::Priority => "priority",
        Class::Normal | Class::Unspecified => "normal",
    }
}

/// A frame to a plugin.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Told {
    /// The token counts.
    AuthOk,
    /// Is to be answered by a pong.
    Ping,
    /// Answers a ping.
    Pong,
    /// Work.
    Event {
        /// Names event and delivery: an ack gives it back.
        id: String,
        /// What the agent reads.
        content: String,
        /// Facts about it.
        meta: BTreeMap<String, String>,
    },
    /// Answers a request.
    Response {
        #[serde(rename = "requestId")]
        request_id: String,
        data: Value,
        #[serde(skip_serializing_if = "Option::is_none")]
        error: Option<String>,
    },
}

impl Told {
    /// The answer to a request.
    pub(crate) fn response(request_id: String, answer: Result<Value, String>) -> Self {
        let (data, error) = match answer {
            Ok(data) => (data, None),
            Err(why) => (Value::Null, Some(why)),
        };
        Self::Response {
            request_id,
            data,
            error,
        }
    }

    /// The text of the frame.
    pub(crate) fn text(&self) -> String {
        serde_json::to_string(self).expect("texts and JSON become JSON")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_looks_like_this() {
        let told = Told::response("r".to_owned(), Err("no".to_owned())).text();
        assert_eq!(
            told,
            r#"{"type":"response","requestId":"r","data":null,"error":"no"}"#
        );
        assert_eq!(Told::AuthOk.text(), r#"{"type":"auth_ok"}"#);
    }
}
