//! Names: what programs see, what the device surely has, and the name changes between the two, in order.
//!
//! A crash keeps, of each directory, a prefix of its unsynced changes. That is harsher than ext4, whose journal
//! keeps one prefix over all directories, and legal by POSIX. A rename is one change, also between two directories.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use crate::Dice;

pub type InodeId = u64;

/// A directory is named by its path, so its own entry lives under its parent like a file's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Node {
    File(InodeId),
    Directory,
}

type Names = BTreeMap<String, BTreeMap<String, Node>>;

#[derive(Clone, Debug)]
pub struct Tree {
    live: Names,
    durable: Names,
    pending: Vec<Change>,
}

/// In each directory: the name and what it then stands for.
#[derive(Clone, Debug)]
struct Change(Vec<(String, String, Option<Node>)>);

impl Change {
    fn directories(&self) -> impl Iterator<Item = &String> {
        self.0.iter().map(|(directory, ..)| directory)
    }

    fn apply(&self, names: &mut Names) {
        for (directory, name, node) in &self.0 {
            let entries = names.entry(directory.clone()).or_default();
            match node {
                Some(node) => entries.insert(name.clone(), *node),
                None => entries.remove(name),
            };
        }
    }
}

/// `a/b/c` → (`a/b`, `c`); a name in the root has the directory ``.
fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

/// One spelling per place: no `./`, no doubled or closing `/`.
pub fn normal(path: &str) -> String {
    let steps: Vec<&str> = path.split('/').filter(|step| !step.is_empty() && *step != ".").collect();
    steps.join("/")
}

fn not_found(path: &str) -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, format!("no such file or directory: {path}"))
}

impl Tree {
    pub fn new() -> Self {
        let root: Names = BTreeMap::from([(String::new(), BTreeMap::new())]);
        Self { live: root.clone(), durable: root, pending: Vec::new() }
    }

    fn node(&self, path: &str) -> Option<Node> {
        if path.is_empty() {
            return Some(Node::Directory);
        }
        let (directory, name) = split(path);
        self.live.get(directory)?.get(name).copied()
    }

    pub fn exists(&self, path: &str) -> bool {
        self.node(path).is_some()
    }

    pub fn file(&self, path: &str) -> io::Result<InodeId> {
        match self.node(path) {
            Some(Node::File(inode)) => Ok(inode),
            Some(Node::Directory) => Err(io::ErrorKind::IsADirectory.into()),
            None => Err(not_found(path)),
        }
    }

    pub fn list(&self, directory: &str) -> io::Result<Vec<String>> {
        let names = self.live.get(directory).ok_or_else(|| not_found(directory))?;
        Ok(names.keys().cloned().collect())
    }

    fn change(&mut self, change: Change) {
        change.apply(&mut self.live);
        self.pending.push(change);
    }

    pub fn create_dir(&mut self, path: &str) -> io::Result<()> {
        let mut upto = String::new();
        for step in path.split('/').filter(|step| !step.is_empty()) {
            let parent = upto.clone();
            upto = if upto.is_empty() { step.to_owned() } else { format!("{upto}/{step}") };
            match self.node(&upto) {
                Some(Node::Directory) => {}
                Some(Node::File(_)) => return Err(io::ErrorKind::NotADirectory.into()),
                None => {
                    self.change(Change(vec![(parent, step.to_owned(), Some(Node::Directory))]));
                    self.live.entry(upto.clone()).or_default();
                }
            }
        }
        Ok(())
    }

    pub fn create(&mut self, path: &str, inode: InodeId) -> io::Result<()> {
        let (directory, name) = split(path);
        if !self.live.contains_key(directory) {
            return Err(not_found(directory));
        }
        if self.exists(path) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        self.change(Change(vec![(directory.to_owned(), name.to_owned(), Some(Node::File(inode)))]));
        Ok(())
    }

    pub fn rename(&mut self, from: &str, to: &str) -> io::Result<()> {
        let inode = self.file(from)?;
        let ((from_directory, from_name), (to_directory, to_name)) = (split(from), split(to));
        if !self.live.contains_key(to_directory) {
            return Err(not_found(to_directory));
        }
        if from != to {
            self.change(Change(vec![
                (from_directory.to_owned(), from_name.to_owned(), None),
                (to_directory.to_owned(), to_name.to_owned(), Some(Node::File(inode))),
            ]));
        }
        Ok(())
    }

    pub fn remove(&mut self, path: &str) -> io::Result<()> {
        self.file(path)?;
        let (directory, name) = split(path);
        self.change(Change(vec![(directory.to_owned(), name.to_owned(), None)]));
        Ok(())
    }

    /// Makes the directory's changes durable, and with them what they rest on.
    pub fn sync(&mut self, directory: &str) -> io::Result<()> {
        if !self.live.contains_key(directory) {
            return Err(not_found(directory));
        }
        let mut reached = BTreeSet::from([directory.to_owned()]);
        let mut chosen = vec![false; self.pending.len()];
        for (at, change) in self.pending.iter().enumerate().rev() {
            if change.directories().any(|directory| reached.contains(directory)) {
                reached.extend(change.directories().cloned());
                chosen[at] = true;
            }
        }
        let mut left = Vec::new();
        for (change, chosen) in std::mem::take(&mut self.pending).into_iter().zip(chosen) {
            if chosen { change.apply(&mut self.durable) } else { left.push(change) }
        }
        self.pending = left;
        Ok(())
    }

    pub fn crash(&mut self, dice: &Dice) {
        let percent = [0, 50, 90, 100][dice.index(4)];
        let mut stopped = BTreeSet::new();
        for change in std::mem::take(&mut self.pending) {
            if change.directories().any(|directory| stopped.contains(directory)) || !dice.chance(percent) {
                stopped.extend(change.directories().cloned());
            } else {
                change.apply(&mut self.durable);
            }
        }
        self.live = self.reachable();
        self.durable = self.live.clone();
    }

    /// The durable names that hang on the root: a directory whose own name was lost is gone with all in it.
    fn reachable(&self) -> Names {
        let mut kept = BTreeMap::new();
        let mut to_visit = vec![String::new()];
        while let Some(directory) = to_visit.pop() {
            let names = self.durable.get(&directory).cloned().unwrap_or_default();
            for (name, _) in names.iter().filter(|(_, node)| **node == Node::Directory) {
                to_visit.push(if directory.is_empty() {
                    name.clone()
                } else {
                    format!("{directory}/{name}")
                });
            }
            kept.insert(directory, names);
        }
        kept
    }

    /// The files that programs see.
    pub fn files(&self) -> impl Iterator<Item = InodeId> {
        self.live.values().flat_map(BTreeMap::values).filter_map(|node| match node {
            Node::File(inode) => Some(*inode),
            Node::Directory => None,
        })
    }
}
