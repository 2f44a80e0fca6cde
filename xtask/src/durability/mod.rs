//! `cargo xtask durability`: what the layouts are worth, computed into docs/durability.md and its chart.
//!
//! The page's text is written by hand; tables stand between `<!-- figures: name -->` and `<!-- end -->`. A chain
//! computes them, and a simulation of the same assumptions, which knows nothing of the chain, must agree.

mod assumptions;
mod chain;
mod chart;
mod simulation;
mod tables;

use anyhow::{Context, Result, ensure};

use crate::run;

const PAGE: &str = "docs/durability.md";
const CHART: &str = "docs/durability.svg";

/// Writes the tables and the chart anew, or with `check` proves that they are current.
pub fn run(check: bool) -> Result<()> {
    let page = std::fs::read_to_string(run::root().join(PAGE)).context(PAGE)?;
    let mut filled = page;
    for (name, table) in tables::all() {
        filled = fill(&filled, name, &table)?;
    }
    for (path, text) in [(PAGE, filled), (CHART, chart::draw())] {
        let file = run::root().join(path);
        if std::fs::read_to_string(&file).is_ok_and(|current| current == text) {
            continue;
        }
        ensure!(!check, "{path} is not current: cargo xtask durability");
        std::fs::write(&file, text).context(path)?;
        println!("{path}: written");
    }
    Ok(())
}

fn fill(page: &str, name: &str, table: &str) -> Result<String> {
    let start = format!("<!-- figures: {name} -->\n");
    let (before, rest) = page.split_once(&start).with_context(|| format!("{PAGE} has no {start}"))?;
    let (_, after) = rest.split_once("<!-- end -->").with_context(|| format!("{start} has no end"))?;
    Ok(format!("{before}{start}{table}<!-- end -->{after}"))
}

#[cfg(test)]
mod tests {
    use super::fill;

    #[test]
    fn a_table_replaces_only_what_stands_between_its_marks() {
        let page = "a\n<!-- figures: x -->\nold\n<!-- end -->\nb\n";
        assert_eq!(fill(page, "x", "new\n").unwrap(), "a\n<!-- figures: x -->\nnew\n<!-- end -->\nb\n");
        assert!(fill(page, "y", "").is_err());
    }
}
