//! The service behind a real socket, spoken to by an ordinary HTTP client over HTTP/1.1 and HTTP/2.

use std::net::SocketAddr;
use std::sync::Arc;

use ::http::{Request, StatusCode, Version};
use bytes::Bytes;
use castellan_proto::zitadel::user::v2 as user;
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use prost::Message as _;

use super::stub::{Stub, invalid_token};
use super::{ServiceOptions, service};
use crate::call::Invoke;

async fn listen(stub: Arc<Stub>) -> SocketAddr {
    let router = service(stub as Arc<dyn Invoke>, ServiceOptions::default()).into_router();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

fn client(http2: bool) -> Client<HttpConnector, Full<Bytes>> {
    Client::builder(TokioExecutor::new()).http2_only(http2).build_http()
}

fn replying() -> Arc<Stub> {
    let user = user::User { user_id: "42".into(), ..Default::default() };
    Stub::replying(&user::GetUserByIdResponse { user: Some(user), details: None })
}

#[tokio::test]
async fn rest_and_connect_work_over_both_http_versions() {
    let stub = replying();
    let address = listen(Arc::clone(&stub)).await;
    for http2 in [false, true] {
        let client = client(http2);
        let rest = Request::get(format!("http://{address}/v2/users/42")).body(Full::default()).unwrap();
        let connect = Request::post(format!("http://{address}/zitadel.user.v2.UserService/GetUserByID"))
            .header("content-type", "application/json")
            .body(Full::from(r#"{"userId":"42"}"#))
            .unwrap();
        for request in [rest, connect] {
            let answer = client.request(request).await.unwrap();
            assert_eq!(answer.status(), StatusCode::OK);
            assert_eq!(answer.version(), if http2 { Version::HTTP_2 } else { Version::HTTP_11 });
            let body = answer.into_body().collect().await.unwrap().to_bytes();
            assert_eq!(body, br#"{"user":{"userId":"42"}}"#.as_slice());
            let call = stub.last_call();
            assert_eq!(call.origin.authority.as_deref(), Some(address.to_string().as_str()));
            assert_eq!(user::GetUserByIdRequest::decode(call.body).unwrap().user_id, "42");
        }
    }
}

#[tokio::test]
async fn grpc_works_over_plain_http2_with_trailers() {
    let address = listen(Stub::failing(invalid_token())).await;
    let request = Request::post(format!("http://{address}/zitadel.user.v2.UserService/GetUserByID"))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .body(Full::from(vec![0, 0, 0, 0, 4, 10, 2, b'4', b'2']))
        .unwrap();
    let answer = client(true).request(request).await.unwrap();
    assert_eq!(
        (answer.status(), answer.headers()["content-type"].as_bytes()),
        (StatusCode::OK, b"application/grpc".as_slice())
    );
    let collected = answer.into_body().collect().await.unwrap();
    let trailers = collected.trailers().unwrap();
    assert_eq!(
        (&trailers["grpc-status"], trailers.contains_key("grpc-status-details-bin")),
        (&"16".parse().unwrap(), true)
    );
}

#[tokio::test]
async fn a_connection_stays_usable_after_refusals() {
    let address = listen(replying()).await;
    let client = client(false);
    for (path, status) in [
        ("/zitadel.user.v2.UserService/Nothing", StatusCode::NOT_FOUND),
        ("/v2/nothing", StatusCode::NOT_FOUND),
        ("/zitadel.user.v2.UserService/GetUserByID", StatusCode::OK),
    ] {
        let request = Request::post(format!("http://{address}{path}")).header("content-type", "application/json");
        let answer = client.request(request.body(Full::from("{}")).unwrap()).await.unwrap();
        assert_eq!(answer.status(), status, "{path}");
        answer.into_body().collect().await.unwrap();
    }
}

#[tokio::test]
async fn browsers_of_any_origin_may_call_and_read() {
    let address = listen(replying()).await;
    let client = client(false);
    for path in ["/v2/users/42", "/zitadel.user.v2.UserService/GetUserByID", "/nowhere"] {
        let preflight = Request::options(format!("http://{address}{path}"))
            .header("origin", "https://app.example")
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "authorization,x-zitadel-orgid")
            .body(Full::default())
            .unwrap();
        let answer = client.request(preflight).await.unwrap();
        assert_eq!(answer.status(), StatusCode::NO_CONTENT, "{path}");
        assert_eq!(answer.headers()["access-control-allow-origin"], "https://app.example");
        assert!(answer.headers().contains_key("x-request-id"));
    }
    let request = Request::get(format!("http://{address}/v2/users/42")).header("origin", "https://app.example");
    let answer = client.request(request.body(Full::default()).unwrap()).await.unwrap();
    assert_eq!(answer.headers()["access-control-allow-origin"], "https://app.example");
    assert_eq!(answer.headers()["access-control-allow-credentials"], "true");
}
