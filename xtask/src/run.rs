//! Starting other programs from the root of the repository, with or without keeping what they print.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// The repository's root: where the workspace's manifest stands.
pub fn root() -> PathBuf {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.parent().map(PathBuf::from).unwrap_or(here)
}

/// A command that starts in the root; cargo is the very one that started us.
pub fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root());
    command
}

pub fn cargo(arguments: &[&str]) -> Command {
    let mut cargo = command(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(arguments);
    cargo
}

/// Runs to the end with our own input and output; an error when it fails.
pub fn must(mut command: Command) -> Result<()> {
    let shown = show(&command);
    let status = command.status().with_context(|| format!("could not start {shown}"))?;
    if !status.success() {
        bail!("{shown} ended with {status}");
    }
    Ok(())
}

/// What it prints on its output; an error when it fails.
pub fn output(mut command: Command) -> Result<String> {
    let shown = show(&command);
    let done =
        command.stderr(Stdio::inherit()).output().with_context(|| format!("could not start {shown}"))?;
    if !done.status.success() {
        bail!("{shown} ended with {}", done.status);
    }
    Ok(String::from_utf8_lossy(&done.stdout).into_owned())
}

/// Runs to the end, shows each line as it comes and keeps those that `keep` wants. True when it succeeded.
pub fn watch(mut command: Command, keep: impl Fn(&str) -> bool) -> Result<(bool, Vec<String>)> {
    let shown = show(&command);
    let mut child =
        command.stdout(Stdio::piped()).spawn().with_context(|| format!("could not start {shown}"))?;
    let mut kept = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout).split(b'\n') {
            let line = String::from_utf8_lossy(&line?).into_owned();
            println!("{line}");
            std::io::stdout().flush()?;
            if keep(&line) {
                kept.push(line);
            }
        }
    }
    Ok((child.wait()?.success(), kept))
}

fn show(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy().into_owned()];
    words.extend(command.get_args().map(|word| word.to_string_lossy().into_owned()));
    words.join(" ")
}
