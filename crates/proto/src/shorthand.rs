//! A source's definition, from the few words that agents say.
//!
//! The tools of agents and the Clawback protocol take the same: a kind, what to do by type of event, and
//! where that type stands.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::v1::{self, event_type_place, route, route_send, verification};

/// The kind of a provider that nobody knows, and the preset that it stands for.
const GENERIC: (&str, &str) = ("generic", "hmac-sha256");
/// Longest name of a skill, in bytes.
const SKILL_BYTES_MAX: usize = 128;
/// The type of an event that has none at the places that were named.
const TYPELESS: &str = "webhook";

/// The definition of a kind of source: `generic`, or the name of a preset. Nobody looks here whether there
/// is such a preset.
#[must_use]
pub fn of_kind(kind: &str) -> v1::SourceDefinition {
    let preset = if kind == GENERIC.0 { GENERIC.1 } else { kind };
    let verification = v1::Verification {
        rule: Some(verification::Rule::Preset(preset.to_owned())),
        ..v1::Verification::default()
    };
    v1::SourceDefinition {
        verification: Some(verification),
        ..v1::SourceDefinition::default()
    }
}

/// The kind of a source that is verified so; `custom`, where a scheme is written out.
#[must_use]
pub fn kind(verification: Option<v1::Verification>) -> String {
    match verification.and_then(|it| it.rule) {
        Some(verification::Rule::Preset(preset)) if preset == GENERIC.1 => GENERIC.0.to_owned(),
        Some(verification::Rule::Preset(preset)) => preset,
        Some(verification::Rule::Scheme(_)) | None => "custom".to_owned(),
    }
}

/// What to do by type of event, in the order in which it counts. The narrower a type is, the earlier: an
/// exact one before `issues.*` before `*`.
#[must_use]
pub fn routes(of_types: BTreeMap<String, String>) -> Vec<v1::Route> {
    let mut routes: Vec<_> = of_types.into_iter().collect();
    routes.sort_by_key(|(event_type, _)| (event_type.ends_with('*'), Reverse(event_type.len())));
    let routes = routes.into_iter();
    routes
        .map(|(event_type, what)| route(event_type, what))
        .collect()
}

/// What to do with events of a type. One word is the name of a skill; all else is a prompt.
#[must_use]
pub fn route(event_type: String, what: String) -> v1::Route {
    let is_name = !what.is_empty()
        && what.len() <= SKILL_BYTES_MAX
        && what.bytes().all(|it| it.is_ascii_graphic());
    let instruction = match is_name {
        true => route_send::Instruction::Skill(what),
        false => route_send::Instruction::Prompt(what),
    };
    let send = v1::RouteSend {
        instruction: Some(instruction),
        ..v1::RouteSend::default()
    };
    v1::Route {
        event_type,
        conditions: Vec::new(),
        action: Some(route::Action::Send(send)),
    }
}

/// Where the type of an event stands: in a header, or else at a path of the body, with the value at `action`
/// after a dot. What is empty is not stated.
#[must_use]
pub fn event_type(
    header: Option<String>,
    body: Option<String>,
    action: Option<String>,
) -> v1::EventTypeRule {
    let header = stated(header).map(event_type_place::Place::Header);
    let body = stated(body).map(event_type_place::Place::Pointer);
    let places = header.into_iter().chain(body);
    v1::EventTypeRule {
        places: places
            .map(|it| v1::EventTypePlace { place: Some(it) })
            .collect(),
        action_pointer: action.unwrap_or_default(),
        fallback: TYPELESS.to_owned(),
    }
}

fn stated(text: Option<String>) -> Option<String> {
    text.filter(|it| !it.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_narrower_type_counts_first() {
        let types = ["i*", "*", "issues.*", "issues.opened", "push"];
        let made = routes(types.map(|it| (it.to_owned(), "x".to_owned())).into());
        let types: Vec<_> = made.iter().map(|it| it.event_type.as_str()).collect();
        assert_eq!(types, ["issues.opened", "push", "issues.*", "i*", "*"]);
    }

    #[test]
    fn one_word_is_a_skill_and_all_else_is_a_prompt() {
        let long = "x".repeat(SKILL_BYTES_MAX + 1);
        for (what, is_skill) in [
            ("/review", true),
            ("review it, please", false),
            ("", false),
            (long.as_str(), false),
        ] {
            let route = route("push".to_owned(), what.to_owned());
            let Some(route::Action::Send(send)) = route.action else {
                panic!("{what}: {route:?}")
            };
            let expected = match is_skill {
                true => route_send::Instruction::Skill(what.to_owned()),
                false => route_send::Instruction::Prompt(what.to_owned()),
            };
            assert_eq!(send.instruction, Some(expected));
        }
    }

    #[test]
    fn kinds_keep_their_names() {
        for name in ["github", "stripe", "generic", "none", "slack"] {
            assert_eq!(kind(of_kind(name).verification), name);
        }
        let rule = of_kind("generic").verification.and_then(|it| it.rule);
        let preset = verification::Rule::Preset("hmac-sha256".to_owned());
        assert_eq!(rule, Some(preset), "it is verified all the same");
        assert_eq!(kind(None), "custom");
    }

    #[test]
    fn a_place_that_is_empty_is_none() {
        let rule = event_type(Some(String::new()), Some("type".to_owned()), None);
        assert_eq!(rule.places.len(), 1);
        assert_eq!(rule.action_pointer, "");
    }
}
