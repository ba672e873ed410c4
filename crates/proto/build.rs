//! Compiles the contract in `proto/` to prost messages, one marker per RPC and the descriptor set.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use prost::Message as _;

#[allow(dead_code, unused_imports, reason = "what is written here is read by the crate")]
#[path = "src/index/mod.rs"]
mod index;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?).join("../../proto");
    let third_party = root.join("third_party");
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    println!("cargo:rerun-if-changed={}", root.display());
    println!("cargo:rerun-if-changed=src/index");

    let mut files = Vec::new();
    collect(&root.join("zitadel"), &mut files)?;
    files.sort();

    let mut compiler = protox::Compiler::new([root.as_path(), third_party.as_path()])?;
    compiler.include_imports(true);
    compiler.open_files(&files)?;
    // `encode_file_descriptor_set` keeps the extension options that a decoded prost set would lose.
    let encoded = compiler.encode_file_descriptor_set();
    std::fs::write(out.join("index.bin"), index::build(&encoded)?)?;
    std::fs::write(out.join("descriptors.bin"), encoded)?;

    let mut set = compiler.file_descriptor_set();
    for file in &mut set.file {
        file.source_code_info = None;
    }
    std::fs::write(out.join("methods.rs"), markers(&set))?;

    let mut prost = prost_build::Config::new();
    prost.include_file("messages.rs");
    prost.enum_attribute(".", "#[allow(clippy::enum_variant_names, clippy::large_enum_variant)]");
    prost.compile_fds(prost_types::FileDescriptorSet::decode(set.encode_to_vec().as_slice())?)?;
    Ok(())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "proto") {
            files.push(path);
        }
    }
    Ok(())
}

/// One unit struct per RPC in a module per service (`management_v1::AddMachineUser`), each implementing `Method`.
fn markers(set: &prost_types::FileDescriptorSet) -> String {
    let mut modules: BTreeMap<String, String> = BTreeMap::new();
    for file in &set.file {
        for service in &file.service {
            let package = file.package();
            let full = format!("{package}.{}", service.name());
            let module = package.trim_start_matches("zitadel.").replace('.', "_");
            let text = modules.entry(module).or_default();
            for method in &service.method {
                let name = method.name();
                let _ = writeln!(
                    text,
                    "    /// `{full}/{name}`\n    #[derive(Debug, Clone, Copy)]\n    pub struct {name};\n    impl crate::Method for {name} {{\n        type Request = {};\n        type Response = {};\n        const PATH: &'static str = \"{full}/{name}\";\n    }}",
                    rust_path(method.input_type()),
                    rust_path(method.output_type()),
                );
            }
        }
    }
    let mut text = String::new();
    for (module, body) in modules {
        let _ = writeln!(text, "/// The RPCs of the services in `{module}`.\npub mod {module} {{\n{body}}}");
    }
    text
}

/// `.zitadel.user.v2.GetUserByIDRequest` as the path prost gives it.
fn rust_path(type_name: &str) -> String {
    let (package, name) = type_name.trim_start_matches('.').rsplit_once('.').unwrap_or(("", type_name));
    if package == "google.protobuf" {
        return if name == "Empty" { "()".to_owned() } else { format!("::prost_types::{name}") };
    }
    let package: Vec<String> = package.split('.').map(str::to_owned).collect();
    format!("crate::{}::{}", package.join("::"), upper_camel(name))
}

/// The same rule as prost: a run of capitals counts as one word (`GetUserByIDRequest` becomes `GetUserByIdRequest`).
fn upper_camel(name: &str) -> String {
    use heck::ToUpperCamelCase as _;
    name.to_upper_camel_case()
}
