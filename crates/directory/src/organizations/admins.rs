//! Administrators of a new organization: users that exist, and people who are created in it.

use std::sync::Arc;

use castellan_crypto::password::{HashError, Limits, PasswordHasher, inspect};
use castellan_db::{statement, values};
use castellan_kernel::{Caller, Error, Fault, Kind, Receipt, Result};
use castellan_proto::zitadel::user::v2;
use castellan_rpc::Context;
use castellan_settings::{PasswordComplexityPolicy, store};

use crate::administrators::{self, Resource};
use crate::users::human::{self, AddHuman, AddedHuman, NewAddress, NewPassword, PreparedPassword, Verification};

const NOT_FOUND: Fault = Fault::precondition("ORG-GoXOn", "Errors.User.NotFound");
const PASSWORD_EMPTY: Fault = Fault::invalid("COMMAND-3klek4sbns", "Errors.User.Password.Empty");
const HASH_NOT_SUPPORTED: Fault = Fault::invalid("CRYPT-2xK7d", "Errors.Hash.NotSupported");
const HASH_OUT_OF_LIMITS: Fault = Fault::invalid("CRYPT-5uV9n", "Errors.User.Password.Invalid");
const HASH_MALFORMED: Fault = Fault::invalid("CRYPT-r8Qm2", "Errors.User.Password.Invalid");

/// Who shall administer a new organization.
pub(super) enum Who {
    /// A user that exists.
    User(String),
    /// A person to create in the organization.
    Human(Box<AddHuman>),
}

/// A user who shall administer a new organization.
pub(super) struct NewAdmin {
    pub who: Who,
    /// None stands for `ORG_OWNER`.
    pub roles: Vec<String>,
}

/// An administrator whose password, if any, is hashed.
pub(super) struct Prepared {
    admin: NewAdmin,
    password: Option<PreparedPassword>,
}

/// Who administers the organization now.
pub(super) enum Admin {
    Assigned(String),
    Created(AddedHuman),
}

/// Checks and hashes the passwords of the people among them; up to a second of one core each, so before the transaction.
pub(super) async fn prepare(ctx: &Context, admins: Vec<NewAdmin>) -> Result<Vec<Prepared>> {
    let mut prepared = Vec::with_capacity(admins.len());
    for mut admin in admins {
        let password = match &mut admin.who {
            Who::Human(person) => match person.password.take() {
                Some(password) => Some(hash(ctx, password, person.password_change_required).await?),
                None => None,
            },
            Who::User(_) => None,
        };
        prepared.push(Prepared { admin, password });
    }
    Ok(prepared)
}

async fn hash(ctx: &Context, password: NewPassword, change_required: bool) -> Result<PreparedPassword> {
    let hash = match password {
        NewPassword::Hashed(hash) => {
            inspect(&hash, &Limits::default()).map_err(|error| match error {
                HashError::NotSupported => HASH_NOT_SUPPORTED,
                HashError::OutOfLimits => HASH_OUT_OF_LIMITS,
                HashError::Malformed => HASH_MALFORMED,
            })?;
            hash
        }
        NewPassword::Plain(plain) if plain.is_empty() => return Err(PASSWORD_EMPTY.into()),
        NewPassword::Plain(plain) => {
            let policy = store::effective::<PasswordComplexityPolicy>(&mut ctx.look(), &ctx.caller.org).await?.value;
            human::check_new_password(&policy, &plain)?;
            ctx.service::<PasswordHasher>()?.hash(plain).await.map_err(Error::internal)?
        }
    };
    Ok(PreparedPassword { hash, change_required })
}

/// Makes the prepared one an administrator of the organization; the receipt is the organization's.
///
/// The server itself acts: whoever may create an organization may say who owns it, without being its member.
pub(super) async fn add(ctx: &mut Context, org_id: &str, prepared: Prepared) -> Result<(Admin, Receipt)> {
    let caller = Arc::clone(&ctx.caller);
    ctx.caller = Arc::new(Caller::internal(&caller.user_id));
    let added = add_unchecked(ctx, org_id, prepared).await;
    ctx.caller = caller;
    added
}

