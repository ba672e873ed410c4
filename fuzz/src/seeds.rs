//! Where exploring begins: inputs that reach far into each parser, and the secrets behind the genuine ones among them.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use castellan_crypto::keyring::SecretKey;
use castellan_crypto::opaque::{OpaqueKey, seal_token};
use castellan_kernel::SeededRng;
use castellan_rpc::descriptor::Contract;

/// The audience of the signed assertion.
pub const ISSUER: &str = "http://localhost:8080";
/// When it was signed, in seconds.
pub const ISSUED_AT: i64 = 1_800_000_000;
/// The public half of the key that signed it; the private half was thrown away.
pub const PUBLIC_KEY: &str = "\
-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEyZ5XSI6Xe2KzB8PugqkKFkAOkwtu
pVVW9M6KLgqKWsLSs0/IFRvdam9GW87hHSclh67I/L6OmHg5iniiJpvN1Q==
-----END PUBLIC KEY-----
";
/// An assertion that is in order.
pub const SIGNED_ASSERTION: &str = concat!(
    "eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiIsImtpZCI6IjM0MTAwMDAwMDAwMDAwMDAwMSJ9.eyJpc3MiOiIzNDEwMDAwMDAwMDA",
    "wMDAwMDIiLCJzdWIiOiIzNDEwMDAwMDAwMDAwMDAwMDIiLCJhdWQiOlsiaHR0cDovL2xvY2FsaG9zdDo4MDgwIl0sImlhdCI6MTg",
    "wMDAwMDAwMCwiZXhwIjoxODAwMDAwMzAwfQ.74_v6b6NbCSKGUZ5UbI7O6b3_KgAIw8xUVWbixYl0xrmzMdVkUVm7pWvyHBhDzX5",
    "oHCwch3N-bIwEuh-jzWasg",
);
const CERTIFICATE: &str = "\
-----BEGIN CERTIFICATE-----
MIIBdTCCARugAwIBAgIUOAOmtTBAX6fFGkRjah1M3k+IrBkwCgYIKoZIzj0EAwIw
DzENMAsGA1UEAwwEc2VlZDAgFw0yNjExMjQwMDIxMTBaGA8yMTI2MTAzMTAwMjEx
MFowDzENMAsGA1UEAwwEc2VlZDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABMme
V0iOl3tiswfD7oKpChZADpMLbqVVVvTOii4KilrC0rNPyBUb3WpvRlvO4R0nJYeu
yPy+jph4OYp4oiabzdWjUzBRMB0GA1UdDgQWBBRYIOIvSwgJj5shstVGZ2b38dJ4
njAfBgNVHSMEGDAWgBRYIOIvSwgJj5shstVGZ2b38dJ4njAPBgNVHRMBAf8EBTAD
AQH/MAoGCCqGSM49BAMCA0gAMEUCIQDq/36vTUjTFCZmSjDE0nfwAMoOSGLxw/b9
6CPTEvkV+QIgRMo3FDMsHIIy/4iEYXQbIVwr91UFqiIkwSpxNEgUADs=
-----END CERTIFICATE-----
";

/// The key that seals the token below.
pub fn secret_key() -> SecretKey {
    SecretKey::from_bytes([7; 32])
}

/// An opaque token that is in order.
pub static SEALED_TOKEN: LazyLock<String> = LazyLock::new(|| {
    let plaintext = "V2_341000000000000001-at_341000000000000002:341000000000000003";
    seal_token(&OpaqueKey::new(&secret_key(), true), &SeededRng::new(1), plaintext)
});

/// The seeds of a target.
pub fn of(target: &str) -> Vec<Vec<u8>> {
    match target {
        "rest" => texts(&REST),
        "json" => json(),
        "rpc" => rpc(),
        "form" => form(),
        "jwt" => jwt(),
        "opaque" => opaque(),
        "key" => key(),
        _ => Vec::new(),
    }
}

