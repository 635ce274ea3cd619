//! Bodies that name what was submitted.

use bytes::Bytes;

/// The body of all events of another team.
pub const FOREIGN_BODY: &[u8] = b"not yours";

/// The body of a content: its name, a line, and padding.
#[must_use]
pub fn body_of(content: u64, padding: usize) -> Bytes {
    let mut body = format!("c{content}\n").into_bytes();
    body.resize(body.len() + padding, b'.');
    body.into()
}

/// The content that a body names, if it is whole.
#[must_use]
pub fn content_of(body: &[u8], padding: impl FnOnce(u64) -> Option<usize>) -> Option<u64> {
    let content = named_by(body)?;
    (body == body_of(content, padding(content)?)).then_some(content)
}

/// The content that a body names, whole or not.
pub(super) fn named_by(body: &[u8]) -> Option<u64> {
    let name = body.split(|it| *it == b'\n').next()?;
    std::str::from_utf8(name)
        .ok()?
        .strip_prefix('c')?
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_names_its_content_only_if_it_is_whole() {
        let body = body_of(7, 3);
        assert_eq!(content_of(&body, |_| Some(3)), Some(7));
        assert_eq!(content_of(&body[..body.len() - 1], |_| Some(3)), None);
        assert_eq!(content_of(&body, |_| None), None);
        assert_eq!(content_of(b"nonsense", |_| Some(0)), None);
    }
}
