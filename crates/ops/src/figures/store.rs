//! The engines of the log and of the rows.

use ackord_machine::{EngineFigures, Figures};
use prometheus_client::registry::Registry;

use super::{flag, number, show_each};

pub(crate) fn figures(registry: &mut Registry, figures: &Figures) {
    let store = registry.sub_registry_with_prefix("store");
    let mut each = |name, help, value: fn(&EngineFigures) -> f64| {
        let engines = [("log", &figures.log), ("rows", &figures.rows)];
        let values = engines.map(|(name, it)| (vec![("engine", name.to_owned())], value(it)));
        show_each(store, name, help, values);
    };
    each("disk_bytes", "Files of the engine", |it| {
        number(it.disk_bytes)
    });
    let help = "Written, in memory, and not flushed to a file yet";
    each("memtable_bytes", help, |it| number(it.memtable_bytes));
    let help = "Blocks that were read and are kept in memory";
    each("cache_bytes", help, |it| number(it.cache_bytes));
    let help = "What compactions have yet to write again, estimated";
    each("compaction_pending_bytes", help, |it| {
        number(it.compaction_pending_bytes)
    });
    each("compactions_running", "Compactions that run", |it| {
        number(it.compactions_running)
    });
    each("flushes_running", "Flushes that run", |it| {
        number(it.flushes_running)
    });
    let help = "Bytes a second to which writes are slowed down; 0: they are not";
    each("write_limit_bytes_per_second", help, |it| {
        number(it.write_rate_limit)
    });
    let help = "1 if writes are held up until flushes or compactions have caught up";
    each("writes_stopped", help, |it| flag(it.writes_stopped));
}
