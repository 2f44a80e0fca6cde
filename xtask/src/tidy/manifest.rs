//! The workspace's manifests, as far as the rules need them: packages, their floors, their edges.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use toml::Table;

use crate::tree::Tree;

pub struct Workspace {
    pub packages: Vec<Package>,
    /// Names of the outside crates that the workspace or a member names.
    pub outside: BTreeSet<String>,
}

#[derive(Debug)]
pub struct Package {
    /// The folder, from the root: `crates/model`.
    pub folder: String,
    pub name: String,
    pub floor: Option<i64>,
    /// Folders of the members that its library or build script stands on.
    pub below: Vec<String>,
    pub follows_lints: bool,
}

impl Workspace {
    pub fn read(tree: &Tree) -> Result<Self> {
        let root: Table = parse(tree, "Cargo.toml")?;
        let shared = table(&root, &["workspace", "dependencies"]).cloned().unwrap_or_default();
        let mut outside: BTreeSet<String> = shared
            .iter()
            .filter(|(_, value)| path_of(value).is_none())
            .map(|(name, _)| name.clone())
            .collect();
        let members = table(&root, &["workspace"]).and_then(|workspace| workspace.get("members")?.as_array());
        let members: Vec<&str> = members.into_iter().flatten().filter_map(toml::Value::as_str).collect();
        let mut packages = Vec::new();
        for (path, _) in tree.with_suffix("/Cargo.toml") {
            let Some(folder) = path.strip_suffix("/Cargo.toml") else { continue };
            if is_member(folder, &members) {
                packages.push(package(&parse(tree, path)?, folder, &shared, &mut outside));
            }
        }
        Ok(Self { packages, outside })
    }

    pub fn at(&self, folder: &str) -> Option<&Package> {
        self.packages.iter().find(|package| package.folder == folder)
    }
}

/// Does one of the root's members fit: `xtask`, or `crates/*` for every folder directly in `crates`?
fn is_member(folder: &str, members: &[&str]) -> bool {
    members.iter().any(|member| match member.strip_suffix("/*") {
        Some(parent) => folder.rsplit_once('/').is_some_and(|(above, _)| above == parent),
        None => *member == folder,
    })
}

fn parse(tree: &Tree, path: &str) -> Result<Table> {
    let text = tree.get(path).with_context(|| format!("{path} is missing"))?;
    text.parse().with_context(|| format!("{path} is no TOML"))
}

fn table<'a>(from: &'a Table, path: &[&str]) -> Option<&'a Table> {
    path.iter().try_fold(from, |table, name| table.get(*name)?.as_table())
}

fn path_of(value: &toml::Value) -> Option<&str> {
    value.as_table()?.get("path")?.as_str()
}

fn package(manifest: &Table, folder: &str, shared: &Table, outside: &mut BTreeSet<String>) -> Package {
    let mut below = Vec::new();
    for kind in ["dependencies", "build-dependencies", "dev-dependencies"] {
        for (name, value) in table(manifest, &[kind]).into_iter().flatten() {
            // A member is named in the root by its path from the root, or here by `../name`.
            let inside = shared.get(name).and_then(path_of).map(str::to_owned);
            let beside = path_of(value).map(|path| path.replace("../", "crates/"));
            match inside.or(beside) {
                Some(path) if kind != "dev-dependencies" => below.push(path),
                Some(_) => {}
                None => {
                    outside.insert(name.clone());
                }
            }
        }
    }
    let text = |path: &[&str], key: &str| Some(table(manifest, path)?.get(key)?.as_str()?.to_owned());
    let flag = |path: &[&str], key: &str| table(manifest, path)?.get(key)?.as_bool();
    Package {
        folder: folder.to_owned(),
        name: text(&["package"], "name").unwrap_or_default(),
        floor: table(manifest, &["package", "metadata", "house"])
            .and_then(|house| house.get("floor")?.as_integer()),
        below,
        follows_lints: flag(&["lints"], "workspace").unwrap_or(false),
    }
}

#[cfg(test)]
pub mod tests {
    use super::{Workspace, is_member};
    use crate::tree::Tree;

    /// Two crates, the second upon the first.
    pub fn two(floor_of_first: &str, floor_of_second: &str) -> Tree {
        let root = "[workspace]\nmembers = [\"crates/*\"]\n[workspace.dependencies]\nmodel = { package = \"strongroom-model\", path = \"crates/model\" }\n\
                    bytes = \"1\"\n";
        let lints = "[lints]\nworkspace = true\n";
        let first = format!("[package]\nname = \"strongroom-model\"\n{floor_of_first}\n{lints}");
        let second = format!(
            "[package]\nname = \"strongroom-wire\"\n{floor_of_second}\n{lints}[dependencies]\nmodel.workspace = true\nbytes.workspace = true\n"
        );
        Tree::of(&[
            ("Cargo.toml", root),
            ("crates/model/Cargo.toml", &first),
            ("crates/wire/Cargo.toml", &second),
        ])
    }

    pub fn floor(number: i64) -> String {
        format!("[package.metadata.house]\nfloor = {number}")
    }

    #[test]
    fn members_are_folders_that_the_root_names() {
        let members = ["crates/*", "fuzz/targets"];
        assert!(is_member("crates/wire", &members) && is_member("fuzz/targets", &members));
        assert!(!is_member("fuzz", &members) && !is_member("crates/wire/deep", &members));
    }

    #[test]
    fn edges_lead_to_folders_and_outside_crates_are_named_once() {
        let workspace = Workspace::read(&two(&floor(0), &floor(40))).unwrap();
        assert_eq!(workspace.at("crates/wire").unwrap().below, ["crates/model"]);
        assert_eq!(workspace.outside.iter().collect::<Vec<_>>(), ["bytes"]);
    }
}
