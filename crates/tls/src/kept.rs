//! What was made of files, until they say something else.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use sha2::{Digest, Sha256};

use crate::error::TlsError;
use crate::metrics::Figures;
use crate::pem::Pem;

/// What a look at the files has found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Renewed {
    /// Nothing new.
    Same,
    /// New files: connections use them from now on.
    Changed,
}

type Build<T> = Box<dyn Fn(&[Pem]) -> Result<T, TlsError> + Send + Sync>;

/// What was made of some files. It is what they hold that counts, not their times or places: a link
/// that points elsewhere is a change, and a file that was touched is none.
pub(crate) struct Kept<T> {
    files: Vec<PathBuf>,
    build: Build<T>,
    state: Mutex<State<T>>,
}

struct State<T> {
    used: T,
    /// Hash of what `used` was made of, or of what is no good.
    seen: [u8; 32],
    /// Why that is no good. It may become good with time.
    refused: Option<String>,
}

impl<T> fmt::Debug for Kept<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kept").field("files", &self.files).finish()
    }
}

impl<T: Clone> Kept<T> {
    /// Makes it for the first time.
    pub(crate) fn open(
        files: Vec<PathBuf>,
        build: impl Fn(&[Pem]) -> Result<T, TlsError> + Send + Sync + 'static,
    ) -> Result<Self, TlsError> {
        let pems = read(&files)?;
        let state = Mutex::new(State {
            used: build(&pems)?,
            seen: hash(&pems),
            refused: None,
        });
        Ok(Self {
            files,
            build: Box::new(build),
            state,
        })
    }

    /// What is used now.
    pub(crate) fn used(&self) -> T {
        self.state().used.clone()
    }

    /// Looks at the files again. If they are no good, what was used before is used on, and the error
    /// is told once.
    pub(crate) fn renew(&self) -> Result<Renewed, TlsError> {
        let pems = read(&self.files);
        let mut state = self.state();
        let built = match &pems {
            Ok(pems) => {
                let seen = hash(pems);
                if seen == state.seen && state.refused.is_none() {
                    return Ok(Renewed::Same);
                }
                state.seen = seen;
                (self.build)(pems)
            }
            Err(_) => pems.and_then(|it| (self.build)(&it)),
        };
        match built {
            Ok(built) => {
                state.used = built;
                state.refused = None;
                Ok(Renewed::Changed)
            }
            Err(error) => {
                let before = state.refused.replace(error.to_string());
                if before == state.refused {
                    return Ok(Renewed::Same);
                }
                Err(error)
            }
        }
    }

    /// The same, counted.
    pub(crate) fn renew_counted(&self, figures: &Figures) -> Result<Renewed, TlsError> {
        let renewed = self.renew();
        match &renewed {
            Ok(Renewed::Same) => {}
            Ok(Renewed::Changed) => figures.renewed(),
            Err(_) => figures.unfit(),
        }
        renewed
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read(files: &[PathBuf]) -> Result<Vec<Pem>, TlsError> {
    files.iter().map(|it| Pem::read(it)).collect()
}

fn hash(pems: &[Pem]) -> [u8; 32] {
    let mut all = Sha256::new();
    for pem in pems {
        all.update(Sha256::digest(&pem.text));
    }
    all.finalize().into()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    /// Text of a file that must not say "bad".
    fn text(file: &Path) -> Kept<Vec<u8>> {
        Kept::open(vec![file.to_owned()], |pems| match &*pems[0].text {
            b"bad" => Err(pems[0].unfit("bad")),
            good => Ok(good.to_vec()),
        })
        .expect("good")
    }

    #[test]
    fn what_is_no_good_changes_nothing_and_is_told_once() {
        let dir = tempfile::tempdir().expect("a directory");
        let file = dir.path().join("f");
        let say = |it: &str| fs::write(&file, it).expect("written");
        say("one");
        let kept = text(&file);
        assert_eq!(kept.renew().expect("good"), Renewed::Same);
        say("bad");
        kept.renew().expect_err("news");
        assert_eq!(kept.renew().expect("told already"), Renewed::Same);
        fs::remove_file(&file).expect("removed");
        kept.renew().expect_err("other news");
        assert_eq!(kept.renew().expect("told already"), Renewed::Same);
        assert_eq!(kept.used(), b"one");
        say("two");
        assert_eq!(kept.renew().expect("good"), Renewed::Changed);
        assert_eq!(kept.used(), b"two");
    }

    #[test]
    fn a_file_that_was_only_touched_is_no_change() {
        let dir = tempfile::tempdir().expect("a directory");
        let file = dir.path().join("f");
        fs::write(&file, "one").expect("written");
        let kept = text(&file);
        fs::write(&file, "one").expect("written");
        assert_eq!(kept.renew().expect("good"), Renewed::Same);
    }
}
