//! Whether a device holds a catalog at all.

use std::sync::Arc;

use model::Ordinal;
use world::Disk;

use super::Options;
use super::index::{Applied, Index};
use super::journal::{Pool, replay};
use super::mirror::empty_but;
use crate::Fault;

/// True when neither the index nor the journal of a device ever saw a commit. A fault says that there is something which
/// can't be read.
pub fn is_blank(disk: Arc<dyn Disk>, index: &dyn Index) -> Result<bool, Fault> {
    if index.applied()?.ordinal > Ordinal::FIRST || index.read()?.cursor(&[])?.key().is_some() {
        return Ok(false);
    }
    let (_, found) = Pool::open(disk, Options::default())?;
    let mut last = Ordinal::FIRST;
    replay(found, 0, &mut |batch| {
        last = last.max(batch.header.ordinal);
        Ok(())
    })?;
    Ok(last == Ordinal::FIRST)
}

/// Throws a device's journal away. With its index, which must be empty, it makes a catalog whose commits come after `last`,
/// whatever the clock says.
pub fn begin_after(disk: &dyn Disk, index: &dyn Index, last: Ordinal) -> Result<(), Fault> {
    empty_but(disk, &[])?;
    index.apply(&mut std::iter::empty(), Some(Applied { sequence: 0, ordinal: last }))
}
