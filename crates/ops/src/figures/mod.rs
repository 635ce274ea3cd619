//! Figures that are looked up for each page. A module for each thing that they are of.

pub(crate) mod disk;
pub(crate) mod machine;
pub(crate) mod process;
pub(crate) mod queues;
pub(crate) mod sessions;
pub(crate) mod store;

use std::sync::atomic::AtomicU64;

use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// What the names of all figures begin with, but those of the process.
pub(crate) const PREFIX: &str = "ackord";

type Value = Gauge<f64, AtomicU64>;
type Labels = Vec<(&'static str, String)>;

/// Shows one value.
fn show(registry: &mut Registry, name: &str, help: &str, value: f64) {
    let gauge = Value::default();
    gauge.set(value);
    registry.register(name, help, gauge);
}

/// Shows a value for each set of labels.
fn show_each(
    registry: &mut Registry,
    name: &str,
    help: &str,
    values: impl IntoIterator<Item = (Labels, f64)>,
) {
    let family = Family::<Labels, Value>::default();
    for (labels, value) in values {
        family.get_or_create(&labels).set(value);
    }
    registry.register(name, help, family);
}

/// A whole number as a figure.
#[expect(
    clippy::cast_precision_loss,
    reason = "figures are doubles; only beyond 2^53 is one off"
)]
const fn number(value: u64) -> f64 {
    value as f64
}

const fn flag(value: bool) -> f64 {
    if value { 1.0 } else { 0.0 }
}
