//! Files that this process may have open: each connection is one, and each file of a store. A store that
//! cannot open another one ends the process.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// With fewer a node is short of them before its other limits are reached.
const ENOUGH: u64 = 16_384;

/// Takes as many as the system lets this process have, and says so where that is few.
pub(super) fn allow_many() {
    let raised = getrlimit(Resource::RLIMIT_NOFILE).map(|(soft, hard)| {
        // It is as well where it cannot be raised: then it is as it was.
        match setrlimit(Resource::RLIMIT_NOFILE, hard, hard) {
            Ok(()) => hard,
            Err(_) => soft,
        }
    });
    if let Ok(files) = raised
        && files < ENOUGH
    {
        let next = "raise the limit of open files (ulimit -Hn, LimitNOFILE=)";
        tracing::warn!(
            files,
            next,
            "few files may be open: connections are files, too"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_may_be_had_is_taken() {
        allow_many();
        let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).expect("there is a limit");
        assert_eq!(soft, hard);
    }
}
