//! The process, from `/proc`, under the names that Prometheus' own libraries use.

use std::fs;
use std::sync::atomic::AtomicU64;

use nix::unistd::{SysconfVar, sysconf};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::registry::Registry;

use super::{number, show};

/// What the kernel tells in one read of `/proc/self/stat`.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Stat {
    /// Processor time, in ticks of the kernel.
    cpu_ticks: u64,
    threads: u64,
    virtual_bytes: u64,
    resident_pages: u64,
}

/// Shows what can be read; another system than Linux tells nothing.
pub(crate) fn figures(registry: &mut Registry) {
    let stat = fs::read_to_string("/proc/self/stat").ok();
    if let Some(stat) = stat.and_then(|it| Stat::read(&it)) {
        stat.show(registry);
    }
    if let Ok(entries) = fs::read_dir("/proc/self/fd") {
        let help = "Open file descriptors";
        show(
            registry,
            "process_open_fds",
            help,
            number(entries.count() as u64),
        );
    }
    let limits = fs::read_to_string("/proc/self/limits").ok();
    if let Some(most) = limits.and_then(|it| fds_max(&it)) {
        let help = "File descriptors that may be open";
        show(registry, "process_max_fds", help, number(most));
    }
}

impl Stat {
    fn read(stat: &str) -> Option<Self> {
        // The name of the program stands in brackets and may hold anything.
        let (_, behind) = stat.rsplit_once(')')?;
        // The first field behind it is the third of all.
        let fields: Vec<&str> = behind.split_ascii_whitespace().collect();
        let field = |number: usize| fields.get(number - 3)?.parse::<u64>().ok();
        Some(Self {
            cpu_ticks: field(14)? + field(15)?,
            threads: field(20)?,
            virtual_bytes: field(23)?,
            resident_pages: field(24)?,
        })
    }

    fn show(self, registry: &mut Registry) {
        if let Some(ticks) = system(SysconfVar::CLK_TCK).filter(|it| *it > 0) {
            let seconds = Counter::<f64, AtomicU64>::default();
            seconds.inc_by(number(self.cpu_ticks) / number(ticks));
            let help = "Processor time, in the kernel and outside of it";
            registry.register("process_cpu_seconds", help, seconds);
        }
        if let Some(page) = system(SysconfVar::PAGE_SIZE) {
            let bytes = number(self.resident_pages.saturating_mul(page));
            show(
                registry,
                "process_resident_memory_bytes",
                "Resident memory",
                bytes,
            );
        }
        let bytes = number(self.virtual_bytes);
        show(
            registry,
            "process_virtual_memory_bytes",
            "Virtual memory",
            bytes,
        );
        show(registry, "process_threads", "Threads", number(self.threads));
    }
}

fn system(name: SysconfVar) -> Option<u64> {
    sysconf(name).ok()?.and_then(|it| u64::try_from(it).ok())
}

/// The soft limit.
fn fds_max(limits: &str) -> Option<u64> {
    let line = limits
        .lines()
        .find_map(|it| it.strip_prefix("Max open files"))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_account_is_read_behind_the_name_of_the_program() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194560 9 0 0 0 120 30 0 0 20 0 9 0 55 4096 12 1";
        let expected = Stat {
            cpu_ticks: 150,
            threads: 9,
            virtual_bytes: 4096,
            resident_pages: 12,
        };
        assert_eq!(Stat::read(stat), Some(expected));
        assert_eq!(Stat::read("7 nothing"), None);
    }

    #[test]
    fn the_soft_limit_of_files_is_read() {
        let limits = "Limit  Soft Limit  Hard Limit  Units\nMax open files   1024   4096   files\n";
        assert_eq!(fds_max(limits), Some(1024));
        assert_eq!(fds_max("Max open files  unlimited  unlimited"), None);
    }
}
