//! When an organization verifies a domain, users of other organizations whose names end in it get a temporary name: the names below a
//! domain are its owner's to give.

use castellan_kernel::Result;
use castellan_rpc::{Aggregate, Context};

use serde_json::json;

use super::event::UserDomainClaimed;
use super::sql;
use crate::users::login_names::{self, NameRules};

/// The notification in the outbox: the person is told the new name. It names the user, whose name it is read from.
const NOTIFICATION: &str = "user.domain.claimed";

/// Takes the names that end in the domain from everybody else.
pub(super) async fn claim_names(ctx: &mut Context, org_id: &str, domain: &str) -> Result<()> {
    for (user_id, user_org) in sql::users_elsewhere(ctx.tx().await?, org_id, domain).await? {
        let name = format!("{}@temporary.{}", ctx.new_id(), ctx.requested_domain());
        let origin = ctx.origin.to_string();
        let event = UserDomainClaimed { user_name: &name, trigger_origin: &origin };
        let receipt = ctx.record(&Aggregate::new("user", &user_id, &user_org), &event).await?;
        let tx = ctx.tx().await?;
        let rules = NameRules::of_org(tx, &user_org).await?;
        sql::rename_user(tx, &user_id, &name, &rules.key(&name, &user_org), &receipt).await?;
        login_names::refresh(tx, &user_id, &name, &user_org, rules).await?;
        let now = ctx.now();
        ctx.tx().await?.append_outbox(NOTIFICATION, &json!({"userId": user_id, "origin": origin}), now).await?;
    }
    Ok(())
}
