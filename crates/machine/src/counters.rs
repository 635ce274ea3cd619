//! Counters of one figure, one for each value that a label may have: a closed set, so that nobody's
//! names become series, and nothing is looked up when something is counted.

use std::fmt;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

/// Label and value.
type Labels = [(&'static str, String); 1];

/// See the module. Clones count together.
#[derive(Clone)]
pub struct Counters {
    family: Family<Labels, Counter>,
    /// By the places of their values.
    each: Vec<Counter>,
}

impl fmt::Debug for Counters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Counters")
    }
}

impl Counters {
    /// One counter for each of `values`, which differ. All are shown from the beginning, so that a
    /// first increase is seen as one.
    pub fn new(label: &'static str, values: impl IntoIterator<Item: Into<String>>) -> Self {
        let family = Family::<Labels, Counter>::default();
        let each = values.into_iter();
        let each = each.map(|it| family.get_or_create(&[(label, it.into())]).clone());
        let each = each.collect();
        Self { family, each }
    }

    /// Counts one of the value at `place`. One that is not there is not counted.
    pub fn inc(&self, place: usize) {
        if let Some(counter) = self.each.get(place) {
            counter.inc();
        }
    }

    /// Names the figure, and says what it is.
    pub fn register(&self, registry: &mut Registry, name: &str, help: &str) {
        registry.register(name, help, self.family.clone());
    }
}
