//! The device's own files: its identity, written once, and its ledger, replaced as a whole.

use std::io;
use std::sync::Arc;

use world::{Disk, DiskFile, Random};

use crate::fault::Fault;
use crate::format::ledger::Ledger;
use crate::format::{DeviceId, Mismatch, device};
use crate::meter::Meter;
use crate::volume::VOLUMES_DIR;

const DEVICE_FILE: &str = "device";
const LEDGER_FILE: &str = "volumes/ledger";
/// The device's root, as the disk port names it.
const ROOT_DIR: &str = "";

/// Who the device is; a new one gets an id. A device file that doesn't hold its checksum is never replaced: with
/// another id no record would validate.
pub(crate) fn device_id(disk: &dyn Disk, random: &dyn Random, meter: &Meter) -> Result<DeviceId, Fault> {
    if let Some(bytes) = read_whole(disk, DEVICE_FILE)? {
        return device::decode(&bytes).map_err(|mismatch| corrupt_file(DEVICE_FILE, mismatch));
    }
    if disk.exists(VOLUMES_DIR).map_err(|error| Fault::io("stat", VOLUMES_DIR, &error))? {
        let mismatch = Mismatch::new("the device's identity beside its volumes", "no such file");
        return Err(corrupt_file(DEVICE_FILE, mismatch));
    }
    let mut id = [0; 16];
    random.fill(&mut id);
    replace(disk, DEVICE_FILE, ROOT_DIR, &device::encode(DeviceId(id)), meter)?;
    Ok(DeviceId(id))
}

/// Makes the volumes' directory, durably. After the identity, so that its presence implies one.
pub(crate) fn volumes_dir(disk: &dyn Disk) -> Result<(), Fault> {
    disk.create_dir(VOLUMES_DIR).map_err(|error| Fault::io("create", VOLUMES_DIR, &error))?;
    disk.sync_dir(ROOT_DIR).map_err(|error| Fault::io("sync", ROOT_DIR, &error))
}

/// `None` when there is none yet, or when it can't be believed: it holds nothing that can't be found again.
pub(crate) fn read_ledger(disk: &dyn Disk, device: DeviceId) -> Result<Option<Ledger>, Fault> {
    let Some(bytes) = read_whole(disk, LEDGER_FILE)? else { return Ok(None) };
    match Ledger::decode(&bytes) {
        Ok(ledger) if ledger.device == device && ledger.is_plausible() => return Ok(Some(ledger)),
        Ok(ledger) if ledger.device == device => tracing::error!(?ledger, "the ledger can't be true"),
        Ok(ledger) => tracing::error!(found = %ledger.device, "the ledger is of another device"),
        Err(mismatch) => tracing::error!(?mismatch, "the ledger of the volumes is corrupt"),
    }
    Ok(None)
}

pub(crate) fn write_ledger(disk: &dyn Disk, ledger: &Ledger, meter: &Meter) -> Result<(), Fault> {
    replace(disk, LEDGER_FILE, VOLUMES_DIR, &ledger.encode(), meter)
}

/// All or nothing, and durable on return.
fn replace(disk: &dyn Disk, path: &str, dir: &str, bytes: &[u8], meter: &Meter) -> Result<(), Fault> {
    let fresh = format!("{path}.new");
    let failed = |op| move |error: io::Error| Fault::io(op, path, &error);
    if disk.exists(&fresh).map_err(failed("stat"))? {
        disk.remove(&fresh).map_err(failed("remove"))?;
    }
    let file: Arc<dyn DiskFile> = disk.create(&fresh).map_err(failed("create"))?;
    file.write_all_at(bytes, 0).map_err(failed("write"))?;
    file.sync_all().map_err(failed("sync"))?;
    meter.synced();
    disk.rename(&fresh, path).map_err(failed("rename"))?;
    disk.sync_dir(dir).map_err(failed("sync"))?;
    meter.synced();
    Ok(())
}

fn read_whole(disk: &dyn Disk, path: &str) -> Result<Option<Vec<u8>>, Fault> {
    let failed = |op| move |error: io::Error| Fault::io(op, path, &error);
    if !disk.exists(path).map_err(failed("stat"))? {
        return Ok(None);
    }
    let file = disk.open(path).map_err(failed("open"))?;
    let mut bytes = vec![0; file.len().map_err(failed("stat"))? as usize];
    file.read_exact_at(&mut bytes, 0).map_err(failed("read"))?;
    Ok(Some(bytes))
}

fn corrupt_file(path: &str, mismatch: Mismatch) -> Fault {
    Fault::CorruptFile { path: path.into(), expected: mismatch.expected, found: mismatch.found }
}
