//! What we know of a delivery, beside its text.

use std::collections::BTreeMap;

use crate::characters::neutral;

/// Longest value, in bytes.
const VALUE_BYTES_MAX: usize = 1024;

/// Fields of a delivery, by names that every agent takes.
pub type Fields = BTreeMap<String, String>;

/// The fields under names of `A-Z a-z 0-9 _` alone, for agents that drop all others without a word; what
/// else a name holds becomes an underscore. Values are in one line, and nothing in them hides.
///
/// Names that begin with `ackord.` are ours. Where two names become one, ours counts, else the first: no
/// header of a request can take the place of what we know ourselves. Names and values that are empty are
/// left out.
pub fn meta<'a>(fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> Fields {
    let (ours, others): (Vec<_>, Vec<_>) = fields
        .into_iter()
        .filter(|(name, value)| !name.is_empty() && !value.is_empty())
        .partition(|(name, _)| name.starts_with("ackord."));
    let mut meta = Fields::new();
    for (name, value) in ours.into_iter().chain(others) {
        meta.entry(named(name)).or_insert_with(|| line(value));
    }
    meta
}

fn named(name: &str) -> String {
    let plain = |it: char| if it.is_ascii_alphanumeric() { it } else { '_' };
    name.chars().map(plain).collect()
}

fn line(value: &str) -> String {
    let value = neutral(value).replace('\n', "\\n").replace('\t', "\\t");
    let cut = value.floor_char_boundary(VALUE_BYTES_MAX);
    value[..cut].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(fields: &[(&str, &str)]) -> Vec<(String, String)> {
        meta(fields.iter().copied()).into_iter().collect()
    }

    #[test]
    fn names_are_made_of_what_every_agent_takes() {
        let taken = fields(&[
            ("x-github-event", "push"),
            ("a.b:c/ü", "1"),
            ("", "x"),
            ("y", ""),
        ]);
        let expected = [("a_b_c__", "1"), ("x_github_event", "push")];
        assert_eq!(
            taken,
            expected.map(|(name, value)| (name.to_owned(), value.to_owned()))
        );
    }

    #[test]
    fn what_we_know_is_not_replaced() {
        let forged = [
            ("ackord-sender", "eve"),
            ("ackord.sender", "ada"),
            ("ackord_sender", "eve"),
        ];
        assert_eq!(
            fields(&forged),
            [("ackord_sender".to_owned(), "ada".to_owned())]
        );
    }

    #[test]
    fn values_are_one_line() {
        let long = "ä".repeat(600);
        let taken = fields(&[("a", "x\ny\t\u{1b}\u{202e}"), ("b", &long)]);
        assert_eq!(taken[0].1, "x\\ny\\t\\u001b\\u202e");
        assert_eq!(taken[1].1.len(), 1024);
    }
}
