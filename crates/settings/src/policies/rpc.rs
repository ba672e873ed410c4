//! The RPCs that every kind of policy has, written once: Admin Get and Update on the instance; Management Get, GetDefault, Add,
//! Update and Reset on the organization in context. A room names its messages and says how a request's values apply.

use castellan_kernel::{Permission, Result};
use castellan_proto::zitadel::object::v2::{Details, RequestContext, request_context};
use castellan_rpc::{Context, convert};

use crate::store::Stored;

/// The values of a request, applied to what is stored (the default where nothing is).
pub(super) trait Values<P>: Send {
    fn apply(self, current: &P) -> P;
}

/// Says for several request types with the same fields how they apply.
macro_rules! values {
    ($policy:ty: $($request:ty),+; |$from:ident, $current:ident| $value:expr) => {
        $(
            impl crate::policies::rpc::Values<$policy> for $request {
                fn apply(self, $current: &$policy) -> $policy {
                    let $from = self;
                    $value
                }
            }
        )+
    };
}

/// Defines the handlers of a policy; the addition can be left out where it does more. `$wire` makes the v1 message from a stored policy.
macro_rules! v1_handlers {
    (
        $policy:ty, $wire:path;
        admin get $admin_get:ident => $admin_got:ident, update $admin_update:ident => $admin_updated:ident;
        management get $get:ident => $got:ident { policy $(, $is_default:ident)? },
        default $default:ident => $defaulted:ident, $(add $add:ident => $added:ident,)?
        update $update:ident => $updated:ident, reset $reset:ident => $was_reset:ident;
    ) => {
        pub(in crate::policies) async fn admin_get(
            ctx: &mut castellan_rpc::Context,
            _: admin::$admin_get,
        ) -> castellan_kernel::Result<admin::$admin_got> {
            let stored = crate::policies::read_default::<$policy>(ctx).await?;
            Ok(admin::$admin_got { policy: Some($wire(&stored, &ctx.instance.id)) })
        }

        pub(in crate::policies) async fn admin_update(
            ctx: &mut castellan_rpc::Context,
            request: admin::$admin_update,
        ) -> castellan_kernel::Result<admin::$admin_updated> {
            use crate::policies::rpc::Values as _;
            let owner = castellan_kernel::Owner::Instance;
            let receipt = crate::policies::change::<$policy>(ctx, &owner, |held| request.apply(held)).await?;
            Ok(admin::$admin_updated { details: castellan_rpc::convert::changed(&receipt) })
        }

        pub(in crate::policies) async fn get(
            ctx: &mut castellan_rpc::Context,
            _: management::$get,
        ) -> castellan_kernel::Result<management::$got> {
            let org = ctx.caller.org.clone();
            let stored = crate::policies::read::<$policy>(ctx, &org).await?;
            Ok(management::$got {
                policy: Some($wire(&stored, &ctx.instance.id)),
                $($is_default: stored.is_default(),)?
            })
        }

        pub(in crate::policies) async fn get_default(
            ctx: &mut castellan_rpc::Context,
            _: management::$default,
        ) -> castellan_kernel::Result<management::$defaulted> {
            let stored = crate::policies::read_default::<$policy>(ctx).await?;
            Ok(management::$defaulted { policy: Some($wire(&stored, &ctx.instance.id)) })
        }

        $(pub(in crate::policies) async fn add(
            ctx: &mut castellan_rpc::Context,
            request: management::$add,
        ) -> castellan_kernel::Result<management::$added> {
            use crate::policies::rpc::Values as _;
            let org = ctx.caller.org.clone();
            let receipt = crate::policies::add(ctx, &org, &request.apply(&<$policy>::default())).await?;
            Ok(management::$added { details: castellan_rpc::convert::added(&receipt) })
        })?

        pub(in crate::policies) async fn update(
            ctx: &mut castellan_rpc::Context,
            request: management::$update,
        ) -> castellan_kernel::Result<management::$updated> {
            use crate::policies::rpc::Values as _;
            let owner = castellan_kernel::Owner::Org(ctx.caller.org.clone());
            let receipt = crate::policies::change::<$policy>(ctx, &owner, |held| request.apply(held)).await?;
            Ok(management::$updated { details: castellan_rpc::convert::changed(&receipt) })
        }

        pub(in crate::policies) async fn reset(
            ctx: &mut castellan_rpc::Context,
            _: management::$reset,
        ) -> castellan_kernel::Result<management::$was_reset> {
            let org = ctx.caller.org.clone();
            let receipt = crate::policies::remove::<$policy>(ctx, &org).await?;
            Ok(management::$was_reset { details: castellan_rpc::convert::changed(&receipt) })
        }
    };
}

/// Defines the v2 read of a policy and its v2beta twin. `$wire` makes the v2 message from a stored policy.
macro_rules! v2_read {
    ($policy:ty, $wire:path, $request:ident => $response:ident) => {
        pub(in crate::policies) async fn v2_get(
            ctx: &mut castellan_rpc::Context,
            request: castellan_proto::zitadel::settings::v2::$request,
        ) -> castellan_kernel::Result<castellan_proto::zitadel::settings::v2::$response> {
            let org = crate::policies::rpc::asked_org(ctx, request.ctx.as_ref())?;
            let stored = crate::policies::read::<$policy>(ctx, &org).await?;
            Ok(castellan_proto::zitadel::settings::v2::$response {
                details: crate::policies::rpc::v2_details(&stored, &ctx.instance.id),
                settings: Some($wire(&stored)),
            })
        }

        pub(in crate::policies) async fn v2beta_get(
            ctx: &mut castellan_rpc::Context,
            request: castellan_proto::zitadel::settings::v2beta::$request,
        ) -> castellan_kernel::Result<castellan_proto::zitadel::settings::v2beta::$response> {
            crate::wire::via(v2_get(ctx, crate::wire::twin(&request)?).await)
        }
    };
}

pub(super) use {v1_handlers, v2_read, values};

/// Whose settings a v2 read asks for: an organization's, the instance's (an empty id), or those of the organization in context.
/// An organization that is named must be one whose policies the caller may read.
///
/// # Errors
/// As the permission check says.
pub fn asked_org(ctx: &Context, asked: Option<&RequestContext>) -> Result<String> {
    use request_context::ResourceOwner;
    match asked.and_then(|asked| asked.resource_owner.as_ref()) {
        Some(ResourceOwner::Instance(true)) => Ok(String::new()),
        Some(ResourceOwner::OrgId(org)) if !org.is_empty() => {
            ctx.require(Permission::PolicyRead, org, None)?;
            Ok(org.clone())
        }
        _ => Ok(ctx.caller.org.clone()),
    }
}

/// The details of a v2 read.
pub fn v2_details<T>(stored: &Stored<T>, instance_id: &str) -> Option<Details> {
    Some(Details {
        sequence: stored.sequence,
        change_date: Some(convert::timestamp(stored.changed_at)),
        resource_owner: stored.owner(instance_id).to_owned(),
        creation_date: Some(convert::timestamp(stored.created_at)),
    })
}

/// `ResourceOwnerType`: 1 the instance, 2 an organization.
pub fn owner_type<T>(stored: &Stored<T>) -> i32 {
    if stored.is_default() { 1 } else { 2 }
}
