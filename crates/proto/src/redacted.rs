//! Debug forms that hide what nobody may read.

use std::fmt;

use crate::v1::NewSecret;

impl fmt::Debug for NewSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewSecret")
            .field("name", &self.name)
            .field("expires_at_ms", &self.expires_at_ms)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::v1::CreateSourceRequest;

    #[test]
    fn a_secret_is_in_no_debug_form() {
        let secret = NewSecret {
            value: Bytes::from_static(b"canary"),
            ..NewSecret::default()
        };
        let request = CreateSourceRequest {
            secrets: vec![secret],
            ..CreateSourceRequest::default()
        };
        let told = format!("{request:?} {request:#?}");
        assert!(
            !told.contains("canary") && told.contains("NewSecret"),
            "{told}"
        );
    }
}
