//! The contract, built once.

use std::collections::HashMap;
use std::fmt;
use std::sync::LazyLock;

use super::method::{self, MethodInfo};
use super::schema::Schema;
use super::table::{MessageTable, Tables};
use super::{build, routes};

/// Why a descriptor set cannot be served.
#[derive(Debug)]
pub struct ContractError(String);

impl ContractError {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for ContractError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ContractError {}

/// Every RPC and message, read from the descriptor set.
#[derive(Debug)]
pub struct Contract {
    messages: &'static Tables,
    methods: Vec<&'static MethodInfo>,
    by_path: HashMap<&'static str, &'static MethodInfo>,
    services: Vec<&'static str>,
}

static CONTRACT: LazyLock<Contract> = LazyLock::new(|| {
    #[allow(clippy::panic, reason = "the set is compiled in; a test proves that it is good")]
    Contract::from_descriptors(castellan_proto::DESCRIPTORS).unwrap_or_else(|error| panic!("the contract: {error}"))
});

impl Contract {
    /// The contract compiled into this binary.
    pub fn get() -> &'static Self {
        &CONTRACT
    }

    /// Reads an encoded `google.protobuf.FileDescriptorSet`. The tables live as long as the process: build a contract
    /// once, not per request.
    ///
    /// # Errors
    /// When the set is malformed, a permission is not known, a route is unusable or a validation rule is not supported.
    pub fn from_descriptors(bytes: &'static [u8]) -> Result<Self, ContractError> {
        let schema = Schema::read(bytes)
            .map_err(|error| ContractError::new(format!("the descriptor set is not usable: {error}")))?;
        let messages = build::tables(&schema)?;

        let mut methods = Vec::new();
        for service in &schema.services {
            for method in &service.methods {
                methods.push(method::read(&schema, service, method, messages)?);
            }
        }
        routes::drop_shadowed(&mut methods);
        routes::add_twins(&mut methods);

        let methods: Vec<&'static MethodInfo> =
            methods.into_iter().map(|method| &*Box::leak(Box::new(method))).collect();
        let by_path = methods.iter().map(|method| (method.path, *method)).collect();
        let services = schema.services.iter().map(|service| service.full_name).collect();
        Ok(Self { messages, methods, by_path, services })
    }

    /// The RPC of a path such as `zitadel.user.v2.UserService/GetUserByID`, without a leading slash.
    pub fn method(&self, path: &str) -> Option<&'static MethodInfo> {
        self.by_path.get(path).copied()
    }

    /// Every RPC, service by service.
    pub fn methods(&self) -> impl ExactSizeIterator<Item = &'static MethodInfo> + '_ {
        self.methods.iter().copied()
    }

    /// The full names of the services.
    pub fn services(&self) -> impl ExactSizeIterator<Item = &'static str> + '_ {
        self.services.iter().copied()
    }

    /// The table of a message by its full name.
    pub fn message(&self, full_name: &str) -> Option<&'static MessageTable> {
        self.messages.get(full_name).copied()
    }

    /// Every message, in no order, those inside other messages and map entries included.
    pub fn messages(&self) -> impl Iterator<Item = &'static MessageTable> + '_ {
        self.messages.values().copied()
    }
}
