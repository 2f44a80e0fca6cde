//! The writes that carry out a choice about a key's versions. No rule in here: rules chose already.

use bytes::Bytes;
use catalog::table::{
    BucketRow, Content, CurrentRow, PointerRow, ReclaimRow, VersionRow, VersionState, space,
};
use catalog::{Fault, View, Write};
use model::{ObjectKey, Ordinal};
use rules::versioning::NewVersion;

use crate::fault;
use crate::state::{self, Head};

/// Writes of one commit under one key.
pub(crate) struct Deed<'a> {
    pub(crate) view: &'a dyn View,
    pub(crate) bucket: &'a BucketRow,
    pub(crate) key: &'a ObjectKey,
    pub(crate) ordinal: Ordinal,
    writes: Vec<Write>,
    reclaims: u16,
}

impl<'a> Deed<'a> {
    pub(crate) fn new(
        view: &'a dyn View,
        bucket: &'a BucketRow,
        key: &'a ObjectKey,
        ordinal: Ordinal,
    ) -> Self {
        Self { view, bucket, key, ordinal, writes: Vec::with_capacity(6), reclaims: 0 }
    }

    /// Goes on with another key of the bucket in the same commit.
    pub(crate) fn turn_to(self, key: &'a ObjectKey) -> Self {
        Self { key, ..self }
    }

    pub(crate) fn into_writes(self) -> Vec<Write> {
        self.writes
    }

    pub(crate) fn put(&mut self, key: Vec<u8>, value: Bytes) {
        self.writes.push(Write::put(key, value));
    }

    pub(crate) fn delete(&mut self, key: Vec<u8>) {
        self.writes.push(Write::delete(key));
    }

    /// Makes `row` the newest version.
    pub(crate) fn add_version(
        &mut self,
        head: Option<&Head>,
        choice: NewVersion,
        row: &VersionRow,
    ) -> Result<(), Fault> {
        let id = self.bucket.id;
        let null = state::null_ordinal(self.view, self.bucket, self.key, head)?;
        match (null, head) {
            (Some(null), Some(head)) if choice.replaces_null => {
                self.remove_row(null)?;
                if null != head.ordinal {
                    self.delete(space::null(id, self.key));
                }
            }
            (Some(null), Some(head)) if null == head.ordinal => {
                let pointer = PointerRow { ordinal: null, null: true };
                self.put(space::null(id, self.key), pointer.encode());
            }
            _ => {}
        }
        self.put(space::version(id, self.key, self.ordinal), row.encode());
        self.set_head(head, self.ordinal, row);
        Ok(())
    }

    /// Removes the version at `target`; the next newest one becomes current if it was.
    pub(crate) fn remove_version(
        &mut self,
        head: Option<&Head>,
        target: Ordinal,
        row: &VersionRow,
    ) -> Result<(), Fault> {
        self.remove_row_with(target, row);
        if head.is_none_or(|head| head.ordinal != target) {
            if row.null {
                self.delete(space::null(self.bucket.id, self.key));
            }
            return Ok(());
        }
        match self.next_older(target)? {
            None => self.clear_head(head),
            Some((ordinal, next)) => {
                if next.null {
                    self.delete(space::null(self.bucket.id, self.key));
                }
                self.set_head(head, ordinal, &next);
            }
        }
        Ok(())
    }

    /// Leaves the bytes of `content` to the reclaimer.
    pub(crate) fn reclaim(&mut self, content: &Content) {
        let row = match content {
            Content::Inline(_) => return,
            Content::Stored(manifest) => ReclaimRow::Stored(manifest.clone()),
            Content::Parts { key, upload, .. } => {
                ReclaimRow::Parts { bucket: self.bucket.id, key: key.clone(), upload: *upload }
            }
        };
        self.reclaim_row(&row);
    }

    pub(crate) fn reclaim_row(&mut self, row: &ReclaimRow) {
        self.put(space::reclaim(self.ordinal, self.reclaims), row.encode());
        self.reclaims += 1;
    }

    fn set_head(&mut self, old: Option<&Head>, ordinal: Ordinal, row: &VersionRow) {
        let (current, deleted) =
            (space::current(self.bucket.id, self.key), space::deleted(self.bucket.id, self.key));
        let was_marker = old.is_some_and(|head| head.current.is_none());
        match CurrentRow::of(row, ordinal) {
            Some(summary) => {
                self.put(current, summary.encode());
                if was_marker {
                    self.delete(deleted);
                }
            }
            None => {
                self.put(deleted, PointerRow { ordinal, null: row.null }.encode());
                if old.is_some() && !was_marker {
                    self.delete(current);
                }
            }
        }
    }

    fn clear_head(&mut self, old: Option<&Head>) {
        match old {
            Some(Head { current: Some(_), .. }) => self.delete(space::current(self.bucket.id, self.key)),
            Some(_) => self.delete(space::deleted(self.bucket.id, self.key)),
            None => {}
        }
    }

    fn remove_row(&mut self, target: Ordinal) -> Result<(), Fault> {
        let row = state::version_at(self.view, self.bucket, self.key, target)?;
        let row = row.ok_or_else(|| Fault::corrupt("versions", "a version that is pointed to is missing"))?;
        self.remove_row_with(target, &row);
        Ok(())
    }

    fn remove_row_with(&mut self, target: Ordinal, row: &VersionRow) {
        self.delete(space::version(self.bucket.id, self.key, target));
        if let VersionState::Object(object) = &row.state {
            self.reclaim(&object.content);
            // However many there are, one row leaves them to the reclaimer.
            if object.annotations > 0 {
                self.reclaim_row(&ReclaimRow::Annotations { bucket: self.bucket.id, salt: row.salt });
            }
        }
    }

    fn next_older(&self, target: Ordinal) -> Result<Option<(Ordinal, VersionRow)>, Fault> {
        let of_key = space::of_key(space::VERSIONS, self.bucket.id, self.key.as_str());
        let after = space::end_of(&space::version(self.bucket.id, self.key, target));
        let Some((key, value)) = self.view.first_at_or_after(&after, &space::end_of(&of_key))? else {
            return Ok(None);
        };
        let ordinal = space::version_ordinal(&key[of_key.len()..])
            .ok_or_else(|| Fault::corrupt("versions", "a row's key holds no ordinal"))?;
        Ok(Some((ordinal, VersionRow::decode(value).map_err(fault::row)?)))
    }
}
