//! The versions of one key, newest first, and what writes and deletes do to them.
//!
//! Source: AWS "How S3 Versioning works", "Working with objects in a versioning-suspended bucket".

use std::rc::Rc;

use bytes::Bytes;
use model::{StorageClass, Versioning};

use crate::marks::Marks;

/// Ids are numbers here; an answer shows them as names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Id {
    Null,
    Minted(u64),
}

#[derive(Clone, Debug)]
pub struct Stored {
    pub body: Bytes,
    pub etag: String,
    pub content_type: String,
    pub metadata: Vec<(String, String)>,
    pub class: StorageClass,
    /// The sizes of its parts; empty when it was put whole.
    pub parts: Vec<u64>,
}

#[derive(Clone, Debug)]
pub struct Version {
    pub id: Id,
    /// `None` is a delete marker.
    pub object: Option<Rc<Stored>>,
    /// A delete marker has none.
    pub marks: Marks,
}

#[derive(Clone, Debug, Default)]
pub struct Versions(Vec<Version>);

impl Versions {
    pub fn newest_first(&self) -> &[Version] {
        &self.0
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The newest version, be it a delete marker.
    pub fn newest(&self) -> Option<&Version> {
        self.0.first()
    }

    /// The current object: a delete marker stands for none.
    pub fn current(&self) -> Option<&Rc<Stored>> {
        self.newest()?.object.as_ref()
    }

    pub fn find(&self, id: Id) -> Option<&Version> {
        self.0.iter().find(|version| version.id == id)
    }

    pub fn find_mut(&mut self, id: Id) -> Option<&mut Version> {
        self.0.iter_mut().find(|version| version.id == id)
    }

    /// A new newest version. Without versioning, or with it suspended, it is the null version and takes the place of
    /// the null version that there may be, wherever that stands.
    pub fn push(&mut self, state: Versioning, minted: u64, object: Option<Rc<Stored>>, marks: Marks) -> Id {
        let id = if state == Versioning::Enabled { Id::Minted(minted) } else { Id::Null };
        self.0.retain(|version| version.id != id);
        self.0.insert(0, Version { id, object, marks });
        id
    }

    /// Takes one version away for good.
    pub fn remove(&mut self, id: Id) -> Option<Version> {
        let at = self.0.iter().position(|version| version.id == id)?;
        Some(self.0.remove(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(versions: &Versions) -> Vec<Id> {
        versions.newest_first().iter().map(|version| version.id).collect()
    }

    #[test]
    fn a_suspended_write_replaces_the_null_version_wherever_it_stands() {
        let mut versions = Versions::default();
        versions.push(Versioning::Unversioned, 1, None, Marks::default());
        versions.push(Versioning::Enabled, 2, None, Marks::default());
        assert_eq!(ids(&versions), [Id::Minted(2), Id::Null]);
        versions.push(Versioning::Suspended, 3, None, Marks::default());
        assert_eq!(ids(&versions), [Id::Null, Id::Minted(2)]);
    }

    #[test]
    fn removing_the_newest_version_uncovers_the_one_before() {
        let mut versions = Versions::default();
        versions.push(Versioning::Enabled, 1, None, Marks::default());
        versions.push(Versioning::Enabled, 2, None, Marks::default());
        assert!(versions.remove(Id::Minted(2)).is_some());
        assert!(versions.remove(Id::Minted(2)).is_none());
        assert_eq!(versions.newest().map(|version| version.id), Some(Id::Minted(1)));
    }
}
