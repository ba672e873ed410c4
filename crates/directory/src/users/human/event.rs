//! Events of people, exactly as `spec: events.json` has them. Hashes and codes stay out of the audit trail: their keys may be absent.

use castellan_rpc::AuditEvent;
use serde::Serialize;

macro_rules! event_type {
    ($($name:ty => $type:literal;)*) => {
        $(impl AuditEvent for $name {
            const TYPE: &'static str = $type;
        })*
    };
}

#[derive(Serialize)]
pub(super) struct HumanAdded<'a> {
    #[serde(rename = "userName")]
    pub user_name: &'a str,
    #[serde(rename = "firstName")]
    pub first_name: &'a str,
    #[serde(rename = "lastName")]
    pub last_name: &'a str,
    #[serde(rename = "nickName", skip_serializing_if = "str::is_empty")]
    pub nick_name: &'a str,
    #[serde(rename = "displayName", skip_serializing_if = "str::is_empty")]
    pub display_name: &'a str,
    #[serde(rename = "preferredLanguage")]
    pub preferred_language: &'a str,
    #[serde(skip_serializing_if = "is_zero")]
    pub gender: i32,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub email: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub phone: &'a str,
    #[serde(rename = "changeRequired", skip_serializing_if = "is_false")]
    pub change_required: bool,
}

/// Only what changed is there.
#[derive(Serialize, Default)]
pub(super) struct ProfileChanged {
    #[serde(rename = "firstName", skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    #[serde(rename = "lastName", skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    #[serde(rename = "nickName", skip_serializing_if = "Option::is_none")]
    pub nick_name: Option<String>,
    #[serde(rename = "displayName", skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    #[serde(rename = "preferredLanguage", skip_serializing_if = "Option::is_none")]
    pub preferred_language: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gender: Option<i32>,
}

impl ProfileChanged {
    pub(super) fn any(&self) -> bool {
        self.first_name.is_some()
            || self.last_name.is_some()
            || self.nick_name.is_some()
            || self.display_name.is_some()
            || self.preferred_language.is_some()
            || self.gender.is_some()
    }
}

#[derive(Serialize)]
pub(super) struct EmailChanged<'a> {
    pub email: &'a str,
}

#[derive(Serialize)]
pub(super) struct PhoneChanged<'a> {
    pub phone: &'a str,
}

#[derive(Serialize)]
pub(super) struct PasswordChanged {
    #[serde(rename = "changeRequired")]
    pub change_required: bool,
}

/// A code to prove an e-mail address.
#[derive(Serialize)]
pub(super) struct EmailCodeAdded<'a> {
    /// Nanoseconds; so for all codes.
    pub expiry: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url_template: Option<&'a str>,
    #[serde(skip_serializing_if = "is_false")]
    pub code_returned: bool,
}

/// A code to prove a phone number.
#[derive(Serialize)]
pub(super) struct PhoneCodeAdded {
    pub expiry: i64,
    #[serde(skip_serializing_if = "is_false")]
    pub code_returned: bool,
}

/// A code to set a new password.
#[derive(Serialize)]
pub(super) struct PasswordCodeAdded<'a> {
    pub expiry: i64,
    /// 0 e-mail, 1 text message.
    #[serde(rename = "notificationType", skip_serializing_if = "is_zero")]
    pub notification_type: i32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url_template: Option<&'a str>,
    #[serde(skip_serializing_if = "is_false")]
    pub code_returned: bool,
}

/// A code for the first sign-in.
#[derive(Serialize)]
pub(super) struct InitialCodeAdded {
    pub expiry: i64,
}

/// A code for an invitation to set up the account.
#[derive(Serialize)]
pub(super) struct InviteCodeAdded<'a> {
    pub expiry: i64,
    #[serde(rename = "urlTemplate", skip_serializing_if = "Option::is_none")]
    pub url_template: Option<&'a str>,
    #[serde(rename = "codeReturned", skip_serializing_if = "is_false")]
    pub code_returned: bool,
    #[serde(rename = "applicationName", skip_serializing_if = "Option::is_none")]
    pub application_name: Option<&'a str>,
}

macro_rules! without_payload {
    ($($name:ident = $type:literal,)*) => {
        $(
            #[derive(Serialize)]
            pub(super) struct $name {}

            impl AuditEvent for $name {
                const TYPE: &'static str = $type;
            }
        )*
    };
}

without_payload! {
    EmailVerified = "user.human.email.verified",
    EmailVerificationFailed = "user.human.email.verification.failed",
    PhoneVerified = "user.human.phone.verified",
    PhoneVerificationFailed = "user.human.phone.verification.failed",
    PhoneRemoved = "user.human.phone.removed",
    PasswordCheckSucceeded = "user.human.password.check.succeeded",
    PasswordCheckFailed = "user.human.password.check.failed",
    UserLocked = "user.locked",
    InviteCheckSucceeded = "user.human.invite.check.succeeded",
    InviteCheckFailed = "user.human.invite.check.failed",
    MfaInitSkipped = "user.human.mfa.init.skipped",
}

event_type! {
    HumanAdded<'_> => "user.human.added";
    ProfileChanged => "user.human.profile.changed";
    EmailChanged<'_> => "user.human.email.changed";
    PhoneChanged<'_> => "user.human.phone.changed";
    PasswordChanged => "user.human.password.changed";
    EmailCodeAdded<'_> => "user.human.email.code.added";
    PhoneCodeAdded => "user.human.phone.code.added";
    PasswordCodeAdded<'_> => "user.human.password.code.added";
    InviteCodeAdded<'_> => "user.human.invite.code.added";
    InitialCodeAdded => "user.human.initialization.code.added";
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(number: &i32) -> bool {
    *number == 0
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_false(value: &bool) -> bool {
    !value
}
