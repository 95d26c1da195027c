//! What is counted.

use opentelemetry::{global, metrics::Counter};

/// The service's instruments.
#[derive(Clone)]
pub(crate) struct Metrics {
    /// Facts stored.
    pub facts: Counter<u64>,
    /// Facts that can never be stored.
    pub refused: Counter<u64>,
    /// Units whose outcome stayed unknown.
    pub unknown: Counter<u64>,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let meter = global::meter("crm");
        let counter = |name: &'static str, what: &'static str| meter.u64_counter(name).with_description(what).build();
        Self {
            facts: counter("crm.facts", "facts stored"),
            refused: counter("crm.refused", "facts that can never be stored"),
            unknown: counter("crm.unknown_outcomes", "units whose outcome stayed unknown"),
        }
    }
}
