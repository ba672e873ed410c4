//! Recovery codes of people: a factor for the day when the others are lost. Each is good once; of each only a sealed hash is kept.
//! RPCs: user v2 GenerateRecoveryCodes, RemoveRecoveryCodes; Management ImportHumanUser brings codes along. Table
//! `user_recovery_codes`. Events `user.human.mfa.recoverycode.{added,removed}`, without the codes. Rules: spec api.md 4.1.6.

#[cfg(test)]
mod tests;

use castellan_crypto::codes::CodeShape;
use castellan_crypto::keyring::{KeyName, Keyring};
use castellan_crypto::password::{Limits, PasswordHasher, inspect};
use castellan_crypto::secrets::{hash_secret, is_slow, verify_secret};
use castellan_db::{Connection, Row, statement, values};
use castellan_kernel::{Error, Fault, Permission, Receipt, Result, Timestamp};
use castellan_proto::methods::user_v2;
use castellan_proto::zitadel::user::v2;
use castellan_rpc::{Aggregate, AuditEvent, Context, Registry, convert};
use serde::Serialize;

use super::head::{Reach, UserHead, UserState};

const NOT_FOUND: Fault = Fault::not_found("COMMAND-4g3xq", "Errors.NotFound");
const COUNT_INVALID: Fault = Fault::invalid("COMMAND-7c0nx", "Errors.User.RecoveryCodes.CountInvalid");
const TOO_MANY: Fault = Fault::precondition("COMMAND-8f2k9", "Errors.User.MFA.RecoveryCodes.MaxCountExceeded");
const LOCKED: Fault = Fault::precondition("COMMAND-d9u8q", "Errors.User.Locked");

const IMPORT_TOO_MANY: Fault = Fault::precondition("COMMAND-53cjw", "Errors.User.MFA.RecoveryCodes.MaxCountExceeded");
const IMPORT_EMPTY: Fault = Fault::invalid("COMMAND-vee93", "Errors.User.MFA.RecoveryCodes.CountInvalid");
const HASH_NOT_SUPPORTED: Fault = Fault::invalid("DOMAIN-JDk4t", "Errors.Hash.NotSupported");

/// How many codes a person has at most.
const MAX_CODES: usize = 10;

/// Two groups of five letters and digits with a hyphen between them; as random as 59 bits.
const SHAPE: CodeShape = CodeShape {
    length: 10,
    include_lower_letters: true,
    include_upper_letters: true,
    include_digits: true,
    include_symbols: false,
};

pub(super) fn register(registry: &mut Registry) {
    registry
        .room("directory/users/recovery_codes")
        .command::<user_v2::GenerateRecoveryCodes>(v2_generate)
        .command::<user_v2::RemoveRecoveryCodes>(v2_remove);
}

/// A code that a person has where it comes from.
#[derive(Clone, PartialEq, Eq)]
pub enum KnownCode {
    /// The code itself.
    Plain(String),
    /// Its hash, in a format that passwords may have too.
    Hashed(String),
}

impl std::fmt::Debug for KnownCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KnownCode(redacted)")
    }
}

#[derive(Serialize)]
struct CodesAdded {}

impl AuditEvent for CodesAdded {
    const TYPE: &'static str = "user.human.mfa.recoverycode.added";
}

#[derive(Serialize)]
struct CodesRemoved {}

impl AuditEvent for CodesRemoved {
    const TYPE: &'static str = "user.human.mfa.recoverycode.removed";
}

async fn v2_generate(
    ctx: &mut Context,
    request: v2::GenerateRecoveryCodesRequest,
) -> Result<v2::GenerateRecoveryCodesResponse> {
    let (receipt, recovery_codes) = generate(ctx, &request.user_id, request.count).await?;
    Ok(v2::GenerateRecoveryCodesResponse { details: convert::details_v2(&receipt), recovery_codes })
}

async fn v2_remove(
    ctx: &mut Context,
    request: v2::RemoveRecoveryCodesRequest,
) -> Result<v2::RemoveRecoveryCodesResponse> {
    let receipt = remove(ctx, &request.user_id).await?;
    Ok(v2::RemoveRecoveryCodesResponse { details: convert::details_v2(&receipt) })
}

