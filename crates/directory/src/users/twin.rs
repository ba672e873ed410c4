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
            pub(in crate::users) async fn $name(
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

#[cfg(test)]
mod tests {
    use castellan_rpc::Registry;
    use castellan_rpc::descriptor::{Contract, MessageTable};

    /// Every field of `beta` that `twin` has under the same number has the same type there. Names of types may differ.
    fn assert_alike(
        beta: &'static MessageTable,
        twin: &'static MessageTable,
        whole: bool,
        seen: &mut Vec<&'static str>,
    ) {
        if seen.contains(&beta.full_name) {
            return;
        }
        seen.push(beta.full_name);
        for field in &beta.fields {
            let Some(other) = twin.fields.iter().find(|other| other.number == field.number) else {
                assert!(!whole, "{}.{} is missing in {}", beta.full_name, field.proto_name, twin.full_name);
                continue;
            };
            let place = format!("{}.{}", beta.full_name, field.proto_name);
            assert_eq!(field.kind.wire_type(), other.kind.wire_type(), "{place}");
            assert_eq!(field.kind.is_message(), other.kind.is_message(), "{place}");
            assert_eq!(field.cardinality, other.cardinality, "{place}");
            assert_eq!(field.proto_name, other.proto_name, "{place}");
            if let (Some(field), Some(other)) = (field.kind.message(), other.kind.message()) {
                assert_alike(field, other, whole, seen);
            }
        }
    }

    #[test]
    fn the_messages_of_v2beta_are_those_of_v2() {
        let mut registry = Registry::default();
        crate::users::register(&mut registry);
        let mut compared = 0;
        for (path, ..) in registry.methods().filter(|(path, ..)| path.starts_with("zitadel.user.v2beta.")) {
            let beta = Contract::get().method(path).unwrap();
            let twin = Contract::get().method(&path.replace("v2beta", "v2")).unwrap();
            // All that is asked for must be understood; answers may lack what came later.
            assert_alike(beta.request(), twin.request(), true, &mut Vec::new());
            assert_alike(beta.response(), twin.response(), false, &mut Vec::new());
            compared += 1;
        }
        assert_eq!(compared, 19);
    }
}
