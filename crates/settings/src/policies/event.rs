//! Events of policies. Additions carry the values that are not zero; changes carry the values that changed.

use std::marker::PhantomData;

use castellan_kernel::{Error, Owner, Receipt, Result};
use castellan_rpc::{Aggregate, AuditEvent, Context};
use serde::Serialize;
use serde_json::{Map, Value};

use super::Policy;

/// The event types of one kind of policy.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs, reason = "the names say it: owner and what happened")]
pub struct Names {
    pub instance_added: &'static str,
    pub instance_changed: &'static str,
    pub org_added: &'static str,
    pub org_changed: &'static str,
    pub org_removed: &'static str,
}

/// The aggregate that the owner's settings belong to.
pub fn aggregate(ctx: &Context, owner: &Owner) -> Aggregate {
    match owner {
        Owner::Instance => instance_aggregate(&ctx.instance.id),
        Owner::Org(id) => Aggregate::new("org", id, id),
    }
}

/// The aggregate of an instance.
pub fn instance_aggregate(instance_id: &str) -> Aggregate {
    Aggregate::new("instance", instance_id, instance_id)
}

macro_rules! payload_events {
    ($($name:ident => $field:ident;)*) => {$(
        #[derive(Serialize)]
        #[serde(transparent)]
        struct $name<P> {
            payload: Map<String, Value>,
            #[serde(skip)]
            policy: PhantomData<P>,
        }
        impl<P: Policy> AuditEvent for $name<P> {
            const TYPE: &'static str = P::EVENTS.$field;
        }
    )*};
}

payload_events! {
    InstanceAdded => instance_added;
    InstanceChanged => instance_changed;
    OrgAdded => org_added;
    OrgChanged => org_changed;
    OrgRemoved => org_removed;
}

pub(super) async fn added<P: Policy>(ctx: &mut Context, owner: &Owner, value: &P) -> Result<Receipt> {
    let mut payload = without_zeros(fields(value)?);
    for (own, spelled) in P::ADDED_NAMES {
        if let Some(value) = payload.shift_remove(*own) {
            payload.insert((*spelled).to_owned(), value);
        }
    }
    payload.retain(|key, _| !P::NOT_IN_EVENTS.contains(&key.as_str()));
    let aggregate = aggregate(ctx, owner);
    match owner {
        Owner::Instance => ctx.record(&aggregate, &InstanceAdded::<P> { payload, policy: PhantomData }).await,
        Owner::Org(_) => ctx.record(&aggregate, &OrgAdded::<P> { payload, policy: PhantomData }).await,
    }
}

pub(super) async fn changed<P: Policy>(ctx: &mut Context, owner: &Owner, old: &P, new: &P) -> Result<Receipt> {
    let mut payload = difference(&fields(old)?, fields(new)?);
    payload.retain(|key, _| !P::NOT_IN_EVENTS.contains(&key.as_str()));
    let aggregate = aggregate(ctx, owner);
    match owner {
        Owner::Instance => ctx.record(&aggregate, &InstanceChanged::<P> { payload, policy: PhantomData }).await,
        Owner::Org(_) => ctx.record(&aggregate, &OrgChanged::<P> { payload, policy: PhantomData }).await,
    }
}

pub(super) async fn removed<P: Policy>(ctx: &mut Context, org_id: &str) -> Result<Receipt> {
    let aggregate = Aggregate::new("org", org_id, org_id);
    ctx.record(&aggregate, &OrgRemoved::<P> { payload: Map::new(), policy: PhantomData }).await
}

/// The fields of a document as they are stored.
pub(crate) fn fields<T: Serialize>(value: &T) -> Result<Map<String, Value>> {
    match serde_json::to_value(value).map_err(Error::internal)? {
        Value::Object(fields) => Ok(fields),
        other => Err(Error::internal(format!("a settings document is no object: {other}"))),
    }
}

/// What an addition shows: every field but those that are false, 0, empty or absent.
pub(crate) fn without_zeros(mut fields: Map<String, Value>) -> Map<String, Value> {
    fields.retain(|_, value| match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_i64() != Some(0),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
    });
    fields
}

/// What a change shows: the new values of the fields that differ.
pub(crate) fn difference(old: &Map<String, Value>, new: Map<String, Value>) -> Map<String, Value> {
    new.into_iter().filter(|(key, value)| old.get(key) != Some(value)).collect()
}
