//! A token as Clawback's configuration takes it.
//!
//! The published plugin refuses a token that does not begin with `cbt_`. Every token of ours has that form,
//! too: `cbt_` in the place of `ackord_`, and the rest as it is. The cluster knows one token, and keeps the
//! hash of its own form.

const OURS: &str = "ackord_";
const THEIRS: &str = "cbt_";

/// A secret of ours in Clawback's form; none: the text is no secret of ours.
#[must_use]
pub fn to_clawback(secret: &str) -> Option<String> {
    Some(format!("{THEIRS}{}", secret.strip_prefix(OURS)?))
}

/// The secret that a text in Clawback's form stands for; none: the text has another form.
pub(crate) fn from_clawback(text: &str) -> Option<String> {
    Some(format!("{OURS}{}", text.strip_prefix(THEIRS)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_one_token() {
        let theirs = to_clawback("ackord_abc").expect("ours");
        assert_eq!(theirs, "cbt_abc");
        assert_eq!(from_clawback(&theirs).as_deref(), Some("ackord_abc"));
    }

    #[test]
    fn other_texts_have_no_other_form() {
        assert_eq!(to_clawback("hunter2"), None);
        assert_eq!(from_clawback("ackord_abc"), None);
        assert_eq!(from_clawback(""), None);
    }
}
