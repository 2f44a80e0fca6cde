//! Every source file opens with what it is: `//!` in Rust, a docstring in Python.

use crate::tree::{Fault, Tree};

pub fn check(tree: &Tree) -> Vec<Fault> {
    let rust = tree
        .with_suffix(".rs")
        .filter(|(_, text)| !text.starts_with("//! "))
        .map(|(path, _)| Fault::new(path, "does not open with `//! ` and what it is"));
    let python = tree
        .with_suffix(".py")
        .filter(|(_, text)| !text.trim_start_matches("#!/usr/bin/env python3\n").starts_with("\"\"\""))
        .map(|(path, _)| Fault::new(path, "does not open with a docstring that says what it is"));
    rust.chain(python).collect()
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tree::Tree;

    #[test]
    fn a_file_without_a_head_is_a_fault_in_both_languages() {
        let tree = Tree::of(&[
            ("a.rs", "//! A.\n"),
            ("b.rs", "use std::fs;\n"),
            ("c.py", "\"\"\"C.\"\"\"\n"),
            ("d.py", "import os\n"),
            ("e.py", "#!/usr/bin/env python3\n\"\"\"E.\"\"\"\n"),
        ]);
        let places: Vec<_> = check(&tree).into_iter().map(|fault| fault.place).collect();
        assert_eq!(places, ["b.rs", "d.py"]);
    }
}
