//! What every HTTP answer of the API shares: CORS, request ids, cache headers, the peer of the connection, compression and
//! the last line of defence against panics.

pub mod compression;
mod connection;
pub mod cors;
mod date;
mod drain;
mod headers;
pub mod panics;
mod request_id;
mod served;

pub use connection::{ConnectionInfo, request_origin};
pub use date::http_date;
pub use drain::drain;
pub use headers::{forbid_caching, forbid_indexing, header_text};
pub use request_id::{REQUEST_ID, assign_request_id};
pub use served::{Outcome, Served};
