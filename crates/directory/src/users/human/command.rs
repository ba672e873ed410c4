//! The rules for creating people (`spec: api.md 4.1.2`).

use castellan_db::DbResultExt;
use castellan_kernel::{Fault, Permission, Result};
use castellan_rpc::Context;
use castellan_settings::PasswordComplexityPolicy;

use super::contact::{self, Channel};
use super::event::{EmailVerified, HumanAdded, PhoneVerified};
use super::password::{self, ComplexityFaults, NewPassword, PreparedPassword};
use super::profile::stored_language;
use super::{AddedHuman, NewAddress, Verification, address, invitation, sql};
use crate::users::head::{self, Reach, UserHead, UserKind, UserState};
use crate::users::login_names::{self, NameRules, USER_NAME_INDEX, USER_NAME_TAKEN};
use crate::users::recovery_codes::{self, KnownCode};
use crate::users::{metadata, user_name};

const OWNER_MISSING: Fault = Fault::invalid("COMMA-095xh8fll1", "Errors.Internal");
const USER_NAME_EMPTY: Fault = Fault::invalid("V2-zzad3", "Errors.Invalid.Argument");
const FIRST_NAME_EMPTY: Fault = Fault::invalid("USER-UCej2", "Errors.User.Profile.FirstNameEmpty");
const LAST_NAME_EMPTY: Fault = Fault::invalid("USER-4hB7d", "Errors.User.Profile.LastNameEmpty");

/// Whether a new person must set up the account first with a code that comes by mail (v1); such a person is in the initial state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum InitialCode {
    /// Never (v2): the person is active.
    #[default]
    Never,
    /// Unless the e-mail address is proven and there is a password (v1).
    UnlessUsable,
    /// Whatever there is: the person was in the initial state where it comes from (import).
    Always,
}

/// A person to create.
#[derive(Debug, Clone, Default)]
pub struct AddHuman {
    /// The organization that the person shall belong to.
    pub org_id: String,
    /// The id that the caller wants; `None` has one drawn.
    pub user_id: Option<String>,
    /// The user name; `None` takes the e-mail address.
    pub user_name: Option<String>,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// Nickname; may be empty.
    pub nick_name: String,
    /// The name to show; empty makes one of the names.
    pub display_name: String,
    /// BCP 47; empty when unset.
    pub preferred_language: String,
    /// The contract's number.
    pub gender: i32,
    /// The e-mail address.
    pub email: NewAddress,
    /// The phone number, if any.
    pub phone: Option<NewAddress>,
    /// The password, if any.
    pub password: Option<NewPassword>,
    /// Whether it must be changed at the next sign-in.
    pub password_change_required: bool,
    /// Metadata to start with: key and value.
    pub metadata: Vec<(String, Vec<u8>)>,
    /// Recovery codes that the person has already.
    pub recovery_codes: Vec<KnownCode>,
    /// Whether the account must be set up first.
    pub initial_code: InitialCode,
    /// The fault for an id that is in use; `None`: the one of v2.
    pub id_taken: Option<Fault>,
}

const ID_TAKEN: Fault = Fault::precondition("COMMAND-7yiox1isql", "Errors.User.AlreadyExisting");

/// Checks and hashes the first password of a person before the transaction in which [`create`] runs: a plain one by this policy, a
/// hash by its format.
///
/// # Errors
/// `COMMA-…` for what the policy misses in a plain password; `CRYPT-…` for a hash that cannot be used.
pub async fn prepare_password(
    ctx: &Context,
    policy: &PasswordComplexityPolicy,
    password: NewPassword,
    change_required: bool,
) -> Result<PreparedPassword> {
    password::prepare_by(ctx, policy, password, change_required, ComplexityFaults::CREATE).await
}

/// Creates a person: checks and hashes the password first, then does [`create`].
///
/// # Errors
/// As [`create`], and `COMMA-…` for a password that the policy of the context organization refuses.
pub async fn add(ctx: &mut Context, command: AddHuman) -> Result<AddedHuman> {
    let mut command = normalised(command)?;
    require_write(ctx, &command)?;
    let password = match command.password.take() {
        None => None,
        Some(password) => {
            // The policy is the one of the organization in context, whose administrator asks.
            let policy_org = if ctx.caller.org.is_empty() { command.org_id.clone() } else { ctx.caller.org.clone() };
            let change_required = command.password_change_required;
            let faults = ComplexityFaults::CREATE;
            Some(password::prepare(ctx, &policy_org, password, change_required, faults).await?)
        }
    };
    create(ctx, command, password).await
}

