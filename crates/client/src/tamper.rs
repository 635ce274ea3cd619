//! What a simulated network does to single answers: one is lost after the server has given it, comes
//! late, or its question arrives twice. Streams and connections hide this from whoever breaks links.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rand::RngExt;
use tokio::time::sleep;
use tonic::{Response, Status};

use crate::retry::Kind;
use crate::verdict::Verdict;

/// Of a hundred answers, so many; of all clients of this process, which is a whole world.
static PERCENT: AtomicU64 = AtomicU64::new(0);
/// How late an answer comes at most, in milliseconds.
const LATE_MAX: u64 = 3_000;

/// From now on something is done to so many of a hundred answers.
pub fn tamper(percent: u64) {
    PERCENT.store(percent, Ordering::Relaxed);
}

/// Sends a question, and gives its answer as the network lets it.
pub(crate) async fn answer<A, F>(kind: Kind, send: impl Fn() -> F) -> Result<Response<A>, Status>
where
    F: Future<Output = Result<Response<A>, Status>>,
{
    let answer = send().await;
    match draw() {
        None => answer,
        Some(Tampered::Lost) => Err(Status::deadline_exceeded("the answer was lost")),
        // What must not be done twice is not sent twice by any network that we know.
        Some(Tampered::Twice) if kind == Kind::Once => answer,
        Some(Tampered::Twice) => second_of(answer, send().await),
        Some(Tampered::Late(late)) => {
            sleep(late).await;
            answer
        }
    }
}

/// The answer that is heard of a question that arrived twice. Where one of the two was lost, it is in
/// doubt what was done: then the other one's word does not stand for both. Nor does a refusal of the
/// first one: the second one may find somebody who was not there yet. Nor that of a second one which
/// nobody has decided, such as for want of a leader: it says that nothing was done.
fn second_of<A>(
    first: Result<Response<A>, Status>,
    second: Result<Response<A>, Status>,
) -> Result<Response<A>, Status> {
    let said = |it: &Status| !it.details().is_empty();
    let is_final = |it: &Status| matches!(Verdict::of_status(it, ""), Verdict::Final(_));
    let in_doubt = |it: &Status| matches!(Verdict::of_status(it, ""), Verdict::Lost(_));
    match (&first, &second) {
        (Ok(_), Ok(_)) => second,
        (Ok(_), Err(refusal)) if said(refusal) && is_final(refusal) => second,
        (Err(refusal), _) if !in_doubt(refusal) => second,
        _ => first,
    }
}

/// What becomes of an answer.
enum Tampered {
    Lost,
    Twice,
    Late(Duration),
}

fn draw() -> Option<Tampered> {
    let percent = PERCENT.load(Ordering::Relaxed);
    // Nothing is drawn where nothing is done.
    if percent == 0 || rand::rng().random_range(0..100) >= percent {
        return None;
    }
    Some(match rand::rng().random_range(0..3) {
        0 => Tampered::Lost,
        1 => Tampered::Twice,
        _ => {
            let late = rand::rng().random_range(0..=LATE_MAX);
            Tampered::Late(Duration::from_millis(late))
        }
    })
}
