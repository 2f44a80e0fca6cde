//! What may come in from outside: licences and bans, both written in `deny.toml` (in cargo-deny's own format).

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::run;
use crate::tree::{Fault, Tree};

const PATH: &str = "deny.toml";

#[derive(Deserialize)]
struct Deny {
    licenses: Licences,
    bans: Bans,
}

#[derive(Deserialize)]
struct Licences {
    allow: Vec<String>,
}

#[derive(Deserialize)]
struct Bans {
    deny: Vec<Ban>,
}

#[derive(Deserialize)]
struct Ban {
    #[serde(rename = "crate")]
    name: String,
    reason: String,
}

/// A crate from outside that a build of the workspace uses.
#[derive(Debug)]
pub struct Outside {
    name: String,
    licence: String,
}

pub fn check(tree: &Tree, outside: &[Outside]) -> Result<Vec<Fault>> {
    let deny = tree.get(PATH).with_context(|| format!("{PATH} is missing"))?;
    let deny: Deny = toml::from_str(deny).with_context(|| format!("{PATH} is not what it should be"))?;
    let mut faults = Vec::new();
    for Outside { name, licence } in outside {
        if let Some(ban) = deny.bans.deny.iter().find(|ban| ban.name == *name) {
            faults.push(Fault::new("Cargo.lock", format!("`{name}` is used: {}", ban.reason)));
        }
        if !is_met(licence, &deny.licenses.allow) {
            faults.push(Fault::new(
                "Cargo.lock",
                format!("`{name}` has `{licence}`, which {PATH} does not allow"),
            ));
        }
    }
    Ok(faults)
}

/// What is really compiled here, tests included; Cargo.lock also names what other machines or features would use.
pub fn outside() -> Result<Vec<Outside>> {
    // Locked, because a check never writes: a Cargo.lock that lags behind its manifests is itself a fault.
    let tree = [
        "tree",
        "--locked",
        "--workspace",
        "--edges",
        "normal,build,dev",
        "--prefix",
        "none",
        "--format",
        "{p}|{l}",
    ];
    let text = run::output(run::cargo(&tree))?;
    let mut outside = Vec::new();
    for line in text.lines() {
        // `name v1.2.3 (proc-macro)|MIT (*)`; our own have their folder in the place of the remark.
        let Some((package, licence)) = line.split_once('|') else { continue };
        if !package.contains(" (/") {
            let name = package.split(' ').next().unwrap_or_default().to_owned();
            outside.push(Outside { name, licence: licence.trim_end_matches(" (*)").to_owned() });
        }
    }
    outside.sort_by(|a, b| a.name.cmp(&b.name));
    outside.dedup_by(|a, b| a.name == b.name && a.licence == b.licence);
    Ok(outside)
}

/// An SPDX expression: each part of an AND (all of which bind) needs one allowed licence among its ORs.
fn is_met(expression: &str, allowed: &[String]) -> bool {
    let allows = |name: &str| allowed.iter().any(|licence| licence == name.trim_matches(['(', ')', ' ']));
    !expression.is_empty()
        && expression
            .split(" AND ")
            .all(|part| part.split(" OR ").flat_map(|name| name.split('/')).any(allows))
}

#[cfg(test)]
mod tests {
    use super::{Outside, check, is_met};
    use crate::tree::Tree;

    const DENY: &str = "[licenses]\nallow = [\"MIT\", \"ISC\"]\n[bans]\ndeny = [{ crate = \"openssl-sys\", reason = \"one provider\" }]\n";

    fn told(name: &str, licence: &str) -> Vec<String> {
        let outside = [Outside { name: name.to_owned(), licence: licence.to_owned() }];
        let faults = check(&Tree::of(&[("deny.toml", DENY)]), &outside).unwrap();
        faults.into_iter().map(|fault| fault.what).collect()
    }

    #[test]
    fn a_banned_crate_is_a_fault_with_its_reason() {
        assert_eq!(told("openssl-sys", "MIT"), ["`openssl-sys` is used: one provider"]);
    }

    #[test]
    fn a_licence_that_is_not_allowed_is_a_fault() {
        assert_eq!(told("good", "MIT OR GPL-3.0"), Vec::<String>::new());
        assert_eq!(told("bad", "GPL-3.0").len(), 1);
        assert_eq!(told("bare", "").len(), 1);
    }

    #[test]
    fn every_part_of_an_and_binds() {
        let allowed = ["MIT".to_owned(), "ISC".to_owned()];
        assert!(is_met("ISC AND (Apache-2.0 OR MIT)", &allowed) && is_met("MIT/Apache-2.0", &allowed));
        assert!(!is_met("ISC AND OpenSSL", &allowed) && !is_met("", &allowed));
    }
}
