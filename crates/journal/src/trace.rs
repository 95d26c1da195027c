//! The trace of the current decision, as a W3C header.

use opentelemetry::trace::TraceContextExt as _;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

/// `traceparent` of the current span, if it is traced.
pub(crate) fn current() -> Option<String> {
    let span = Span::current();
    if span.is_none() {
        return None;
    }
    let context = span.context();
    let trace = context.span().span_context().clone();
    trace.is_valid().then(|| format!("00-{}-{}-{:02x}", trace.trace_id(), trace.span_id(), trace.trace_flags().to_u8()))
}
