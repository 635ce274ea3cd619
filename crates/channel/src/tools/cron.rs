//! Scheduled prompts.

use ackord_client::v1::{self, instruction};
use schemars::JsonSchema;
use serde::Deserialize;

use super::args::{Id, Urgency, stated};
use super::silence::SilenceArgs;
use super::{Told, Tools, said, words};

/// Crons that are listed at the most.
const LISTED_MAX: u32 = 200;
/// Letters of a prompt that name a cron which has no label.
const NAME_LETTERS: usize = 40;

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CreateArgs {
    /// When: five fields of cron (minute, hour, day of month, month, day of week), @daily and the like, or
    /// @every and a length of time, such as @every 10m
    schedule: String,
    /// What to do then
    prompt: String,
    /// Its name, unique in the team; left out: made of the prompt
    label: Option<String>,
    /// Tag of the sessions that get it; left out: this session's
    session: Option<String>,
    /// Its precedence
    priority: Option<Urgency>,
    /// Time zone of the five fields, such as Europe/Berlin; left out: UTC
    time_zone: Option<String>,
    /// Who hears of it if none of its events is acknowledged for long; left out: nobody
    silence: Option<SilenceArgs>,
}

/// What changes of a cron. What is left out stays.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct UpdateArgs {
    /// Its label or its id
    id: String,
    /// When it fires, as cron_create takes it
    schedule: Option<String>,
    /// What to do then
    prompt: Option<String>,
    /// Its new name
    label: Option<String>,
    /// Tag of the sessions that get it
    session: Option<String>,
    /// Its precedence
    priority: Option<Urgency>,
    /// Time zone of the five fields
    time_zone: Option<String>,
    /// Who hears of it if none of its events is acknowledged for long
    silence: Option<SilenceArgs>,
}

/// The question that these words ask.
pub(super) fn creation(tools: &Tools, args: CreateArgs) -> Result<v1::CreateCronRequest, String> {
    let label = stated(args.label).unwrap_or_else(|| named_after(&args.prompt));
    let tag = stated(args.session).or_else(|| tools.about.tag.clone());
    let mut terms = v1::CronTerms {
        label,
        schedule: args.schedule,
        time_zone: args.time_zone.unwrap_or_default(),
        tag: tag.unwrap_or_default(),
        ..v1::CronTerms::default()
    };
    terms.set_class(args.priority.map(Into::into).unwrap_or_default());
    terms.silence = args.silence.map(|it| it.over(tools, None)).transpose()?;
    Ok(v1::CreateCronRequest {
        terms: Some(terms),
        instruction: Some(told(args.prompt)),
        paused: false,
    })
}

/// The question that these words ask, of the cron as it is: somebody else's change in between is refused.
pub(super) async fn change(
    tools: &Tools,
    args: UpdateArgs,
) -> Result<v1::UpdateCronRequest, String> {
    let asked = v1::GetCronRequest {
        cron: args.id,
        at_least: None,
    };
    let present = said(tools.client()?.get_cron(asked).await)?;
    let present = present.cron.unwrap_or_default();
    let mut terms = present.terms.unwrap_or_default();
    terms.schedule = stated(args.schedule).unwrap_or(terms.schedule);
    terms.label = stated(args.label).unwrap_or(terms.label);
    terms.tag = stated(args.session).unwrap_or(terms.tag);
    terms.time_zone = stated(args.time_zone).unwrap_or(terms.time_zone);
    if let Some(priority) = args.priority {
        terms.set_class(priority.into());
    }
    if let Some(silence) = args.silence {
        terms.silence = Some(silence.over(tools, terms.silence.take())?);
    }
    Ok(v1::UpdateCronRequest {
        cron: present.id,
        revision: Some(present.revision),
        terms: Some(terms),
        instruction: stated(args.prompt).map(told),
    })
}

fn told(prompt: String) -> v1::Instruction {
    v1::Instruction {
        instruction: Some(instruction::Instruction::Prompt(prompt)),
    }
}

