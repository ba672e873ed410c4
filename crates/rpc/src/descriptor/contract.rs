//! The contract, built once.

use std::fmt;
use std::sync::LazyLock;

use castellan_proto::index::{self, Index};

use super::method::{HttpBinding, MethodInfo};
use super::set::{Set, proven};
use super::table::MessageTable;

/// Why a descriptor set cannot be served.
#[derive(Debug)]
pub struct ContractError(String);

impl ContractError {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// What is wrong with the bytes themselves.
    pub(crate) fn unusable(error: impl fmt::Display) -> Self {
        Self(format!("the descriptor set is not usable: {error}"))
    }
}

impl fmt::Display for ContractError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ContractError {}

/// Every RPC and message of a descriptor set, compiled one by one when they are first asked for.
#[derive(Debug)]
pub struct Contract {
    set: &'static Set,
}

static CONTRACT: LazyLock<Contract> =
    LazyLock::new(|| Contract::lay_out(Index::new(castellan_proto::DESCRIPTORS, castellan_proto::INDEX)));

impl Contract {
    /// The contract compiled into this binary.
    pub fn get() -> &'static Self {
        &CONTRACT
    }

    /// Reads an encoded `google.protobuf.FileDescriptorSet` and compiles all of it. The tables live as long as the process:
    /// build a contract once, not per request.
    ///
    /// # Errors
    /// When the set is malformed, a permission is not known, a route is unusable or a validation rule is not supported.
    pub fn from_descriptors(bytes: &'static [u8]) -> Result<Self, ContractError> {
        let index = index::build(bytes).map_err(ContractError::unusable)?;
        let contract = Self::lay_out(Index::new(bytes, index.leak()));
        contract.set.compile()?;
        Ok(contract)
    }

    fn lay_out(index: Index) -> Self {
        Self { set: Box::leak(Box::new(Set::new(index))) }
    }

    /// The RPC of a path such as `zitadel.user.v2.UserService/GetUserByID`, without a leading slash.
    pub fn method(&self, path: &str) -> Option<&'static MethodInfo> {
        self.set.index.find_method(path).map(|number| proven(self.set.method(number)))
    }

    /// Whether there is an RPC of that path.
    pub fn has_method(&self, path: &str) -> bool {
        self.set.index.find_method(path).is_some()
    }

    /// Every RPC, service by service. To know their paths, [`Self::paths`] is less work.
    pub fn methods(&self) -> impl ExactSizeIterator<Item = &'static MethodInfo> + '_ {
        (0..self.set.index.methods()).map(|number| proven(self.set.method(number)))
    }

    /// The paths of all RPCs, service by service.
    pub fn paths(&self) -> impl ExactSizeIterator<Item = &'static str> + '_ {
        (0..self.set.index.methods()).map(|number| self.set.index.path(number))
    }

    /// The REST routes of every RPC by its path, service by service.
    pub fn bindings(&self) -> impl Iterator<Item = (&'static str, &'static [HttpBinding])> + '_ {
        self.paths().zip(proven(self.set.bindings())).map(|(path, bindings)| (path, bindings.as_slice()))
    }

    /// The full names of the services.
    pub fn services(&self) -> impl ExactSizeIterator<Item = &'static str> + '_ {
        self.set.index.services()
    }

    /// The table of a message by its full name.
    pub fn message(&self, full_name: &str) -> Option<&'static MessageTable> {
        self.set.link(full_name).map(super::MessageLink::table)
    }

    /// Every message, those inside other messages and map entries included.
    pub fn messages(&self) -> impl Iterator<Item = &'static MessageTable> + '_ {
        (0..self.set.index.messages()).map(|number| proven(self.set.message(number)))
    }
}
