//! Metrics in Prometheus' text format: requests by method and code, connections, and the process itself.
//! Labels come from fixed sets (method names, route templates, codes), never from what a caller wrote.

mod process;

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::Duration;

use castellan_kernel::Clock;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

pub use process::processor_seconds;

/// Upper bounds of the latency buckets in seconds.
const BUCKETS: [f64; 13] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: Cow<'static, str>,
    code: u16,
}

/// The metrics of this process; clones share them.
#[derive(Debug, Clone)]
pub struct Metrics {
    registry: Arc<Registry>,
    requests: Family<RequestLabels, Counter>,
    durations: Family<RequestLabels, Histogram, fn() -> Histogram>,
    in_flight: Gauge<i64, AtomicI64>,
    connections: Gauge<i64, AtomicI64>,
}

/// Counts something as present until it is dropped.
#[derive(Debug)]
pub struct Presence(Gauge<i64, AtomicI64>);

impl Drop for Presence {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Metrics {
    /// Metrics with nothing counted. `clock` gives the start time of the process.
    pub fn new(clock: &dyn Clock) -> Self {
        let requests = Family::default();
        let durations: Family<RequestLabels, Histogram, fn() -> Histogram> =
            Family::new_with_constructor(|| Histogram::new(BUCKETS));
        let (in_flight, connections) = (Gauge::default(), Gauge::default());
        let mut registry = Registry::default();
        registry.register("castellan_requests", "Requests answered, by method or route and code", requests.clone());
        registry.register_with_unit(
            "castellan_request_duration",
            "Time until the head of the answer, by method or route and code",
            Unit::Seconds,
            durations.clone(),
        );
        registry.register("castellan_requests_in_flight", "Requests being answered", in_flight.clone());
        registry.register("castellan_connections", "Open connections", connections.clone());
        let build: Family<Vec<(&str, &str)>, Gauge> = Family::default();
        build.get_or_create(&vec![("version", env!("CARGO_PKG_VERSION"))]).set(1);
        registry.register("castellan_build_info", "The version of the server", build);
        registry.register_collector(Box::new(process::ProcessCollector::new(clock)));
        Self { registry: Arc::new(registry), requests, durations, in_flight, connections }
    }

    /// Counts an answered request. `method` is the RPC's full name or the route's template, `code` its HTTP status,
    /// or the one that stands for the status of a gRPC call.
    pub fn observe(&self, method: Cow<'static, str>, code: u16, duration: Duration) {
        let labels = RequestLabels { method, code };
        self.requests.get_or_create(&labels).inc();
        self.durations.get_or_create(&labels).observe(duration.as_secs_f64());
    }

    /// Counts a request as in flight while the answer lives.
    pub fn request(&self) -> Presence {
        self.in_flight.inc();
        Presence(self.in_flight.clone())
    }

    /// Counts a connection as open while the answer lives.
    pub fn connection(&self) -> Presence {
        self.connections.inc();
        Presence(self.connections.clone())
    }

    /// Everything in Prometheus' text format (OpenMetrics 1.0).
    pub fn render(&self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = prometheus_client::encoding::text::encode(&mut text, &self.registry);
        text
    }
}

#[cfg(test)]
mod tests {
    use castellan_kernel::SystemClock;

    use super::*;

    #[test]
    fn requests_are_counted_and_timed_by_method_and_code() {
        let metrics = Metrics::new(&SystemClock);
        metrics.observe("/zitadel.user.v2.UserService/GetUserByID".into(), 200, Duration::from_millis(3));
        metrics.observe("/zitadel.user.v2.UserService/GetUserByID".into(), 200, Duration::from_millis(3));
        let text = metrics.render();
        let labels = r#"{method="/zitadel.user.v2.UserService/GetUserByID",code="200"}"#;
        assert!(text.contains(&format!("castellan_requests_total{labels} 2")), "{text}");
        assert!(text.contains(&format!("castellan_request_duration_seconds_count{labels} 2")), "{text}");
        assert!(text.contains("le=\"0.005\""), "{text}");
    }

    #[test]
    fn what_is_in_flight_is_counted_until_it_ends() {
        let metrics = Metrics::new(&SystemClock);
        let (request, connection) = (metrics.request(), metrics.connection());
        assert!(metrics.render().contains("castellan_requests_in_flight 1"));
        drop((request, connection));
        let text = metrics.render();
        assert!(text.contains("castellan_requests_in_flight 0") && text.contains("castellan_connections 0"), "{text}");
    }

    #[test]
    fn the_process_reports_its_memory_processor_and_files() {
        let text = Metrics::new(&SystemClock).render();
        for name in [
            "process_cpu_seconds_total ",
            "process_resident_memory_bytes ",
            "process_virtual_memory_bytes ",
            "process_open_fds ",
            "process_max_fds ",
            "process_threads ",
            "process_start_time_seconds ",
        ] {
            assert!(text.contains(&format!("\n{name}")), "{name} is missing in {text}");
        }
        assert!(text.ends_with("# EOF\n"));
    }
}
