//! JSON whose members stay as they were written, unless somebody sets them: their order, the digits of their
//! numbers, their spaces.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Error, Value};

/// One step of indentation.
const STEP: &str = "  ";

/// An object.
#[derive(Debug, Clone, Default)]
pub(crate) struct Object(Vec<(String, Box<RawValue>)>);

impl Object {
    /// What a member says; of two with one name, the last one counts.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let mut members = self.0.iter().rev();
        members.find(|it| it.0 == name).map(|it| it.1.get())
    }

    /// The object under a name; an empty one if there is none.
    pub(crate) fn object(&self, name: &str) -> Result<Self, Error> {
        self.get(name)
            .map_or_else(|| Ok(Self::default()), serde_json::from_str)
    }

    /// The list under a name; an empty one if there is none.
    pub(crate) fn list(&self, name: &str) -> Result<Vec<Box<RawValue>>, Error> {
        self.get(name)
            .map_or_else(|| Ok(Vec::new()), serde_json::from_str)
    }

    /// Says something under a name, in the place of what was said before.
    pub(crate) fn set(&mut self, name: &str, value: Box<RawValue>) {
        match self.0.iter().rposition(|it| it.0 == name) {
            Some(at) => self.0[at].1 = value,
            None => self.0.push((name.to_owned(), value)),
        }
    }

    /// Keeps the members with such names.
    pub(crate) fn retain(&mut self, is_kept: impl Fn(&str) -> bool) {
        self.0.retain(|it| is_kept(&it.0));
    }

    /// As people write it, where it stands so deep.
    pub(crate) fn text(&self, depth: usize) -> Box<RawValue> {
        let members = self
            .0
            .iter()
            .map(|(name, value)| format!("{}: {}", Value::from(name.as_str()), value.get()));
        raw(&wrapped('{', members.collect(), '}', depth))
    }
}

/// A list, as people write it where it stands so deep.
pub(crate) fn list(items: &[Box<RawValue>], depth: usize) -> Box<RawValue> {
    let items = items.iter().map(|it| it.get().to_owned());
    raw(&wrapped('[', items.collect(), ']', depth))
}

/// A value, as people write it where it stands so deep.
pub(crate) fn value(value: &Value, depth: usize) -> Box<RawValue> {
    // No text in JSON holds a line's end as it is.
    let deeper = format!("\n{}", STEP.repeat(depth));
    raw(&format!("{value:#}").replace('\n', &deeper))
}

fn wrapped(open: char, items: Vec<String>, close: char, depth: usize) -> String {
    if items.is_empty() {
        return format!("{open}{close}");
    }
    let (inner, outer) = (STEP.repeat(depth + 1), STEP.repeat(depth));
    let items = items.join(&format!(",\n{inner}"));
    format!("{open}\n{inner}{items}\n{outer}{close}")
}

fn raw(text: &str) -> Box<RawValue> {
    RawValue::from_string(text.to_owned()).expect("made of JSON, by its rules")
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(Members)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Object;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Object(members))
    }
}
