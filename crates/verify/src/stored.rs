//! Which headers are stored with an event.

use std::collections::BTreeSet;

use ackord_core::text::{MetaKey, MetaValue};
use ackord_proto::FieldError;

use crate::fault::{count, header, rule};
use crate::request::Headers;

/// Headers that bring secrets, whatever the scheme.
const SECRET: [&str; 4] = [
    "authorization",
    "proxy-authorization",
    "cookie",
    "set-cookie",
];
/// Stored with every event: it says how to read the body.
const ALWAYS: &str = "content-type";
/// Headers of one event: the rest of its meta is for what we know ourselves.
const HEADERS_MAX: usize = 24;

/// The headers that are stored with an event, by their names in lower case.
#[derive(Debug)]
pub(crate) struct Stored(BTreeSet<String>);

impl Stored {
    /// A preset's headers, and those that somebody named besides.
    ///
    /// # Errors
    /// One of them verifies.
    pub(crate) fn compile(
        of_preset: &[&str],
        named: &[String],
        verifying: &[&str],
    ) -> Result<Self, FieldError> {
        let field = "verification.stored_headers";
        count(field, named, 0..=HEADERS_MAX, "at most 24 headers")?;
        let known = of_preset.iter().chain([&ALWAYS]);
        let mut stored: BTreeSet<String> = known.map(|it| (*it).to_owned()).collect();
        for (at, name) in named.iter().enumerate() {
            let field = format!("{field}[{at}]");
            let name = header(&field, name)?;
            if verifying.contains(&name.as_str()) || SECRET.contains(&name.as_str()) {
                return Err(rule(
                    field,
                    "a header that does not verify or bring a secret",
                ));
            }
            // It is the name of a meta field, which may hold less than that of a header.
            MetaKey::new(name.clone()).map_err(|it| rule(&field, it.rule))?;
            stored.insert(name);
        }
        match stored.len() <= HEADERS_MAX {
            true => Ok(Self(stored)),
            false => Err(rule(field, "at most 24 headers, the preset's among them")),
        }
    }

    pub(crate) fn contains(&self, name: &str) -> bool {
        self.0.contains(name)
    }

    /// Those that a request has, fit to be meta fields: text, at most 1,024 bytes of it.
    pub(crate) fn of(&self, headers: &Headers<'_>) -> Vec<(String, String)> {
        let stored = self.0.iter().filter_map(|name| {
            let value = headers.text(name)?;
            let cut = value.floor_char_boundary(MetaValue::BYTES_MAX);
            Some((name.clone(), value[..cut].to_owned()))
        });
        stored.collect()
    }
}
