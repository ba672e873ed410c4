//! Traces: spans of requests, sent in batches with OTLP (HTTP, protobuf) from a thread of their own.

use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{Protocol, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::registry::LookupSpan;

use crate::config::Tracing;
use crate::failure::{Failure, Result};

/// The address of the traces' endpoint: `/v1/traces` unless a path was given.
fn endpoint(configured: &str) -> Result<String> {
    let wrong = || {
        Failure::new(format!("Tracing.Endpoint {configured:?} is not an address; write it like http://localhost:4318"))
    };
    let address: http::Uri = configured.parse().map_err(|_| wrong())?;
    if !matches!(address.scheme_str(), Some("http" | "https")) || address.host().is_none() {
        return Err(wrong());
    }
    Ok(match address.path() {
        "" | "/" => format!("{}/v1/traces", configured.trim_end_matches('/')),
        _ => configured.to_owned(),
    })
}

/// The provider that samples and sends spans.
///
/// # Errors
/// The endpoint is not an address, or the HTTP client cannot be made.
pub(super) fn provider(settings: &Tracing) -> Result<SdkTracerProvider> {
    let exporter = opentelemetry_otlp::SpanExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(endpoint(&settings.endpoint)?)
        .with_timeout(settings.timeout)
        .build()
        .map_err(|error| Failure::new("traces cannot be sent; check Tracing.Endpoint").because(error))?;
    opentelemetry::global::set_text_map_propagator(TraceContextPropagator::new());
    Ok(SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_sampler(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(settings.fraction))))
        .with_resource(Resource::builder().with_service_name(settings.service_name.clone()).build())
        .build())
}

/// Turns the program's spans into traces.
pub(super) fn layer<S>(provider: &SdkTracerProvider) -> impl Layer<S> + use<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    tracing_opentelemetry::layer().with_tracer(provider.tracer("castellan"))
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;

    use tracing_subscriber::layer::SubscriberExt;

    use super::*;
    use crate::config::{Inputs, load};

    #[test]
    fn the_endpoint_gets_the_standard_path_unless_it_has_one() {
        assert_eq!(endpoint("http://collector:4318").unwrap(), "http://collector:4318/v1/traces");
        assert_eq!(endpoint("http://collector:4318/").unwrap(), "http://collector:4318/v1/traces");
        assert_eq!(endpoint("https://x/otlp/traces").unwrap(), "https://x/otlp/traces");
        assert!(endpoint("collector:4318").unwrap_err().to_string().contains("Tracing.Endpoint"));
    }

    #[test]
    fn spans_reach_the_collector_before_the_process_ends() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let collector = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut received = Vec::new();
            let mut buffer = [0; 4096];
            // The name of the span stands in the body, which comes after the head.
            while !received.windows(8).any(|window| window == b"the-span") {
                let read = stream.read(&mut buffer).unwrap();
                assert!(read > 0, "the connection ended early");
                received.extend_from_slice(&buffer[..read]);
            }
            let answer = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
            stream.write_all(answer.as_bytes()).unwrap();
            String::from_utf8_lossy(&received).into_owned()
        });
        let set = |key: &str, value: &str| ("--set".to_owned(), key.to_owned(), value.to_owned());
        let flags = vec![set("Tracing.Endpoint", &address), set("Tracing.ServiceName", "my-castellan")];
        let settings = load(&Inputs { flags, ..Inputs::default() }).unwrap().settings;
        let provider = provider(&settings.tracing).unwrap();
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer(&provider)), || {
            tracing::info_span!("the-span").in_scope(|| tracing::info!("work"));
        });
        provider.shutdown().unwrap();
        let received = collector.join().unwrap();
        assert!(received.starts_with("POST /v1/traces HTTP/1.1"), "{received}");
        assert!(received.contains("application/x-protobuf") && received.contains("my-castellan"), "{received}");
    }
}