async fn add_unchecked(ctx: &mut Context, org_id: &str, prepared: Prepared) -> Result<(Admin, Receipt)> {
    let Prepared { admin: NewAdmin { who, roles }, password } = prepared;
    let admin = match who {
        Who::User(user_id) => {
            let known = statement!("SELECT 1 FROM users WHERE instance_id = $1 AND id = $2");
            if ctx.tx().await?.row(known, &values![&user_id]).await?.is_none() {
                return Err(NOT_FOUND.into());
            }
            Admin::Assigned(user_id)
        }
        Who::Human(person) => {
            let person = AddHuman { org_id: org_id.to_owned(), ..*person };
            Admin::Created(human::create(ctx, person, password).await?)
        }
    };
    let user_id = match &admin {
        Admin::Assigned(user_id) => user_id,
        Admin::Created(added) => &added.user_id,
    };
    let roles: Vec<&str> = match roles.as_slice() {
        [] => vec!["ORG_OWNER"],
        roles => roles.iter().map(String::as_str).collect(),
    };
    let receipt = administrators::grant(ctx, Resource::Org(org_id.to_owned()), user_id, &roles).await?;
    Ok((admin, receipt))
}

/// A person as v2 describes one.
///
/// # Errors
/// UNIMPLEMENTED for the parts that need credentials which this version does not keep, naming the field.
pub(super) fn human_from_v2(request: v2::AddHumanUserRequest) -> Result<Who> {
    use v2::add_human_user_request::PasswordType;
    use v2::{set_human_email, set_human_phone};
    if !request.idp_links.is_empty() {
        return Err(not_served("idp_links"));
    }
    if request.totp_secret.is_some() {
        return Err(not_served("totp_secret"));
    }
    let given = |verified| if verified { Verification::Verified } else { Verification::Unverified };
    let email = request.email.unwrap_or_default();
    let email = NewAddress {
        address: email.email,
        verification: match email.verification {
            None => Verification::Unspecified,
            Some(set_human_email::Verification::SendCode(send)) => Verification::Send(send.url_template),
            Some(set_human_email::Verification::ReturnCode(_)) => Verification::Return,
            Some(set_human_email::Verification::IsVerified(verified)) => given(verified),
        },
    };
    let phone = request.phone.filter(|phone| !phone.phone.is_empty()).map(|phone| NewAddress {
        address: phone.phone,
        verification: match phone.verification {
            None | Some(set_human_phone::Verification::SendCode(_)) => Verification::Unspecified,
            Some(set_human_phone::Verification::ReturnCode(_)) => Verification::Return,
            Some(set_human_phone::Verification::IsVerified(verified)) => given(verified),
        },
    });
    let (password, password_change_required) = match request.password_type {
        None => (None, false),
        Some(PasswordType::Password(plain)) => (Some(NewPassword::Plain(plain.password)), plain.change_required),
        Some(PasswordType::HashedPassword(hash)) => (Some(NewPassword::Hashed(hash.hash)), hash.change_required),
    };
    let profile = request.profile.unwrap_or_default();
    Ok(Who::Human(Box::new(AddHuman {
        user_id: request.user_id,
        user_name: request.username,
        first_name: profile.given_name,
        last_name: profile.family_name,
        nick_name: profile.nick_name.unwrap_or_default(),
        display_name: profile.display_name.unwrap_or_default(),
        preferred_language: profile.preferred_language.unwrap_or_default(),
        gender: profile.gender.unwrap_or_default(),
        email,
        phone,
        password,
        password_change_required,
        metadata: request.metadata.into_iter().map(|pair| (pair.key, pair.value)).collect(),
        ..AddHuman::default()
    })))
}

fn not_served(field: &str) -> Error {
    Error::bare(
        Kind::Unimplemented,
        format!("admins[].human.{field} is not served by this version of Castellan, leave it out"),
    )
}
