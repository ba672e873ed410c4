//! Which request a line of the log belongs to. Requests seldom log, so nothing is written of it until one does.

use std::borrow::Cow;
use std::cell::RefCell;

use http::{HeaderValue, Method};

use super::line::Rewrite;
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

/// Names the request in each of its lines, which are of that format.
#[derive(Debug, Clone)]
pub(super) struct Naming(pub Format);

impl Rewrite for Naming {
    fn rewrite<'a>(&self, line: &'a str) -> Cow<'a, str> {
        let named = CURRENT.with_borrow(|current| current.as_ref()?.in_line(line, self.0));
        named.map_or(Cow::Borrowed(line), Cow::Owned)
    }
}
