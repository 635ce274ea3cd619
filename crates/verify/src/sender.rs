//! Who caused an event.

use std::collections::BTreeSet;

use ackord_proto::FieldError;
use ackord_proto::v1;

use crate::document::Document;
use crate::fault::{count, missing, rule};
use crate::place::Place;
use crate::pointer::Pointers;
use crate::refused::Refused;
use crate::request::Headers;

/// Longest name that is told on, in bytes.
const NAME_BYTES_MAX: usize = 256;

/// Who may cause events.
#[derive(Debug)]
pub(crate) struct SenderRule {
    places: Vec<Place>,
    /// Not set: everybody.
    allow: Option<BTreeSet<String>>,
}

impl SenderRule {
    pub(crate) fn compile(
        rules: &v1::SenderRule,
        pointers: &mut Pointers,
    ) -> Result<Self, FieldError> {
        count(
            "sender.allow",
            &rules.allow,
            0..=1024,
            "at most 1,024 names",
        )?;
        if rules
            .allow
            .iter()
            .any(|it| it.is_empty() || it.len() > NAME_BYTES_MAX)
        {
            return Err(rule("sender.allow", "made of names of 1 to 256 bytes"));
        }
        if !rules.allow.is_empty() && rules.places.is_empty() {
            return Err(missing("sender.places"));
        }
        let allow: BTreeSet<String> = rules.allow.iter().cloned().collect();
        Ok(Self {
            places: Place::compile_all("sender.places", &rules.places, pointers)?,
            allow: Some(allow).filter(|it| !it.is_empty()),
        })
    }

    /// Who caused it, where that is known and fit to be told on.
    ///
    /// # Errors
    /// Not everybody may, and whoever did is not on the list, or not known.
    pub(crate) fn read(
        &self,
        headers: &Headers<'_>,
        document: &Document,
    ) -> Result<Option<String>, Refused> {
        let name = Place::first(&self.places, headers, document).unwrap_or_default();
        if let Some(allow) = &self.allow
            && !name.is_some_and(|it| allow.contains(it))
        {
            return Err(Refused::SenderNotAllowed);
        }
        let told = |it: &&str| it.len() <= NAME_BYTES_MAX && !it.chars().any(char::is_control);
        Ok(name.filter(told).map(str::to_owned))
    }
}
