//! Failures in the form that the framing library renders: Connect's JSON error, or status and details in gRPC trailers.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use castellan_kernel::Kind;
use connectrpc::{ConnectError, ErrorCode, ErrorDetail};

use crate::call::{Failure, FailureDetail, Framing};
use crate::descriptor::Contract;
use crate::json;

/// The failure with its detail; only Connect shows the detail in readable form, too.
pub fn connect_error(failure: &Failure, framing: Framing) -> ConnectError {
    let error = ConnectError::new(code(failure.kind), failure.message.as_str());
    match &failure.detail {
        Some(detail) => error.with_detail(ErrorDetail {
            type_url: detail.type_name.to_owned(),
            value: Some(STANDARD_NO_PAD.encode(&detail.value)),
            debug: if framing == Framing::Connect { readable(detail) } else { None },
        }),
        None => error,
    }
}

fn readable(detail: &FailureDetail) -> Option<serde_json::Value> {
    let table = Contract::get().message(detail.type_name)?;
    let mut text = Vec::new();
    json::encode(table, &detail.value, &mut text).ok()?;
    serde_json::from_slice(&text).ok()
}

const fn code(kind: Kind) -> ErrorCode {
    match kind {
        Kind::Canceled => ErrorCode::Canceled,
        Kind::Unknown => ErrorCode::Unknown,
        Kind::InvalidArgument => ErrorCode::InvalidArgument,
        Kind::DeadlineExceeded => ErrorCode::DeadlineExceeded,
        Kind::NotFound => ErrorCode::NotFound,
        Kind::AlreadyExists => ErrorCode::AlreadyExists,
        Kind::PermissionDenied => ErrorCode::PermissionDenied,
        Kind::ResourceExhausted => ErrorCode::ResourceExhausted,
        Kind::FailedPrecondition => ErrorCode::FailedPrecondition,
        Kind::Aborted => ErrorCode::Aborted,
        Kind::OutOfRange => ErrorCode::OutOfRange,
        Kind::Unimplemented => ErrorCode::Unimplemented,
        Kind::Internal => ErrorCode::Internal,
        Kind::Unavailable => ErrorCode::Unavailable,
        Kind::DataLoss => ErrorCode::DataLoss,
        Kind::Unauthenticated => ErrorCode::Unauthenticated,
    }
}
