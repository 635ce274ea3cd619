//! Messages of the API in files: their fields by their names, as TOML or JSON.

use std::path::Path;

use ackord_proto::FILE_DESCRIPTOR_SET;
use prost_reflect::prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor};
use serde_json::Value;

use super::failure::Failure;

/// The message `name` of a file. `see` says where its fields are told of.
pub(super) fn read<T: Message + Default>(file: &Path, name: &str, see: &str) -> Result<T, Failure> {
    let text = std::fs::read_to_string(file)
        .map_err(|it| Failure::failed(format!("read {}: {it}", file.display())))?;
    let is_json = file.extension().is_some_and(|it| it == "json");
    parse(&text, is_json, name).map_err(|why| {
        Failure::usage(format!("{}: {why}", file.display())).next(format!(
            "its keys are those of the message {name}: see {see}"
        ))
    })
}

/// The message `name` of a text.
pub(super) fn parse<T: Message + Default>(
    text: &str,
    is_json: bool,
    name: &str,
) -> Result<T, String> {
    let value: Value = match is_json {
        true => serde_json::from_str(text).map_err(|it| it.to_string())?,
        false => toml::from_str(text).map_err(|it| it.to_string())?,
    };
    let message = DynamicMessage::deserialize(descriptor(name), value);
    let message = message.map_err(|it| it.to_string())?;
    message.transcode_to().map_err(|it| it.to_string())
}

/// What is known of our own message `name`.
pub(super) fn descriptor(name: &str) -> MessageDescriptor {
    DescriptorPool::decode(FILE_DESCRIPTOR_SET)
        .ok()
        .and_then(|it| it.get_message_by_name(&format!("ackord.v1.{name}")))
        .expect("our own descriptors are whole")
}
