//! What a body says, where some rule asks it.
//!
//! The body is walked through once, and no tree is built of it: a megabyte of brackets costs no more
//! memory than a megabyte of text. How deep it is nested is known before anything parses it.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::pointer::{Node, Pointers, Slot};
use crate::refused::Refused;
use crate::request::media_type;

/// Deepest nesting: payloads of providers have some ten levels.
const DEPTH_MAX: usize = 64;
/// Names of members that are kept, for rules that ask for them.
const MEMBERS_MAX: usize = 64;

/// What a body says.
#[derive(Debug)]
pub(crate) struct Document {
    values: Vec<Option<String>>,
    members: Vec<String>,
    /// Nothing could be read, and why.
    unread: Option<Refused>,
}

impl Document {
    /// Reads what `pointers` ask for. Of a name that stands twice, the later one counts.
    ///
    /// # Errors
    /// The body is nested too deeply.
    pub(crate) fn read(
        pointers: &Pointers,
        body: &[u8],
        content_type: Option<&str>,
    ) -> Result<Self, Refused> {
        let mut document = Self {
            values: vec![None; pointers.count],
            members: Vec::new(),
            unread: None,
        };
        if pointers.is_empty() {
            return Ok(document);
        }
        match document.fill(pointers, body, content_type) {
            Ok(()) => {}
            Err(Refused::TooDeep) => return Err(Refused::TooDeep),
            Err(why) => document.unread = Some(why),
        }
        Ok(document)
    }

    /// The value that was asked for; none, if there is none.
    ///
    /// # Errors
    /// The body could not be read.
    pub(crate) fn value(&self, slot: Slot) -> Result<Option<&str>, Refused> {
        match self.unread {
            Some(why) => Err(why),
            None => Ok(self.values[slot.0].as_deref()),
        }
    }

    /// The value that was asked for; none too, if the body could not be read.
    pub(crate) fn glimpse(&self, slot: Slot) -> Option<&str> {
        self.value(slot).unwrap_or_default()
    }

    /// Names of the body's members.
    ///
    /// # Errors
    /// The body could not be read.
    pub(crate) fn members(&self) -> Result<&[String], Refused> {
        match self.unread {
            Some(why) => Err(why),
            None => Ok(&self.members),
        }
    }

    fn fill(
        &mut self,
        pointers: &Pointers,
        body: &[u8],
        content_type: Option<&str>,
    ) -> Result<(), Refused> {
        if !content_type.is_none_or(may_be_json) {
            return Err(Refused::BadContentType);
        }
        let text = str::from_utf8(body).map_err(|_| Refused::NotJson)?;
        if depth_exceeds(body, DEPTH_MAX) {
            return Err(Refused::TooDeep);
        }
        let filled = self.take(&pointers.root, text, pointers.members);
        filled.map_err(|_| {
            // Nothing counts of a body that is not JSON to its end.
            self.values.fill(None);
            self.members.clear();
            Refused::NotJson
        })
    }

    /// Takes what the node asks for from a value and what is in it.
    fn take(&mut self, node: &Node, text: &str, members: bool) -> serde_json::Result<()> {
        self.forget(node);
        if let Some(slot) = node.slot {
            self.values[slot.0] = scalar(text)?;
        }
        let mut value = serde_json::Deserializer::from_str(text);
        if node.children.is_empty() && !members {
            serde::de::Deserialize::deserialize(&mut value).map(|IgnoredAny| ())?;
        } else {
            value.deserialize_any(Inside {
                document: self,
                node,
                members,
            })?;
        }
        value.end()
    }

    /// Forgets what an earlier member of the same name said.
    fn forget(&mut self, node: &Node) {
        if let Some(slot) = node.slot {
            self.values[slot.0] = None;
        }
        node.children.values().for_each(|it| self.forget(it));
    }
}

/// A text, a number as it is written, a truth value; none for all else.
fn scalar(text: &str) -> serde_json::Result<Option<String>> {
    match text.as_bytes().first() {
        Some(b'"') => serde_json::from_str(text).map(Some),
        Some(b'-' | b'0'..=b'9' | b't' | b'f') => Ok(Some(text.to_owned())),
        _ => Ok(None),
    }
}

/// Bodies of these media types are read.
fn may_be_json(content_type: &str) -> bool {
    let media_type = media_type(content_type);
    matches!(
        media_type.as_str(),
        "application/json" | "text/json" | "text/plain"
    ) || media_type.ends_with("+json")
}

