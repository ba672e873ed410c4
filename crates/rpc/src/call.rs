//! One RPC on its way through the server, in the form every framing shares: wire bytes in, wire bytes or a failure out.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use ::http::HeaderMap;
use bytes::Bytes;
use castellan_db::Text;
use castellan_kernel::Kind;

use crate::descriptor::MethodInfo;

/// A boxed future that may move between threads.
pub type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// How the caller framed the RPC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Framing {
    Grpc,
    GrpcWeb,
    Connect,
    Rest,
}

/// A decoded request: which RPC, with which headers, and the request message in protobuf wire form.
#[derive(Debug)]
pub struct Call {
    /// The RPC.
    pub method: &'static MethodInfo,
    /// The HTTP headers (gRPC metadata, Connect and REST headers alike).
    pub headers: HeaderMap,
    /// Scheme, host and peer of the HTTP request.
    pub origin: RequestOrigin,
    /// The request message in wire form; validated by the router, after authorisation.
    pub body: Bytes,
    /// The framing.
    pub framing: Framing,
}

/// What the connection and the request line say about where the request came from and went to.
#[derive(Debug, Clone, Default)]
pub struct RequestOrigin {
    /// `:authority` or `Host`, as received.
    pub authority: Option<Text>,
    /// Whether the connection itself is TLS.
    pub tls: bool,
    /// The address of the peer, if known.
    pub peer: Option<std::net::SocketAddr>,
}

/// A good answer in wire form.
#[derive(Debug, Default)]
pub struct Reply {
    /// The response message in wire form.
    pub body: Bytes,
}

/// A failed call, ready to be framed: nothing in it is secret.
#[derive(Debug, Clone)]
pub struct Failure {
    /// The status code.
    pub kind: Kind,
    /// The message as the caller reads it: `<text> (<id>)`.
    pub message: String,
    /// At most one detail message.
    pub detail: Option<FailureDetail>,
}

/// A detail message of a failure.
#[derive(Debug, Clone)]
pub struct FailureDetail {
    /// The full name of the message, such as `zitadel.v1.ErrorDetail`.
    pub type_name: &'static str,
    /// The message in wire form.
    pub value: Bytes,
}

/// What stands behind every framing: looks up and runs RPCs. Implemented by the router, and by stubs in tests.
pub trait Invoke: Send + Sync + 'static {
    /// Whether a handler is registered for the RPC (`zitadel.user.v2.UserService/GetUserByID`).
    fn serves(&self, path: &str) -> bool;

    /// Runs the RPC to its end: authentication, permission, validation, handler, commit.
    fn invoke(self: Arc<Self>, call: Call) -> BoxFuture<Result<Reply, Failure>>;
}
