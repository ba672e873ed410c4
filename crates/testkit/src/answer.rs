//! What came back, in the forms that tests ask for.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::Value;

/// An answer of the server.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Answer {
    /// The body as JSON; `null` when it is empty or something else.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A header's text; empty when it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Whether the status is a success.
    pub fn is_ok(&self) -> bool {
        self.status.is_success()
    }

    /// This answer, which must be a success.
    #[track_caller]
    #[must_use]
    pub fn ok(self) -> Value {
        assert!(self.is_ok(), "expected success, got {} {}", self.status, self.text());
        self.json()
    }

    /// The outcome by the name that Connect gives it: `ok`, `not_found`, `permission_denied` …
    pub fn code(&self) -> String {
        if self.is_ok() {
            return "ok".to_owned();
        }
        match &self.json()["code"] {
            Value::String(name) => name.clone(),
            Value::Number(number) => format!("code {number}"),
            _ => format!("HTTP {}", self.status.as_u16()),
        }
    }

    /// The id in the error's detail, such as `AUTH-7fs1e`; empty when there is none.
    pub fn error_id(&self) -> String {
        let json = self.json();
        let detail = &json["details"][0];
        [&detail["id"], &detail["debug"]["id"]]
            .into_iter()
            .find_map(|id| id.as_str().map(str::to_owned))
            .unwrap_or_else(|| self.id_in_message())
    }

    /// The `(ID)` that a message ends with.
    fn id_in_message(&self) -> String {
        let json = self.json();
        let message = json["message"].as_str().unwrap_or_default();
        message.rsplit_once('(').and_then(|(_, id)| id.strip_suffix(')')).unwrap_or_default().to_owned()
    }

    /// `error` and `error_description` of an OAuth error, with the status.
    pub fn oauth_error(&self) -> (u16, String, String) {
        let json = self.json();
        let text = |name: &str| json[name].as_str().unwrap_or_default().to_owned();
        (self.status.as_u16(), text("error"), text("error_description"))
    }
}
