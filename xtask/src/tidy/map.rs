//! docs/ARCHITECTURE.md is true: every path that it names exists, and it names every crate.

use crate::tidy::manifest::Workspace;
use crate::tree::{Fault, Tree};

const PATH: &str = "docs/ARCHITECTURE.md";

pub fn check(tree: &Tree, workspace: &Workspace) -> Vec<Fault> {
    let Some(text) = tree.get(PATH) else { return vec![Fault::new(PATH, "is missing")] };
    let named: Vec<&str> = code_spans(text).filter(|span| looks_like_a_path(span)).collect();
    let absent = named
        .iter()
        .filter(|path| !tree.exists(path))
        .map(|path| Fault::new(PATH, format!("names `{path}`, which does not exist")));
    let unnamed = workspace
        .packages
        .iter()
        .filter(|package| !named.iter().any(|path| path.trim_end_matches('/') == package.folder))
        .map(|package| Fault::new(PATH, format!("does not name `{}`", package.folder)));
    absent.chain(unnamed).collect()
}

/// What stands between single backquotes.
fn code_spans(text: &str) -> impl Iterator<Item = &str> {
    text.lines().flat_map(|line| line.split('`').skip(1).step_by(2))
}

/// `crates/wire/src/lib.rs`, `docs/formats`; neither an URL's path (`/-/metrics`), a command nor a type.
fn looks_like_a_path(span: &str) -> bool {
    let named =
        span.contains('/') || span.ends_with(".rs") || span.ends_with(".md") || span.ends_with(".toml");
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    named && !span.starts_with(['/', '.']) && span.chars().all(plain) || is_folder_of_workshop(span)
}

fn is_folder_of_workshop(span: &str) -> bool {
    matches!(span, "sim" | "reference" | "bench" | "xtask")
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::manifest::Workspace;
    use crate::tidy::manifest::tests::{floor, two};

    #[test]
    fn the_map_names_every_crate_and_no_path_that_is_gone() {
        let mut tree = two(&floor(0), &floor(40));
        let text = "`crates/model`, `crates/gone/src/lib.rs`, `GET /-/metrics`, `a::b`\n";
        tree.files.insert("docs/ARCHITECTURE.md".to_owned(), text.to_owned());
        let told: Vec<_> =
            check(&tree, &Workspace::read(&tree).unwrap()).into_iter().map(|f| f.what).collect();
        assert_eq!(
            told,
            ["names `crates/gone/src/lib.rs`, which does not exist", "does not name `crates/wire`"]
        );
    }
}