/// Creates a person whose password, if any, is hashed already, so that it can be part of a larger transaction (setup).
///
/// # Errors
/// An id of the table in `spec: api.md 4.1.2` for what is wrong with the input, `COMMAND-QXPGs` without the organization,
/// `V3-DKcYh` when the user name is taken, and what the permission check says.
pub async fn create(ctx: &mut Context, command: AddHuman, password: Option<PreparedPassword>) -> Result<AddedHuman> {
    let command = normalised(command)?;
    require_write(ctx, &command)?;
    let id_taken = command.id_taken.unwrap_or(ID_TAKEN);
    let user_id = command.user_id.clone().unwrap_or_else(|| ctx.new_id());
    let user_name = command.user_name.clone().unwrap_or_default();
    let tx = ctx.tx().await?;
    tx.announce(|| head::questions_of_new_user(&command.org_id));
    head::require_org(tx, &command.org_id).await?;
    if command.user_id.is_some() && UserHead::find(tx, &Reach::Instance, &user_id).await?.is_some() {
        return Err(id_taken.into());
    }
    let rules = NameRules::of_org(tx, &command.org_id).await?;
    user_name::check_domain(tx, rules, &command.org_id, &user_name).await?;

    let email_verified = command.email.verification == Verification::Verified;
    let phone_verified = command.phone.as_ref().is_some_and(|phone| phone.verification == Verification::Verified);
    let usable = email_verified && password.is_some();
    let initial = match command.initial_code {
        InitialCode::Never => false,
        InitialCode::UnlessUsable => !usable,
        InitialCode::Always => true,
    };
    let language = if command.preferred_language.is_empty() { "und" } else { &command.preferred_language };
    let phone = command.phone.as_ref().map_or("", |phone| &phone.address);
    let event = HumanAdded {
        user_name: &user_name,
        first_name: &command.first_name,
        last_name: &command.last_name,
        nick_name: &command.nick_name,
        display_name: &command.display_name,
        preferred_language: language,
        gender: command.gender,
        email: &command.email.address,
        phone,
        change_required: password.as_ref().is_some_and(|password| password.change_required),
    };
    let aggregate = head::new_user(command.user_id.is_some(), &user_id, &command.org_id);
    let mut receipt = ctx.record(&aggregate, &event).await?;
    let state = if initial { UserState::Initial } else { UserState::Active };
    let row = sql::NewHuman {
        id: &user_id,
        org_id: &command.org_id,
        state,
        user_name: &user_name,
        user_name_key: rules.key(&user_name, &command.org_id),
        has_domain_login_names: rules.must_be_domain,
        first_name: &command.first_name,
        last_name: &command.last_name,
        nick_name: &command.nick_name,
        display_name: &command.display_name,
        preferred_language: &command.preferred_language,
        gender: command.gender,
        email: &command.email.address,
        email_verified,
        phone,
        phone_verified,
        password: password.as_ref(),
    };
    let tx = ctx.tx().await?;
    sql::insert(tx, &row, &receipt)
        .await
        .on_unique(USER_NAME_INDEX, USER_NAME_TAKEN)
        .on_unique("users_pkey", id_taken)?;
    login_names::add(tx, &user_id, &user_name, &command.org_id, rules).await?;

    let user = UserHead {
        id: user_id,
        org_id: command.org_id,
        kind: UserKind::Human,
        state,
        user_name,
        created_at: receipt.changed_at,
        changed_at: receipt.changed_at,
        sequence: receipt.sequence,
    };
    let (mut email_code, mut phone_code) = (None, None);
    if email_verified {
        receipt = ctx.record(&aggregate, &EmailVerified {}).await?;
    }
    if initial {
        receipt = invitation::add_initial_code(ctx, &user).await?;
    } else if !matches!(command.email.verification, Verification::Verified | Verification::Unverified) {
        let added = contact::add_code(ctx, Channel::Email, &user, &command.email.verification).await?;
        (receipt, email_code) = (added.receipt, added.code);
    }
    if phone_verified {
        receipt = ctx.record(&aggregate, &PhoneVerified {}).await?;
    } else if let Some(phone) = command.phone.filter(|phone| phone.verification != Verification::Unverified) {
        let added = contact::add_code(ctx, Channel::Phone, &user, &phone.verification).await?;
        (receipt, phone_code) = (added.receipt, added.code);
    }
    if let Some(last) = metadata::add_to_new(ctx, &aggregate, &command.metadata).await? {
        receipt = last;
    }
    if let Some(last) = recovery_codes::add_known(ctx, &aggregate, &user.id, &command.recovery_codes).await? {
        receipt = last;
    }
    user.touch(ctx.tx().await?, &receipt).await?;
    Ok(AddedHuman { user_id: user.id, receipt, email_code, phone_code })
}

/// Who asks for its own id, as the login pages do for a person that registers, needs no permission.
fn require_write(ctx: &Context, command: &AddHuman) -> Result<()> {
    match &command.user_id {
        Some(id) if ctx.caller.is_user(id) => Ok(()),
        _ => ctx.require(Permission::UserWrite, &command.org_id, None),
    }
}

/// The command with trimmed and completed names; doing it twice changes nothing.
fn normalised(mut command: AddHuman) -> Result<AddHuman> {
    if command.org_id.is_empty() {
        return Err(OWNER_MISSING.into());
    }
    address::check_email(&command.email.address)?;
    let user_name = command.user_name.as_deref().map_or(command.email.address.as_str(), str::trim);
    if user_name.is_empty() {
        return Err(USER_NAME_EMPTY.into());
    }
    command.user_name = Some(user_name.to_owned());
    command.user_id = command.user_id.filter(|id| !id.is_empty());
    command.first_name = command.first_name.trim().to_owned();
    if command.first_name.is_empty() {
        return Err(FIRST_NAME_EMPTY.into());
    }
    command.last_name = command.last_name.trim().to_owned();
    if command.last_name.is_empty() {
        return Err(LAST_NAME_EMPTY.into());
    }
    if command.display_name.is_empty() {
        command.display_name = format!("{} {}", command.first_name, command.last_name);
    }
    command.preferred_language = stored_language(command.preferred_language);
    if let Some(phone) = &mut command.phone {
        phone.address = address::normalise_phone(&phone.address)?;
    }
    metadata::check_new(&command.metadata)?;
    recovery_codes::check_known(&command.recovery_codes)?;
    Ok(command)
}
