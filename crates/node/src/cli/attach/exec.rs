//! A command that works on one delivery.

use std::io;
use std::process::{ExitStatus, Stdio};

use ackord_client::{Delivery, Instruction};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, Command};

use crate::cli::event::class;
use crate::cli::output::Output;

/// Longest summary that the cluster takes.
const LINE_BYTES_MAX: usize = 16_384;

/// The command, and what it is told besides the delivery.
pub(super) struct Exec<'a> {
    pub(super) command: &'a str,
    pub(super) tag: Option<&'a str>,
    pub(super) output: Output,
}

/// How a command ended.
pub(super) struct Finished {
    /// The last line that it printed, if it went well; else why not.
    pub(super) work: Result<String, String>,
    /// Whether all that it printed was passed on. Its work counts all the same.
    pub(super) passed_on: io::Result<()>,
}

/// The command and all that it started; ended when dropped.
struct Group {
    child: Child,
    id: Option<Pid>,
}

impl Exec<'_> {
    /// Runs the command.
    ///
    /// Dropped, it ends the command and all that it started.
    pub(super) async fn run(&self, delivery: &Delivery) -> Finished {
        let mut group = match self.start(delivery) {
            Ok(group) => group,
            Err(error) => {
                return Finished {
                    work: Err(format!("start the command: {error}")),
                    passed_on: Ok(()),
                };
            }
        };
        let input = group.child.stdin.take().expect("asked for");
        let printed = group.child.stdout.take().expect("asked for");
        let ((), (last_line, passed_on), status) = tokio::join!(
            give(input, &delivery.body),
            pass_on(printed, |it| self.output.passed_on(it)),
            group.child.wait()
        );
        group.id = None;
        let work = judged(status, last_line);
        Finished { work, passed_on }
    }

    fn start(&self, delivery: &Delivery) -> io::Result<Group> {
        let child = Command::new("sh")
            .arg("-c")
            .arg(self.command)
            .envs(self.facts(delivery))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        let id = child
            .id()
            .and_then(|it| i32::try_from(it).ok())
            .map(Pid::from_raw);
        Ok(Group { child, id })
    }

    /// The delivery's facts as the command's environment.
    fn facts(&self, it: &Delivery) -> Vec<(&'static str, String)> {
        let meta = serde_json::to_string(&it.meta).expect("text has a JSON form");
        let (skill, prompt) = match &it.instruction {
            None => (String::new(), String::new()),
            Some(Instruction::Skill(name)) => (name.clone(), String::new()),
            Some(Instruction::Prompt(text)) => (String::new(), text.clone()),
        };
        vec![
            ("ACKORD_EVENT_ID", it.event_id.clone()),
            ("ACKORD_DELIVERY", it.number.to_string()),
            ("ACKORD_EVENT_TYPE", it.event_type.clone()),
            (
                "ACKORD_CONTENT_TYPE",
                it.content_type.clone().unwrap_or_default(),
            ),
            ("ACKORD_TAG", self.tag.unwrap_or_default().to_owned()),
            ("ACKORD_CLASS", class(it.class)),
            (
                "ACKORD_ORDERING_KEY",
                it.ordering_key.clone().unwrap_or_default(),
            ),
            ("ACKORD_ATTEMPTS", it.attempts.to_string()),
            ("ACKORD_ATTEMPTS_MAX", it.attempts_max.to_string()),
            ("ACKORD_NOTE", it.note.clone().unwrap_or_default()),
            (
                "ACKORD_REPLAYED_FROM",
                it.replayed_from.clone().unwrap_or_default(),
            ),
            ("ACKORD_SKILL", skill),
            ("ACKORD_PROMPT", prompt),
            ("ACKORD_META", meta),
        ]
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(id) = self.id {
            // It may have ended by itself.
            let _ended = killpg(id, Signal::SIGTERM);
        }
    }
}

/// Gives the body to a command, which need not read it.
async fn give(mut input: ChildStdin, body: &[u8]) {
    let _unread = input.write_all(body).await;
}

/// Whether a command went well: as its exit says, and nothing else.
fn judged(status: io::Result<ExitStatus>, last_line: String) -> Result<String, String> {
    let status = status.map_err(|it| format!("wait for the command: {it}"))?;
    match status.success() {
        true => Ok(last_line),
        false => Err(format!("the command ended with {status}")),
    }
}

/// Passes on what a command prints. Returns the last line that is not empty, and whether all was passed
/// on. Where nobody takes it, it is read to its end all the same: the command is to end by itself.
async fn pass_on(
    mut printed: impl AsyncRead + Unpin,
    mut write: impl FnMut(&[u8]) -> io::Result<()>,
) -> (String, io::Result<()>) {
    let mut last = LastLine::default();
    let mut passed_on: io::Result<()> = Ok(());
    let mut chunk = [0; 8192];
    loop {
        match printed.read(&mut chunk).await {
            Ok(0) => break,
            Ok(count) => {
                let chunk = &chunk[..count];
                last.read(chunk);
                passed_on = passed_on.and_then(|()| write(chunk));
            }
            Err(error) => {
                let error = io::Error::other(format!("it cannot be read: {error}"));
                passed_on = passed_on.and(Err(error));
                break;
            }
        }
    }
    (last.text(), passed_on)
}

/// The last line of a text that is not empty, read in pieces and cut at [`LINE_BYTES_MAX`].
#[derive(Default)]
struct LastLine {
    done: Vec<u8>,
    present: Vec<u8>,
}

impl LastLine {
    fn read(&mut self, chunk: &[u8]) {
        for byte in chunk {
            match byte {
                b'\n' => self.end_line(),
                _ if self.present.len() < LINE_BYTES_MAX => self.present.push(*byte),
                _ => {}
            }
        }
    }

    fn end_line(&mut self) {
        if !self.present.trim_ascii().is_empty() {
            self.done = std::mem::take(&mut self.present);
        }
        self.present.clear();
    }

    /// As the cluster takes it: valid text without control characters.
    fn text(mut self) -> String {
        self.end_line();
        let text = String::from_utf8_lossy(&self.done);
        let mut text: String = text.trim().chars().filter(|it| !it.is_control()).collect();
        while text.len() > LINE_BYTES_MAX {
            text.pop();
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_cannot_be_written_is_read_to_its_end_and_tried_no_more() {
        let printed = format!("{}\nlast\n", "x".repeat(20_000));
        let mut tries = 0;
        let full = |_: &[u8]| -> io::Result<()> {
            tries += 1;
            Err(io::ErrorKind::StorageFull.into())
        };
        let (last, passed_on) = pass_on(printed.as_bytes(), full).await;
        assert_eq!((last.as_str(), tries), ("last", 1));
        let error = passed_on.expect_err("nothing was written");
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    }

    fn last(chunks: &[&str]) -> String {
        let mut line = LastLine::default();
        chunks.iter().for_each(|it| line.read(it.as_bytes()));
        line.text()
    }

    #[test]
    fn the_last_line_that_says_something_counts() {
        assert_eq!(last(&["one\ntwo\n\n  \n"]), "two");
        assert_eq!(last(&["one\ntw", "o"]), "two");
        assert_eq!(last(&[]), "");
    }

    #[test]
    fn the_last_line_fits_into_a_summary() {
        assert_eq!(last(&["\x1b[1mdone\x1b[0m\r\n"]), "[1mdone[0m");
        assert_eq!(last(&[&"ä".repeat(LINE_BYTES_MAX)]).len(), LINE_BYTES_MAX);
    }
}
