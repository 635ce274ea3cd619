//! A command that works on one delivery.

use std::process::Stdio;

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

/// The command and all that it started; ended when dropped.
struct Group {
    child: Child,
    id: Option<Pid>,
}

impl Exec<'_> {
    /// Runs the command. Returns the last line that it printed if it went well, else why not.
    ///
    /// Dropped, it ends the command and all that it started.
    pub(super) async fn run(&self, delivery: &Delivery) -> Result<String, String> {
        let mut group = self
            .start(delivery)
            .map_err(|it| format!("start the command: {it}"))?;
        let input = group.child.stdin.take().expect("asked for");
        let printed = group.child.stdout.take().expect("asked for");
        let ((), last_line, status) = tokio::join!(
            give(input, &delivery.body),
            pass_on(printed, self.output),
            group.child.wait()
        );
        group.id = None;
        let last_line = last_line.map_err(|it| format!("read the command's output: {it}"))?;
        let status = status.map_err(|it| format!("wait for the command: {it}"))?;
        match status.success() {
            true => Ok(last_line),
            false => Err(format!("the command ended with {status}")),
        }
    }

    fn start(&self, delivery: &Delivery) -> std::io::Result<Group> {
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

/// Passes on what a command prints, and returns the last line that is not empty.
async fn pass_on(mut printed: impl AsyncRead + Unpin, output: Output) -> std::io::Result<String> {
    let mut last = LastLine::default();
    let mut chunk = [0; 8192];
    loop {
        let count = printed.read(&mut chunk).await?;
        if count == 0 {
            return Ok(last.text());
        }
        output.passed_on(&chunk[..count])?;
        last.read(&chunk[..count]);
    }
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
