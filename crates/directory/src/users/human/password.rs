//! Passwords: what they must contain, how they are set, and how one is checked (`spec: api.md 4.1.5`).

use castellan_crypto::password::{HashError, Limits, PasswordError, PasswordHasher, inspect};
use castellan_db::Connection;
use castellan_kernel::{Detail, Error, Fault, Kind, Permission, Receipt, Result};
use castellan_rpc::Context;
use castellan_settings::store::effective;
use castellan_settings::{GeneratorKind, LockoutPolicy, PasswordComplexityPolicy};

use super::codes::{self, Attempt, CodeKind, Delivery};
use super::event::{PasswordChanged, PasswordCheckFailed, PasswordCheckSucceeded, PasswordCodeAdded, UserLocked};
use super::{Verification, sql};
use crate::users::head::{Reach, UserHead, UserState};

const EMPTY: Fault = Fault::invalid("COMMAND-3klek4sbns", "Errors.User.Password.Empty");
const NOT_FOUND: Fault = Fault::precondition("COMMAND-G8dh3", "Errors.User.Password.NotFound");
const NOT_INITIALISED: Fault = Fault::precondition("COMMAND-M9dse", "Errors.User.NotInitialised");
const NOT_CHANGED: Fault = Fault::precondition("COMMAND-Aesh5", "Errors.User.Password.NotChanged");
const NOT_SET: Fault = Fault::precondition("COMMAND-3nJ4t", "Errors.User.Password.NotSet");
const WRONG: Fault = Fault::invalid("COMMAND-3M0fs", "Errors.User.Password.Invalid");
const LOCKED: Fault = Fault::precondition("COMMAND-JLK35", "Errors.User.Locked");
const CODE_MISSING: Fault = Fault::precondition("COMMAND-2M9fs", "Errors.User.Code.NotFound");
const CODE_EXPIRED: Fault = Fault::precondition("CODE-QvUQ4P", "Errors.User.Code.Expired");
const CODE_WRONG: Fault = Fault::invalid("CODE-woT0xc", "Errors.User.Code.Invalid");
const HASH_NOT_SUPPORTED: Fault = Fault::invalid("CRYPT-2xK7d", "Errors.Hash.NotSupported");
const HASH_OUT_OF_LIMITS: Fault = Fault::invalid("CRYPT-5uV9n", "Errors.User.Password.Invalid");
const HASH_MALFORMED: Fault = Fault::invalid("CRYPT-r8Qm2", "Errors.User.Password.Invalid");
const TOO_LONG: Fault = Fault::invalid("DOMAIN-PwL01", "Errors.User.Password.Invalid");

/// The faults for what a password lacks: length, lower case, upper case, number, symbol.
#[derive(Clone, Copy)]
pub(super) struct ComplexityFaults([Fault; 5]);

const MIN_LENGTH: &str = "Errors.User.PasswordComplexityPolicy.MinLength";
const HAS_LOWER: &str = "Errors.User.PasswordComplexityPolicy.HasLower";
const HAS_UPPER: &str = "Errors.User.PasswordComplexityPolicy.HasUpper";
const HAS_NUMBER: &str = "Errors.User.PasswordComplexityPolicy.HasNumber";
const HAS_SYMBOL: &str = "Errors.User.PasswordComplexityPolicy.HasSymbol";

impl ComplexityFaults {
    /// Where a person is created.
    pub(super) const CREATE: Self = Self([
        Fault::invalid("COMMA-HuJf6", MIN_LENGTH),
        Fault::invalid("COMMA-co3Xw", HAS_LOWER),
        Fault::invalid("COMMA-VoaRj", HAS_UPPER),
        Fault::invalid("COMMA-ZBv4H", HAS_NUMBER),
        Fault::invalid("COMMA-ZDLwA", HAS_SYMBOL),
    ]);
    /// Where a password is set or changed.
    pub(super) const CHANGE: Self = Self([
        Fault::invalid("DOMAIN-HuJf6", MIN_LENGTH),
        Fault::invalid("DOMAIN-co3Xw", HAS_LOWER),
        Fault::invalid("DOMAIN-VoaRj", HAS_UPPER),
        Fault::invalid("DOMAIN-ZBv4H", HAS_NUMBER),
        Fault::invalid("DOMAIN-ZDLwA", HAS_SYMBOL),
    ]);
}

