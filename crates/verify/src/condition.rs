//! What a request must be like.

use ackord_proto::FieldError;
use ackord_proto::v1::{self, condition};

use crate::document::Document;
use crate::fault::{count, missing, rule};
use crate::place::Place;
use crate::pointer::Pointers;
use crate::request::Headers;

/// Longest text that a value is compared with, in bytes.
const TEXT_BYTES_MAX: usize = 1024;

/// What a request must be like.
#[derive(Debug)]
pub(crate) struct Condition {
    pub(crate) place: Place,
    test: Test,
    negate: bool,
}

#[derive(Debug)]
enum Test {
    OneOf(Vec<String>),
    Prefix(String),
    Exists(bool),
}

impl Condition {
    pub(crate) fn compile(
        field: &str,
        condition: &v1::Condition,
        pointers: &mut Pointers,
    ) -> Result<Self, FieldError> {
        let place_field = format!("{field}.place");
        let place = condition
            .place
            .as_ref()
            .ok_or_else(|| missing(&place_field))?;
        let test = match &condition.test {
            None => return Err(missing(format!("{field}.test"))),
            Some(condition::Test::Equals(text)) => Test::OneOf(vec![text.clone()]),
            Some(condition::Test::OneOf(it)) => {
                count(
                    &format!("{field}.one_of"),
                    &it.values,
                    1..=64,
                    "1 to 64 texts",
                )?;
                Test::OneOf(it.values.clone())
            }
            Some(condition::Test::Prefix(text)) => Test::Prefix(text.clone()),
            Some(condition::Test::Exists(it)) => Test::Exists(*it),
        };
        match test.texts().iter().all(|it| it.len() <= TEXT_BYTES_MAX) {
            true => Ok(Self {
                place: Place::compile(&place_field, place, pointers)?,
                test,
                negate: condition.negate,
            }),
            false => Err(rule(field, "made of texts of at most 1,024 bytes")),
        }
    }

    /// Whether it holds. Of a body that cannot be read, there are no values.
    pub(crate) fn holds(&self, headers: &Headers<'_>, document: &Document) -> bool {
        let value = self.place.value(headers, document).unwrap_or_default();
        let holds = match &self.test {
            Test::OneOf(texts) => value.is_some_and(|it| texts.iter().any(|text| text == it)),
            Test::Prefix(text) => value.is_some_and(|it| it.starts_with(text)),
            Test::Exists(wanted) => value.is_some() == *wanted,
        };
        holds != self.negate
    }
}

impl Test {
    fn texts(&self) -> &[String] {
        match self {
            Self::OneOf(texts) => texts,
            Self::Prefix(text) => std::slice::from_ref(text),
            Self::Exists(_) => &[],
        }
    }
}
