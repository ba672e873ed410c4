//! REST as a client sees it, in process and over the whole service.

use std::sync::Arc;

use ::http::{HeaderMap, Request, StatusCode};
use axum::body::Body;
use castellan_proto::zitadel::{admin, management, settings, user};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

use crate::call::{Framing, Reply};
use crate::http::compression;
use crate::service::stub::{Stub, invalid_token};
use crate::service::{ServiceOptions, service};

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: bytes::Bytes,
}

impl Answer {
    fn text(&self) -> &str {
        str::from_utf8(&self.body).unwrap()
    }
}

async fn send(stub: &Arc<Stub>, request: Request<Body>) -> Answer {
    let options = ServiceOptions { message_limit: 20_000, ..ServiceOptions::default() };
    let router = service(Arc::clone(stub) as Arc<dyn crate::call::Invoke>, options);
    let (parts, body) = router.oneshot(request).await.unwrap().into_parts();
    Answer { status: parts.status, headers: parts.headers, body: body.collect().await.unwrap().to_bytes() }
}

async fn call(stub: &Arc<Stub>, verb: &str, path: &str, body: &str) -> Answer {
    send(stub, Request::builder().method(verb).uri(path).body(Body::from(body.to_owned())).unwrap()).await
}

fn empty() -> Arc<Stub> {
    Stub::answering(|_| Ok(Reply::default()))
}

#[tokio::test]
async fn a_body_and_the_path_become_one_message_and_the_path_wins() {
    let stub = empty();
    let answer = call(
        &stub,
        "PUT",
        "/management/v1/users/42/machine",
        r#"{"userId": "7", "name": "Robot", "access_token_type": "ACCESS_TOKEN_TYPE_JWT", "unknown": 1}"#,
    )
    .await;
    assert_eq!((answer.status, answer.text()), (StatusCode::OK, "{}"));
    let seen = stub.last_call();
    assert_eq!(seen.method.path, "zitadel.management.v1.ManagementService/UpdateMachine");
    assert_eq!(seen.framing, Framing::Rest);
    let body = <management::v1::UpdateMachineRequest as prost::Message>::decode(seen.body).unwrap();
    assert_eq!((body.user_id.as_str(), body.name.as_str(), body.access_token_type), ("42", "Robot", 1));
}

