//! The rules that keep the API usable from every language; those of `buf lint`, STANDARD and
//! COMMENTS, as far as they concern us.

use std::collections::{BTreeMap, BTreeSet};

use ackord_proto::FILE_DESCRIPTOR_SET;
use prost::Message;
use prost_types::source_code_info::Location;
use prost_types::{DescriptorProto, EnumDescriptorProto, FileDescriptorProto, FileDescriptorSet};

// Numbers of fields of descriptor.proto, which comments are filed under.
const FILE_MESSAGES: i32 = 4;
const FILE_ENUMS: i32 = 5;
const FILE_SERVICES: i32 = 6;
const MESSAGE_FIELDS: i32 = 2;
const MESSAGE_ONEOFS: i32 = 8;
const ENUM_VALUES: i32 = 2;
const SERVICE_METHODS: i32 = 2;

fn files() -> Vec<FileDescriptorProto> {
    FileDescriptorSet::decode(FILE_DESCRIPTOR_SET)
        .expect("the build wrote it")
        .file
}

/// `EventState` as `EVENT_STATE_`.
fn prefix(name: &str) -> String {
    let mut prefix = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !prefix.is_empty() {
            prefix.push('_');
        }
        prefix.push(letter.to_ascii_uppercase());
    }
    prefix.push('_');
    prefix
}

#[test]
fn a_file_lies_in_the_folder_of_its_package() {
    for file in files() {
        let folder = file.package().replace('.', "/");
        let (found, _) = file
            .name()
            .rsplit_once('/')
            .expect("no file lies at the root");
        assert_eq!(found, folder, "{}", file.name());
        assert_eq!(file.syntax(), "proto3", "{}", file.name());
    }
}

#[test]
fn constants_begin_with_the_name_of_their_enum_and_zero_says_nothing() {
    for it in files().iter().flat_map(|file| &file.enum_type) {
        let prefix = prefix(it.name());
        for value in &it.value {
            assert!(value.name().starts_with(&prefix), "{}", value.name());
        }
        let zero = it.value.first().expect("an enum has values");
        assert_eq!(
            (zero.number(), zero.name()),
            (0, format!("{prefix}UNSPECIFIED").as_str())
        );
    }
}

#[test]
fn fields_are_written_in_lower_case() {
    for message in files().iter().flat_map(|file| &file.message_type) {
        for field in &message.field {
            let is_lower = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '_';
            assert!(
                field.name().chars().all(is_lower),
                "{}.{}",
                message.name(),
                field.name()
            );
        }
    }
}

#[test]
fn every_method_has_messages_of_its_own() {
    let mut seen = BTreeSet::new();
    let files = files();
    let services = files
        .iter()
        .flat_map(|file| file.service.iter().map(move |it| (file, it)));
    for (file, service) in services {
        assert!(service.name().ends_with("Service"), "{}", service.name());
        for method in &service.method {
            let own = |kind: &str| format!(".{}.{}{kind}", file.package(), method.name());
            assert_eq!(method.input_type(), own("Request"));
            assert_eq!(method.output_type(), own("Response"));
            assert!(
                seen.insert((file.package().to_owned(), method.name().to_owned())),
                "{} is not unique",
                method.name()
            );
        }
    }
}

#[test]
fn everything_is_explained() {
    for file in files() {
        let comments = Comments::of(&file);
        for (at, message) in (0..).zip(&file.message_type) {
            comments.explain_message(&[FILE_MESSAGES, at], message);
        }
        for (at, it) in (0..).zip(&file.enum_type) {
            comments.explain_enum(&[FILE_ENUMS, at], it);
        }
        for (at, service) in (0..).zip(&file.service) {
            comments.explain(&[FILE_SERVICES, at], service.name());
            for (method_at, method) in (0..).zip(&service.method) {
                comments.explain(
                    &[FILE_SERVICES, at, SERVICE_METHODS, method_at],
                    method.name(),
                );
            }
        }
    }
}

/// The comments of a file, by what they stand before.
struct Comments(BTreeMap<Vec<i32>, String>);

impl Comments {
    fn of(file: &FileDescriptorProto) -> Self {
        let info = file
            .source_code_info
            .as_ref()
            .expect("the build keeps comments");
        let comment = |it: &Location| (it.path.clone(), it.leading_comments().to_owned());
        Self(info.location.iter().map(comment).collect())
    }

    fn explain(&self, path: &[i32], name: &str) {
        let comment = self.0.get(path).map_or("", String::as_str);
        let comment = comment.trim().trim_end_matches('"');
        assert!(
            comment.ends_with('.'),
            "{name} needs a comment, in sentences: {comment:?}"
        );
    }

    fn explain_message(&self, path: &[i32], message: &DescriptorProto) {
        self.explain(path, message.name());
        assert!(
            message.nested_type.iter().all(is_map),
            "{} nests messages",
            message.name()
        );
        for (at, field) in (0..).zip(&message.field) {
            self.explain(&[path, &[MESSAGE_FIELDS, at]].concat(), field.name());
        }
        for (at, oneof) in (0..).zip(&message.oneof_decl) {
            // A leading underscore is the compiler's own, for an optional field.
            if !oneof.name().starts_with('_') {
                self.explain(&[path, &[MESSAGE_ONEOFS, at]].concat(), oneof.name());
            }
        }
    }

    fn explain_enum(&self, path: &[i32], it: &EnumDescriptorProto) {
        self.explain(path, it.name());
        for (at, value) in (0..).zip(&it.value) {
            self.explain(&[path, &[ENUM_VALUES, at]].concat(), value.name());
        }
    }
}

fn is_map(message: &DescriptorProto) -> bool {
    message.options.as_ref().is_some_and(|it| it.map_entry())
}

/// What is written before the constants of an enum, by their numbers.
pub(crate) fn comments_of_constants(name: &str) -> BTreeMap<i32, String> {
    let mut found = BTreeMap::new();
    for file in files() {
        let comments = Comments::of(&file);
        for (at, it) in (0..)
            .zip(&file.enum_type)
            .filter(|(_, it)| it.name() == name)
        {
            for (value_at, value) in (0..).zip(&it.value) {
                let path = [FILE_ENUMS, at, ENUM_VALUES, value_at];
                let comment = comments.0.get(&path[..]).cloned().unwrap_or_default();
                found.insert(value.number(), comment);
            }
        }
    }
    found
}
