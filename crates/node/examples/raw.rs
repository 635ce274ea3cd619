//! What Raft and its log alone can do: a closed loop of callers that propose opaque bytes to a group
//! of one, through the log and with the settings of a node, and with nothing to apply.
//!
//! `raw DIR SECONDS [CALLERS] [BYTES]` runs twice, and prints one JSON object for each: `single`,
//! where each call is an entry, and `batched`, where an entry takes what has gathered while four
//! earlier ones were on their way, as a node does.
#![allow(clippy::print_stdout, reason = "this is a program")]

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ackord_raft::Options;
use ackord_raft::raw::Raw;
use ackord_store::{Disk, DiskOptions};
use bytes::{Bytes, BytesMut};
use hdrhistogram::Histogram;
use tokio::sync::{Semaphore, mpsc, oneshot};

/// As many as a node has on their way.
const IN_FLIGHT: usize = 4;
/// As many calls as an entry of a node takes.
const BATCH: usize = 1024;
/// Processor time of a process is told in hundredths of a second.
const TICK_US: u64 = 10_000;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;
type Call = (Bytes, oneshot::Sender<()>);

#[tokio::main]
async fn main() -> Outcome<()> {
    let mut words = std::env::args().skip(1);
    let usage = "raw DIR SECONDS [CALLERS] [BYTES]";
    let dir = words.next().ok_or(usage)?;
    let seconds = words.next().ok_or(usage)?.parse()?;
    let callers = words.next().map_or(Ok(64), |it| it.parse())?;
    let bytes = words.next().map_or(Ok(1024), |it| it.parse())?;
    for batched in [false, true] {
        fs::create_dir(&dir)?;
        let figures = run(Path::new(&dir), seconds, callers, bytes, batched).await;
        fs::remove_dir_all(&dir)?;
        println!("{}", figures?);
    }
    Ok(())
}

async fn run(
    dir: &Path,
    seconds: u64,
    callers: usize,
    bytes: usize,
    batched: bool,
) -> Outcome<String> {
    let disk = Disk::open(dir, &DiskOptions::default())?;
    let raw = Arc::new(Raw::start(&Options::new(1), disk.log, disk.rows).await?);
    let (calls, inbox) = mpsc::unbounded_channel();
    let server = tokio::spawn(serve(raw.clone(), inbox, batched));
    let body = Bytes::from_iter((0..bytes).map(|_| rand::random::<u8>()));
    let (begin, used) = (Instant::now(), cpu_us()?);
    let until = begin + Duration::from_secs(seconds);
    let tasks: Vec<_> = (0..callers)
        .map(|_| tokio::spawn(call(calls.clone(), body.clone(), until)))
        .collect();
    let mut times = Histogram::<u64>::new(3)?;
    for task in tasks {
        times.add(task.await??)?;
    }
    let (took, used) = (begin.elapsed(), cpu_us()? - used);
    drop(calls);
    server.await?;
    let raw = Arc::into_inner(raw).ok_or("the group is still in use")?;
    raw.shutdown().await;
    let figures = BTreeMap::from([
        ("count", times.len()),
        ("cpu_ns_each", used * 1000 / times.len().max(1)),
        ("p50_us", times.value_at_quantile(0.5)),
        ("p99_us", times.value_at_quantile(0.99)),
        ("per_second", times.len() * 1000 / millis(took)),
    ]);
    let fields: Vec<String> = figures
        .iter()
        .map(|(name, value)| format!("\"{name}\":{value}"))
        .collect();
    let name = if batched { "batched" } else { "single" };
    Ok(format!("{{\"bench\":\"raw {name}\",{}}}", fields.join(",")))
}

fn millis(length: Duration) -> u64 {
    u64::try_from(length.as_millis()).unwrap_or(u64::MAX).max(1)
}

/// One caller: asks, waits, asks again. Returns the time of each.
async fn call(
    calls: mpsc::UnboundedSender<Call>,
    body: Bytes,
    until: Instant,
) -> Outcome<Histogram<u64>> {
    let mut times = Histogram::new(3)?;
    while Instant::now() < until {
        let begin = Instant::now();
        let (done, committed) = oneshot::channel();
        calls.send((body.clone(), done))?;
        committed.await?;
        times.record(u64::try_from(begin.elapsed().as_micros())?)?;
    }
    Ok(times)
}

/// Proposes what the callers ask for, until they are gone.
async fn serve(raw: Arc<Raw>, mut inbox: mpsc::UnboundedReceiver<Call>, batched: bool) {
    let (in_flight, most) = if batched {
        (IN_FLIGHT, BATCH)
    } else {
        (Semaphore::MAX_PERMITS, 1)
    };
    let in_flight = Arc::new(Semaphore::new(in_flight));
    loop {
        let permit = Arc::clone(&in_flight).acquire_owned().await;
        let mut calls = Vec::new();
        if inbox.recv_many(&mut calls, most).await == 0 {
            return;
        }
        let (bodies, callers): (Vec<Bytes>, Vec<_>) = calls.into_iter().unzip();
        let done = move |committed| {
            drop(permit);
            // A caller that hears nothing fails.
            for caller in callers.into_iter().filter(|_| committed) {
                let _ = caller.send(());
            }
        };
        raw.propose(joined(bodies), done).await;
    }
}

fn joined(mut bodies: Vec<Bytes>) -> Bytes {
    if bodies.len() == 1 {
        return bodies.remove(0);
    }
    let mut entry = BytesMut::with_capacity(bodies.iter().map(Bytes::len).sum());
    bodies.iter().for_each(|it| entry.extend_from_slice(it));
    entry.freeze()
}

/// Processor time of this process.
fn cpu_us() -> Outcome<u64> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let (_, behind) = stat.rsplit_once(')').ok_or("no name")?;
    let mut fields = behind.split_ascii_whitespace().skip(11);
    let mut next = || -> Outcome<u64> { Ok(fields.next().ok_or("no times")?.parse()?) };
    Ok((next()? + next()?) * TICK_US)
}
