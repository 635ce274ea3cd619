//! The program `ackord`: a node, and everything that people do with one.

#[cfg(not(madsim))]
mod cli;

#[cfg(not(madsim))]
fn main() -> std::process::ExitCode {
    cli::main()
}

/// Under simulation there is no process: the tests start the server's code themselves.
#[cfg(madsim)]
fn main() {}