fn texts(texts: &[&str]) -> Vec<Vec<u8>> {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

const REST: [&str; 14] = [
    "GET /management/v1/orgs/me",
    "GET /management/v1/users/341000000000000001",
    "POST /management/v1/users/machine\n{\"userName\":\"bot\",\"name\":\"Bot\",\"accessTokenType\":\"ACCESS_TOKEN_TYPE_JWT\"}",
    "POST /management/v1/users/1/keys\n{\"type\":\"KEY_TYPE_JSON\",\"expirationDate\":\"2099-01-01T00:00:00.5Z\",\"publicKey\":\"AA==\"}",
    "PUT /management/v1/users/a%2Fb/machine\n{\"name\":\"x\"}",
    "DELETE /management/v1/users/1/pats/2",
    "POST /management/v1/users/_search\n{\"query\":{\"offset\":\"1\",\"limit\":2,\"asc\":true},\"queries\":[{\"typeQuery\":{\"type\":\"TYPE_MACHINE\"}}]}",
    "GET /v2/settings/login?ctx.orgId=1%2F2+3&unknown=x",
    "DELETE /v2/users/9/metadata?keys=a&keys=b",
    "POST /v2/sessions\n{\"checks\":{\"user\":{\"loginName\":\"a\"}},\"metadata\":{\"k\":\"dg==\"},\"lifetime\":\"3600.5s\"}",
    "POST /v2/users/human\n{\"profile\":{\"givenName\":\"\\u00fc\",\"familyName\":\"\\ud83d\\ude00\"},\"email\":{\"email\":\"a@b\",\"isVerified\":true}}",
    "GET /admin/v1/secretgenerators/SECRET_GENERATOR_TYPE_APP_SECRET",
    "PUT /system/v1/instances/1/limits\n{\"auditLogRetention\":\"1s\",\"block\":null}",
    "PATCH /management/v1/orgs/me",
];

/// For a few RPCs of every kind: an empty message, a member of each kind, and the wire form of one.
fn json() -> Vec<Vec<u8>> {
    let bodies: [&[u8]; 6] = [
        b"{}",
        br#"{"userId":"1","name":"x","roles":["a","b"],"query":{"offset":"18446744073709551615","limit":4294967295}}"#,
        br#"{"expirationDate":"2099-01-01T00:00:00.123456789Z","publicKey":"AAEC","type":1,"unknown":[{"a":[null]}]}"#,
        br#"{"queries":[{"userNameQuery":{"userName":"x","method":"TEXT_QUERY_METHOD_EQUALS"}},{"typeQuery":{"type":2}}]}"#,
        br#"{"checks":{"user":{"userId":"1"}},"metadata":{"a":"YQ=="},"lifetime":"1.000000001s","human":{"profile":{}}}"#,
        b"\x0a\x03abc\x10\x01\x1a\x06\x08\x80\x80\x80\x80\x01\x22\x02\x00\x01",
    ];
    let wanted = ["AddMachineKey", "ListUsers", "CreateSession", "CreateUser", "SetLimits", "SetInstanceFeatures"];
    let mut seeds = Vec::new();
    for (number, method) in Contract::get().methods().enumerate() {
        if wanted.contains(&method.name) {
            let number = u16::try_from(number).unwrap_or_default().to_be_bytes();
            seeds.extend(bodies.iter().map(|body| [&number[..], body].concat()));
        }
    }
    seeds
}

fn rpc() -> Vec<Vec<u8>> {
    let path = "/zitadel.user.v2.UserService/AddKey";
    let message = b"\x0a\x12341000000000000001\x12\x06\x08\x80\x92\xb8\xf2\x0f".to_vec();
    let size = u32::try_from(message.len()).unwrap_or_default().to_be_bytes();
    let frame = [&[0][..], &size, &message].concat();
    let json = br#"{"userId":"341000000000000001","expirationDate":"2099-01-01T00:00:00Z"}"#;
    let with = |kind: &str, path: &str, body: &[u8]| [kind.as_bytes(), b" ", path.as_bytes(), b"\n", body].concat();
    vec![
        with("application/grpc", path, &frame),
        with("application/grpc+proto", path, &frame),
        with("application/grpc+json", path, &[&[0, 0, 0, 0, 71][..], json].concat()),
        with("application/grpc-web", path, &frame),
        with("application/grpc-web-text", path, STANDARD.encode(&frame).as_bytes()),
        with("application/proto", path, &message),
        with("application/json", path, json),
        with("application/grpc", "/grpc.health.v1.Health/Check", b"\0\0\0\0\0"),
        with(
            "application/grpc",
            "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
            b"\0\0\0\0\x02\x3a\x00",
        ),
        with("application/grpc", "/zitadel.user.v2.UserService/NoSuchMethod", b"\x01\0\0\0\x02\x1f\x8b"),
    ]
}

fn form() -> Vec<Vec<u8>> {
    let basic = format!("Basic {}", STANDARD.encode("my%20bot%40x:p%3Aw"));
    let assertion = format!("\ngrant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion={SIGNED_ASSERTION}");
    let scopes = "scope=openid+profile&x=1\nscope=urn:zitadel:iam:org:project:id:zitadel:aud%20urn:zitadel:iam:org:id:1";
    let mut seeds = texts(&[
        scopes,
        "a=%zz&b=%ff\n&&==&",
        "\nclient_id=%C3%BC&client_secret=a%2Bb&scope=urn:zitadel:iam:org:project:role:x+urn:zitadel:iam:org:roles:id:2",
    ]);
    seeds.extend([basic.into_bytes(), assertion.into_bytes()]);
    seeds
}

fn jwt() -> Vec<Vec<u8>> {
    let mut parts = SIGNED_ASSERTION.split('.');
    let (header, claims) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let unsigned = format!("eyJhbGciOiJub25lIn0.{claims}.");
    let cut = format!("{header}.{claims}");
    texts(&[SIGNED_ASSERTION, &unsigned, &cut, "..", "e30.e30.e30"])
}

fn opaque() -> Vec<Vec<u8>> {
    let cut = &SEALED_TOKEN[..SEALED_TOKEN.len() - 4];
    texts(&[&SEALED_TOKEN, cut, "....", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"])
}

fn key() -> Vec<Vec<u8>> {
    let der = |text: &str| {
        let lines: String = text.lines().filter(|line| !line.starts_with('-')).collect();
        STANDARD.decode(lines).unwrap_or_default()
    };
    let set = r#"{"keys":[{"kty":"EC","crv":"P-256","kid":"1","x":"yZ5XSI6Xe2KzB8PugqkKFkAOkwtupVVW9M6KLgqKWsI","y":"0rNPyBUb3WpvRlvO4R0nJYeuyPy-jph4OYp4oiabzdU"},{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},{"kty":"RSA","n":"AQAB","e":"AQAB"}]}"#;
    let mut seeds = texts(&[PUBLIC_KEY, CERTIFICATE, set]);
    seeds.extend([der(PUBLIC_KEY), der(CERTIFICATE)]);
    seeds
}
