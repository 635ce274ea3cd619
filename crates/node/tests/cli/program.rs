//! The program: a node of it, and commands to that node.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use ackord_chaos::port::Port;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use tempfile::TempDir;

/// Longer than anything takes that goes well.
pub(crate) const LONG: Duration = Duration::from_secs(60);

const PROGRAM: &str = env!("CARGO_BIN_EXE_ackord");

/// `ackord dev` in a directory of its own. Killed when dropped.
pub(crate) struct Dev {
    dir: TempDir,
    port: Port,
    process: Child,
    /// What it said when it was ready.
    pub(crate) ready: Value,
}

/// What a command said, and how it ended.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Dev {
    pub(crate) fn start() -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let port = Port::for_dev(1);
        let (process, ready) = start_in(dir.path(), &port);
        Self {
            dir,
            port,
            process,
            ready,
        }
    }

    /// Kills the node and starts it again on the same data and address.
    pub(crate) fn kill_and_start_again(&mut self) {
        self.kill();
        self.start_again();
    }

    pub(crate) fn kill(&mut self) {
        self.process.kill().expect("it runs");
        self.process.wait().expect("it is our child");
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let id = i32::try_from(self.process.id()).expect("an id of a process");
        kill(Pid::from_raw(id), signal).expect("it runs");
    }

    /// How it ends by itself.
    pub(crate) fn ended(&mut self) -> ExitStatus {
        self.process.wait().expect("it is our child")
    }

    /// Starts the node again, which has ended, on the same data and address.
    pub(crate) fn start_again(&mut self) {
        (self.process, self.ready) = start_in(self.dir.path(), &self.port);
    }

    pub(crate) fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// Runs a command in the node's directory.
    pub(crate) fn run(&self, args: &[&str]) -> Said {
        run_in(self.dir.path(), args, "")
    }

    /// The same with this on its input.
    pub(crate) fn run_with(&self, args: &[&str], input: &str) -> Said {
        run_in(self.dir.path(), args, input)
    }

    /// Runs a command whose output cannot be written.
    pub(crate) fn run_unheard(&self, args: &[&str]) -> Said {
        let full = File::options().write(true).open("/dev/full");
        let mut command = command_in(self.dir.path(), args);
        command
            .stdin(Stdio::null())
            .stdout(full.expect("each system has it"));
        command.output().expect("the program runs").into()
    }

    /// Runs a command that goes well, and reads the objects that it prints.
    pub(crate) fn json(&self, args: &[&str]) -> Vec<Value> {
        let said = self.run(&[args, &["--output", "json"]].concat());
        assert_eq!(said.code, 0, "{args:?}: {said:?}");
        said.objects()
    }

    /// The same where it prints one object.
    pub(crate) fn one(&self, args: &[&str]) -> Value {
        let objects = self.json(args);
        assert_eq!(objects.len(), 1, "{args:?}: {objects:?}");
        objects.into_iter().next().expect("there is one")
    }

    /// Asks until one object is printed.
    pub(crate) fn one_in_time(&self, args: &[&str]) -> Value {
        let begun = Instant::now();
        loop {
            match self.json(args).pop() {
                Some(object) => return object,
                None => assert!(begun.elapsed() < LONG, "never: {args:?}"),
            }
        }
    }

    /// Starts a command that goes on.
    pub(crate) fn begin(&self, args: &[&str]) -> Child {
        let mut command = command_in(self.dir.path(), args);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        command.spawn().expect("the program runs")
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ended = self.process.kill();
        let _ended = self.process.wait();
    }
}

impl Said {
    pub(crate) fn objects(&self) -> Vec<Value> {
        self.out
            .lines()
            .map(|it| serde_json::from_str(it).expect("an object a line"))
            .collect()
    }
}

impl From<Output> for Said {
    fn from(it: Output) -> Self {
        let text = |it: Vec<u8>| String::from_utf8(it).expect("the program prints text");
        let code = it.status.code().expect("no signal ended it");
        Self {
            code,
            out: text(it.stdout),
            err: text(it.stderr),
        }
    }
}

/// Runs the program where no node is.
pub(crate) fn run_in(dir: &Path, args: &[&str], input: &str) -> Said {
    let mut command = command_in(dir, args);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut process = command.spawn().expect("the program runs");
    let mut stdin = process.stdin.take().expect("asked for");
    // It need not read its input.
    let _unread = stdin.write_all(input.as_bytes());
    drop(stdin);
    process.wait_with_output().expect("it is our child").into()
}

/// Reads the next object that a command prints.
pub(crate) fn next_object(from: &mut impl BufRead) -> Value {
    let mut line = String::new();
    from.read_line(&mut line).expect("it prints text");
    serde_json::from_str(&line).unwrap_or_else(|it| panic!("{it}: {line}"))
}

pub(crate) fn command_in(dir: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command.current_dir(dir).args(args);
    // What this user has logged in to is none of a test's business.
    command.env("XDG_CONFIG_HOME", dir.join("config"));
    for name in [
        "ACKORD_SERVER",
        "ACKORD_TOKEN",
        "ACKORD_TOKEN_FILE",
        "ACKORD_DATA_DIR",
        "ACKORD_LOG",
    ] {
        command.env_remove(name);
    }
    command
}

fn start_in(dir: &Path, port: &Port) -> (Child, Value) {
    let address = port.address.to_string();
    let mut command = command_in(dir, &["dev", "--listen", &address, "--output", "json"]);
    let mut process = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program runs");
    let out = process.stdout.as_mut().expect("asked for");
    let ready = next_object(&mut BufReader::new(out));
    (process, ready)
}
