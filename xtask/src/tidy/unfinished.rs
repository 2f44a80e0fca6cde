//! No unfinished work in the tree: what is not done is not there.

use crate::tree::{Fault, Tree};

/// In two pieces, so that this file does not hold them either.
const REFUSED: [(&str, &str); 5] =
    [("todo", "!("), ("unimplemented", "!("), ("#[ig", "nore"), ("FIX", "ME"), ("TO", "DO")];

pub fn check(tree: &Tree) -> Vec<Fault> {
    let sources = tree.with_suffix(".rs").chain(tree.with_suffix(".py"));
    sources.flat_map(|(path, text)| in_file(path, text)).collect()
}

fn in_file(path: &str, text: &str) -> Vec<Fault> {
    let words = REFUSED.map(|(start, end)| format!("{start}{end}"));
    let mut faults = Vec::new();
    for (number, line) in text.lines().enumerate() {
        for word in words.iter().filter(|word| line.contains(word.as_str())) {
            faults.push(Fault::new(
                format!("{path}:{}", number + 1),
                format!("`{word}`: finish it or leave it out"),
            ));
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tree::Tree;

    #[test]
    fn unfinished_work_is_found_with_its_line() {
        let planted = format!("//! A.\nfn a() {{\n    {}{}\"later\")\n}}\n", "todo", "!(");
        let skipped = format!("//! B.\n{}{} = \"slow\"]\nfn b() {{}}\n", "#[ig", "nore");
        let tree = Tree::of(&[("a.rs", &planted), ("b.rs", &skipped), ("c.rs", "//! C.\n")]);
        let places: Vec<_> = check(&tree).into_iter().map(|fault| fault.place).collect();
        assert_eq!(places, ["a.rs:3", "b.rs:2"]);
    }
}
