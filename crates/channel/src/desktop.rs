//! A word on the desktop when the work of an event is done. No shell reads it: what a model writes is one
//! argument of a program, whatever stands in it.

use std::process::Stdio;

use ackord_render::neutral;
use tokio::process::Command;
use tracing::debug;

/// Longest text that is shown.
const TEXT_BYTES_MAX: usize = 256;

/// Whether, and with what.
#[derive(Debug, Clone, Default)]
pub struct Desktop {
    program: Option<Vec<String>>,
}

impl Desktop {
    /// No words on the desktop.
    #[must_use]
    pub fn silent() -> Self {
        Self::default()
    }

    /// With the program that this system has for it.
    #[must_use]
    pub fn of_system() -> Self {
        let words: &[&str] = if cfg!(target_os = "macos") {
            &[
                "osascript",
                "-e",
                "on run argv",
                "-e",
                "display notification (item 2 of argv) with title (item 1 of argv)",
                "-e",
                "end run",
            ]
        } else {
            &["notify-send", "--app-name=ackord", "--"]
        };
        Self::with(words.iter().map(|it| (*it).to_owned()).collect())
    }

    /// With this program; title and text are its last arguments.
    #[must_use]
    pub fn with(program: Vec<String>) -> Self {
        Self {
            program: Some(program).filter(|it| !it.is_empty()),
        }
    }

    /// The work of an event is done.
    pub(crate) fn completed(&self, event_type: &str, summary: &str) {
        let Some((program, words)) = self.program.as_ref().and_then(|it| it.split_first()) else {
            return;
        };
        let summary = match summary {
            "" => "done",
            summary => summary,
        };
        let mut command = Command::new(program);
        command
            .args(words)
            .arg(line(&format!("Ackord: {event_type}")))
            .arg(line(summary))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        match command.spawn() {
            Ok(mut shown) => {
                tokio::spawn(async move {
                    let _ended = shown.wait().await;
                });
            }
            Err(error) => debug!(%program, %error, "a word on the desktop"),
        }
    }
}

fn line(text: &str) -> String {
    let text = neutral(text).replace('\n', " ");
    text[..text.floor_char_boundary(TEXT_BYTES_MAX)].to_owned()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn whatever_a_model_writes_is_one_argument() {
        let dir = tempfile::tempdir().expect("a directory");
        let (program, seen) = (dir.path().join("notify"), dir.path().join("seen"));
        let script = format!(
            "#!/bin/sh\nprintf '%s\\n' \"$@\" > {0}.new && mv {0}.new {0}\n",
            seen.display()
        );
        std::fs::write(&program, script).expect("written");
        let mode = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(&program, mode).expect("ours");
        let desktop = Desktop::with(vec![program.display().to_string(), "--".to_owned()]);
        let hostile = format!(
            "\"; touch {0}; $(touch {0}) `touch {0}`\n--flag",
            dir.path().join("no").display()
        );
        desktop.completed("push", &hostile);
        let waited = tokio::time::timeout(Duration::from_secs(60), async {
            while !seen.exists() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        });
        waited.await.expect("it is told");
        let text = std::fs::read_to_string(&seen).expect("there");
        let expected = format!("--\nAckord: push\n{}\n", hostile.replace('\n', " "));
        assert_eq!(text, expected);
        assert!(!dir.path().join("no").exists());
    }

    #[tokio::test]
    async fn a_program_that_is_not_there_is_no_harm() {
        Desktop::with(vec!["/no/such/program".to_owned()]).completed("push", "");
        Desktop::silent().completed("push", "");
    }
}
