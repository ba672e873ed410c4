//! Replays seeds, regressions and random changes of both. `FUZZ_ROUNDS` says how many changes of each input (500 unless told),
//! `FUZZ_SEED` where they begin; a failure prints both and the input.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use castellan_fuzz::mutate::{Dice, mutate};
use castellan_fuzz::{TARGETS, Target, seeds};

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn regressions(name: &str) -> Vec<Vec<u8>> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("regressions").join(name);
    let Ok(entries) = std::fs::read_dir(directory) else { return Vec::new() };
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| std::fs::read(path).unwrap()).collect()
}

fn check(name: &str, target: Target, input: &[u8], seed: u64) {
    if let Err(cause) = catch_unwind(AssertUnwindSafe(|| target(input))) {
        println!("target {name}, seed {seed}, input: {}", input.escape_ascii());
        std::panic::resume_unwind(cause);
    }
}

fn replay(name: &str) {
    let (_, target) = TARGETS.into_iter().find(|(own, _)| *own == name).unwrap();
    let mut inputs = seeds::of(name);
    inputs.extend(regressions(name));
    let (rounds, seed) = (setting("FUZZ_ROUNDS", 500), setting("FUZZ_SEED", 1));
    let mut dice = Dice::new(seed);
    for input in &inputs {
        check(name, target, input, seed);
        for _ in 0..rounds {
            let other = &inputs[dice.below(inputs.len())];
            check(name, target, &mutate(input, other, &mut dice), seed);
        }
    }
}

macro_rules! replays {
    ($($name:ident)*) => { $(
        #[test]
        fn $name() {
            replay(stringify!($name));
        }
    )* };
}

replays!(rest json rpc form jwt opaque key);

#[test]
fn every_target_has_seeds_that_reach_its_depths() {
    for (name, _) in TARGETS {
        assert!(seeds::of(name).len() >= 3, "{name}");
    }
}

#[test]
fn the_same_seed_makes_the_same_changes() {
    let changes = |seed| {
        let mut dice = Dice::new(seed);
        (0..50).map(|_| mutate(b"some input", b"another", &mut dice)).collect::<Vec<_>>()
    };
    assert_eq!(changes(7), changes(7));
    assert!(changes(7) != changes(8));
}