/// A password as a request brings it.
#[derive(Clone, PartialEq, Eq)]
pub enum NewPassword {
    /// The password itself.
    Plain(String),
    /// Its hash in a format that other systems export.
    Hashed(String),
}

impl std::fmt::Debug for NewPassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NewPassword(redacted)")
    }
}

/// A password ready to be stored.
#[derive(Clone)]
pub struct PreparedPassword {
    /// The hash.
    pub hash: String,
    /// Whether it must be changed at the next sign-in.
    pub change_required: bool,
}

/// Whether a password may be the first one of a person under this policy.
///
/// # Errors
/// `COMMA-…` for the first rule that it breaks.
pub fn check_new_password(policy: &PasswordComplexityPolicy, password: &str) -> Result<()> {
    check_complexity(policy, password, ComplexityFaults::CREATE)
}

/// Whether the password fulfils the policy; the length counts bytes, and a symbol is everything but A–Z, a–z and 0–9.
fn check_complexity(policy: &PasswordComplexityPolicy, password: &str, faults: ComplexityFaults) -> Result<()> {
    let has = |kind: fn(char) -> bool| password.chars().any(kind);
    let ComplexityFaults([length, lower, upper, number, symbol]) = faults;
    let checks = [
        ((password.len() as u64) < policy.min_length, length),
        (policy.has_lowercase && !has(|c| c.is_ascii_lowercase()), lower),
        (policy.has_uppercase && !has(|c| c.is_ascii_uppercase()), upper),
        (policy.has_number && !has(|c| c.is_ascii_digit()), number),
        (policy.has_symbol && !has(|c| !c.is_ascii_alphanumeric()), symbol),
    ];
    checks.into_iter().find(|(fails, _)| *fails).map_or(Ok(()), |(_, fault)| Err(fault.into()))
}

/// Checks and hashes a password; takes up to a second of one core, so do it before the transaction.
///
/// # Errors
/// What the policy of that organization (else of the instance) misses in a plain password; `CRYPT-2xK7d`, `CRYPT-5uV9n` or
/// `CRYPT-r8Qm2` for a hash that cannot be used.
pub(super) async fn prepare(
    ctx: &Context,
    policy_org: &str,
    password: NewPassword,
    change_required: bool,
    faults: ComplexityFaults,
) -> Result<PreparedPassword> {
    let policy = match &password {
        NewPassword::Plain(_) => effective::<PasswordComplexityPolicy>(&mut ctx.look(), policy_org).await?.value,
        NewPassword::Hashed(_) => PasswordComplexityPolicy::default(),
    };
    prepare_by(ctx, &policy, password, change_required, faults).await
}

/// As [`prepare`], by a policy that the caller knows.
pub(super) async fn prepare_by(
    ctx: &Context,
    policy: &PasswordComplexityPolicy,
    password: NewPassword,
    change_required: bool,
    faults: ComplexityFaults,
) -> Result<PreparedPassword> {
    let hash = match password {
        NewPassword::Hashed(hash) => {
            inspect(&hash, &Limits::default()).map_err(|error| match error {
                HashError::NotSupported => Error::from(HASH_NOT_SUPPORTED),
                HashError::OutOfLimits => Error::from(HASH_OUT_OF_LIMITS),
                HashError::Malformed => Error::from(HASH_MALFORMED),
            })?;
            hash
        }
        NewPassword::Plain(plain) => {
            if plain.is_empty() {
                return Err(EMPTY.into());
            }
            check_complexity(policy, &plain, faults)?;
            ctx.service::<PasswordHasher>()?.hash(plain).await.map_err(hasher_error)?
        }
    };
    Ok(PreparedPassword { hash, change_required })
}

fn hasher_error(error: PasswordError) -> Error {
    match error {
        PasswordError::TooLong => Error::from(TOO_LONG).because(error),
        PasswordError::Overloaded => {
            Error::bare(Kind::Unavailable, "too many passwords are being checked, try again later").because(error)
        }
        PasswordError::Hash(_) | PasswordError::Costs | PasswordError::Failed => Error::internal(error),
    }
}

