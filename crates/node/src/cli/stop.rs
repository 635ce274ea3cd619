//! Somebody asks the program to stop: Ctrl-C, SIGTERM, or the end of its terminal.

use std::fs;
use std::future::pending;
use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Hears all of them.
#[derive(Debug)]
pub(crate) struct Stop {
    interrupt: Signal,
    terminate: Signal,
    /// None: whoever started the program wants it to outlive its terminal, as `nohup` does.
    hangup: Option<Signal>,
}

impl Stop {
    /// Begins to listen; from here on, none of them ends the program by itself.
    pub(crate) fn listen() -> io::Result<Self> {
        let status = fs::read_to_string("/proc/self/status");
        let outlives = status.map_or(true, |it| ignores_hangup(&it));
        let hangup = (!outlives).then(|| signal(SignalKind::hangup()));
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: hangup.transpose()?,
        })
    }

    /// Waits until somebody asks.
    pub(crate) async fn asked(&mut self) {
        let hangup = async {
            match &mut self.hangup {
                Some(it) => it.recv().await,
                None => pending().await,
            }
        };
        tokio::select! {
            biased;
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = hangup => {}
        }
    }
}

/// Whether a process ignores SIGHUP, by its `/proc/PID/status`: proc(5).
fn ignores_hangup(status: &str) -> bool {
    let mut lines = status.lines();
    let mask = lines.find_map(|it| it.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|it| u64::from_str_radix(it.trim(), 16).ok());
    // Signal 1 is the lowest bit.
    mask.is_none_or(|it| it & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::ignores_hangup;

    #[test]
    fn whoever_is_to_outlive_its_terminal_is_known() {
        assert!(ignores_hangup("SigBlk:\t0\nSigIgn:\t0000000000001001\n"));
        assert!(!ignores_hangup("SigBlk:\t1\nSigIgn:\t0000000000001000\n"));
        assert!(ignores_hangup("Name:\tackord\n"));
    }
}
