//! What is counted.

use opentelemetry::{
    global,
    metrics::{Counter, Histogram},
};

/// The service's instruments.
#[derive(Clone)]
pub(crate) struct Metrics {
    /// Units appended.
    pub units: Counter<u64>,
    /// Commands carried by one unit.
    pub commands_per_unit: Histogram<u64>,
    /// Appends refused because another writer was first.
    pub conflicts: Counter<u64>,
    /// Appends whose outcome stayed unknown.
    pub unknown: Counter<u64>,
    /// Conversations read from the journal.
    pub loads: Counter<u64>,
    /// Watches dropped because their stream was too slow.
    pub too_slow: Counter<u64>,
    /// Requests to routing that failed.
    pub routing_failures: Counter<u64>,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let meter = global::meter("chat");
        let counter = |name: &'static str, what: &'static str| meter.u64_counter(name).with_description(what).build();
        Self {
            units: counter("chat.units", "units appended"),
            commands_per_unit: meter
                .u64_histogram("chat.commands_per_unit")
                .with_description("commands carried by one unit")
                .with_boundaries(vec![1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0])
                .build(),
            conflicts: counter("chat.conflicts", "appends refused because another writer was first"),
            unknown: counter("chat.unknown_outcomes", "appends whose outcome stayed unknown"),
            loads: counter("chat.loads", "conversations read from the journal"),
            too_slow: counter("chat.too_slow", "watches dropped because their stream was too slow"),
            routing_failures: counter("chat.routing_failures", "requests to routing that failed"),
        }
    }
}
