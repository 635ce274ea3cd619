//! JSON in a field of a form: how some providers send it unless they are told otherwise.
//!
//! What is signed is the form, byte for byte. Only then is it opened, and from there on the request is
//! judged, stored and shown as if the JSON had been its body.

use std::borrow::Cow;

use ackord_proto::FieldError;
use bytes::Bytes;
use percent_encoding::percent_decode;

use crate::fault::rule;
use crate::refused::Refused;
use crate::request::{Headers, Request};

/// The media type of forms that may hold JSON.
const FORM: &str = "application/x-www-form-urlencoded";
/// What is in them.
const JSON: &[u8] = b"application/json";
/// Longest name of a field.
const NAME_BYTES_MAX: usize = 64;

/// The field of a form that holds the JSON.
#[derive(Debug)]
pub(crate) struct FormField(String);

/// What a request says, out of its form if it came in one.
#[derive(Debug)]
pub(crate) struct Content<'a> {
    /// With the media type of what is in the form.
    pub(crate) headers: Cow<'a, Headers<'a>>,
    /// What was in the form, if there was one.
    pub(crate) unpacked: Option<Bytes>,
    body: &'a [u8],
}

impl FormField {
    /// The field that a definition names, or else its preset. None: forms are not opened.
    ///
    /// # Errors
    /// It is no name.
    pub(crate) fn compile(stated: &str, of_preset: &str) -> Result<Option<Self>, FieldError> {
        let name = if stated.is_empty() { of_preset } else { stated };
        if name.len() > NAME_BYTES_MAX || name.chars().any(char::is_control) {
            let said = "at most 64 bytes, without control characters";
            return Err(rule("verification.form_field", said));
        }
        Ok(Some(Self(name.to_owned())).filter(|it| !it.0.is_empty()))
    }

    /// Opens a request.
    ///
    /// # Errors
    /// It is a form that does not have the field, or has it more than once.
    pub(crate) fn open<'a>(
        field: Option<&Self>,
        request: &Request<'a>,
    ) -> Result<Content<'a>, Refused> {
        let media_type = request.headers.media_type();
        let field = field.filter(|_| media_type.as_deref() == Some(FORM));
        let Some(field) = field else {
            return Ok(Content {
                headers: Cow::Borrowed(request.headers),
                unpacked: None,
                body: request.body,
            });
        };
        let value = field.value(request.body).ok_or(Refused::NotJson)?;
        Ok(Content {
            headers: Cow::Owned(request.headers.with("content-type", JSON)),
            unpacked: Some(Bytes::from(value)),
            body: request.body,
        })
    }

    /// The value of the one field of that name. JSON is no form, whatever its request calls it: what
    /// was signed as one must not be read as the other.
    fn value(&self, form: &[u8]) -> Option<Vec<u8>> {
        if !form.iter().copied().all(is_encoded) {
            return None;
        }
        let fields = form.split(|it| *it == b'&').map(|field| {
            let mut halves = field.splitn(2, |it| *it == b'=');
            let name = halves.next().unwrap_or_default();
            (name, halves.next().unwrap_or_default())
        });
        let mut ours = fields.filter(|(name, _)| decoded(name) == self.0.as_bytes());
        match (ours.next(), ours.next()) {
            (Some((_, value)), None) => Some(decoded(value)),
            (None, _) | (Some(_), Some(_)) => None,
        }
    }
}

impl Content<'_> {
    /// The body that rules read.
    pub(crate) fn body(&self) -> &[u8] {
        self.unpacked.as_deref().unwrap_or(self.body)
    }
}

/// Whether a form may have this byte: what a query may, by RFC 3986 section 3.4.
fn is_encoded(it: u8) -> bool {
    it.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=:@/?".contains(&it)
}

/// A name or a value as it was before it was put into a form. What is no escape stands for itself.
fn decoded(text: &[u8]) -> Vec<u8> {
    let spaced = text.iter().map(|it| if *it == b'+' { b' ' } else { *it });
    percent_decode(&spaced.collect::<Vec<_>>()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(form: &str) -> Option<String> {
        let value = FormField("payload".to_owned()).value(form.as_bytes())?;
        Some(String::from_utf8(value).expect("text"))
    }

    #[test]
    fn a_value_is_what_was_put_into_the_form() {
        let cases = [
            (
                "payload=%7B%22a%22%3A%22%C3%A4+%2B%26%3D%22%7D",
                r#"{"a":"ä +&="}"#,
            ),
            ("a=1&payload=x=y&b", "x=y"),
            ("p%61yload=x", "x"),
            ("payload=", ""),
            ("payload", ""),
            ("payload=%zz%4", "%zz%4"),
        ];
        for (form, expected) in cases {
            assert_eq!(value(form).as_deref(), Some(expected), "{form}");
        }
    }

    #[test]
    fn a_field_that_is_missing_or_stands_twice_has_no_value() {
        for form in [
            "",
            "&",
            "=",
            "Payload=x",
            "payload=x&payload=x",
            "b=payload",
            r#"{"a":"&payload=x&"}"#,
            "payload=a b",
            "payload=\u{e4}",
        ] {
            assert_eq!(value(form), None, "{form}");
        }
    }
}
