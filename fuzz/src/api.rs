//! The API: REST paths, queries and bodies, JSON of messages, and the frames of gRPC, gRPC-Web and Connect.

use std::cell::RefCell;
use std::sync::{Arc, LazyLock};

use axum::body::Body;
use bytes::Bytes;
use castellan_rpc::call::{BoxFuture, Call, Failure, Invoke, Reply};
use castellan_rpc::descriptor::{Contract, MethodInfo};
use castellan_rpc::service::{ServiceOptions, service};
use castellan_rpc::validate::validate;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt as _;
use tokio::runtime::{Builder, Runtime};
use tower::ServiceExt as _;

/// Serves every RPC: looks at the request message in every way the router does, and answers with an empty message.
struct Reader;

impl Invoke for Reader {
    fn serves(&self, _: &str) -> bool {
        true
    }

    fn invoke(self: Arc<Self>, call: Call) -> BoxFuture<Result<Reply, Failure>> {
        look_at(call.method, &call.body);
        Box::pin(async { Ok(Reply::default()) })
    }
}

/// What the router and the log do with a message in wire form.
fn look_at(method: &MethodInfo, wire: &[u8]) {
    let _ = validate(method.request(), wire);
    let _ = method.check_value(wire);
    let mut text = Vec::new();
    if castellan_rpc::json::encode(method.request(), wire, &mut text).is_ok() {
        // What was written can be read, and reading it again says the same.
        let again = castellan_rpc::json::decode(method.request(), &text)
            .unwrap_or_else(|error| panic!("{} was written but not read: {error}", String::from_utf8_lossy(&text)));
        let mut second = Vec::new();
        castellan_rpc::json::encode(method.request(), &again, &mut second).unwrap();
        assert_eq!(String::from_utf8_lossy(&text), String::from_utf8_lossy(&second), "{}", method.path);
    }
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
    trailers: HeaderMap,
}

/// Sends one request through the whole service, in process.
fn send(request: Request<Body>) -> Answer {
    thread_local! {
        static RUNTIME: RefCell<Runtime> = RefCell::new(Builder::new_current_thread().enable_all().build().unwrap());
    }
    static ROUTER: LazyLock<axum::Router> = LazyLock::new(|| {
        let options = ServiceOptions { message_limit: 1 << 16, ..ServiceOptions::default() };
        service(Arc::new(Reader), options).into_router()
    });
    RUNTIME.with_borrow_mut(|runtime| {
        runtime.block_on(async {
            let (parts, body) = ROUTER.clone().oneshot(request).await.unwrap().into_parts();
            let collected = body.collect().await.unwrap();
            let trailers = collected.trailers().cloned().unwrap_or_default();
            Answer { status: parts.status, headers: parts.headers, body: collected.to_bytes(), trailers }
        })
    })
}

/// The first line and what follows it.
fn split_line(data: &[u8]) -> (&[u8], &[u8]) {
    match data.iter().position(|&byte| byte == b'\n') {
        Some(end) => (&data[..end], &data[end + 1..]),
        None => (data, b""),
    }
}

/// `VERB PATH?QUERY`, then the body: any answer but a crash, and always one that a client understands.
pub fn rest(data: &[u8]) {
    let (line, body) = split_line(data);
    let Some((verb, target)) = str::from_utf8(line).ok().and_then(|line| line.split_once(' ')) else { return };
    let Ok(verb) = Method::from_bytes(verb.as_bytes()) else { return };
    let Ok(request) = Request::builder().method(verb).uri(target).body(Body::from(body.to_vec())) else { return };
    let answer = send(request);
    assert!(!answer.status.is_server_error() || answer.status == StatusCode::NOT_IMPLEMENTED, "{}", answer.status);
    let is_rest = answer.headers.get("content-type").is_some_and(|kind| kind == "application/json");
    if is_rest && !answer.body.is_empty() {
        assert!(matches!(answer.body[0], b'{' | b'"'), "{}", String::from_utf8_lossy(&answer.body));
    }
}

/// The number of an RPC in two bytes, then JSON of its request message, or the same in wire form.
pub fn json(data: &[u8]) {
    let Some((number, text)) = data.split_first_chunk::<2>() else { return };
    let methods = Contract::get().methods();
    let number = usize::from(u16::from_be_bytes(*number)) % methods.len();
    let Some(method) = Contract::get().methods().nth(number) else { return };
    look_at(method, text);
    if let Ok(wire) = castellan_rpc::json::decode(method.request(), text) {
        let mut out = Vec::new();
        castellan_rpc::json::encode(method.request(), &wire, &mut out).unwrap();
        look_at(method, &wire);
    }
}

/// `CONTENT-TYPE PATH`, then the body as the framing has it.
pub fn rpc(data: &[u8]) {
    let (line, body) = split_line(data);
    let Some((kind, path)) = str::from_utf8(line).ok().and_then(|line| line.split_once(' ')) else { return };
    let request = Request::post(path).header("content-type", kind).header("te", "trailers");
    let Ok(request) = request.body(Body::from(body.to_vec())) else { return };
    let answer = send(request);
    assert!(!answer.status.is_server_error() || answer.status == StatusCode::NOT_IMPLEMENTED, "{}", answer.status);
    // gRPC demands INTERNAL for some broken frames, so the text tells whether the server itself stumbled.
    let text = answer.trailers.get("grpc-message").or_else(|| answer.headers.get("grpc-message"));
    let text = text.map(|text| String::from_utf8_lossy(text.as_bytes()).into_owned()).unwrap_or_default();
    assert!(!text.contains("RECOVER") && !text.contains("cannot be written"), "{text}");
}
