//! The header that holds signatures.

use ackord_proto::FieldError;
use ackord_proto::v1::SignatureHeader;

use crate::encoding::Encoding;
use crate::fault::{header, rule};
use crate::refused::Refused;
use crate::request::{Found, Headers};

/// Longest header that is looked through, in bytes.
const HEADER_BYTES_MAX: usize = 4096;
/// Entries of one header: more than any provider rotates through.
const ENTRIES_MAX: usize = 16;

/// Where signatures stand in a header, as in `t=1700000000,v1=00ff,v1=11ee`.
#[derive(Debug)]
pub(crate) struct Shape {
    pub(crate) header: String,
    separator: Option<Separator>,
    label_separator: String,
    label: String,
    /// Label of the entry that has the time.
    time_label: Option<String>,
}

#[derive(Debug)]
enum Separator {
    /// One or more of them, or of tabs.
    Spaces,
    Text(String),
}

/// What stood in the header.
pub(crate) struct Signatures<'a> {
    /// Those that can be read: at least one.
    pub(crate) decoded: Vec<Vec<u8>>,
    /// The time, where it stands in this header.
    pub(crate) time: Option<&'a str>,
}

impl Shape {
    pub(crate) fn compile(
        field: &str,
        shape: &SignatureHeader,
        time_label: Option<&str>,
    ) -> Result<Self, FieldError> {
        let (labels, label) = (&shape.label_separator, &shape.label);
        for text in [&shape.separator, labels, label] {
            if text.len() > 64 || !text.bytes().all(|it| it == b' ' || it.is_ascii_graphic()) {
                return Err(rule(
                    field,
                    "made of at most 64 printable ASCII characters each",
                ));
            }
        }
        if labels.is_empty() != label.is_empty() {
            return Err(rule(
                field,
                "given both a label and a label separator, or neither",
            ));
        }
        if time_label.is_some() && (labels.is_empty() || shape.separator.is_empty()) {
            return Err(rule(
                field,
                "made of entries with labels, if one of them is the time",
            ));
        }
        let separator = match shape.separator.as_str() {
            "" => None,
            text if text.trim().is_empty() => Some(Separator::Spaces),
            text => Some(Separator::Text(text.to_owned())),
        };
        Ok(Self {
            header: header(&format!("{field}.name"), &shape.name)?,
            separator,
            label_separator: labels.clone(),
            label: label.clone(),
            time_label: time_label.map(str::to_owned),
        })
    }

    /// A request has this header.
    pub(crate) fn is_in(&self, headers: &Headers<'_>) -> bool {
        !matches!(headers.find(&self.header), Found::Missing)
    }

    /// Takes the header apart. Entries of other labels, and signatures that cannot be read, are
    /// passed over as long as there is one that can.
    pub(crate) fn read<'a>(
        &self,
        headers: &Headers<'a>,
        encoding: Encoding,
    ) -> Result<Signatures<'a>, Refused> {
        let text = match headers.find(&self.header) {
            Found::Missing => return Err(Refused::MissingSignature),
            Found::Several => return Err(Refused::MalformedSignature),
            Found::Once(value) if value.len() > HEADER_BYTES_MAX => {
                return Err(Refused::MalformedSignature);
            }
            Found::Once(value) => str::from_utf8(value).map_err(|_| Refused::MalformedSignature)?,
        };
        let entries = self.entries(text)?;
        let labelled = |label: &str| {
            let of_label = move |it: &&(&str, &'a str)| it.0 == label;
            entries
                .iter()
                .filter(of_label)
                .map(|it| it.1)
                .collect::<Vec<_>>()
        };
        let time = match self.time_label.as_deref().map(labelled).as_deref() {
            None => None,
            Some([time]) => Some(*time),
            Some(_) => return Err(Refused::MalformedSignature),
        };
        let signatures = labelled(&self.label);
        if signatures.is_empty() {
            return Err(Refused::MissingSignature);
        }
        let decoded = signatures
            .iter()
            .filter_map(|it| encoding.decode(it.as_bytes()));
        let decoded: Vec<_> = decoded.filter(|it| !it.is_empty()).collect();
        match decoded.is_empty() {
            true => Err(Refused::MalformedSignature),
            false => Ok(Signatures { decoded, time }),
        }
    }

    /// Labels and values; a label is empty where entries have none.
    fn entries<'a>(&self, text: &'a str) -> Result<Vec<(&'a str, &'a str)>, Refused> {
        let parts: Vec<&str> = match &self.separator {
            None => vec![text],
            Some(Separator::Spaces) => {
                let parts = text.split([' ', '\t']).filter(|it| !it.is_empty());
                parts.take(ENTRIES_MAX + 1).collect()
            }
            Some(Separator::Text(it)) => {
                let parts = text.split(it.as_str()).map(str::trim);
                parts.take(ENTRIES_MAX + 1).collect()
            }
        };
        if parts.len() > ENTRIES_MAX {
            return Err(Refused::MalformedSignature);
        }
        let entry = |it: &'a str| match self.label_separator.as_str() {
            "" => Some(("", it)),
            separator => it.split_once(separator),
        };
        let entries: Vec<_> = parts.into_iter().filter_map(entry).collect();
        match entries.is_empty() {
            true => Err(Refused::MalformedSignature),
            false => Ok(entries),
        }
    }
}
