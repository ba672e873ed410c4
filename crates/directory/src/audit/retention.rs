//! How far back events can be read: the limit of the instance, else what the server was configured with.

use castellan_db::query::Condition;
use castellan_kernel::{Result, TimeMethod, Timestamp};
use castellan_rpc::Context;
use castellan_settings::{Limits, Span, store};

/// `AuditLogRetention` of the configuration, a service of the environment; zero or absent keeps events readable for ever.
#[derive(Debug, Clone, Copy)]
pub struct ConfiguredRetention(pub Span);

/// The condition that an event is recent enough to be read; `column` is that of its time.
pub(super) async fn readable(ctx: &mut Context, column: &'static str) -> Result<Condition> {
    let limit = store::of_instance::<Limits>(ctx.read().await?).await?.value.audit_log_retention;
    let retention = limit.or_else(|| ctx.service::<ConfiguredRetention>().ok().map(|configured| configured.0));
    Ok(match retention {
        // Times have microseconds: what is shorter than one is not none at all, which would be without end.
        Some(retention) if retention > Span::ZERO => {
            let oldest = Timestamp::from_micros(ctx.now().micros().saturating_sub(retention.micros()));
            Condition::time(column, TimeMethod::GreaterOrEquals, oldest)
        }
        _ => Condition::always(),
    })
}
