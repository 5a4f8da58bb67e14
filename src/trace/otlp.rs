//! Exports spans by OTLP over HTTP, in batches and on a thread of its own. What a collector does not
//! take in time is dropped: a request never waits for it.

use super::span::{Finished, Kind, Value};
use anyhow::Context;
use opentelemetry::trace::{
    SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState,
};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{
    BatchSpanProcessor, SpanData, SpanEvents, SpanLinks, SpanProcessor,
};
use std::future::{Future, ready};
use std::io::Read;
use std::pin::Pin;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};
use uuid::Uuid;

/// Time limit of one request to the collector.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Time limit of the shutdown, which sends the spans that wait.
const STOP_TIMEOUT: Duration = Duration::from_secs(3);
/// The longest answer of a collector that is read.
const MAX_ANSWER: u64 = 64 * 1024;

static EXPORTER: OnceLock<Exporter> = OnceLock::new();

struct Exporter {
    processor: BatchSpanProcessor,
    per_mille: u64,
    scope: InstrumentationScope,
    /// The same moment by both clocks.
    epoch: (Instant, SystemTime),
}

pub(super) fn start(url: &str, per_mille: u32) -> anyhow::Result<()> {
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(Client::new())
        .with_endpoint(url)
        .with_timeout(TIMEOUT)
        .build()
        .context("o coletor de traces (otlp_url) não pôde ser preparado")?;
    let mut processor = BatchSpanProcessor::builder(exporter).build();
    let version = env!("CARGO_PKG_VERSION");
    let attributes = [
        KeyValue::new("service.version", version),
        KeyValue::new("service.instance.id", Uuid::new_v4().to_string()),
    ];
    // The builder adds what `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` say.
    let resource = Resource::builder().with_attributes(attributes);
    let resource = match std::env::var_os("OTEL_SERVICE_NAME") {
        Some(_) => resource,
        None => resource.with_service_name("elos"),
    };
    processor.set_resource(&resource.build());
    let scope = InstrumentationScope::builder("elos").with_version(version).build();
    let epoch = (Instant::now(), SystemTime::now());
    let exporter = Exporter { processor, per_mille: per_mille.into(), scope, epoch };
    // A second start in one process keeps the first exporter.
    let _ = EXPORTER.set(exporter);
    Ok(())
}

pub(super) fn stop() {
    if let Some(exporter) = EXPORTER.get() {
        // Whatever fails here has been logged by the client.
        let _ = exporter.processor.shutdown_with_timeout(STOP_TIMEOUT);
    }
}

pub(super) fn sampled_per_mille() -> Option<u64> {
    EXPORTER.get().map(|exporter| exporter.per_mille)
}

pub(super) fn export(finished: Finished) {
    if let Some(exporter) = EXPORTER.get() {
        exporter.processor.on_end(exporter.data(finished));
    }
}

impl Exporter {
    fn data(&self, finished: Finished) -> SpanData {
        let Finished { context, parent, remote_parent, kind, name, start, end, .. } = finished;
        let time = |instant: Instant| self.epoch.1 + instant.duration_since(self.epoch.0);
        let span_id = |id: u64| SpanId::from_bytes(id.to_be_bytes());
        SpanData {
            span_context: SpanContext::new(
                TraceId::from_bytes(context.trace_id.to_be_bytes()),
                span_id(context.span_id),
                TraceFlags::SAMPLED,
                false,
                TraceState::default(),
            ),
            parent_span_id: parent.map_or(SpanId::INVALID, span_id),
            parent_span_is_remote: remote_parent,
            span_kind: match kind {
                Kind::Server => SpanKind::Server,
                Kind::Internal => SpanKind::Internal,
                Kind::Client => SpanKind::Client,
            },
            name,
            start_time: time(start),
            end_time: time(end),
            attributes: finished.attributes.into_iter().map(attribute).collect(),
            dropped_attributes_count: 0,
            events: SpanEvents::default(),
            links: SpanLinks::default(),
            status: match finished.failed {
                true => Status::error(""),
                false => Status::Unset,
            },
            instrumentation_scope: self.scope.clone(),
        }
    }
}

fn attribute((key, value): (&'static str, Value)) -> KeyValue {
    match value {
        Value::Text(text) => KeyValue::new(key, text),
        Value::Number(number) => KeyValue::new(key, number),
    }
}

/// The HTTP client of the exporter, which calls it on its own thread.
#[derive(Debug)]
struct Client {
    agent: ureq::Agent,
    /// Whether the last request failed. Only a change is logged.
    failing: AtomicBool,
}

impl Client {
    fn new() -> Self {
        let config = ureq::Agent::config_builder()
            .max_redirects(0)
            .http_status_as_error(false)
            .timeout_global(Some(TIMEOUT))
            .build();
        Self { agent: ureq::Agent::new_with_config(config), failing: AtomicBool::new(false) }
    }

    fn send(&self, request: Request<Bytes>) -> anyhow::Result<Response<Bytes>> {
        let response = self.agent.run(request.map(|body| body.to_vec()))?;
        let (parts, mut body) = response.into_parts();
        let mut text = Vec::new();
        body.as_reader().take(MAX_ANSWER).read_to_end(&mut text)?;
        Ok(Response::from_parts(parts, text.into()))
    }

    fn log(&self, failure: Option<String>) {
        let failed_before = self.failing.swap(failure.is_some(), Ordering::Relaxed);
        match failure {
            Some(causa) if !failed_before => {
                tracing::warn!(causa, "the collector takes no traces; they are dropped");
            }
            None if failed_before => tracing::info!("the collector takes traces again"),
            _ => {}
        }
    }
}

impl HttpClient for Client {
    // As `async_trait` would write it.
    fn send_bytes<'a, 'async_trait>(
        &'a self,
        request: Request<Bytes>,
    ) -> Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send + 'async_trait>>
    where
        'a: 'async_trait,
        Self: 'async_trait,
    {
        let response = self.send(request);
        self.log(match &response {
            Ok(response) if response.status().is_success() => None,
            Ok(response) => Some(format!("status {}", response.status().as_u16())),
            Err(error) => Some(format!("{error:#}")),
        });
        Box::pin(ready(response.map_err(Into::into)))
    }
}
