//! The page of figures: what the node has counted, and what is looked up for each page.

use std::path::Path;

use ackord_machine::Machine;
use prometheus_client::encoding::text::{encode_eof, encode_registry};
use prometheus_client::registry::Registry;

use crate::figures::{PREFIX, disk, machine, process, queues, sessions, store};
use crate::life::Life;
use crate::probe;

/// The text format of OpenMetrics, which Prometheus and its like read.
pub(crate) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The page as of now.
pub(crate) async fn of(life: &Life, data_dir: &Path) -> String {
    let mut now = Registry::with_prefix(PREFIX);
    let ready = probe::ready(life).is_good();
    machine::figures(&mut now, ready);
    disk::figures(&mut now, data_dir);
    if let Some(machine) = life.machine() {
        look_up(&mut now, &machine).await;
    }
    let mut of_process = Registry::default();
    process::figures(&mut of_process);

    let mut text = String::new();
    for registry in [&*life.registry(), &now, &of_process] {
        encode_registry(&mut text, registry).expect("a text takes any text");
    }
    encode_eof(&mut text).expect("a text takes any text");
    text
}

async fn look_up(now: &mut Registry, machine: &Machine) {
    machine::of(now, machine);
    store::figures(now, &machine.figures().await);
    let teams = machine.view();
    let log_now = machine.log_now();
    let (queues, sessions) = machine
        .read(move |rows| {
            let sessions = sessions::look(rows)?;
            let queues = queues::look(rows, &teams.directory, &sessions, log_now)?;
            Ok((queues, sessions))
        })
        .await;
    queues.show(now);
    sessions.show(now);
}
