//! The seam to the framing library: decoded envelopes in, messages out.

use std::pin::pin;
use std::sync::Arc;

use bytes::Bytes;
use connectrpc::dispatcher::{RequestStream, StreamingResult, UnaryResult};
use connectrpc::{
    CodecFormat, ConnectError, Dispatcher, EncodedResponse, MethodDescriptor, Payload, Protocol, RequestContext,
    Response,
};

use crate::call::{Call, Framing, Invoke, RequestOrigin};
use crate::descriptor::{Contract, MethodInfo};
use crate::http::{Outcome, panics};
use crate::json;

use super::errors;
use super::system::{PREFIX, System};

/// Sends RPCs of the contract to [`Invoke`] and those of the server itself to their own router.
pub struct RpcDispatcher {
    invoke: Arc<dyn Invoke>,
    system: System,
}

impl RpcDispatcher {
    /// Over the RPCs behind `invoke`, and the server's own in `system`.
    pub fn new(invoke: Arc<dyn Invoke>, system: System) -> Self {
        Self { invoke, system }
    }
}

impl Dispatcher for RpcDispatcher {
    fn lookup(&self, path: &str) -> Option<MethodDescriptor> {
        if path.starts_with(PREFIX) {
            return self.system.router(path).lookup(path);
        }
        // No method of the contract is marked as free of side effects, so none is served over GET.
        Contract::get().has_method(path).then(|| MethodDescriptor::unary(false))
    }

    fn call_unary(&self, path: &str, mut ctx: RequestContext, request: Payload, format: CodecFormat) -> UnaryResult {
        let Some(method) = Contract::get().method(path) else {
            return self.system.router(path).call_unary(path, ctx, request, format);
        };
        let framing = match ctx.protocol() {
            Some(Protocol::Grpc) => Framing::Grpc,
            Some(Protocol::GrpcWeb) => Framing::GrpcWeb,
            _ => Framing::Connect,
        };
        let headers = std::mem::take(ctx.headers_mut());
        let origin = ctx.extensions_mut().remove::<RequestOrigin>().unwrap_or_default();
        let outcome = ctx.extensions_mut().remove::<Outcome>().unwrap_or_default();
        let invoke = Arc::clone(&self.invoke);
        Box::pin(async move {
            let run = pin!(async {
                let body = decode(method, &request, format)?;
                let call = Call { method, headers, origin, body, framing };
                let reply = invoke.invoke(call).await.map_err(|failure| {
                    outcome.failed(failure.kind);
                    errors::connect_error(&failure, framing)
                })?;
                encode(method, reply.body, format)
            });
            match panics::catch(method.path, run).await {
                Ok(result) => result,
                Err(failure) => {
                    outcome.failed(failure.kind);
                    Err(errors::connect_error(&failure, framing))
                }
            }
        })
    }

    fn call_server_streaming(
        &self,
        path: &str,
        ctx: RequestContext,
        request: Bytes,
        format: CodecFormat,
    ) -> StreamingResult {
        self.system.router(path).call_server_streaming(path, ctx, request, format)
    }

    fn call_client_streaming(
        &self,
        path: &str,
        ctx: RequestContext,
        requests: RequestStream,
        format: CodecFormat,
    ) -> UnaryResult {
        self.system.router(path).call_client_streaming(path, ctx, requests, format)
    }

    fn call_bidi_streaming(
        &self,
        path: &str,
        ctx: RequestContext,
        requests: RequestStream,
        format: CodecFormat,
    ) -> StreamingResult {
        self.system.router(path).call_bidi_streaming(path, ctx, requests, format)
    }
}

fn decode(method: &MethodInfo, request: &Payload, format: CodecFormat) -> Result<Bytes, ConnectError> {
    let body = request.encoded()?;
    match format {
        CodecFormat::Proto => Ok(body),
        _ if body.is_empty() => Err(ConnectError::invalid_argument(
            "the request has no body, which is not valid JSON; send {} for an empty message",
        )),
        _ => json::decode(method.request(), &body)
            .map(Bytes::from)
            .map_err(|error| ConnectError::invalid_argument(error.to_string())),
    }
}

fn encode(method: &MethodInfo, body: Bytes, format: CodecFormat) -> Result<EncodedResponse, ConnectError> {
    if format == CodecFormat::Proto {
        return Ok(Response::new(body.into()));
    }
    let mut text = Vec::with_capacity(body.len() * 2 + 16);
    json::encode(method.response(), &body, &mut text).map_err(|error| {
        tracing::error!(method = method.path, %error, "the response message cannot be written as JSON");
        ConnectError::internal("the response cannot be written as JSON")
    })?;
    Ok(Response::new(Bytes::from(text).into()))
}
