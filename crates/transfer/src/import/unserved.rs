//! What the format can hold and Castellan has no room for yet, and keys that are out of date. None of it keeps the rest of its
//! organization out, and none of it goes by unsaid.

use castellan_kernel::Timestamp;
use castellan_proto::zitadel::admin::v1::DataOrg;
use castellan_rpc::{Context, convert};

use super::{Listener, Refusal, Severity};

const NO_PROVIDERS: &str = "was left out: this version of Castellan has no identity providers";
const NO_ACTIONS: &str = "was left out: this version of Castellan has no actions";
const NO_FACTORS: &str = "was left out: this version of Castellan does not take over this credential";
const EXPIRED: &str = "was left out: the key has expired";

/// Whether a key of the data is past its end.
pub(super) fn is_expired(expires: Option<&prost_types::Timestamp>, now: Timestamp) -> bool {
    expires.is_some_and(|expires| convert::from_timestamp(expires) <= now)
}

/// Tells what of an imported organization was left out.
pub(super) fn report(ctx: &Context, org_id: &str, org: &DataOrg, listener: &mut dyn Listener) {
    let mut left_out = |kind: &'static str, id: &str, what: &str| {
        let message = what.to_owned();
        listener.refused(Refusal { kind, id: id.to_owned(), message, severity: Severity::LeftOut });
    };
    for provider in &org.oidc_idps {
        left_out("oidc_idp", &provider.idp_id, NO_PROVIDERS);
    }
    for provider in &org.jwt_idps {
        left_out("jwt_idp", &provider.idp_id, NO_PROVIDERS);
    }
    for offered in org.login_policy.iter().flat_map(|policy| &policy.idps) {
        left_out("login_policy_idp", &offered.idp_id, NO_PROVIDERS);
    }
    for link in &org.user_links {
        left_out("user_link", &format!("{} {}", link.user_id, link.idp_id), NO_PROVIDERS);
    }
    for human in &org.human_users {
        let Some(user) = &human.user else { continue };
        for link in &user.idps {
            left_out("user_link", &format!("{} {}", human.user_id, link.config_id), NO_PROVIDERS);
        }
        if !user.otp_code.is_empty() {
            left_out("human_user_otp", &human.user_id, NO_FACTORS);
        }
        if user.request_passwordless_registration {
            left_out("human_user_passwordless_registration", &human.user_id, NO_FACTORS);
        }
    }
    for action in &org.actions {
        left_out("action", &action.action_id, NO_ACTIONS);
    }
    for trigger in &org.trigger_actions {
        left_out("trigger_action", &format!("{org_id} {} {}", trigger.flow_type, trigger.trigger_type), NO_ACTIONS);
    }
    let now = ctx.now();
    for key in org.machine_keys.iter().filter(|key| is_expired(key.expiration_date.as_ref(), now)) {
        left_out("machine_key", &key.key_id, EXPIRED);
    }
    for key in org.app_keys.iter().filter(|key| is_expired(key.expiration_date.as_ref(), now)) {
        left_out("app_key", &key.id, EXPIRED);
    }
}