/// `cron_create`.
pub(super) async fn create(tools: &Tools, args: CreateArgs) -> Told {
    let question = creation(tools, args)?;
    let made = said(tools.client()?.create_cron(question).await)?;
    Ok(format!("Made {}", line(&made.cron.unwrap_or_default())))
}

/// `cron_update`.
pub(super) async fn update(tools: &Tools, args: UpdateArgs) -> Told {
    let question = change(tools, args).await?;
    let changed = said(tools.client()?.update_cron(question).await)?;
    Ok(format!(
        "Changed {}",
        line(&changed.cron.unwrap_or_default())
    ))
}

/// `cron_list`.
pub(super) async fn list(tools: &Tools) -> Told {
    let question = v1::ListCronsRequest {
        page_size: LISTED_MAX,
        ..v1::ListCronsRequest::default()
    };
    let answer = said(tools.client()?.list_crons(question).await)?;
    Ok(words::list(
        "There are no crons.",
        answer.crons.iter().map(line),
    ))
}

/// `cron_delete`.
pub(super) async fn delete(tools: &Tools, args: Id) -> Told {
    let question = v1::DeleteCronRequest {
        cron: args.id.clone(),
        revision: None,
    };
    said(tools.client()?.delete_cron(question).await)?;
    Ok(format!("Removed {}. What it has fired stays.", args.id))
}

/// `cron_pause`.
pub(super) async fn pause(tools: &Tools, args: Id) -> Told {
    let question = v1::PauseCronRequest { cron: args.id };
    let paused = said(tools.client()?.pause_cron(question).await)?;
    Ok(format!("Paused {}", line(&paused.cron.unwrap_or_default())))
}

/// `cron_resume`.
pub(super) async fn resume(tools: &Tools, args: Id) -> Told {
    let question = v1::ResumeCronRequest { cron: args.id };
    let resumed = said(tools.client()?.resume_cron(question).await)?;
    Ok(format!(
        "Resumed {}",
        line(&resumed.cron.unwrap_or_default())
    ))
}

/// `cron_fire`.
pub(super) async fn fire(tools: &Tools, args: Id) -> Told {
    let question = v1::FireCronRequest {
        cron: args.id.clone(),
        ..v1::FireCronRequest::default()
    };
    let fired = said(tools.client()?.fire_cron(question).await)?;
    Ok(format!(
        "{} has fired: {} is queued.",
        args.id, fired.event_id
    ))
}

fn line(it: &v1::Cron) -> String {
    let terms = it.terms.clone().unwrap_or_default();
    let tag = match terms.tag.as_str() {
        "" => "(untagged)",
        tag => tag,
    };
    let zone = match terms.time_zone.as_str() {
        "" => "UTC",
        zone => zone,
    };
    let next = match (it.paused_at_ms, it.next_at_ms.first()) {
        (0, Some(at)) => format!("next at {}", words::time(*at)),
        (0, None) => "has no more ticks".to_owned(),
        _ => "paused".to_owned(),
    };
    let silence = terms.silence.map(|it| {
        let (seconds, tag) = (it.after_ms / 1000, it.tag);
        format!(", tells {tag} after {seconds} s of silence")
    });
    format!(
        "{} {:?}: {} ({zone}) for {tag}, {next}, fired {} times{}",
        it.id,
        words::line(&terms.label),
        terms.schedule,
        it.ticks_fired + it.fired_by_hand,
        silence.unwrap_or_default()
    )
}

/// A name that says what it does, and that no other cron has.
fn named_after(prompt: &str) -> String {
    let plain = prompt
        .chars()
        .map(|it| if it.is_control() { ' ' } else { it });
    let beginning: String = plain.take(NAME_LETTERS).collect();
    format!("{} {:04x}", beginning.trim(), rand::random::<u16>())
        .trim()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cron_without_a_label_is_named_after_its_prompt() {
        let name =
            named_after("Look at the build\nand mend it, whatever it is that is broken there");
        assert!(name.starts_with("Look at the build and mend it"), "{name}");
        assert!(name.len() <= 128);
        assert_eq!(named_after("\n").len(), 4);
    }
}
