//! A burst of signed webhooks while leaders are killed.
//!
//! Twice: by a sender that never sends again, as GitHub, and by one that sends again until it hears
//! 2xx, as nearly all others. Each sends to whichever node takes the connection, as through a load
//! balancer. A session's own record is the judge: what was answered 2xx must be in it, and nothing
//! may be in it under two events.

mod inbox;
mod judge;
mod sender;

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rand::RngExt;

use crate::fleet::Fleet;
use crate::judge::Violation;
use crate::server::StartError;
use crate::source::{self, Plan};

use inbox::Inbox;
use sender::{Answers, Burst, Habit};

/// Nodes of the cluster.
const NODES: usize = 3;
/// What the source shares with its provider.
const SECRET: &str = "a secret of the chaos campaign";
/// Where its events go.
const TAG: &str = "webhooks";
/// How long everything may take to be acknowledged once nothing disturbs any more.
const DRAIN_LIMIT: Duration = Duration::from_secs(180);
/// Between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// What came of it.
#[derive(Debug)]
pub struct Report {
    /// Leaders that were killed.
    pub kills: usize,
    /// What the sender that never sends again was told.
    pub once: Answers,
    /// What the one that does was told.
    pub again: Answers,
    /// Properties that do not hold.
    pub violations: Vec<Violation>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} leaders killed; never sent again: {}; sent again: {}",
            self.kills, self.once, self.again
        )
    }
}

/// Sends `requests` webhooks in each habit, and kills so many leaders meanwhile.
///
/// # Errors
/// The nodes do not start, or nobody leads.
pub async fn run(
    program: &Path,
    dir: &Path,
    requests: u64,
    kills: u64,
    mut progress: impl FnMut(u64),
) -> Result<Report, StartError> {
    let mut fleet = Fleet::new(program, dir, NODES)?;
    fleet.start_all()?;
    fleet.serving(&fleet.all()).await?;
    let token = fleet.make_team("chaos").await?;
    let plan = Plan {
        slug: "github",
        preset: "github",
        secret: SECRET,
        tag: TAG,
        deadline_ms: 0,
    };
    let path = source::make(&fleet, &token, plan).await;
    let path = path.map_err(|it| StartError::Refused(it.to_string()))?;
    let inbox = Arc::new(Inbox::default());
    let sessions = fleet.all().into_iter().map(|at| {
        let client = fleet.client(&token);
        inbox::attach(client, format!("session-{at}"), TAG, Arc::clone(&inbox))
    });
    let _sessions: Vec<_> = sessions.collect();

    let mut violations = Vec::new();
    let mut killed = 0;
    let mut told = Vec::new();
    for (n, habit) in (0..).zip([Habit::Once, Habit::UntilTaken]) {
        let nodes = fleet.all().into_iter().map(|at| fleet.web(at)).collect();
        let keys = n * requests..(n + 1) * requests;
        let burst = Burst::begin(nodes, &path, keys, habit);
        for kill in 1..=kills {
            burst.answered(kill * requests / (kills + 1)).await;
            let leader = fleet.leader().await?;
            let calm = rand::rng().random_range(0..200);
            tokio::time::sleep(Duration::from_millis(calm)).await;
            fleet.kill(leader);
            killed += 1;
            progress(killed);
            burst
                .answered((2 * kill + 1) * requests / (2 * kills + 2))
                .await;
            fleet.start_all()?;
            fleet.serving(&fleet.all()).await?;
        }
        let answers = burst.end().await;
        drain(&inbox, &answers).await;
        violations.extend(judge::judge(&answers, &inbox, habit));
        told.push(answers);
    }
    let [once, again] = <[Answers; 2]>::try_from(told).expect("two habits");
    Ok(Report {
        kills: usize::try_from(killed).unwrap_or(usize::MAX),
        once,
        again,
        violations,
    })
}

/// Waits until all that was taken is acknowledged, or for as long as that may take.
async fn drain(inbox: &Inbox, answers: &Answers) {
    let begun = Instant::now();
    while begun.elapsed() < DRAIN_LIMIT && answers.taken().any(|key| !inbox.has(key)) {
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
