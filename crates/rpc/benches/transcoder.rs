//! What the router adds to an RPC: JSON to wire form and back, finding a route, and each framing around an RPC that does
//! nothing.
#![allow(clippy::unwrap_used, reason = "a benchmark stops at the first surprise")]

use std::sync::Arc;

use axum::body::Body;
use bytes::Bytes;
use castellan_rpc::call::{BoxFuture, Call, Failure, Invoke, Reply, RequestOrigin};
use castellan_rpc::descriptor::Contract;
use castellan_rpc::json::{decode, encode};
use castellan_rpc::rest::Rest;
use castellan_rpc::service::{ServiceOptions, service};
use divan::{Bencher, black_box};
use http::{Request, Response};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

const ADD_MACHINE: &str = r#"{"userName":"robot-19f0a1b2c3d","name":"A robot","description":"Cleans up at night","accessTokenType":"ACCESS_TOKEN_TYPE_JWT"}"#;
const ORG: &str = r#"{"org":{"id":"341234567890123456","state":"ORG_STATE_ACTIVE","name":"Castellan","primaryDomain":"castellan.localhost","details":{"sequence":"7","creationDate":"2026-06-01T00:00:00.123456Z","changeDate":"2026-06-02T00:00:00.654321Z","resourceOwner":"341234567890123456"}}}"#;
const HUMAN: &str = r#"{"userId":"341234567890123457","details":{"sequence":"7","changeDate":"2026-06-02T00:00:00.654321Z","resourceOwner":"341234567890123456"},"state":"USER_STATE_ACTIVE","username":"ada@example.com","loginNames":["ada@example.com","ada@example.com@castellan.localhost"],"preferredLoginName":"ada@example.com","human":{"profile":{"givenName":"Ada","familyName":"Lovelace","nickName":"countess","displayName":"Ada Lovelace","preferredLanguage":"en","gender":"GENDER_FEMALE"},"email":{"email":"ada@example.com","isVerified":true},"phone":{"phone":"+41791234567"}}}"#;

fn main() {
    divan::main();
}

/// Messages as clients see them: full name and JSON.
fn message(name: &str) -> (&'static str, String) {
    match name {
        "a new service user" => ("zitadel.management.v1.AddMachineUserRequest", ADD_MACHINE.to_owned()),
        "an organization" => ("zitadel.management.v1.GetMyOrgResponse", ORG.to_owned()),
        "a human" => ("zitadel.user.v2.GetUserByIDResponse", format!(r#"{{"user":{HUMAN}}}"#)),
        _ => {
            let users = vec![HUMAN; 20].join(",");
            let details = r#"{"totalResult":"20","timestamp":"2026-06-02T00:00:00Z"}"#;
            ("zitadel.user.v2.ListUsersResponse", format!(r#"{{"details":{details},"result":[{users}]}}"#))
        }
    }
}

const MESSAGES: [&str; 4] = ["a new service user", "an organization", "a human", "a list of 20 humans"];

#[divan::bench(args = MESSAGES)]
fn json_to_wire(bencher: Bencher<'_, '_>, name: &str) {
    let (full_name, json) = message(name);
    let table = Contract::get().message(full_name).unwrap();
    bencher.bench(|| decode(table, black_box(json.as_bytes())).unwrap());
}

#[divan::bench(args = MESSAGES)]
fn wire_to_json(bencher: Bencher<'_, '_>, name: &str) {
    let (full_name, json) = message(name);
    let table = Contract::get().message(full_name).unwrap();
    let wire = decode(table, json.as_bytes()).unwrap();
    bencher.bench(|| {
        let mut out = Vec::new();
        encode(table, black_box(&wire), &mut out).unwrap();
        out
    });
}

/// An RPC that does nothing but give this answer.
struct Fixed(Bytes);

impl Fixed {
    fn organization() -> Arc<dyn Invoke> {
        let table = Contract::get().message("zitadel.management.v1.GetMyOrgResponse").unwrap();
        Arc::new(Self(decode(table, ORG.as_bytes()).unwrap().into()))
    }
}

impl Invoke for Fixed {
    fn serves(&self, _: &str) -> bool {
        true
    }

    fn invoke(self: Arc<Self>, _: Call) -> BoxFuture<Result<Reply, Failure>> {
        Box::pin(async move { Ok(Reply { body: self.0.clone() }) })
    }
}

async fn read(response: Response<Body>) -> (u16, Bytes) {
    (response.status().as_u16(), response.into_body().collect().await.unwrap().to_bytes())
}

/// One request to the REST part alone; the first has no route.
#[divan::bench(args = [("/nothing/of/that/name", 404), ("/management/v1/orgs/me", 200)])]
fn rest_alone(bencher: Bencher<'_, '_>, (path, status): (&str, u16)) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let rest = Rest::new(Fixed::organization(), 1 << 20);
    let serve = || {
        let request = Request::get(path).body(Body::empty()).unwrap();
        runtime.block_on(async { read(rest.serve(request, RequestOrigin::default()).await).await })
    };
    assert_eq!(serve().0, status, "{path}");
    bencher.bench(serve);
}

/// One request through everything that stands around an RPC.
#[divan::bench(args = ["REST", "Connect", "gRPC"])]
fn framing(bencher: Bencher<'_, '_>, framing: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let service = service(Fixed::organization(), ServiceOptions::default());
    let request = || {
        let rpc = "/zitadel.management.v1.ManagementService/GetMyOrg";
        let request = Request::builder().header("host", "localhost:8080").header("authorization", "Bearer token");
        let request = match framing {
            "REST" => request.method("GET").uri("/management/v1/orgs/me").body(Body::empty()),
            "Connect" => {
                request.method("POST").uri(rpc).header("content-type", "application/json").body(Body::from("{}"))
            }
            _ => {
                let request = request.method("POST").uri(rpc).version(http::Version::HTTP_2);
                request.header("content-type", "application/grpc").header("te", "trailers").body(Body::from(vec![0; 5]))
            }
        };
        request.unwrap()
    };
    let (status, body) = runtime.block_on(async { read(service.clone().oneshot(request()).await.unwrap()).await });
    assert!(status == 200 && !body.is_empty(), "{framing}: {status}");
    bencher.bench(|| runtime.block_on(async { read(service.clone().oneshot(request()).await.unwrap()).await }));
}