/// Whether brackets are nested more than `depth_max` deep.
fn depth_exceeds(text: &[u8], depth_max: usize) -> bool {
    let (mut depth, mut in_text, mut escaped) = (0usize, false, false);
    for byte in text {
        match (in_text, byte) {
            (true, _) if escaped => escaped = false,
            (true, b'\\') => escaped = true,
            (_, b'"') => in_text = !in_text,
            (false, b'[' | b'{') => {
                depth += 1;
                if depth > depth_max {
                    return true;
                }
            }
            (false, b']' | b'}') => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

/// Walks through a value that has others in it.
struct Inside<'a> {
    document: &'a mut Document,
    node: &'a Node,
    members: bool,
}

impl Inside<'_> {
    fn take<E: serde::de::Error>(&mut self, node: &Node, value: &RawValue) -> Result<(), E> {
        self.document
            .take(node, value.get(), false)
            .map_err(E::custom)
    }
}

impl<'de> Visitor<'de> for Inside<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(Name(name)) = map.next_key()? {
            match self.node.children.get(name.as_ref()) {
                Some(node) => {
                    let value = map.next_value::<&RawValue>()?;
                    self.take(node, value)?;
                }
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
            if self.members && self.document.members.len() < MEMBERS_MAX {
                self.document.members.push(name.into_owned());
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut seq: A) -> Result<(), A::Error> {
        for at in 0usize.. {
            let element = match self.node.children.get(at.to_string().as_str()) {
                Some(node) => match seq.next_element::<&RawValue>()? {
                    Some(value) => {
                        self.take(node, value)?;
                        true
                    }
                    None => false,
                },
                None => seq.next_element::<IgnoredAny>()?.is_some(),
            };
            if !element {
                break;
            }
        }
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

/// The name of a member, not copied where it stands as it is.
#[derive(serde::Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &[u8], content_type: Option<&str>) -> Result<Vec<Option<String>>, Refused> {
        let mut pointers = Pointers::default();
        for pointer in ["id", "a.b", "a", "list.1.x", "a/b"] {
            pointers.ask("field", pointer).expect("a pointer");
        }
        let document = Document::read(&pointers, body, content_type)?;
        match document.unread {
            Some(why) => Err(why),
            None => Ok(document.values),
        }
    }

    fn values(body: &str) -> Vec<Option<String>> {
        read(body.as_bytes(), None).expect("it can be read")
    }

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn values_are_found_wherever_they_stand() {
        let body =
            r#" {"z":[1,{"id":2}],"a":{"b":true},"list":[0,{"x":"\u00e4\n"}],"id":7,"a/b":""} "#;
        let expected = [some("7"), some("true"), None, some("ä\n"), some("")];
        assert_eq!(values(body), expected);
    }

    #[test]
    fn numbers_are_taken_as_they_are_written() {
        for number in ["123456789012345678901234567890", "-1.50e+3", "0"] {
            let body = format!(r#"{{"id": {number} }}"#);
            assert_eq!(values(&body)[0], some(number));
        }
    }

    #[test]
    fn what_is_no_scalar_is_no_value() {
        for value in ["null", "{}", "[]", r#"["x"]"#] {
            assert_eq!(values(&format!(r#"{{"id":{value}}}"#))[0], None);
        }
        assert_eq!(values("[1,2]"), vec![None; 5]);
        assert_eq!(values("7"), vec![None; 5]);
    }

    #[test]
    fn of_a_name_that_stands_twice_the_later_one_counts() {
        assert_eq!(values(r#"{"id":1,"id":2}"#)[0], some("2"));
        let body = r#"{"a":{"b":1},"a":"x"}"#;
        assert_eq!(values(body)[1..3], [None, some("x")]);
        let body = r#"{"a":"x","a":{"b":1}}"#;
        assert_eq!(values(body)[1..3], [some("1"), None]);
    }

    #[test]
    fn nothing_is_read_of_a_body_that_is_not_json_to_its_end() {
        let bodies: [&[u8]; 9] = [
            b"",
            b"x=1",
            b"{\"id\":1",
            b"{\"id\":1}x",
            b"{\"id\":1}{\"id\":2}",
            b"{\"id\":1,\"u\":\"\xff\"}",
            b"\xef\xbb\xbf{\"id\":1}",
            b"{\"id\":\"\\ud800\"}",
            b"{\"z\":01,\"id\":1}",
        ];
        for body in bodies {
            let text = String::from_utf8_lossy(body);
            assert_eq!(read(body, None), Err(Refused::NotJson), "{text}");
        }
    }

    #[test]
    fn nesting_ends_at_64_levels() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(read(nested(64).as_bytes(), None).is_ok());
        assert_eq!(read(nested(65).as_bytes(), None), Err(Refused::TooDeep));
        // Open to the end, which no parser must follow.
        let open = "[{\"a\":".repeat(200_000);
        assert_eq!(read(open.as_bytes(), None), Err(Refused::TooDeep));
        let quoted = format!("[\"{}\\\"{}\"]", "[".repeat(100), "{".repeat(100));
        assert!(read(quoted.as_bytes(), None).is_ok());
    }

    #[test]
    fn bodies_that_say_they_are_something_else_are_not_read() {
        let json = [
            "application/json",
            "Application/JSON; charset=utf-8",
            "text/plain",
        ];
        for it in json.into_iter().chain(["application/cloudevents+json"]) {
            assert!(read(b"{}", Some(it)).is_ok(), "{it}");
        }
        for it in [
            "application/x-www-form-urlencoded",
            "text/xml",
            "multipart/form-data",
            "",
        ] {
            assert_eq!(read(b"{}", Some(it)), Err(Refused::BadContentType), "{it}");
        }
    }
}
