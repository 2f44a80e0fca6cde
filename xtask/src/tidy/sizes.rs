//! How long a file and a function may be. Generated code is exempt; the ratchet names today's exceptions.

use std::collections::BTreeMap;

use crate::tidy::functions::functions;
use crate::tidy::ratchet::{PATH, Ratchet};
use crate::tree::{Fault, Tree, is_generated};

/// Over it a file wants a reason, which is its line in the ratchet.
const FILE_LINES: usize = 600;
/// Over it a file is refused, whatever the ratchet says.
const FILE_LINES_MAX: usize = 1000;
/// The black-box suites are read by people who look for an example.
const SUITE_LINES_MAX: usize = 450;
/// Over it a function wants its line in the ratchet.
const FUNCTION_LINES: usize = 70;

pub fn check(tree: &Tree, ratchet: &Ratchet) -> Vec<Fault> {
    let mut faults = Vec::new();
    let (mut long_files, mut long_functions) = (BTreeMap::new(), BTreeMap::new());
    for (path, text) in tree.with_suffix(".rs").chain(tree.with_suffix(".py")) {
        if is_generated(path) {
            continue;
        }
        let lines = text.lines().count();
        let most = if path.ends_with(".py") { SUITE_LINES_MAX } else { FILE_LINES_MAX };
        if lines > most {
            faults.push(Fault::new(path, format!("has {lines} lines; {most} are the most")));
        } else if lines > FILE_LINES {
            long_files.insert(path.to_owned(), lines);
        }
        if path.ends_with(".rs") {
            collect_long_functions(path, text, &mut long_functions);
        }
    }
    faults.extend(compare(&long_files, &ratchet.files, FILE_LINES));
    faults.extend(compare(&long_functions, &ratchet.functions, FUNCTION_LINES));
    faults
}

fn collect_long_functions(path: &str, text: &str, long: &mut BTreeMap<String, usize>) {
    for function in functions(text).into_iter().filter(|function| function.lines > FUNCTION_LINES) {
        let lines = long.entry(format!("{path}::{}", function.name)).or_default();
        *lines = function.lines.max(*lines);
    }
}

/// Today's lengths against the allowed ones. An entry must be exact: so what shrank stays short.
fn compare(today: &BTreeMap<String, usize>, allowed: &BTreeMap<String, usize>, limit: usize) -> Vec<Fault> {
    let grown = today.iter().filter_map(|(place, lines)| match allowed.get(place) {
        Some(most) if lines <= most => None,
        Some(most) => Some(Fault::new(place, format!("grew from {most} to {lines} lines"))),
        None => Some(Fault::new(place, format!("has {lines} lines; over {limit} wants a reason in {PATH}"))),
    });
    let stale = allowed.iter().filter_map(|(place, most)| match today.get(place) {
        Some(lines) if lines >= most => None,
        Some(lines) => Some(Fault::new(PATH, format!("{place} has {lines} lines now: lower its {most}"))),
        None => Some(Fault::new(PATH, format!("{place} is no longer over {limit} lines: remove it"))),
    });
    grown.chain(stale).collect()
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::ratchet::Ratchet;
    use crate::tree::Tree;

    fn lines(count: usize) -> String {
        "// a line\n".repeat(count)
    }

    fn ratchet(text: &str) -> Ratchet {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn a_giant_is_refused_even_with_a_line_in_the_ratchet() {
        let tree = Tree::of(&[("a.rs", &lines(1001))]);
        let faults = check(&tree, &ratchet("[files]\n\"a.rs\" = 1001\n"));
        assert!(faults.iter().any(|fault| fault.place == "a.rs"), "{faults:?}");
    }

    #[test]
    fn a_long_file_wants_its_exact_line_in_the_ratchet() {
        let tree = Tree::of(&[("a.rs", &lines(700))]);
        assert_eq!(check(&tree, &ratchet("")).len(), 1);
        assert_eq!(check(&tree, &ratchet("[files]\n\"a.rs\" = 700\n")), []);
        assert_eq!(check(&tree, &ratchet("[files]\n\"a.rs\" = 699\n")).len(), 1);
        assert_eq!(check(&tree, &ratchet("[files]\n\"a.rs\" = 701\n")).len(), 1);
    }

    #[test]
    fn a_stale_entry_is_a_fault() {
        let tree = Tree::of(&[("a.rs", &lines(10))]);
        assert_eq!(check(&tree, &ratchet("[files]\n\"a.rs\" = 700\n")).len(), 1);
    }

    #[test]
    fn a_long_function_is_a_fault_and_generated_code_is_not() {
        let body = format!("//! Head.\nfn long() {{\n{}}}\n", lines(70));
        let tree = Tree::of(&[("a.rs", &body), ("crates/api/src/generated/b.rs", &body)]);
        let faults = check(&tree, &ratchet(""));
        assert_eq!(faults.len(), 1);
        assert_eq!(faults[0].place, "a.rs::long");
        assert_eq!(check(&tree, &ratchet("[functions]\n\"a.rs::long\" = 72\n")), []);
    }

    #[test]
    fn a_suite_of_clients_stays_shorter() {
        let tree = Tree::of(&[("tests/clients/test_a.py", &lines(451))]);
        assert_eq!(check(&tree, &ratchet("")).len(), 1);
    }
}
