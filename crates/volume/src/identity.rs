//! The device's own files: its identity, written once, and its ledger, replaced as a whole.
//!
//! The identity may be read and written without opening the volumes: who keeps the list of devices does.

use std::io;
use std::sync::Arc;

use world::{Disk, DiskFile, Random};

use crate::fault::Fault;
use crate::format::ledger::Ledger;
use crate::format::{BLOCK_BYTES, DeviceId, Mismatch, device, round_up_to_block};
use crate::meter::Meter;
use crate::volume::VOLUMES_DIR;

const DEVICE_FILE: &str = "device";
const LEDGER_FILE: &str = "volumes/ledger";
/// The device's root, as the disk port names it.
const ROOT_DIR: &str = "";

/// Who the device is, if anybody. `CorruptFile` when that can't be told.
pub fn read(disk: &dyn Disk) -> Result<Option<DeviceId>, Fault> {
    let Some(bytes) = read_whole(disk, DEVICE_FILE, u64::MAX)? else { return Ok(None) };
    device::decode(&bytes).map(Some).map_err(|mismatch| corrupt_file(DEVICE_FILE, mismatch))
}

/// Makes an empty directory a device without volumes. Durable on return.
pub fn create(disk: &dyn Disk, id: DeviceId) -> Result<(), Fault> {
    write(disk, id)?;
    volumes_dir(disk)
}

/// Says anew who the device is. Durable on return.
pub fn write(disk: &dyn Disk, id: DeviceId) -> Result<(), Fault> {
    replace_file(disk, DEVICE_FILE, &device::encode(id))
}

/// The names in the volumes' directory; `None` where there is no such directory.
pub fn volumes(disk: &dyn Disk) -> Result<Option<Vec<String>>, Fault> {
    if !disk.exists(VOLUMES_DIR).map_err(|error| Fault::io("stat", VOLUMES_DIR, &error))? {
        return Ok(None);
    }
    disk.list(VOLUMES_DIR).map(Some).map_err(|error| Fault::io("list", VOLUMES_DIR, &error))
}

/// Who the device is; a new one gets an id. A device file that doesn't hold its checksum is never replaced: with
/// another id no record would validate.
pub(crate) fn device_id(disk: &dyn Disk, random: &dyn Random, meter: &Meter) -> Result<DeviceId, Fault> {
    if let Some(id) = read(disk)? {
        return Ok(id);
    }
    if volumes(disk)?.is_some() {
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
    let Some(bytes) = read_whole(disk, LEDGER_FILE, u64::MAX)? else { return Ok(None) };
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

/// Whether the file system takes blocks of a file back. Asked behind the end of the ledger, where there are none. What
/// else goes wrong, a punch that counts will tell.
pub(crate) fn punches(disk: &dyn Disk) -> Result<bool, Fault> {
    let failed = |op| move |error: io::Error| Fault::io(op, LEDGER_FILE, &error);
    let file = disk.open(LEDGER_FILE).map_err(failed("open"))?;
    let end = round_up_to_block(file.len().map_err(failed("stat"))?);
    let punched = file.punch(end, BLOCK_BYTES);
    Ok(!punched.is_err_and(|error| error.kind() == io::ErrorKind::Unsupported))
}

/// Replaces a file in the device's root, all or nothing, and durably on return.
pub fn replace_file(disk: &dyn Disk, name: &str, bytes: &[u8]) -> Result<(), Fault> {
    replace(disk, name, ROOT_DIR, bytes, &Meter::default())
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

/// `None` when there is no such file; `TooLarge` when it can't be what it should.
pub fn read_whole(disk: &dyn Disk, path: &str, bytes_max: u64) -> Result<Option<Vec<u8>>, Fault> {
    let failed = |op| move |error: io::Error| Fault::io(op, path, &error);
    if !disk.exists(path).map_err(failed("stat"))? {
        return Ok(None);
    }
    let file = disk.open(path).map_err(failed("open"))?;
    let length = file.len().map_err(failed("stat"))?;
    if length > bytes_max {
        return Err(Fault::TooLarge { what: "a device's file", bytes: length, max: bytes_max });
    }
    let mut bytes = vec![0; length as usize];
    file.read_exact_at(&mut bytes, 0).map_err(failed("read"))?;
    Ok(Some(bytes))
}

fn corrupt_file(path: &str, mismatch: Mismatch) -> Fault {
    Fault::CorruptFile { path: path.into(), expected: mismatch.expected, found: mismatch.found }
}