/// How a caller shows that it may set the password.
#[derive(Clone, PartialEq, Eq)]
pub(in crate::users) enum Proof {
    /// It knows the current one.
    Current(String),
    /// It got a code.
    Code(String),
    /// It has the permission; never on itself.
    Permission,
}

/// A password to set.
pub(in crate::users) struct PasswordChange {
    pub password: NewPassword,
    pub change_required: bool,
    pub proof: Proof,
}

/// Sets the password of a person.
pub(super) async fn set(ctx: &mut Context, reach: &Reach, user_id: &str, change: PasswordChange) -> Result<Receipt> {
    let user = UserHead::find_human(&mut ctx.look(), reach, user_id).await?.ok_or(NOT_FOUND)?;
    let prepared = prove_and_prepare(ctx, &user, change).await?;
    let user = UserHead::find_human(ctx.tx().await?, reach, user_id).await?.ok_or(NOT_FOUND)?;
    store(ctx, &user, &prepared).await
}

/// Checks the proof for a new password and makes it ready to be stored. Uses transactions of its own, so call it first.
pub(super) async fn prove_and_prepare(
    ctx: &mut Context,
    user: &UserHead,
    change: PasswordChange,
) -> Result<PreparedPassword> {
    if user.state == UserState::Initial {
        return Err(NOT_INITIALISED.into());
    }
    match &change.proof {
        Proof::Permission => ctx.require(Permission::UserWrite, &user.org_id, None)?,
        Proof::Current(current) => {
            check_password(ctx, &user.id, current).await?;
            if change.password == NewPassword::Plain(current.clone()) {
                return Err(NOT_CHANGED.into());
            }
        }
        Proof::Code(_) => {}
    }
    let PasswordChange { password, change_required, proof } = change;
    let Proof::Code(code) = proof else {
        return prepare(ctx, &user.org_id, password, change_required, ComplexityFaults::CHANGE).await;
    };
    // A right code is only looked at before the hashing and used up after it: a password that is too weak does not cost it.
    redeem(ctx, &user.id, &code).await?;
    ctx.rollback();
    let prepared = prepare(ctx, &user.org_id, password, change_required, ComplexityFaults::CHANGE).await?;
    redeem(ctx, &user.id, &code).await?;
    Ok(prepared)
}

/// Uses up a right code in the command's transaction; a wrong one is counted and committed.
async fn redeem(ctx: &mut Context, user_id: &str, code: &str) -> Result<()> {
    let fault = match codes::attempt(ctx, user_id, CodeKind::Password, code).await? {
        Attempt::Right => return Ok(()),
        Attempt::Wrong => CODE_WRONG,
        Attempt::Expired => CODE_EXPIRED,
        Attempt::Missing => CODE_MISSING,
    };
    ctx.commit().await?;
    Err(fault.into())
}

/// Stores a new password in the command's transaction; a pending code to reset it is void.
pub(super) async fn store(ctx: &mut Context, user: &UserHead, password: &PreparedPassword) -> Result<Receipt> {
    let event = PasswordChanged { change_required: password.change_required };
    let receipt = ctx.record(&user.aggregate(), &event).await?;
    let tx = ctx.tx().await?;
    sql::set_password(tx, &user.id, password, &receipt).await?;
    codes::clear(tx, &user.id, CodeKind::Password).await?;
    Ok(receipt)
}

