//! The declarations of a set, each compiled when it is first asked for: a server uses few of them, and all together take most
//! of the time and memory of a start.

use std::fmt;
use std::sync::OnceLock;

use castellan_proto::index::Index;

use super::method::{self, HttpBinding, MethodInfo};
use super::table::{EnumTable, MessageLink, MessageTable};
use super::{ContractError, build, routes};

type Cells<T> = Box<[OnceLock<Box<T>>]>;

/// A descriptor set with what has been compiled of it. It lives as long as the process, because tables refer to each other.
pub(crate) struct Set {
    pub(super) index: Index,
    messages: Cells<MessageTable>,
    enums: Cells<EnumTable>,
    methods: Cells<MethodInfo>,
    bindings: OnceLock<Box<[Vec<HttpBinding>]>>,
}

impl fmt::Debug for Set {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Set").finish_non_exhaustive()
    }
}

impl Set {
    pub(super) fn new(index: Index) -> Self {
        Self {
            index,
            messages: cells(index.messages()),
            enums: cells(index.enums()),
            methods: cells(index.methods()),
            bindings: OnceLock::new(),
        }
    }

    /// The message of that full name, not yet compiled.
    pub(super) fn link(&'static self, full_name: &str) -> Option<MessageLink> {
        self.numbered(self.index.find_message(full_name)?)
    }

    /// The message of that number, not yet compiled.
    pub(super) fn numbered(&'static self, number: usize) -> Option<MessageLink> {
        Some(MessageLink { cell: self.messages.get(number)?, set: self, number })
    }

    pub(super) fn message(&'static self, number: usize) -> Result<&'static MessageTable, ContractError> {
        first_use(&self.messages, number, || build::message_table(self, number))
    }

    pub(super) fn enumeration(&'static self, number: usize) -> Result<&'static EnumTable, ContractError> {
        first_use(&self.enums, number, || build::enum_table(self, number))
    }

    pub(super) fn method(&'static self, number: usize) -> Result<&'static MethodInfo, ContractError> {
        first_use(&self.methods, number, || method::read(self, number))
    }

    /// The REST routes of every RPC, by its number.
    pub(super) fn bindings(&'static self) -> Result<&'static [Vec<HttpBinding>], ContractError> {
        if let Some(bindings) = self.bindings.get() {
            return Ok(bindings);
        }
        let bindings = routes::all(self)?;
        Ok(self.bindings.get_or_init(|| bindings))
    }

    /// Compiles everything, and so tells whether everything can be compiled.
    pub(super) fn compile(&'static self) -> Result<(), ContractError> {
        (0..self.messages.len()).try_for_each(|number| self.message(number).map(drop))?;
        (0..self.enums.len()).try_for_each(|number| self.enumeration(number).map(drop))?;
        (0..self.methods.len()).try_for_each(|number| self.method(number).map(drop))?;
        self.bindings().map(drop)
    }
}

fn cells<T>(count: usize) -> Cells<T> {
    (0..count).map(|_| OnceLock::new()).collect()
}

/// Compiled outside of the cell: declarations refer to themselves, and two threads that come first may both do the work.
fn first_use<T>(
    cells: &'static Cells<T>,
    number: usize,
    compile: impl FnOnce() -> Result<T, ContractError>,
) -> Result<&'static T, ContractError> {
    let cell = cells.get(number).ok_or_else(|| ContractError::new("the descriptor set has no such declaration"))?;
    if let Some(known) = cell.get() {
        return Ok(known);
    }
    let compiled = compile()?;
    Ok(cell.get_or_init(|| Box::new(compiled)))
}

/// For what is asked for while requests are served.
///
/// # Panics
/// On an error, which no contract has: one that is read has been compiled as a whole, and a test compiles the one that is
/// built in.
#[allow(clippy::panic, reason = "a test proves that the contract is good")]
pub(super) fn proven<T>(compiled: Result<T, ContractError>) -> T {
    compiled.unwrap_or_else(|error| panic!("the contract: {error}"))
}
