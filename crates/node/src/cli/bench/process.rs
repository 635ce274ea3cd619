//! What the server costs its machine.

use std::fs;
use std::io;
use std::path::Path;

/// Resident memory of a process, in bytes, from `/proc`.
pub(super) fn resident_bytes(pid: u32) -> io::Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let missing = || io::Error::other("the process has no VmRSS");
    vm_rss_kib(&status).map(|it| it * 1024).ok_or_else(missing)
}

fn vm_rss_kib(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|it| it.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
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
    fn resident_memory_is_read_from_the_status_of_a_process() {
        let status = "Name:\tackord\nVmPeak:\t 900 kB\nVmRSS:\t  512 kB\nThreads:\t4\n";
        assert_eq!(vm_rss_kib(status), Some(512));
        assert_eq!(vm_rss_kib("Name:\tkthreadd\n"), None);
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
