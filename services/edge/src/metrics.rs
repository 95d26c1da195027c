//! What this door counts. Nothing is counted per frame: that would cost more than the frame.

use std::sync::OnceLock;

use opentelemetry::{
    global,
    metrics::{Counter, UpDownCounter},
};

pub(crate) struct Metrics {
    /// Sockets open now.
    pub(crate) sockets: UpDownCounter<i64>,
    /// Readers closed because they did not keep up.
    pub(crate) too_slow: Counter<u64>,
    /// Streams to `chat` and `routing` that were lost.
    pub(crate) streams_lost: Counter<u64>,
    /// Audit entries that found no room.
    pub(crate) audit_dropped: Counter<u64>,
}

/// The counters; the first use comes after telemetry has started.
pub(crate) fn metrics() -> &'static Metrics {
    static METRICS: OnceLock<Metrics> = OnceLock::new();
    METRICS.get_or_init(|| {
        let meter = global::meter("edge");
        Metrics {
            sockets: meter.i64_up_down_counter("edge.sockets").build(),
            too_slow: meter.u64_counter("edge.sockets.too_slow").build(),
            streams_lost: meter.u64_counter("edge.streams.lost").build(),
            audit_dropped: meter.u64_counter("edge.audit.dropped").build(),
        }
    })
}
