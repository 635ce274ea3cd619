//! Sources: where providers send their webhooks.

use std::collections::BTreeMap;

use ackord_proto::shorthand;
use ackord_proto::v1::{self, RefusalReason};
use ackord_proto::v1::{route, route_send};
use bytes::Bytes;
use serde_json::{Value, json};

use super::{Answer, Asker, said, stated};
use crate::cluster::{reason, words};
use crate::frame::{SourceCreate, SourceDelete, priority};
use crate::limits::LISTED_MAX;
use crate::time::iso;

const PAGE: u32 = 200;

pub(super) async fn create(asker: &Asker, asked: SourceCreate) -> Answer {
    let secrets = asked.secret.and_then(stated).map(|value| v1::NewSecret {
        value: Bytes::from(value),
        ..v1::NewSecret::default()
    });
    let kind = asked.verifier_type.and_then(stated);
    let kind = kind.unwrap_or_else(|| "generic".to_owned());
    let mut definition = shorthand::of_kind(&kind);
    // What nobody thought of is not lost.
    definition.set_unmatched(v1::UnmatchedPolicy::Keep);
    if let Some(it) = asked.event_type.clone() {
        definition.event_type = Some(shorthand::event_type(it.header, it.body, it.action));
    }
    let mut defaults = v1::SourceDefaults {
        tag: asked.session_tag.clone().unwrap_or_default(),
        ..v1::SourceDefaults::default()
    };
    defaults.set_class(asked.priority.map(Into::into).unwrap_or_default());
    definition.defaults = Some(defaults);
    definition.routes = shorthand::routes(asked.routes.clone().unwrap_or_default());
    // One that Clawback's own pages call out of date: for whatever has no route.
    if let Some(skill) = asked.skill.clone().and_then(stated) {
        let of_rest = shorthand::route("*".to_owned(), skill);
        definition.routes.push(of_rest);
    }
    let question = v1::CreateSourceRequest {
        slug: asked.slug,
        definition: Some(definition),
        secrets: secrets.into_iter().collect(),
        mode: v1::SourceMode::Enabled.into(),
        ..v1::CreateSourceRequest::default()
    };
    let cluster = &asker.cluster;
    let made = cluster.call(question);
    let made = said(cluster.sources().create_source(made).await)?;
    let source = made.source.unwrap_or_default();
    let mut answer = shown(asker, &source);
    answer["type"] = kind.into();
    if let Some(skill) = asked.skill {
        answer["skill"] = skill.into();
    }
    if let Some(routes) = asked.routes {
        answer["routes"] = json!(routes);
    }
    if let Some(event_type) = asked.event_type {
        answer["eventType"] = json!(event_type);
    }
    Ok(answer)
}

pub(super) async fn list(asker: &Asker) -> Answer {
    let mut sources = Vec::new();
    for it in all(asker).await? {
        let question = v1::GetSourceRequest {
            slug: it.slug.clone(),
            at_least: None,
        };
        let cluster = &asker.cluster;
        let got = cluster.sources().get_source(cluster.call(question)).await;
        // One that somebody removes meanwhile is none.
        if let Some(source) = said(got).ok().and_then(|it| it.source) {
            sources.push(shown(asker, &source));
        }
    }
    Ok(Value::Array(sources))
}

pub(super) async fn delete(asker: &Asker, asked: SourceDelete) -> Answer {
    let slug = match asked.source_id.starts_with("src_") {
        true => {
            let found = all(asker).await?.into_iter();
            let mut found = found.filter(|it| it.id == asked.source_id);
            match found.next() {
                Some(source) => source.slug,
                None => return Ok(json!({ "removed": false })),
            }
        }
        false => asked.source_id,
    };
    let question = v1::DeleteSourceRequest {
        slug,
        revision: None,
    };
    let cluster = &asker.cluster;
    let removed = cluster.call(question);
    match cluster.sources().delete_source(removed).await {
        Ok(_) => Ok(json!({ "removed": true })),
        Err(status) if reason(&status) == Some(RefusalReason::NotFound) => {
            Ok(json!({ "removed": false }))
        }
        Err(status) => Err(words(&status)),
    }
}

/// All sources, without their definitions.
pub(super) async fn all(asker: &Asker) -> Result<Vec<v1::Source>, String> {
    let cluster = &asker.cluster;
    let (mut sources, mut page_token) = (Vec::new(), String::new());
    loop {
        let question = v1::ListSourcesRequest {
            page_size: PAGE,
            page_token,
            at_least: None,
        };
        let page = said(
            cluster
                .sources()
                .list_sources(cluster.fresh(question))
                .await,
        )?;
        sources.extend(page.sources);
        page_token = page.next_page_token;
        if page_token.is_empty() || sources.len() >= LISTED_MAX {
            return Ok(sources);
        }
    }
}

fn shown(asker: &Asker, it: &v1::Source) -> Value {
    let definition = it.definition.clone().unwrap_or_default();
    let defaults = definition.defaults.unwrap_or_default();
    let mut source = json!({
        "id": it.id,
        "slug": it.slug,
        "type": shorthand::kind(definition.verification),
        "url": format!("{}{}", asker.base, it.path),
        "priority": priority(defaults.class()),
        "createdAt": iso(it.created_at_ms),
    });
    let routes: BTreeMap<String, String> = definition.routes.into_iter().filter_map(told).collect();
    if !routes.is_empty() {
        source["routes"] = json!(routes);
    }
    if let Some(tag) = stated(defaults.tag) {
        source["sessionTag"] = tag.into();
    }
    source
}

/// A route as a plugin shows it; one that drops has no skill.
fn told(it: v1::Route) -> Option<(String, String)> {
    let Some(route::Action::Send(send)) = it.action else {
        return None;
    };
    let what = match send.instruction {
        Some(route_send::Instruction::Skill(text) | route_send::Instruction::Prompt(text)) => text,
        None => String::new(),
    };
    Some((it.event_type, what))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_is_shown_as_it_was_said() {
        for what in ["/review", "review it, please"] {
            let route = shorthand::route("push".to_owned(), what.to_owned());
            assert_eq!(told(route), Some(("push".to_owned(), what.to_owned())));
        }
    }
}
