//! The RPC framings from hand-made bytes, in process and over the whole service.

use std::sync::Arc;

use ::http::{HeaderMap, Request, StatusCode};
use axum::body::Body;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use bytes::Bytes;
use castellan_proto::zitadel::{management, user};
use http_body_util::BodyExt as _;
use prost::Message as _;
use tower::ServiceExt as _;

use crate::call::{Framing, Invoke, Reply};
use crate::framing::Health;
use crate::http::Served;
use crate::http::{ConnectionInfo, compression};
use crate::service::stub::{Stub, invalid_token};
use crate::service::{ServiceOptions, service};

const GET_USER: &str = "/zitadel.user.v2.UserService/GetUserByID";

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
    trailers: HeaderMap,
    served: Option<Served>,
}

impl Answer {
    fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The one message of a gRPC answer.
    fn message<M: prost::Message + Default>(&self) -> M {
        M::decode(open(&self.body).0).unwrap()
    }

    fn grpc_status(&self) -> &str {
        self.trailers["grpc-status"].to_str().unwrap()
    }
}

async fn send_with(stub: &Arc<Stub>, options: ServiceOptions, request: Request<Body>) -> Answer {
    let router = service(Arc::clone(stub) as Arc<dyn Invoke>, options);
    let (parts, body) = router.oneshot(request).await.unwrap().into_parts();
    let collected = body.collect().await.unwrap();
    let trailers = collected.trailers().cloned().unwrap_or_default();
    let served = parts.extensions.get::<Served>().copied();
    Answer { status: parts.status, headers: parts.headers, body: collected.to_bytes(), trailers, served }
}

async fn post(stub: &Arc<Stub>, path: &str, content_type: &str, body: impl Into<Body>) -> Answer {
    let request = Request::post(path).header("content-type", content_type).body(body.into()).unwrap();
    send_with(stub, ServiceOptions::default(), request).await
}

/// A message with gRPC's prefix: not compressed, length.
fn envelope(message: &[u8]) -> Vec<u8> {
    let mut out = vec![0];
    out.extend_from_slice(&u32::try_from(message.len()).unwrap().to_be_bytes());
    out.extend_from_slice(message);
    out
}

/// The first message behind a prefix, its flags, and what follows.
fn open(body: &[u8]) -> (&[u8], u8, &[u8]) {
    let length = u32::from_be_bytes(body[1..5].try_into().unwrap()) as usize;
    (&body[5..5 + length], body[0], &body[5 + length..])
}

fn request() -> Vec<u8> {
    user::v2::GetUserByIdRequest { user_id: "42".into() }.encode_to_vec()
}

fn user_42() -> user::v2::GetUserByIdResponse {
    let user = user::v2::User { user_id: "42".into(), ..Default::default() };
    user::v2::GetUserByIdResponse { user: Some(user), details: None }
}

#[tokio::test]
async fn grpc_carries_messages_and_its_status_in_trailers() {
    let stub = Stub::replying(&user_42());
    for (content_type, answered) in
        [("application/grpc", "application/grpc"), ("application/grpc+proto", "application/grpc+proto")]
    {
        let answer = post(&stub, GET_USER, content_type, envelope(&request())).await;
        assert_eq!((answer.status, answer.headers["content-type"].to_str().unwrap()), (StatusCode::OK, answered));
        assert_eq!(answer.message::<user::v2::GetUserByIdResponse>(), user_42());
        assert_eq!(answer.grpc_status(), "0");
        assert_eq!(answer.headers["cache-control"], "no-store");
        let call = stub.last_call();
        assert_eq!((call.framing, call.method.path, &*call.body), (Framing::Grpc, &GET_USER[1..], &*request()));
    }
}

