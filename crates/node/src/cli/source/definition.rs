//! Definitions in files: the fields of `ackord.v1.SourceDefinition`, by their names, as TOML or JSON.

use std::path::Path;

use ackord_client::v1;
use prost_reflect::{DynamicMessage, SerializeOptions};
use serde_json::Value;

use crate::cli::failure::Failure;
use crate::cli::form;

const MESSAGE: &str = "SourceDefinition";

/// The definition of a file.
pub(super) fn read(file: &Path) -> Result<v1::SourceDefinition, Failure> {
    form::read(file, MESSAGE, "docs/webhooks.md")
}

/// A definition as JSON that [`read`] takes.
pub(super) fn show(definition: &v1::SourceDefinition) -> Value {
    let mut message = DynamicMessage::new(form::descriptor(MESSAGE));
    message
        .transcode_from(definition)
        .expect("a message is one of its own kind");
    let options = SerializeOptions::new()
        .use_proto_field_name(true)
        .stringify_64_bit_integers(false);
    message
        .serialize_with_options(serde_json::value::Serializer, &options)
        .expect("plain data has a JSON form")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOML: &str = r#"
        deadline_ms = 3000
        networks = ["192.0.2.0/24"]
        unmatched = "UNMATCHED_POLICY_KEEP"

        [verification]
        preset = "github"

        [defaults]
        tag = "build"
        class = "CLASS_PRIORITY"

        [[routes]]
        event_type = "pull_request.*"
        conditions = [{ place = { pointer = "/repository/private" }, equals = "false" }]
        send = { skill = "review-pull", tags = ["review"], ordering_key_pointers = ["/number"] }

        [[routes]]
        event_type = "*"
        drop = {}
    "#;

    fn parse(text: &str, is_json: bool) -> Result<v1::SourceDefinition, String> {
        form::parse(text, is_json, MESSAGE)
    }

    #[test]
    fn a_definition_reads_as_it_is_shown() {
        let definition = parse(TOML, false).expect("well formed");
        assert_eq!(definition.deadline_ms, 3000);
        assert_eq!(definition.routes.len(), 2);
        let defaults = definition.defaults.clone().expect("stated");
        assert_eq!(
            (defaults.tag.as_str(), defaults.class()),
            ("build", v1::Class::Priority)
        );
        let shown = show(&definition).to_string();
        assert_eq!(parse(&shown, true), Ok(definition));
    }

    #[test]
    fn what_is_misspelt_is_named() {
        let why = parse("deadline = 3000", false).expect_err("no such key");
        assert!(why.contains("deadline"), "{why}");
        let why = parse("unmatched = \"KEEP\"", false).expect_err("no such constant");
        assert!(why.contains("KEEP"), "{why}");
    }
}
