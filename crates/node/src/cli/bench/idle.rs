//! `ackord bench idle`: what crons and delayed events cost while none of them is due.

use std::path::PathBuf;
use std::time::Duration;

use ackord_client::v1::instruction::Instruction;
use ackord_client::{Client, Event, v1};
use clap::Args;
use serde::Serialize;
use tokio::time::sleep;

use super::host::Host;
use super::load::{self, Bound};
use super::place::{Bodies, Tags};
use super::process::disk_bytes;
use crate::cli::connection::{Connection, Who};
use crate::cli::failure::Failure;
use crate::cli::output::{Card, Output, note};
use crate::cli::values::{bytes, length};

/// Crons of one team: as many as it may have.
const CRONS_OF_A_TEAM: u32 = 10_000;
/// Calls under way: enough that batches are full.
const CALLERS: usize = 1024;
/// Tags that the events are spread over.
const TAGS: usize = 1_000;
/// Events are delayed by at least so much, and crons are due that late: after the bench.
const DELAY: Duration = Duration::from_hours(24);
/// A look waits so long for what the server still does behind the scenes.
const QUIET_WAIT_MAX: Duration = Duration::from_mins(2);

/// How much.
#[derive(Debug, Args)]
pub(crate) struct Idle {
    /// Crons, of ten thousand to a team
    #[arg(long, value_name = "COUNT", default_value_t = 100_000)]
    crons: u32,
    /// Events that are delayed
    #[arg(long, value_name = "COUNT", default_value_t = 1_000_000)]
    events: u64,
    /// Bytes of a body, at random
    #[arg(long, value_name = "COUNT", default_value_t = 128)]
    body_bytes: usize,
    /// How long each look lasts
    #[arg(long, value_name = "LENGTH", value_parser = length, default_value = "1m")]
    look: Duration,
    /// Where the node of the bench has its data, as long as it runs
    #[arg(long, value_name = "DIR", default_value = "./ackord-bench")]
    dir: PathBuf,
}

/// What the node is seen to cost.
#[derive(Debug, Serialize)]
struct Look {
    when: &'static str,
    crons: u32,
    delayed: u64,
    /// Hundredths of one processor.
    cpu_percent: f64,
    resident_bytes: u64,
    disk_bytes: u64,
}

impl Card for Look {
    fn lines(&self) -> Vec<(&'static str, String)> {
        vec![
            ("look", self.when.to_owned()),
            ("crons", self.crons.to_string()),
            ("delayed", self.delayed.to_string()),
            ("processor", format!("{:.2} %", self.cpu_percent)),
            ("memory", bytes(self.resident_bytes)),
            ("disk", bytes(self.disk_bytes)),
        ]
    }
}

impl Idle {
    pub(super) async fn run(self, connection: &Connection, output: Output) -> Result<(), Failure> {
        let mut host = Host::start(&self.dir).await?;
        output.card(&self.look(&host, "nothing", 0, 0).await?);
        self.make_crons(&host.connection(connection)).await?;
        output.card(&self.look(&host, "crons", self.crons, 0).await?);
        self.delay_events(&host.connection(connection)).await?;
        let all = (self.crons, self.events);
        output.card(
            &self
                .look(&host, "delayed events, too", all.0, all.1)
                .await?,
        );
        let took = host.restart().await?;
        note(format!("serves {:.2} s after a kill", took.as_secs_f64()));
        output.card(&self.look(&host, "after a restart", all.0, all.1).await?);
        Ok(())
    }

    async fn look(
        &self,
        host: &Host,
        when: &'static str,
        crons: u32,
        delayed: u64,
    ) -> Result<Look, Failure> {
        let server = host.process()?;
        server.quiet(QUIET_WAIT_MAX).await?;
        note(format!("{when}: looking"));
        let before = server.cpu()?;
        sleep(self.look).await;
        let used = server.cpu()?.saturating_sub(before);
        Ok(Look {
            when,
            crons,
            delayed,
            cpu_percent: 100.0 * used.as_secs_f64() / self.look.as_secs_f64(),
            resident_bytes: server.memory()?.resident,
            disk_bytes: disk_bytes(host.dir())?,
        })
    }

    async fn make_crons(&self, connection: &Connection) -> Result<(), Failure> {
        let operator = connection.client_as(Who::Operator)?;
        let mut left = self.crons;
        while left > 0 {
            let count = left.min(CRONS_OF_A_TEAM);
            let name = format!("idle-{}", self.crons - left);
            let token = token(&operator, name).await?;
            let client = connection.with_token(token).client()?;
            make_crons_of(&client, count).await?;
            left -= count;
        }
        Ok(())
    }

    async fn delay_events(&self, connection: &Connection) -> Result<(), Failure> {
        let client = connection.client()?;
        let (tags, bodies) = (Tags::new("idle", TAGS), Bodies::new(self.body_bytes));
        let bound = Bound::count(self.events);
        let delayed = load::run("delay events", bound, CALLERS, |_, tickets| {
            let (client, tags, bodies) = (client.clone(), tags.clone(), bodies.clone());
            async move {
                while let Some(number) = tickets.take() {
                    let tag = tags.of(usize::try_from(number).unwrap_or_default());
                    let delay = DELAY.mul_f64(rand::random_range(1.0..2.0));
                    let event = Event::new("bench", bodies.cut()).tag(tag).delay(delay);
                    client.submit(event).await?;
                    tickets.done();
                }
                Ok(())
            }
        });
        delayed.await?;
        Ok(())
    }
}

/// Makes a team, and a token of it.
async fn token(operator: &Client, name: String) -> Result<String, Failure> {
    let team = operator.create_team(v1::CreateTeamRequest { name }).await?;
    let question = v1::CreateTokenRequest {
        team: team.team_id,
        roles: vec![v1::Role::Manage.into()],
        ..v1::CreateTokenRequest::default()
    };
    Ok(operator.create_token(question).await?.secret)
}

async fn make_crons_of(client: &Client, count: u32) -> Result<(), Failure> {
    let bound = Bound::count(count.into());
    let made = load::run("make crons", bound, CALLERS, |_, tickets| {
        let client = client.clone();
        async move {
            while let Some(number) = tickets.take() {
                client.create_cron(creation(number)).await?;
                tickets.done();
            }
            Ok(())
        }
    });
    made.await?;
    Ok(())
}

/// Once a day, a day from now on.
fn creation(number: u64) -> v1::CreateCronRequest {
    v1::CreateCronRequest {
        terms: Some(v1::CronTerms {
            label: format!("idle-{number}"),
            schedule: "@every 24h".to_owned(),
            tag: "idle".to_owned(),
            ..v1::CronTerms::default()
        }),
        instruction: Some(v1::Instruction {
            instruction: Some(Instruction::Skill("bench".to_owned())),
        }),
        paused: false,
    }
}
