//! The end of the process, when going on could break a promise.

use std::error::Error;
use std::io;

/// Logs the error and ends the process at once, non-zero, without running anything else: after a
/// failed write or sync nobody knows what is on the disk, and retrying would hide it. Under
/// simulation it panics, which ends the simulated process.
pub fn fatal(what: &str, error: &(dyn Error + 'static)) -> ! {
    let next = advice(error);
    tracing::error!(what, error = %Chain(error), next, "fatal: the process ends");
    #[cfg(madsim)]
    panic!("fatal: {what}: {}", Chain(error));
    #[cfg(not(madsim))]
    std::process::abort();
}

/// What to do about it, for whoever runs the node.
fn advice(error: &(dyn Error + 'static)) -> &'static str {
    let mut cause = Some(error);
    while let Some(it) = cause {
        let io = it.downcast_ref::<io::Error>();
        if io.is_some_and(|it| it.kind() == io::ErrorKind::StorageFull) {
            return "make room on its disk and start the node again: what it has accepted is there";
        }
        cause = it.source();
    }
    "mend the cause and start the node again: what it has accepted is there, or it refuses"
}

/// An error and its causes, in one line.
struct Chain<'a>(&'a dyn Error);

impl std::fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("write rows")]
    struct Outer(#[source] io::Error);

    #[test]
    fn a_full_disk_is_told_apart() {
        let full = Outer(io::ErrorKind::StorageFull.into());
        assert!(advice(&full).contains("make room"));
        assert!(!advice(&Outer(io::ErrorKind::Other.into())).contains("make room"));
        assert_eq!(Chain(&full).to_string(), "write rows: no storage space");
    }
}
