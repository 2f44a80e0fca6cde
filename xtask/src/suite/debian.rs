//! Debian's packages that the suites use when they can: installed by apt where we are root, else left out.

use std::process::Stdio;

use crate::run;

/// Installs those that are not here; answers those that still are not.
pub fn install<'a>(packages: &[&'a str]) -> Vec<&'a str> {
    let absent = |package: &&&str| !is_here(package);
    let wanted: Vec<&str> = packages.iter().filter(absent).copied().collect();
    if wanted.is_empty() || !is_root() {
        return wanted;
    }
    // Each step may fail (no network, no such package); what counts is what is here afterwards.
    apt(&["update"]);
    for package in &wanted {
        apt(&["install", "--yes", "--no-install-recommends", package]);
    }
    packages.iter().filter(absent).copied().collect()
}

fn apt(arguments: &[&str]) {
    let mut apt = run::command("apt-get");
    apt.arg("-qq").args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
    apt.stdin(Stdio::null()).stdout(Stdio::null());
    if let Err(error) = run::must(apt) {
        eprintln!("{error:#}");
    }
}

fn is_here(package: &str) -> bool {
    let mut dpkg = run::command("dpkg");
    dpkg.args(["--status", package]).stdout(Stdio::null()).stderr(Stdio::null());
    dpkg.status().is_ok_and(|status| status.success())
}

fn is_root() -> bool {
    let mut id = run::command("id");
    id.arg("-u");
    run::output(id).is_ok_and(|user| user.trim() == "0")
}
