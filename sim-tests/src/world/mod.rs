//! The world: servers, clients and sessions on machines of their own, and what breaks them.
//!
//! A run has two parts. In the *storm* things break, and whatever is done and seen must be safe. In
//! the *calm* nothing is broken, nothing is submitted and all sessions just work; then everything
//! must come to its end.

mod approvals;
mod calm;
mod clock;
mod crons;
mod damage;
mod drain;
mod drive;
mod ends;
mod host;
mod keeper;
mod logbook;
mod nemesis;
mod operator;
mod process;
mod reader;
mod recorder;
mod scene;
mod sender;
mod server;
mod session;
mod setup;
mod stranger;
mod submitter;
mod work;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures::future::join;
use madsim::runtime::Runtime;
use madsim::task::JoinHandle;
use tokio::time::sleep;

use crate::draw::Draw;
use crate::history::Fault;
use crate::judge::{End, Evidence};
use crate::plan::Plan;
use crate::story;
use approvals::Board;
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
    let servers = Server::all(&plan, faults, &recorder);
    nemesis::disturb(&plan, &inside(&servers)).await;
    all_ready(&servers).await;
    let office = Host::new("operator".to_owned(), 3, 1);
    let tokens = setup::set_up(&plan, &servers[0].url(), &office).await;
    let scene = Scene {
        draw: Draw::new(plan.seed),
        recorder: recorder.clone(),
        work: Work::new(&plan),
        board: Board::default(),
        servers: servers.iter().map(Server::url).collect(),
        tokens,
        calm: Arc::default(),
        plan,
    };
    perform(&scene, &servers, &office).await;
    let servers = inside(&servers);
    let waits = ends::waits(&servers[0]);
    restart(&servers).await;
    let mut ends = ends::gather(&servers).await;
    let groups = servers.iter().map(ends::group_of).collect();
    let End { rows, applied, .. } = ends.remove(0);
    let journal = servers[0].take_journal();
    let story = story::tell(&journal);
    Evidence {
        history: recorder.take(),
        journal,
        story,
        rows,
        applied,
        others: ends,
        groups,
        waits,
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
    let planner = Host::new("planner".to_owned(), 3, 4);
    clients.push(planner.clone());
    let crons = tokio::spawn(crons::run(scene.clone(), planner));
    let desks = Host::new("approvers".to_owned(), 3, 5);
    clients.push(desks.clone());
    let approvers = tokio::spawn(approvals::run(scene.clone(), desks));
    let stranger = Host::new("stranger".to_owned(), 3, 3);
    clients.push(stranger.clone());
    let stranger = tokio::spawn(stranger::run(scene.clone(), stranger));
    let vault = Host::new("keeper".to_owned(), 3, 2);
    let keeper = keeper::run(scene.clone(), servers.to_vec(), vault.clone());
    let keeper = tokio::spawn(keeper);
    let sender = tokio::spawn(sender::run(scene.clone(), servers.to_vec()));
    let first = servers.iter().filter(|it| !it.is_out());
    let readers: Vec<_> = first.map(|it| begin_reader(scene, it)).collect();
    tamper(scene, servers, scene.plan.tampered);
    let all_done = async {
        let storm = async {
            sleep(scene.plan.storm).await;
            scene.calm.store(true, Ordering::Relaxed);
        };
        join(storm, nemesis::rage(scene, servers, &clients)).await;
        crons::outage(scene, servers).await;
        tamper(scene, servers, 0);
        servers.iter().for_each(Server::mend_clock);
        scene.recorder.fault(Fault::Heal);
        calm::one_leader(servers, &scene.recorder).await;
        keeper.await.expect("nobody kills the keeper");
        keeper::settle(scene, servers, &vault).await;
        let servers = &inside(servers);
        all_ready(servers).await;
        for submit in submits {
            submit.await.expect("nobody kills a submitter");
        }
        operator.await.expect("nobody kills the operator");
        crons.await.expect("nobody kills the planner");
        approvers.await.expect("nobody kills those who are asked");
        stranger.await.expect("nobody kills the stranger");
        sender.await.expect("nobody kills the sender");
        for reader in readers {
            reader.await.expect("nobody kills a reader");
        }
        crons::end(scene, office).await;
        sender::end(scene, office).await;
        drain::drain(scene, servers, office).await;
    };
    tokio::select! {
        biased;
        () = all_done => {}
        () = follow(scene, servers) => unreachable!("copies go on until all is done"),
    }
}

/// From now on so many of a hundred answers are lost, late or asked for twice.
fn tamper(scene: &Scene, servers: &[Server], percent: u64) {
    if scene.plan.tampered == 0 {
        return;
    }
    ackord_client::tamper(percent);
    servers.iter().for_each(|it| it.tamper(percent));
    scene.recorder.fault(Fault::Tamper { percent });
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

fn begin_reader(scene: &Scene, server: &Server) -> JoinHandle<()> {
    let number = u8::try_from(server.number()).expect("few");
    let host = Host::new(format!("reader {number}"), 4, number);
    tokio::spawn(reader::run(scene.clone(), server.clone(), host))
}

/// Copies logs, and sees who leads.
async fn follow(scene: &Scene, servers: &[Server]) {
    let mut lead = Vec::new();
    loop {
        sleep(FOLLOW).await;
        servers.iter().for_each(Server::follow);
        let leads = |it: &&Server| it.status().is_some_and(|it| it.leads);
        let leading = servers.iter().filter(leads).map(Server::number);
        let leading: Vec<usize> = leading.collect();
        if leading != lead {
            lead.clone_from(&leading);
            scene.recorder.fault(Fault::Leading { servers: leading });
        }
    }
}

/// Those that are a part of the cluster, or are to be.
fn inside(servers: &[Server]) -> Vec<Server> {
    let inside = servers.iter().filter(|it| !it.is_out());
    inside.cloned().collect()
}

async fn all_ready(servers: &[Server]) {
    for server in servers.iter().filter(|it| !it.is_out()) {
        server.ready().await;
    }
}

/// One more crash, so that what is judged is what a restart finds.
async fn restart(servers: &[Server]) {
    servers.iter().for_each(Server::kill);
    servers.iter().for_each(Server::start);
    all_ready(servers).await;
}
