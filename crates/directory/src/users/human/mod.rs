//! People: creation, profile, e-mail, phone and password with the codes that prove them.
//! RPCs: Management AddHumanUser, ImportHumanUser, UpdateHuman…, …HumanPhone, Set…Password; Auth …My{Profile,Email,Phone,Password};
//! user v2 (v2beta) AddHumanUser, UpdateHumanUser, SetEmail … SetPassword, HumanMFAInitSkipped, …InviteCode. Tables `users` (kind 1),
//! `user_codes`. Events `user.human.…`. Rules: spec api.md 4.1.2, 4.1.4 and 4.1.5.

mod address;
mod api_v1;
mod api_v2;
mod avatar;
mod codes;
mod command;
mod contact;
mod event;
mod invitation;
mod password;
mod profile;
mod sql;
#[cfg(test)]
mod tests;
mod update;
mod url_template;

use castellan_kernel::Receipt;
use castellan_proto::methods::{auth_v1 as auth, management_v1 as management, user_v2, user_v2beta};
use castellan_rpc::Registry;

pub use api_v1::from_import;
pub(in crate::users) use api_v2::{
    email_from_v2, password_change_from_v2, password_from_v2, phone_change_from_v2, phone_from_v2, profile_of_new,
    refuse_later_parts,
};
pub use command::{AddHuman, InitialCode, add, create, prepare_password};
pub use password::{NewPassword, PreparedPassword, check_new_password, check_password};
pub(in crate::users) use profile::ProfileChange;
pub(in crate::users) use update::{UpdateHuman, update};

/// How an address is proven, or that it need not be.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Verification {
    /// It is proven already.
    Verified,
    /// It is not, and nothing is sent.
    Unverified,
    /// A code is sent; the template makes the link in the mail.
    Send(Option<String>),
    /// A code is made and handed to the caller.
    Return,
    /// As [`Verification::Send`] without a template.
    #[default]
    Unspecified,
}

/// An e-mail address or phone number to set.
#[derive(Debug, Clone, Default)]
pub struct NewAddress {
    /// The address or number as given.
    pub address: String,
    /// How it is proven.
    pub verification: Verification,
}

/// A person that was just created.
#[derive(Debug, Clone)]
pub struct AddedHuman {
    /// The id.
    pub user_id: String,
    /// Of the last event recorded.
    pub receipt: Receipt,
    /// The code that proves the e-mail address, if it was to be returned.
    pub email_code: Option<String>,
    /// The code that proves the phone number, if it was to be returned.
    pub phone_code: Option<String>,
}

pub(super) fn register(registry: &mut Registry) {
    registry
        .room("directory/users/human")
        .command::<management::AddHumanUser>(api_v1::add)
        .command::<management::ImportHumanUser>(api_v1::import)
        .command::<management::UpdateHumanProfile>(api_v1::update_profile)
        .command::<management::UpdateHumanEmail>(api_v1::update_email)
        .command::<management::ResendHumanEmailVerification>(api_v1::resend_email)
        .command::<management::UpdateHumanPhone>(api_v1::update_phone)
        .command::<management::RemoveHumanPhone>(api_v1::remove_phone)
        .command::<management::ResendHumanPhoneVerification>(api_v1::resend_phone)
        .command::<management::SetHumanInitialPassword>(api_v1::set_initial_password)
        .command::<management::SetHumanPassword>(api_v1::set_password)
        .command::<management::SendHumanResetPasswordNotification>(api_v1::reset_password)
        .command::<management::RemoveHumanAvatar>(avatar::v1_remove)
        .command::<auth::RemoveMyAvatar>(avatar::remove_my)
        .command::<auth::UpdateMyProfile>(api_v1::update_my_profile)
        .command::<auth::SetMyEmail>(api_v1::set_my_email)
        .command::<auth::VerifyMyEmail>(api_v1::verify_my_email)
        .command::<auth::ResendMyEmailVerification>(api_v1::resend_my_email)
        .command::<auth::SetMyPhone>(api_v1::set_my_phone)
        .command::<auth::VerifyMyPhone>(api_v1::verify_my_phone)
        .command::<auth::ResendMyPhoneVerification>(api_v1::resend_my_phone)
        .command::<auth::RemoveMyPhone>(api_v1::remove_my_phone)
        .command::<auth::UpdateMyPassword>(api_v1::update_my_password)
        .command::<user_v2::AddHumanUser>(api_v2::add)
        .command::<user_v2::UpdateHumanUser>(api_v2::update)
        .command::<user_v2::SetEmail>(api_v2::set_email)
        .command::<user_v2::ResendEmailCode>(api_v2::resend_email)
        .command::<user_v2::SendEmailCode>(api_v2::send_email)
        .command::<user_v2::VerifyEmail>(api_v2::verify_email)
        .command::<user_v2::SetPhone>(api_v2::set_phone)
        .command::<user_v2::RemovePhone>(api_v2::remove_phone)
        .command::<user_v2::ResendPhoneCode>(api_v2::resend_phone)
        .command::<user_v2::VerifyPhone>(api_v2::verify_phone)
        .command::<user_v2::PasswordReset>(api_v2::reset_password)
        .command::<user_v2::SetPassword>(api_v2::set_password)
        .command::<user_v2::HumanMFAInitSkipped>(api_v2::skip_mfa_init)
        .command::<user_v2::CreateInviteCode>(invitation::v2_create)
        .command::<user_v2::ResendInviteCode>(invitation::v2_resend)
        .command::<user_v2::VerifyInviteCode>(invitation::v2_verify)
        .query::<user_v2::ListAuthenticationMethodTypes>(invitation::v2_list_methods)
        .query::<user_v2beta::ListAuthenticationMethodTypes>(invitation::v2beta_list_methods)
        .command::<management::ResendHumanInitialization>(invitation::v1_resend_initialization)
        .command::<user_v2beta::AddHumanUser>(api_v2::beta::add)
        .command::<user_v2beta::UpdateHumanUser>(api_v2::beta::update)
        .command::<user_v2beta::SetEmail>(api_v2::beta::set_email)
        .command::<user_v2beta::ResendEmailCode>(api_v2::beta::resend_email)
        .command::<user_v2beta::VerifyEmail>(api_v2::beta::verify_email)
        .command::<user_v2beta::SetPhone>(api_v2::beta::set_phone)
        .command::<user_v2beta::RemovePhone>(api_v2::beta::remove_phone)
        .command::<user_v2beta::ResendPhoneCode>(api_v2::beta::resend_phone)
        .command::<user_v2beta::VerifyPhone>(api_v2::beta::verify_phone)
        .command::<user_v2beta::PasswordReset>(api_v2::beta::reset_password)
        .command::<user_v2beta::SetPassword>(api_v2::beta::set_password);
}
