//! Requests in the form in which they are sent.

use std::io::Write as _;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, HOST};

use super::request::Request;

/// A request that can be sent again and again.
#[derive(Debug, Clone)]
pub struct Prepared(Form);

#[derive(Debug, Clone)]
enum Form {
    /// HTTP/1.1, the same every time.
    Same(Vec<u8>),
    /// HTTP/1.1 with places; the head ends before the length of the body, where there is one.
    Filled { head: Template, body: Option<Template> },
    /// HTTP/2, the same every time.
    SameTwo(Box<http::Request<Bytes>>),
    /// HTTP/2 with places.
    Two(Box<Two>),
}

/// What a request over HTTP/2 is made of.
#[derive(Debug, Clone)]
struct Two {
    method: http::Method,
    uri: Template,
    headers: Vec<(String, Template)>,
    body: Template,
}

/// Bytes with places for values.
#[derive(Debug, Clone)]
struct Template(Vec<Piece>);

#[derive(Debug, Clone)]
enum Piece {
    Text(Vec<u8>),
    Value(usize),
}

impl Template {
    fn parse(text: &[u8]) -> Self {
        let mut pieces = Vec::new();
        let mut rest = text;
        let mut begin = 0;
        while let Some(at) = memchr::memchr(b'*', &rest[begin..]).map(|at| begin + at) {
            if let [_, digit @ b'0'..=b'9', b'*', ..] = rest[at..] {
                pieces.push(Piece::Text(rest[..at].to_vec()));
                pieces.push(Piece::Value(usize::from(digit - b'0')));
                (rest, begin) = (&rest[at + 3..], 0);
            } else {
                begin = at + 1;
            }
        }
        pieces.push(Piece::Text(rest.to_vec()));
        Self(pieces)
    }

    fn is_fixed(&self) -> bool {
        self.0.len() == 1
    }

    fn bytes<'a>(piece: &'a Piece, values: &'a [String]) -> &'a [u8] {
        match piece {
            Piece::Text(text) => text,
            Piece::Value(number) => values.get(*number).map_or(b"", String::as_bytes),
        }
    }

    fn length(&self, values: &[String]) -> usize {
        self.0.iter().map(|piece| Self::bytes(piece, values).len()).sum()
    }

    fn write(&self, values: &[String], out: &mut Vec<u8>) {
        for piece in &self.0 {
            out.extend_from_slice(Self::bytes(piece, values));
        }
    }

    fn filled(&self, values: &[String]) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.length(values));
        self.write(values, &mut out);
        out
    }
}

impl Prepared {
    pub(super) fn new(request: Request, host: &str, is_http2: bool) -> Self {
        let body = Template::parse(&request.body);
        if is_http2 {
            let headers = request.headers.into_iter().map(|(name, value)| (name, Template::parse(value.as_bytes())));
            let uri = Template::parse(format!("http://{host}{}", request.path).as_bytes());
            let two = Two { method: request.method, uri, headers: headers.collect(), body };
            return match two.is_fixed().then(|| two.filled(&[])) {
                Some(Ok(same)) => Self(Form::SameTwo(Box::new(same))),
                _ => Self(Form::Two(Box::new(two))),
            };
        }
        let mut head = format!("{} {} HTTP/1.1\r\n{HOST}: {host}\r\n", request.method, request.path);
        for (name, value) in &request.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        let has_body = request.method != http::Method::GET;
        head.push_str(&if has_body { format!("{CONTENT_LENGTH}: ") } else { "\r\n".to_owned() });
        let filled = Form::Filled { head: Template::parse(head.as_bytes()), body: has_body.then_some(body) };
        let Form::Filled { head, body } = &filled else { return Self(filled) };
        if head.is_fixed() && body.as_ref().is_none_or(Template::is_fixed) {
            let mut out = Vec::new();
            write_http1(head, body.as_ref(), &[], &mut out);
            return Self(Form::Same(out));
        }
        Self(filled)
    }

