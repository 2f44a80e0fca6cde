//! `xtask/ratchet.toml`: today's exceptions from the sizes, each with its exact number, so that they only shrink.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::tree::Tree;

pub const PATH: &str = "xtask/ratchet.toml";

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ratchet {
    /// Path → lines.
    #[serde(default)]
    pub files: BTreeMap<String, usize>,
    /// `path::function` → lines.
    #[serde(default)]
    pub functions: BTreeMap<String, usize>,
}

impl Ratchet {
    pub fn read(tree: &Tree) -> Result<Self> {
        let text = tree.get(PATH).unwrap_or_default();
        toml::from_str(text).with_context(|| format!("{PATH} is not what it should be"))
    }
}
