//! What no file may hold: paths and programs of the one machine on which somebody wrote it.

use crate::tree::{Fault, Tree};

/// In two pieces, so that this file does not hold them either.
const REFUSED: [(&str, &str); 8] = [
    ("/wo", "rk/"),
    ("/ro", "ot/"),
    ("/tmp", "/plan"),
    ("/tmp", "/probe"),
    (".lib", "rary/"),
    ("farm", "-bench"),
    ("before", "-stop"),
    ("issues", " show"),
];

pub fn check(tree: &Tree) -> Vec<Fault> {
    let files = tree.files.iter().filter(|(path, _)| *path != "Cargo.lock");
    files.flat_map(|(path, text)| in_file(path, text)).collect()
}

fn in_file(path: &str, text: &str) -> Vec<Fault> {
    let words = REFUSED.map(|(start, end)| format!("{start}{end}"));
    let mut faults = Vec::new();
    for (number, line) in text.lines().enumerate() {
        for word in words.iter().filter(|word| stands_alone(line, word)) {
            let place = format!("{path}:{}", number + 1);
            faults.push(Fault::new(place, format!("`{word}` belongs to one machine only")));
        }
    }
    faults
}

/// `net/work/` is no path of a machine: what stands before must not continue a name or a path.
fn stands_alone(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|before| before.is_alphanumeric() || "._-}>".contains(before))
    })
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tree::Tree;

    #[test]
    fn a_path_of_one_machine_is_a_fault_and_a_part_of_another_path_is_not() {
        let planted = format!("see {}{}notes\n", "/wo", "rk/");
        let innocent = format!("net{}{}load and $HOME{}{}\n", "/wo", "rk/", "/ro", "ot/");
        let tree = Tree::of(&[("docs/a.md", &planted), ("docs/b.md", &innocent)]);
        let places: Vec<_> = check(&tree).into_iter().map(|fault| fault.place).collect();
        assert_eq!(places, ["docs/a.md:1"]);
    }
}