#[tokio::test]
async fn a_good_answer_is_json_that_is_not_stored() {
    let reply = management::v1::AddMachineUserResponse { user_id: "1".into(), details: None };
    let answer = call(&Stub::replying(&reply), "POST", "/management/v1/users/machine", "{}").await;
    assert_eq!(answer.text(), r#"{"userId":"1"}"#);
    for (name, value) in [
        ("content-type", "application/json"),
        ("cache-control", "no-store"),
        ("pragma", "no-cache"),
        ("x-robots-tag", "none"),
        ("vary", "Origin"),
    ] {
        assert_eq!(answer.headers[name], value, "{name}");
    }
    assert!(answer.headers["expires"].to_str().unwrap().ends_with(" GMT"));
    assert_eq!(answer.headers["x-request-id"].len(), 32);
}

#[tokio::test]
async fn no_body_is_an_empty_message() {
    let stub = empty();
    assert_eq!(call(&stub, "POST", "/management/v1/users/_search", "").await.status, StatusCode::OK);
    assert!(stub.last_call().body.is_empty());
}

#[tokio::test]
async fn query_parameters_give_nested_fields_booleans_lists_and_enums() {
    let stub = empty();
    call(&stub, "GET", "/v2/settings/login?ctx.orgId=1%2F2+3&unknown=x", "").await;
    let request: settings::v2::GetLoginSettingsRequest = stub.last_request();
    let owner = request.ctx.unwrap().resource_owner.unwrap();
    assert_eq!(owner, castellan_proto::zitadel::object::v2::request_context::ResourceOwner::OrgId("1/2 3".into()));

    call(&stub, "GET", "/v2/settings/login/idps?creation_allowed=true&linkingAllowed=0&ctx.instance=true", "").await;
    let request: settings::v2::GetActiveIdentityProvidersRequest = stub.last_request();
    assert_eq!(
        (request.creation_allowed, request.linking_allowed, request.auto_linking),
        (Some(true), Some(false), None)
    );

    call(&stub, "DELETE", "/v2/users/9/metadata?keys=a&keys=b&userId=evil", "").await;
    let request: user::v2::DeleteUserMetadataRequest = stub.last_request();
    assert_eq!((request.user_id.as_str(), request.keys), ("9", vec!["a".to_owned(), "b".to_owned()]));

    call(
        &stub,
        "POST",
        "/v2/users/9/authentication_factors/_search?states=AUTH_FACTOR_STATE_READY&states=1",
        "ignored",
    )
    .await;
    let request: user::v2::ListAuthenticationFactorsRequest = stub.last_request();
    assert_eq!(request.states, [user::v2::AuthFactorState::Ready as i32, 1]);
}

#[tokio::test]
async fn an_enum_in_the_path_is_given_by_name_or_number() {
    let stub = empty();
    for path in ["SECRET_GENERATOR_TYPE_APP_SECRET", "6"] {
        call(&stub, "GET", &format!("/admin/v1/secretgenerators/{path}"), "").await;
        let request: admin::v1::GetSecretGeneratorRequest = stub.last_request();
        assert_eq!(request.generator_type, 6);
    }
    let answer = call(&stub, "GET", "/admin/v1/secretgenerators/NONE", "").await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(answer.text().contains("SECRET_GENERATOR_TYPE_APP_SECRET"), "{}", answer.text());
}

#[tokio::test]
async fn wrong_query_parameters_are_named() {
    let stub = empty();
    for (query, hint) in [
        ("ctx.instance=maybe", "ctx.instance"),
        ("ctx.org_id=1&ctx.instance=true", "only one of them"),
        ("ctx.org_id=1&ctx.org_id=2", "too many values"),
        ("ctx=1", "name a field inside it"),
        ("ctx.org_id.x=1", "is not a message"),
    ] {
        let answer = call(&stub, "GET", &format!("/v2/settings/login?{query}"), "").await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}");
        assert!(
            answer.text().starts_with(r#"{"code":3,"#) && answer.text().contains(hint),
            "{query}: {}",
            answer.text()
        );
    }
    assert_eq!(stub.count(), 0);
}

#[tokio::test]
async fn malformed_json_is_refused_with_the_reason() {
    let stub = empty();
    for body in ["{", "[]", "{\"userName\": 7}", "{} {}"] {
        let answer = call(&stub, "POST", "/management/v1/users/machine", body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}: {}", answer.text());
        assert!(answer.text().starts_with(r#"{"code":3,"message":""#), "{}", answer.text());
    }
    assert_eq!(stub.count(), 0);
}

#[tokio::test]
async fn unknown_paths_and_wrong_verbs_are_told_apart() {
    let stub = empty();
    let unknown = call(&stub, "GET", "/v2/nothing", "").await;
    assert_eq!((unknown.status, unknown.text()), (StatusCode::NOT_FOUND, r#"{"code":5,"message":"Not Found"}"#));
    for verb in ["PUT", "HEAD", "OPTIONS"] {
        let wrong = call(&stub, verb, "/v2/users/1", "").await;
        assert_eq!(wrong.status, StatusCode::METHOD_NOT_ALLOWED, "{verb}");
        assert_eq!(wrong.headers["allow"], "GET, DELETE, PATCH");
        if verb == "PUT" {
            assert_eq!(wrong.text(), r#"{"code":12,"message":"Method Not Allowed"}"#);
        }
    }
}

#[tokio::test]
async fn an_rpc_without_a_handler_is_unimplemented_before_anything_else() {
    let stub = Stub::without("zitadel.user.v2.UserService/GetUserByID");
    let answer = call(&stub, "GET", "/v2/users/1", "").await;
    assert_eq!(answer.status, StatusCode::NOT_IMPLEMENTED);
    assert!(answer.text().starts_with(r#"{"code":12,"message":"zitadel.user.v2.UserService/GetUserByID is part of"#));
    assert_eq!(stub.count(), 0);
}

/// CVE-2026-32130 in a comparable server: encoded separators reached other routes, past the check of permissions.
#[tokio::test]
async fn encoded_paths_never_reach_another_rpc() {
    let stub = empty();
    for (path, expected) in [
        ("/v2/users/1%2Fpassword", Some("1/password")),
        ("/v2/users/..%2F..%2Fadmin", Some("../../admin")),
        ("/v2/users/%2e%2e", Some("..")),
        ("/v2/users/%252F", Some("%2F")),
        ("/v2/users/1%3Fa=b", Some("1?a=b")),
        ("/v2//users/1", None),
        ("//v2/users/1", None),
        ("/v2/users/1/", None),
        ("/v2/users//", None),
        ("/V2/users/1", None),
        ("/v2/%75sers/1", None),
        ("/v2%2Fusers/1", None),
        ("/v2/./users/1", None),
    ] {
        let answer = call(&stub, "GET", path, "").await;
        match expected {
            Some(id) => {
                let seen = stub.last_call();
                assert_eq!(seen.method.path, "zitadel.user.v2.UserService/GetUserByID", "{path}");
                let request = <user::v2::GetUserByIdRequest as prost::Message>::decode(seen.body).unwrap();
                assert_eq!(request.user_id, id, "{path}");
            }
            None => assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}"),
        }
    }
    for path in ["/v2/users/%", "/v2/users/%zz", "/v2/users/%ff"] {
        assert_eq!(call(&stub, "GET", path, "").await.status, StatusCode::BAD_REQUEST, "{path}");
    }
    assert_eq!(stub.count(), 0);
}

#[tokio::test]
async fn a_role_key_may_have_slashes() {
    let stub = empty();
    call(&stub, "DELETE", "/management/v1/projects/5/roles/a/b%20c", "").await;
    let request: management::v1::RemoveProjectRoleRequest = stub.last_request();
    assert_eq!((request.project_id.as_str(), request.role_key.as_str()), ("5", "a/b c"));
}

#[tokio::test]
async fn a_failure_is_a_status_in_json_and_says_how_to_authenticate() {
    let answer = call(&Stub::failing(invalid_token()), "GET", "/v2/users/1", "").await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(answer.headers["www-authenticate"], "Errors.Token.Invalid (AUTH-7fs1e)");
    assert_eq!(
        answer.text(),
        r#"{"code":16,"message":"Errors.Token.Invalid (AUTH-7fs1e)","details":[{"@type":"type.googleapis.com/zitadel.v1.ErrorDetail","id":"AUTH-7fs1e","message":"Errors.Token.Invalid"}]}"#
    );
}

#[tokio::test]
async fn a_panic_is_an_internal_error_of_one_request() {
    let stub = Stub::answering(|_| panic!("secret"));
    let answer = call(&stub, "GET", "/v2/users/1", "").await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(answer.text().starts_with(r#"{"code":13,"message":"Errors.Internal (RECOVER)""#), "{}", answer.text());
}

#[tokio::test]
async fn the_success_code_of_the_contract_is_used() {
    let method = crate::descriptor::Contract::get()
        .methods()
        .find(|method| method.success_code == Some(201) && method.bindings().iter().any(|b| !b.template.contains('{')))
        .unwrap();
    let binding = &method.bindings()[0];
    assert_eq!(call(&empty(), binding.verb.as_str(), &binding.template, "{}").await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn bodies_have_a_limit_packed_and_unpacked() {
    let stub = empty();
    let large = format!(r#"{{"name":"{}"}}"#, "x".repeat(20_000));
    let answer = call(&stub, "POST", "/management/v1/users/machine", &large).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(answer.text().contains("20000 bytes"), "{}", answer.text());

    for (text, expected) in [(r#"{"name":"Robot"}"#, StatusCode::OK), (large.as_str(), StatusCode::TOO_MANY_REQUESTS)] {
        let packed = compression::gzip(bytes::Bytes::from(text.to_owned())).await.unwrap();
        let request =
            Request::post("/management/v1/users/machine").header("content-encoding", "gzip").body(Body::from(packed));
        assert_eq!(send(&stub, request.unwrap()).await.status, expected);
    }
    assert_eq!(stub.last_request::<management::v1::AddMachineUserRequest>().name, "Robot");
    let unknown = Request::post("/management/v1/users/machine").header("content-encoding", "br").body(Body::from("x"));
    assert_eq!(send(&stub, unknown.unwrap()).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn large_answers_are_packed_for_those_who_accept_it() {
    let reply = management::v1::AddMachineUserResponse { user_id: "1".repeat(100_000), details: None };
    let stub = Stub::replying(&reply);
    let request = || Request::post("/management/v1/users/machine");
    let packed = send(&stub, request().header("accept-encoding", "gzip").body(Body::empty()).unwrap()).await;
    assert_eq!(packed.headers["content-encoding"], "gzip");
    assert!(compression::gunzip(&packed.body, 200_000).unwrap().starts_with(br#"{"userId":"111"#));
    let plain = send(&stub, request().body(Body::empty()).unwrap()).await;
    assert!(!plain.headers.contains_key("content-encoding"));
    assert_eq!(plain.body.len(), 100_013);
}
