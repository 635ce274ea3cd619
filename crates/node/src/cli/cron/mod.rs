//! `ackord cron`: instructions that go to a queue by themselves.

mod change;
mod view;
mod words;

use ackord_client::{Client, v1};
use clap::{Args, Subcommand};

use super::connection::Connection;
use super::failure::Failure;
use super::output::Output;
use super::paging::Limit;
use change::{Create, Update};
use view::{Card, Fired, Instant, Named};

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Cron {
    /// Makes a cron: an agent is told to do something at each instant of a schedule
    ///
    /// A schedule is five fields (minute, hour, day of month, month, day of week), @hourly, @daily,
    /// @weekly, @monthly, @yearly, or @every and a length of time.
    ///
    /// Example: ackord cron create report '0 9 * * MON-FRI' --zone Europe/Berlin --tag reports --prompt 'Write the daily report.'
    ///
    /// Example: ackord cron create tidy '@every 30m' --skill tidy-up --overlap skip --ttl 25m
    #[command(verbatim_doc_comment)]
    Create(Create),
    /// Lists crons: what became of the last tick, and when the next one is
    ///
    /// Example: ackord cron list
    List(Limit),
    /// Shows one cron: terms, instruction, last tick, next instants
    ///
    /// Example: ackord cron get report
    Get(Which),
    /// Changes a cron; what is not named stays
    ///
    /// What was fired stays as it is. A tick that is not decided yet is decided by the new terms, or
    /// skipped where they have another schedule.
    ///
    /// Example: ackord cron update report --schedule '30 8 * * MON-FRI'
    #[command(verbatim_doc_comment)]
    Update(Update),
    /// Removes a cron; what was fired stays
    ///
    /// Example: ackord cron delete report
    Delete(Delete),
    /// Lets a cron have no ticks until it is resumed
    ///
    /// Example: ackord cron pause report
    Pause(Which),
    /// Lets a cron have ticks again; those of the pause never were
    ///
    /// Example: ackord cron resume report
    Resume(Which),
    /// Queues an event of a cron now, whatever is under way; it is no tick
    ///
    /// Example: ackord cron fire report
    Fire(Which),
    /// Says when a schedule would fire; nothing is made
    ///
    /// Example: ackord cron next '0 9 * * MON-FRI' --zone Europe/Berlin --count 10
    Next(Next),
}

/// One cron.
#[derive(Debug, Clone, Args)]
pub(crate) struct Which {
    /// Its label, or its id
    cron: String,
}

/// A cron that is to go.
#[derive(Debug, Clone, Args)]
pub(crate) struct Delete {
    #[command(flatten)]
    which: Which,
    /// Only if it still has this revision
    #[arg(long, value_name = "NUMBER")]
    revision: Option<u64>,
}

/// A schedule to look at.
#[derive(Debug, Clone, Args)]
pub(crate) struct Next {
    /// The schedule, in quotes
    schedule: String,
    /// Its time zone, by its IANA name
    #[arg(long, value_name = "ZONE", default_value = "UTC")]
    zone: String,
    /// So many instants, up to 100
    #[arg(long, value_name = "COUNT", default_value_t = 5)]
    count: u32,
}

impl Cron {
    pub(crate) async fn run(self, connection: &Connection, output: Output) -> Result<(), Failure> {
        let client = &connection.client()?;
        match self {
            Self::Create(create) => output.card(&Card::from(create.run(client).await?)),
            Self::List(limit) => list(client, &limit, output).await?,
            Self::Get(which) => output.card(&Card::from(get(client, which.cron).await?)),
            Self::Update(update) => output.card(&Card::from(update.run(client).await?)),
            Self::Delete(it) => it.run(client, output).await?,
            Self::Pause(Which { cron }) => {
                let answer = client.pause_cron(v1::PauseCronRequest { cron }).await?;
                told(output, whole(client, answer.cron).await);
            }
            Self::Resume(Which { cron }) => {
                let answer = client.resume_cron(v1::ResumeCronRequest { cron }).await?;
                told(output, whole(client, answer.cron).await);
            }
            Self::Fire(Which { cron }) => {
                let answer = client.fire_cron(fire(cron)).await?;
                let fired = Fired::from(answer);
                output.done(&fired, &fired.sentence());
            }
            Self::Next(next) => next.run(client, output).await?,
        }
        Ok(())
    }
}

async fn get(client: &Client, cron: String) -> Result<v1::Cron, Failure> {
    let at_least = None;
    let answer = client
        .get_cron(v1::GetCronRequest { cron, at_least })
        .await?;
    Ok(answer.cron.unwrap_or_default())
}

fn fire(cron: String) -> v1::FireCronRequest {
    v1::FireCronRequest {
        cron,
        ..v1::FireCronRequest::default()
    }
}

async fn list(client: &Client, limit: &Limit, output: Output) -> Result<(), Failure> {
    let fetch = |page_size, page_token| async move {
        let question = v1::ListCronsRequest {
            page_size,
            page_token,
            at_least: None,
        };
        let answer = client.list_crons(question).await;
        answer.map(|it| (it.crons, it.next_page_token))
    };
    limit.show::<_, Named, _>(output, "no crons", fetch).await
}

/// A cron that was changed. A node that was behind has told its id alone, and is asked again.
async fn whole(client: &Client, cron: Option<v1::Cron>) -> v1::Cron {
    let cron = cron.unwrap_or_default();
    if cron.terms.is_some() {
        return cron;
    }
    get(client, cron.id.clone()).await.unwrap_or(cron)
}

fn told(output: Output, cron: v1::Cron) {
    let named = Named::from(cron);
    output.done(&named, &named.sentence());
}

impl Delete {
    async fn run(self, client: &Client, output: Output) -> Result<(), Failure> {
        let cron = self.which.cron;
        let question = v1::DeleteCronRequest {
            cron: cron.clone(),
            revision: self.revision,
        };
        client.delete_cron(question).await?;
        let sentence = format!("cron {cron} is gone; what it has fired stays");
        output.done(&serde_json::json!({ "cron": cron }), &sentence);
        Ok(())
    }
}

impl Next {
    async fn run(self, client: &Client, output: Output) -> Result<(), Failure> {
        let question = v1::PreviewScheduleRequest {
            schedule: self.schedule,
            time_zone: self.zone.clone(),
            count: self.count,
            ..v1::PreviewScheduleRequest::default()
        };
        let answer = client.preview_schedule(question).await?;
        let instants = answer.next_at_ms.into_iter();
        let rows: Vec<_> = instants.map(|it| Instant::new(it, &self.zone)).collect();
        output.list(&rows, "it never fires");
        Ok(())
    }
}
