//! The factors that a login policy offers: the rules for adding and removing one, and their events.

use castellan_kernel::{Fault, Owner, Receipt, Result};
use castellan_rpc::{AuditEvent, Context};
use serde::Serialize;

use crate::documents::LoginPolicy;
use crate::policies::{Policy as _, event};
use crate::store;

/// Which list of the policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Factors beside another one.
    Second,
    /// Factors that stand alone.
    Multi,
}

macro_rules! factor_event {
    ($name:ident, $type:literal) => {
        #[derive(Serialize)]
        struct $name {
            #[serde(rename = "mfaType")]
            mfa_type: i32,
        }
        impl AuditEvent for $name {
            const TYPE: &'static str = $type;
        }
    };
}
factor_event!(InstanceSecondAdded, "instance.policy.login.secondfactor.added");
factor_event!(InstanceSecondRemoved, "instance.policy.login.secondfactor.removed");
factor_event!(InstanceMultiAdded, "instance.policy.login.multifactor.added");
factor_event!(InstanceMultiRemoved, "instance.policy.login.multifactor.removed");
factor_event!(OrgSecondAdded, "org.policy.login.secondfactor.added");
factor_event!(OrgSecondRemoved, "org.policy.login.secondfactor.removed");
factor_event!(OrgMultiAdded, "org.policy.login.multifactor.added");
factor_event!(OrgMultiRemoved, "org.policy.login.multifactor.removed");

/// The documented errors, which differ by owner and list.
struct Faults {
    unspecified: Fault,
    exists: Fault,
    remove_unspecified: Fault,
    missing: Fault,
}

const INSTANCE_SECOND: Faults = Faults {
    unspecified: Fault::invalid("INSTANCE-5m9fs", "Errors.Instance.LoginPolicy.MFA.Unspecified"),
    exists: Fault::exists("INSTANCE-2B0ps", "Errors.Instance.MFA.AlreadyExists"),
    remove_unspecified: Fault::invalid("INSTANCE-55n8s", "Errors.Instance.LoginPolicy.MFA.Unspecified"),
    missing: Fault::not_found("INSTANCE-3M9od", "Errors.Instance.LoginPolicy.MFA.NotExisting"),
};
const INSTANCE_MULTI: Faults = Faults {
    unspecified: Fault::invalid("INSTANCE-5m9fs", "Errors.Instance.LoginPolicy.MFA.Unspecified"),
    exists: Fault::exists("INSTANCE-3M9od", "Errors.Instance.MFA.AlreadyExists"),
    remove_unspecified: Fault::invalid("INSTANCE-33m9F", "Errors.Instance.LoginPolicy.MFA.Unspecified"),
    missing: Fault::not_found("INSTANCE-3M9df", "Errors.Instance.LoginPolicy.MFA.NotExisting"),
};
const ORG_SECOND: Faults = Faults {
    unspecified: Fault::invalid("Org-5m9fs", "Errors.Org.LoginPolicy.MFA.Unspecified"),
    exists: Fault::exists("Org-2B0ps", "Errors.Org.LoginPolicy.MFA.AlreadyExists"),
    remove_unspecified: Fault::invalid("Org-55n8s", "Errors.Org.LoginPolicy.MFA.Unspecified"),
    missing: Fault::not_found("Org-3M9od", "Errors.Org.LoginPolicy.MFA.NotExisting"),
};
const ORG_MULTI: Faults = Faults {
    unspecified: Fault::invalid("Org-5m9fs", "Errors.Org.LoginPolicy.MFA.Unspecified"),
    exists: Fault::exists("Org-3M9od", "Errors.Org.LoginPolicy.MFA.AlreadyExists"),
    remove_unspecified: Fault::invalid("Org-5m9fs", "Errors.Org.LoginPolicy.MFA.Unspecified"),
    missing: Fault::not_found("Org-3M9df", "Errors.Org.LoginPolicy.MFA.NotExisting"),
};

