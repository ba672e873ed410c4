//! The router: one handler serves gRPC, gRPC-Web, Connect and REST. It knows the contract and no resource.
//!
//! A request comes in through `framing` or `rest` as a [`call::Call`], runs through [`router::Router`] and leaves as a
//! [`call::Reply`] or a [`call::Failure`].

pub mod call;
pub mod context;
pub mod convert;
pub mod descriptor;
pub mod failure;
pub mod framing;
pub mod hosts;
pub mod http;
pub mod json;
pub mod rest;
pub mod router;
pub mod service;
pub mod texts;
pub mod validate;

pub use context::{Aggregate, AuditEvent, Context, Environment, Instance, Services};
pub use router::{Gate, Handlers, Meter, Registry, Router};
