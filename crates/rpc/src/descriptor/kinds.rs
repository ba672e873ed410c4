//! A contract with every kind of field, for tests.

use std::path::Path;
use std::sync::LazyLock;

use prost_reflect::DescriptorPool;

use super::{Contract, MessageTable};

/// Compiles proto files of this folder that may import from the contract's folders.
pub(crate) fn compile(file: &str) -> &'static [u8] {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/descriptor");
    let proto = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../proto");
    let mut compiler = protox::Compiler::new([&here, &proto, &proto.join("third_party")]).unwrap();
    compiler.include_imports(true).open_file(here.join(file)).unwrap();
    compiler.encode_file_descriptor_set().leak()
}

static DESCRIPTORS: LazyLock<&'static [u8]> = LazyLock::new(|| compile("kinds.proto"));

/// `kinds.proto` as a contract.
pub(crate) fn contract() -> &'static Contract {
    static KINDS: LazyLock<Contract> = LazyLock::new(|| Contract::from_descriptors(&DESCRIPTORS).unwrap());
    &KINDS
}

/// `kinds.proto` for prost-reflect, with which our own reading is compared.
pub(crate) fn pool() -> DescriptorPool {
    DescriptorPool::decode(*DESCRIPTORS).unwrap()
}

/// The contract for prost-reflect.
pub(crate) fn pool_of_contract() -> DescriptorPool {
    DescriptorPool::decode(castellan_proto::DESCRIPTORS).unwrap()
}

/// A message of `kinds.proto`.
pub(crate) fn table(name: &str) -> &'static MessageTable {
    contract().message(&format!("castellan.kinds.{name}")).unwrap()
}
