//! Law 1, down only: every crate says its floor and stands on lower ones alone.

use crate::tidy::manifest::{Package, Workspace};
use crate::tree::Fault;

pub fn check(workspace: &Workspace) -> Vec<Fault> {
    workspace.packages.iter().flat_map(|package| faults(workspace, package)).collect()
}

fn faults(workspace: &Workspace, package: &Package) -> Vec<Fault> {
    let place = format!("{}/Cargo.toml", package.folder);
    let mut faults = Vec::new();
    if !package.follows_lints {
        faults.push(Fault::new(&place, "does not say `[lints] workspace = true`"));
    }
    let Some(own) = package.floor else {
        faults.push(Fault::new(&place, "has no `[package.metadata.house] floor`"));
        return faults;
    };
    for folder in &package.below {
        match workspace.at(folder).map(|other| other.floor) {
            Some(Some(other)) if other < own => {}
            Some(Some(other)) => faults.push(Fault::new(
                &place,
                format!("stands on floor {own} but depends on {folder}, which is on floor {other}"),
            )),
            // The other crate's own fault is told at its own place.
            Some(None) => {}
            None => faults.push(Fault::new(&place, format!("depends on {folder}, which is no member"))),
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::manifest::Workspace;
    use crate::tidy::manifest::tests::{floor, two};

    #[test]
    fn a_crate_may_stand_on_a_lower_floor() {
        let workspace = Workspace::read(&two(&floor(0), &floor(40))).unwrap();
        assert_eq!(check(&workspace), []);
    }

    #[test]
    fn an_edge_upward_or_on_the_same_floor_is_a_fault() {
        for first in [40, 50] {
            let workspace = Workspace::read(&two(&floor(first), &floor(40))).unwrap();
            let faults = check(&workspace);
            assert_eq!(faults.len(), 1);
            assert_eq!(faults[0].place, "crates/wire/Cargo.toml");
        }
    }

    #[test]
    fn a_crate_without_a_floor_is_a_fault() {
        let workspace = Workspace::read(&two("", &floor(40))).unwrap();
        let faults = check(&workspace);
        assert_eq!(faults.len(), 1);
        assert_eq!(faults[0].place, "crates/model/Cargo.toml");
    }
}
