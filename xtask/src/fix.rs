//! `cargo xtask fix`: the one command that edits sources: formatting, clippy's own suggestions, what is generated.

use anyhow::Result;

use crate::{codegen, durability, run};

pub fn run() -> Result<()> {
    codegen::run(false)?;
    durability::run(false)?;
    run::must(run::cargo(&[
        "clippy",
        "--workspace",
        "--all-targets",
        "--fix",
        "--allow-dirty",
        "--allow-staged",
    ]))?;
    run::must(run::cargo(&["fmt", "--all"]))
}
