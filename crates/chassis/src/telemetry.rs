//! Structured logs, OpenTelemetry traces and metrics.

use opentelemetry::{KeyValue, global, trace::TracerProvider as _};
use opentelemetry_otlp::{MetricExporter, SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::{
    Resource,
    metrics::SdkMeterProvider,
    propagation::TraceContextPropagator,
    trace::{Sampler, SdkTracerProvider},
};
use serde::Deserialize;
use tracing_subscriber::{EnvFilter, layer::SubscriberExt as _, util::SubscriberInitExt as _};

/// How a process tells about itself.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Which logs, in the form of `RUST_LOG`. Default `info`.
    pub log: String,
    /// True: one JSON object a line, for collectors. Default false: for people.
    pub json: bool,
    /// OTLP/gRPC collector, `http://host:4317`. Unset: traces and metrics are not exported.
    pub otlp: Option<String>,
    /// Share of requests whose trace is recorded, 0 to 1, when the caller did not decide. Default 0.01: at hundreds of
    /// messages a second, every trace would cost more than the work.
    pub sampled: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { log: "info".to_owned(), json: false, otlp: None, sampled: 0.01 }
    }
}

/// Why telemetry could not start.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The log filter is not one.
    #[error("telemetry.log is not a log filter")]
    Filter(#[source] tracing_subscriber::filter::ParseError),
    /// The collector's address is not one.
    #[error("setting up the OTLP exporter")]
    Exporter(#[source] opentelemetry_otlp::ExporterBuildError),
    /// Somebody started it before.
    #[error("telemetry was already started in this process")]
    Twice(#[source] tracing_subscriber::util::TryInitError),
}

/// Keeps the exporters; [`Telemetry::flush`] sends what is left.
#[derive(Debug, Default)]
pub struct Telemetry {
    traces: Option<SdkTracerProvider>,
    metrics: Option<SdkMeterProvider>,
}

impl Telemetry {
    /// Sends what is left and stops the exporters. Blocks up to the exporters' own time-outs.
    pub fn flush(self) {
        if let Some(Err(error)) = self.traces.map(|traces| traces.shutdown()) {
            tracing::warn!(%error, "traces not flushed");
        }
        if let Some(Err(error)) = self.metrics.map(|metrics| metrics.shutdown()) {
            tracing::warn!(%error, "metrics not flushed");
        }
    }
}

/// rsipstack logs whole SIP messages, numbers and all, from INFO on: only who asks for it by name gets that.
fn quiet(log: &str) -> String {
    if log.contains("rsipstack") { log.to_owned() } else { format!("{log},rsipstack=error") }
}

/// Starts logs, traces and metrics of this process; `service` and `site` name it to the collector. Call it once, inside
/// a tokio runtime.
///
/// # Errors
/// [`TelemetryError`] when a setting is wrong.
pub fn init(settings: &Settings, service: &str, site: &str) -> Result<Telemetry, TelemetryError> {
    global::set_text_map_propagator(TraceContextPropagator::new());
    let filter = EnvFilter::try_new(quiet(&settings.log)).map_err(TelemetryError::Filter)?;
    let telemetry = match &settings.otlp {
        Some(collector) => exporters(collector, settings.sampled, service, site)?,
        None => Telemetry::default(),
    };
    let trace_layer =
        telemetry.traces.as_ref().map(|traces| tracing_opentelemetry::layer().with_tracer(traces.tracer("madoguchi")));
    let (json, text) = if settings.json {
        (Some(tracing_subscriber::fmt::layer().json().with_writer(std::io::stderr)), None)
    } else {
        (None, Some(tracing_subscriber::fmt::layer().with_ansi(false).with_writer(std::io::stderr)))
    };
    tracing_subscriber::registry()
        .with(filter)
        .with(trace_layer)
        .with(json)
        .with(text)
        .try_init()
        .map_err(TelemetryError::Twice)?;
    Ok(telemetry)
}

fn exporters(collector: &str, sampled: f64, service: &str, site: &str) -> Result<Telemetry, TelemetryError> {
    let resource = Resource::builder()
        .with_service_name(service.to_owned())
        .with_attribute(KeyValue::new("madoguchi.site", site.to_owned()))
        .build();
    let spans =
        SpanExporter::builder().with_tonic().with_endpoint(collector).build().map_err(TelemetryError::Exporter)?;
    let traces = SdkTracerProvider::builder()
        .with_batch_exporter(spans)
        .with_sampler(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(sampled))))
        .with_resource(resource.clone())
        .build();
    let points =
        MetricExporter::builder().with_tonic().with_endpoint(collector).build().map_err(TelemetryError::Exporter)?;
    let metrics = SdkMeterProvider::builder().with_periodic_exporter(points).with_resource(resource).build();
    global::set_meter_provider(metrics.clone());
    global::set_tracer_provider(traces.clone());
    Ok(Telemetry { traces: Some(traces), metrics: Some(metrics) })
}
