//! `cargo xtask fix`: the one command that edits sources: formatting, clippy's own suggestions, generated code.

use anyhow::Result;

use crate::{codegen, run};

pub fn run() -> Result<()> {
    codegen::run(false)?;
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
