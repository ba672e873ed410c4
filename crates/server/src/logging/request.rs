//! Which request a line of the log belongs to. Requests seldom log, so nothing is written of it until one does.

use std::borrow::Cow;
use std::cell::RefCell;
use std::io::{self, Write};

use http::{HeaderValue, Method};
use tracing_subscriber::fmt::MakeWriter;

use crate::config::Format;

thread_local! {
    static CURRENT: RefCell<Option<RequestName>> = const { RefCell::new(None) };
}

/// What a request is called in the log.
#[derive(Debug, Clone)]
pub struct RequestName {
    /// Its id.
    pub id: HeaderValue,
    /// Its method.
    pub verb: Method,
}

impl RequestName {
    /// Does work whose lines are those of this request.
    pub fn around<T>(&self, work: impl FnOnce() -> T) -> T {
        let _restored = Restored(CURRENT.replace(Some(self.clone())));
        work()
    }

    fn in_line(&self, line: &str, format: Format) -> Option<String> {
        let (id, verb) = (self.id.to_str().ok()?, self.verb.as_str());
        match format {
            Format::Text => {
                let line = line.strip_suffix('\n')?;
                Some(format!("{line} request{{id={id:?} verb={verb:?}}}\n"))
            }
            Format::Json => {
                let line = line.strip_suffix("}\n")?;
                let span = serde_json::json!({ "id": id, "name": "request", "verb": verb });
                Some(format!("{line},\"span\":{span}}}\n"))
            }
        }
    }
}

/// Whose lines come after some work, even if it panics.
struct Restored(Option<RequestName>);

impl Drop for Restored {
    fn drop(&mut self) {
        CURRENT.set(self.0.take());
    }
}

/// Gives writers that name the request in each of its lines.
#[derive(Debug, Clone)]
pub(super) struct NamingWriter<M> {
    inner: M,
    format: Format,
}

impl<M> NamingWriter<M> {
    /// Names requests in lines of that format, which go to the writers of `inner`.
    pub fn new(inner: M, format: Format) -> Self {
        Self { inner, format }
    }
}

impl<'a, M: MakeWriter<'a>> MakeWriter<'a> for NamingWriter<M> {
    type Writer = Naming<M::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        Naming { inner: self.inner.make_writer(), format: self.format }
    }
}

/// A writer that names the request. The log hands over each line whole.
pub(super) struct Naming<W> {
    inner: W,
    format: Format,
}

impl<W: Write> Write for Naming<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let named = CURRENT.with_borrow(|current| {
            let line = std::str::from_utf8(bytes).ok()?;
            current.as_ref()?.in_line(line, self.format)
        });
        self.inner.write_all(&named.map_or(Cow::Borrowed(bytes), |line| Cow::Owned(line.into_bytes())))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
