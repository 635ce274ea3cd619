//! Scheduled prompts.

use ackord_proto::v1::instruction::Instruction;
use ackord_proto::v1::{self, RefusalReason};
use serde_json::{Value, json};

use super::{Answer, Asker, said, stated};
use crate::cluster::{reason, words};
use crate::frame::{CronCreate, CronDelete, priority};
use crate::limits::LISTED_MAX;
use crate::time::iso;

/// Bytes of a prompt that name a cron which has no label.
const NAME_BYTES: usize = 40;
const PAGE: u32 = 200;

pub(super) async fn create(asker: &Asker, asked: CronCreate) -> Answer {
    let label = asked.label.and_then(stated);
    let mut terms = v1::CronTerms {
        label: label.unwrap_or_else(|| named_after(&asked.prompt)),
        schedule: asked.schedule,
        tag: asked.session_tag.unwrap_or_default(),
        ..v1::CronTerms::default()
    };
    terms.set_class(asked.priority.map(Into::into).unwrap_or_default());
    let question = v1::CreateCronRequest {
        terms: Some(terms),
        instruction: Some(v1::Instruction {
            instruction: Some(Instruction::Prompt(asked.prompt)),
        }),
        paused: false,
    };
    let cluster = &asker.cluster;
    let made = said(cluster.crons().create_cron(cluster.call(question)).await)?;
    Ok(shown(&made.cron.unwrap_or_default()))
}

pub(super) async fn delete(asker: &Asker, asked: CronDelete) -> Answer {
    let question = v1::DeleteCronRequest {
        cron: asked.cron_id,
        revision: None,
    };
    let cluster = &asker.cluster;
    let removed = cluster.crons().delete_cron(cluster.call(question)).await;
    match removed {
        Ok(_) => Ok(json!({ "removed": true })),
        Err(status) if reason(&status) == Some(RefusalReason::NotFound) => {
            Ok(json!({ "removed": false }))
        }
        Err(status) => Err(words(&status)),
    }
}

pub(super) async fn list(asker: &Asker) -> Answer {
    let cluster = &asker.cluster;
    let (mut crons, mut page_token) = (Vec::new(), String::new());
    loop {
        let question = v1::ListCronsRequest {
            page_size: PAGE,
            page_token,
            at_least: None,
        };
        let page = said(cluster.crons().list_crons(cluster.fresh(question)).await)?;
        crons.extend(page.crons.iter().map(shown));
        page_token = page.next_page_token;
        if page_token.is_empty() || crons.len() >= LISTED_MAX {
            return Ok(Value::Array(crons));
        }
    }
}

fn shown(it: &v1::Cron) -> Value {
    let terms = it.terms.clone().unwrap_or_default();
    let prompt = match it
        .instruction
        .as_ref()
        .and_then(|it| it.instruction.as_ref())
    {
        Some(Instruction::Prompt(text) | Instruction::Skill(text)) => text.as_str(),
        None => "",
    };
    let mut cron = json!({
        "id": it.id,
        "schedule": terms.schedule,
        "prompt": prompt,
        "label": terms.label,
        "priority": priority(terms.class()),
        "createdAt": iso(it.created_at_ms),
        "paused": it.paused_at_ms > 0,
    });
    if let Some(tag) = stated(terms.tag) {
        cron["sessionTag"] = tag.into();
    }
    if let Some(next) = it.next_at_ms.first() {
        cron["nextRun"] = iso(*next).into();
    }
    cron
}

/// A label is needed, unique in its team, and the protocol asks for none.
fn named_after(prompt: &str) -> String {
    let line = prompt.split_whitespace().collect::<Vec<_>>().join(" ");
    let line: String = line.chars().filter(|it| !it.is_control()).collect();
    let cut = line.floor_char_boundary(NAME_BYTES);
    format!("{} {:06x}", &line[..cut], rand::random::<u32>() >> 8)
        .trim()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cron_without_a_label_is_named_after_its_prompt() {
        let name = named_after("Look at\nall   open issues, and say what is urgent among them.");
        assert!(
            name.starts_with("Look at all open issues, and say what is"),
            "{name}"
        );
        assert_ne!(named_after("x"), named_after("x"));
    }
}