/// Gives a person `count` more codes; they are shown here and never again.
async fn generate(ctx: &mut Context, user_id: &str, count: i32) -> Result<(Receipt, Vec<String>)> {
    let count = usize::try_from(count).ok().filter(|count| *count > 0).ok_or(COUNT_INVALID)?;
    let user = authorised(ctx, user_id).await?;
    if stored(ctx.tx().await?, &user.id).await?.len() + count > MAX_CODES {
        return Err(TOO_MANY.into());
    }
    let receipt = ctx.record(&user.aggregate(), &CodesAdded {}).await?;
    let mut codes = Vec::with_capacity(count);
    for _ in 0..count {
        let drawn =
            SHAPE.generate(ctx.rng()).ok_or_else(|| Error::internal("the shape of recovery codes is unusable"))?;
        let (first, second) = drawn.split_at(drawn.len() / 2);
        let code = format!("{first}-{second}");
        let hash = hash_secret(&code, ctx.rng());
        store(ctx, &user.id, &hash, receipt.changed_at).await?;
        codes.push(code);
    }
    user.touch(ctx.tx().await?, &receipt).await?;
    Ok((receipt, codes))
}

/// Whether a new person may bring these codes along.
pub(super) fn check_known(codes: &[KnownCode]) -> Result<()> {
    if codes.len() > MAX_CODES {
        return Err(IMPORT_TOO_MANY.into());
    }
    for code in codes {
        match code {
            KnownCode::Plain(code) | KnownCode::Hashed(code) if code.is_empty() => return Err(IMPORT_EMPTY.into()),
            KnownCode::Hashed(hash) if is_slow(hash) => {
                inspect(hash, &Limits::default()).map_err(|_| HASH_NOT_SUPPORTED)?;
            }
            KnownCode::Hashed(hash) => {
                verify_secret(hash, "").map_err(|_| HASH_NOT_SUPPORTED)?;
            }
            KnownCode::Plain(_) => {}
        }
    }
    Ok(())
}

/// Gives a new person the codes that it brings along; `None` when there are none. They must have been checked.
pub(super) async fn add_known(
    ctx: &mut Context,
    aggregate: &Aggregate,
    user_id: &str,
    codes: &[KnownCode],
) -> Result<Option<Receipt>> {
    if codes.is_empty() {
        return Ok(None);
    }
    let receipt = ctx.record(aggregate, &CodesAdded {}).await?;
    for code in codes {
        let hash = match code {
            KnownCode::Plain(code) => hash_secret(code, ctx.rng()),
            KnownCode::Hashed(hash) => hash.clone(),
        };
        store(ctx, user_id, &hash, receipt.changed_at).await?;
    }
    Ok(Some(receipt))
}

/// Keeps the hash of a code. Codes are too short for a fast hash alone to withstand someone who got hold of the database.
async fn store(ctx: &mut Context, user_id: &str, hash: &str, at: Timestamp) -> Result<()> {
    let place = place(&ctx.instance.id, user_id);
    let sealed = ctx.service::<Keyring>()?.seal(KeyName::User, &place, hash.as_bytes(), ctx.rng());
    let id = ctx.new_id();
    insert(ctx.tx().await?, user_id, &id, &sealed, at).await
}

/// The hashes of the codes of an organization's people, each with the person's id, for an export.
///
/// # Errors
/// When storage does not answer, or holds a code that cannot be opened.
pub async fn hashes_of_org(ctx: &mut Context, org_id: &str) -> Result<Vec<(String, String)>> {
    let statement = statement!(
        heavy "SELECT c.user_id, c.sealed FROM user_recovery_codes c
         JOIN users u ON u.instance_id = c.instance_id AND u.id = c.user_id
         WHERE c.instance_id = $1 AND u.org_id = $2"
    );
    let rows = ctx.read().await?.rows(statement, &values![org_id]).await?;
    let hash = |row: &Row| Ok((row.text(0)?, open(ctx, row.str(0)?, row.str(1)?)?));
    let mut hashes = rows.iter().map(hash).collect::<Result<Vec<_>>>()?;
    hashes.sort_unstable();
    Ok(hashes)
}