/// Checks the password of a person. An attempt is counted and committed before the password is looked at, so that parallel wrong
/// ones never exceed the limit of the lockout policy; a right one takes the count back.
///
/// # Errors
/// `COMMAND-3M0fs` for a wrong password and `COMMAND-JLK35` for a locked user, both with the number of failed attempts;
/// `COMMAND-3nJ4t` without a password, `COMMAND-G8dh3` without such a person.
pub async fn check_password(ctx: &mut Context, user_id: &str, password: &str) -> Result<()> {
    let tx = ctx.tx().await?;
    let user = UserHead::find_human(tx, &Reach::Instance, user_id).await?.ok_or(NOT_FOUND)?;
    let stored = sql::password(tx, user_id).await?;
    let policy = effective::<LockoutPolicy>(tx, &user.org_id).await?.value;
    let hash = stored.hash.ok_or(NOT_SET)?;
    let limit = policy.max_password_attempts;
    if user.state == UserState::Locked || limit > 0 && stored.failures >= limit {
        return Err(with_attempts(LOCKED, stored.failures));
    }
    let failures = stored.failures + 1;
    sql::set_failures(tx, user_id, failures).await?;
    ctx.commit().await?;

    let hasher = ctx.service::<PasswordHasher>()?;
    let checked = hasher.verify(hash.clone(), password).await.map_err(hasher_error)?;
    if checked.matches {
        ctx.record(&user.aggregate(), &PasswordCheckSucceeded {}).await?;
        let tx = ctx.tx().await?;
        sql::set_failures(tx, user_id, 0).await?;
        if let Some(upgraded) = checked.upgraded {
            sql::upgrade_hash(tx, user_id, &hash, &upgraded).await?;
        }
        return ctx.commit().await;
    }
    ctx.record(&user.aggregate(), &PasswordCheckFailed {}).await?;
    if limit > 0 && failures >= limit {
        let receipt = ctx.record(&user.aggregate(), &UserLocked {}).await?;
        sql::lock(ctx.tx().await?, user_id, &receipt).await?;
    }
    ctx.commit().await?;
    Err(with_attempts(WRONG, failures))
}

fn with_attempts(fault: Fault, failures: u64) -> Error {
    Error::from(fault).with_detail(Detail::CredentialsCheck(i32::try_from(failures).unwrap_or(i32::MAX)))
}

/// The faults of [`request_reset`] in one API generation.
pub(super) struct ResetFaults {
    pub not_found: Fault,
    pub not_initialised: Fault,
}

/// Has a code to set a new password sent, or returns it.
pub(super) async fn request_reset(
    ctx: &mut Context,
    reach: &Reach,
    user_id: &str,
    by_text_message: bool,
    verification: Verification,
    faults: &ResetFaults,
) -> Result<(Receipt, Option<String>)> {
    let user = UserHead::find_human(ctx.tx().await?, reach, user_id).await?.ok_or(faults.not_found)?;
    // Whoever is told the code can set the password: that needs the right to, also on oneself.
    if verification == Verification::Return {
        ctx.require(Permission::UserWrite, &user.org_id, None)?;
    } else {
        ctx.caller.require_or_self(Permission::UserWrite, &user.org_id, &user.id)?;
    }
    if user.state == UserState::Initial {
        return Err(faults.not_initialised.into());
    }
    let returned = verification == Verification::Return;
    let url_template = match verification {
        Verification::Send(template) => template,
        _ => None,
    };
    let made_by = if by_text_message { GeneratorKind::VerifyPhoneCode } else { GeneratorKind::PasswordResetCode };
    let delivery = Delivery { url_template, application_name: None, returned };
    let code = codes::add(ctx, &user.id, CodeKind::Password, made_by, &delivery).await?;
    let event = PasswordCodeAdded {
        expiry: code.expiry_nanos,
        notification_type: i32::from(by_text_message),
        url_template: delivery.url_template.as_deref(),
        code_returned: returned,
    };
    let receipt = ctx.record(&user.aggregate(), &event).await?;
    if !returned {
        codes::send(ctx, &user.id, CodeKind::Password, by_text_message).await?;
    }
    Ok((receipt, returned.then_some(code.code)))
}

/// Whether the person has a password.
pub(super) async fn is_set(connection: &mut Connection, user_id: &str) -> Result<bool> {
    Ok(sql::password(connection, user_id).await?.hash.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_missing_kind_of_character_is_named() {
        let policy = PasswordComplexityPolicy::default();
        let id = |password: &str| {
            check_complexity(&policy, password, ComplexityFaults::CHANGE).err().map(|error| error.id().to_owned())
        };
        assert_eq!(id("Passw0rd!"), None);
        assert_eq!(id("Pw0!").as_deref(), Some("DOMAIN-HuJf6"));
        assert_eq!(id("PASSW0RD!").as_deref(), Some("DOMAIN-co3Xw"));
        assert_eq!(id("passw0rd!").as_deref(), Some("DOMAIN-VoaRj"));
        assert_eq!(id("Password!").as_deref(), Some("DOMAIN-ZBv4H"));
        assert_eq!(id("Passw0rdd").as_deref(), Some("DOMAIN-ZDLwA"));
        assert_eq!(id("Passw0rdä"), None, "a letter outside of A to Z counts as a symbol");
    }
}
