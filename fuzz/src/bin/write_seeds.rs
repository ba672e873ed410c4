//! Writes the seeds where cargo-fuzz looks for them: `cargo run --bin write-seeds` fills `corpus/<target>/`.

use std::path::Path;

fn main() -> std::io::Result<()> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for (name, _) in castellan_fuzz::TARGETS {
        let directory = corpus.join(name);
        std::fs::create_dir_all(&directory)?;
        for (number, seed) in castellan_fuzz::seeds::of(name).iter().enumerate() {
            std::fs::write(directory.join(format!("seed-{number:02}")), seed)?;
        }
    }
    Ok(())
}