fn open(ctx: &Context, user_id: &str, sealed: &str) -> Result<String> {
    let place = place(&ctx.instance.id, user_id);
    let hash = ctx.service::<Keyring>()?.open_secret(KeyName::User, &place, sealed).map_err(Error::internal)?.to_vec();
    String::from_utf8(hash).map_err(Error::internal)
}

/// Takes all codes of a person away; without any, nothing is recorded.
async fn remove(ctx: &mut Context, user_id: &str) -> Result<Receipt> {
    let user = authorised(ctx, user_id).await?;
    if user.state == UserState::Locked {
        return Err(LOCKED.into());
    }
    if !has_any(ctx.tx().await?, &user.id).await? {
        return Ok(user.unchanged());
    }
    let receipt = ctx.record(&user.aggregate(), &CodesRemoved {}).await?;
    let tx = ctx.tx().await?;
    let statement = statement!("DELETE FROM user_recovery_codes WHERE instance_id = $1 AND user_id = $2");
    tx.execute(statement, &values![&user.id]).await?;
    user.touch(tx, &receipt).await?;
    Ok(receipt)
}

async fn authorised(ctx: &mut Context, user_id: &str) -> Result<UserHead> {
    let user = UserHead::find_human(ctx.tx().await?, &Reach::Instance, user_id).await?.ok_or(NOT_FOUND)?;
    ctx.caller.require_or_self(Permission::UserCredentialWrite, &user.org_id, &user.id)?;
    Ok(user)
}

/// Uses up a code in the command's transaction: whether the person had it. Who calls records the attempt and counts failures.
///
/// # Errors
/// When storage does not answer, or holds a code that cannot be opened.
pub async fn redeem(ctx: &mut Context, user_id: &str, typed: &str) -> Result<bool> {
    for (id, sealed) in stored(ctx.tx().await?, user_id).await? {
        let hash = open(ctx, user_id, &sealed)?;
        // Hashes that were brought along may be slow ones.
        let checked = ctx.service::<PasswordHasher>()?.verify_secret(&hash, typed).await.map_err(Error::internal)?;
        if checked.matches {
            let statement =
                statement!("DELETE FROM user_recovery_codes WHERE instance_id = $1 AND user_id = $2 AND id = $3");
            return Ok(ctx.tx().await?.execute(statement, &values![user_id, id]).await? > 0);
        }
    }
    Ok(false)
}

/// Whether a person has codes left.
pub(super) async fn has_any(connection: &mut Connection, user_id: &str) -> Result<bool> {
    let statement = statement!("SELECT 1 FROM user_recovery_codes WHERE instance_id = $1 AND user_id = $2 LIMIT 1");
    Ok(connection.row(statement, &values![user_id]).await?.is_some())
}

async fn stored(connection: &mut Connection, user_id: &str) -> Result<Vec<(String, String)>> {
    let statement =
        statement!("SELECT id, sealed FROM user_recovery_codes WHERE instance_id = $1 AND user_id = $2 ORDER BY id");
    let rows = connection.rows(statement, &values![user_id]).await?;
    rows.iter().map(|row| Ok((row.text(0)?, row.text(1)?))).collect()
}

async fn insert(connection: &mut Connection, user_id: &str, id: &str, sealed: &str, at: Timestamp) -> Result<()> {
    let statement = statement!(
        "INSERT INTO user_recovery_codes (instance_id, user_id, id, sealed, created_at) VALUES ($1, $2, $3, $4, $5)"
    );
    connection.execute(statement, &values![user_id, id, sealed, at]).await.map(|_| ())
}

/// What a sealed hash is bound to, so that it is of no use on another row.
fn place(instance_id: &str, user_id: &str) -> String {
    format!("recovery-code:{instance_id}:{user_id}")
}
