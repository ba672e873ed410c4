//! Logs, metrics and traces.

use std::time::Duration;

use crate::config::key::section;
use crate::config::value::choice;

choice! {
    /// How much is logged.
    Level("trace, debug, info, warn, error") {
        /// Everything.
        Trace = "trace",
        /// What helps to follow a request.
        Debug = "debug",
        /// What an operator wants to know.
        Info = "info",
        /// What may need attention.
        Warn = "warn" | "warning",
        /// What went wrong.
        Error = "error" | "fatal" | "panic",
    }
}

choice! {
    /// How log lines look.
    Format("text, json") {
        /// For people.
        Text = "text",
        /// One JSON object a line.
        Json = "json",
    }
}

choice! {
    /// Whether metrics are served.
    MetricsType("otel, none") {
        /// In Prometheus' text format at `/debug/metrics`.
        Prometheus = "otel" | "prometheus",
        /// Not at all.
        None = "none",
    }
}

choice! {
    /// Where traces go.
    TracingType("none, otel") {
        /// Nowhere.
        None = "none" | "",
        /// To an OpenTelemetry collector.
        Otel = "otel" | "otlp",
    }
}

section! {
    /// The log, on the standard error output.
    Log {
        /// How much is logged.
        "Level" => level: Level = "info";
        "Formatter" => formatter: Formatter;
    }
}

section! {
    /// The form of log lines.
    Formatter {
        /// How log lines look.
        "Format" => format: Format = "text";
    }
}

section! {
    /// Logs of what happens on the wire.
    LogStore {
        "Access" => access: AccessLog;
    }
}

section! {
    /// The log of requests.
    AccessLog {
        "Stdout" => stdout: Output;
    }
}

section! {
    /// An output of a log.
    Output {
        /// Whether each request is logged with its method, path, status and time.
        "Enabled" => enabled: bool = "false";
    }
}

section! {
    /// Metrics.
    Metrics {
        /// Whether metrics are served at `/debug/metrics`.
        "Type" => kind: MetricsType = "otel";
    }
}

section! {
    /// Traces, sent with OTLP over HTTP.
    Tracing {
        /// Where traces go.
        "Type" => kind: TracingType = "none";
        /// Address of the collector, such as `http://localhost:4318`; without a path, `/v1/traces` is appended.
        "Endpoint" => endpoint: String = "http://localhost:4318";
        /// Part of the requests that is traced, from 0 to 1; a caller's own decision wins.
        "Fraction" => fraction: f64 = "1";
        /// Name of this service in traces.
        "ServiceName" => service_name: String = "castellan";
        /// How long sending a batch may take.
        "Timeout" => timeout: Duration = "10s";
    }
}
