//! Conversions that every API version needs: times, receipts, pages, list details.

use castellan_kernel::{Page, PageLimits, Receipt, Result, Timestamp};
use castellan_proto::zitadel::{filter, object, v1};

/// A kernel time as protobuf has it.
pub fn timestamp(time: Timestamp) -> prost_types::Timestamp {
    prost_types::Timestamp { seconds: time.seconds(), nanos: time.subsec_nanos() }
}

/// A protobuf time as the kernel has it.
pub fn from_timestamp(time: &prost_types::Timestamp) -> Timestamp {
    Timestamp::from_parts(time.seconds, time.nanos)
}

/// v1 answer to something added: the creation date only.
pub fn added(receipt: &Receipt) -> Option<v1::ObjectDetails> {
    Some(v1::ObjectDetails {
        sequence: receipt.sequence,
        creation_date: Some(timestamp(receipt.changed_at)),
        change_date: None,
        resource_owner: receipt.owner.clone(),
    })
}

/// v1 answer to something changed or removed: the change date only.
pub fn changed(receipt: &Receipt) -> Option<v1::ObjectDetails> {
    Some(v1::ObjectDetails {
        sequence: receipt.sequence,
        creation_date: None,
        change_date: Some(timestamp(receipt.changed_at)),
        resource_owner: receipt.owner.clone(),
    })
}

/// v1 details of something read: both dates.
pub fn read(sequence: u64, created_at: Timestamp, changed_at: Timestamp, owner: &str) -> Option<v1::ObjectDetails> {
    Some(v1::ObjectDetails {
        sequence,
        creation_date: Some(timestamp(created_at)),
        change_date: Some(timestamp(changed_at)),
        resource_owner: owner.to_owned(),
    })
}

/// `object.v2` details of a write.
pub fn details_v2(receipt: &Receipt) -> Option<object::v2::Details> {
    Some(object::v2::Details {
        sequence: receipt.sequence,
        change_date: Some(timestamp(receipt.changed_at)),
        resource_owner: receipt.owner.clone(),
        creation_date: receipt.created_at.map(timestamp),
    })
}

/// The page of a v1 list.
pub fn page_v1(query: Option<&v1::ListQuery>) -> Page {
    query.map_or_else(|| Page::unbounded(0, 0, false), |query| Page::unbounded(query.offset, query.limit, query.asc))
}

/// The page of an `object.v2` list.
pub fn page_object_v2(query: Option<&object::v2::ListQuery>) -> Page {
    query.map_or_else(|| Page::unbounded(0, 0, false), |query| Page::unbounded(query.offset, query.limit, query.asc))
}

/// The page of a `filter.v2` list.
///
/// # Errors
/// `QUERY-4M0fs` when the limit is above the maximum.
pub fn page_filter_v2(limits: PageLimits, page: Option<&filter::v2::PaginationRequest>) -> Result<Page> {
    page.map_or_else(
        || Page::bounded(limits, 0, 0, false),
        |page| Page::bounded(limits, page.offset, page.limit, page.asc),
    )
}

/// The page of a list that is in memory, and the total that lists tell with it: none beyond the end, as in all lists.
pub fn page_of<T>(items: Vec<T>, page: &Page) -> (Vec<T>, u64) {
    let total = items.len() as u64;
    let skipped = usize::try_from(page.offset).unwrap_or(usize::MAX);
    let taken = page.limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
    let shown: Vec<T> = items.into_iter().skip(skipped).take(taken).collect();
    let total = if shown.is_empty() { 0 } else { total };
    (shown, total)
}

/// Details of a v1 list.
pub fn list_v1(total: u64, now: Timestamp) -> Option<v1::ListDetails> {
    Some(v1::ListDetails { total_result: total, processed_sequence: 0, view_timestamp: Some(timestamp(now)) })
}

/// Details of an `object.v2` list.
pub fn list_object_v2(total: u64, now: Timestamp) -> Option<object::v2::ListDetails> {
    Some(object::v2::ListDetails { total_result: total, processed_sequence: 0, timestamp: Some(timestamp(now)) })
}

/// Pagination of a `filter.v2` list.
pub fn pagination_v2(total: u64, page: &Page) -> Option<filter::v2::PaginationResponse> {
    Some(filter::v2::PaginationResponse { total_result: total, applied_limit: page.applied_limit() })
}