    /// The bytes of a request over HTTP/1.1; `scratch` is what they may be written to.
    pub(super) fn http1<'a>(&'a self, values: &[String], scratch: &'a mut Vec<u8>) -> &'a [u8] {
        match &self.0 {
            Form::Same(bytes) => bytes,
            Form::Filled { head, body } => {
                scratch.clear();
                write_http1(head, body.as_ref(), values, scratch);
                scratch
            }
            Form::SameTwo(_) | Form::Two(_) => &[],
        }
    }

    /// The request over HTTP/2.
    pub(super) fn http2(&self, values: &[String]) -> Result<http::Request<Bytes>, String> {
        match &self.0 {
            Form::SameTwo(request) => Ok((**request).clone()),
            Form::Two(two) => two.filled(values),
            Form::Same(_) | Form::Filled { .. } => Err("a request for HTTP/1.1".to_owned()),
        }
    }
}

impl Two {
    fn is_fixed(&self) -> bool {
        self.uri.is_fixed() && self.body.is_fixed() && self.headers.iter().all(|(_, value)| value.is_fixed())
    }

    fn filled(&self, values: &[String]) -> Result<http::Request<Bytes>, String> {
        let mut request = http::Request::builder().method(self.method.clone()).uri(self.uri.filled(values));
        for (name, value) in &self.headers {
            request = request.header(name, value.filled(values));
        }
        request.body(self.body.filled(values).into()).map_err(|cause| cause.to_string())
    }
}

fn write_http1(head: &Template, body: Option<&Template>, values: &[String], out: &mut Vec<u8>) {
    head.write(values, out);
    if let Some(body) = body {
        // Writing to memory does not fail.
        let _ = write!(out, "{}\r\n\r\n", body.length(values));
        body.write(values, out);
    }
}

#[cfg(test)]
mod tests {
    use http::Method;
    use serde_json::json;

    use super::*;

    fn encoded(request: Request, values: &[&str]) -> String {
        let values: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
        let prepared = Prepared::new(request, "id.example.com:8080", false);
        let mut scratch = b"of the last request".to_vec();
        String::from_utf8(prepared.http1(&values, &mut scratch).to_vec()).unwrap()
    }

    #[test]
    fn a_request_without_places_is_encoded_once() {
        let request = Request::get("/me").bearer("t");
        let prepared = Prepared::new(request.clone(), "h", false);
        assert!(matches!(prepared.0, Form::Same(_)));
        assert_eq!(
            encoded(request, &[]),
            "GET /me HTTP/1.1\r\nhost: id.example.com:8080\r\nauthorization: Bearer t\r\n\r\n"
        );
    }

    #[test]
    fn the_length_of_the_body_is_that_with_the_values() {
        let request = Request::json(Method::POST, "/users/*1*", &json!({"name": "*0*"})).bearer("*1*");
        let text = encoded(request, &["Ada", "77"]);
        assert!(text.starts_with("POST /users/77 HTTP/1.1\r\n"), "{text}");
        assert!(text.contains("authorization: Bearer 77\r\n"), "{text}");
        assert!(text.ends_with("content-length: 14\r\n\r\n{\"name\":\"Ada\"}"), "{text}");
    }

    #[test]
    fn an_empty_post_says_that_it_is_empty() {
        let request = Request { body: Vec::new(), ..Request::form("/x", &[]) };
        assert!(encoded(request, &[]).ends_with("content-length: 0\r\n\r\n"));
    }

    #[test]
    fn a_star_alone_is_no_place() {
        let template = Template::parse(b"a*b *1 *2* **3*");
        assert_eq!(template.filled(&["0", "1", "two", "3"].map(str::to_owned)), b"a*b *1 two *3");
    }

    #[test]
    fn http2_gets_an_absolute_address() {
        let prepared = Prepared::new(Request::get("/users/*0*").bearer("t"), "h:1", true);
        let request = prepared.http2(&["7".to_owned()]).unwrap();
        assert_eq!(
            (request.uri().to_string().as_str(), request.headers()["authorization"].to_str().unwrap()),
            ("http://h:1/users/7", "Bearer t")
        );
    }
}
