//! REST answers: good ones as JSON, failures as `google.rpc.Status` in JSON (`spec: oauth.md 5.4`).

use ::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use axum::body::Body;
use bytes::Bytes;
use castellan_kernel::Kind;

use crate::call::{Failure, FailureDetail, Reply};
use crate::descriptor::{Contract, MethodInfo};
use crate::http::{compression, header_text};
use crate::json;

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// The answer of an RPC that went well.
///
/// # Errors
/// Internal, when the response message is not what the contract says.
pub async fn success(method: &MethodInfo, reply: &Reply, accepts_gzip: bool) -> Result<Response<Body>, Failure> {
    let mut text = Vec::with_capacity(reply.body.len() * 2 + 16);
    json::encode(method.response(), &reply.body, &mut text).map_err(|error| {
        tracing::error!(method = method.path, %error, "the response message cannot be written as JSON");
        plain(Kind::Internal, "the response cannot be written as JSON".to_owned())
    })?;
    let mut body = Bytes::from(text);
    let is_large = body.len() >= compression::WORTH_COMPRESSING;
    let packed = if accepts_gzip && is_large { compression::gzip(body.clone()).await } else { None };
    let is_packed = packed.is_some();
    if let Some(packed) = packed {
        body = packed;
    }
    let status = method.success_code.and_then(|code| StatusCode::from_u16(code).ok()).unwrap_or(StatusCode::OK);
    let mut response = json_response(status, body);
    if is_large {
        response.headers_mut().append(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    }
    if is_packed {
        response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    Ok(response)
}

/// The answer of an RPC that failed.
pub fn failure(failure: &Failure) -> Response<Body> {
    let status = StatusCode::from_u16(failure.kind.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = json_response(status, Bytes::from(status_json(failure)));
    if failure.kind == Kind::Unauthenticated {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, header_text(&failure.message));
    }
    response
}

/// No template has the shape of this path.
pub fn not_found() -> Response<Body> {
    json_response(StatusCode::NOT_FOUND, Bytes::from_static(br#"{"code":5,"message":"Not Found"}"#))
}

/// The path exists with other verbs.
pub fn method_not_allowed(allowed: &str) -> Response<Body> {
    let body = Bytes::from_static(br#"{"code":12,"message":"Method Not Allowed"}"#);
    let mut response = json_response(StatusCode::METHOD_NOT_ALLOWED, body);
    response.headers_mut().insert(header::ALLOW, header_text(allowed));
    response
}

/// A failure without a detail.
pub const fn plain(kind: Kind, message: String) -> Failure {
    Failure { kind, message, detail: None }
}

fn json_response(status: StatusCode, body: Bytes) -> Response<Body> {
    let mut headers = HeaderMap::with_capacity(12);
    headers.insert(header::CONTENT_TYPE, JSON);
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

fn status_json(failure: &Failure) -> Vec<u8> {
    let mut out = Vec::with_capacity(256);
    out.extend_from_slice(br#"{"code":"#);
    out.extend_from_slice((failure.kind as i32).to_string().as_bytes());
    out.extend_from_slice(br#","message":"#);
    put_text(&failure.message, &mut out);
    if let Some(detail) = failure.detail.as_ref().and_then(detail_json) {
        out.extend_from_slice(br#","details":["#);
        out.extend_from_slice(&detail);
        out.push(b']');
    }
    out.push(b'}');
    out
}

/// The detail as `google.protobuf.Any` has it in JSON: its fields beside `@type`.
fn detail_json(detail: &FailureDetail) -> Option<Vec<u8>> {
    let table = Contract::get().message(detail.type_name)?;
    let mut fields = Vec::new();
    json::encode(table, &detail.value, &mut fields).ok()?;
    let inner = fields.strip_prefix(b"{")?;
    let mut out = Vec::with_capacity(fields.len() + 64);
    out.extend_from_slice(br#"{"@type":"#);
    put_text(&format!("type.googleapis.com/{}", detail.type_name), &mut out);
    if inner != b"}" {
        out.push(b',');
    }
    out.extend_from_slice(inner);
    Some(out)
}

fn put_text(text: &str, out: &mut Vec<u8>) {
    // Writing a text into memory cannot fail.
    let _ = serde_json::to_writer(out, text);
}

#[cfg(test)]
mod tests {
    use super::*;
    use castellan_proto::zitadel::v1::ErrorDetail;
    use prost::Message as _;

    #[test]
    fn a_failure_shows_code_message_and_detail() {
        let value = ErrorDetail { id: "AUTH-7fs1e".into(), message: "Errors.Token.Invalid".into() }.encode_to_vec();
        let failed = Failure {
            kind: Kind::Unauthenticated,
            message: "Errors.Token.Invalid (AUTH-7fs1e)".into(),
            detail: Some(FailureDetail { type_name: "zitadel.v1.ErrorDetail", value: Bytes::from(value) }),
        };
        assert_eq!(
            String::from_utf8(status_json(&failed)).unwrap(),
            r#"{"code":16,"message":"Errors.Token.Invalid (AUTH-7fs1e)","details":[{"@type":"type.googleapis.com/zitadel.v1.ErrorDetail","id":"AUTH-7fs1e","message":"Errors.Token.Invalid"}]}"#
        );
        assert_eq!(failure(&failed).headers()["www-authenticate"], "Errors.Token.Invalid (AUTH-7fs1e)");
    }

    #[test]
    fn a_failure_without_detail_has_no_list_of_details() {
        let failed = plain(Kind::Unauthenticated, "auth header \"missing\"".to_owned());
        assert_eq!(status_json(&failed), br#"{"code":16,"message":"auth header \"missing\""}"#);
    }
}
