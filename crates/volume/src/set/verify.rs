//! Reads every living record of one volume and proves it: what a scrub does, one volume at a time.

use super::VolumeSet;
use crate::fault::Fault;
use crate::format::record_header::{RecordHeader, Sight};
use crate::format::volume_header::RECORDS_START;
use crate::read::{header_at, verify_record};
use crate::volume::{Volume, VolumeFile};
use crate::walk::{Met, Walk};

/// Faults kept in one report; more are only counted.
const FAULTS_MAX: usize = 100;

/// What one volume holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub volume: u32,
    pub sealed: bool,
    pub records: u64,
    pub living_bytes: u64,
    pub dead_bytes: u64,
    pub corrupt: u64,
    /// The first of them.
    pub faults: Vec<Fault>,
}

impl VolumeSet {
    /// An error says that the device failed; corruption is in the report.
    pub fn verify_volume(&self, number: u32) -> Result<Report, Fault> {
        let Some(volume) = self.volume(number) else {
            return Err(Fault::Gone { volume: number, offset: 0 });
        };
        let entry = volume.entry();
        let mut report = Report { volume: number, sealed: entry.sealed, ..Report::default() };
        let file = match self.open_file(&volume) {
            Err(fault) if fault.is_corruption() => {
                report.note(fault);
                return Ok(report);
            }
            other => other?,
        };
        let mut walk = Walk::new(&file, volume.dead(), RECORDS_START, entry.end);
        while let Some(stretch) = walk.step()? {
            let bytes = stretch.end - stretch.start;
            match stretch.met {
                Met::Hole | Met::Dead => report.dead_bytes += bytes,
                Met::Record(header) => match living(&volume, &file, stretch.start, &header) {
                    Ok(true) => {
                        report.records += 1;
                        report.living_bytes += bytes;
                    }
                    Ok(false) => report.dead_bytes += bytes,
                    Err(fault) if fault.is_corruption() => report.note(fault),
                    Err(fault) => return Err(fault),
                },
                Met::Garbage(mismatch) => {
                    report.note(Fault::corrupt(number, stretch.start, mismatch.expected, mismatch.found));
                }
            }
        }
        Ok(report)
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

impl Report {
    fn note(&mut self, fault: Fault) {
        self.corrupt += 1;
        if self.faults.len() < FAULTS_MAX {
            self.faults.push(fault);
        }
    }
}
