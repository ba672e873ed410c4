//! A request as scenarios write it.

use http::Method;
use serde_json::{Value, json};

use super::{Prepared, Target};

/// A request. `*0*` … `*9*` in its path, headers or body are places that get a value when it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Request {
    /// A request without a body.
    pub fn get(path: impl Into<String>) -> Self {
        Self { method: Method::GET, path: path.into(), headers: Vec::new(), body: Vec::new() }
    }

    /// A request with a JSON body.
    pub fn json(method: Method, path: impl Into<String>, body: &Value) -> Self {
        Self { method, body: body.to_string().into_bytes(), ..Self::get(path) }.with("content-type", "application/json")
    }

    /// A form.
    pub fn form(path: impl Into<String>, pairs: &[(&str, &str)]) -> Self {
        let body = serde_urlencoded::to_string(pairs).unwrap_or_default();
        Self { method: Method::POST, body: body.into_bytes(), ..Self::get(path) }
            .with("content-type", "application/x-www-form-urlencoded")
    }

    /// A gRPC call of a method with an empty request.
    pub fn grpc(path: &str) -> Self {
        Self { method: Method::POST, body: vec![0; 5], ..Self::get(path) }
            .with("content-type", "application/grpc")
            .with("te", "trailers")
    }

    /// The same with another verb.
    #[must_use]
    pub fn with_method(self, method: Method) -> Self {
        Self { method, ..self }
    }

    /// Where it goes.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The same with a bearer token.
    #[must_use]
    pub fn bearer(self, token: &str) -> Self {
        self.with("authorization", &format!("Bearer {token}"))
    }

    /// The same with a header, named in small letters.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Encodes it once for all times that it is sent to this server.
    pub fn prepare(self, target: &Target) -> Prepared {
        Prepared::new(self, &target.host, target.is_http2)
    }

    /// In JSON, for [`Request::read`].
    pub fn write(&self) -> Value {
        json!({
            "method": self.method.as_str(), "path": self.path, "headers": self.headers,
            "body": String::from_utf8_lossy(&self.body),
        })
    }

    /// What [`Request::write`] wrote.
    pub fn read(value: &Value) -> Option<Self> {
        let headers = value["headers"].as_array()?.iter();
        let headers = headers.map(|pair| Some((pair[0].as_str()?.to_owned(), pair[1].as_str()?.to_owned())));
        Some(Self {
            method: value["method"].as_str()?.parse().ok()?,
            path: value["path"].as_str()?.to_owned(),
            headers: headers.collect::<Option<_>>()?,
            body: value["body"].as_str()?.as_bytes().to_vec(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_read_as_it_was_written() {
        let request = Request::form("/token", &[("grant_type", "x y")]).bearer("*1*");
        assert_eq!(Request::read(&request.write()), Some(request));
        assert_eq!(Request::read(&json!({"method": "GET"})), None);
    }
}
