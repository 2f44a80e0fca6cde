//! `cargo xtask tidy`: the house rules that a program can check. Each check is a pure function of the tree.

mod dependencies;
mod floors;
mod functions;
mod heads;
mod manifest;
mod map;
mod names;
mod ratchet;
mod sizes;
mod supply;
mod unfinished;
mod words;

use anyhow::{Result, bail};

use crate::tree::{Fault, Tree};

/// Prints every fault; an error when there is one.
pub fn run() -> Result<()> {
    let tree = Tree::read()?;
    let mut faults = check(&tree)?;
    faults.extend(supply::check(&tree, &supply::outside()?)?);
    faults.sort();
    for fault in &faults {
        eprintln!("tidy: {fault}");
    }
    if !faults.is_empty() {
        bail!("{} things are not tidy", faults.len());
    }
    println!("tidy: {} files, nothing to say", tree.files.len());
    Ok(())
}

/// Everything that can be told from the files alone.
fn check(tree: &Tree) -> Result<Vec<Fault>> {
    let workspace = manifest::Workspace::read(tree)?;
    let ratchet = ratchet::Ratchet::read(tree)?;
    let mut faults = Vec::new();
    faults.extend(floors::check(&workspace));
    faults.extend(sizes::check(tree, &ratchet));
    faults.extend(heads::check(tree));
    faults.extend(names::check(tree, &workspace));
    faults.extend(words::check(tree));
    faults.extend(map::check(tree, &workspace));
    faults.extend(dependencies::check(tree, &workspace));
    faults.extend(unfinished::check(tree));
    Ok(faults)
}
