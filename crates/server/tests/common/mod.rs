//! What the standing tests share.

#![allow(dead_code, unused_imports, reason = "each test uses its part")]

pub mod lists;
pub mod requests;
pub mod table;
