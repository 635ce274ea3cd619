//! Requests by which a provider tries the URL.

use ackord_proto::FieldError;
use ackord_proto::v1;

use crate::condition::Condition;
use crate::document::Document;
use crate::fault::{count, rule};
use crate::place::Place;
use crate::pointer::Pointers;
use crate::request::Headers;

/// Longest text that is given back, in bytes.
const ECHO_BYTES_MAX: usize = 1024;

/// What a provider that tries the URL is answered, with status 200.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Media type of the body.
    pub content_type: &'static str,
    /// The body.
    pub body: String,
}

/// A request by which the provider tries the URL.
#[derive(Debug)]
pub(crate) struct Handshake {
    when: Vec<Condition>,
    echo: Option<Place>,
    /// Name of the member of a JSON object; not set: plain text.
    member: Option<String>,
    pub(crate) signed: bool,
}

impl Handshake {
    pub(crate) fn compile(
        field: &str,
        handshake: &v1::Handshake,
        pointers: &mut Pointers,
    ) -> Result<Self, FieldError> {
        let when_field = format!("{field}.when");
        count(&when_field, &handshake.when, 1..=4, "1 to 4 conditions")?;
        let when = handshake.when.iter().enumerate();
        let when = when
            .map(|(at, it)| Condition::compile(&format!("{when_field}[{at}]"), it, pointers))
            .collect::<Result<_, _>>()?;
        let echo_field = format!("{field}.echo");
        let echo = handshake.echo.as_ref();
        let echo = echo.map(|it| Place::compile(&echo_field, it, pointers));
        if handshake.member.len() > 64 {
            return Err(rule(format!("{field}.member"), "at most 64 bytes"));
        }
        Ok(Self {
            when,
            echo: echo.transpose()?,
            member: Some(handshake.member.clone()).filter(|it| !it.is_empty()),
            signed: handshake.signed,
        })
    }

    /// The answer, if this is such a request.
    pub(crate) fn answer(&self, headers: &Headers<'_>, document: &Document) -> Option<Answer> {
        if !self.when.iter().all(|it| it.holds(headers, document)) {
            return None;
        }
        let echo = match &self.echo {
            None => "",
            Some(place) => place.value(headers, document).ok().flatten()?,
        };
        if echo.len() > ECHO_BYTES_MAX {
            return None;
        }
        Some(match &self.member {
            None => Answer {
                content_type: "text/plain; charset=utf-8",
                body: echo.to_owned(),
            },
            Some(member) => {
                let name = serde_json::Value::from(member.as_str());
                let value = serde_json::Value::from(echo);
                Answer {
                    content_type: "application/json",
                    body: format!("{{{name}:{value}}}"),
                }
            }
        })
    }
}
