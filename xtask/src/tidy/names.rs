//! Names that say nothing are refused, for crates, folders, modules and files of source alike.

use crate::tidy::manifest::Workspace;
use crate::tree::{Fault, Tree};

const REFUSED: [&str; 10] =
    ["common", "util", "utils", "core", "types", "helper", "helpers", "manager", "misc", "shared"];

pub fn check(tree: &Tree, workspace: &Workspace) -> Vec<Fault> {
    let files =
        tree.files.keys().filter(|path| path.ends_with(".rs") || path.ends_with(".py")).filter_map(|path| {
            let name = path.split('/').map(stem).find(|part| is_refused(part))?;
            Some(Fault::new(path, format!("`{name}` says nothing: name what it is")))
        });
    let crates = workspace.packages.iter().filter_map(|package| {
        let name = package.name.strip_prefix("strongroom-").unwrap_or(&package.name);
        is_refused(name)
            .then(|| Fault::new(format!("{}/Cargo.toml", package.folder), format!("`{name}` says nothing")))
    });
    files.chain(crates).collect()
}

fn stem(part: &str) -> &str {
    part.split_once('.').map_or(part, |(stem, _)| stem)
}

/// A second edition of a crate or folder (`-v2`) hides which one is meant.
fn is_refused(name: &str) -> bool {
    REFUSED.contains(&name) || name.ends_with("-v2")
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::manifest::Workspace;
    use crate::tidy::manifest::tests::{floor, two};

    #[test]
    fn empty_names_are_refused_as_file_folder_and_crate() {
        let mut tree = two(&floor(0), &floor(40));
        for path in ["crates/wire/src/utils.rs", "crates/wire/src/core/mod.rs", "crates/wire-v2/src/lib.rs"] {
            tree.files.insert(path.to_owned(), String::new());
        }
        tree.files.insert("crates/wire/src/list_objects_v2.rs".to_owned(), String::new());
        let manifest = tree.files["crates/model/Cargo.toml"].replace("strongroom-model", "strongroom-common");
        tree.files.insert("crates/model/Cargo.toml".to_owned(), manifest);
        assert_eq!(check(&tree, &Workspace::read(&tree).unwrap()).len(), 4);
    }
}
