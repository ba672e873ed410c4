//! Codes that people prove an address with, or set a password with: made by the instance's generators, kept sealed, good for a
//! few attempts and a while (`spec: api.md 4.1.5`). Table `user_codes`.

use castellan_crypto::codes::code_matches;
use castellan_crypto::keyring::{KeyName, Keyring};
use castellan_db::{Connection, statement, values};
use castellan_kernel::{Error, Result, Timestamp};
use castellan_rpc::Context;
use castellan_settings::{GeneratorKind, generator};
use serde_json::json;

use super::url_template;

/// What a code is for; the number is what storage keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CodeKind {
    FirstSignIn = 1,
    Email = 2,
    Phone = 3,
    Password = 4,
    Invitation = 5,
}

impl CodeKind {
    /// The name of the notification in the outbox.
    fn notification(self) -> &'static str {
        match self {
            Self::FirstSignIn => "user.code.initialization",
            Self::Email => "user.code.email",
            Self::Phone => "user.code.phone",
            Self::Password => "user.code.password",
            Self::Invitation => "user.code.invitation",
        }
    }

    /// Wrong attempts after which the code is void.
    const fn max_failures(self) -> i64 {
        match self {
            Self::Invitation => 3,
            _ => 5,
        }
    }

    fn context(self, instance_id: &str, user_id: &str) -> String {
        format!("user-code:{instance_id}:{user_id}:{}", self as i64)
    }
}

/// How a code reaches the person.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Delivery {
    /// The template of the link in the mail.
    pub url_template: Option<String>,
    /// The name that the mail shows for this server.
    pub application_name: Option<String>,
    /// Whether it is handed to the caller instead of being sent.
    pub returned: bool,
}

/// A code that was just made.
pub(super) struct NewCode {
    pub code: String,
    /// How long it is good for, in nanoseconds, as events carry it; 0 is without end.
    pub expiry_nanos: i64,
}

/// Makes a code, replacing a pending one of the same kind.
///
/// # Errors
/// `DOMAIN-oGh5e` and `DOMAIN-ieYa7` for a template that no link can be made of.
pub(super) async fn add(
    ctx: &mut Context,
    user_id: &str,
    kind: CodeKind,
    made_by: GeneratorKind,
    delivery: &Delivery,
) -> Result<NewCode> {
    if let Some(template) = &delivery.url_template {
        url_template::check(template)?;
    }
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
        "INSERT INTO user_codes (instance_id, user_id, kind, sealed, url_template, application_name, is_returned, failures,
         created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8, $9)
         ON CONFLICT (instance_id, user_id, kind) DO UPDATE SET sealed = excluded.sealed,
         url_template = excluded.url_template, application_name = excluded.application_name,
         is_returned = excluded.is_returned, failures = 0, created_at = excluded.created_at,
         expires_at = excluded.expires_at"
    );
    let values = values![
        user_id,
        kind as i64,
        sealed,
        delivery.url_template.as_deref(),
        delivery.application_name.as_deref(),
        delivery.returned,
        now,
        expires_at,
    ];
    ctx.tx().await?.execute(statement, &values).await?;
    Ok(NewCode { code, expiry_nanos: generator.expiry.nanos() })
}

/// Has the pending code of this kind sent after the commit. The notification names the code's place, never the code.
pub(super) async fn send(ctx: &mut Context, user_id: &str, kind: CodeKind, by_text_message: bool) -> Result<()> {
    let payload = json!({"userId": user_id, "origin": &*ctx.origin, "byTextMessage": by_text_message});
    let now = ctx.now();
    ctx.tx().await?.append_outbox(kind.notification(), &payload, now).await
}

/// How the pending code of this kind reached the person; `None` when none is pending.
pub(super) async fn pending(connection: &mut Connection, user_id: &str, kind: CodeKind) -> Result<Option<Delivery>> {
    let statement = statement!(
        "SELECT url_template, application_name, is_returned FROM user_codes
         WHERE instance_id = $1 AND user_id = $2 AND kind = $3"
    );
    let row = connection.row(statement, &values![user_id, kind as i64]).await?;
    row.map(|row| {
        Ok(Delivery { url_template: row.opt_text(0)?, application_name: row.opt_text(1)?, returned: row.boolean(2)? })
    })
    .transpose()
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
    if row.int(2)? + 1 >= kind.max_failures() {
        clear(ctx.tx().await?, user_id, kind).await?;
    } else {
        let count = statement!(
            "UPDATE user_codes SET failures = failures + 1 WHERE instance_id = $1 AND user_id = $2 AND kind = $3"
        );
        ctx.tx().await?.execute(count, &values![user_id, kind as i64]).await?;
    }
    Ok(Attempt::Wrong)
}
