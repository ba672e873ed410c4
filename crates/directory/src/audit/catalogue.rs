//! The types of events and aggregates that the contract knows, and their names for people.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use castellan_proto::zitadel::v1::LocalizedMessage;
use castellan_rpc::{Context, texts};

/// Event type → aggregate type.
static EVENT_TYPES: LazyLock<BTreeMap<&'static str, &'static str>> =
    LazyLock::new(|| include_str!("event_types.txt").lines().filter_map(|line| line.split_once(' ')).collect());

/// Every event type, in alphabetical order.
pub(super) fn event_types() -> impl Iterator<Item = &'static str> {
    EVENT_TYPES.keys().copied()
}

/// Every aggregate type, in alphabetical order.
pub(super) fn aggregate_types() -> Vec<&'static str> {
    let mut types: Vec<&str> = EVENT_TYPES.values().copied().collect();
    types.sort_unstable();
    types.dedup();
    types
}

/// The aggregates that events of these types belong to; `None` when one of the types is unknown.
pub(super) fn aggregates_of(event_types: &[String]) -> Option<Vec<String>> {
    let mut types = event_types
        .iter()
        .map(|event| EVENT_TYPES.get(event.as_str()).map(|&aggregate| aggregate.to_owned()))
        .collect::<Option<Vec<_>>>()?;
    types.sort_unstable();
    types.dedup();
    Some(types)
}

pub(super) fn event_name(ctx: &Context, event_type: &str) -> LocalizedMessage {
    name(ctx, format!("EventTypes.{event_type}"), event_type)
}

pub(super) fn aggregate_name(ctx: &Context, aggregate_type: &str) -> LocalizedMessage {
    name(ctx, format!("AggregateTypes.{aggregate_type}"), aggregate_type)
}

/// The text of the catalogue; where it has none, the words of the type.
fn name(ctx: &Context, key: String, kind: &str) -> LocalizedMessage {
    let languages: Vec<String> =
        ctx.caller.language.iter().cloned().chain([ctx.instance.default_language.clone()]).collect();
    let text = texts::lookup(&key, &languages);
    let localized_message = if text == key { words(kind) } else { text.to_owned() };
    LocalizedMessage { key, localized_message }
}

fn words(kind: &str) -> String {
    let spaced = kind.replace(['.', '_'], " ");
    let mut letters = spaced.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
