//! Where a value of a request is.

use ackord_proto::FieldError;
use ackord_proto::v1;

use crate::document::Document;
use crate::fault::{count, header, missing};
use crate::pointer::{Pointers, Slot};
use crate::refused::Refused;
use crate::request::Headers;

/// Where a value of a request is.
#[derive(Debug)]
pub(crate) enum Place {
    Header(String),
    Body(Slot),
}

impl Place {
    pub(crate) fn compile(
        field: &str,
        place: &v1::Place,
        pointers: &mut Pointers,
    ) -> Result<Self, FieldError> {
        match &place.place {
            None => Err(missing(format!("{field}.place"))),
            Some(v1::place::Place::Header(name)) => {
                Ok(Self::Header(header(&format!("{field}.header"), name)?))
            }
            Some(v1::place::Place::Pointer(it)) => {
                Ok(Self::Body(pointers.ask(&format!("{field}.pointer"), it)?))
            }
        }
    }

    /// Compiles places that are tried one after the other.
    pub(crate) fn compile_all(
        field: &str,
        places: &[v1::Place],
        pointers: &mut Pointers,
    ) -> Result<Vec<Self>, FieldError> {
        count(field, places, 0..=8, "at most 8 places")?;
        let places = places.iter().enumerate();
        places
            .map(|(at, it)| Self::compile(&format!("{field}[{at}]"), it, pointers))
            .collect()
    }

    /// The value, if there is one.
    ///
    /// # Errors
    /// The body had to be read and could not be.
    pub(crate) fn value<'a>(
        &self,
        headers: &Headers<'a>,
        document: &'a Document,
    ) -> Result<Option<&'a str>, Refused> {
        match self {
            Self::Header(name) => Ok(headers.text(name)),
            Self::Body(slot) => document.value(*slot),
        }
    }

    /// The first value that is not empty.
    ///
    /// # Errors
    /// There is none, and the body had to be read and could not be.
    pub(crate) fn first<'a, 'p>(
        places: impl IntoIterator<Item = &'p Self>,
        headers: &Headers<'a>,
        document: &'a Document,
    ) -> Result<Option<&'a str>, Refused> {
        let mut unread = None;
        for place in places {
            match place.value(headers, document) {
                Ok(Some(value)) if !value.is_empty() => return Ok(Some(value)),
                Ok(_) => {}
                Err(why) => unread = Some(why),
            }
        }
        unread.map_or(Ok(None), Err)
    }
}
