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

#[cfg(test)]
mod tests {
    use opentelemetry::trace::TracerProvider as _;
    use opentelemetry_sdk::trace::SdkTracerProvider;
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    #[test]
    fn a_traced_span_names_itself_and_others_stay_silent() {
        assert_eq!(current(), None);
        let tracer = SdkTracerProvider::default().tracer("test");
        let subscriber = tracing_subscriber::registry().with(tracing_opentelemetry::layer().with_tracer(tracer));
        let (span, header) = tracing::subscriber::with_default(subscriber, || {
            let span = tracing::info_span!("decision");
            let _entered = span.enter();
            (span.context().span().span_context().clone(), current())
        });
        let header = header.unwrap();
        assert!(header.starts_with(&format!("00-{}-{}-", span.trace_id(), span.span_id())), "{header}");
        assert_eq!(header.len(), 55);
    }
}
