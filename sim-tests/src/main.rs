//! The program `ackord-sim`.

#[cfg(madsim)]
fn main() -> std::process::ExitCode {
    use clap::Parser;

    ackord_sim_tests::campaign::main(&ackord_sim_tests::campaign::Options::parse())
}

/// What is built here has real clocks and sockets.
#[cfg(not(madsim))]
fn main() {
    panic!("run it by tools/sim.sh, which builds it for the simulation");
}
