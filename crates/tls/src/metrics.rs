//! What is counted of handshakes and files.

use std::fmt;
use std::time::SystemTime;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

/// Label and value.
type Labels = [(&'static str, &'static str); 1];
/// The one label.
const PORT: &str = "port";

/// The figures of all ports of a node. Clones count together.
#[derive(Clone, Default)]
pub struct Metrics {
    refused: Family<Labels, Counter>,
    renewed: Family<Labels, Counter>,
    unfit: Family<Labels, Counter>,
    end: Family<Labels, Gauge>,
}

/// Those of one port. By default they are shown nowhere.
#[derive(Clone, Default)]
pub struct Figures {
    refused: Counter,
    renewed: Counter,
    unfit: Counter,
    end: Gauge,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}

impl fmt::Debug for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Figures")
    }
}

impl Metrics {
    /// The figures of a port, by a name of a closed set.
    #[must_use]
    pub fn port(&self, name: &'static str) -> Figures {
        let labels = [(PORT, name)];
        Figures {
            refused: self.refused.get_or_create(&labels).clone(),
            renewed: self.renewed.get_or_create(&labels).clone(),
            unfit: self.unfit.get_or_create(&labels).clone(),
            end: self.end.get_or_create(&labels).clone(),
        }
    }

    /// Names all figures, and says what they are.
    pub fn register(&self, registry: &mut Registry) {
        let tls = registry.sub_registry_with_prefix("tls");
        tls.register(
            "handshakes_refused",
            "Connections that were refused before their first call",
            self.refused.clone(),
        );
        tls.register(
            "renewals",
            "New certificates that were taken into use",
            self.renewed.clone(),
        );
        tls.register(
            "renewals_refused",
            "New files that are no good, so that the old ones stay",
            self.unfit.clone(),
        );
        tls.register_with_unit(
            "certificate_end_timestamp",
            "When the certificate ends, since the Unix epoch",
            Unit::Seconds,
            self.end.clone(),
        );
    }
}

impl Figures {
    pub(crate) fn refused(&self) {
        self.refused.inc();
    }

    pub(crate) fn renewed(&self) {
        self.renewed.inc();
    }

    pub(crate) fn unfit(&self) {
        self.unfit.inc();
    }

    pub(crate) fn ends(&self, end: Option<SystemTime>) {
        let since = end.and_then(|it| it.duration_since(SystemTime::UNIX_EPOCH).ok());
        let seconds = since.and_then(|it| i64::try_from(it.as_secs()).ok());
        self.end.set(seconds.unwrap_or_default());
    }
}
