//! What must not compile does not: no operation reaches a handler around its authorization.
//!
//! Each program of `doors/` is given to the compiler with the rooms as they are built; which errors it must end with
//! stands on its first line. `guarded.rs` compiles, so that the others fail for what they lack alone.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, wherever it stands")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

const ROOMS: [&str; 3] = ["api", "auth", "semantics"];

/// The libraries of the rooms, from the same build as this test where its features are the same.
fn rooms() -> Vec<(String, PathBuf)> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--offline", "--quiet", "--lib", "--message-format", "json"]);
    let built = cargo.args(["--package", env!("CARGO_PKG_NAME")]).output().unwrap();
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    let text = String::from_utf8(built.stdout).unwrap();
    let artifact = |line: &str| {
        let name = ROOMS.iter().find(|name| line.contains(&format!("\"name\":\"{name}\"")))?;
        let file = line.split('"').find(|word| word.ends_with(".rlib"))?;
        Some(((*name).to_owned(), PathBuf::from(file)))
    };
    let found: Vec<_> =
        text.lines().filter(|line| line.contains("compiler-artifact")).filter_map(artifact).collect();
    assert_eq!(found.len(), ROOMS.len(), "{found:?}");
    found
}

/// The codes of the errors that a program ends with; none when it compiles.
fn errors(program: &Path, rooms: &[(String, PathBuf)], out: &Path) -> BTreeSet<String> {
    let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    rustc.args(["--edition", "2024", "--crate-type", "lib", "--emit", "metadata", "--error-format", "short"]);
    rustc.arg("--out-dir").arg(out).arg(program);
    for (name, library) in rooms {
        rustc.arg("--extern").arg(format!("{name}={}", library.display()));
        rustc.arg("-L").arg(format!("dependency={}", library.parent().unwrap().join("deps").display()));
        rustc.arg("-L").arg(format!("dependency={}", library.parent().unwrap().display()));
    }
    let done = rustc.output().unwrap();
    let text = String::from_utf8_lossy(&done.stderr).into_owned();
    let code = |line: &str| Some(line.split_once(" error[")?.1.split_once(']')?.0.to_owned());
    let codes: BTreeSet<String> = text.lines().filter_map(code).collect();
    assert_eq!(done.status.success(), codes.is_empty(), "{}:\n{text}", program.display());
    codes
}

#[test]
fn no_operation_reaches_a_handler_around_its_authorization() {
    let rooms = rooms();
    let out = std::env::temp_dir().join(format!("strongroom-doors-{}", std::process::id()));
    std::fs::create_dir_all(&out).unwrap();
    let mut seen = 0;
    for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doors")).unwrap() {
        let program = entry.unwrap().path();
        let text = std::fs::read_to_string(&program).unwrap();
        let (_, expected) = text.lines().next().unwrap().rsplit_once(": ").unwrap();
        let expected: BTreeSet<String> =
            expected.split(' ').filter(|word| word.starts_with('E')).map(str::to_owned).collect();
        assert_eq!(errors(&program, &rooms, &out), expected, "{}", program.display());
        seen += 1;
    }
    let _ = std::fs::remove_dir_all(&out);
    assert_eq!(seen, 5);
}
