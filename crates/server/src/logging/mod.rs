//! Logs (text or JSON, on the standard error output) and traces (OTLP), as configured. Configured secrets and
//! credentials of requests are masked in every line, should one ever get there.

mod line;
mod mask;
mod request;
mod traces;

use std::io::IsTerminal;

use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

use self::line::Rewriting;
use self::mask::Mask;
use self::request::Naming;
pub use self::request::RequestName;
use crate::config::{Format, Level, Settings, TracingType};
use crate::failure::Result;

/// Libraries whose lines below a warning only help their authors.
const NOISY: [&str; 8] = ["h2", "hyper", "hyper_util", "rustls", "tokio_postgres", "reqwest", "opentelemetry", "tower"];

/// What must be ended before the process ends.
#[derive(Debug)]
#[must_use = "traces that are not stopped are lost"]
pub struct Telemetry(Option<opentelemetry_sdk::trace::SdkTracerProvider>);

impl Telemetry {
    /// Sends what is left. Call it outside of the asynchronous runtime: it blocks.
    pub fn stop(self) {
        if let Some(provider) = self.0
            && let Err(error) = provider.shutdown()
        {
            tracing::warn!(%error, "the last traces could not be sent");
        }
    }
}

/// Starts logs and traces for the whole process. Call it once, outside of the asynchronous runtime.
///
/// # Errors
/// The collector's address is wrong.
pub fn start(settings: &Settings) -> Result<Telemetry> {
    let writer = Rewriting::new(std::io::stderr, Mask::of(settings));
    let ansi = std::io::stderr().is_terminal();
    let log = log_layer(settings.log.formatter.format, ansi, writer).with_filter(filter(settings.log.level));
    let provider = match settings.tracing.kind {
        TracingType::None => None,
        TracingType::Otel => Some(traces::provider(&settings.tracing)?),
    };
    let spans = provider.as_ref().map(|provider| traces::layer(provider).with_filter(filter(Level::Info)));
    // A second start in one process (tests) keeps the first subscriber.
    if tracing_subscriber::registry().with(log).with(spans).try_init().is_ok() {
        std::panic::set_hook(Box::new(|panic| tracing::error!(%panic, "a task panicked")));
    }
    Ok(Telemetry(provider))
}

fn filter(level: Level) -> Targets {
    let level = match level {
        Level::Trace => LevelFilter::TRACE,
        Level::Debug => LevelFilter::DEBUG,
        Level::Info => LevelFilter::INFO,
        Level::Warn => LevelFilter::WARN,
        Level::Error => LevelFilter::ERROR,
    };
    let noisy = level.min(LevelFilter::WARN);
    NOISY.iter().fold(Targets::new().with_default(level), |targets, name| targets.with_target(*name, noisy))
}

fn log_layer<S, W>(format: Format, ansi: bool, writer: W) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let layer = tracing_subscriber::fmt::layer().with_writer(Rewriting::new(writer, Naming(format)));
    match format {
        Format::Text => layer.with_ansi(ansi).boxed(),
        Format::Json => layer.json().flatten_event(true).with_span_list(false).boxed(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use http::{HeaderValue, Method};

    use super::*;
    use crate::config::{Inputs, load};

    #[derive(Clone, Default)]
    struct Buffer(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Buffer {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn logged(format: Format, level: Level, work: impl FnOnce()) -> String {
        let variable = ("CASTELLAN_DATABASE_POSTGRES_USER_PASSWORD".to_owned(), "correct-horse".to_owned());
        let settings = load(&Inputs { environment: vec![variable], ..Inputs::default() }).unwrap().settings;
        let buffer = Buffer::default();
        let shared = buffer.clone();
        let writer = Rewriting::new(move || shared.clone(), Mask::of(&settings));
        let layer = log_layer(format, false, writer).with_filter(filter(level));
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), work);
        String::from_utf8(buffer.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn json_lines_carry_the_message_the_fields_and_the_request_id() {
        let name = RequestName { id: HeaderValue::from_static("r-\"1"), verb: Method::GET };
        let in_span = || {
            let _span = tracing::info_span!("request", id = "r-\"1", verb = "GET").entered();
            tracing::info!(count = 3, "done");
        };
        for work in [&in_span as &dyn Fn(), &|| name.around(|| tracing::info!(count = 3, "done"))] {
            let text = logged(Format::Json, Level::Info, work);
            let line: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert_eq!((&line["message"], &line["count"]), (&"done".into(), &3.into()));
            assert_eq!((&line["level"], &line["span"]["id"]), (&"INFO".into(), &"r-\"1".into()));
            assert_eq!((&line["span"]["verb"], &line["span"]["name"]), (&"GET".into(), &"request".into()));
        }
    }

    #[test]
    fn lines_of_text_end_with_the_request_and_others_do_not() {
        let name = RequestName { id: HeaderValue::from_static("r-1"), verb: Method::POST };
        let text = logged(Format::Text, Level::Info, || {
            let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                name.around(|| {
                    tracing::info!("first");
                    std::panic::resume_unwind(Box::new("on purpose"));
                });
            }));
            assert!(panicked.is_err());
            tracing::info!("second");
        });
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].ends_with(r#"first request{id="r-1" verb="POST"}"#), "{text}");
        assert!(lines[1].ends_with("second"), "{text}");
    }

    #[test]
    fn configured_secrets_and_credentials_are_masked() {
        for format in [Format::Text, Format::Json] {
            let text = logged(format, Level::Info, || {
                tracing::error!(url = "postgres://u:correct-horse@db", "authorization: Bearer abc.def-123 failed");
            });
            assert!(!text.contains("correct-horse") && !text.contains("abc.def"), "{text}");
            assert!(text.contains("********") && text.contains("failed"), "{text}");
        }
    }

    #[test]
    fn the_level_decides_and_libraries_stay_quiet() {
        let text = logged(Format::Text, Level::Debug, || {
            tracing::debug!("seen");
            tracing::trace!("unseen");
            tracing::debug!(target: "h2::codec", "frames");
        });
        assert!(text.contains("seen") && !text.contains("unseen") && !text.contains("frames"), "{text}");
    }
}
