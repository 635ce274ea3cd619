//! What a tool's few words make of a source's definition.

use std::collections::BTreeMap;

use ackord_client::v1;
use ackord_proto::shorthand;

use super::EventType;
use crate::tools::args::Urgency;

/// What is said of a source. What is not said stays.
#[derive(Debug, Default)]
pub(super) struct Words {
    pub(super) event_type: Option<EventType>,
    pub(super) skill: Option<String>,
    pub(super) routes: Option<BTreeMap<String, String>>,
    pub(super) tag: Option<String>,
    pub(super) priority: Option<Urgency>,
}

impl Words {
    pub(super) fn is_empty(&self) -> bool {
        self.event_type.is_none()
            && self.skill.is_none()
            && self.routes.is_none()
            && self.tag.is_none()
            && self.priority.is_none()
    }

    /// The definition with what is said.
    pub(super) fn over(self, mut definition: v1::SourceDefinition) -> v1::SourceDefinition {
        if let Some(it) = self.event_type {
            definition.event_type = Some(shorthand::event_type(it.header, it.body, it.action));
        }
        let defaults = definition.defaults.get_or_insert_default();
        if let Some(tag) = self.tag {
            defaults.tag = tag;
        }
        if let Some(priority) = self.priority {
            defaults.set_class(priority.into());
        }
        if let Some(routes) = self.routes {
            definition.routes = shorthand::routes(routes);
        }
        if let Some(skill) = self.skill {
            let of_rest = shorthand::route("*".to_owned(), skill);
            definition.routes.push(of_rest);
        }
        definition
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_skill_is_for_what_no_route_names() {
        let routes = ["issues.*", "push"];
        let words = Words {
            routes: Some(routes.map(|it| (it.to_owned(), "x".to_owned())).into()),
            skill: Some("Look at it.".to_owned()),
            ..Words::default()
        };
        let made = words.over(shorthand::of_kind("github"));
        let types: Vec<_> = made
            .routes
            .iter()
            .map(|it| it.event_type.as_str())
            .collect();
        assert_eq!(types, ["push", "issues.*", "*"]);
    }
}
