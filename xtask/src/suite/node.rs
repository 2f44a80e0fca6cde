//! The OpenID Connect server of the suites, a package for Node at its pinned version, in `target/oidc`; made once for
//! each state of its lock file. Left out, with the reason, where the machine has no Node.

use std::process::Stdio;

use anyhow::{Context, Result, bail};

use crate::run;

const FOLDER: &str = "tests/clients/oidc";
const FILES: [&str; 2] = ["package.json", "package-lock.json"];
/// The first release that the server runs on.
const NODE_MIN: u32 = 20;

pub fn install() -> Result<()> {
    let (from, to) = (run::root().join(FOLDER), run::root().join("target/oidc"));
    let wanted =
        std::fs::read_to_string(from.join(FILES[1])).context("the OpenID Connect server's lock file")?;
    let stamp = to.join("installed");
    // The stamp is written last, so an installation that was cut off is made again.
    if std::fs::read_to_string(&stamp).is_ok_and(|have| have == wanted) {
        return Ok(());
    }
    check_node()?;
    std::fs::create_dir_all(&to)?;
    for file in FILES {
        std::fs::copy(from.join(file), to.join(file))?;
    }
    let mut npm = run::command("npm");
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]).current_dir(&to);
    run::must(npm)?;
    std::fs::write(stamp, wanted)?;
    Ok(())
}

fn check_node() -> Result<()> {
    let mut node = run::command("node");
    node.arg("--version").stderr(Stdio::null());
    let version = run::output(node).context("Node is not here")?;
    let major = version.trim().trim_start_matches('v').split('.').next().unwrap_or_default();
    if major.parse::<u32>().is_ok_and(|major| major >= NODE_MIN) {
        return Ok(());
    }
    bail!("Node is {}, and {NODE_MIN} is needed", version.trim())
}
