//! The index on all members: applied to each, read from one.
//!
//! Rows are absolute, so what reaches one member twice or another later does no harm; how far all have got is what the
//! one furthest behind has.

use std::sync::Arc;

use super::lanes::{Held, Lane};
use super::members::{Members, Place};
use super::read::MirrorRead;
use crate::Fault;
use crate::engine::index::{Applied, Index, IndexRead, IndexWrite, Verified};

#[derive(Clone)]
pub(crate) struct MirrorIndex(Arc<Members>);

/// A row of an application in memory of its own: a member that hangs may still want it when the caller has gone on.
type OwnRow = (Box<[u8]>, Option<Box<[u8]>>);

impl MirrorIndex {
    pub const fn over(members: Arc<Members>) -> Self {
        Self(members)
    }
}

impl Index for MirrorIndex {
    /// Of those that are whole, the least.
    fn applied(&self) -> Result<Applied, Fault> {
        let places = self.0.living();
        let whole = places.iter().filter(|place| place.seat.is_whole());
        let mut least: Option<Applied> = None;
        for place in whole {
            let applied = place.index.applied()?;
            least = Some(least.map_or(applied, |least| least.min(applied)));
        }
        Ok(least.unwrap_or_default())
    }

    /// On all members at one moment, so that any of them can go on for another.
    fn read(&self) -> Result<Box<dyn IndexRead>, Fault> {
        let places = self.0.living();
        let mut whole = places.iter().filter(|place| place.seat.is_whole());
        if let (Some(only), None) = (whole.next(), whole.next()) {
            return only.index.read();
        }
        let mut pins: Vec<Held<Box<dyn IndexRead>>> = Vec::with_capacity(places.len());
        let mut failed: Vec<(&Place, Fault)> = Vec::new();
        for place in places.iter().filter(|place| place.seat.is_whole()) {
            match place.index.read() {
                Ok(read) => pins.push((place.seat.clone(), read)),
                Err(why) => failed.push((place, why)),
            }
        }
        match failed.pop() {
            Some((_, why)) if pins.is_empty() => return Err(why),
            last => failed.extend(last),
        }
        failed.into_iter().for_each(|(place, why)| self.0.lose_reader(&place.seat, &why));
        Ok(Box::new(MirrorRead::new(self.0.clone(), pins)))
    }

    fn apply(
        &self,
        rows: &mut dyn Iterator<Item = IndexWrite<'_>>,
        applied: Option<Applied>,
    ) -> Result<(), Fault> {
        let filled = self.0.filled();
        let places = self.0.living();
        // Reads ask the first whole member.
        let read = places.iter().position(|place| place.seat.is_whole());
        for (at, place) in places.iter().enumerate() {
            place.index.expect_reads(Some(at) == read);
        }
        if let [only] = &places[..] {
            return only.index.apply(rows, applied);
        }
        let own = |(key, value): IndexWrite<'_>| -> OwnRow { (key.into(), value.map(Into::into)) };
        let rows: Arc<[OwnRow]> = rows.map(own).collect();
        // The member that is filling gets the rest of the rows when its turn comes.
        let before = rows.partition_point(|(key, _)| **key < **filled);
        let part = |place: &Place| {
            let (seat, index) = place.held_index();
            let part = if seat.is_whole() { (rows.len(), applied) } else { (before, None) };
            (seat, (index, part))
        };
        let holders = places.iter().map(part).collect();
        let rows = rows.clone();
        self.0.ask(holders, Lane::Index, move |(index, (count, applied))| {
            let mut part = rows[..*count].iter().map(|(key, value)| (&**key, value.as_deref()));
            index.apply(&mut part, *applied)
        })?;
        Ok(())
    }

    fn reserve(&self) -> Result<(), Fault> {
        let places = self.0.living();
        if let [only] = &places[..] {
            return only.index.reserve();
        }
        let holders = places.iter().map(Place::held_index).collect();
        self.0.ask(holders, Lane::Index, |index| index.reserve()).map(drop)
    }

    /// On every whole member: what one proved further than another is proven again by the next call.
    fn verify(&self, start: &[u8], bytes_max: u64) -> Result<Verified, Fault> {
        let places = self.0.living();
        let mut least: Option<Verified> = None;
        for place in places.iter().filter(|place| place.seat.is_whole()) {
            match place.index.verify(start, bytes_max) {
                Ok(verified) => {
                    least = Some(match least {
                        Some(least) if !is_before(&verified, &least) => least,
                        _ => verified,
                    });
                }
                Err(why @ (Fault::Corrupt { .. } | Fault::Io { .. })) => self.0.lose(&place.seat, &why)?,
                Err(fault) => return Err(fault),
            }
        }
        Ok(least.unwrap_or_default())
    }
}

fn is_before(one: &Verified, other: &Verified) -> bool {
    match (&one.next, &other.next) {
        (Some(one), Some(other)) => one < other,
        (one, other) => one.is_some() && other.is_none(),
    }
}
