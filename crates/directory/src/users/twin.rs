//! v2beta methods that are identical to their v2 twins: their messages have the same fields under the same numbers, so one is
//! read from the other's wire form. A test compares the descriptors.

use castellan_kernel::{Error, Result};
use prost::Message;

/// The message in its twin's type.
///
/// # Errors
/// Internal, when the types are no twins.
pub(crate) fn twin<A: Message, B: Message + Default>(message: &A) -> Result<B> {
    B::decode(message.encode_to_vec().as_slice()).map_err(Error::internal)
}

/// Defines handlers of v2beta that call their v2 twins: `name, twin, Request, Response;`.
macro_rules! v2beta_twins {
    ($($name:ident = $twin:path, $request:ident, $response:ident;)*) => {
        $(
            pub(super) async fn $name(
                ctx: &mut castellan_rpc::Context,
                request: castellan_proto::zitadel::user::v2beta::$request,
            ) -> castellan_kernel::Result<castellan_proto::zitadel::user::v2beta::$response> {
                let request = crate::users::twin::twin(&request)?;
                crate::users::twin::twin(&$twin(ctx, request).await?)
            }
        )*
    };
}

pub(crate) use v2beta_twins;
