//! The removal of files over Admin and Management: one handler for all, conversion only.

use castellan_kernel::{Owner, Receipt, Result};
use castellan_proto::Method;
use castellan_proto::methods::{admin_v1, management_v1};
use castellan_proto::zitadel::{admin::v1 as admin, management::v1 as management};
use castellan_rpc::{Context, Registry, convert};

use super::asset::Asset;
use super::asset_command;

/// An RPC that removes a file.
trait Removal: Method {
    /// The file.
    const ASSET: Asset;
    /// Whose branding shows it.
    fn owner(ctx: &Context) -> Owner;
    /// The answer.
    fn answer(receipt: &Receipt) -> Self::Response;
}

async fn remove<M: Removal>(ctx: &mut Context, _: M::Request) -> Result<M::Response> {
    let receipt = asset_command::remove(ctx, &M::owner(ctx), M::ASSET).await?;
    Ok(M::answer(&receipt))
}

macro_rules! removals {
    ($($asset:ident: $admin:ident, $admin_response:ident; $management:ident, $response:ident;)+) => {
        $(
            impl Removal for admin_v1::$admin {
                const ASSET: Asset = Asset::$asset;
                fn owner(_: &Context) -> Owner {
                    Owner::Instance
                }
                fn answer(receipt: &Receipt) -> Self::Response {
                    admin::$admin_response { details: convert::changed(receipt) }
                }
            }
            impl Removal for management_v1::$management {
                const ASSET: Asset = Asset::$asset;
                fn owner(ctx: &Context) -> Owner {
                    Owner::Org(ctx.caller.org.clone())
                }
                fn answer(receipt: &Receipt) -> Self::Response {
                    management::$response { details: convert::changed(receipt) }
                }
            }
        )+

        pub(super) fn register(registry: &mut Registry) {
            $(
                registry
                    .command::<admin_v1::$admin>(remove::<admin_v1::$admin>)
                    .command::<management_v1::$management>(remove::<management_v1::$management>);
            )+
        }
    };
}

removals! {
    Logo: RemoveLabelPolicyLogo, RemoveLabelPolicyLogoResponse; RemoveCustomLabelPolicyLogo, RemoveCustomLabelPolicyLogoResponse;
    LogoDark: RemoveLabelPolicyLogoDark, RemoveLabelPolicyLogoDarkResponse; RemoveCustomLabelPolicyLogoDark, RemoveCustomLabelPolicyLogoDarkResponse;
    Icon: RemoveLabelPolicyIcon, RemoveLabelPolicyIconResponse; RemoveCustomLabelPolicyIcon, RemoveCustomLabelPolicyIconResponse;
    IconDark: RemoveLabelPolicyIconDark, RemoveLabelPolicyIconDarkResponse; RemoveCustomLabelPolicyIconDark, RemoveCustomLabelPolicyIconDarkResponse;
    Font: RemoveLabelPolicyFont, RemoveLabelPolicyFontResponse; RemoveCustomLabelPolicyFont, RemoveCustomLabelPolicyFontResponse;
}