#[tokio::test]
async fn grpc_carries_json_messages_too() {
    let stub = Stub::replying(&user_42());
    let answer = post(&stub, GET_USER, "application/grpc+json", envelope(br#"{"userId":"42"}"#)).await;
    assert_eq!(open(&answer.body).0, br#"{"user":{"userId":"42"}}"#);
    assert_eq!(&*stub.last_call().body, &*request());
}

#[tokio::test]
async fn a_grpc_failure_has_status_message_and_details() {
    let answer = post(&Stub::failing(invalid_token()), GET_USER, "application/grpc", envelope(&request())).await;
    assert_eq!((answer.status, answer.grpc_status()), (StatusCode::OK, "16"));
    assert_eq!(answer.trailers["grpc-message"], "Errors.Token.Invalid (AUTH-7fs1e)");
    assert_eq!(answer.served, Some(Served { method: "zitadel.user.v2.UserService/GetUserByID", status: Some(401) }));
    // A client that finds the status in the headers does not read the trailers, where the details are.
    assert!(!answer.headers.contains_key("grpc-status"));
    let details = STANDARD_NO_PAD.decode(&answer.trailers["grpc-status-details-bin"]).unwrap();
    // google.rpc.Status: code 1, message 2, details 3 (google.protobuf.Any).
    #[derive(Clone, PartialEq, prost::Message)]
    struct Status {
        #[prost(int32, tag = "1")]
        code: i32,
        #[prost(string, tag = "2")]
        message: String,
        #[prost(message, repeated, tag = "3")]
        details: Vec<prost_types::Any>,
    }
    let status = Status::decode(&*details).unwrap();
    assert_eq!((status.code, status.message.as_str()), (16, "Errors.Token.Invalid (AUTH-7fs1e)"));
    assert_eq!(status.details[0].type_url, "type.googleapis.com/zitadel.v1.ErrorDetail");
    let detail = castellan_proto::zitadel::v1::ErrorDetail::decode(&*status.details[0].value).unwrap();
    assert_eq!((detail.id.as_str(), detail.message.as_str()), ("AUTH-7fs1e", "Errors.Token.Invalid"));
}

#[tokio::test]
async fn unknown_and_unserved_methods_are_unimplemented_in_every_framing() {
    let stub = Stub::without("zitadel.user.v2.UserService/GetUserByID");
    for (path, text) in [
        (GET_USER, "does not serve it"),
        ("/zitadel.user.v2.UserService/Nothing", "has no method"),
        ("/zitadel.user.v9.UserService/GetUserByID", "there is no service"),
        ("/nothing", "is not the path of an RPC"),
    ] {
        let grpc = post(&stub, path, "application/grpc", envelope(&request())).await;
        assert_eq!((grpc.status, grpc.grpc_status()), (StatusCode::OK, "12"), "{path}");
        assert!(grpc.trailers["grpc-message"].to_str().unwrap().contains(text), "{path}");
    }
    let unserved = post(&stub, GET_USER, "application/json", "{}").await;
    assert_eq!(
        (unserved.status, unserved.json()["code"].as_str()),
        (StatusCode::NOT_IMPLEMENTED, Some("unimplemented"))
    );
    let unknown = post(&stub, "/zitadel.user.v2.UserService/Nothing", "application/json", "{}").await;
    assert_eq!((unknown.status, unknown.json()["code"].as_str()), (StatusCode::NOT_FOUND, Some("unimplemented")));
    assert_eq!(stub.count(), 0);
}

#[tokio::test]
async fn grpc_web_carries_its_trailers_in_the_body() {
    let stub = Stub::replying(&user_42());
    let answer = post(&stub, GET_USER, "application/grpc-web+proto", envelope(&request())).await;
    assert_eq!(answer.headers["content-type"], "application/grpc-web+proto");
    let (message, flags, rest) = open(&answer.body);
    assert_eq!((message, flags), (&*user_42().encode_to_vec(), 0));
    let (trailers, flags, rest) = open(rest);
    assert_eq!((flags, rest), (0x80, b"".as_slice()));
    assert!(str::from_utf8(trailers).unwrap().contains("grpc-status: 0"), "{trailers:?}");
    assert_eq!(stub.last_call().framing, Framing::GrpcWeb);

    let failed = post(&Stub::failing(invalid_token()), GET_USER, "application/grpc-web", envelope(&request())).await;
    assert_eq!(failed.headers["content-type"], "application/grpc-web");
    assert!(String::from_utf8_lossy(&failed.body).contains("grpc-status: 16"));
}

#[tokio::test]
async fn grpc_web_text_is_the_same_in_base64() {
    let stub = Stub::replying(&user_42());
    let sent = STANDARD.encode(envelope(&request()));
    let answer = post(&stub, GET_USER, "application/grpc-web-text", sent).await;
    assert_eq!(answer.headers["content-type"], "application/grpc-web-text+proto");
    let mut body = Vec::new();
    // Every frame is padded on its own.
    for piece in str::from_utf8(&answer.body).unwrap().split_inclusive('=').filter(|piece| *piece != "=") {
        let padded = format!("{piece}{}", "=".repeat((4 - piece.len() % 4) % 4));
        body.extend(STANDARD.decode(padded).unwrap());
    }
    let (message, _, rest) = open(&body);
    assert_eq!(message, user_42().encode_to_vec());
    assert!(str::from_utf8(open(rest).0).unwrap().contains("grpc-status: 0"));
    assert_eq!(&*stub.last_call().body, &*request());
}

#[tokio::test]
async fn connect_carries_json_and_binary_messages() {
    let stub = Stub::replying(&user_42());
    let answer = post(&stub, GET_USER, "application/json", r#"{"user_id":"42","unknown":true}"#).await;
    assert_eq!((answer.status, &*answer.body), (StatusCode::OK, br#"{"user":{"userId":"42"}}"#.as_slice()));
    assert_eq!(answer.headers["content-type"], "application/json");
    for (name, value) in [("cache-control", "no-store"), ("pragma", "no-cache"), ("x-robots-tag", "none")] {
        assert_eq!(answer.headers[name], value);
    }
    let call = stub.last_call();
    assert_eq!((call.framing, &*call.body), (Framing::Connect, &*request()));

    let binary = post(&stub, GET_USER, "application/proto", request()).await;
    assert_eq!(binary.body, user_42().encode_to_vec());
}

#[tokio::test]
async fn a_connect_failure_has_a_readable_detail_and_no_cache_headers() {
    let answer = post(&Stub::failing(invalid_token()), GET_USER, "application/json", "{}").await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    let value =
        castellan_proto::zitadel::v1::ErrorDetail { id: "AUTH-7fs1e".into(), message: "Errors.Token.Invalid".into() };
    assert_eq!(
        answer.json(),
        serde_json::json!({
            "code": "unauthenticated",
            "message": "Errors.Token.Invalid (AUTH-7fs1e)",
            "details": [{
                "type": "zitadel.v1.ErrorDetail",
                "value": STANDARD_NO_PAD.encode(value.encode_to_vec()),
                "debug": {"id": "AUTH-7fs1e", "message": "Errors.Token.Invalid"}
            }]
        })
    );
    assert!(!answer.headers.contains_key("cache-control"));
}

#[tokio::test]
async fn connect_refuses_malformed_json_other_verbs_and_other_types() {
    let stub = Stub::replying(&user_42());
    for body in ["{", "", "[]"] {
        let answer = post(&stub, GET_USER, "application/json", body).await;
        assert_eq!(
            (answer.status, answer.json()["code"].as_str()),
            (StatusCode::BAD_REQUEST, Some("invalid_argument"))
        );
    }
    assert_eq!(post(&stub, GET_USER, "text/plain", "{}").await.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    for verb in ["GET", "PUT"] {
        let request = Request::builder().method(verb).uri(GET_USER).body(Body::empty()).unwrap();
        let answer = send_with(&stub, ServiceOptions::default(), request).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{verb}");
    }
    assert_eq!(stub.count(), 0);
}

#[tokio::test]
async fn packed_requests_are_unpacked_and_large_answers_packed() {
    let user = user::v2::User { user_id: "4".repeat(50_000), ..Default::default() };
    let reply = user::v2::GetUserByIdResponse { user: Some(user), details: None };
    let stub = Stub::replying(&reply);
    let packed = compression::gzip(Bytes::from(request())).await.unwrap();
    let mut body = envelope(&packed);
    body[0] = 1;
    let grpc = Request::post(GET_USER).header("content-type", "application/grpc").header("grpc-encoding", "gzip");
    let grpc = grpc.header("grpc-accept-encoding", "gzip").body(Body::from(body)).unwrap();
    let answer = send_with(&stub, ServiceOptions::default(), grpc).await;
    assert_eq!((answer.grpc_status(), &answer.headers["grpc-encoding"]), ("0", &"gzip".parse().unwrap()));
    let (message, flags, _) = open(&answer.body);
    assert_eq!((flags, compression::gunzip(message, 100_000).unwrap().as_ref()), (1, &*reply.encode_to_vec()));
    assert_eq!(&*stub.last_call().body, &*request());

    let connect = Request::post(GET_USER)
        .header("content-type", "application/proto")
        .header("content-encoding", "gzip")
        .header("accept-encoding", "identity");
    let answer = send_with(&stub, ServiceOptions::default(), connect.body(Body::from(packed)).unwrap()).await;
    assert_eq!(answer.body, reply.encode_to_vec());
    assert_eq!(&*stub.last_call().body, &*request());
}

#[tokio::test]
async fn a_deadline_ends_a_call() {
    let stub = Arc::new(Slow);
    let router = service(stub as Arc<dyn Invoke>, ServiceOptions::default());
    let request = Request::post(GET_USER).header("content-type", "application/json").header("connect-timeout-ms", "20");
    let answer = router.oneshot(request.body(Body::from("{}")).unwrap()).await.unwrap();
    assert_eq!(answer.status(), StatusCode::GATEWAY_TIMEOUT);
}

/// Never answers.
struct Slow;

impl Invoke for Slow {
    fn serves(&self, _: &str) -> bool {
        true
    }

    fn invoke(self: Arc<Self>, _: crate::call::Call) -> crate::call::BoxFuture<Result<Reply, crate::call::Failure>> {
        Box::pin(std::future::pending())
    }
}

#[tokio::test]
async fn first_generation_services_are_served_in_every_framing() {
    let stub = Stub::answering(|_| Ok(Reply::default()));
    let path = "/zitadel.management.v1.ManagementService/AddMachineUser";
    post(&stub, path, "application/json", r#"{"userName":"robot"}"#).await;
    assert_eq!(stub.last_request::<management::v1::AddMachineUserRequest>().user_name, "robot");
    let message = management::v1::AddMachineUserRequest { user_name: "robot".into(), ..Default::default() };
    let answer = post(&stub, path, "application/grpc", envelope(&message.encode_to_vec())).await;
    assert_eq!(answer.grpc_status(), "0");
}

#[tokio::test]
async fn a_panic_in_a_handler_is_an_internal_error() {
    let stub = Stub::answering(|_| panic!("secret"));
    let grpc = post(&stub, GET_USER, "application/grpc", envelope(&request())).await;
    assert_eq!(
        (grpc.grpc_status(), grpc.trailers["grpc-message"].to_str().unwrap()),
        ("13", "Errors.Internal (RECOVER)")
    );
    let connect = post(&stub, GET_USER, "application/json", "{}").await;
    assert_eq!(connect.json()["message"], "Errors.Internal (RECOVER)");
}

#[tokio::test]
async fn messages_have_a_limit() {
    let stub = Stub::replying(&user_42());
    let large = user::v2::GetUserByIdRequest { user_id: "x".repeat(2_000) }.encode_to_vec();
    let options = || ServiceOptions { message_limit: 1_000, ..ServiceOptions::default() };
    let grpc = Request::post(GET_USER).header("content-type", "application/grpc").body(Body::from(envelope(&large)));
    assert_eq!(send_with(&stub, options(), grpc.unwrap()).await.grpc_status(), "8");
    let connect = Request::post(GET_USER).header("content-type", "application/proto").body(Body::from(large));
    assert_eq!(send_with(&stub, options(), connect.unwrap()).await.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(stub.count(), 0);
}

#[tokio::test]
async fn the_origin_of_the_request_and_its_headers_reach_the_handler() {
    let stub = Stub::replying(&user_42());
    for (path, content_type) in [(GET_USER, "application/json"), ("/v2/users/42", "application/json")] {
        let verb = if path == GET_USER { "POST" } else { "GET" };
        let connection = ConnectionInfo { tls: true, peer: "192.0.2.7:5000".parse().unwrap() };
        let request = Request::builder().method(verb).uri(path).extension(connection).header("host", "id.example:8443");
        let request =
            request.header("content-type", content_type).header("x-zitadel-orgid", "7").body(Body::from("{}"));
        send_with(&stub, ServiceOptions::default(), request.unwrap()).await;
        let call = stub.last_call();
        assert_eq!(call.origin.authority.as_deref(), Some("id.example:8443"));
        assert_eq!((call.origin.tls, call.origin.peer), (true, Some(connection.peer)));
        assert_eq!(call.headers["x-zitadel-orgid"], "7");
        assert!(call.headers.contains_key("x-request-id"));
    }
}

#[tokio::test]
async fn every_rpc_of_the_contract_is_reached_by_its_own_path() {
    let stub = Stub::answering(|_| Ok(Reply::default()));
    let router = service(Arc::clone(&stub) as Arc<dyn Invoke>, ServiceOptions::default());
    for method in crate::descriptor::Contract::get().methods() {
        let request = Request::post(format!("/{}", method.path)).header("content-type", "application/proto");
        let answer = router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{}", method.path);
        assert_eq!(stub.last_call().method.path, method.path);
    }
}

#[tokio::test]
async fn health_is_reported_per_service_without_credentials() {
    let stub = Stub::failing(invalid_token());
    let health = Health::new();
    let check = async |service: &str| {
        let options = ServiceOptions { health: health.clone(), ..ServiceOptions::default() };
        let mut message = Vec::new();
        crate::descriptor::wire::put_bytes(1, service.as_bytes(), &mut message);
        let request = Request::post("/grpc.health.v1.Health/Check").header("content-type", "application/grpc");
        send_with(&stub, options, request.body(Body::from(envelope(&message))).unwrap()).await
    };
    for service in ["", "zitadel.user.v2.UserService", "zitadel.management.v1.ManagementService"] {
        let answer = check(service).await;
        assert_eq!(
            (answer.grpc_status(), open(&answer.body).0),
            ("0", [8, 1].as_slice()),
            "{service:?} must be SERVING"
        );
    }
    assert_eq!(check("no.such.Service").await.grpc_status(), "5");
    health.set_serving(false);
    assert_eq!(open(&check("").await.body).0, [8, 2], "NOT_SERVING");
}

#[tokio::test]
async fn reflection_lists_the_served_services_and_their_files() {
    let stub = Stub::failing(invalid_token());
    for version in ["v1", "v1alpha"] {
        let path = format!("/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo");
        let mut list = Vec::new();
        crate::descriptor::wire::put_bytes(7, b"", &mut list);
        let mut symbol = Vec::new();
        crate::descriptor::wire::put_bytes(4, b"zitadel.user.v2.UserService", &mut symbol);
        let body = [envelope(&list), envelope(&symbol)].concat();
        let answer = post(&stub, &path, "application/grpc", body).await;
        assert_eq!(answer.grpc_status(), "0", "{:?}", answer.trailers);
        let (services, _, rest) = open(&answer.body);
        let text = String::from_utf8_lossy(services);
        assert!(text.contains("zitadel.user.v2.UserService") && text.contains("grpc.health.v1.Health"), "{text}");
        assert!(String::from_utf8_lossy(open(rest).0).contains("zitadel/user/v2/user_service.proto"));
    }
}
