//! How a connection is ended: the plugin is told why, and the acks that it had sent before it heard of it
//! are taken, for it never sends one again.

use tokio::time::{Instant, sleep_until, timeout};

use crate::acks::Acks;
use crate::door::Stop;
use crate::ending::Ending;
use crate::frame::Frame;
use crate::hand::Hand;
use crate::limits::{ACK_PATIENCE, CLOSE_MAX, HEAR_OUT_MAX, LAST_ACKS_MAX};
use crate::line::Line;
use crate::metrics::Metrics;

/// Ends a connection that has not said who it is.
pub(crate) async fn turn_away(mut line: Line, ending: &Ending) {
    let _ = timeout(CLOSE_MAX, line.say_why(ending)).await;
    // Bytes that are left unread would reset the connection before the reason is read.
    let _ = timeout(CLOSE_MAX, async {
        while let Some(Ok(_)) = line.recv().await {}
    })
    .await;
}

/// Ends a connection whose acks count, and has them decided: for as long as any ack may take, or less if the
/// node stops.
pub(crate) async fn part(
    mut line: Line,
    acks: &mut Acks,
    hand: &Hand,
    ending: &Ending,
    metrics: &Metrics,
    stop: &Stop,
) {
    let began = Instant::now();
    let mut until = began + ACK_PATIENCE;
    let mut is_stopping = false;
    let _ = timeout(CLOSE_MAX, line.say_why(ending)).await;
    // Acks of who does not keep to the protocol are left out: his events come again.
    let mut is_heeded = !ending.is_breach();
    let mut is_open = true;
    while is_open || acks.len() > 0 {
        tokio::select! {
            biased;
            () = sleep_until(until) => return,
            () = stop.clone(), if !is_stopping => {
                is_stopping = true;
                until = until.min(Instant::now() + LAST_ACKS_MAX);
            }
            () = sleep_until(began + HEAR_OUT_MAX), if is_open => is_open = false,
            Some((fence, decided)) = acks.next(), if acks.len() > 0 => {
                metrics.acked(decided.is_ok());
                tracing::debug!(event = %fence.event_id, ok = decided.is_ok(), "a last ack");
            }
            message = line.recv(), if is_open && acks.have_room() => match message {
                Some(Ok(message)) if is_heeded => match line.understand(message) {
                    Ok(Some(Frame::Ack(ack))) => {
                        acks.take(hand, &ack, metrics);
                    }
                    Ok(_) => {}
                    Err(why) => is_heeded = !why.is_breach(),
                },
                Some(Ok(_)) => {}
                Some(Err(_)) | None => is_open = false,
            },
        }
    }
}
