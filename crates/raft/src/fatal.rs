//! The end of the process, when going on could break a promise.

use std::error::Error;

/// Logs the error and ends the process at once, non-zero, without running anything else: after a
/// failed write or sync nobody knows what is on the disk, and retrying would hide it. Under
/// simulation it panics, which ends the simulated process.
pub fn fatal(what: &str, error: &dyn Error) -> ! {
    tracing::error!(what, error = %Chain(error), "fatal: the process ends");
    #[cfg(madsim)]
    panic!("fatal: {what}: {}", Chain(error));
    #[cfg(not(madsim))]
    std::process::abort();
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
