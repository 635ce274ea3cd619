//! What a plugin says before it has a session.
//!
//! A plugin that comes back sends the acks that it made meanwhile right behind the `auth_ok`. They are
//! decided before its session is made: to attach is to be given an event, and were it the one that an ack
//! on the way is about, that ack would no longer count.

use tokio::time::{Instant, sleep_until};

use crate::acks::Acks;
use crate::ending::Ending;
use crate::frame::{Frame, Malformed, Request, Told};
use crate::hand::Hand;
use crate::limits::{OFFLINE_ACKS_MAX, REQUESTS_MAX, SETTLE_MAX};
use crate::line::Line;
use crate::metrics::Metrics;

/// Lets a plugin in and has its offline acks decided. Answers what it has asked meanwhile.
pub(crate) async fn settle(
    line: &mut Line,
    acks: &mut Acks,
    metrics: &Metrics,
) -> Result<Vec<Request>, Ending> {
    line.write(&Told::AuthOk).await?;
    // Its answer comes behind the acks.
    line.write(&Told::Ping).await?;
    let (began, nothing) = (Instant::now(), Hand::default());
    let mut asked = Vec::new();
    let mut is_read = false;
    while !is_read || acks.len() > 0 {
        tokio::select! {
            biased;
            () = sleep_until(began + OFFLINE_ACKS_MAX) => break,
            () = sleep_until(began + SETTLE_MAX), if !is_read => is_read = true,
            Some((_, decided)) = acks.next(), if acks.len() > 0 => metrics.acked(decided.is_ok()),
            frame = line.next(), if !is_read && acks.have_room() && asked.len() < REQUESTS_MAX => {
                match frame? {
                    Some(Frame::Pong) => is_read = true,
                    Some(Frame::Ack(ack)) => {
                        acks.take(&nothing, &ack, metrics);
                    }
                    Some(Frame::Ping) => line.write(&Told::Pong).await?,
                    Some(Frame::Request(request)) => asked.push(request),
                    Some(Frame::Auth(_)) => return Err(Ending::Malformed(Malformed::AuthOnce)),
                    Some(Frame::Unknown) | None => {}
                }
            }
        }
    }
    Ok(asked)
}
