//! What the server costs its machine, from `/proc`.

use std::fs;
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use tokio::time::sleep;

/// The kernel counts processor time for programs in hundredths of a second.
const TICK: Duration = Duration::from_millis(10);
/// A server is quiet when it uses less than this part of one processor for a second.
const QUIET: f64 = 0.05;
const LOOK: Duration = Duration::from_secs(1);

/// A server's process.
#[derive(Debug, Clone, Copy)]
pub(super) struct Process {
    pub(super) pid: u32,
}

/// Memory of a process, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Memory {
    pub(super) resident: u64,
    /// The most that it ever was.
    pub(super) peak: u64,
}

impl Process {
    pub(super) fn memory(self) -> io::Result<Memory> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid))?;
        memory(&status).ok_or_else(|| io::Error::other("the process has no memory"))
    }

    /// Processor time that the process has used, in the kernel and outside of it.
    pub(super) fn cpu(self) -> io::Result<Duration> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid))?;
        cpu(&stat).ok_or_else(|| io::Error::other("the process has no times"))
    }

    /// Waits until the process has nothing left to do behind the scenes, at most for `most`.
    pub(super) async fn quiet(self, most: Duration) -> io::Result<()> {
        let begin = Instant::now();
        while begin.elapsed() < most {
            let before = self.cpu()?;
            sleep(LOOK).await;
            if self.cpu()?.saturating_sub(before).as_secs_f64() < QUIET * LOOK.as_secs_f64() {
                break;
            }
        }
        Ok(())
    }
}

/// The processor time of a server, from one moment on; if its process is known.
#[derive(Debug, Clone, Copy)]
pub(super) struct Meter(Option<(Process, Duration)>);

impl Meter {
    pub(super) fn start(pid: Option<u32>) -> io::Result<Self> {
        let server = pid.map(|pid| Process { pid });
        let begun = server.map(|it| it.cpu().map(|used| (it, used)));
        begun.transpose().map(Self)
    }

    /// What each of `count` has cost, in microseconds.
    pub(super) fn each_us(self, count: u64) -> io::Result<Option<f64>> {
        let each = |(server, before): (Process, Duration)| {
            Ok(each_us(server.cpu()?.saturating_sub(before), count))
        };
        self.0.map(each).transpose()
    }
}

/// Microseconds for each.
#[allow(clippy::cast_precision_loss, reason = "a cost is told in a few digits")]
pub(super) fn each_us(used: Duration, count: u64) -> f64 {
    used.as_secs_f64() * 1e6 / count.max(1) as f64
}

fn memory(status: &str) -> Option<Memory> {
    let kib = |name| {
        let line = status.lines().find_map(|it| it.strip_prefix(name))?;
        line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()
    };
    Some(Memory {
        resident: kib("VmRSS:")? * 1024,
        peak: kib("VmHWM:")? * 1024,
    })
}

fn cpu(stat: &str) -> Option<Duration> {
    // The name of the program stands in brackets and may hold anything.
    let (_, behind) = stat.rsplit_once(')')?;
    let mut fields = behind.split_ascii_whitespace().skip(11);
    let user: u32 = fields.next()?.parse().ok()?;
    let system: u32 = fields.next()?.parse().ok()?;
    Some(TICK * (user + system))
}

/// Bytes of the files below a directory. What goes away meanwhile does not count.
pub(super) fn disk_bytes(dir: &Path) -> io::Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let of_entry = entry.metadata().and_then(|it| match it.is_dir() {
            true => disk_bytes(&entry.path()),
            false => Ok(it.len()),
        });
        bytes += match of_entry {
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
            other => other?,
        };
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_from_the_status_of_a_process() {
        let status = "Name:\tackord\nVmHWM:\t 900 kB\nVmRSS:\t  512 kB\nThreads:\t4\n";
        let expected = Memory {
            resident: 512 << 10,
            peak: 900 << 10,
        };
        assert_eq!(memory(status), Some(expected));
        assert_eq!(memory("Name:\tkthreadd\n"), None);
    }

    #[test]
    fn processor_time_is_read_behind_the_name_of_the_program() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194560 9 0 0 0 120 30 0 0 20 0 9 0 55 1 2";
        assert_eq!(cpu(stat), Some(Duration::from_millis(1500)));
        assert_eq!(cpu("7 nothing"), None);
    }

    #[test]
    fn files_below_a_directory_are_summed() {
        let dir = tempfile::tempdir().expect("a directory");
        fs::create_dir(dir.path().join("log")).expect("made");
        fs::write(dir.path().join("LOCK"), b"12").expect("written");
        fs::write(dir.path().join("log/1"), b"345").expect("written");
        assert_eq!(disk_bytes(dir.path()).expect("readable"), 5);
    }
}
