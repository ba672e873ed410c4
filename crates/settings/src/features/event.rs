//! Events of this room: one type per level and flag, each with the new value.

macro_rules! flag_events {
    ($level:ident, $name:literal, $($event:ident = $flag:literal),* $(,)?) => {
        pub(super) mod $level {
            use castellan_kernel::{Error, Receipt, Result};
            use castellan_rpc::{Aggregate, AuditEvent, Context};
            use serde::Serialize;
            use serde_json::Value;

            $(
                #[derive(Serialize)]
                struct $event<'a> {
                    #[serde(rename = "Value")]
                    value: &'a Value,
                }
                impl AuditEvent for $event<'_> {
                    const TYPE: &'static str = concat!("feature.", $name, ".", $flag, ".set");
                }
            )*

            #[derive(Serialize)]
            pub(in super::super) struct Reset {}
            impl AuditEvent for Reset {
                const TYPE: &'static str = concat!("feature.", $name, ".reset");
            }

            /// Records that a flag was set.
            pub(in super::super) async fn record_set(
                ctx: &mut Context,
                aggregate: &Aggregate,
                flag: &str,
                value: &Value,
            ) -> Result<Receipt> {
                match flag {
                    $($flag => ctx.record(aggregate, &$event { value }).await,)*
                    other => Err(Error::internal(format!("there is no event for feature {other} on this level"))),
                }
            }
        }
    };
}

flag_events!(
    instance,
    "instance",
    LoginDefaultOrg = "login_default_org",
    UserSchema = "user_schema",
    ImprovedPerformance = "improved_performance",
    DebugOidcParentError = "debug_oidc_parent_error",
    OidcSingleV1SessionTermination = "oidc_single_v1_session_termination",
    LoginV2 = "login_v2",
    PermissionCheckV2 = "permission_check_v2",
    ConsoleUseV2UserApi = "console_use_v2_user_api",
    EnableRelationalTables = "enable_relational_tables",
);

flag_events!(
    system,
    "system",
    LoginDefaultOrg = "login_default_org",
    UserSchema = "user_schema",
    ImprovedPerformance = "improved_performance",
    OidcSingleV1SessionTermination = "oidc_single_v1_session_termination",
    LoginV2 = "login_v2",
    PermissionCheckV2 = "permission_check_v2",
    EnableRelationalTables = "enable_relational_tables",
);
