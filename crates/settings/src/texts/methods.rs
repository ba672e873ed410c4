//! Which RPC is about which template, and on which level: four RPCs per template and API, all served by the same four handlers.

use castellan_proto::Method;
use castellan_proto::methods::{admin_v1, management_v1};
use castellan_rpc::Registry;

use super::api;
use super::template::Template;

/// Whose texts an RPC is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    /// Admin API: the instance's own; their defaults are those built in.
    Instance,
    /// Management API: those of the organization in context; their defaults are the instance's.
    Organization,
}

/// An RPC on the texts of a template.
pub(super) trait TextMethod: Method {
    /// What the texts are for.
    const TEMPLATE: Template;
    /// Whose they are.
    const LEVEL: Level;
}

macro_rules! text_methods {
    (@is $module:ident, $level:ident, $template:ident, $($method:ident),+) => {
        $(impl TextMethod for $module::$method {
            const TEMPLATE: Template = Template::$template;
            const LEVEL: Level = Level::$level;
        })+
    };
    (@register $registry:ident, $module:ident, $default:ident, $custom:ident, $set:ident, $reset:ident) => {
        $registry
            .query::<$module::$default>(api::get_default::<$module::$default>)
            .query::<$module::$custom>(api::get_custom::<$module::$custom>)
            .command::<$module::$set>(api::set::<$module::$set>)
            .command::<$module::$reset>(api::reset::<$module::$reset>);
    };
    ($($template:ident:
        admin $($admin:ident),+;
        management $($management:ident),+;)+
    ) => {
        $(
            text_methods!(@is admin_v1, Instance, $template, $($admin),+);
            text_methods!(@is management_v1, Organization, $template, $($management),+);
        )+

        pub(super) fn register(registry: &mut Registry) {
            registry.room("settings/texts");
            $(
                text_methods!(@register registry, admin_v1, $($admin),+);
                text_methods!(@register registry, management_v1, $($management),+);
            )+
        }
    };
}

text_methods! {
    InitCode:
        admin GetDefaultInitMessageText, GetCustomInitMessageText, SetDefaultInitMessageText,
            ResetCustomInitMessageTextToDefault;
        management GetDefaultInitMessageText, GetCustomInitMessageText, SetCustomInitMessageText,
            ResetCustomInitMessageTextToDefault;
    PasswordReset:
        admin GetDefaultPasswordResetMessageText, GetCustomPasswordResetMessageText, SetDefaultPasswordResetMessageText,
            ResetCustomPasswordResetMessageTextToDefault;
        management GetDefaultPasswordResetMessageText, GetCustomPasswordResetMessageText, SetCustomPasswordResetMessageText,
            ResetCustomPasswordResetMessageTextToDefault;
    VerifyEmail:
        admin GetDefaultVerifyEmailMessageText, GetCustomVerifyEmailMessageText, SetDefaultVerifyEmailMessageText,
            ResetCustomVerifyEmailMessageTextToDefault;
        management GetDefaultVerifyEmailMessageText, GetCustomVerifyEmailMessageText, SetCustomVerifyEmailMessageText,
            ResetCustomVerifyEmailMessageTextToDefault;
    VerifyPhone:
        admin GetDefaultVerifyPhoneMessageText, GetCustomVerifyPhoneMessageText, SetDefaultVerifyPhoneMessageText,
            ResetCustomVerifyPhoneMessageTextToDefault;
        management GetDefaultVerifyPhoneMessageText, GetCustomVerifyPhoneMessageText, SetCustomVerifyPhoneMessageText,
            ResetCustomVerifyPhoneMessageTextToDefault;
    VerifySmsOtp:
        admin GetDefaultVerifySMSOTPMessageText, GetCustomVerifySMSOTPMessageText, SetDefaultVerifySMSOTPMessageText,
            ResetCustomVerifySMSOTPMessageTextToDefault;
        management GetDefaultVerifySMSOTPMessageText, GetCustomVerifySMSOTPMessageText, SetCustomVerifySMSOTPMessageText,
            ResetCustomVerifySMSOTPMessageTextToDefault;
    VerifyEmailOtp:
        admin GetDefaultVerifyEmailOTPMessageText, GetCustomVerifyEmailOTPMessageText, SetDefaultVerifyEmailOTPMessageText,
            ResetCustomVerifyEmailOTPMessageTextToDefault;
        management GetDefaultVerifyEmailOTPMessageText, GetCustomVerifyEmailOTPMessageText, SetCustomVerifyEmailOTPMessageText,
            ResetCustomVerifyEmailOTPMessageTextToDefault;
    DomainClaimed:
        admin GetDefaultDomainClaimedMessageText, GetCustomDomainClaimedMessageText, SetDefaultDomainClaimedMessageText,
            ResetCustomDomainClaimedMessageTextToDefault;
        management GetDefaultDomainClaimedMessageText, GetCustomDomainClaimedMessageText, SetCustomDomainClaimedMessageCustomText,
            ResetCustomDomainClaimedMessageTextToDefault;
    PasswordlessRegistration:
        admin GetDefaultPasswordlessRegistrationMessageText, GetCustomPasswordlessRegistrationMessageText, SetDefaultPasswordlessRegistrationMessageText,
            ResetCustomPasswordlessRegistrationMessageTextToDefault;
        management GetDefaultPasswordlessRegistrationMessageText, GetCustomPasswordlessRegistrationMessageText, SetCustomPasswordlessRegistrationMessageCustomText,
            ResetCustomPasswordlessRegistrationMessageTextToDefault;
    PasswordChange:
        admin GetDefaultPasswordChangeMessageText, GetCustomPasswordChangeMessageText, SetDefaultPasswordChangeMessageText,
            ResetCustomPasswordChangeMessageTextToDefault;
        management GetDefaultPasswordChangeMessageText, GetCustomPasswordChangeMessageText, SetCustomPasswordChangeMessageCustomText,
            ResetCustomPasswordChangeMessageTextToDefault;
    InviteUser:
        admin GetDefaultInviteUserMessageText, GetCustomInviteUserMessageText, SetDefaultInviteUserMessageText,
            ResetCustomInviteUserMessageTextToDefault;
        management GetDefaultInviteUserMessageText, GetCustomInviteUserMessageText, SetCustomInviteUserMessageCustomText,
            ResetCustomInviteUserMessageTextToDefault;
    Login:
        admin GetDefaultLoginTexts, GetCustomLoginTexts, SetCustomLoginText, ResetCustomLoginTextToDefault;
        management GetDefaultLoginTexts, GetCustomLoginTexts, SetCustomLoginText, ResetCustomLoginTextToDefault;
}
