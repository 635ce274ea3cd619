//! The world: servers, clients and sessions on machines of their own, and what breaks them.
//!
//! A run has two parts. In the *storm* things break, and whatever is done and seen must be safe. In
//! the *calm* nothing is broken, nothing is submitted and all sessions just work; then everything
//! must come to its end.

mod clock;
mod drain;
mod host;
mod logbook;
mod nemesis;
mod operator;
mod process;
mod recorder;
mod scene;
mod server;
mod session;
mod setup;
mod submitter;
mod work;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures::future::join;
use madsim::runtime::Runtime;
use tokio::time::sleep;

use crate::draw::Draw;
use crate::history::Fault;
use crate::judge::Evidence;
use crate::plan::Plan;
use crate::story;
use host::Host;
use recorder::Recorder;
use scene::Scene;
use server::Server;
use work::Work;

pub use recorder::Listener;

/// How often the log of a running server is copied. Between two copies, less must be appended than
/// the least that a plan keeps of a log.
const FOLLOW: Duration = Duration::from_millis(100);
/// No run lasts longer: something that should have ended hangs.
const TIME_LIMIT: Duration = Duration::from_mins(20);

/// Carries out a plan. `faults` are planted bugs of the servers; see `ackord_raft::failpoint`.
///
/// The thread must be a new one: what it has drawn before does not come from the seed.
#[must_use]
pub fn run(plan: Plan, faults: &str, listener: Listener) -> Evidence {
    let mut config = madsim::Config::default();
    config.net.send_latency = Duration::from_micros(200)..plan.latency;
    let mut runtime = Runtime::with_seed_and_config(plan.seed, config);
    runtime.set_time_limit(TIME_LIMIT);
    runtime.block_on(play(Arc::new(plan), faults, listener))
}

async fn play(plan: Arc<Plan>, faults: &str, listener: Listener) -> Evidence {
    let recorder = Recorder::new(listener);
    let servers: Vec<Server> = vec![Server::new(1, &plan, faults, recorder.clone())];
    for server in &servers {
        server.ready().await;
    }
    let office = Host::new("operator".to_owned(), 3, 1);
    let token = setup::set_up(&plan, &servers[0].url(), &office).await;
    let scene = Scene {
        draw: Draw::new(plan.seed),
        recorder: recorder.clone(),
        work: Work::new(&plan),
        servers: servers.iter().map(Server::url).collect(),
        token,
        calm: Arc::default(),
        plan,
    };
    perform(&scene, &servers, &office).await;
    let (rows, journal) = restart(&servers[0]).await;
    let story = story::tell(&journal);
    Evidence {
        history: recorder.take(),
        journal,
        story,
        rows,
    }
}

/// The storm and the calm.
async fn perform(scene: &Scene, servers: &[Server], office: &Host) {
    let mut clients = vec![office.clone()];
    begin_sessions(scene, &mut clients);
    let submits: Vec<_> = (1..=scene.plan.submitters)
        .map(|number| {
            let kind = u8::try_from(number).expect("few");
            let host = Host::new(format!("submitter {number}"), 1, kind);
            clients.push(host.clone());
            tokio::spawn(submitter::run(scene.clone(), number, host))
        })
        .collect();
    let operator = tokio::spawn(operator::run(scene.clone(), office.clone()));
    let all_done = async {
        let storm = async {
            sleep(scene.plan.storm).await;
            scene.calm.store(true, Ordering::Relaxed);
        };
        join(storm, nemesis::rage(scene, servers, &clients)).await;
        scene.recorder.fault(Fault::Heal);
        for submit in submits {
            submit.await.expect("nobody kills a submitter");
        }
        operator.await.expect("nobody kills the operator");
        drain::drain(scene, office).await;
    };
    tokio::select! {
        biased;
        () = all_done => {}
        () = follow(servers) => unreachable!("copies go on until all is done"),
    }
}

fn begin_sessions(scene: &Scene, clients: &mut Vec<Host>) {
    let mut number = 0;
    for queue in &scene.plan.queues {
        let queue = Arc::new(queue.clone());
        for _ in 0..queue.sessions {
            number += 1;
            let machine = u8::try_from(number * 2).expect("few");
            let first = Host::new(format!("session {number} a"), 2, machine - 1);
            let second = Host::new(format!("session {number} b"), 2, machine);
            clients.extend([first.clone(), second.clone()]);
            let hosts = [first, second];
            tokio::spawn(session::watch_over(
                scene.clone(),
                number,
                queue.clone(),
                hosts,
            ));
        }
    }
}

async fn follow(servers: &[Server]) {
    loop {
        sleep(FOLLOW).await;
        servers.iter().for_each(Server::follow);
    }
}

/// One more crash, so that what is judged is what a restart finds.
async fn restart(server: &Server) -> (crate::table::Table, crate::journal::Journal) {
    server.kill();
    server.start();
    server.ready().await;
    server.take()
}
