//! A member that joins while commits go on.
//!
//! It is written from a fresh segment of the journal on, which is begun once it has been admitted; everything before
//! that segment is moved into the indexes, so that nothing of the old journal is copied. Then its index is filled in key
//! order, chunk by chunk; an application meanwhile reaches it as far as it is filled. In the end it has what the others
//! have. A crash before that leaves a member that the roster never called whole: it joins anew, from nothing.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::heal::empty_but;
use super::lanes::{Lane, Seat};
use super::members::{Members, Place};
use super::{Member, MirrorIndex};
use crate::Fault;
use crate::engine::Options;
use crate::engine::checkpoint::Checkpointer;
use crate::engine::index::{Applied, Index};

/// A member that has joined and is not yet whole. Dropped before that, it is out again.
pub struct Filling {
    members: Arc<Members>,
    seat: Arc<Seat>,
    index: Arc<dyn Index>,
    options: Options,
}

impl Filling {
    /// Admits a member whose index is empty; what its journal holds is thrown away. From here on it is given new
    /// segments; `Engine::begin_filling` takes the first of these into use.
    pub(crate) fn admit(
        members: &Arc<Members>,
        checkpointer: &Checkpointer,
        options: Options,
        member: Member,
    ) -> Result<Self, Fault> {
        let place = Place::new(member, false);
        let (seat, index) = place.held_index();
        if index.applied()? != Applied::default() || index.read()?.cursor(&[])?.key().is_some() {
            return Err(Fault::Member { number: seat.number, detail: "its index is not empty".into() });
        }
        if members.living().iter().any(|other| other.seat.number == seat.number) {
            return Err(Fault::Member { number: seat.number, detail: "it is a member already".into() });
        }
        empty_but(&*place.disk, &[])?;
        checkpointer.pool().renew(|| members.admit(place))?;
        let filling = Self { members: members.clone(), seat, index, options };
        // Made here, so that the committer need not wait for it.
        checkpointer.provide()?;
        Ok(filling)
    }

    /// Copies the next rows; true once the member is whole, which the watch has then noted.
    pub fn step(&mut self) -> Result<bool, Fault> {
        let mut filled = self.members.filled();
        self.seat.must_live()?;
        let all = MirrorIndex::over(self.members.clone());
        let source = all.read()?;
        let mut cursor = source.cursor(&filled)?;
        let (mut rows, mut bytes) = (Vec::new(), 0);
        let mut ended = false;
        while rows.len() < self.options.apply_rows_max && bytes < self.options.apply_bytes_max {
            let Some((key, value)) = cursor.row()? else {
                ended = true;
                break;
            };
            bytes += key.len() + value.len();
            rows.push((Box::from(key), Box::from(value)));
            cursor.advance()?;
        }
        let last: Option<Box<[u8]>> = rows.last().map(|(key, _): &(Box<[u8]>, Box<[u8]>)| key.clone());
        let count = rows.len() as u64;
        let applied = if ended { Some(all.applied()?) } else { None };
        let fill = move |index: &Arc<dyn Index>| {
            let mut rows = rows.iter().map(|(key, value)| (&**key, Some(&**value)));
            index.apply(&mut rows, applied)
        };
        self.members.ask_joining((self.seat.clone(), self.index.clone()), Lane::Index, fill)?;
        self.seat.rows.fetch_add(count, Ordering::Relaxed);
        if let Some(last) = last {
            *filled = last.into_vec();
            filled.push(0);
        }
        if ended {
            self.members.count_in(&self.seat)?;
            filled.clear();
        }
        Ok(ended)
    }
}

impl Drop for Filling {
    fn drop(&mut self) {
        self.members.dismiss(&self.seat);
    }
}
