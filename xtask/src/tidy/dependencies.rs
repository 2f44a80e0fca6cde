//! docs/dependencies.md has a row for every outside crate, and none for what is gone.

use std::collections::BTreeSet;

use crate::tidy::manifest::Workspace;
use crate::tree::{Fault, Tree};

const PATH: &str = "docs/dependencies.md";
/// The black-box suites' own: they may have rows, by their names in these files.
const REQUIREMENTS: &str = "tests/clients/requirements.txt";
const PACKAGE: &str = "tests/clients/oidc/package.json";

pub fn check(tree: &Tree, workspace: &Workspace) -> Vec<Fault> {
    let rows = rows(tree.get(PATH).unwrap_or_default());
    let package: serde_json::Value =
        serde_json::from_str(tree.get(PACKAGE).unwrap_or_default()).unwrap_or_default();
    let packages = package["dependencies"].as_object().into_iter().flat_map(|all| all.keys());
    let required = tree.get(REQUIREMENTS).unwrap_or_default().lines().map(name_of);
    let pinned: BTreeSet<&str> = required.chain(packages.map(String::as_str)).collect();
    let missing = workspace
        .outside
        .iter()
        .filter(|name| !rows.contains(name.as_str()))
        .map(|name| Fault::new(PATH, format!("has no row for `{name}`")));
    let gone = rows
        .iter()
        .filter(|name| !workspace.outside.contains(**name) && !pinned.contains(**name))
        .map(|name| Fault::new(PATH, format!("has a row for `{name}`, which nothing depends on")));
    missing.chain(gone).collect()
}

/// The first cells of the tables' rows: `| `name` | why | …`.
fn rows(text: &str) -> BTreeSet<&str> {
    text.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect()
}

fn name_of(requirement: &str) -> &str {
    requirement.split("==").next().unwrap_or_default().trim()
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::manifest::Workspace;
    use crate::tidy::manifest::tests::{floor, two};

    fn told(text: &str) -> Vec<String> {
        let mut tree = two(&floor(0), &floor(40));
        tree.files.insert("docs/dependencies.md".to_owned(), text.to_owned());
        tree.files.insert("tests/clients/requirements.txt".to_owned(), "boto3==1.0\n".to_owned());
        check(&tree, &Workspace::read(&tree).unwrap()).into_iter().map(|fault| fault.what).collect()
    }

    #[test]
    fn every_outside_crate_has_its_row() {
        assert_eq!(told("| `bytes` | buffers |\n| `boto3` | the client |\n"), Vec::<String>::new());
        assert_eq!(told(""), ["has no row for `bytes`"]);
    }

    #[test]
    fn a_row_without_its_crate_is_a_fault() {
        assert_eq!(
            told("| `bytes` | buffers |\n| `gone` | was here |\n"),
            ["has a row for `gone`, which nothing depends on"]
        );
    }
}
