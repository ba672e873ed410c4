//! Tells the linker of the binary to keep one copy of functions with the same instructions: of hundreds of methods, many end in
//! the same code.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let target = |key: &str| std::env::var(format!("CARGO_CFG_TARGET_{key}")).unwrap_or_default();
    // There the compiler brings its own linker along, which knows how; another one that was chosen may not.
    let has_own_linker = target("ARCH") == "x86_64" && target("OS") == "linux" && target("ENV") == "gnu";
    if has_own_linker && std::env::var_os("RUSTC_LINKER").is_none() {
        println!("cargo:rustc-link-arg-bins=-Wl,--icf=safe");
    }
}
