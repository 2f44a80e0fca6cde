//! Reads every living record of one volume and proves it: what a scrub does, some bytes at a time.

use bytes::Bytes;

use super::VolumeSet;
use crate::fault::Fault;
use crate::format::record_header::{Coding, RecordHeader, Sight};
use crate::format::volume_header::RECORDS_START;
use crate::read::{gone, header_at, owner_of, verify_record};
use crate::record::Extent;
use crate::volume::{Volume, VolumeFile};
use crate::walk::{Met, Stretch, Walk};

/// Faults kept in one report; more are only counted.
const FAULTS_MAX: usize = 100;

/// What was found in a volume, or in a part of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub volume: u32,
    pub sealed: bool,
    /// Looked at.
    pub bytes: u64,
    pub records: u64,
    pub living_bytes: u64,
    pub dead_bytes: u64,
    /// Of the whole volume, as the ledger counts them: more than that can only have vanished.
    pub dead_bytes_counted: u64,
    pub corrupt: u64,
    /// The first of them.
    pub faults: Vec<Fault>,
}

impl VolumeSet {
    /// All of a volume. An error says that the device failed; corruption is in the report.
    pub fn verify_volume(&self, number: u32) -> Result<Report, Fault> {
        Ok(self.verify_from(number, 0, u64::MAX)?.0)
    }

    /// A step through a volume, from 0 or from where the last step ended, over about so many bytes. Answers where the next
    /// one begins, `None` at the end. The first one reads the volume's header as it lies on the device now.
    pub fn verify_from(
        &self,
        number: u32,
        offset: u64,
        bytes_max: u64,
    ) -> Result<(Report, Option<u64>), Fault> {
        let (mut report, next) = self.step_through(number, offset, bytes_max)?;
        // Counted last: what died meanwhile is no surprise.
        report.dead_bytes_counted = self.volume(number).map_or(u64::MAX, |volume| volume.entry().dead_bytes);
        Ok((report, next))
    }

    fn step_through(&self, number: u32, offset: u64, bytes_max: u64) -> Result<(Report, Option<u64>), Fault> {
        let gone = Fault::Gone { volume: number, offset };
        let Some(volume) = self.volume(number) else { return Err(gone) };
        let entry = volume.entry();
        let mut report = Report { volume: number, sealed: entry.sealed, ..Report::default() };
        if offset < RECORDS_START
            && let Err(fault) = self.reopened(&volume)
        {
            report.note_if_corrupt(fault)?;
        }
        let file = match self.open_file(&volume) {
            Ok(file) => file,
            // That is what the header told.
            Err(fault) if fault.is_corruption() && report.corrupt > 0 => return Ok((report, None)),
            Err(fault) => {
                report.note_if_corrupt(fault)?;
                return Ok((report, None));
            }
        };
        let start = offset.max(RECORDS_START);
        let pause = start.saturating_add(bytes_max);
        let mut walk = Walk::new(&file, volume.dead_in(start..=pause), start, entry.end).pause_at(pause);
        loop {
            match walk.step() {
                Ok(None) => return Ok((report, None)),
                Ok(Some(stretch)) => {
                    report.meet(&volume, &file, &stretch)?;
                    if stretch.end >= pause && stretch.end < entry.end {
                        return Ok((report, Some(stretch.end)));
                    }
                }
                // Whatever the file has lost at its end.
                Err(fault) => {
                    report.note_if_corrupt(fault)?;
                    return Ok((report, None));
                }
            }
        }
    }

    /// A record's owner and coding, read from the volume's file opened anew. Fails where only this process, which has the
    /// file open, can still read the record.
    pub fn owner_anew(&self, extent: &Extent) -> Result<(Bytes, Coding), Fault> {
        let file = self.reopened(&*self.living(extent)?)?;
        match header_at(&file, extent.offset)? {
            Sight::Record(header) => Ok((owner_of(&file, extent.offset, &header)?, header.coding)),
            Sight::Nothing => Err(gone(extent)),
            Sight::Foreign(mismatch) => {
                Err(Fault::corrupt(extent.volume, extent.offset, mismatch.expected, mismatch.found))
            }
        }
    }

    fn reopened(&self, volume: &Volume) -> Result<VolumeFile, Fault> {
        match VolumeFile::open(&*self.disk, self.device, volume.number, &volume.path) {
            Err(_) if self.volume(volume.number).is_none() => {
                Err(Fault::Gone { volume: volume.number, offset: 0 })
            }
            other => other.map(|(file, _)| file),
        }
    }
}

/// False when it was deleted while it was read.
fn living(volume: &Volume, file: &VolumeFile, offset: u64, header: &RecordHeader) -> Result<bool, Fault> {
    match verify_record(file, offset, header) {
        Ok(()) => Ok(true),
        Err(Fault::Gone { .. }) => Ok(false),
        Err(fault) if fault.is_corruption() && volume.is_dead(offset) => Ok(false),
        Err(fault) if fault.is_corruption() => match header_at(file, offset)? {
            Sight::Nothing => Ok(false),
            Sight::Record(_) | Sight::Foreign(_) => Err(fault),
        },
        Err(fault) => Err(fault),
    }
}

/// Whether what can't be told is the rest of a record that died meanwhile.
pub(super) fn has_died(volume: &Volume, file: &VolumeFile, at: u64) -> Result<bool, Fault> {
    if volume.is_within_dead(at) {
        return Ok(true);
    }
    match header_at(file, at) {
        Ok(sight) => Ok(sight == Sight::Nothing),
        Err(fault) if fault.is_corruption() => Ok(false),
        Err(fault) => Err(fault),
    }
}

impl Report {
    fn meet(&mut self, volume: &Volume, file: &VolumeFile, stretch: &Stretch) -> Result<(), Fault> {
        let bytes = stretch.end - stretch.start;
        self.bytes += bytes;
        match &stretch.met {
            Met::Hole | Met::Dead => self.dead_bytes += bytes,
            Met::Record(header) => match living(volume, file, stretch.start, header) {
                Ok(true) => {
                    self.records += 1;
                    self.living_bytes += bytes;
                }
                Ok(false) => self.dead_bytes += bytes,
                Err(fault) => self.note_if_corrupt(fault)?,
            },
            Met::Garbage(_) if has_died(volume, file, stretch.start)? => self.dead_bytes += bytes,
            Met::Garbage(mismatch) => {
                let (expected, found) = (&mismatch.expected, &mismatch.found);
                self.note_if_corrupt(Fault::corrupt(volume.number, stretch.start, expected, found))?;
            }
        }
        Ok(())
    }

    fn note_if_corrupt(&mut self, fault: Fault) -> Result<(), Fault> {
        if !fault.is_corruption() {
            return Err(fault);
        }
        self.corrupt += 1;
        if self.faults.len() < FAULTS_MAX {
            self.faults.push(fault);
        }
        Ok(())
    }
}
