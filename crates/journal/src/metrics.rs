//! What the journal counts, through the process's OpenTelemetry meter.

use opentelemetry::{
    KeyValue, global,
    metrics::{Counter, Gauge},
};

/// Instruments, made once per connection.
pub(crate) struct Metrics {
    /// Appends that were stored.
    pub appends: Counter<u64>,
    /// Appends that lost against another writer.
    pub conflicts: Counter<u64>,
    /// Second and later tries of appends.
    pub retries: Counter<u64>,
    /// Appends that ended without a known outcome.
    pub unknown: Counter<u64>,
    /// Holes in live feeds that were filled by a read.
    pub gaps: Counter<u64>,
    poison: Counter<u64>,
    lag: Gauge<u64>,
}

impl Metrics {
    pub(crate) fn new() -> Metrics {
        let meter = global::meter("journal");
        Metrics {
            appends: meter.u64_counter("journal.appends").build(),
            conflicts: meter.u64_counter("journal.append.conflicts").build(),
            retries: meter.u64_counter("journal.append.retries").build(),
            unknown: meter.u64_counter("journal.append.unknown").build(),
            gaps: meter.u64_counter("journal.follow.gaps").build(),
            poison: meter.u64_counter("journal.poison").build(),
            lag: meter.u64_gauge("journal.follow.lag").build(),
        }
    }

    /// A projection set a record aside.
    pub(crate) fn poison(&self, projection: &'static str) {
        self.poison.add(1, &[KeyValue::new("projection", projection)]);
    }

    /// Records of a stream that a follower knows of and has not handed out.
    pub(crate) fn lag(&self, stream: &'static str, records: u64) {
        self.lag.record(records, &[KeyValue::new("stream", stream)]);
    }
}
