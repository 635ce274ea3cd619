//! A request as it came.

/// A request that was read whole.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Its method, in capitals.
    pub method: &'a str,
    /// What stands behind the question mark of its URL, if there is one, as it came.
    pub query: Option<&'a str>,
    /// Its headers.
    pub headers: &'a Headers<'a>,
    /// Its body, as it came.
    pub body: &'a [u8],
    /// Now, in milliseconds since the Unix epoch.
    pub now_ms: u64,
}

/// Headers of a request. Names are compared in any case.
#[derive(Debug, Clone, Default)]
pub struct Headers<'a>(Vec<(&'a str, &'a [u8])>);

/// How often a request has a header.
pub(crate) enum Found<'a> {
    Missing,
    Once(&'a [u8]),
    Several,
}

impl<'a> Headers<'a> {
    /// The header, where it must be clear which one is meant.
    pub(crate) fn find(&self, name: &str) -> Found<'a> {
        let mut values = self.all(name);
        match (values.next(), values.next()) {
            (None, _) => Found::Missing,
            (Some(value), None) => Found::Once(value),
            (Some(_), Some(_)) => Found::Several,
        }
    }

    /// The header's first value as text: without spaces around it, and only if something printable
    /// is left.
    pub(crate) fn text(&self, name: &str) -> Option<&'a str> {
        let value = self.all(name).next()?;
        let text = str::from_utf8(value).ok()?.trim();
        (!text.is_empty() && !text.chars().any(char::is_control)).then_some(text)
    }

    /// What the body says it is, in lower case and without parameters.
    pub(crate) fn media_type(&self) -> Option<String> {
        self.text("content-type").map(media_type)
    }

    /// The same headers, this one with another value.
    pub(crate) fn with(&self, name: &'a str, value: &'a [u8]) -> Self {
        let others = self.0.iter().filter(|it| !it.0.eq_ignore_ascii_case(name));
        others.copied().chain([(name, value)]).collect()
    }

    fn all(&self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        let named = self
            .0
            .iter()
            .filter(move |it| it.0.eq_ignore_ascii_case(name));
        named.map(|it| it.1)
    }
}

impl<'a> FromIterator<(&'a str, &'a [u8])> for Headers<'a> {
    fn from_iter<T: IntoIterator<Item = (&'a str, &'a [u8])>>(headers: T) -> Self {
        Self(headers.into_iter().collect())
    }
}

/// The media type of a content type.
pub(crate) fn media_type(content_type: &str) -> String {
    let media_type = content_type.split(';').next().unwrap_or_default();
    media_type.trim().to_ascii_lowercase()
}
