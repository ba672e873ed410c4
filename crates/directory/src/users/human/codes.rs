//! Codes that people prove an address with, or set a password with: made by the instance's generators, kept sealed, good for a
//! few attempts and a while (`spec: api.md 4.1.5`). Table `user_codes`.

use castellan_crypto::codes::code_matches;
use castellan_crypto::keyring::{KeyName, Keyring};
use castellan_db::{Connection, statement, values};
use castellan_kernel::{Error, Result, Timestamp};
use castellan_rpc::Context;
use castellan_settings::{GeneratorKind, generator};
use serde_json::json;

/// Wrong attempts after which a code is void.
const MAX_FAILURES: i64 = 5;

/// What a code is for; the number is what storage keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CodeKind {
    FirstSignIn = 1,
    Email = 2,
    Phone = 3,
    Password = 4,
}

impl CodeKind {
    /// The name of the notification in the outbox.
    fn notification(self) -> &'static str {
        match self {
            Self::FirstSignIn => "user.code.initialization",
            Self::Email => "user.code.email",
            Self::Phone => "user.code.phone",
            Self::Password => "user.code.password",
        }
    }

    fn context(self, instance_id: &str, user_id: &str) -> String {
        format!("user-code:{instance_id}:{user_id}:{}", self as i64)
    }
}

/// A code that was just made.
pub(super) struct NewCode {
    pub code: String,
    /// How long it is good for, in nanoseconds, as events carry it; 0 is without end.
    pub expiry_nanos: i64,
}

/// Makes a code, replacing a pending one of the same kind.
pub(super) async fn add(
    ctx: &mut Context,
    user_id: &str,
    kind: CodeKind,
    made_by: GeneratorKind,
    url_template: Option<&str>,
) -> Result<NewCode> {
    let generator = generator(ctx.tx().await?, made_by).await?;
    let code = generator.generate(ctx.rng());
    let keyring = ctx.service::<Keyring>()?;
    let context = kind.context(&ctx.instance.id, user_id);
    let sealed = keyring.seal(KeyName::User, &context, code.as_bytes(), ctx.rng());
    let now = ctx.now();
    let expires_at = match generator.expiry.micros() {
        0 => Timestamp::NEVER,
        micros => now.plus_micros(micros),
    };
    let statement = statement!(
        "INSERT INTO user_codes (instance_id, user_id, kind, sealed, url_template, failures, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, 0, $6, $7)
         ON CONFLICT (instance_id, user_id, kind) DO UPDATE SET sealed = excluded.sealed,
         url_template = excluded.url_template, failures = 0, created_at = excluded.created_at,
         expires_at = excluded.expires_at"
    );
    let values = values![user_id, kind as i64, sealed, url_template, now, expires_at];
    ctx.tx().await?.execute(statement, &values).await?;
    Ok(NewCode { code, expiry_nanos: generator.expiry.nanos() })
}

/// Has the pending code of this kind sent after the commit. The notification names the code's place, never the code.
pub(super) async fn send(ctx: &mut Context, user_id: &str, kind: CodeKind, by_text_message: bool) -> Result<()> {
    let payload = json!({"userId": user_id, "origin": &*ctx.origin, "byTextMessage": by_text_message});
    let now = ctx.now();
    ctx.tx().await?.append_outbox(kind.notification(), &payload, now).await
}

/// Whether a code of this kind is pending, with the URL template it was sent with.
pub(super) async fn pending(
    connection: &mut Connection,
    user_id: &str,
    kind: CodeKind,
) -> Result<Option<Option<String>>> {
    let statement =
        statement!("SELECT url_template FROM user_codes WHERE instance_id = $1 AND user_id = $2 AND kind = $3");
    connection.row(statement, &values![user_id, kind as i64]).await?.map(|row| row.opt_text(0)).transpose()
}

/// Forgets the pending code of this kind.
pub(super) async fn clear(connection: &mut Connection, user_id: &str, kind: CodeKind) -> Result<()> {
    let statement = statement!("DELETE FROM user_codes WHERE instance_id = $1 AND user_id = $2 AND kind = $3");
    connection.execute(statement, &values![user_id, kind as i64]).await.map(|_| ())
}

/// The answer to a code that somebody typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Attempt {
    Right,
    Wrong,
    Expired,
    /// No code of this kind is pending.
    Missing,
}

/// Compares a typed code. A right one is used up, a wrong one is counted; the caller commits either way.
pub(super) async fn attempt(ctx: &mut Context, user_id: &str, kind: CodeKind, typed: &str) -> Result<Attempt> {
    let statement = statement!(
        "SELECT sealed, expires_at, failures FROM user_codes WHERE instance_id = $1 AND user_id = $2 AND kind = $3"
    );
    let Some(row) = ctx.tx().await?.row(statement, &values![user_id, kind as i64]).await? else {
        return Ok(Attempt::Missing);
    };
    if row.timestamp(1)? <= ctx.now() {
        return Ok(Attempt::Expired);
    }
    let keyring = ctx.service::<Keyring>()?;
    let context = kind.context(&ctx.instance.id, user_id);
    let sent = keyring.open_secret(KeyName::User, &context, row.str(0)?).map_err(Error::internal)?;
    let sent = std::str::from_utf8(&sent).map_err(Error::internal)?;
    if code_matches(sent, typed) {
        clear(ctx.tx().await?, user_id, kind).await?;
        return Ok(Attempt::Right);
    }
    if row.int(2)? + 1 >= MAX_FAILURES {
        clear(ctx.tx().await?, user_id, kind).await?;
    } else {
        let count = statement!(
            "UPDATE user_codes SET failures = failures + 1 WHERE instance_id = $1 AND user_id = $2 AND kind = $3"
        );
        ctx.tx().await?.execute(count, &values![user_id, kind as i64]).await?;
    }
    Ok(Attempt::Wrong)
}