fn faults(owner: &Owner, kind: Kind) -> Faults {
    match (owner, kind) {
        (Owner::Instance, Kind::Second) => INSTANCE_SECOND,
        (Owner::Instance, Kind::Multi) => INSTANCE_MULTI,
        (Owner::Org(_), Kind::Second) => ORG_SECOND,
        (Owner::Org(_), Kind::Multi) => ORG_MULTI,
    }
}

/// Records the factors of a policy that was just added.
pub(crate) async fn record_initial(ctx: &mut Context, owner: &Owner, policy: &LoginPolicy) -> Result<Option<Receipt>> {
    let mut last = None;
    for &factor in &policy.second_factors {
        last = Some(record(ctx, owner, Kind::Second, factor, true).await?);
    }
    for &factor in &policy.multi_factors {
        last = Some(record(ctx, owner, Kind::Multi, factor, true).await?);
    }
    Ok(last)
}

pub(super) async fn add(ctx: &mut Context, owner: &Owner, kind: Kind, factor: i32) -> Result<Receipt> {
    let faults = faults(owner, kind);
    if factor == 0 {
        return Err(faults.unspecified.into());
    }
    let mut policy = find(ctx, owner).await?;
    let list = list_mut(&mut policy, kind);
    if list.contains(&factor) {
        return Err(faults.exists.into());
    }
    list.push(factor);
    let receipt = record(ctx, owner, kind, factor, true).await?;
    store::put(ctx.tx().await?, owner, &policy, &receipt).await?;
    Ok(receipt)
}

pub(super) async fn remove(ctx: &mut Context, owner: &Owner, kind: Kind, factor: i32) -> Result<Receipt> {
    let faults = faults(owner, kind);
    if factor == 0 {
        return Err(faults.remove_unspecified.into());
    }
    let mut policy = find(ctx, owner).await?;
    let list = list_mut(&mut policy, kind);
    let Some(position) = list.iter().position(|held| *held == factor) else { return Err(faults.missing.into()) };
    list.remove(position);
    let receipt = record(ctx, owner, kind, factor, false).await?;
    store::put(ctx.tx().await?, owner, &policy, &receipt).await?;
    Ok(receipt)
}

async fn find(ctx: &mut Context, owner: &Owner) -> Result<LoginPolicy> {
    let missing = match owner {
        Owner::Instance => LoginPolicy::FAULTS.instance_missing,
        Owner::Org(_) => LoginPolicy::FAULTS.org_missing,
    };
    Ok(store::get::<LoginPolicy>(ctx.tx().await?, owner).await?.ok_or(missing)?.value)
}

fn list_mut(policy: &mut LoginPolicy, kind: Kind) -> &mut Vec<i32> {
    match kind {
        Kind::Second => &mut policy.second_factors,
        Kind::Multi => &mut policy.multi_factors,
    }
}

async fn record(ctx: &mut Context, owner: &Owner, kind: Kind, mfa_type: i32, added: bool) -> Result<Receipt> {
    let aggregate = event::aggregate(ctx, owner);
    match (owner, kind, added) {
        (Owner::Instance, Kind::Second, true) => ctx.record(&aggregate, &InstanceSecondAdded { mfa_type }).await,
        (Owner::Instance, Kind::Second, false) => ctx.record(&aggregate, &InstanceSecondRemoved { mfa_type }).await,
        (Owner::Instance, Kind::Multi, true) => ctx.record(&aggregate, &InstanceMultiAdded { mfa_type }).await,
        (Owner::Instance, Kind::Multi, false) => ctx.record(&aggregate, &InstanceMultiRemoved { mfa_type }).await,
        (Owner::Org(_), Kind::Second, true) => ctx.record(&aggregate, &OrgSecondAdded { mfa_type }).await,
        (Owner::Org(_), Kind::Second, false) => ctx.record(&aggregate, &OrgSecondRemoved { mfa_type }).await,
        (Owner::Org(_), Kind::Multi, true) => ctx.record(&aggregate, &OrgMultiAdded { mfa_type }).await,
        (Owner::Org(_), Kind::Multi, false) => ctx.record(&aggregate, &OrgMultiRemoved { mfa_type }).await,
    }
}
