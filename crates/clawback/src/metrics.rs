//! What is counted of Clawback connections.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::ending::Ending;

type Labels = [(&'static str, &'static str); 1];

/// The figures. Clones count together. All that a label may be is shown from the beginning, so that a first
/// increase is seen as one.
#[derive(Debug, Clone)]
pub(crate) struct Metrics {
    open: Gauge,
    ended: Family<Labels, Counter>,
    events: Counter,
    acks: Family<Labels, Counter>,
    requests: Family<Labels, Counter>,
}

const COUNTED: [&str; 2] = ["counted", "refused"];
const DONE: [&str; 2] = ["done", "refused"];

impl Default for Metrics {
    fn default() -> Self {
        Self {
            open: Gauge::default(),
            ended: each("reason", &Ending::NAMES),
            events: Counter::default(),
            acks: each("outcome", &COUNTED),
            requests: each("outcome", &DONE),
        }
    }
}

fn each(label: &'static str, values: &[&'static str]) -> Family<Labels, Counter> {
    let family = Family::<Labels, Counter>::default();
    for value in values {
        drop(family.get_or_create(&[(label, value)]));
    }
    family
}

impl Metrics {
    pub(crate) fn register(&self, registry: &mut Registry) {
        let of = registry.sub_registry_with_prefix("clawback");
        of.register(
            "connections",
            "Plugins that are attached now",
            self.open.clone(),
        );
        let help = "Connections that have ended, by why";
        of.register("connections_ended", help, self.ended.clone());
        of.register(
            "events",
            "Events that were written to plugins",
            self.events.clone(),
        );
        let help = "Acks of plugins, by whether they counted";
        of.register("acks", help, self.acks.clone());
        let help = "Requests of plugins, by whether they were carried out";
        of.register("requests", help, self.requests.clone());
    }

    pub(crate) fn attached(&self) -> Open {
        self.open.inc();
        Open(self.open.clone())
    }

    pub(crate) fn ended(&self, why: &Ending) {
        self.ended.get_or_create(&[("reason", why.name())]).inc();
    }

    pub(crate) fn wrote_event(&self) {
        self.events.inc();
    }

    pub(crate) fn acked(&self, counts: bool) {
        let outcome = COUNTED[usize::from(!counts)];
        self.acks.get_or_create(&[("outcome", outcome)]).inc();
    }

    pub(crate) fn answered(&self, is_done: bool) {
        let outcome = DONE[usize::from(!is_done)];
        self.requests.get_or_create(&[("outcome", outcome)]).inc();
    }
}

/// An attached plugin, until it is dropped.
#[derive(Debug)]
pub(crate) struct Open(Gauge);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.dec();
    }
}
